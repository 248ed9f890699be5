#!/usr/bin/env bats
# pg-load: nothing touches the live database before the new one is right.

load helper
load pg-load-helper

# A stock plain dump on stdin -> the stream that pg-stream would make of it.
as_stream() {
	python3 -c '
import json, re, sys
text = sys.stdin.buffer.read()
ident = re.compile(rb"\"((?:[^\"]|\"\")+)\"|([A-Za-z_][A-Za-z_0-9$]*)")
def word(m):
    return (m[1].replace(b"\"\"", b"\"") if m[1] else m[2]).decode()
def line(kind, value):
    return b"-- pgbackpipe " + kind + b" " + json.dumps(
        value, separators=(",", ":")).encode() + b"\n"
out = line(b"sql 1", {"database": sys.argv[1], "encoding": "UTF8",
    "collate": "C.UTF-8", "ctype": "C.UTF-8", "server_version": "15"}) + text
tables, at = [], 0
for m in re.finditer(rb"^COPY (.*?) \(.*?\) FROM stdin;\n", out, re.M):
    if m.start() < at:
        continue
    end = out.index(b"\n\\.\n", m.end() - 1) + 1
    schema, name = [word(x) for x in ident.finditer(m[1])]
    tables.append({"schema": schema, "name": name,
        "rows": out[m.end():end].count(b"\n"), "bytes": end - m.end(),
        "from": m.end()})
    at = end
start = len(out)
for table in tables:
    out += line(b"table", table)
out += line(b"end", {"tables": len(tables),
    "row_count": sum(t["rows"] for t in tables), "bytes": start})
sys.stdout.buffer.write(out)
' "$1"
}

# loads CODE FILE OPTION...: pg-load with FILE as its input.
loads() {
	exits "$1" feed "$2" pg-load "${@:3}"
}

make_source() {
	new_database load_source
	sql load_source "
	CREATE SCHEMA \"s p\";
	CREATE TABLE t (id serial PRIMARY KEY, v text UNIQUE);
	INSERT INTO t (v) SELECT 'row ' || g FROM generate_series(1, 3000) g;
	CREATE TABLE \"s p\".\"o\"\"dd\" (x int REFERENCES t, y text);
	INSERT INTO \"s p\".\"o\"\"dd\" VALUES (1, E'a\\nb\\\\'), (2, NULL);
	CREATE TABLE nothing (a int);
	CREATE VIEW v AS SELECT count(*) FROM t;
	CREATE MATERIALIZED VIEW m AS SELECT * FROM t WHERE id < 9;
	CREATE PROCEDURE p() LANGUAGE plpgsql AS \$x\$ BEGIN
-- Data for Name: 1; Type: BLOBS; Schema: -
COMMIT;
END \$x\$;
	CREATE TABLE force (z int);
	INSERT INTO force VALUES (1), (2);
	CREATE TABLE trap (l text);
	INSERT INTO trap VALUES ('-- pgbackpipe end {\"tables\":0}'),
		('-- PostgreSQL database dump complete'), ('DROP DATABASE x;')"
}

setup_file() {
	load helper
	pg_env
	make_source
	stock=$BATS_FILE_TMPDIR/stock.sql
	pg_dump --clean --if-exists -O -x load_source >"$stock"
	as_stream load_source <"$stock" >"$BATS_FILE_TMPDIR/stream.sql"
	pg_dump -Fc load_source >"$BATS_FILE_TMPDIR/custom"
	psql -XqAt -d load_source -c "SELECT json_build_object('tables', json_agg(
		json_build_object('schema', n, 'name', c, 'rows', r)))
		FROM (VALUES ('public', 't', 3000), ('s p', 'o\"dd', 2),
		('public', 'nothing', 0), ('public', 'force', 2),
		('public', 'trap', 3)) v(n, c, r)" \
		>"$BATS_FILE_TMPDIR/manifest.json"
}

teardown_file() {
	load helper
	pg_env
	drop_all load_source
}

setup() {
	pg_env
	stock=$BATS_FILE_TMPDIR/stock.sql
	stream=$BATS_FILE_TMPDIR/stream.sql
	custom=$BATS_FILE_TMPDIR/custom
	manifest=$BATS_FILE_TMPDIR/manifest.json
	make_live "live_$BATS_TEST_NUMBER"
	remember
}

teardown() {
	drop_all "$live"
}

# The live database is what the source is.
restored() {
	diff <(dump_of "$1" -O -x) <(dump_of load_source -O -x)
}

