#!/usr/bin/env bats
# pg-stream --jobs: any number of connections gives the same bytes, one moment
# of the database, and one verdict.

load helper

setup_file() {
	pg_env
	real_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	export real_bin
	export shapes=shapes_$RANDOM$RANDOM
	createdb -T template0 -- "$shapes"
	make_shapes >/dev/null
}

teardown_file() {
	dropdb --if-exists --force -- "$shapes"
}

setup() {
	stream=$BATS_TEST_TMPDIR/stream
	report=$BATS_TEST_TMPDIR/report
}

teardown() {
	[[ -z ${db:-} ]] || dropdb --if-exists --force -- "$db"
	[[ -z ${role:-} ]] || psql -Xq -d postgres -c "DROP ROLE IF EXISTS $role"
}

# Every kind of table that is read in a way of its own.
make_shapes() {
	psql -XqAt -v ON_ERROR_STOP=1 -d "$shapes" <<-'SQL'
		CREATE TABLE empty (i int);
		CREATE TABLE no_columns ();
		INSERT INTO no_columns SELECT FROM generate_series(1, 200000);
		CREATE TABLE one (i int, t text); INSERT INTO one VALUES (1, E'a\tb\nc\\');
		CREATE TABLE large (id int, t text, gone int, n numeric);
		ALTER TABLE large DROP COLUMN gone;
		INSERT INTO large SELECT g, repeat('x', g % 300), g / 7.0
			FROM generate_series(1, 60000) g;
		-- holes, and new rows in them
		DELETE FROM large WHERE id % 5 = 0;
		DELETE FROM large WHERE id BETWEEN 10000 AND 30000;
		UPDATE large SET n = -n WHERE id % 7 = 0;
		CREATE UNLOGGED TABLE unlogged AS SELECT g AS i, md5(g::text) AS t
			FROM generate_series(1, 50000) g;
		CREATE TABLE toasted (id int, t text);
		ALTER TABLE toasted ALTER t SET STORAGE EXTERNAL;
		INSERT INTO toasted SELECT g, repeat(md5(g::text), 300)
			FROM generate_series(1, 600) g;
		INSERT INTO toasted VALUES (0, repeat('huge ', 200000)), (-1, NULL);
		CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED,
			"C d" text);
		INSERT INTO generated (a, "C d") SELECT g, 'x' || g
			FROM generate_series(1, 60000) g;
		CREATE TABLE parent (i int, t text);
		CREATE TABLE child (extra int) INHERITS (parent);
		INSERT INTO parent SELECT g, 'parent' FROM generate_series(1, 50000) g;
		INSERT INTO child SELECT g, 'child', g FROM generate_series(1, 50000) g;
		CREATE TABLE parts (i int, t text) PARTITION BY RANGE (i);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (40000);
		CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (40000) TO (99999);
		INSERT INTO parts SELECT g, 'part ' || g FROM generate_series(1, 80000) g;
		CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
		CREATE TABLE moods (m mood, v int) PARTITION BY HASH (m);
		CREATE TABLE moods_0 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE moods_1 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO moods SELECT (enum_range(NULL::mood))[1 + g % 3], g
			FROM generate_series(1, 3000) g;
		DO $$ BEGIN FOR i IN 1..250 LOOP
			EXECUTE format('CREATE TABLE %I AS SELECT g AS i FROM generate_series(1, %s) g',
				'small ' || i, i % 4); END LOOP; END $$;
		CREATE INDEX ON large (id);
		CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM large;
		SELECT lo_from_bytea(7, 'large object');
		ANALYZE;
	SQL
}

# The stream without its own lines and the keys.
dump_part() {
	local bytes
	bytes=$(tail -n 1 "$1" | sed 's/^.*"row_count":[0-9]*,"bytes":\([0-9]*\).*$/\1/')
	head -c "$bytes" "$1" | tail -n +2 | grep -avE '^\\(un)?restrict '
}

# sessions: how many of ours there are in $db.
sessions() {
	sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = '$db'
		AND application_name IN ('pg-stream', 'pg_dump')"
}

no_session() {
	[[ $(sessions) == 0 ]]
}

