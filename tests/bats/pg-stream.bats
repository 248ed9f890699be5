#!/usr/bin/env bats
# pg-stream: what is restored is what was there, and failures are failures.

load helper

setup_file() {
	pg_env
	# The client programs that the tests stand in front of.
	real_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	export real_bin
	# One nasty database for all; nobody writes to it.
	export nasty=nasty_$RANDOM$RANDOM
	createdb -T template0 -- "$nasty"
	psql -XqAt -v ON_ERROR_STOP=1 -d "$nasty" \
		-f "$BATS_TEST_DIRNAME/../sql/nasty.sql" >/dev/null
}

teardown_file() {
	dropdb --if-exists --force -- "$nasty"
}

setup() {
	stream=$BATS_TEST_TMPDIR/stream
	report=$BATS_TEST_TMPDIR/report
	fake=$BATS_TEST_TMPDIR/bin
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

# take [OPTION]...: $db to $stream; the report goes to $report.
take() {
	rm -f "$report"
	works pg-stream -d "$db" --report="$report" "$@"
	cp -- "$out" "$stream"
}

# restore DATABASE: $stream by a stock psql.
restore() {
	psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -f "$stream" >"$out" 2>"$err" || {
		tail -n 5 "$err"
		return 1
	}
}

new_copy() {
	copy=copy_$RANDOM$RANDOM
	createdb -T template0 -- "$copy"
}

# The stock dump, with what its bytea_output must be to be ours.
stock() {
	PGOPTIONS='-c bytea_output=hex' "$real_bin/pg_dump" -d "$@" |
		grep -avE '^\\(un)?restrict '
}

# The stream without its own lines and the keys.
dump_part() {
	local bytes
	bytes=$(tail -n 1 "$stream" | sed 's/^.*"row_count":[0-9]*,"bytes":\([0-9]*\).*$/\1/')
	head -c "$bytes" "$stream" | tail -n +2 | grep -avE '^\\(un)?restrict '
}

# A pg_dump and pg_restore of ours in $fake: what stands on stdin is run by
# bash before the real program (hook=before) or after it (after).
stand_in() {
	local hook=$1
	mkdir -p "$fake"
	{
		echo '#!/usr/bin/env bash'
		echo "real=$real_bin/pg_dump"
		# shellcheck disable=SC2016
		echo 'case $1 in --version | --help) exec "$real" "$@" ;; esac'
		# shellcheck disable=SC2016
		[[ $hook == before ]] || echo '"$real" "$@" || exit'
		cat
		# shellcheck disable=SC2016
		[[ $hook == after ]] || echo 'exec "$real" "$@"'
	} >"$fake/pg_dump"
	chmod +x "$fake/pg_dump"
	ln -sf "$real_bin/pg_restore" "$fake/pg_restore"
}

# --- fidelity ---

@test "a nasty database: restored, its dump is the same" {
	db='' take -d "$nasty"
	new_copy
	restore "$copy"
	# Partitions by the hash of an enum: rows move, as in a stock dump.
	stock "$nasty" -Ox --exclude-table-data='public."By"*' >"$BATS_TEST_TMPDIR/a"
	stock "$copy" -Ox --exclude-table-data='public."By"*' >"$BATS_TEST_TMPDIR/b"
	diff -a "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	for name in "$nasty" "$copy"; do
		sql "$name" 'SELECT m, v FROM public."By Hash" ORDER BY v' \
			>"$BATS_TEST_TMPDIR/$name"
	done
	cmp "$BATS_TEST_TMPDIR/$nasty" "$BATS_TEST_TMPDIR/$copy"
	[[ ! -e /tmp/pwned ]]
}

@test "a nasty database: the same text as the stock dump's" {
	for options in "" "--owner" "--owner --privileges" "--no-clean"; do
		stock_options=(--clean --if-exists --no-owner --no-privileges)
		case $options in
		--owner) stock_options=(--clean --if-exists --no-privileges) ;;
		*privileges) stock_options=(--clean --if-exists) ;;
		--no-clean) stock_options=(--no-owner --no-privileges) ;;
		esac
		# shellcheck disable=SC2086
		db='' take -d "$nasty" $options
		# Large objects stand elsewhere, so lines are compared.
		cmp <(dump_part | sort) <(stock "$nasty" "${stock_options[@]}" | sort)
		# Without them, every byte is the same.
		db='' take -d "$nasty" $options -n public -n 'select' -n 'new?line'
		cmp <(dump_part) <(stock "$nasty" "${stock_options[@]}" \
			-n public -n 'select' -n 'new?line')
	done
}

