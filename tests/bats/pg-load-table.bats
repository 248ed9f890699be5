#!/usr/bin/env bats
# pg-load --table: one table of a dump in a store, and no more than its frames.

load helper
load pg-load-helper

# loads CODE OPTION...: pg-load without any input.
loads() {
	local code=$1
	shift
	fails "$code" timeout 60 pg-load --dbname="$live" "$@" "$url"
}

# "one" is a small part of it, and refers to all kinds of things.
make_source() {
	new_database table_source
	psql -XqAt -v ON_ERROR_STOP=1 -d table_source >/dev/null <<-'SQL'
	CREATE SCHEMA "s p";
	CREATE TYPE mood AS ENUM ('sad', 'ok');
	CREATE DOMAIN positive AS int CHECK (VALUE > 0);
	CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql
		AS 'SELECT 2 * $1';
	CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN RETURN NEW; END';
	CREATE EXTENSION citext;
	CREATE SEQUENCE shared; SELECT setval('shared', 77);
	CREATE TABLE far (id int PRIMARY KEY, v text);
	INSERT INTO far VALUES (1, 'far'), (2, 'away');
	CREATE TABLE kind (id int PRIMARY KEY, far int REFERENCES far, v citext);
	INSERT INTO kind VALUES (1, 1, 'a'), (2, 2, 'b');
	CREATE TABLE big (id serial PRIMARY KEY, v text);
	INSERT INTO big (v) SELECT repeat(md5(g::text), 3)
		FROM generate_series(1, 150000) g;
	CREATE TABLE "s p"."one ""x" (id bigserial PRIMARY KEY,
		n int GENERATED ALWAYS AS IDENTITY (START 100),
		kind int REFERENCES kind, m mood DEFAULT 'ok', p positive,
		s int DEFAULT nextval('shared'), v text UNIQUE,
		t int GENERATED ALWAYS AS (twice(kind)) STORED, CHECK (id > 0));
	CREATE TABLE "s p"."one ""x y" (a int);
	INSERT INTO "s p"."one ""x" (kind, p, v) SELECT 1 + g % 2, g,
		md5(g::text) FROM generate_series(1, 3000) g;
	CREATE INDEX other ON "s p"."one ""x" (m, v) WHERE id > 7;
	CREATE STATISTICS "s p".st ON kind, m FROM "s p"."one ""x";
	CREATE TRIGGER touched BEFORE UPDATE ON "s p"."one ""x"
		FOR EACH ROW EXECUTE FUNCTION touched();
	CREATE RULE quiet AS ON DELETE TO "s p"."one ""x" DO INSTEAD NOTHING;
	CREATE POLICY their ON "s p"."one ""x" USING (id > 0);
	COMMENT ON TABLE "s p"."one ""x" IS 'the one';
	COMMENT ON COLUMN "s p"."one ""x".v IS 'its v';
	COMMENT ON INDEX "s p".other IS 'its index';
	CREATE VIEW seen AS SELECT * FROM "s p"."one ""x";
	CREATE TABLE refers (id bigint REFERENCES "s p"."one ""x");
	CREATE TABLE part (id int, at date, PRIMARY KEY (id, at))
		PARTITION BY RANGE (at);
	CREATE TABLE part_a PARTITION OF part
		FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE part_b PARTITION OF part
		FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
	CREATE INDEX ON part (at);
	INSERT INTO part SELECT g, '2026-01-01'::date + g % 50
		FROM generate_series(1, 500) g;
	SELECT lo_from_bytea(4711, 'a large object');
	SQL
}

setup_file() {
	load helper
	pg_env
	drop_all table_source
	make_source
	pg-stream -q --dbname=table_source |
		gzip-frame -1 --frame-size=64K >"$BATS_FILE_TMPDIR/x.sql.gz"
}

teardown_file() {
	load helper
	pg_env
	drop_all table_source
}

setup() {
	pg_env
	url=file://$BATS_FILE_TMPDIR/x.sql.gz
	report=$BATS_TEST_TMPDIR/report
	one='s p.one "x'
	make_live "live_table_$BATS_TEST_NUMBER"
	remember
}

teardown() {
	drop_all "$live"
}

# one_of DATABASE: the table as its stock dump tells it.
one_of() {
	dump_of "$1" -O -x -t '"s p"."one ""x"' "${@:2}"
}

