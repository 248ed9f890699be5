#!/usr/bin/env bats
# pg-json: what the tables hold, as JSON that everybody reads.

load helper

setup_file() {
	pg_env
	# One database of all types and odd names; nobody writes to it.
	export all=json_$RANDOM$RANDOM
	createdb -T template0 -- "$all"
	psql -XqAt -v ON_ERROR_STOP=1 -d "$all" \
		-f "$BATS_TEST_DIRNAME/../sql/types.sql" >/dev/null
	sql "$all" "CREATE SCHEMA other;
		CREATE TABLE video_cache (id int PRIMARY KEY, t text);
		INSERT INTO video_cache SELECT g, repeat('x', g % 50) FROM generate_series(1, 1000) g;
		CREATE TABLE video_cache_backup (id int);
		CREATE TABLE other.video_cache (id int);
		INSERT INTO other.video_cache VALUES (5);
		CREATE TABLE \"Video Cache\" (id int);
		CREATE TABLE nothing ();
		INSERT INTO nothing DEFAULT VALUES;
		INSERT INTO nothing DEFAULT VALUES;
		CREATE TABLE part (id int, v text) PARTITION BY RANGE (id);
		CREATE TABLE part_b PARTITION OF part FOR VALUES FROM (0) TO (10);
		CREATE TABLE part_a (v text, gone int, id int);
		ALTER TABLE part_a DROP gone;
		ALTER TABLE part ATTACH PARTITION part_a FOR VALUES FROM (10) TO (20);
		INSERT INTO part SELECT g, 'v' || g FROM generate_series(0, 19) g;
		CREATE TABLE bare (a int) PARTITION BY LIST (a);
		CREATE VIEW seen AS SELECT 1 AS one;
		CREATE UNLOGGED TABLE big AS SELECT g AS id, repeat(chr(32 + g % 3000), 20) AS t,
			jsonb_build_object('n', g) AS j FROM generate_series(1, 60000) g"
}

teardown_file() {
	dropdb --if-exists --force -- "$all"
}

setup() {
	report=$BATS_TEST_TMPDIR/report
}

teardown() {
	[[ -z ${db:-} ]] || dropdb --if-exists --force -- "$db"
}

# take [OPTION]...: of the database of all types; $out is what came.
take() {
	works pg-json -d "$all" --report="$report" "$@"
}

# type COLUMN [ROW]: its value in the table of all types, from 0.
type() {
	jq -c --arg c "$1" ".types[${2:-0}][\$c]" "$out"
}

# is VALUE COLUMN [ROW]
is() {
	local found
	found=$(type "${@:2}")
	[[ $found == "$1" ]] || {
		echo "$2: expected $1, got $found"
		return 1
	}
}

# parses: every byte of $out is JSON for jq and for Python.
parses() {
	jq -e . "$out" >/dev/null
	python3 -c 'import json, sys
for text in ([sys.stdin.read()] if sys.argv[1] == "json" else sys.stdin):
    json.loads(text)' "${1:-json}" <"$out"
}

@test "numbers, booleans and null are JSON" {
	take -t types
	parses
	is 1 i2
	is -1 i2 1
	is null i2 2
	is 2 i4
	is 4000000000 o
	is 1.5 f4
	is 0.1 f8
	is true b
	is false b 1
	is null b 2
	is 7 w
	is 4 gen
	grep -q '"i8":9223372036854775807,' "$out"
	grep -q '"f8":1e+300,' "$out"
	grep -q '"f8":1e-07,' "$out"
}

@test "NaN, infinities, numeric, uuid and all others are strings" {
	take -t types
	is '"NaN"' f4 1
	is '"Infinity"' f8 1
	is '"-Infinity"' f4 2
	is '"NaN"' n 1
	is '"12345678901234567890.12345678901234567890"' n
	is '"0.10"' n 2
	is '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"' u
	is '"ab   "' c
	is '"{1,NULL,3}"' ar
	is '"{\"a b\",NULL,\"q\\\"x\"}"' art
	is '"(1,\"x \"\"y\"\"\")"' p
	is '"so \"so\""' e
	is '"10.0.0.1"' ip
	is '"[1,5)"' r
	is '"<a>1</a>"' x
	is '"101"' bits
	is '"1 day 02:00:00"' iv
	is '"val"' $'odd "name" \\ ünï\ttab'
}