@test "the same data gives the same bytes" {
	db='' take -d "$nasty"
	cp "$stream" "$BATS_TEST_TMPDIR/first"
	sleep 1
	db='' take -d "$nasty"
	cmp "$stream" "$BATS_TEST_TMPDIR/first"
}

@test "a nasty database: places, counts and the archive in the trailer" {
	db='' take -d "$nasty"
	python3 - "$stream" "$report" "$BATS_TEST_TMPDIR/archive" <<'PY'
import base64, hashlib, json, sys
data = open(sys.argv[1], "rb").read()
report = json.load(open(sys.argv[2]))
lines = data.split(b"\n")
assert lines[-1] == b""
prefix = b"-- pgbackpipe "
assert lines[0].startswith(prefix + b"sql 1 {")
end = json.loads(lines[-2].removeprefix(prefix + b"end "))
trailer = data[end["bytes"]:].split(b"\n")[:-1]
tables = []
while trailer[0].startswith(prefix + b"table "):
    tables.append(json.loads(trailer.pop(0).removeprefix(prefix + b"table ")))
assert tables == report["tables"], "report and trailer differ"
assert len(tables) == end["tables"]
assert sum(t["rows"] for t in tables) == end["row_count"] == report["row_count"]
last = 0
for t in tables:
    assert t["from"] > last
    rows = data[t["from"]:t["from"] + t["bytes"]]
    last = t["from"] + t["bytes"]
    assert rows.count(b"\n") == t["rows"], t
    assert data[:t["from"]].endswith(b" FROM stdin;\n"), t
    assert data[last:last + 3] == b"\\.\n", t
keys = [(t["schema"].encode(), t["name"].encode()) for t in tables]
assert keys == sorted(keys)
assert [t["root"]["name"] for t in tables if "root" in t] == ["By Hash"] * 4
catalog = json.loads(trailer[0].removeprefix(prefix + b"catalog "))
archive = b"".join(base64.b64decode(l[3:], validate=True) for l in trailer[1:-1])
assert all(l.startswith(b"-- ") and len(l) <= 79 for l in trailer[1:-1])
assert len(archive) == catalog["bytes"]
assert hashlib.sha256(archive).hexdigest() == catalog["sha256"]
assert trailer[-1] + b"\n" == data[-len(trailer[-1]) - 1:]
assert report["uncompressed_bytes"] == len(data)
assert not any(ord(c) > 126 for c in data[end["bytes"]:].decode("ascii"))
open(sys.argv[3], "wb").write(archive)
PY
	works "$real_bin/pg_restore" -l "$BATS_TEST_TMPDIR/archive"
	grep -q "Archive created at 2000-01-01 00:00:00" "$out"
	lacks "TABLE DATA" "$out"
}

@test "every count is that of the table" {
	db='' take -d "$nasty"
	jq -r '.tables[] | [.schema, .name, .rows] | @json' "$report" \
		>"$BATS_TEST_TMPDIR/ours"
	sql "$nasty" "SET row_security = off; SELECT json_build_array(n.nspname, c.relname,
		(xpath('/row/c/text()', query_to_xml(format(
			'SELECT count(*) AS c FROM ONLY %I.%I', n.nspname, c.relname),
			false, true, '')))[1]::text::int)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'r' AND nspname !~ '^pg_|^information_schema'
		ORDER BY nspname COLLATE \"C\", relname COLLATE \"C\"" |
		jq -c . >"$BATS_TEST_TMPDIR/theirs"
	diff <(jq -c . "$BATS_TEST_TMPDIR/ours") "$BATS_TEST_TMPDIR/theirs"
}

@test "restored over itself, by the DROP commands" {
	small_database 100
	sql "$db" "CREATE VIEW v AS SELECT * FROM t; CREATE SEQUENCE s;
		CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM v;
		CREATE TABLE u (id int REFERENCES t); INSERT INTO u VALUES (7);
		SELECT lo_from_bytea(5, 'large')" >/dev/null
	take
	restore "$db"
	restore "$db"
	stock "$db" >"$BATS_TEST_TMPDIR/a"
	new_copy
	restore "$copy"
	stock "$copy" | diff "$BATS_TEST_TMPDIR/a" -
}

