#!/usr/bin/env bats
# The bare one-liners, without pipefail: whatever dies, and whenever, nothing
# appears under the final name unless it is whole.

load helper

setup_file() {
	load helper
	pg_env
	createdb one_liners
	# Large enough that a kill lands in every phase, small enough for 200.
	psql -Xq -d one_liners -c "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 8) AS x
		FROM generate_series(1, 40000) i"
}

teardown_file() {
	load helper
	pg_env
	dropdb --if-exists --force one_liners
}

setup() {
	pg_env
	export PGDATABASE=one_liners
}

# line URL [DELAY SIGNAL STAGE]: the one-liner; after DELAY ms one stage gets
# SIGNAL. Statuses of the stages go to $BATS_TEST_TMPDIR/status.N.
line() {
	local url=$1 delay=${2:-} signal=${3:-} victim=${4:-0} tmp=$BATS_TEST_TMPDIR
	rm -f "$tmp"/status.* "$tmp"/pid.*
	(
		# NUMBER COMMAND...: note its pid and, once it ended, its status.
		ended() {
			local status=0
			(
				echo "$BASHPID" >"$tmp/pid.$1"
				exec "${@:2}"
			) || status=$?
			echo "$status" >"$tmp/status.$1"
		}
		{
			ended 1 pg-stream --dbname=one_liners
		} 2>>"$tmp/log" | {
			ended 2 gzip-frame
		} 2>>"$tmp/log" | {
			ended 3 sha-tee
		} 2>>"$tmp/log" | {
			ended 4 s3-put "$url"
		} 2>>"$tmp/log"
	) </dev/null >/dev/null 2>&1 3>&- &
	local pipeline=$!
	if [[ -n $delay ]]; then
		sleep "0.$(printf %03d "$delay")"
		kill "-$signal" "$(cat "$tmp/pid.$victim" 2>/dev/null)" 2>/dev/null || true
	fi
	wait "$pipeline" || true
}

# Whatever the trial left at URL is nothing, or the whole.
nothing_or_whole() {
	local url=$1 tmp=$BATS_TEST_TMPDIR status=0
	s3-get "$url" >"$tmp/object" 2>"$tmp/get.err" </dev/null || status=$?
	if ((status != 0)); then
		[[ $(cat "$tmp/status.4") != 0 ]]
		return
	fi
	gzip-frame -d <"$tmp/object" >"$tmp/plain" || {
		echo "published, and cut"
		return 1
	}
	tail -n 1 "$tmp/plain" | grep -q '^-- pgbackpipe end ' || {
		echo "published without its closing line"
		return 1
	}
	published=$((published + 1))
	# A kill may come after a stage's last act; no stage may have failed.
	for status in $(cat "$tmp"/status.[1-4]); do
		((status == 0 || status > 128)) || {
			echo "published with statuses $(paste -sd' ' "$tmp"/status.*)"
			return 1
		}
	done
}

trials() {
	local kind=$1 count=40 signals=(KILL TERM SEGV) url
	((${FULL:-0})) && count=200
	use_store "$kind"
	published=0
	# How long does a whole run take here? Kills spread over a bit more.
	local from=${EPOCHREALTIME/./} span
	line "$store/whole"
	nothing_or_whole "$store/whole"
	((published == 1))
	span=$(((${EPOCHREALTIME/./} - from) / 1000 * 12 / 10))
	((span < 950)) || span=950
	RANDOM=4711
	for ((i = 0; i < count; i++)); do
		url=$store/trial-$i
		line "$url" $((RANDOM % span)) "${signals[i % 3]}" $((i % 4 + 1))
		nothing_or_whole "$url" || {
			echo "trial $i"
			return 1
		}
	done
	if [[ $kind == file ]]; then
		[[ -z $(find "${store#file://}" -name '.*' -type f) ]]
	fi
	# The kills must have hit something.
	((published < count * 3 / 4))
	# A next run to the same key succeeds and leaves no upload open.
	for ((i = 0; i < count; i += 5)); do
		s3-ls --json "$store/trial-$i" </dev/null | grep -q . ||
			works bash -c "gzip-frame <<<x | s3-put '$store/trial-$i'"
	done
	[[ $kind == file ]] ||
		{ works s3-ls --uploads --json "$store" && [[ ! -s $out ]]; }
}