@test "times are ISO 8601, in UTC; bytea is hex with its prefix" {
	PGTZ=Asia/Kolkata PGDATESTYLE=German take -t types
	is '"2024-01-15"' d
	is '"2024-01-15T12:00:00.5"' ts
	is '"2024-01-15T12:00:00+00:00"' tz
	is '"2024-06-01T10:00:00+00:00"' tz 3
	is '"12:00:00"' tm
	is '"12:00:00+02:00"' tmz
	is '"23:59:59.123-05:30"' tmz 1
	is '"infinity"' d 1
	is '"infinity"' ts 1
	is '"-infinity"' tz 1
	is '"0044-03-15 BC"' d 2
	is '"0044-03-15 00:00:00 BC"' ts 2
	is '"\\x00ff5c"' by
}

@test "texts hold every character, and columns of JSON are nested as they are" {
	take -t types
	is '"a\"b\\c\nd\te\r\b\f\u000b\u0001/é€😀"' t
	is '"\\N"' t 1
	is null t 2
	is '""' t 3
	is '{"k":[1,null,"ü\n"]}' jb
	is '[1]' dj
	# Duplicate members and large numbers stay; line breaks are blanks.
	grep -qF '"j":{"a" :  [1, "x\ny \\ \"q\" é"], "a": 100000000000000000000.10},' "$out"
}

@test "rows go back into tables that exist, as the manual says" {
	local columns
	new_database
	sql "$db" "$(sed '/^INSERT/,$d' "$BATS_TEST_DIRNAME/../sql/types.sql")" >/dev/null
	take -t types --format=ndjson
	columns=$(sql "$db" "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'types'::regclass AND attnum > 0 AND attgenerated = ''")
	grep '^{"table":"types",' "$out" | psql -Xq -v ON_ERROR_STOP=1 -d "$db" --single-transaction \
		-c 'CREATE TEMPORARY TABLE line (line json)' \
		-c "\\copy line FROM pstdin (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')" \
		-c "INSERT INTO types ($columns) SELECT $columns FROM line,
			json_populate_record(NULL::types, line->'row') AS r"
	psql -XAtqd "$all" -c "COPY (SELECT * FROM types) TO STDOUT" >"$BATS_TEST_TMPDIR/before"
	psql -XAtqd "$db" -c "COPY (SELECT * FROM types) TO STDOUT" >"$BATS_TEST_TMPDIR/after"
	# The blanks of json are those of the output.
	diff <(sed 's/\\n\|\\t/ /g' "$BATS_TEST_TMPDIR/before") <(sed 's/\\n\|\\t/ /g' "$BATS_TEST_TMPDIR/after")
}

@test "every character of Unicode is what the server says" {
	new_database
	sql "$db" "CREATE TABLE t AS SELECT g AS id, chr(g) || 'x' || chr(g) AS t FROM generate_series(1, 1114111, 7) g
		WHERE g NOT BETWEEN 55296 AND 57343"
	works pg-json -d "$db"
	python3 -c 'import json, sys
for row in json.load(sys.stdin)["t"]:
    assert row["t"] == chr(row["id"]) + "x" + chr(row["id"]), row' <"$out"
}

@test "all tables: partitions together, odd names, none of the system" {
	take
	parses
	[[ $(jq -c 'map_values(length)' "$out") == '{"other.video_cache":1,"Video Cache":0,"bare":0,"big":60000,"nothing":2,"part":20,"types":4,"public.video_cache":1000,"video_cache_backup":0}' ]]
	[[ $(jq -c '.nothing' "$out") == '[{},{}]' ]]
	[[ $(jq -c '.part | sort_by(.id) | .[13]' "$out") == '{"id":13,"v":"v13"}' ]]
	[[ $(jq '.row_count' "$report") == 61027 ]]
	[[ $(jq '.uncompressed_bytes' "$report") == $(stat -c %s "$out") ]]
}

@test "ndjson: an object a line" {
	take --format=ndjson
	parses lines
	[[ $(wc -l <"$out") == 61027 ]]
	[[ $(jq -rc '.table' "$out" | sort | uniq -c | xargs) == '60000 big 2 nothing 1 other.video_cache 20 part 1000 public.video_cache 4 types' ]]
	works pg-json -d "$all" -F ndjson -t other.video_cache
	[[ $(<"$out") == '{"table":"video_cache","row":{"id":5}}' ]]
}

