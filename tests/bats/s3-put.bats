#!/usr/bin/env bats
# s3-put: what is its own, and what is special about directories. What it does
# alike in all stores is in store.bats.

load helper

setup() {
	store=file://$BATS_TEST_TMPDIR/store
	dir=$BATS_TEST_TMPDIR/store
	printf 0123456789 >"$BATS_TEST_TMPDIR/in"
}

put() {
	s3-put "$@" <"$BATS_TEST_TMPDIR/in" >"$out" 2>"$err"
}

# put_fails CODE ARGUMENT...
put_fails() {
	exits "$1" put "${@:2}"
}

need_root() {
	((EUID == 0)) || skip "needs root: it mounts a file system"
}

teardown() {
	[[ -z ${mounted:-} ]] || umount "$mounted"
}

@test "usage: no URL, no scheme, twice the same, bad numbers" {
	fails 100 s3-put
	fails 100 s3-put /tmp/x
	says "begins neither with s3:// nor with file://"
	fails 100 s3-put file://relative/x
	says "absolute path"
	fails 100 s3-put s3://b/x
	fails 100 s3-put "$store/x" "$store/x"
	says "twice"
	fails 100 s3-put --part-size=1M "$store/x"
	fails 100 s3-put --parts-in-flight=0 "$store/x"
	fails 100 s3-put --need=2 "$store/x"
	fails 100 s3-put --run-id=a --metadata=pgbackpipe-run-id=b "$store/x"
	nothing_left "$dir"
}

@test "the report has size and URL, and comes only after success" {
	put --report="$BATS_TEST_TMPDIR/report" "$store/x"
	[[ $(jq -c '[.tool, .size_bytes, .urls[0].ok]' "$BATS_TEST_TMPDIR/report") \
		== '["s3-put",10,true]' ]]
	[[ $(jq -r '.urls[0].url' "$BATS_TEST_TMPDIR/report") == "$store/x" ]]
	jq -e '.started_at and (.duration_seconds >= 0)' \
		"$BATS_TEST_TMPDIR/report"
	put_fails 100 --report="$BATS_TEST_TMPDIR/report2" "$store/x"
	[[ ! -e $BATS_TEST_TMPDIR/report2 ]]
}

@test "modes: 0600 and 0700, or FILE_MODE and DIR_MODE, whatever the umask" {
	umask 0777
	mkdir -m 0700 "$dir"
	put "$store/a/b/x"
	[[ $(stat -c %a "$dir/a") == 700 && $(stat -c %a "$dir/a/b") == 700 ]]
	[[ $(stat -c %a "$dir/a/b/x") == 600 ]]
	umask 0
	rm -f "$out" "$err" # which nobody but root may write to now
	FILE_MODE=640 DIR_MODE=0750 put "$store/c/x"
	[[ $(stat -c %a "$dir/c") == 750 && $(stat -c %a "$dir/c/x") == 640 ]]
	for bad in 8 0999 u+r 07777 0444 1; do
		FILE_MODE=$bad put_fails 100 "$store/y"
		says FILE_MODE
	done
	DIR_MODE=0600 put_fails 100 "$store/y"
	says DIR_MODE
	[[ ! -e $dir/y ]]
}

@test "an unmarked pipe: a warning, a refusal, and one that gave nothing" {
	status=0
	printf x | s3-put "$store/a" 2>"$err" || status=$?
	((status == 0))
	says "put guard -- before it"
	printf x | s3-put --require-complete "$store/b" 2>"$err" || status=$?
	((status == 100))
	says "cannot know whether the writer"
	status=0
	true | s3-put "$store/c" 2>"$err" || status=$?
	((status == 111))
	says "may never have started"
	[[ ! -e $dir/b && ! -e $dir/c ]]
	true | s3-put --allow-empty "$store/d" 2>"$err"
	[[ -e $dir/d && ! -s $dir/d ]]
}

@test "a marked pipe and a file are complete" {
	put "$store/a"
	[[ ! -s $err ]]
	s3-get "$store/a" | s3-put --require-complete "$store/b" 2>"$err"
	[[ ! -s $err ]]
	put --require-complete "$store/c"
	cmp "$dir/a" "$dir/b"
	cmp "$dir/a" "$dir/c"
}