@test "an empty database" {
	new_database
	take
	[[ $(jq -c '[.tables, .row_count]' "$report") == '[[],0]' ]]
	new_copy
	restore "$copy"
	tail -n 1 "$stream" | grep -q '^-- pgbackpipe end {"tables":0,"row_count":0,'
}

@test "--no-catalog leaves the archive out" {
	small_database 10
	take --no-catalog
	lacks '^-- pgbackpipe catalog' "$stream"
	grep -q '^-- pgbackpipe table {"schema":"public","name":"t","rows":10' "$stream"
}

@test "tables and schemas are chosen as pg_dump does" {
	new_database
	sql "$db" 'CREATE SCHEMA a; CREATE SCHEMA b;
		CREATE TABLE a.one (i int); CREATE TABLE a.two (i int);
		CREATE TABLE b.one (i int); CREATE TABLE b."One" (i int);
		CREATE TABLE video_cache (i int); CREATE TABLE video_cache_backup (i int);
		SELECT lo_create(99)' >/dev/null
	names() {
		jq -r '[.tables[] | .schema + "." + .name] | join(" ")' "$report"
	}
	take
	[[ $(names) == "a.one a.two b.One b.one public.video_cache public.video_cache_backup" ]]
	grep -q "lo_create('99')" "$stream"
	take -t video_cache
	[[ $(names) == "public.video_cache" ]]
	lacks lo_create "$stream"
	take -n a -n b -T 'a.t*'
	[[ $(names) == "a.one b.One b.one" ]]
	take -N a -T 'b."One"'
	[[ $(names) == "b.one public.video_cache public.video_cache_backup" ]]
	for options in "-t a.*" "-n a" "-N b" "-T a.one"; do
		# shellcheck disable=SC2086
		take $options
		# shellcheck disable=SC2086
		cmp <(dump_part | sort) <(stock "$db" --clean --if-exists -Ox $options | sort)
	done
	for options in "-t no_such_table" "-t video_cache -t no_such_table" \
		"-n a -n no_such_schema" "-F custom -t video_cache -t no_such*"; do
		# shellcheck disable=SC2086
		fails 100 pg-stream -d "$db" $options
		says "no matching"
		says "no_such"
		[[ ! -s $out ]]
	done
}