@test "a table with all that it refers to, into a database" {
	loads 0 --table="$one" --with-dependencies --report="$report"
	diff <(one_of "$live") <(one_of table_source)
	[[ $(sql "$live" "SELECT answer FROM precious") == 42 ]]
	[[ $(sql "$live" "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
		WHERE relkind IN ('r', 'v', 'p') AND relnamespace::regnamespace::text IN ('public', '\"s p\"')") == \
		'far,kind,one "x,precious' ]]
	[[ $(sql "$live" "SELECT v FROM far ORDER BY 1") == $'away\nfar' ]]
	[[ $(sql "$live" "SELECT nextval('shared')") == 3078 ]]
	[[ $(sql "$live" "SELECT nextval('\"s p\".\"one \"\"x_id_seq\"')") == 3001 ]]
	[[ $(sql "$live" "SELECT count(*) FROM pg_largeobject_metadata") == 0 ]]
	[[ $(sql "$live" "SELECT reltuples FROM pg_class WHERE relname = 'one \"x'") == 3000 ]]
	jq -e '.mode == "table" and .tables == 3 and .row_count == 3004 and
		.bytes_read - .tail_bytes_read < .size_bytes * 0.1' "$report"
	# What is there already stays as it is.
	sql "$live" "DROP TABLE \"s p\".\"one \"\"x\"; DELETE FROM kind WHERE false;
		INSERT INTO far VALUES (3, 'more')"
	loads 0 --table="$one" --with-dependencies --report="$report"
	diff <(one_of "$live") <(one_of table_source)
	[[ $(sql "$live" "SELECT count(*) FROM far") == 3 ]]
	jq -e '.tables == 1' "$report"
}

@test "without them: the types must be there, a foreign key waits for its table" {
	loads 100 --table="$one"
	says "does not exist"
	says "--with-dependencies"
	untouched
	pg_dump -s -d table_source -t kind -t far >"$BATS_TEST_TMPDIR/kinds"
	sql "$live" "CREATE SCHEMA \"s p\"; CREATE EXTENSION citext; CREATE SEQUENCE shared;
		CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
		CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * \$1';
		CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
	loads 0 --table="$one"
	says 'left out, as the table that it refers to is not there: foreign key one "x one "x_kind_fkey'
	diff <(one_of "$live") <(one_of table_source) >"$BATS_TEST_TMPDIR/diff" || true
	grep -c '^[<>]' "$BATS_TEST_TMPDIR/diff"
	lacks '^<' "$BATS_TEST_TMPDIR/diff"
	sql "$live" "DROP TABLE \"s p\".\"one \"\"x\""
	psql -Xq -v ON_ERROR_STOP=1 -d "$live" -f "$BATS_TEST_TMPDIR/kinds" >/dev/null
	# Rows that its rows refer to are missing: nothing is left of it.
	before=$(dump_of "$live" | sha256sum)
	loads 100 --table="$one"
	says 'violates foreign key constraint'
	untouched
	sql "$live" "INSERT INTO far VALUES (1), (2); INSERT INTO kind VALUES (1, 1), (2, 1)"
	loads 0 --table="$one"
	diff <(one_of "$live") <(one_of table_source)
	loads 100 --table="$one"
	says 'there is one in the database'
}

@test "into a new database, and one beside" {
	loads 0 --table="$one" --with-dependencies --no-swap --into="${live}_beside" \
		--jobs=2 --report="$report"
	diff <(one_of "${live}_beside") <(one_of table_source)
	jq -e '.mode == "no-swap" and .tables == 3' "$report"
	[[ $(dump_of "$live" | sha256sum) == "$before" ]]
	drop_all "$live"
	loads 0 --table=big --jobs=1 --report="$report"
	cmp <(dump_of "$live" -O -x -t big) <(dump_of table_source -O -x -t big)
	[[ $(sql "$live" "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')
		AND relnamespace = 'public'::regnamespace") == big ]]
	jq -e '.row_count == 150000' "$report"
}

@test "a partitioned table with its partitions, and one of them" {
	loads 0 --table=part --report="$report"
	diff <(dump_of "$live" -O -x -t 'part*') <(dump_of table_source -O -x -t 'part*')
	sql "$live" "DROP TABLE part"
	loads 0 --table=part_b
	[[ $(sql "$live" "SELECT count(*) FROM part_b") == 190 ]]
	[[ $(sql "$live" "SELECT to_regclass('part') IS NULL") == t ]]
	sql "$live" "DROP TABLE part_b"
	loads 0 --table=part_b --with-dependencies
	diff <(dump_of "$live" -O -x -t 'part*') <(dump_of table_source -O -x -t 'part*')
}

@test "rows that are damaged or lost: nothing is there" {
	cp "$BATS_FILE_TMPDIR/x.sql.gz" "$BATS_TEST_TMPDIR/bad"
	gunzip -c "$BATS_TEST_TMPDIR/bad" >"$BATS_TEST_TMPDIR/sql"
	from=$(grep '^-- pgbackpipe table {"schema":"public","name":"far"' "$BATS_TEST_TMPDIR/sql" |
		sed 's/.*"from":\([0-9]*\).*/\1/')
	# One digit that is a letter: the row is refused.
	printf 'x' | dd of="$BATS_TEST_TMPDIR/sql" bs=1 seek="$from" conv=notrunc status=none
	url=file://$BATS_TEST_TMPDIR/sql
	loads 100 --table=far
	says 'invalid input syntax'
	untouched
	# A row less than the trailer says.
	gunzip -c "$BATS_FILE_TMPDIR/x.sql.gz" >"$BATS_TEST_TMPDIR/sql"
	printf '1\tfar \\n2' | dd of="$BATS_TEST_TMPDIR/sql" bs=1 seek="$from" conv=notrunc status=none
	loads 100 --table=far
	says 'the dump says 2'
	untouched
}

@test "what is not there, not clear, or not possible is told" {
	loads 100 --table=nothing
	says "the backup has none of that name"
	loads 100 --table=one
	fails 100 pg-load --dbname="$live" --table=big </dev/null
	says "--table needs the URL"
	loads 100 --table=big --clean
	loads 100 --with-dependencies
	untouched
}
