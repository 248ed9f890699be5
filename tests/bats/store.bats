#!/usr/bin/env bats
# What s3-put, s3-get, s3-ls and s3-rm do alike in every kind of store: one
# table, held against directories and each S3 server that can run here.

load helper

setup_file() {
	load helper
	# A server that only this file uses starts once.
	for name in $(s3_stores); do
		use_service "$name"
	done
}

# The S3 servers of this run. Nothing is said where none can run: scripts/test
# names those itself.
s3_stores() {
	s3-ls s3://bucket 2>&1 </dev/null | grep -q "not built in" || s3_names
}

stores() {
	echo file
	s3_stores
}

# put FILE ARGUMENT...: s3-put with FILE as its input, messages in $err.
put() {
	local file=$1
	shift
	s3-put "$@" <"$file" >"$out" 2>"$err"
}

get() {
	s3-get "$@" >"$BATS_TEST_TMPDIR/got" 2>"$err" </dev/null
}

# absent URL: no object of that name, and no temporary file beside it.
absent() {
	fails 100 s3-get --head "$1"
	says "it is not there"
	[[ $1 != file://* ]] || nothing_left "$(dirname -- "${1#file://}")"
}

put_text() {
	printf '%s' "$1" >"$BATS_TEST_TMPDIR/text"
	put "$BATS_TEST_TMPDIR/text" "${@:2}"
}

@test "sizes: nothing, one byte, around a piece and around a part" {
	sample 12000000 >"$BATS_TEST_TMPDIR/big"
	for name in $(stores); do
		use_store "$name"
		for size in 0 1 262143 262144 262145 5242879 5242880 5242881 \
			12000000; do
			head -c "$size" "$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/in"
			put "$BATS_TEST_TMPDIR/in" --part-size=5M "$store/$size"
			get "$store/$size"
			cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/got"
		done
	done
}

@test "zero bytes and line ends pass unchanged" {
	printf 'a\0b\r\n\n\377\376\0' >"$BATS_TEST_TMPDIR/in"
	for name in $(stores); do
		use_store "$name"
		put "$BATS_TEST_TMPDIR/in" "$store/x"
		get "$store/x"
		cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/got"
	done
}

@test "a taken name is refused and keeps its bytes" {
	for name in $(stores); do
		use_store "$name"
		put_text first "$store/x"
		status=0
		put_text second "$store/x" || status=$?
		((status == 100))
		says 'the name is taken'
		get "$store/x"
		[[ $(<"$BATS_TEST_TMPDIR/got") == first ]]
	done
}

@test "of publishers that race for a name exactly one wins" {
	for name in $(stores); do
		use_store "$name"
		for round in 1 2 3; do
			local pids=()
			for i in 1 2 3 4; do
				printf 'from %d' "$i" |
					s3-put "$store/race$round" 2>"$err.$i" &
				pids+=($!)
			done
			wins=0
			for pid in "${pids[@]}"; do
				status=0
				wait "$pid" || status=$?
				echo "$name, round $round: $status"
				((status == 0 || status == 100))
				((status != 0)) || wins=$((wins + 1))
			done
			((wins == 1))
			get "$store/race$round"
			grep -qx 'from [1-4]' "$BATS_TEST_TMPDIR/got"
		done
	done
}

@test "of two publishers under way the one that ends first wins" {
	for name in $(stores); do
		use_store "$name"
		local pids=()
		for i in 1 2; do
			mkfifo "$BATS_TEST_TMPDIR/$name.$i"
			s3-put "$store/x" <"$BATS_TEST_TMPDIR/$name.$i" \
				2>"$err.$i" &
			pids+=($!)
		done
		exec 8>"$BATS_TEST_TMPDIR/$name.1" 9>"$BATS_TEST_TMPDIR/$name.2"
		printf first >&8
		printf second >&9
		# Both have begun once they have read.
		sleep 0.5
		exec 9>&-
		wait "${pids[1]}"
		exec 8>&-
		status=0
		wait "${pids[0]}" || status=$?
		((status == 100))
		grep -q "the name is taken" "$err.1"
		get "$store/x"
		[[ $(<"$BATS_TEST_TMPDIR/got") == second ]]
	done
}

odd_keys() {
	cat <<-'END'
		two words
		a+b&c=d;e
		100%25 %2F%
		<tag>"quoted"'single'
		tilde~!@#$^*()[]{}|\,:?
		ünïcödé/Ж/日本語/😀
		dots..in...name
		deep/1/2/3/4/5/6/7/8/9
		-dash
		*
	END
	printf '%0254d\n' 7
}

@test "odd keys survive put, list, get and delete" {
	for name in $(stores); do
		use_store "$name"
		odd_keys >"$BATS_TEST_TMPDIR/keys"
		while IFS= read -r key; do
			echo "key: $key"
			put_text "$key" "$store/$key"
			get "$store/$key"
			[[ $(<"$BATS_TEST_TMPDIR/got") == "$key" ]]
		done <"$BATS_TEST_TMPDIR/keys"
		works s3-ls --json "$store"
		jq -r .url "$out" | sort >"$BATS_TEST_TMPDIR/listed"
		sed "s|^|$store/|" "$BATS_TEST_TMPDIR/keys" | sort |
			diff - "$BATS_TEST_TMPDIR/listed"
		s3-rm --stdin <"$BATS_TEST_TMPDIR/listed" >"$out"
		diff "$BATS_TEST_TMPDIR/listed" "$out"
		works s3-ls "$store"
		[[ ! -s $out ]]
	done
}

@test "a key of 1,024 bytes works, one more is refused" {
	for name in $(stores); do
		use_store "$name"
		key=${store#file:///}
		key=${key#s3://*/}
		while ((${#key} < 1024 - 255)); do
			key+=/$(printf '%0200d' 7)
		done
		key+=/
		key+=$(printf "%0$((1024 - ${#key}))d" 7)
		url=${store%%"${key%%/*}"*}$key
		echo "$name: $url"
		put_text long "$url"
		get "$url"
		[[ $(<"$BATS_TEST_TMPDIR/got") == long ]]
		s3-rm "$url"
		fails 100 s3-put "${url}7"
		says "cannot use URL"
	done
}

@test "tags are taken, with a PUT and with an upload" {
	sample 6000000 >"$BATS_TEST_TMPDIR/in"
	for name in $(s3_stores); do
		use_store "$name"
		put_text abc --tag='a b=c+d@e' --tag=f= "$store/x"
		put "$BATS_TEST_TMPDIR/in" --part-size=5M --tag='a b=c' \
			"$store/y"
		get "$store/y"
		cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/got"
		# Some servers take any class, the others say what it is.
		put_text abc --storage-class=NONSENSE "$store/z" ||
			grep -q "InvalidStorageClass\|InvalidArgument" "$err"
	done
}

@test "keys that cannot be are refused by all four, before any request" {
	for name in $(stores); do
		use_store "$name"
		for key in '' a/ a//b ./a a/./b a/.. ../a $'a\tb' $'a\x7f' \
			$'a\xc2\x9b' $'bad\xff' "$(printf '%0255d' 7)" \
			"$(printf '%0300d/' 1 2 3 4)x"; do
			for tool in s3-put s3-get s3-rm; do
				echo "$tool <$key>"
				fails 100 "$tool" "$store/$key"
				says "cannot use URL"
			done
		done
		for key in a//b $'a\tb' a/../b; do
			fails 100 s3-ls "$store/$key"
		done
		works s3-ls "$store"
		[[ ! -s $out ]]
	done
}

@test "a range, and the end of an object" {
	printf 0123456789 >"$BATS_TEST_TMPDIR/in"
	for name in $(stores); do
		use_store "$name"
		put "$BATS_TEST_TMPDIR/in" "$store/x"
		while read -r option expected; do
			echo "$option"
			get "$option" "$store/x"
			[[ $(<"$BATS_TEST_TMPDIR/got") == "$expected" ]]
		done <<-'END'
			--range=0-0 0
			--range=2-4 234
			--range=8- 89
			--range=9-100 9
			--range=0- 0123456789
			--range=10-12
			--range=500-
			--tail=1 9
			--tail=10 0123456789
			--tail=11 0123456789
		END
		for range in 4-2 -3 x 1-x '' 1 1-18446744073709551615 -; do
			fails 100 s3-get "--range=$range" "$store/x"
			says "--range"
		done
		fails 100 s3-get --range=0-1 --tail=1 "$store/x"
	done
}

@test "an object that is not there: s3-get 100, s3-rm 0, s3-ls empty" {
	for name in $(stores); do
		use_store "$name"
		fails 100 s3-get "$store/none"
		says "it is not there"
		[[ ! -s $out ]]
		fails 100 s3-get --tail=5 "$store/none"
		says "it is not there"
		works s3-rm "$store/none"
		works s3-ls "$store/none"
		[[ ! -s $out ]]
	done
}

@test "metadata come back with --head, and a bad one is refused" {
	for name in $(stores); do
		use_store "$name"
		put_text abc --run-id=run-7 --metadata=note='a = b, c' \
			--metadata=x-1=y "$store/x"
		works s3-get --head "$store/x"
		[[ $(jq -Sc .metadata "$out") == \
			'{"note":"a = b, c","pgbackpipe-run-id":"run-7","x-1":"y"}' ]]
		[[ $(jq .size "$out") == 3 ]]
		[[ $(jq -r .url "$out") == "$store/x" ]]
		age=$(jq -r '.modified[:19] + "Z" | now - fromdate' "$out")
		awk -v age="$age" 'BEGIN {exit !(age > -60 && age < 600)}'
		for bad in 'Upper=x' 'k_=x' '=x' 'k= x' 'k=x ' $'k=\n' 'k=ü' 'k'; do
			fails 100 s3-put "--metadata=$bad" "$store/y"
		done
		fails 100 s3-put --metadata="k=$(printf '%03000d' 1)" "$store/y"
	done
}

@test "a list goes down all levels, in the order of bytes, of this prefix only" {
	for name in $(stores); do
		use_store "$name"
		for key in p/b p/a p/a.txt p/a-1 p/sub/z p/sub/a p/sub-1 p2/x; do
			put_text "$key" "$store/$key"
		done
		# p/a is an object here, so no directory can have its name.
		printf '%s\n' a a-1 a.txt b sub-1 sub/a sub/z >"$BATS_TEST_TMPDIR/keys"
		for url in "$store/p" "$store/p/"; do
			works s3-ls --json "$url"
			jq -r .url "$out" | sed "s|^$store/p/||" |
				diff "$BATS_TEST_TMPDIR/keys" -
			works s3-ls "$url"
			sed 's/.* //' "$out" | diff "$BATS_TEST_TMPDIR/keys" -
		done
		works s3-ls "$store/p/sub/z"
		grep -qE '^20[0-9-]{8} [0-9:]{8}Z +7 z$' "$out"
		works s3-ls --json "$store/p/sub"
		[[ $(jq -sc 'map([.name, .size])' "$out") == '[["a",7],["z",7]]' ]]
	done
}

@test "a list of one level: objects, and what the others begin with" {
	for name in $(stores); do
		use_store "$name"
		for key in l/a "l/b c+%/1" "l/b c+%/2" l/é/1 l/d/e/f l/z l/d.x x; do
			put_text x "$store/$key"
		done
		works s3-ls -d --json "$store/l"
		[[ $(jq -r 'select(.prefix).name' "$out") == $'b c+%/\nd/\né/' ]]
		[[ $(jq -r 'select(.size == 1).name' "$out" | xargs) == "a d.x z" ]]
		works s3-ls --delimiter "$store/l/d/"
		[[ $(<"$out") =~ ^\ +PREFIX\ e/$ ]]
		works s3-ls -d "$store/l/a"
		[[ $(wc -l <"$out") == 1 ]] && grep -q ' 1 a$' "$out"
	done
	fails 100 s3-ls -d --versions "$store/l"
}

@test "a plan: what it says to delete is deleted, the manifest first" {
	for name in $(stores); do
		use_store "$name"
		for key in a a.json b b.json b.verified.json; do
			put_text "$key" "$store/$key"
		done
		jq -nc --arg s "$store" '{action: "keep", url: "\($s)/a",
			urls: ["\($s)/a.json", "\($s)/a"]}, {action: "delete",
			url: "\($s)/b", urls: ["\($s)/b.json", "\($s)/b",
			"\($s)/b.verified.json"]}' >"$BATS_TEST_TMPDIR/plan"
		s3-rm --plan --dry-run <"$BATS_TEST_TMPDIR/plan" >"$out"
		[[ $(wc -l <"$out") == 3 ]]
		[[ $(s3-ls "$store" </dev/null | wc -l) == 5 ]]
		s3-rm --plan <"$BATS_TEST_TMPDIR/plan" >"$out"
		[[ $(head -n 1 "$out") == "$store/b.json" ]]
		[[ $(s3-ls "$store" </dev/null | sed 's/.* //' | xargs) == "a a.json" ]]
	done
}

# A writer that marks its pipe as in progress, gives SIZE bytes and dies.
dying_writer() {
	python3 -c 'import os, sys
os.fchmod(1, 0o1600)
sys.stdout.buffer.write(b"x" * int(sys.argv[1]))' "$1"
}

@test "an upstream that dies leaves nothing, and the exit is 111" {
	for name in $(stores); do
		use_store "$name"
		for size in 0 10 12000000; do
			status=0
			dying_writer "$size" |
				s3-put --part-size=5M "$store/x" 2>"$err" ||
				status=$?
			((status == 111))
			says "the program before this one failed"
			absent "$store/x"
		done
	done
}

@test "kill -9 at any moment: nothing under the name, or the whole" {
	sample 9000000 >"$BATS_TEST_TMPDIR/big"
	put "$BATS_TEST_TMPDIR/big" "file://$BATS_TEST_TMPDIR/from/big"
	trials=12
	((${FULL:-0} == 0)) || trials=200
	for name in $(stores); do
		use_store "$name"
		for ((i = 0; i < trials; i++)); do
			url=$store/k/$i
			# Stages killed in turn: the source, the sink.
			victim=$((i % 2))
			{
				s3-get "file://$BATS_TEST_TMPDIR/from/big" & pid=$!
				((victim != 0)) || {
					sleep "0.0$((RANDOM % 90 + 10))"
					kill -9 "$pid" || true
				} 2>/dev/null
				wait "$pid" || true
			} 2>/dev/null | {
				s3-put --part-size=5M "$url" & pid=$!
				((victim != 1)) || {
					sleep "0.0$((RANDOM % 90 + 10))"
					kill -9 "$pid" || true
				} 2>/dev/null
				wait "$pid" || true
			} 2>/dev/null
			# The last request of a killed writer may be under way.
			get "$url" || [[ $name == file ]] || {
				sleep 0.3
				get "$url"
			} || absent "$url"
			[[ -s $err ]] || cmp "$BATS_TEST_TMPDIR/big" \
				"$BATS_TEST_TMPDIR/got"
			works s3-rm "$url"
		done
	done
}

@test "INT and TERM take everything back, within five seconds" {
	for name in $(stores); do
		use_store "$name"
		for signal in INT TERM HUP; do
			mkfifo "$BATS_TEST_TMPDIR/in.$name.$signal"
			# A background job ignores INT, a job of its own does not.
			python3 -c 'import signal, os, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' \
				s3-put --part-size=5M "$store/x" \
				<"$BATS_TEST_TMPDIR/in.$name.$signal" 2>"$err" &
			pid=$!
			exec 9>"$BATS_TEST_TMPDIR/in.$name.$signal"
			head -c 6000000 /dev/zero >&9
			SECONDS=0
			kill "-$signal" "$pid"
			status=0
			wait "$pid" || status=$?
			exec 9>&-
			((SECONDS <= 5))
			((status == 128 + $(kill -l "$signal")))
			absent "$store/x"
			works s3-ls --uploads "$store"
			[[ ! -s $out ]] || {
				echo "$name: SIG$signal left: $(<"$out")"
				false
			}
		done
	done
}

@test "what a killed upload leaves is listed, and aborted on demand" {
	sample 12000000 >"$BATS_TEST_TMPDIR/big"
	for name in $(s3_stores); do
		use_store "$name"
		mkfifo "$BATS_TEST_TMPDIR/$name.in"
		s3-put --part-size=5M "$store/x y+é&%" <"$BATS_TEST_TMPDIR/$name.in" &
		pid=$!
		exec 9>"$BATS_TEST_TMPDIR/$name.in"
		cat "$BATS_TEST_TMPDIR/big" >&9
		kill -9 "$pid"
		wait "$pid" || true
		exec 9>&-
		absent "$store/x y+é&%"
		works s3-ls --uploads --json "$store/"
		if [[ -s $out ]]; then
			[[ $(jq -r .url "$out") == "$store/x y+é&%" ]]
			sleep 1.1
			works s3-rm --uploads --older-than=1h "$store/"
			works s3-ls --uploads "$store/"
			[[ -s $out ]]
			works s3-rm --uploads --older-than=0s "$store/"
			works s3-ls --uploads "$store/"
			[[ ! -s $out ]]
		fi
		put "$BATS_TEST_TMPDIR/big" --part-size=5M "$store/x y+é&%"
	done
}