@test "many schemas with the same tables: all rows, and all else that has data" {
	new_database
	sql "$db" "DO \$\$ BEGIN FOR i IN 1..6 LOOP
		EXECUTE format('CREATE SCHEMA %1\$I; CREATE TABLE %1\$I.orders (i serial);
			CREATE TABLE %1\$I.\"a\"\"b.*?\" (i int); CREATE TABLE %1\$I.%2\$I (i int);
			CREATE TABLE %1\$I.seq (i int);
			INSERT INTO %1\$I.orders DEFAULT VALUES; INSERT INTO %1\$I.\"a\"\"b.*?\" VALUES (1);
			INSERT INTO %1\$I.%2\$I VALUES (2); INSERT INTO %1\$I.seq VALUES (3);
			CREATE MATERIALIZED VIEW %1\$I.m AS SELECT 1', 's' || i, 'own_' || i);
		EXECUTE format('CREATE TABLE many%s (i int); INSERT INTO many%1\$s VALUES (1)', i);
		END LOOP; END \$\$;
		CREATE SEQUENCE \"many\"; SELECT setval('\"many\"', 77);
		CREATE SCHEMA other; CREATE MATERIALIZED VIEW other.orders AS SELECT 1" >/dev/null
	take
	[[ $(jq -c '[(.tables | length), .row_count]' "$report") == '[30,30]' ]]
	cmp <(dump_part | sort) <(stock "$db" --clean --if-exists -Ox | sort)
	# With sequences and views everywhere, few patterns name the tables.
	lacks "TABLE DATA" <("$real_bin/pg_restore" -l <(sed -n \
		'/^-- pgbackpipe catalog/,/^-- pgbackpipe end/s/^-- \([A-Za-z0-9+/=]*\)$/\1/p' \
		"$stream" | base64 -d))
}

@test "tables without rows, and a schema without any" {
	new_database
	sql "$db" 'CREATE SCHEMA a; CREATE TABLE a.log (i serial); CREATE TABLE log (i int);
		CREATE TABLE "Log[1]" (i int); CREATE TABLE keep (i int);
		INSERT INTO a.log DEFAULT VALUES; INSERT INTO log VALUES (1);
		INSERT INTO "Log[1]" VALUES (2); INSERT INTO keep VALUES (3);
		SELECT lo_create(99)' >/dev/null
	for pattern in log LOG 'a.*' '*.log' '"Log[1]"' 'lo[g]' '?og' 'no_such' 'public.(log|keep)' 		"$db.public.log"; do
		take --exclude-table-data="$pattern"
		cmp <(dump_part | sort) <(stock "$db" --clean --if-exists -Ox 			--exclude-table-data="$pattern" | sort) || {
			echo "$pattern"
			return 1
		}
		works pg-stream -d "$db" -F custom --exclude-table-data="$pattern" --report="$report.2"
		cmp <(jq -c '[.tables[] | [.schema, .name, .rows]]' "$report") \
			<(jq -c '[.tables[] | [.schema, .name, .rows]]' "$report.2")
	done
	take --exclude-table-data='*.log' --exclude-table-data=keep
	[[ $(jq -c '[.tables[].name]' "$report") == '["Log[1]"]' ]]
	take --schema-only
	cmp <(dump_part) <(stock "$db" --clean --if-exists -Ox --schema-only)
	[[ $(jq -c '[.tables, .row_count]' "$report") == '[[],0]' ]]
	works pg-stream -d "$db" -F custom --schema-only --report="$report"
	[[ $(jq -c '[.tables, .row_count]' "$report") == '[[],0]' ]]
}

@test "extension configuration tables are dumped by pg_dump" {
	extensions=$("$real_bin/pg_config" --sharedir)/extension
	[[ -w $extensions ]] || skip "cannot install an extension for the test"
	printf "comment = 'test'\ndefault_version = '1'\nrelocatable = false\n" \
		>"$extensions/pgbackpipe_test.control"
	cat >"$extensions/pgbackpipe_test--1.sql" <<-'SQL'
		CREATE TABLE ext_config (k text, v text);
		INSERT INTO ext_config VALUES ('shipped', 'x');
		CREATE TABLE ext_state (v int);
		SELECT pg_catalog.pg_extension_config_dump('ext_config', 'WHERE k <> ''shipped''');
	SQL
	chmod 644 "$extensions"/pgbackpipe_test*
	new_database
	sql "$db" "CREATE EXTENSION pgbackpipe_test; INSERT INTO ext_config VALUES ('own', 'y');
		INSERT INTO ext_state VALUES (1); CREATE TABLE t (i int); INSERT INTO t VALUES (2)"
	take
	new_copy
	restore "$copy"
	rm -f "$extensions"/pgbackpipe_test*
	[[ $(sql "$copy" "SELECT string_agg(k, ',' ORDER BY k) FROM ext_config") == own,shipped ]]
	[[ $(jq -c '[.tables[].name]' "$report") == '["t"]' ]]
}

@test "databases that are not in UTF-8" {
	for encoding in LATIN1 SQL_ASCII EUC_JP; do
		db=enc_$RANDOM$RANDOM
		createdb -T template0 -E "$encoding" --locale=C -- "$db"
		# Latin-1 bytes in SQL_ASCII are valid in nothing else.
		case $encoding in
		LATIN1) client=UTF8 name=größe ;;
		EUC_JP) client=UTF8 name=表 ;;
		SQL_ASCII) client=SQL_ASCII name=$'gr\xf6\xdfe' ;;
		esac
		PGCLIENTENCODING=$client psql -XqAt -v ON_ERROR_STOP=1 -d "$db" \
			-c "CREATE TABLE \"$name\" (\"$name\" text); INSERT INTO \"$name\" VALUES ('$name')"
		# The user's own choice must not get in the way.
		PGCLIENTENCODING=UTF8 take
		case $encoding in EUC_JP) want=表 ;; *) want=größe ;; esac
		[[ $(jq -r '.tables[0].name' "$report") == "$want" ]]
		[[ $(jq -r .encoding "$report") == "$encoding" ]]
		cmp <(dump_part) <(stock "$db" --clean --if-exists -Ox)
		copy=copy_$RANDOM$RANDOM
		createdb -T template0 -E "$encoding" --locale=C -- "$copy"
		restore "$copy"
		cmp <(stock "$db") <(stock "$copy")
		dropdb -- "$db"
		dropdb -- "$copy"
	done
}