# in_copy N: so many sessions of ours wait for their reader.
in_copy() {
	(($(sql postgres "SELECT count(*) FROM pg_stat_activity
		WHERE datname = '$db' AND application_name = 'pg-stream'
		AND wait_event = 'ClientWrite'") >= $1))
}

# A new database $db with tables a and b of 25 MB each.
two_tables() {
	new_database
	sql "$db" "CREATE TABLE a AS SELECT g AS i, repeat('x', 1000) AS t
		FROM generate_series(1, 25000) g; CREATE TABLE b AS TABLE a"
}

# start [OPTION]...: pg-stream of $db into a pipe that nobody reads yet; its
# standard error goes to $err, what is read to $stream.
start() {
	local status=0
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	pg-stream -d "$db" --memory=3M --report="$report" "$@" \
		>"$BATS_TEST_TMPDIR/pipe" 2>"$err" 7>&- 3>&- &
	pid=$!
}

# finish CODE: read what there is; it must end with this status.
finish() {
	local status=0
	cat <"$BATS_TEST_TMPDIR/pipe" >"$stream" 7>&- 3>&- &
	exec 7>&-
	wait "$pid" || status=$?
	wait
	((status == $1)) || {
		echo "expected $1, got $status:"
		cat "$err"
		return 1
	}
}

@test "any number of connections gives the same bytes" {
	works pg-stream -d "$shapes" -j1 --report="$report"
	cp "$out" "$stream"
	[[ $(jq '.tables | length' "$report") == 263 ]]
	for options in -j2 -j5 "-j5 --memory=3M" "-j2 --memory=100M"; do
		# shellcheck disable=SC2086
		works pg-stream -d "$shapes" $options --report="$report.2"
		cmp "$out" "$stream"
		cmp <(jq -S .tables "$report") <(jq -S .tables "$report.2")
	done
	# And these are pg_dump's, with large objects elsewhere.
	cmp <(dump_part "$stream" | sort) <(PGOPTIONS='-c bytea_output=hex' \
		"$real_bin/pg_dump" -d "$shapes" --clean --if-exists -Ox |
		grep -avE '^\\(un)?restrict ' | sort)
}

@test "an encrypted connection gives the same bytes" {
	[[ -n ${PGHOST_TCP:-} ]] || skip "no server by TCP"
	sql postgres "COPY (SELECT) TO PROGRAM 'umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout server.key -out server.crt 2>/dev/null'"
	psql -Xq -d postgres -c "ALTER SYSTEM SET ssl = on" -c "SELECT pg_reload_conf()" >/dev/null
	encrypted() {
		[[ $(PGHOST=$PGHOST_TCP PGSSLMODE=require sql postgres "SELECT ssl
			FROM pg_stat_ssl WHERE pid = pg_backend_pid()" 2>/dev/null) == t ]]
	}
	status=0
	until_true encrypted || status=1
	for jobs in 1 3; do
		PGHOST=$PGHOST_TCP PGSSLMODE=require works pg-stream -d "$shapes" \
			-j"$jobs" || status=1
		cp "$out" "$stream.$jobs"
	done
	PGHOST=$PGHOST_TCP PGSSLMODE=disable works pg-stream -d "$shapes" -j2 ||
		status=1
	psql -Xq -d postgres -c "ALTER SYSTEM RESET ssl" -c "SELECT pg_reload_conf()" >/dev/null
	((status == 0))
	cmp "$out" "$stream.1"
	cmp "$out" "$stream.3"
}

@test "beside writers: the sums are those of one moment" {
	[[ -x $real_bin/pgbench ]] || skip "no pgbench"
	new_database
	"$real_bin/pgbench" -i -q -s 2 "$db" >/dev/null 2>&1
	"$real_bin/pgbench" -c 2 -T 300 "$db" >/dev/null 2>&1 3>&- &
	bench=$!
	until_true answers "$db" t "SELECT count(*) > 0 FROM pgbench_accounts
		WHERE abalance <> 0"
	for jobs in 2 4; do
		works pg-stream -d "$db" -j"$jobs" --memory=3M
		awk -F'\t' '
			/^COPY / {split($0, part, /[ .]/); table = part[3]; next}
			/^\\\.$/ {table = ""; next}
			table == "pgbench_accounts" {a += $3; n++}
			table == "pgbench_tellers" {t += $3}
			table == "pgbench_branches" {b += $2}
			table == "pgbench_history" {h += $4}
			END {exit !(n == 200000 && a == t && a == b && a == h)}' "$out"
	done
	kill "$bench"
	wait "$bench" || true
}

@test "a session that waits to change a table: exit 111, by name, no hang" {
	two_tables
	start -j2
	until_true in_copy 2
	psql -Xq -d "$db" -c "ALTER TABLE b ADD COLUMN later int" >/dev/null 2>&1 3>&- 7>&- &
	waits() {
		[[ $(sql "$db" "SELECT count(*) FROM pg_locks WHERE NOT granted
			AND relation = 'b'::regclass") == 1 ]]
	}
	until_true waits
	finish 111
	says 'could not read table "public.b": could not obtain lock'
	says "hint"
	[[ ! -e $report ]]
	# With our end it got what it waited for.
	[[ $(sql "$db" "SELECT count(*) FROM pg_attribute WHERE attname = 'later'") == 1 ]]
}

@test "one connection alone is no matter of a second lock" {
	two_tables
	start -j1
	until_true in_copy 1
	psql -Xq -d "$db" -c "ALTER TABLE b ADD COLUMN later int" >/dev/null 2>&1 3>&- 7>&- &
	sleep 0.2
	finish 0
	[[ $(jq .row_count "$report") == 50000 ]]
}

@test "each connection that is killed: exit 111, no report" {
	two_tables
	for which in ASC DESC; do
		start -j2
		until_true in_copy 2
		sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = '$db' AND application_name = 'pg-stream'
			ORDER BY backend_start $which LIMIT 1" >/dev/null
		finish 111
		says 'could not read table "public.a": '
		[[ ! -e $report ]]
		rm "$BATS_TEST_TMPDIR/pipe"
		until_true no_session
	done
}

@test "TERM and KILL leave no session behind" {
	two_tables
	for signal in TERM KILL; do
		start -j3
		until_true in_copy 3
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		exec 7>&-
		((status == 128 + $(kill -l "$signal")))
		gone() { [[ $(sessions) == 0 ]]; }
		until_true gone
		rm "$BATS_TEST_TMPDIR/pipe"
	done
}

@test "a server with few connections: fewer are used, and it says so" {
	two_tables
	role=few_$RANDOM
	sql postgres "CREATE ROLE $role LOGIN CONNECTION LIMIT 3" \
		"; GRANT pg_read_all_data TO $role"
	works pg-stream -U "$role" -d "$db" -j5 --report="$report"
	says "3 instead of 5"
	[[ $(jq .row_count "$report") == 50000 ]]
	# Of two, pg_dump needs one.
	sql postgres "ALTER ROLE $role CONNECTION LIMIT 2"
	for format in sql custom; do
		works pg-stream -U "$role" -d "$db" -j5 -F "$format" \
			--report="$report"
		[[ $(jq .row_count "$report") == 50000 ]]
	done
	sql postgres "ALTER ROLE $role CONNECTION LIMIT 1"
	for format in sql custom; do
		fails 111 pg-stream -U "$role" -d "$db" -F "$format"
		says "too many connections for role"
	done
	sql "$db" "DROP OWNED BY $role"
}

@test "custom: any number of connections counts the same" {
	works pg-stream -d "$shapes" --report="$report"
	for jobs in 1 2 5; do
		works pg-stream -d "$shapes" -F custom -j"$jobs" --report="$report.2"
		cp "$out" "$stream"
		cmp <(jq -c '[.row_count, (.tables[] | [.schema, .name, .rows])]' "$report") \
			<(jq -c '[.row_count, (.tables[] | [.schema, .name, .rows])]' "$report.2")
		[[ $("$real_bin/pg_restore" -l "$stream" | grep -c "TABLE DATA") == 263 ]]
	done
}

@test "custom: a connection that counts is killed: exit 111, no report" {
	two_tables
	sql "$db" "CREATE TABLE c AS SELECT g AS i
		FROM generate_series(1, 3000000) g"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	pg-stream -d "$db" -F custom -j2 --report="$report" \
		>"$BATS_TEST_TMPDIR/pipe" 2>"$err" 3>&- &
	pid=$!
	exec 7<"$BATS_TEST_TMPDIR/pipe"
	counting() {
		[[ $(sql postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = '$db' AND application_name = 'pg-stream'
			AND query LIKE '%count(\*)%' AND state = 'active'") -ge 1 ]]
	}
	until_true counting
	cat <&7 >"$stream" || true
	exec 7<&-
	status=0
	wait "$pid" || status=$?
	((status == 111))
	says 'could not count the rows of table "public.'
	[[ ! -e $report ]]
}

@test "a table of the snapshot whose schema is renamed: exit 111" {
	two_tables
	sql "$db" "CREATE SCHEMA s; ALTER TABLE b SET SCHEMA s"
	start -j2
	until_true in_copy 2
	sql "$db" "ALTER SCHEMA s RENAME TO other"
	finish 111
	says 'could not read table "s.b"'
}

@test "a pooler that gives each transaction another process is refused" {
	command -v pgbouncer >/dev/null || skip "no pgbouncer"
	two_tables
	port=$((20000 + RANDOM % 10000))
	mkdir "$BATS_TEST_TMPDIR/bouncer"
	echo "\"$PGUSER\" \"\"" >"$BATS_TEST_TMPDIR/bouncer/users"
	cat >"$BATS_TEST_TMPDIR/bouncer/ini" <<-END
		[databases]
		session = host=$PGHOST port=$PGPORT user=$PGUSER dbname=$db pool_mode=session
		transaction = host=$PGHOST port=$PGPORT user=$PGUSER dbname=$db pool_mode=transaction
		[pgbouncer]
		unix_socket_dir = $BATS_TEST_TMPDIR/bouncer
		listen_port = $port
		listen_addr =
		auth_type = any
		ignore_startup_parameters = extra_float_digits
		user = $(id -un postgres 2>/dev/null || id -un)
	END
	chmod -R a+rwX "$BATS_TEST_TMPDIR/bouncer"
	chmod a+rx "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
	((EUID == 0)) || sed -i '/^user/d' "$BATS_TEST_TMPDIR/bouncer/ini"
	pgbouncer -q "$BATS_TEST_TMPDIR/bouncer/ini" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	bouncer=$!
	ready() { [[ -S $BATS_TEST_TMPDIR/bouncer/.s.PGSQL.$port ]]; }
	until_true ready || cat "$BATS_TEST_TMPDIR/log"
	status=0
	PGHOST=$BATS_TEST_TMPDIR/bouncer PGPORT=$port \
		fails 100 pg-stream -d transaction || status=1
	says "connection pooler" || status=1
	PGHOST=$BATS_TEST_TMPDIR/bouncer PGPORT=$port \
		works pg-stream -d session -j2 --report="$report" || status=1
	kill "$bouncer"
	wait "$bouncer" || true
	((status == 0))
	[[ $(jq .row_count "$report") == 50000 ]]
}

@test "memory has a bound, whatever the reader does" {
	not_sanitized
	new_database
	sql "$db" "CREATE TABLE t AS SELECT repeat('x', 900) AS x
		FROM generate_series(1, 150000)"
	python3 - "$db" <<'PY'
import resource, subprocess, sys, time
run = subprocess.Popen(["pg-stream", "-j2", "-d", sys.argv[1]], stdout=subprocess.PIPE)
run.stdout.read(1 << 20)
time.sleep(2)
while run.stdout.read(1 << 20):
    pass
assert run.wait() == 0
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"peak: {peak} KiB")
sys.exit(peak > 48 * 1024)
PY
}

@test "connections beside the first let go of their locks: there is room for thousands of tables" {
	local pid reader
	db=locks_$RANDOM
	createdb -T template0 -- "$db"
	psql -XqAt -d "$db" <<-'SQL'
		SELECT format('CREATE TABLE a%s (i int)', g) FROM generate_series(1, 600) g \gexec
		CREATE TABLE z AS SELECT g AS i, repeat('x', 200) AS t FROM generate_series(1, 60000) g;
	SQL
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	pg-stream -d "$db" -j3 --memory=3M --report="$report" \
		>"$BATS_TEST_TMPDIR/pipe" 7>&- 3>&- &
	pid=$!
	until_true answers "$db" t "SELECT count(*) > 1 FROM pg_stat_activity
		WHERE datname = '$db' AND application_name = 'pg-stream'
		AND wait_event = 'ClientWrite'"
	# Many: the first connection.
	run -0 psql -XqAt -d "$db" -c "SELECT count(*) FROM pg_locks
		JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = relation
		WHERE application_name = 'pg-stream' AND relname ~ '^a[0-9]'
		GROUP BY pid ORDER BY 1"
	cat <"$BATS_TEST_TMPDIR/pipe" >"$stream" 7>&- 3>&- &
	reader=$!
	exec 7>&-
	wait "$pid"
	wait "$reader"
	[[ $output == 600 ]]
	[[ $(jq '[.tables[] | .rows] | add' "$report") == 60000 ]]
}
