#!/usr/bin/env bats
# pg-load --jobs: the rows of a stream by several connections at once.

load helper
load pg-load-helper

# loads CODE FILE OPTION...: pg-load with FILE as its input. Large tables are
# those of more than $split.
loads() {
	exits "$1" feed "$2" timeout 60 pg-load --split="${split-1M}" "${@:3}"
}

make_source() {
	new_database jobs_source
	psql -XqAt -v ON_ERROR_STOP=1 -d jobs_source >/dev/null <<-'SQL'
	CREATE SCHEMA "s p";
	CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
	CREATE TABLE big (id int, filler text, nothing int, data jsonb);
	INSERT INTO big SELECT CASE WHEN g % 9 > 0 THEN g END,
		CASE WHEN g % 7 > 0 THEN E'\\.\n' || repeat(md5(g::text), 3) END,
		NULL, jsonb_build_object('g', g, 'm', md5((g + 1)::text))
		FROM generate_series(1, 40000) g;
	CREATE INDEX ON big USING gin (data);
	COMMENT ON INDEX big_data_idx IS 'found by; COPY public.big FROM stdin;';
	CREATE TABLE middle (id serial PRIMARY KEY, v text NOT NULL UNIQUE,
		twice int GENERATED ALWAYS AS (id * 2) STORED);
	INSERT INTO middle (v) SELECT 'row ' || g FROM generate_series(1, 9000) g;
	SELECT setval('middle_id_seq', 12345);
	CREATE TABLE "s p"."o""dd
	COPY" ("a
	b" int REFERENCES middle, y text, x xml, m mood);
	INSERT INTO "s p"."o""dd
	COPY" VALUES (1, E'a\nb\\', '<a/>', 'ok'), (NULL, NULL, 'x<b/>', NULL),
		(NULL, E'\\.', '<!DOCTYPE q><q/>', 'sad');
	CREATE TABLE nothing (a int);
	CREATE TABLE no_columns ();
	INSERT INTO no_columns DEFAULT VALUES;
	CREATE TABLE long (a int, t text);
	INSERT INTO long SELECT g, repeat('0123456789', 450000)
		FROM generate_series(1, 3) g;
	CREATE TABLE part (m mood, i int) PARTITION BY HASH (m);
	CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH
		(MODULUS 2, REMAINDER 0);
	CREATE TABLE part_2 PARTITION OF part FOR VALUES WITH
		(MODULUS 2, REMAINDER 1);
	INSERT INTO part SELECT (enum_range(NULL::mood))[1 + g % 3], g
		FROM generate_series(1, 500) g;
	CREATE TABLE parent (a int);
	CREATE TABLE child (b int) INHERITS (parent);
	INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3);
	CREATE TABLE circle_a (i int PRIMARY KEY, b int);
	CREATE TABLE circle_b (i int PRIMARY KEY, a int REFERENCES circle_a);
	ALTER TABLE circle_a ADD FOREIGN KEY (b) REFERENCES circle_b;
	INSERT INTO circle_a VALUES (1); INSERT INTO circle_b VALUES (2, 1);
	UPDATE circle_a SET b = 2;
	CREATE VIEW v AS SELECT count(*) FROM big;
	CREATE MATERIALIZED VIEW m2 AS SELECT * FROM middle WHERE id < 9;
	CREATE MATERIALIZED VIEW m1 AS SELECT count(*) AS n FROM m2;
	CREATE UNIQUE INDEX ON m2 (id);
	CREATE FUNCTION trap() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN /*
	COPY public.middle (id) FROM stdin;
	1
	\.
	*/ RETURN 1; END $x$;
	CREATE FUNCTION tick() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RETURN NULL; END $$;
	CREATE TRIGGER swallow BEFORE INSERT ON nothing FOR EACH ROW
		EXECUTE FUNCTION tick();
	CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS
		$$ BEGIN RETURN; END $$;
	CREATE RULE quiet AS ON UPDATE TO nothing DO INSTEAD NOTHING;
	CREATE STATISTICS s1 ON id, twice FROM middle;
	CREATE PUBLICATION pub FOR TABLE middle;
	ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
	CREATE POLICY mine ON parent USING (a > 0);
	SELECT lo_from_bytea(4711, 'a large object');
	CREATE EVENT TRIGGER stop ON ddl_command_start EXECUTE FUNCTION ev();
	SQL
}