@test "what stands in the way is named" {
	mkdir -p "$dir/sub" "$dir/d"
	: >"$dir/file"
	put_fails 100 "$store/sub"
	says "directory of this name"
	put_fails 100 "$store/file/x"
	says "Not a directory"
	ln -s nowhere "$dir/link"
	put_fails 100 "$store/link"
	says "the name is taken"
	ln -s . "$dir/d/loop"
	put "$store/d/loop/loop/x"
	[[ -e $dir/d/x ]]
	put_fails 100 "$store/.x.abcdef.partial"
	says "temporary file"
}

@test "no space left: 111, the path, a hint, and nothing there" {
	need_root
	mkdir "$dir"
	mount -t tmpfs -o size=1m none "$dir"
	mounted=$dir
	sample 3000000 >"$BATS_TEST_TMPDIR/in"
	put_fails 111 "$store/a/x"
	says "could not write object \"$store/a/x\": No space left on device"
	says "hint: make room on the file system of \"$dir/a\""
	nothing_left "$dir"
	# All of its room is there again.
	head -c 900000 "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/small"
	mv "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/in"
	put "$store/a/x"
}

@test "no inode left: 111" {
	need_root
	mkdir "$dir"
	mount -t tmpfs -o nr_inodes=3 none "$dir"
	mounted=$dir
	: >"$dir/1"
	: >"$dir/2" || true
	put_fails 111 "$store/x"
	says "No space left on device"
}

@test "a read-only file system: 100 and a hint" {
	need_root
	mkdir "$dir"
	mount -t tmpfs -o size=1m,ro none "$dir"
	mounted=$dir
	for key in x a/x; do
		put_fails 100 "$store/$key"
		says "Read-only file system"
		says "mounted read-only"
	done
}

@test "permission denied: 100, the path and the user" {
	place=$BATS_TEST_TMPDIR/place
	mkdir "$place"
	mkdir -m 0555 "$place/readonly"
	mkdir -m 0700 "$place/closed"
	((EUID != 0)) || chown 1:1 "$place/closed"
	((EUID == 0)) || chmod 0 "$place/closed"
	for key in readonly/x readonly/sub/x closed/x closed/sub/x; do
		status=0
		powerless s3-put "file://$place/$key" \
			<"$BATS_TEST_TMPDIR/in" 2>"$err" || status=$?
		echo "$key: $status"
		((status == 100))
		says "$place/${key%%/*}"
		says "Permission denied"
		says "hint: user "
	done
	chmod 0700 "$place/closed" # to look into it
	nothing_left "$place"
}

@test "a size limit of the user's: no object" {
	sample 3000000 >"$BATS_TEST_TMPDIR/in"
	status=0
	(
		ulimit -f 1000
		put "$store/x"
	) || status=$?
	((status == 100))
	says "File too large"
	nothing_left "$dir"
}

no_tmpfile() {
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/no_tmpfile.so" \
		"$top/tests/fault/no_tmpfile.c" -ldl
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	preload=$BATS_TEST_TMPDIR/no_tmpfile.so
}

@test "without O_TMPFILE: a hidden name, locked, that goes away" {
	no_tmpfile
	long=$(printf '%0254d' 5)
	for name in x "$long"; do
		for no_link in '' 1; do
			export ${no_link:+NO_LINK=1}
			LD_PRELOAD=$preload put --run-id=r "$store/$name"
			cmp "$BATS_TEST_TMPDIR/in" "$dir/$name"
			[[ $(s3-get --head "$store/$name" |
				jq -r '.metadata["pgbackpipe-run-id"]') == r ]]
			LD_PRELOAD=$preload put_fails 100 "$store/$name"
			says "the name is taken"
			[[ $(find "$dir" -type f | wc -l) == 1 ]]
			rm "$dir/$name"
			unset NO_LINK
		done
	done
	dying() {
		python3 -c 'import os; os.fchmod(1, 0o1600); print("x" * 9999)'
	}
	status=0
	dying | LD_PRELOAD=$preload s3-put "$store/x" 2>"$err" || status=$?
	((status == 111))
	nothing_left "$dir"
}

# partial_writer NAME: an s3-put that waits for its input; its pid is in $pid.
partial_writer() {
	mkfifo "$BATS_TEST_TMPDIR/fifo$1"
	LD_PRELOAD=$preload s3-put "$store/$1" <"$BATS_TEST_TMPDIR/fifo$1" \
		2>>"$BATS_TEST_TMPDIR/log" &
	pid=$!
	exec 8>"$BATS_TEST_TMPDIR/fifo$1"
	echo some >&8
	for _ in {1..100}; do
		[[ -z $(find "$dir" -name ".$1.*.partial") ]] || return 0
		sleep 0.05
	done
	return 1
}