@test "names are exact, patterns are pg_dump's" {
	take -t video_cache
	[[ $(jq -c keys "$out") == '["video_cache"]' ]]
	take -t 'video*'
	[[ $(jq -c keys "$out") == '["video_cache","video_cache_backup"]' ]]
	take -t 'video*' -T '*_backup'
	[[ $(jq -c keys "$out") == '["video_cache"]' ]]
	take -t '*.video_cache'
	[[ $(jq -c keys "$out") == '["other.video_cache","public.video_cache"]' ]]
	take -t '"Video Cache"' -t nothing
	[[ $(jq -c keys "$out") == '["Video Cache","nothing"]' ]]
	printf '# names\n\n  nothing \r\nvideo_cache' >"$BATS_TEST_TMPDIR/names"
	take --tables-file="$BATS_TEST_TMPDIR/names" -t bare
	[[ $(jq -c keys "$out") == '["bare","nothing","video_cache"]' ]]
}

@test "a listed table that is missing is exit 100 before the first byte" {
	fails 100 pg-json -d "$all" -t video_cache -t no_such -t 'gone*'
	says 'cannot find tables "no_such", "gone*"'
	[[ ! -s $out ]]
	fails 100 pg-json -d "$all" -t seen
	says 'cannot find table "seen"'
	fails 100 pg-json -d "$all" -t 'Video Cache'
	says '"Video Cache"'
	fails 100 pg-json -d "$all" --tables-file="$BATS_TEST_TMPDIR/none"
	: >"$BATS_TEST_TMPDIR/none"
	fails 100 pg-json -d "$all" --tables-file="$BATS_TEST_TMPDIR/none"
	says 'names no table'
	fails 100 pg-json -d "$all" --format=xml
	fails 100 pg-json -d no_such_database
}

@test "partitions: once, alone by name, left out by name" {
	take -t 'part*'
	[[ $(jq -c 'map_values(length)' "$out") == '{"part":20}' ]]
	take -t part_a
	[[ $(jq -c 'map_values(length)' "$out") == '{"part_a":10}' ]]
	[[ $(jq -c '.part_a[0]' "$out") == '{"v":"v10","id":10}' ]]
	take -t part -T part_a
	[[ $(jq -c 'map_values(length)' "$out") == '{"part":10}' ]]
}

@test "names that a dot would confuse" {
	new_database
	sql "$db" 'CREATE SCHEMA a; CREATE SCHEMA c; CREATE TABLE "a.b" (i int);
		CREATE TABLE a.b (i int); CREATE TABLE c.b (i int)'
	works pg-json -d "$db"
	[[ $(jq -c keys "$out") == '["a.b","c.b","public.a.b"]' ]]
	sql "$db" 'CREATE SCHEMA x; CREATE TABLE x."y.z" (i int); CREATE SCHEMA "x.y";
		CREATE TABLE "x.y".z (i int); CREATE TABLE "y.z" (i int); CREATE TABLE z (i int)'
	fails 100 pg-json -d "$db"
	says "tell two tables apart"
	[[ ! -s $out ]]
}

@test "the same bytes for any number of jobs" {
	local one
	for format in json ndjson; do
		take --format="$format" --jobs=1
		one=$(sha256sum <"$out")
		for jobs in 2 5; do
			take --format="$format" --jobs="$jobs" --memory=3M
			[[ $(sha256sum <"$out") == "$one" ]]
		done
	done
}

@test "an empty database, and one without tables that are asked for" {
	new_database
	works pg-json -d "$db"
	[[ $(<"$out") == '{}' ]]
	says "no tables"
	works pg-json -d "$db" --format=ndjson
	[[ ! -s $out ]]
}

@test "the report says where the rows of a table are" {
	local from bytes
	take -t video_cache -t types
	[[ $(jq -c '[.tool, .format, .database, .row_count]' "$report") == "[\"pg-json\",\"json\",\"$all\",1004]" ]]
	jq -e '.snapshot | .lsn and .time' "$report" >/dev/null
	read -r from bytes < <(jq -r '.tables[1] | "\(.from) \(.bytes)"' "$report")
	(echo '['; tail -c +$((from + 1)) "$out" | head -c "$bytes"; echo ']') >"$BATS_TEST_TMPDIR/rows"
	[[ $(jq length "$BATS_TEST_TMPDIR/rows") == 1000 ]]
	take -t video_cache -t types --format=ndjson
	read -r from bytes < <(jq -r '.tables[1] | "\(.from) \(.bytes)"' "$report")
	[[ $(tail -c +$((from + 1)) "$out" | head -c "$bytes" | jq -c .row.id | tail -n 1) == 1000 ]]
}