@test "random kills of random stages never publish a part: file" {
	trials file
}

@test "random kills of random stages never publish a part: every S3 server" {
	for name in $(s3_names); do
		trials "$name"
	done
}

@test "a stage that never starts: nothing is published" {
	use_store file
	for broken in /no/such/program /etc/passwd 'kill -9 $$'; do
		rm -rf "${store#file://}"
		bash -c "pg-stream --dbname=one_liners | $( [[ $broken == kill* ]] && echo "sh -c '$broken'" || echo "$broken") | s3-put $store/x" \
			>/dev/null 2>&1 </dev/null && false
		bash -c "$( [[ $broken == kill* ]] && echo "sh -c '$broken'" || echo "$broken") | gzip-frame | sha-tee | s3-put $store/x" \
			>/dev/null 2>&1 </dev/null && false
		nothing_left "${store#file://}"
	done
}

@test "the server cuts the connection: nothing is published, exit 111" {
	use_store file
	sql one_liners "CREATE TABLE big AS SELECT i, md5(random()::text) || repeat('x', 900) AS x
		FROM generate_series(1, 60000) i"
	line "$store/x" 100 STOP 2 &
	# Nobody reads now: the pipe gets full, and the server waits in a COPY.
	: >"$out"
	for _ in {1..100}; do
		sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = 'one_liners' AND query LIKE '%COPY%public.big%'
			AND wait_event = 'ClientWrite'" >"$out"
		[[ ! -s $out ]] || break
		sleep 0.1
	done
	[[ -s $out ]]
	kill -CONT "$(cat "$BATS_TEST_TMPDIR/pid.2")"
	wait $!
	[[ $(cat "$BATS_TEST_TMPDIR"/status.[1-4]) == $'111\n111\n111\n111' ]]
	grep -q "pg-stream: fatal: could not read table" "$BATS_TEST_TMPDIR/log"
	nothing_left "${store#file://}"
	sql one_liners "DROP TABLE big"
}

@test "a foreign writer without marks: a warning, and a refusal on request" {
	use_store file
	bash -c "printf abc | s3-put $store/a" 2>"$err" </dev/null
	says "guard --"
	fails 100 bash -c "printf abc | s3-put --require-complete $store/b"
	[[ ! -e ${store#file://}/b ]]
	works bash -c "guard -- printf abc | s3-put --require-complete $store/c"
	status=0
	bash -c "guard -- sh -c 'printf abc; exit 3' | s3-put $store/d" 2>"$err" </dev/null || status=$?
	((status == 111))
	[[ ! -e ${store#file://}/d ]]
}

@test "a filter behind a foreign writer vouches for nothing either" {
	use_store file
	for filter in gzip-frame sha-tee "gzip-frame | sha-tee"; do
		rm -f "${store#file://}"/?
		bash -c "printf abc | $filter | s3-put $store/a" 2>"$err" </dev/null
		[[ $(grep -c "guard --" "$err") == 1 ]]
		fails 100 bash -c "printf abc | $filter | s3-put --require-complete $store/b"
		[[ ! -e ${store#file://}/b ]]
		works bash -c "guard -- printf abc | $filter | s3-put --require-complete $store/c"
		printf abc >"$BATS_TEST_TMPDIR/in"
		works bash -c "$filter <$BATS_TEST_TMPDIR/in | s3-put --require-complete $store/d"
	done
}

@test "programs that write no data do not spoil the pipe they share as a log" {
	use_store file
	bash -c "{ s3-put $store/.. <<<x; s3-put $store/a <<<x; s3-rm $store/a; } | cat" \
		2>"$err" </dev/null
	[[ $(grep -c fatal "$err") == 1 ]]
}

@test "two writers in one pipe, the first died: refused" {
	use_store file
	status=0
	bash -c "{ guard -- sh -c 'echo half; exit 1'; guard -- echo rest; } | s3-put $store/x" \
		2>"$err" </dev/null || status=$?
	((status == 111))
	[[ ! -e ${store#file://}/x ]]
}