setup_file() {
	load helper
	pg_env
	make_source
	pg-stream -q --dbname=jobs_source >"$BATS_FILE_TMPDIR/stream.sql"
	dump_of jobs_source -O -x | sort >"$BATS_FILE_TMPDIR/sorted"
}

teardown_file() {
	load helper
	pg_env
	drop_all jobs_source
}

setup() {
	pg_env
	stream=$BATS_FILE_TMPDIR/stream.sql
	make_live "jobs_$BATS_TEST_NUMBER"
	bad=$BATS_TEST_TMPDIR/bad
	rows=$(tail -n 1 "$stream" | sed 's/.*"row_count":\([0-9]*\).*/\1/')
}

teardown() {
	drop_all "$live"
	sql postgres "DROP ROLE IF EXISTS few_$BATS_TEST_NUMBER" 2>/dev/null
}

# The live database is what it was; nothing lies beside it, nobody works.
untouched() {
	nothing_beside
	[[ $(sql "$live" "SELECT answer FROM precious") == 42 ]]
	[[ $(sql postgres "SELECT count(*) FROM pg_stat_activity
		WHERE starts_with(datname, '$live')") == 0 ]]
}

@test "any number of connections gives the database that was dumped" {
	local order="SELECT md5(string_agg(big::text, '' ORDER BY ctid)) FROM big"
	for jobs in 1 2 5 5,32M; do
		split=${jobs#*,}
		[[ $jobs == *,* ]] || split=1M
		jobs=${jobs%,*}
		loads 0 "$stream" --dbname="$live" --jobs="$jobs" \
			--report="$BATS_TEST_TMPDIR/r"
		# A large table's rows may lie in another order, and enums have
		# other hashes.
		diff <(dump_of "$live" -O -x -s) <(dump_of jobs_source -O -x -s)
		diff <(dump_of "$live" -O -x | sort) "$BATS_FILE_TMPDIR/sorted"
		jq -e --argjson rows "$rows" '.row_count == $rows' \
			"$BATS_TEST_TMPDIR/r"
		((jobs > 1)) && [[ $split == 1M ]] || [[ $(sql "$live" "$order") == \
			$(sql jobs_source "$order") ]]
	done
	[[ $(sql "$live" "SELECT n FROM m1") == 8 ]]
	[[ $(sql "$live" "SELECT reltuples FROM pg_class
		WHERE relname = 'big'") == 40000 ]]
}

@test "whole tables are frozen, unless --no-freeze" {
	loads 0 "$stream" --dbname="$live" --jobs=1
	sql "$live" "CREATE EXTENSION pg_visibility"
	[[ $(sql "$live" "SELECT bool_and(all_frozen) FROM
		pg_visibility_map('big')") == t ]]
	[[ $(sql "$live" "SELECT bool_and(all_frozen) FROM
		pg_visibility_map('middle')") == t ]]
	loads 0 "$stream" --dbname="$live" --jobs=2 --no-freeze --no-analyze
	sql "$live" "CREATE EXTENSION pg_visibility"
	[[ $(sql "$live" "SELECT bool_or(all_frozen) FROM
		pg_visibility_map('big')") == f ]]
	[[ $(sql "$live" "SELECT count(*) FROM pg_stats
		WHERE tablename = 'big'") == 0 ]]
}

@test "dumps without a catalog, and with privileges, are restored by psql" {
	pg-stream -q --dbname=jobs_source --no-catalog >"$bad"
	loads 0 "$bad" --dbname="$live" --jobs=2
	diff <(dump_of "$live" -O -x | sort) "$BATS_FILE_TMPDIR/sorted"
	sql jobs_source "GRANT SELECT ON middle TO PUBLIC"
	pg-stream -q --dbname=jobs_source --privileges >"$bad"
	sql jobs_source "REVOKE SELECT ON middle FROM PUBLIC"
	loads 0 "$bad" --dbname="$live" --jobs=2
	[[ $(sql "$live" "SELECT relacl::text LIKE '%{=r/%' OR relacl::text LIKE
		'%,=r/%' FROM pg_class WHERE relname = 'middle'") == t ]]
}

@test "owners and privileges: a view that is filled needs them, in parallel, too" {
	local a=${live}_a b=${live}_b from=${live}_from
	sql postgres "CREATE ROLE $a; CREATE ROLE $b"
	createdb -T template0 -- "$from"
	sql "$from" "CREATE TABLE t AS SELECT g AS i FROM generate_series(1, 9) g;
		CREATE INDEX ON t (i); ALTER TABLE t OWNER TO $a;
		GRANT SELECT ON t TO $b; CREATE MATERIALIZED VIEW v AS SELECT * FROM t;
		CREATE INDEX ON v (i); ALTER MATERIALIZED VIEW v OWNER TO $b;
		ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO $b"
	pg-stream -q --dbname="$from" --owner --privileges >"$bad"
	gzip-frame -1 <"$bad" >"$bad.gz"
	for options in '' '-O -x'; do
		# shellcheck disable=SC2086 # options
		loads 0 "$bad" --dbname="$live" --jobs=2 $options
		# shellcheck disable=SC2086 # options
		diff <(dump_of "$live" $options) <(dump_of "$from" $options)
	done
	loads 0 /dev/null --dbname="$live" --jobs=2 "file://$bad.gz"
	diff <(dump_of "$live") <(dump_of "$from")
	# Without them the owner of the view may not look at the table.
	loads 100 "$bad" --dbname="$live" --jobs=2 -x
	says "permission denied for table t"
	drop_all "$live"
	createdb -T template0 -- "$live"
	sql postgres "DROP ROLE $a; DROP ROLE $b"
}

@test "rows in another encoding" {
	createdb -T template0 -E LATIN1 --lc-collate=C --lc-ctype=C "${live}_l1"
	export PGCLIENTENCODING=UTF8
	sql "${live}_l1" "CREATE TABLE \"käse\" (x text);
		INSERT INTO \"käse\" VALUES ('größer')"
	pg-stream -q --dbname="${live}_l1" >"$bad"
	loads 0 "$bad" --dbname="${live}_l2" --jobs=2
	[[ $(sql "${live}_l2" "SELECT * FROM \"käse\"") == größer ]]
	[[ $(sql postgres "SELECT pg_encoding_to_char(encoding) FROM pg_database
		WHERE datname = '${live}_l2'") == LATIN1 ]]
	# The same rows in a database of another encoding.
	loads 0 "$bad" --dbname="$live" --jobs=2
	[[ $(sql "$live" "SELECT * FROM \"käse\"") == größer ]]
}

@test "a bad row is named, and ends all" {
	sed 's/^8000\trow 8000$/80x0\trow 8000/' "$stream" >"$bad"
	for jobs in 1 2; do
		loads 100 "$bad" --dbname="$live" --jobs="$jobs"
		says 'cannot load rows into public.middle: invalid input syntax'
		says 'COPY middle, line 8000, column id: "80x0"'
		says 'statement: COPY public.middle (id, v) FROM stdin;'
		(($(grep -c fatal: "$err") == 1))
		untouched
	done
}

@test "an error in the text is named by its line, before rows and behind" {
	sed 's/^CREATE TABLE public.middle/CREATE TUBLE public.middle/' \
		"$stream" >"$bad"
	loads 100 "$bad" --dbname="$live" --jobs=2
	line=$(grep -n 'CREATE TUBLE' "$bad" | cut -d: -f1)
	says "psql:<stdin>:$((line + 4)): ERROR"
	says "STATEMENT:  CREATE TUBLE public.middle"
	untouched
	# Behind the rows.
	sed "s/^SELECT pg_catalog.setval('public.middle_id_seq/&_x/
		s/'public.middle_id_seq_x'/'public.mxddle_id_seq'/
		s/_id_seq_x/_ix_seq/" "$stream" >"$bad"
	line=$(grep -n "^SELECT pg_catalog.setval" "$bad" | cut -d: -f1)
	loads 100 "$bad" --dbname="$live" --jobs=2
	says "psql:<stdin>:$line: ERROR"
	untouched
	# A type that is missing.
	sed 's/^CREATE TYPE public.mood AS/CREATE TYPE public.moot AS/' \
		"$stream" >"$bad"
	loads 100 "$bad" --dbname="$live" --jobs=2
	says 'type "public.mood" does not exist'
	untouched
}

@test "an index that cannot be built is named" {
	sed 's/^8000\trow 8000$/8000\trow 7999/' "$stream" >"$bad"
	for jobs in 1 2; do
		loads 100 "$bad" --dbname="$live" --jobs="$jobs"
		says 'could not create unique index "middle_v_key"'
		says 'ADD CONSTRAINT middle_v_key UNIQUE (v)'
		untouched
	done
}

@test "rows that got lost are missed" {
	sed "/\"name\":\"middle\"/s/\"rows\":9000/\"rows\":9001/
		s/\"row_count\":$rows/\"row_count\":$((rows + 1))/" "$stream" >"$bad"
	loads 100 "$bad" --dbname="$live" --jobs=2
	says 'the dump says 9001'
	untouched
}

# Start a restore whose input stops within the rows of a table.
start_slow() {
	rm -f "$BATS_TEST_TMPDIR/pipe"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	{
		head -c 4000000 "${1:-$stream}"
		exec sleep 30
	} >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	writer=$!
	pg-load --dbname="$live" --jobs=2 <"$BATS_TEST_TMPDIR/pipe" 2>"$err" \
		3>&- &
	pid=$!
}

# Until a row connection is in the middle of a COPY.
await_copy() {
	until [[ $(sql postgres "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'pg-load' AND state = 'active'
		AND query LIKE '%COPY public.big%'") -ge 1 ]]; do
		sleep 0.1
	done
}

@test "a bad row is told while the writer is silent" {
	sed '0,/^1\t/s/^1\t/x\t/' "$stream" >"$bad"
	start_slow "$bad"
	SECONDS=0
	status=0
	wait "$pid" || status=$?
	kill "$writer" || :
	((status == 100 && SECONDS < 10))
	says 'invalid input syntax for type integer: "x"'
	untouched
}

@test "TERM and HUP within rows leave nothing" {
	for signal in TERM HUP; do
		start_slow
		await_copy
		SECONDS=0
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		kill "$writer" || :
		((status > 128 && SECONDS < 5))
		untouched
	done
}

@test "a session that is ended: 111" {
	start_slow
	await_copy
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = 'pg-load' AND query LIKE '%COPY public.big%'"
	status=0
	wait "$pid" || status=$?
	kill "$writer" || :
	((status == 111))
	says "could not load rows into public.big: terminating connection"
	untouched
}

@test "a writer that died within the rows" {
	cat >"$BATS_TEST_TMPDIR/writer" <<-'PY'
		import os, sys
		os.fchmod(1, 0o1600)
		sys.stdout.buffer.write(open(sys.argv[1], "rb").read(4000000))
	PY
	status=0
	python3 "$BATS_TEST_TMPDIR/writer" "$stream" |
		pg-load --dbname="$live" --jobs=2 2>"$err" || status=$?
	((status == 111))
	says "the program before this one failed"
	untouched
	# Cut by somebody who leaves no mark.
	head -c 4000000 "$stream" >"$bad"
	loads 100 "$bad" --dbname="$live" --jobs=2
	says "the dump is not whole"
	untouched
}

@test "a server with few connections left gets fewer" {
	role=few_$BATS_TEST_NUMBER
	pg-stream -q --dbname=jobs_source --table=big --table=middle >"$bad"
	sql postgres "DROP ROLE IF EXISTS $role" 2>/dev/null
	sql postgres "CREATE ROLE $role LOGIN CREATEDB CONNECTION LIMIT 5;
		ALTER DATABASE $live OWNER TO $role"
	loads 0 "$bad" --dbname="$live" --jobs=7 --username="$role"
	says "the server has no more connections: 2 instead of 7 load rows"
	[[ $(sql "$live" "SELECT count(*) FROM big") == 40000 ]]
}

@test "memory does not depend on the size of tables and rows" {
	not_sanitized
	peak=$(python3 - "$stream" "$live" <<-'PY'
		import resource, subprocess, sys
		subprocess.run(["pg-load", "-q", "--jobs=2", "--dbname=" +
		    sys.argv[2]], stdin=open(sys.argv[1]), check=True)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	PY
	)
	echo "peak: $peak KiB"
	((peak < 48 * 1024))
}

@test "rows longer than what one connection is dealt stay whole" {
	local i from=${live}_from
	createdb -T template0 -- "$from"
	sql "$from" "CREATE TABLE long AS SELECT g, repeat(md5(g::text),
		CASE WHEN g % 3 = 0 THEN 1 ELSE 60000 + 7000 * g END) AS t
		FROM generate_series(1, 14) g" >/dev/null
	pg-stream -q --dbname="$from" >"$bad"
	dump_of "$from" -O -x | sort >"$BATS_TEST_TMPDIR/wanted"
	for i in 0 1M 0 1M 32M; do
		split=$i loads 0 "$bad" --dbname="$live" --jobs=4 --no-analyze
		dump_of "$live" -O -x | sort | cmp - "$BATS_TEST_TMPDIR/wanted"
	done
}