@test "the custom format is pg_dump's, with counts" {
	db='' take -d "$nasty" --format=custom --compress=1
	works "$real_bin/pg_restore" -l "$stream"
	grep -q "TABLE DATA public everything" "$out"
	[[ $(jq .uncompressed_bytes "$report") == $(stat -c %s "$stream") ]]
	[[ $(jq -c '.tables[] | select(.name == "strings")' "$report") == \
		'{"schema":"public","name":"strings","rows":312}' ]]
	new_copy
	"$real_bin/pg_restore" -Ox --exit-on-error -d "$copy" "$stream"
	[[ $(sql "$copy" "SELECT count(*) FROM public.strings") == 312 ]]
	fails 100 pg-stream -d "$nasty" --compress=1
}

@test "the report says what it should" {
	small_database 3
	take
	[[ $(jq -r '[.tool, .database, .format, .encoding, .collate, .ctype] | join(" ")' "$report") == \
		"pg-stream $db sql UTF8 C.UTF-8 C.UTF-8" ]]
	jq -e '.snapshot.lsn | test("^[0-9A-F]+/[0-9A-F]+$")' "$report"
	jq -e '.snapshot.time | test("^20..-..-..T..:..:..[.]......[+]00:00$")' "$report"
	jq -e '.database_size_bytes > 1000000 and .duration_seconds >= 0' "$report"
	[[ $(jq -r .server_version "$report") == $(sql "$db" "SHOW server_version") ]]
	[[ $(jq -r .pg_dump_version "$report") =~ ^[0-9]+ ]]
	[[ $(stat -c %a "$report") == 600 ]]
}

# --- one snapshot ---