@test "without O_TMPFILE: the next put of a name removes what died, no more" {
	no_tmpfile
	mkdir "$dir"
	partial_writer dead
	kill -9 "$pid"
	wait "$pid" || true
	exec 8>&-
	partial_writer alive
	works s3-ls "$store"
	[[ ! -s $out ]]
	works s3-ls --uploads "$store"
	[[ $(wc -l <"$out") == 2 ]]
	: >"$dir/.dead.2345ab.partial.other"
	: >"$dir/.dead2.abcdef.partial"
	LD_PRELOAD=$preload put "$store/dead"
	[[ -z $(find "$dir" -name '.dead.??????.partial') ]]
	[[ -e $dir/.dead.2345ab.partial.other && -e $dir/.dead2.abcdef.partial ]]
	# A second put of a name that is being written leaves the first alone.
	LD_PRELOAD=$preload put "$store/alive"
	exec 8>&-
	status=0
	wait "$pid" || status=$?
	((status == 100))
	cmp "$BATS_TEST_TMPDIR/in" "$dir/alive"
	touch -d '2 hours ago' "$dir/.dead2.abcdef.partial"
	works s3-rm --uploads --older-than=3h "$store"
	[[ -e $dir/.dead2.abcdef.partial ]]
	works s3-rm --uploads --dry-run --older-than=1h "$store"
	[[ $(<"$out") == "$store/.dead2.abcdef.partial" ]]
	works s3-rm --uploads --older-than=1h "$store"
	[[ ! -e $dir/.dead2.abcdef.partial ]]
}

@test "a TERM just before a read that blocks is not lost" {
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/late.so" \
		"$top/tests/fault/late_signal.c" -ldl
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	exec 8<>"$BATS_TEST_TMPDIR/fifo"
	status=0
	LD_PRELOAD=$BATS_TEST_TMPDIR/late.so timeout -s KILL 10 \
		s3-put "$store/x" <&8 2>"$err" || status=$?
	((status == 143))
	nothing_left "$dir"
}

@test "several places: all hold it, or none" {
	other=file://$BATS_TEST_TMPDIR/other
	put --report="$BATS_TEST_TMPDIR/report" "$store/x" "$other/x"
	cmp "$dir/x" "$BATS_TEST_TMPDIR/other/x"
	[[ $(jq -c '[.urls[].ok]' "$BATS_TEST_TMPDIR/report") == '[true,true]' ]]
	: >"$BATS_TEST_TMPDIR/other/y"
	put_fails 100 "$store/y" "$other/y"
	says "the name is taken"
	[[ ! -e $dir/y ]]
}

@test "several places: --need says how many must hold" {
	other=file://$BATS_TEST_TMPDIR/other
	mkdir "$BATS_TEST_TMPDIR/other"
	: >"$BATS_TEST_TMPDIR/other/x"
	put --need=1 --report="$BATS_TEST_TMPDIR/report" "$store/x" "$other/x"
	says "going on with 1 of 2 URLs"
	cmp "$BATS_TEST_TMPDIR/in" "$dir/x"
	[[ ! -s $BATS_TEST_TMPDIR/other/x ]]
	[[ $(jq -c '[.urls[].ok]' "$BATS_TEST_TMPDIR/report") == '[true,false]' ]]
	put_fails 100 --need=1 "$store/x" "$other/x"
}

@test "several places: one that fills up is left behind" {
	need_root
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=1m none "$BATS_TEST_TMPDIR/small"
	mounted=$BATS_TEST_TMPDIR/small
	sample 3000000 >"$BATS_TEST_TMPDIR/in"
	put --need=1 "file://$BATS_TEST_TMPDIR/small/x" "$store/x"
	says "No space left on device"
	cmp "$BATS_TEST_TMPDIR/in" "$dir/x"
	nothing_left "$mounted"
	put_fails 111 "file://$BATS_TEST_TMPDIR/small/y" "$store/y"
	[[ ! -e $dir/y ]]
}

@test "memory stays small" {
	head -c 300M /dev/zero >"$BATS_TEST_TMPDIR/in"
	/usr/bin/time -f %M -o "$BATS_TEST_TMPDIR/kib" s3-put "$store/x" \
		<"$BATS_TEST_TMPDIR/in" 2>"$err"
	(($(<"$BATS_TEST_TMPDIR/kib") < 32768))
	rm "$BATS_TEST_TMPDIR/in" "$dir/x"
}
