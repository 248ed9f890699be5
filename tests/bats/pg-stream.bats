#!/usr/bin/env bats
# pg-stream: what is restored is what was there, and failures are failures.

load helper

setup_file() {
	pg_env
}

setup() {
	stream=$BATS_TEST_TMPDIR/stream
	report=$BATS_TEST_TMPDIR/report
}

teardown() {
	[[ -z ${db:-} ]] || dropdb --if-exists --force -- "$db"
	[[ -z ${copy:-} ]] || dropdb --if-exists --force -- "$copy"
}

# A new database $db with a table t of N rows.
small_database() {
	new_database
	sql "$db" "CREATE TABLE t (id int PRIMARY KEY, name text);
		INSERT INTO t SELECT g, 'name ' || g FROM generate_series(1, $1) g"
}

# Write $stream; the report goes to $report.
take() {
	rm -f "$report"
	pg-stream -d "$db" --report="$report" "$@" >"$stream" 2>"$err"
}

@test "rows are counted and restored" {
	small_database 1000
	take
	[[ $(jq -c '[.tables[] | [.schema, .name, .rows]]' "$report") == \
		'[["public","t",1000]]' ]]
	[[ $(jq .row_count "$report") == 1000 ]]
	[[ $(jq .uncompressed_bytes "$report") == $(stat -c %s "$stream") ]]
	copy=${db}_copy
	createdb -T template0 "$copy"
	works psql -Xq -v ON_ERROR_STOP=1 -d "$copy" -f "$stream"
	[[ $(sql "$copy" "SELECT count(*), sum(id) FROM t") == "1000|500500" ]]
}