@test "concurrent writers: sums are those of one moment" {
	new_database
	sql "$db" "CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE z (id int PRIMARY KEY, v int);
		INSERT INTO a SELECT g, 1000 FROM generate_series(1, 200) g;
		INSERT INTO z SELECT g, 1000 FROM generate_series(1, 200) g;
		CREATE TABLE log (i serial)"
	cat >"$BATS_TEST_TMPDIR/transfer.sql" <<-'SQL'
		\set n random(1, 200)
		\set m random(1, 200)
		BEGIN;
		UPDATE a SET v = v - 10 WHERE id = :n;
		UPDATE z SET v = v + 10 WHERE id = :m;
		INSERT INTO log DEFAULT VALUES;
		COMMIT;
	SQL
	"$real_bin/pgbench" -n -c 2 -T 4 -f "$BATS_TEST_TMPDIR/transfer.sql" "$db" \
		>/dev/null 2>&1 3>&- &
	writer=$!
	for round in 1 2 3; do
		take
		new_copy
		restore "$copy"
		echo "round $round"
		[[ $(sql "$copy" "SELECT (SELECT sum(v) FROM a) + (SELECT sum(v) FROM z)") == 400000 ]]
		[[ $(sql "$copy" "SELECT (SELECT count(*) FROM log) * 10 =
			(SELECT sum(v) FROM z) - 200000") == t ]]
		[[ $(jq '.tables[] | select(.name == "log").rows' "$report") == \
			$(sql "$copy" "SELECT count(*) FROM log") ]]
		dropdb -- "$copy"
	done
	wait "$writer"
}

@test "what changed a table since the snapshot is exit 111 and named" {
	for change in \
		"TRUNCATE t" \
		"ALTER TABLE t ALTER COLUMN id TYPE bigint" \
		"ALTER TABLE t DROP COLUMN name; ALTER TABLE t ADD COLUMN name text" \
		"ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int, name text)" \
		"ALTER TABLE t SET SCHEMA other"; do
		small_database 10
		sql "$db" "CREATE SCHEMA other; CREATE TABLE untouched (i int)"
		stand_in after <<-END
			psql -XqAt -d '$db' -c '$change' >&2
		END
		echo "$change"
		fails 111 pg-stream -d "$db" --report="$report" --pg-bin-dir="$fake"
		says '"public.t"'
		says "since the snapshot"
		[[ ! -e $report ]]
		dropdb -- "$db"
	done
}

@test "new tables, rows and vacuums since the snapshot do no harm" {
	small_database 10
	stand_in after <<-END
		psql -XqAt -d '$db' -c "CREATE TABLE new_one (i int)" \
			-c "INSERT INTO t VALUES (11, 'late')" -c "DELETE FROM t WHERE id = 1" \
			-c "ANALYZE" >&2
	END
	take --pg-bin-dir="$fake"
	[[ $(jq -c '[.tables[] | [.name, .rows]]' "$report") == '[["t",10]]' ]]
}

@test "a pg_dump that appends to its output, as from version 16 on: the same bytes" {
	small_database 10
	take
	cp "$out" "$BATS_TEST_TMPDIR/stock"
	stand_in before <<-'END'
		python3 -c 'import fcntl, os; fcntl.fcntl(1, fcntl.F_SETFL, os.O_APPEND)'
	END
	take --pg-bin-dir="$fake"
	cmp "$out" "$BATS_TEST_TMPDIR/stock"
}

# --- locks ---

@test "a locked table: exit 111 after the time-out, by name" {
	small_database 10
	hold_table "$db" t
	fails 111 pg-stream -d "$db" --lock-wait-timeout=1s
	says "public.t"
	exec 7>&-
	wait
}

@test "a lock that comes after pg_dump: exit 111, by name" {
	small_database 10
	stand_in after <<-END
		(echo "BEGIN; LOCK TABLE t; SELECT pg_sleep(20)" |
			psql -XqAt -d '$db' >/dev/null 2>&1 </dev/stdin) >/dev/null 2>&1 &
		sleep 0.5
	END
	fails 111 pg-stream -d "$db" --lock-wait-timeout=1s --pg-bin-dir="$fake"
	says 'could not lock table "public.t"'
	says "lock timeout"
}

# --- refusals and failures ---

@test "row security and missing privileges are exit 100 and name the table" {
	small_database 10
	sql "$db" "DROP ROLE IF EXISTS pgstream_reader; CREATE ROLE pgstream_reader LOGIN;
		GRANT SELECT ON t TO pgstream_reader;
		CREATE TABLE secret (i int); INSERT INTO secret VALUES (1);
		ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
		GRANT SELECT ON secret TO pgstream_reader"
	fails 100 pg-stream -U pgstream_reader -d "$db"
	says secret
	says "row-level security"
	sql "$db" "ALTER TABLE secret DISABLE ROW LEVEL SECURITY; CREATE TABLE mine (i int)"
	fails 100 pg-stream -U pgstream_reader -d "$db"
	says mine
	says "permission denied"
	sql "$db" "ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE SEQUENCE s;
		CREATE SCHEMA closed; CREATE TABLE closed.t (i int); SELECT lo_create(5)" >/dev/null
	fails 100 pg-stream -U pgstream_reader -d "$db"
	says 'cannot read 5 objects: table "closed.t" (permission denied for the schema), table "public.mine" (permission denied), sequence "public.s" (permission denied), table "public.secret" (row-level security), large object "5" (permission denied)'
	says hint
	[[ ! -s $out ]]
	# What was chosen can be read.
	works pg-stream -U pgstream_reader -d "$db" -t t
	sql "$db" "DROP OWNED BY pgstream_reader; DROP ROLE pgstream_reader"
}

@test "a missing database, a refused server, a bad role" {
	fails 100 pg-stream -d no_such_database
	says 'cannot connect to database "no_such_database"'
	fails 111 pg-stream -h 127.0.0.1 -p 1 -d x
	says "port 1 failed"
	fails 100 pg-stream -U no_such_role -d postgres
	says "no_such_role"
	fails 100 pg-stream -d postgres --format=json
	fails 100 pg-stream -d postgres --jobs=0
}

@test "a server that kills the connection: exit 111, no mark, no report" {
	small_database 10
	sql "$db" "CREATE TABLE wide AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)"
	# The reader waits, so the server is in the middle of the table.
	{
		stage "$BATS_TEST_TMPDIR/status" pg-stream -d "$db" --memory=3M --report="$report" 2>"$err"
	} | {
		until_true answers "$db" 1 "SELECT count(pg_terminate_backend(pid))
			FROM pg_stat_activity
			WHERE application_name = 'pg-stream' AND query LIKE 'COPY%wide%'" >&2
		stage "$BATS_TEST_TMPDIR/tee" sha-tee --report="$BATS_TEST_TMPDIR/tee.json" \
			>/dev/null 2>"$BATS_TEST_TMPDIR/tee.err"
	}
	[[ $(cat "$BATS_TEST_TMPDIR/status") == 111 ]]
	[[ $(cat "$BATS_TEST_TMPDIR/tee") == 111 ]]
	says 'read table "public.wide"'
	[[ ! -e $report && ! -e $BATS_TEST_TMPDIR/tee.json ]]
}

@test "TERM: the query is cancelled, nothing is left running" {
	small_database 10
	sql "$db" "CREATE TABLE wide AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	pg-stream -d "$db" --memory=3M >"$BATS_TEST_TMPDIR/pipe" 2>"$err" 7>&- 3>&- &
	pid=$!
	until_true answers "$db" 1 "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'pg-stream' AND query LIKE 'COPY%wide%'"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7<&-
	((status == 143))
	until_true answers "$db" 0 "SELECT count(*) FROM pg_stat_activity
		WHERE application_name IN ('pg-stream', 'pg_dump') AND datname = '$db'"
}

@test "TERM while pg_dump runs ends pg_dump" {
	small_database 10
	stand_in before <<-END
		echo \$\$ >'$BATS_TEST_TMPDIR/pid'
		exec sleep 60
	END
	pg-stream -d "$db" --pg-bin-dir="$fake" >"$stream" 2>"$err" 3>&- &
	pid=$!
	until_true test -s "$BATS_TEST_TMPDIR/pid"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143))
	fails 1 kill -0 "$(cat "$BATS_TEST_TMPDIR/pid")"
}

@test "a full disk is exit 111, a reader that went away SIGPIPE" {
	small_database 50000
	status=0
	pg-stream -d "$db" >/dev/full 2>"$err" || status=$?
	((status == 111))
	says "No space left on device"
	stage "$BATS_TEST_TMPDIR/status" pg-stream -d "$db" 2>"$err" | head -c 1000 >/dev/null
	[[ $(cat "$BATS_TEST_TMPDIR/status") == 141 ]]
	[[ ! -s $err ]]
}

@test "pg_dump that fails, is missing, or too old" {
	small_database 10
	stand_in before <<-'END'
		echo "pg_dump: error: query failed: server closed the connection" >&2
		exit 1
	END
	fails 111 pg-stream -d "$db" --pg-bin-dir="$fake"
	says "pg_dump failed: query failed: server closed the connection"
	mkdir -p "$BATS_TEST_TMPDIR/empty"
	PG_BIN_DIR=$BATS_TEST_TMPDIR/empty fails 100 pg-stream -d "$db"
	says "cannot find the program pg_dump in $BATS_TEST_TMPDIR/empty"
	says "install the PostgreSQL client programs"
	printf '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n' >"$fake/pg_dump"
	fails 100 pg-stream -d "$db" --pg-bin-dir="$fake"
	says "cannot use pg_dump 9"
	says "postgresql-client-"
}

@test "a pg_dump that dies in the midst of the large objects" {
	new_database
	sql "$db" "SELECT lo_from_bytea(1, decode(repeat('00', 300000), 'hex'))" >/dev/null
	for end in 'exit 1' 'kill -KILL $$' 'exit 0'; do
		stand_in before <<-END
			case "\$*" in *--data-only*)
				$real_bin/pg_dump "\$@" | head -c 200000
				$end
			esac
		END
		case $end in "exit 0") code=101 ;; *) code=111 ;; esac
		fails "$code" pg-stream -d "$db" --report="$report" --pg-bin-dir="$fake"
		[[ ! -e $report ]]
	done
	says "large objects"
}

