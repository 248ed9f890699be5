#!/usr/bin/env bats
# pg-stream and pg-json: a table that another session changes between the
# snapshot and its lock. That session holds the table until the dump waits.

load helper

setup_file() {
	pg_env
}

setup() {
	report=$BATS_TEST_TMPDIR/report
	new_database
	sql "$db" "CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100);
		CREATE TABLE b (i int PRIMARY KEY, t text); INSERT INTO b SELECT g, 'x' FROM generate_series(1, 100) g"
	mkfifo "$BATS_TEST_TMPDIR/session"
	psql -Xqt -v ON_ERROR_STOP=1 -d "$db" <"$BATS_TEST_TMPDIR/session" 3>&- &
	other=$!
	exec 7>"$BATS_TEST_TMPDIR/session"
}

teardown() {
	exec 7>&-
	wait
	dropdb --if-exists --force -- "$db"
}

# How many sessions wait for a lock on b, have one.
locks() { # GRANTED
	sql "$db" "SELECT count(*) FROM pg_locks WHERE relation = to_regclass('b') AND granted = $1
		AND locktype = 'relation'"
}

is() {
	[[ $("${@:2}") == "$1" ]]
}

# becomes CODE SQL COMMAND...: the command waits for b; then it is so changed.
becomes() {
	local code=$1 change=$2 status=0
	shift 2
	echo "BEGIN; LOCK TABLE b IN ACCESS EXCLUSIVE MODE;" >&7
	until_true is 1 locks true
	timeout 60 "$@" -d "$db" --report="$report" >"$out" 2>"$err" 3>&- 7>&- &
	pid=$!
	until_true is 1 locks false
	echo "$change; COMMIT;" >&7
	wait "$pid" || status=$?
	cat "$err"
	((status == code))
	if ((code != 0)); then
		says "$(printf '%s' "${1##*/}"): fatal: "
		says "${name-\"public.b\"}"
		[[ ! -e $report ]]
	fi
}

@test "dropped: exit 111, by name" {
	becomes 111 "DROP TABLE b" pg-stream -j1
}

@test "dropped: pg-json" {
	becomes 111 "DROP TABLE b" pg-json -j2
	[[ ! -s $out ]]
}

@test "dropped: custom" {
	becomes 111 "DROP TABLE b" pg-stream --format=custom
}

@test "renamed: exit 111, by name" {
	becomes 111 "ALTER TABLE b RENAME TO c" pg-stream -j2
}

@test "a column dropped, added, of another type: exit 111, by name" {
	becomes 111 "ALTER TABLE b DROP COLUMN t" pg-stream -j2
	becomes 111 "ALTER TABLE b ADD COLUMN u int" pg-stream -j1
	becomes 111 "ALTER TABLE b DROP COLUMN u" pg-stream --format=custom
	becomes 111 "ALTER TABLE b ADD COLUMN v int" pg-json -j2
}

@test "an index rebuilt under pg_dump: exit 111, with what it means" {
	name='' becomes 111 "ALTER TABLE b ALTER i TYPE bigint" pg-stream -j2
	says "cache lookup failed"
	says "hint: something was dropped or altered"
	run grep -c "Query was" "$err"
	[[ $output == 0 ]]
}

@test "truncated: exit 111, for its rows would be missing" {
	becomes 111 "TRUNCATE b" pg-stream -j2
	becomes 111 "TRUNCATE b" pg-json -j2
	becomes 111 "TRUNCATE b" pg-stream --format=custom
}

@test "only its rows changed: they are those of the snapshot" {
	becomes 0 "DELETE FROM b WHERE i > 10; INSERT INTO a VALUES (0)" pg-stream -j2
	[[ $(jq -c '[.tables[].rows]' "$report") == '[100,100]' ]]
}