@test "--approve sees the report and decides" {
	local file=$BATS_TEST_TMPDIR/new
	fails 1 pg-json -d "$all" -t types --report="$file" --approve='jq -e ".row_count > 100"'
	says "not approved"
	[[ ! -e $file ]]
	take -t types --approve='jq -e ".row_count == 4"'
}

@test "databases that are not in UTF-8" {
	createdb -T template0 -E LATIN1 --locale=C latin_$$
	PGCLIENTENCODING=UTF8 sql latin_$$ "CREATE TABLE t (\"größe\" text); INSERT INTO t VALUES ('ÄÖÜ')"
	works pg-json -d latin_$$
	dropdb latin_$$
	[[ $(jq -c . "$out") == '{"t":[{"größe":"ÄÖÜ"}]}' ]]
	createdb -T template0 -E SQL_ASCII --locale=C ascii_$$
	PGCLIENTENCODING=SQL_ASCII sql ascii_$$ "CREATE TABLE t (a text); INSERT INTO t VALUES ('ü')"
	works pg-json -d ascii_$$
	[[ $(jq -c . "$out") == '{"t":[{"a":"ü"}]}' ]]
	PGCLIENTENCODING=SQL_ASCII sql ascii_$$ "INSERT INTO t VALUES (E'\\xfc')"
	fails 100 pg-json -d ascii_$$
	dropdb ascii_$$
	says 'public.t'
}

@test "what a role may not read is told at once" {
	sql "$all" "DROP ROLE IF EXISTS pgjson_reader; CREATE ROLE pgjson_reader LOGIN;
		GRANT SELECT ON types TO pgjson_reader"
	fails 100 pg-json -U pgjson_reader -d "$all" -t part -t nothing
	says '"public.nothing" (permission denied)'
	says '"public.part_a" (permission denied)'
	[[ ! -s $out ]]
	works pg-json -U pgjson_reader -d "$all" -t types
	sql "$all" "DROP OWNED BY pgjson_reader; DROP ROLE pgjson_reader"
}

@test "a locked table: exit 111 after the time-out, by name" {
	new_database
	sql "$db" "CREATE TABLE t (i int)"
	hold_table "$db" t
	fails 111 pg-json -d "$db" --lock-wait-timeout=1s
	says "public.t"
	exec 7>&-
	wait
}

@test "TERM ends it while it waits for its reader" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	pg-json -d "$all" --memory=3M >"$BATS_TEST_TMPDIR/pipe" 2>"$err" 7>&- 3>&- &
	pid=$!
	until_true answers "$all" t "SELECT count(*) > 0 FROM pg_stat_activity
		WHERE application_name = 'pg-json' AND query LIKE 'COPY%big%'"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
	((status == 143))
}

@test "a full disk is exit 111, a reader that went away SIGPIPE" {
	status=0
	pg-json -d "$all" >/dev/full 2>"$err" || status=$?
	((status == 111))
	# shellcheck disable=SC2016 # for the inner shell
	[[ $(bash -c 'pg-json -d "$0" 2>"$1" | head -c 10 >/dev/null
		echo "${PIPESTATUS[0]}"' "$all" "$err") == 141 ]]
	[[ ! -s $err ]]
}

@test "memory does not grow with rows, nor with a value of 100 MB" {
	not_sanitized
	new_database
	sql "$db" "CREATE UNLOGGED TABLE t AS SELECT repeat('x', 500) AS x FROM generate_series(1, 100000);
		INSERT INTO t SELECT repeat('\"', 100000000)"
	python3 - "$db" <<'PY'
import resource, subprocess, sys
subprocess.run(["pg-json", "-d", sys.argv[1], "--jobs=2"], stdout=subprocess.DEVNULL, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"peak: {peak} KiB")
sys.exit(peak > 48 * 1024)
PY
}