@test "a stream is restored beside the database and swapped in" {
	loads 0 "$stream" --dbname="$live" --report="$BATS_TEST_TMPDIR/r"
	[[ ! -s $out ]]
	restored "$live"
	old=$(databases "${live}__before_")
	[[ $old =~ ^${live}__before_[0-9]{8}t[0-9]{6}z$ ]]
	[[ $(sql "$old" "SELECT answer FROM precious") == 42 ]]
	says "to go back: pg-load --dbname=$live --undo"
	says "to drop it: pg-load --dbname=$live --drop-old=$old"
	jq -e --arg old "$old" '.tool == "pg-load" and .old_database == $old and
		.tables == 5 and .row_count == 3007 and .mode == "swap"' "$BATS_TEST_TMPDIR/r"
	# Statistics are there.
	[[ $(sql "$live" "SELECT reltuples FROM pg_class
		WHERE relname = 't'") == 3000 ]]
}

@test "no target: it is made, with the locale that the stream names" {
	loads 0 "$stream" --dbname="${live}_new"
	restored "${live}_new"
	[[ $(databases "$live") == "$live"$'\n'"${live}_new" ]]
	[[ $(sql postgres "SELECT datcollate FROM pg_database
		WHERE datname = '${live}_new'") == C.UTF-8 ]]
}

@test "a stream cut anywhere is refused, and nothing happens" {
	size=$(stat -c %s "$stream")
	last=$(tail -n 1 "$stream" | wc -c)
	for cut in 1 10 30 60 500 1500 3000 "$((size / 2))" "$((size * 3 / 4))" \
		"$((size - last - 1))" "$((size - last))" "$((size - 3))" \
		"$((size - 1))"; do
		head -c "$cut" "$stream" >"$BATS_TEST_TMPDIR/cut"
		loads 100 "$BATS_TEST_TMPDIR/cut" --dbname="$live"
	done
	untouched
	printf 'x' | cat "$stream" - >"$BATS_TEST_TMPDIR/more"
	loads 100 "$BATS_TEST_TMPDIR/more" --dbname="$live"
	untouched
}

@test "a writer that died is seen, even when all of its bytes came" {
	writer=$BATS_TEST_TMPDIR/writer
	cat >"$writer" <<-'PY'
		import os, shutil, sys
		os.fchmod(1, 0o1600)
		shutil.copyfileobj(open(sys.argv[1], "rb"), sys.stdout.buffer)
	PY
	for bytes in 0 100 9000 999999; do
		head -c "$bytes" "$stream" >"$BATS_TEST_TMPDIR/cut"
		status=0
		python3 "$writer" "$BATS_TEST_TMPDIR/cut" |
			pg-load --dbname="$live" 2>"$err" || status=$?
		((status == 111))
		says "the program before this one failed"
	done
	untouched
}

@test "an error in the dump ends it, with its statement and line" {
	sed '0,/CREATE TABLE/s/CREATE TABLE/CREATE TUBLE/' "$stream" \
		>"$BATS_TEST_TMPDIR/bad"
	line=$(grep -n 'CREATE TUBLE' "$BATS_TEST_TMPDIR/bad" | cut -d: -f1)
	loads 100 "$BATS_TEST_TMPDIR/bad" --dbname="$live"
	says "STATEMENT:  CREATE TUBLE"
	grep -qE "<stdin>:($line|$((line + 1))|$((line + 2))|$((line + 3))): ERROR" \
		"$err"
	untouched
	# In a row.
	sed 's/^7\trow 7$/x\trow 7/' "$stream" >"$BATS_TEST_TMPDIR/bad"
	loads 100 "$BATS_TEST_TMPDIR/bad" --dbname="$live"
	says "COPY t, line 7"
	untouched
}

@test "an error is told while the writer is still silent" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	{
		head -n 1 "$stream"
		echo "SELECT 1/0;"
		exec sleep 20
	} >"$BATS_TEST_TMPDIR/pipe" &
	writer=$!
	SECONDS=0
	loads 100 "$BATS_TEST_TMPDIR/pipe" --dbname="$live"
	kill "$writer"
	((SECONDS < 10))
	says "division by zero"
	untouched
}

@test "a server that is full, or ends the session, is worth a retry" {
	{
		echo "DO \$\$ BEGIN RAISE EXCEPTION 'could not extend file: No"
		echo "space left on device' USING ERRCODE = '53100'; END \$\$;"
		cat "$stock"
	} >"$BATS_TEST_TMPDIR/full"
	loads 111 "$BATS_TEST_TMPDIR/full" --dbname="$live" --foreign
	says "could not extend file"
	{
		echo "SELECT pg_terminate_backend(pg_backend_pid());"
		cat "$stock"
	} >"$BATS_TEST_TMPDIR/ends"
	loads 111 "$BATS_TEST_TMPDIR/ends" --dbname="$live" --foreign
	untouched
}

@test "rows that are not there are missed" {
	sed 's/"name":"t","rows":3000/"name":"t","rows":3001/
		s/"row_count":3007/"row_count":3008/' "$stream" \
		>"$BATS_TEST_TMPDIR/more"
	loads 100 "$BATS_TEST_TMPDIR/more" --dbname="$live"
	says '"public"."t" has 3000 rows, the dump says 3001'
	untouched
	# A trailer whose totals do not agree is none.
	sed 's/"row_count":3007/"row_count":3008/' "$stream" \
		>"$BATS_TEST_TMPDIR/more"
	loads 100 "$BATS_TEST_TMPDIR/more" --dbname="$live"
	says "the dump is not whole"
	untouched
}

@test "tables loaded through a partition root are counted together" {
	sql load_source "CREATE TABLE part (i int) PARTITION BY RANGE (i);
		CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (5);
		CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (5) TO (9);
		INSERT INTO part SELECT generate_series(0, 8)"
	pg_dump -O -x -t 'part*' load_source | as_stream load_source |
		sed 's/"name":"part_1","rows":5/"name":"part_1","rows":4/
			s/"name":"part_2","rows":4/"name":"part_2","rows":5/
			/"name":"part_/s/}$/,"root":{"schema":"public","name":"part"}}/' \
			>"$BATS_TEST_TMPDIR/s"
	sql load_source "DROP TABLE part"
	grep -q '"root"' "$BATS_TEST_TMPDIR/s"
	loads 0 "$BATS_TEST_TMPDIR/s" --dbname="$live"
	sed '/"name":"part_1"/s/"rows":4/"rows":3/
		s/"row_count":9/"row_count":8/' "$BATS_TEST_TMPDIR/s" \
		>"$BATS_TEST_TMPDIR/wrong"
	loads 100 "$BATS_TEST_TMPDIR/wrong" --dbname="$live"
	says '"public"."part" has 9 rows, the dump says 8'
}

@test "the manifest must be of this very dump" {
	loads 0 "$stream" --dbname="$live" --manifest="$manifest"
	for change in '.tables[0].rows = 1' '.tables = .tables[1:]' \
		'.tables += [{"schema":"a","name":"b","rows":0}]' \
		'.database = "other"' '.format = "custom"' \
		'.uncompressed_bytes = 7'; do
		jq -c "$change" "$manifest" >"$BATS_TEST_TMPDIR/m"
		loads 100 "$stream" --dbname="$live" \
			--manifest="$BATS_TEST_TMPDIR/m"
		says "the manifest does not belong to this stream"
	done
}

@test "a custom archive is restored, its rows held against the manifest" {
	loads 0 "$custom" --dbname="$live" --manifest="$manifest"
	restored "$live"
	drop_all "${live}__"
	before=$(dump_of "$live" | sha256sum)
	jq -c '.tables[0].rows = 3001' "$manifest" >"$BATS_TEST_TMPDIR/m"
	loads 100 "$custom" --dbname="$live" --manifest="$BATS_TEST_TMPDIR/m"
	says "the dump says 3001"
	size=$(stat -c %s "$custom")
	for cut in 6 100 "$((size / 2))" "$((size - 1))"; do
		head -c "$cut" "$custom" >"$BATS_TEST_TMPDIR/cut"
		loads 100 "$BATS_TEST_TMPDIR/cut" --dbname="$live"
	done
	untouched
}

@test "a stock dump needs --foreign and its closing comment" {
	loads 100 "$stock" --dbname="$live"
	says "--foreign"
	grep -v 'database dump complete' "$stock" >"$BATS_TEST_TMPDIR/cut"
	loads 100 "$BATS_TEST_TMPDIR/cut" --dbname="$live" --foreign
	says "closing comment"
	# The row of that text is no end, either.
	sed '/^-- PostgreSQL database dump complete/q' "$stock" \
		>"$BATS_TEST_TMPDIR/cut"
	loads 100 "$BATS_TEST_TMPDIR/cut" --dbname="$live" --foreign
	untouched
	loads 0 "$stock" --dbname="$live" --foreign --report="$BATS_TEST_TMPDIR/r"
	restored "$live"
	jq -e '.tables == 5 and .row_count == 3007' "$BATS_TEST_TMPDIR/r"
	# An adopted one's manifest may not know every name.
	echo '{"tables":[{"schema":"","name":"t","rows":7}]}' \
		>"$BATS_TEST_TMPDIR/m"
	loads 0 "$stock" --dbname="$live" --foreign \
		--manifest="$BATS_TEST_TMPDIR/m"
	# Rows as INSERT are not counted.
	pg_dump -O -x --inserts load_source >"$BATS_TEST_TMPDIR/inserts"
	loads 0 "$BATS_TEST_TMPDIR/inserts" --dbname="$live" --foreign \
		--report="$BATS_TEST_TMPDIR/r"
	restored "$live"
	jq -e '.row_count == null' "$BATS_TEST_TMPDIR/r"
}

@test "a stock dump's rows are counted as they pass" {
	# A rule that swallows rows: psql is content, the count is not.
	awk '{print} /^CREATE TABLE public.force /{t=1}
		t && /^);/{print "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE"
		print "plpgsql AS $$BEGIN RETURN NULL; END$$;"
		print "CREATE TRIGGER x BEFORE INSERT ON public.force FOR EACH ROW"
		print "EXECUTE FUNCTION swallow();"; t=0}' "$stock" |
		sed 's/FUNCTION swallow/FUNCTION public.swallow/' \
			>"$BATS_TEST_TMPDIR/swallow"
	loads 100 "$BATS_TEST_TMPDIR/swallow" --dbname="$live" --foreign
	says '"public"."force" has 0 rows, the dump says 2'
	untouched
	sql load_source "CREATE TABLE part (i int) PARTITION BY HASH (i);
		CREATE TABLE part_1 PARTITION OF part
			FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE part_2 PARTITION OF part
			FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO part SELECT generate_series(1, 50)"
	pg_dump -O -x --load-via-partition-root load_source \
		>"$BATS_TEST_TMPDIR/root"
	sql load_source "DROP TABLE part"
	loads 0 "$BATS_TEST_TMPDIR/root" --dbname="$live" --foreign
	[[ $(sql "$live" "SELECT count(*) FROM part") == 50 ]]
}

@test "owners and privileges that the dump has are restored; --no-owner, --no-privileges" {
	sql postgres "DROP ROLE IF EXISTS ${live}_owner, ${live}_reader"
	sql postgres "CREATE ROLE ${live}_owner; CREATE ROLE ${live}_reader"
	new_database "${live}_from"
	sql "$db" "CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t OWNER TO ${live}_owner;
		GRANT SELECT ON t TO ${live}_reader; SELECT lo_from_bytea(4711, 'x');
		ALTER LARGE OBJECT 4711 OWNER TO ${live}_owner;
		CREATE FUNCTION f() RETURNS text LANGUAGE sql AS \$\$
SELECT '
GRANT SELECT ON t TO nobody;
ALTER TABLE t OWNER TO nobody;
'\$\$; CREATE TABLE \"x OWNER TO y;\" (a int);
		ALTER TABLE \"x OWNER TO y;\" OWNER TO ${live}_owner" >/dev/null
	pg-stream --dbname="$db" --owner --privileges >"$BATS_TEST_TMPDIR/sql"
	pg-stream --dbname="$db" --format=custom >"$BATS_TEST_TMPDIR/custom"
	gzip-frame -1 <"$BATS_TEST_TMPDIR/sql" >"$BATS_TEST_TMPDIR/sql.gz"
	pg_dump "$db" >"$BATS_TEST_TMPDIR/foreign"
	for kind in sql url custom foreign; do
		for left in '' -O -x '-O -x'; do
			input=$BATS_TEST_TMPDIR/$kind
			drop_all "${live}__before"
			options=(--dbname="$live" --no-analyze)
			case $kind in
			url) input=/dev/null options+=("file://$BATS_TEST_TMPDIR/sql.gz") ;;
			foreign) options+=(--foreign) ;;
			esac
			# shellcheck disable=SC2086 # options
			loads 0 "$input" "${options[@]}" $left
			# shellcheck disable=SC2086 # options
			diff <(dump_of "$live" $left) <(dump_of "$db" $left) ||
				{ echo "$kind $left"; false; }
		done
	done
	# A role that is not there.
	drop_all "$live" && createdb -T template0 -- "$live"
	drop_all "${live}_from"
	sql postgres "DROP ROLE ${live}_owner, ${live}_reader"
	for kind in sql custom; do
		loads 100 "$BATS_TEST_TMPDIR/$kind" --dbname="$live"
		says "--no-owner and --no-privileges leave out"
		loads 0 "$BATS_TEST_TMPDIR/$kind" --dbname="$live" -O -x
	done
	loads 100 /dev/null --dbname="$live" "file://$BATS_TEST_TMPDIR/sql.gz"
	says "--no-owner and --no-privileges leave out"
}

@test "a stock dump that would leave its own database is refused" {
	pg_dump -C --clean load_source >"$BATS_TEST_TMPDIR/create"
	loads 100 "$BATS_TEST_TMPDIR/create" --dbname="$live" --foreign
	says "DROP DATABASE"
	pg_dumpall --globals-only >"$BATS_TEST_TMPDIR/roles"
	loads 100 "$BATS_TEST_TMPDIR/roles" --dbname="$live" --foreign
	says "cluster dump"
	pg_dumpall >"$BATS_TEST_TMPDIR/all"
	loads 100 "$BATS_TEST_TMPDIR/all" --dbname="$live" --foreign
	untouched
	[[ $(databases load_source) == load_source ]]
}

@test "compressed input is told which filter to put before" {
	gzip <"$stream" >"$BATS_TEST_TMPDIR/x"
	loads 100 "$BATS_TEST_TMPDIR/x" --dbname="$live"
	says "put gzip-frame -d before it"
	loads 100 /dev/null --dbname="$live"
	untouched
}

@test "owner, privileges, settings, comment and flags are carried over" {
	sql postgres "
	CREATE ROLE \"o'w ner\"; CREATE ROLE guest_$BATS_TEST_NUMBER;
	ALTER DATABASE $live OWNER TO \"o'w ner\";
	GRANT CONNECT ON DATABASE $live TO guest_$BATS_TEST_NUMBER
		WITH GRANT OPTION;
	REVOKE TEMPORARY ON DATABASE $live FROM PUBLIC;
	COMMENT ON DATABASE $live IS E'it''s\\na \\\\ comment';
	ALTER DATABASE $live CONNECTION LIMIT 7;
	ALTER DATABASE $live IS_TEMPLATE true;
	ALTER DATABASE $live SET search_path TO \"\$user\", \"a, b\", public;
	ALTER DATABASE $live SET work_mem = '7MB';
	ALTER DATABASE $live SET app.tenant = 'x''y = z';
	ALTER ROLE guest_$BATS_TEST_NUMBER IN DATABASE $live
		SET statement_timeout = '7s'"
	properties() {
		sql postgres "SELECT pg_get_userbyid(datdba), datacl, datconnlimit,
			datistemplate, datallowconn, datcollate, encoding,
			shobj_description(oid, 'pg_database') FROM pg_database
			WHERE datname = '$1'"
		sql postgres "SELECT setrole, setconfig FROM pg_db_role_setting
			WHERE setdatabase = (SELECT oid FROM pg_database
			WHERE datname = '$1') ORDER BY 1"
	}
	properties "$live" >"$BATS_TEST_TMPDIR/before"
	loads 0 "$stream" --dbname="$live"
	properties "$live" >"$BATS_TEST_TMPDIR/after"
	old=$(databases "${live}__before_")
	properties "$old" >"$BATS_TEST_TMPDIR/old"
	# Objects belong to whom the database belongs.
	[[ $(sql "$live" "SELECT tableowner FROM pg_tables
		WHERE tablename = 't'") == "o'w ner" ]]
	# An old template can be dropped, too.
	works pg-load --dbname="$live" --drop-old="$old"
	drop_all "$live"
	sql postgres "DROP ROLE \"o'w ner\"; DROP ROLE guest_$BATS_TEST_NUMBER"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/old"
	grep -q 'a, b' "$BATS_TEST_TMPDIR/after"
}

@test "sessions that come back again and again do not stop the swap" {
	sql postgres "ALTER DATABASE $live CONNECTION LIMIT 50"
	for _ in 1 2 3 4; do
		(
			trap 'exit 0' TERM
			while :; do
				psql -Xq -d "$live" -c "SELECT pg_sleep(2)" || :
			done
		) >/dev/null 2>&1 3>&- &
	done
	PGAPPNAME=holder psql -Xq -d "$live" -c "BEGIN" \
		-c "LOCK TABLE precious" -c "SELECT pg_sleep(30)" \
		>/dev/null 2>&1 3>&- &
	status=0
	loads 0 "$stream" --dbname="$live" -v || status=$?
	# shellcheck disable=SC2046 # one word each
	kill $(jobs -p) 2>/dev/null || :
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = '$live'" >/dev/null
	((status == 0))
	says 'application "holder"'
	restored "$live"
	wait || :
}

@test "there is never a moment without a database" {
	# Each connection works, or is told of the rename, once.
	: >"$BATS_TEST_TMPDIR/go"
	(
		while [[ -e $BATS_TEST_TMPDIR/go ]]; do
			psql -XqAt -d "$live" -c "SELECT 1" 2>&1
		done
	) >"$BATS_TEST_TMPDIR/seen" 3>&- &
	for _ in 1 2 3; do
		loads 0 "$stream" --dbname="$live"
	done
	rm "$BATS_TEST_TMPDIR/go"
	wait
	grep -q '^1$' "$BATS_TEST_TMPDIR/seen"
	lost=$(grep -c 'does not exist' "$BATS_TEST_TMPDIR/seen" || :)
	renamed=$(grep -c 'dropped or renamed' "$BATS_TEST_TMPDIR/seen" || :)
	((lost == renamed && lost <= 3))
}

# A superuser's session, and in $role one who owns the database but may not
# end that session.
start_stubborn() {
	role=owner_$BATS_TEST_NUMBER
	sql postgres "CREATE ROLE $role LOGIN CREATEDB;
		ALTER DATABASE $live OWNER TO $role"
	PGAPPNAME=stubborn psql -Xq -d "$live" -c "SELECT pg_sleep(60)" \
		>/dev/null 2>&1 3>&- &
	until [[ $(sql postgres "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'stubborn' AND state = 'active'") == 1 ]]; do
		sleep 0.1
	done
}

end_stubborn() {
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = 'stubborn'" >/dev/null
	wait
	sql postgres "ALTER DATABASE $live OWNER TO $PGUSER; DROP ROLE $role"
}

@test "a session that cannot be ended: no swap, and it is named" {
	start_stubborn
	loads 111 "$stream" --dbname="$live" --username="$role" --swap-timeout=1s
	says "still in use: session "
	says 'user "'
	# It was let in all the while, and others are.
	[[ $(sql "$live" "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'stubborn'") == 1 ]]
	end_stubborn
	untouched
}

@test "TERM while the swap waits" {
	start_stubborn
	pg-load --dbname="$live" --username="$role" <"$stream" 2>"$err" 3>&- &
	pid=$!
	until_true answers postgres t "SELECT count(*) > 0 FROM pg_stat_activity
		WHERE query LIKE '%RENAME TO%' AND state = 'active'
		AND pid <> pg_backend_pid()"
	SECONDS=0
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143 && SECONDS < 5))
	end_stubborn
	untouched
}

# Start a restore whose input stops in the middle; its id is in $pid.
start_slow() {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	{
		head -n 30 "$stream"
		exec sleep 30
	} >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	writer=$!
	pg-load --dbname="$live" <"$BATS_TEST_TMPDIR/pipe" 2>"$err" 3>&- &
	pid=$!
	until [[ -n $(databases "${live}__restoring_") ]]; do sleep 0.1; done
	sleep 0.3
}

@test "INT and TERM in the middle leave nothing" {
	for signal in TERM INT; do
		# Background jobs ignore INT: env gives it back.
		rm -f "$BATS_TEST_TMPDIR/pipe"
		start_slow
		[[ $signal == TERM ]] || signal=HUP
		SECONDS=0
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		kill "$writer"
		((status > 128 && SECONDS < 5))
		untouched
	done
}

@test "KILL leaves what the next run drops; two runs exclude each other" {
	start_slow
	loads 111 "$stream" --dbname="$live"
	says "another restore of \"$live\" runs"
	fails 111 pg-load --dbname="$live" --undo
	kill -KILL "$pid"
	wait "$pid" || :
	kill "$writer"
	[[ $(databases "${live}__") == "${live}__restoring_"* ]]
	[[ $(dump_of "$live" | sha256sum) == "$before" ]]
	# One that only has such a name is nobody's debris.
	sql postgres "CREATE DATABASE ${live}__restoring_0000aaaa"
	sleep 0.5
	loads 0 "$stream" --dbname="$live"
	says "lacks its mark"
	[[ $(databases "${live}__restoring_") == "${live}__restoring_0000aaaa" ]]
}

@test "killed at any moment: the live database is the old one or the new one" {
	local trials=8 delay left
	((${FULL:-0})) && trials=200
	for ((i = 0; i < trials; i++)); do
		delay=$(printf '0.%03d' $((RANDOM % 400)))
		timeout -s KILL "$delay" pg-load -q --dbname="$live" <"$stream" \
			2>"$err" || :
		# The server may still be at work on its last command.
		until [[ $(sql postgres "SELECT count(*) FROM pg_stat_activity
			WHERE application_name = 'pg-load'") == 0 ]]; do sleep 0.1; done
		sql "$live" "SELECT answer FROM precious" >"$out" 2>&1 ||
			restored "$live"
	done
	loads 0 "$stream" --dbname="$live"
	left=$(databases "${live}__restoring_")
	# Of a database that was made but not marked yet nobody dares to say more.
	[[ -z $left ]] || says "lacks its mark"
}

@test "--undo goes back, also when there is nothing to put aside" {
	fails 100 pg-load --dbname="$live" --undo
	says "cannot go back"
	loads 0 "$stream" --dbname="$live"
	works pg-load --dbname="$live" --undo --report="$BATS_TEST_TMPDIR/r"
	[[ $(dump_of "$live" | sha256sum) == "$before" ]]
	undone=$(databases "${live}__undone_")
	restored "$undone"
	says "--drop-old=$undone"
	jq -e --arg u "$undone" '.old_database == $u' "$BATS_TEST_TMPDIR/r"
	fails 100 pg-load --dbname="$live" --undo
	# Of two, the newer.
	loads 0 "$stream" --dbname="$live"
	sql "$live" "CREATE TABLE second ()"
	loads 0 "$stream" --dbname="$live"
	dropdb "$live"
	works pg-load --dbname="$live" --undo
	sql "$live" "SELECT FROM second"
}

@test "--list-old and --drop-old know the database's own, and no other" {
	loads 0 "$stream" --dbname="$live"
	old=$(databases "${live}__before_")
	createdb "${live}__before_x"
	createdb "${live}_other__before_20260101t000000z"
	works pg-load --dbname="$live" --list-old
	grep -qE "^before .*$old$" "$out"
	(($(wc -l <"$out") == 2))
	works pg-load --dbname="$live" --list-old --json
	jq -e --arg old "$old" '.name == $old and .kind == "before" and
		.size_bytes > 1000000 and .sessions == 0' "$out"
	for name in "$live" postgres load_source "${live}__before_x" \
		"${live}_other__before_20260101t000000z"; do
		fails 100 pg-load --dbname="$live" --drop-old="$name"
		says "no name that a restore"
	done
	fails 100 pg-load --dbname="$live" \
		--drop-old="${live}__before_20010101t000000z"
	psql -Xq -d "$old" -c "SELECT pg_sleep(20)" >/dev/null 2>&1 3>&- &
	sleep 0.3
	fails 111 pg-load --dbname="$live" --drop-old="$old"
	says "is being accessed by other users"
	kill "$!"
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = '$old'" >/dev/null
	works pg-load --dbname="$live" --drop-old="$old"
	[[ -z $(databases "$old") ]]
}

@test "--plan says what would happen, and does nothing" {
	jq -c '.database_size_bytes = 12345678 | .extensions = ["plpgsql",
		{"name":"nonesuch"}] | .roles = ["norole"]' "$manifest" \
		>"$BATS_TEST_TMPDIR/m"
	PGAPPNAME="the app" psql -Xq -d "$live" -c "SELECT pg_sleep(20)" \
		>/dev/null 2>&1 3>&- &
	sleep 0.3
	works pg-load --dbname="$live" --plan --json --manifest="$BATS_TEST_TMPDIR/m"
	jq -e '.action == "swap" and .target_exists and .size_bytes > 1000000 and
		(.sessions_to_end | length) == 1 and
		.sessions_to_end[0].application == "the app" and
		.size_needed_bytes == 12345678 and
		.missing_extensions == ["nonesuch"] and
		.missing_roles == ["norole"] and
		(.old_database | test("__before_")) and
		(.undo_command | test("--undo"))' "$out"
	untouched
	works pg-load --dbname="$live" --plan --json --old-time=2026-01-29T14:30:22Z
	jq -e --arg name "${live}__before_20260129t143022z" \
		'.old_database == $name' "$out"
	fails 100 pg-load --dbname="$live" --plan --old-time=yesterday
	works pg-load --dbname="${live}_none" --plan --json
	jq -e '.action == "create" and (.target_exists | not) and
		(has("old_database") | not)' "$out"
}

@test "--plan: roles of privileges, default privileges, policies, user mappings" {
	local role
	new_database "${live}_from"
	for role in "a $live" "b,$live" "c$live" "d$live" "e$live" "f$live"; do
		sql postgres "DROP ROLE IF EXISTS \"$role\"; CREATE ROLE \"$role\""
	done
	sql "$db" "CREATE TABLE t AS SELECT 1 AS \"FROM\"; ALTER TABLE t OWNER TO \"f$live\";
		GRANT SELECT ON t TO \"a $live\" WITH GRANT OPTION; GRANT SELECT ON t TO PUBLIC;
		SET ROLE \"a $live\"; GRANT SELECT (\"FROM\") ON t TO \"b,$live\"; RESET ROLE;
		ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO c$live;
		CREATE POLICY p ON t FOR SELECT TO postgres, d$live USING (\"FROM\" > 0);
		CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
		CREATE USER MAPPING FOR e$live SERVER s OPTIONS (x 'TO y');
		CREATE USER MAPPING FOR public SERVER s"
	pg-stream -q --dbname="$db" --owner --privileges >"$BATS_TEST_TMPDIR/sql"
	drop_all "${live}_from"
	for role in "a $live" "b,$live" "c$live" "d$live" "e$live" "f$live"; do
		sql postgres "DROP ROLE \"$role\""
	done
	works pg-load --dbname="$live" --plan --json "file://$BATS_TEST_TMPDIR/sql"
	jq -e --arg n "$live" '.missing_roles | sort ==
		["a " + $n, "b," + $n, "c" + $n, "d" + $n, "e" + $n, "f" + $n]' "$out"
	works pg-load --dbname="$live" --plan --json --no-owner --no-privileges \
		"file://$BATS_TEST_TMPDIR/sql"
	jq -e --arg n "$live" '.missing_roles | sort == ["d" + $n, "e" + $n]' "$out"
	untouched
}

@test "--plan of a dump in a store: what the server lacks, versions, space" {
	new_database "${live}_from"
	sql postgres "DROP ROLE IF EXISTS ${live}_gone"
	sql postgres "CREATE ROLE ${live}_gone"
	sql "$db" "CREATE EXTENSION citext; CREATE TABLE t (v citext);
		CREATE TABLE u AS SELECT 1 AS i; ALTER TABLE u OWNER TO ${live}_gone"
	pg-stream -q --dbname="$db" --owner >"$BATS_TEST_TMPDIR/sql"
	head -n 1 "$BATS_TEST_TMPDIR/sql" | grep -qF '"extensions":[{"name":"citext","version":"'
	drop_all "${live}_from"
	sql postgres "DROP ROLE ${live}_gone"
	# Of another version there; the line's length stays.
	sed -E '1s/("name":"citext","version":")[0-9.]{3}/\10.0/' "$BATS_TEST_TMPDIR/sql" \
		>"$BATS_TEST_TMPDIR/other"
	url=file://$BATS_TEST_TMPDIR/other
	works pg-load --dbname="$live" --plan --json "$url"
	jq -e --arg role "${live}_gone" '.missing_roles == [$role] and .missing_extensions == [] and
		.missing_tablespaces == [] and .extensions[0].dumped == "0.0" and
		.extensions[0].name == "citext" and .size_needed_bytes > 0 and
		.free_bytes > 0 and .drops == []' "$out"
	createdb -T template0 -- "${live}__restoring_0123abcd"
	sql postgres "COMMENT ON DATABASE \"${live}__restoring_0123abcd\" IS
		'pgbackpipe: being restored'"
	works pg-load --dbname="$live" --plan "$url"
	grep -qx "no role       ${live}_gone" "$out"
	grep -q '^extensions    citext (0.0 in the dump, ' "$out"
	grep -q "^dropped       ${live}__restoring_0123abcd" "$out"
	grep -q '^renamed ' "$out"
	works pg-load --dbname="$live" --plan -O "$url"
	lacks "no role" "$out"
	works pg-load --dbname="$live" --plan --table=u "$url"
	grep -q 'table "u" is made in it' "$out"
	drop_all "${live}__restoring"
	untouched
}

@test "fewer short cuts: --synchronous-commit, --maintenance-work-mem" {
	cat >"$BATS_TEST_TMPDIR/sql" <<-'SQL'
	CREATE TABLE public.seen AS SELECT current_setting('synchronous_commit') AS c,
		current_setting('maintenance_work_mem') AS m;
	--
	-- PostgreSQL database dump complete
	--

	SQL
	for case in "off 128MB" "local 128MB --synchronous-commit" \
		"off 64MB --maintenance-work-mem=0" "off 96MB --maintenance-work-mem=96M"; do
		read -r commit mem option <<<"$case"
		PGOPTIONS="-c synchronous_commit=local" \
			loads 0 "$BATS_TEST_TMPDIR/sql" --dbname="$live" --foreign --no-analyze ${option:+"$option"}
		[[ $(sql "$live" "SELECT c, m FROM seen") == "$commit|$mem" ]]
		drop_all "${live}__before"
	done
}

@test "--no-swap --into leaves a checked database of that name" {
	fails 100 pg-load --dbname="$live" --no-swap
	loads 0 "$stream" --dbname="$live" --no-swap --into="${live}_test"
	restored "${live}_test"
	[[ $(dump_of "$live" | sha256sum) == "$before" ]]
	[[ -z $(sql postgres "SELECT shobj_description(oid, 'pg_database')
		FROM pg_database WHERE datname = '${live}_test'") ]]
	loads 100 "$stream" --dbname="$live" --no-swap --into="${live}_test"
	says "a database of that name exists"
	# The one that it is like need not be there.
	loads 0 "$stream" --dbname="${live}_none" --no-swap --into="${live}_2"
}

@test "--clean restores in one transaction, or not at all" {
	loads 0 "$stream" --dbname="$live" --clean
	[[ $(databases "$live") == "$live" ]]
	[[ $(sql "$live" "SELECT answer FROM precious") == 42 ]]
	sql "$live" "DROP TABLE precious"
	restored "$live"
	sql "$live" "DELETE FROM force WHERE z = 1"
	before=$(dump_of "$live" | sha256sum)
	size=$(stat -c %s "$stream")
	for cut in 3000 "$((size / 2))" "$((size - 1))"; do
		head -c "$cut" "$stream" >"$BATS_TEST_TMPDIR/cut"
		loads 100 "$BATS_TEST_TMPDIR/cut" --dbname="$live" --clean
		untouched
	done
	sed 's/"name":"t","rows":3000/"name":"t","rows":3001/
		s/"row_count":3007/"row_count":3008/' "$stream" \
		>"$BATS_TEST_TMPDIR/more"
	loads 100 "$BATS_TEST_TMPDIR/more" --dbname="$live" --clean
	says "the dump says 3001"
	untouched
	# Its own COMMIT or ROLLBACK does not get it past the check.
	awk '{print} /^CREATE TABLE public.t /{t=1} t && /^);/{print "COMMIT;"; t=0}' \
		"$stock" >"$BATS_TEST_TMPDIR/commit"
	loads 100 "$BATS_TEST_TMPDIR/commit" --dbname="$live" --clean --foreign
	says "the dump ends the transaction"
	untouched
	sed 's/^COMMIT;$/ROLLBACK;/' "$BATS_TEST_TMPDIR/commit" \
		>"$BATS_TEST_TMPDIR/rollback"
	loads 100 "$BATS_TEST_TMPDIR/rollback" --dbname="$live" --clean --foreign
	untouched
	loads 0 "$custom" --dbname="$live" --clean --manifest="$manifest"
	restored "$live"
}

@test "--clean takes large objects along" {
	new_database "${live}_lo"
	sql "${live}_lo" "SELECT lo_from_bytea(77, 'hello'); CREATE TABLE t ()"
	pg_dump --clean --if-exists -O -x "${live}_lo" | as_stream x \
		>"$BATS_TEST_TMPDIR/lo"
	grep -q '^COMMIT;' "$BATS_TEST_TMPDIR/lo"
	loads 0 "$BATS_TEST_TMPDIR/lo" --dbname="$live" --clean
	loads 0 "$BATS_TEST_TMPDIR/lo" --dbname="$live" --clean
	[[ $(sql "$live" "SELECT convert_from(lo_get(77), 'UTF8')") == hello ]]
}

@test "a user that may not create databases is told of --clean" {
	role=poor_$BATS_TEST_NUMBER
	sql postgres "CREATE ROLE $role LOGIN; ALTER DATABASE $live OWNER TO $role"
	sql "$live" "ALTER TABLE precious OWNER TO $role"
	loads 100 "$stream" --dbname="$live" --username="$role"
	says "lacks CREATEDB"
	says "--clean"
	[[ $(databases "$live") == "$live" ]]
	loads 0 "$stream" --dbname="$live" --username="$role" --clean
	[[ $(sql "$live" "SELECT count(*) FROM t") == 3000 ]]
	# With the right, but over another's database: --clean, too.
	sql postgres "ALTER ROLE $role CREATEDB;
		ALTER DATABASE $live OWNER TO $PGUSER"
	loads 100 "$stream" --dbname="$live" --username="$role"
	says "it belongs to role"
	sql postgres "ALTER DATABASE $live OWNER TO $role"
	loads 0 "$stream" --dbname="$live" --username="$role"
	drop_all "$live"
	sql postgres "DROP ROLE $role"
}

@test "what takes a superuser: the owner is told of --role" {
	role=owner_$BATS_TEST_NUMBER
	sql postgres "CREATE ROLE $role; ALTER DATABASE $live OWNER TO $role"
	sql load_source "CREATE FUNCTION e() RETURNS event_trigger
		LANGUAGE plpgsql AS 'BEGIN END';
		CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION e()"
	pg_dump -O -x load_source >"$BATS_TEST_TMPDIR/event"
	sql load_source "DROP EVENT TRIGGER e; DROP FUNCTION e"
	loads 100 "$BATS_TEST_TMPDIR/event" --dbname="$live" --foreign
	says "restored as role \"$role\""
	says "--role=$PGUSER"
	loads 0 "$BATS_TEST_TMPDIR/event" --dbname="$live" --foreign \
		--role="$PGUSER"
	[[ $(sql postgres "SELECT pg_get_userbyid(datdba) FROM pg_database
		WHERE datname = '$live'") == "$role" ]]
	drop_all "$live"
	sql postgres "DROP ROLE $role"
}

@test "row security that is forced on the owner hides no row from the check" {
	role=forced_$BATS_TEST_NUMBER
	sql postgres "CREATE ROLE $role LOGIN CREATEDB;
		ALTER DATABASE $live OWNER TO $role"
	sql load_source "ALTER TABLE force ENABLE ROW LEVEL SECURITY;
		ALTER TABLE force FORCE ROW LEVEL SECURITY"
	pg_dump -O -x load_source | as_stream x >"$BATS_TEST_TMPDIR/s"
	sql load_source "ALTER TABLE force DISABLE ROW LEVEL SECURITY;
		ALTER TABLE force NO FORCE ROW LEVEL SECURITY"
	loads 0 "$BATS_TEST_TMPDIR/s" --dbname="$live" --username="$role"
	[[ $(sql "$live" "SELECT relforcerowsecurity FROM pg_class
		WHERE relname = 'force'") == t ]]
	drop_all "$live"
	sql postgres "DROP ROLE $role"
}

@test "names may hold anything" {
	for name in "$live q'uo\"te = \\ \$x \`id\`" "$live"$'\n'"käse" \
		"postgresql://$live" \
		"${live}_long_long_long_long_long_long_long_long_long_long_ä" \
		"--$live"; do
		export PGDATABASE=$name
		loads 0 "$stream" # none yet
		loads 0 "$stream"
		command=$(sed -n 's/.*to go back: //p' "$err")
		unset PGDATABASE
		[[ $command == pg-load* ]]
		# The command can be pasted, but for a line end, which a message
		# does not hold.
		eval "$command" >"$out" 2>"$err" || { cat "$err"; false; }
		command=$(sed -n 's/.*to drop it: //p' "$err")
		eval "$command"
		[[ $(psql -XqAt -d postgres -v n="$name" <<<"SELECT count(*)
			FROM pg_database WHERE datname = :'n'") == 1 ]]
		psql -Xq -d postgres -v n="$name" <<<'DROP DATABASE :"n"'
	done
	loads 100 "$stream" --dbname="$(printf 'x%.0s' {1..64})"
	says "1 to 63"
	loads 100 "$stream" --dbname=a=b
	loads 100 "$stream" --dbname=template1
}

@test "a password stands in no command line" {
	start_slow
	kill "$pid" "$writer"
	wait "$pid" || :
	rm "$BATS_TEST_TMPDIR/pipe"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	{
		head -n 30 "$stream"
		exec sleep 30
	} >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	writer=$!
	PGPASSWORD=hu5h pg-load --dbname="$live" <"$BATS_TEST_TMPDIR/pipe" \
		2>"$err" 3>&- &
	pid=$!
	until pgrep -P "$pid" -x psql >/dev/null; do sleep 0.1; done
	sleep 0.3
	lacks -a hu5h "/proc/$(pgrep -P "$pid" -x psql)/cmdline"
	kill "$pid" "$writer"
	wait "$pid" || :
	untouched
}

@test "a server that is away or refuses is told plainly" {
	loads 111 "$stream" --dbname="$live" --host=/nowhere
	says "could not connect"
	loads 100 "$stream" --dbname="$live" --username=nobody_here
	loads 100 "$stream" --dbname="$live" --maintenance-dbname=nonesuch
	untouched
}

@test "a database goes from server to server through a pipe" {
	export PGAPPNAME=sender
	pg-stream --dbname=load_source --report="$BATS_TEST_TMPDIR/m" 2>"$err" |
		pg-load --dbname="$live" 2>"$err"
	restored "$live"
	drop_all "${live}__"
	pg-stream --dbname=load_source --format=custom 2>"$err" |
		pg-load --dbname="$live" --manifest="$BATS_TEST_TMPDIR/m" -q \
			2>"$err" && false # the manifest is not of this format
	says "its format is sql"
	pg-stream --dbname=load_source 2>"$err" |
		pg-load --dbname="$live" --manifest="$BATS_TEST_TMPDIR/m" --clean \
			2>"$err"
	restored "$live"
	# The sender dies in the middle.
	before=$(dump_of "$live" | sha256sum)
	status=0
	timeout -s KILL 2 pg-stream --dbname=load_source \
		--approve="sleep 9" 2>/dev/null |
		pg-load --dbname="$live" 2>"$err" || status=$?
	((status == 111))
	untouched
}

@test "options that do not go together are refused" {
	fails 100 pg-load --undo
	fails 100 pg-load --dbname=x --undo --plan
	fails 100 pg-load --dbname=x --clean --no-swap --into=y
	fails 100 pg-load --dbname=x --json
	fails 100 pg-load --dbname="host=/x"
}
