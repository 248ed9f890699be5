#!/usr/bin/env bats
# pg-stream: a part of a database, data without definitions and chosen rows.

load helper

setup_file() {
	pg_env
	real_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	export real_bin
	export shop=shop_$RANDOM$RANDOM
	createdb -T template0 -- "$shop"
	make_shop >/dev/null
}

teardown_file() {
	dropdb --if-exists --force -- "$shop"
}

setup() {
	stream=$BATS_TEST_TMPDIR/stream
	report=$BATS_TEST_TMPDIR/report
}

teardown() {
	[[ -z ${db:-} ]] || dropdb --if-exists --force -- "$db"
}

# By names alone, no table stands where its foreign keys want it.
make_shop() {
	psql -XqAt -v ON_ERROR_STOP=1 -d "$shop" <<-'SQL'
		CREATE TABLE z_customers (id int PRIMARY KEY, name text);
		CREATE TABLE m_orders (id serial PRIMARY KEY,
			customer int REFERENCES z_customers, day date) PARTITION BY RANGE (id);
		CREATE TABLE b_orders_1 PARTITION OF m_orders FOR VALUES FROM (0) TO (500);
		CREATE TABLE k_orders_2 PARTITION OF m_orders FOR VALUES FROM (500) TO (9999);
		CREATE TABLE a_lines (id int PRIMARY KEY, orders int REFERENCES m_orders,
			text text, up int REFERENCES a_lines);
		INSERT INTO z_customers SELECT g, 'größe ' || g FROM generate_series(1, 100) g;
		INSERT INTO m_orders (customer, day) SELECT 1 + g % 100,
			date '2026-01-01' + g % 300 FROM generate_series(1, 1000) g;
		INSERT INTO a_lines SELECT g, 1 + g % 1000, repeat('line ', 40),
			nullif(g - 1, 0) FROM generate_series(1, 20000) g;
		CREATE SEQUENCE counter; SELECT setval('counter', 77);
		SELECT lo_from_bytea(5, 'large object');
		CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM a_lines;
		CREATE TABLE none ();
		INSERT INTO none SELECT FROM generate_series(1, 7);
	SQL
}

take() {
	rm -f "$report"
	works pg-stream -d "$shop" --report="$report" "$@"
	cp -- "$out" "$stream"
}

# rows: "name=rows" of the report, one line.
rows() {
	jq -r '[.tables[] | "\(.name)=\(.rows)"] | join(" ")' "$report"
}

without_keys() {
	grep -avE '^\\(un)?restrict |^-- pgbackpipe '
}

@test "--data-only: pg_dump's lines, restored into tables with foreign keys" {
	for options in "" "-n public" "-T none" "--owner"; do
		# shellcheck disable=SC2086
		take --data-only $options
		stock_options=(-x)
		[[ $options == --owner ]] && options='' || stock_options+=(-O)
		# shellcheck disable=SC2086
		"$real_bin/pg_dump" -d "$shop" --data-only "${stock_options[@]}" $options \
			2>/dev/null | without_keys | sort >"$BATS_TEST_TMPDIR/stock"
		without_keys <"$stream" | sort | cmp - "$BATS_TEST_TMPDIR/stock"
	done
	take -a
	[[ $(rows) == "z_customers=100 b_orders_1=499 k_orders_2=501 a_lines=20000 none=7" ]]
	jq -e '.data_only' "$report"
	head -n 1 "$stream" | grep -q '"data_only":true}$'
	[[ $(grep -c '^-- pgbackpipe catalog' "$stream") == 0 ]]
	verify --describe <"$stream" >/dev/null
	new_database
	"$real_bin/pg_dump" -d "$shop" --schema-only | psql -XqAt -d "$db" >/dev/null
	psql -XqAt -v ON_ERROR_STOP=1 -d "$db" -f "$stream" >/dev/null
	sql "$db" "REFRESH MATERIALIZED VIEW sums"
	cmp <(dump_of "$db") <(dump_of "$shop")
}

@test "--data-only: any number of connections gives the same bytes" {
	take -a -j1
	for jobs in 2 5; do
		works pg-stream -d "$shop" -a -j"$jobs"
		cmp "$out" "$stream"
	done
	works pg-stream -d "$shop" -a --format=custom --report="$report"
	cp "$out" "$stream"
	works "$real_bin/pg_restore" -l "$stream"
	grep -q "TABLE DATA public a_lines" "$out"
	[[ $(grep -c " TABLE public" "$out") == 0 ]]
}