@test "warnings of pg_dump are passed on, and are no failure" {
	small_database 10
	stand_in after <<-'END'
		echo "pg_dump: warning: something is odd" >&2
	END
	take --pg-bin-dir="$fake"
	says "pg-stream: warning: pg_dump: something is odd"
}

@test "a password reaches pg_dump, but never a command line" {
	small_database 10
	stand_in before <<-END
		tr '\0' '\n' <"/proc/\$\$/cmdline" >>'$BATS_TEST_TMPDIR/argv'
		tr '\0' '\n' <"/proc/\$\$/environ" >>'$BATS_TEST_TMPDIR/environ'
	END
	echo "*:*:*:*:${PGPASSWORD:-top-secret}" >"$BATS_TEST_TMPDIR/pgpass"
	chmod 600 "$BATS_TEST_TMPDIR/pgpass"
	sql "$db" "DROP ROLE IF EXISTS pgstream_login;
		CREATE ROLE pgstream_login LOGIN SUPERUSER PASSWORD 'top-secret'"
	printf '*:*:*:*:top-secret\n' >"$BATS_TEST_TMPDIR/pgpass"
	unset PGPASSWORD
	PGPASSFILE=$BATS_TEST_TMPDIR/pgpass works pg-stream -h 127.0.0.1 -U pgstream_login \
		-d "$db" --pg-bin-dir="$fake"
	grep -q '^PGPASSWORD=top-secret$' "$BATS_TEST_TMPDIR/environ"
	lacks top-secret "$BATS_TEST_TMPDIR/argv"
	PGPASSFILE=/dev/null fails 100 pg-stream -h 127.0.0.1 -U pgstream_login -d "$db"
	says "no password supplied"
	says "hint"
	sql "$db" "DROP ROLE pgstream_login"
}