@test "--data-only: what it cannot go with, and a circle of keys" {
	fails 100 pg-stream -d "$shop" --data-only --clean
	says "cannot use --data-only with --clean"
	fails 100 pg-stream -d "$shop" --data-only --schema-only
	new_database
	sql "$db" "CREATE TABLE a (id int PRIMARY KEY, o int); CREATE TABLE b (id int PRIMARY KEY,
		o int REFERENCES a); CREATE TABLE c (id int PRIMARY KEY, o int REFERENCES b);
		ALTER TABLE a ADD FOREIGN KEY (o) REFERENCES c; CREATE TABLE d (o int REFERENCES c)"
	works pg-stream -d "$db" --data-only
	says 'circular foreign keys among these tables: "public.a", "public.c", "public.b"'
	grep -q "database dump complete" "$out"
}

@test "--where: chosen rows, the same bytes for any number of connections" {
	for condition in "id <= 3" "id % 3 = 0" "text IS NULL OR id = 5 -- five" \
		"id IN (SELECT id FROM public.z_customers)"; do
		take -j1 --where="a_lines:$condition"
		for jobs in 2 4; do
			works pg-stream -d "$shop" -j"$jobs" --memory=3M --where="public.a_lines:$condition"
			cmp "$out" "$stream"
		done
		want=$(sql "$shop" "SELECT count(*) FROM a_lines WHERE ($condition
			)")
		[[ $(jq '.tables[] | select(.name == "a_lines").rows' "$report") == "$want" ]]
		[[ $(jq -r '.tables[] | select(.name == "a_lines").where' "$report") == "$condition" ]]
		[[ $(jq '[.tables[] | select(has("where"))] | length' "$report") == 1 ]]
		verify --describe <"$stream" >/dev/null
	done
}

@test "--where: partitions of a partitioned table, patterns, several tables" {
	take --where='m_orders:id % 100 = 0' --where='"z_customers":name = '"'größe 7'" \
		--where='n?ne:true'
	[[ $(rows) == "a_lines=20000 b_orders_1=4 k_orders_2=6 none=7 z_customers=1" ]]
	grep -q '"name":"z_customers","rows":1,"where":"name = .gr\\u00F6\\u00DFe 7.","bytes"' "$stream"
	take --data-only --where='a_lines:false' --where='b_*:id < 10'
	[[ $(rows) == "z_customers=100 b_orders_1=9 k_orders_2=501 a_lines=0 none=7" ]]
}

@test "--where: a condition in a database that is not in UTF-8" {
	db=enc_$RANDOM$RANDOM
	createdb -T template0 -E LATIN1 --locale=C -- "$db"
	PGCLIENTENCODING=UTF8 sql "$db" "CREATE TABLE t (n text);
		INSERT INTO t VALUES ('größe'), ('x')"
	works pg-stream -d "$db" --where="t:n = 'größe'" --report="$report"
	[[ $(jq -c '.tables[0] | [.rows, .where]' "$report") == '[1,"n = '"'größe'"'"]' ]]
}

@test "--where: what is refused, before the first byte" {
	for condition in "true) OR (true" "true); DROP TABLE none; --" "true; SELECT 1" \
		"true /*" "id THEN 1 END, CASE WHEN true" "id = \$1" "count(*) > 1" "no_such = 1" \
		"id" "'open" "1 = 1 UNION SELECT 1"; do
		echo "$condition"
		fails 100 pg-stream -d "$shop" --where="a_lines:$condition"
		says 'cannot use the condition for table "public.a_lines"'
		[[ ! -s $out ]]
	done
	for option in a_lines "a_lines:" ":true" "a_lines:  "; do
		fails 100 pg-stream -d "$shop" --where="$option"
		says "it must be TABLE:CONDITION"
	done
	fails 100 pg-stream -d "$shop" --where="no_such:true"
	says "no table of this name"
	fails 100 pg-stream -d "$shop" -t none --where="a_lines:true"
	says "no table of this name"
	fails 100 pg-stream -d "$shop" --exclude-table-data=a_lines --where="a_lines:true"
	fails 100 pg-stream -d "$shop" --where="a_lines:true" --where="a_*:true"
	says "two conditions"
	fails 100 pg-stream -d "$shop" --format=custom --where="a_lines:true"
	fails 100 pg-stream -d "$shop" --where="a_lines:$(printf '%2001s' true)"
	says "more than 2000"
	[[ ! -s $out ]]
}

@test "--progress: one line a second on a terminal, numbers in JSON" {
	python3 - "$shop" <<'PY'
import os, pty, re, subprocess, sys, threading, time
master, slave = pty.openpty()
drawn = []
def listen():
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            return
        drawn.append((time.monotonic(), piece.decode()))
thread = threading.Thread(target=listen)
p = subprocess.Popen(["pg-stream", "-j1", "--memory=3M", "--progress", "-d", sys.argv[1]],
                     stdout=subprocess.PIPE, stderr=slave)
os.close(slave)
thread.start()
for i in range(12):
    p.stdout.read(20000)
    time.sleep(0.2)
while p.stdout.read(1 << 20):
    pass
assert p.wait() == 0
thread.join()
times = [t for t, text in drawn if text.startswith("\r\x1b")]
for a, b in zip(times[:-1], times[1:-1]):
    assert b - a >= 0.9, times
assert re.search(r"iB read in \d+ s, [\d.]+ .iB/s; 5 of 5 tables, 21107 rows\r\n$",
                 drawn[-2][1] + drawn[-1][1]), drawn
PY
	works pg-stream -d "$shop" --progress --log-format=json
	[[ $(jq -c '[.severity, .tables_done, .tables, .rows, .bytes]' "$err") == \
		"[\"progress\",5,5,21107,$(stat -c %s "$out")]" ]]
}

@test "what a selection cannot read is listed at once, and nothing else" {
	new_database
	role=reader_$RANDOM
	sql "$db" "CREATE ROLE $role LOGIN; CREATE SCHEMA a; CREATE SCHEMA b;
		GRANT USAGE ON SCHEMA a TO $role;
		CREATE TABLE a.open (i int); GRANT SELECT ON a.open TO $role;
		CREATE TABLE a.shut (i serial); CREATE TABLE a.rows (i int);
		GRANT SELECT ON a.rows TO $role; ALTER TABLE a.rows ENABLE ROW LEVEL SECURITY;
		CREATE TABLE b.t (i int); CREATE TABLE shut (i int); CREATE SEQUENCE a.free;
		CREATE TABLE a.parts (i int) PARTITION BY LIST (i);
		CREATE TABLE a.part PARTITION OF a.parts DEFAULT;
		CREATE VIEW a.view AS SELECT 1; SELECT lo_create(5)" >/dev/null
	shut='table "a.shut" (permission denied)'
	value='sequence "a.shut_i_seq" (permission denied)'
	free='sequence "a.free" (permission denied)'
	parts='table "a.part" (permission denied), table "a.parts" (permission denied)'
	guarded='table "a.rows" (row-level security)'
	lists() { # WANT OPTION...
		local want=$1
		shift
		echo "$*"
		fails 100 pg-stream -U "$role" -d "$db" "$@"
		grep -q "fatal: cannot read [0-9]* objects*: $want\$" <(tr -d '"' <"$err") || {
			cat "$err"
			return 1
		}
		[[ ! -s $out ]]
	}
	plain() { tr -d '"' <<<"$1"; }
	lists "$(plain "$free, $parts, $guarded, $shut, $value")" -n a
	lists "$(plain "$free, $parts, $guarded, $shut, $value")" -n 'a*' --format=custom
	lists "$(plain "$shut, $value")" -t a.shut
	lists "$(plain "$guarded, $shut, $value")" -t 'a.*' -T 'a.par*' -T a.free -n b
	lists "$(plain "$free, $shut, $value")" -n a -T a.rows -T 'a.par*'
	lists "$(plain "$free, $shut, $value")" -n a --exclude-table-data=a.rows -T 'a.par*'
	lists "$(plain "$parts, $shut")" -n a --schema-only
	lists "large object 5 (permission denied)" -N a -N b -T shut
	lists "table public.shut (permission denied)" -N a -N b --schema-only
	works pg-stream -U "$role" -d "$db" -t 'a.*' -T 'a.shut' -T 'a.par*' -T 'a.free' \
		-T 'a.shut_i_seq' -T a.rows
	works pg-stream -U "$role" -d "$db" -N a -N b -T shut --schema-only
	works pg-stream -U "$role" -d "$db" -t a.rows -t a.view -t a.open --schema-only
	sql "$db" "DROP OWNED BY $role; DROP ROLE $role"
}