# --- approval ---

@test "--approve sees the report and decides" {
	small_database 5
	works pg-stream -d "$db" --approve='jq -e ".row_count == 5 and .tables[0].rows == 5"'
	fails 1 pg-stream -d "$db" --report="$report" --approve='jq -e ".row_count > 5"'
	says "not approved"
	[[ ! -e $report ]]
	fails 1 pg-stream -d "$db" --approve='exit 3'
	fails 111 pg-stream -d "$db" --approve='exit 111'
	# Its output must not get into the stream.
	works pg-stream -d "$db" --approve='echo INTRUDER'
	lacks INTRUDER "$out"
	says INTRUDER
	# Nothing downstream takes the stream for whole.
	{ pg-stream -d "$db" --approve=false || true; } 2>/dev/null |
		{ stage "$BATS_TEST_TMPDIR/status" sha-tee >/dev/null 2>&1; }
	[[ $(cat "$BATS_TEST_TMPDIR/status") == 111 ]]
	pg-stream -d "$db" --approve=true |
		stage "$BATS_TEST_TMPDIR/status" sha-tee >/dev/null
	[[ $(cat "$BATS_TEST_TMPDIR/status") == 0 ]]
}

# --- size ---

@test "memory does not grow with rows" {
	not_sanitized
	new_database
	sql "$db" "CREATE UNLOGGED TABLE t AS SELECT repeat('x', 500) AS x FROM generate_series(1, 200000)"
	python3 - "$db" <<'PY'
import resource, subprocess, sys
subprocess.run(["pg-stream", "-d", sys.argv[1], "--jobs=2"],
               stdout=subprocess.DEVNULL, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"peak: {peak} KiB")
# 24 MiB of rows that wait, which a busy machine fills, and the program.
sys.exit(peak > 40 * 1024)
PY
}

@test "a row of 200 MB" {
	((${FULL:-0})) || skip "part of --full"
	new_database
	sql "$db" "CREATE TABLE t AS SELECT repeat('x', 200000000) AS x"
	take
	[[ $(jq -c '.tables[0] | [.rows, .bytes]' "$report") == '[1,200000001]' ]]
}

@test "thousands of tables" {
	((${FULL:-0})) || skip "part of --full"
	new_database
	sql "$db" "DO \$\$ BEGIN FOR i IN 1..3000 LOOP
		EXECUTE format('CREATE TABLE %I (i int)', 'table ' || i);
		IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END \$\$"
	take
	[[ $(jq '.tables | length' "$report") == 3000 ]]
	cmp <(dump_part) <(stock "$db" --clean --if-exists -Ox)
}
