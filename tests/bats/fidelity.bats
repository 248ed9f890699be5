#!/usr/bin/env bats
# What was dumped and restored is what was there: as much as a stock pg_dump
# and psql keep. tests/fidelity has the trials; their long forms are behind
# $FULL.

load helper

fidelity=$BATS_TEST_DIRNAME/../fidelity

setup_file() {
	pg_env
}

teardown() {
	[[ -z ${db:-} ]] || dropdb --if-exists --force -- "$db"
	[[ -z ${copy:-} ]] || dropdb --if-exists --force -- "$copy"
}

@test "databases of odd things come back whole" {
	last=6
	[[ ${FULL:-0} == 0 ]] || last=200
	"$fidelity/random" 1 "$last"
}

@test "one database with much of all that there is comes back whole" {
	if [[ ${FULL:-0} == 0 ]]; then
		"$fidelity/odd" 2
		return
	fi
	"$fidelity/odd"
	for encoding in SQL_ASCII LATIN1 EUC_JP; do
		"$fidelity/odd" --encoding="$encoding" 1 2
	done
}

@test "large objects of a database whose strings are not standard" {
	new_database
	copy=$db.copy
	sql "$db" "ALTER DATABASE $db SET standard_conforming_strings = off"
	sql "$db" "SELECT lo_from_bytea(1001, decode('5c00ff2727', 'hex'));
		COMMENT ON LARGE OBJECT 1001 IS E'a\\\\b''c'"
	pg-stream -q -d "$db" | gzip-frame >"$BATS_TEST_TMPDIR/o.gz"
	pg-load -q -d "$copy" "file://$BATS_TEST_TMPDIR/o.gz"
	cmp <(sql "$db" "SELECT lo_get(1001), obj_description(1001, 'pg_largeobject')") \
		<(sql "$copy" "SELECT lo_get(1001), obj_description(1001, 'pg_largeobject')")
}

@test "drops that would fail in a new database are left out there" {
	new_database
	copy=$db.copy
	sql "$db" "CREATE SCHEMA s; CREATE DOMAIN s.d AS int;
		CREATE TABLE s.t (d s.d); INSERT INTO s.t VALUES (1);
		ALTER DOMAIN s.d ADD CONSTRAINT later CHECK (VALUE > 0) NOT VALID;
		CREATE VIEW s.v AS SELECT 1 AS a, 'x'::text AS b;
		CREATE FUNCTION s.f(s.v) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE OR REPLACE VIEW s.v AS SELECT 1 AS a, 'x'::text AS b,
			s.f(NULL::s.v) AS c"
	works pg-stream -d "$db"
	stream=$BATS_TEST_TMPDIR/stream
	cp "$out" "$stream"
	grep -q '^ALTER DOMAIN s.d DROP CONSTRAINT IF EXISTS later;' "$stream"
	grep -q '^CREATE OR REPLACE VIEW s.v AS' "$stream"
	for _ in 1 2; do
		pg-load -q -d "$copy" <"$stream"
		cmp <(dump_of "$db") <(dump_of "$copy")
	done
	# The live one has all that is dropped.
	pg-load -q --clean -d "$copy" <"$stream"
	cmp <(dump_of "$db") <(dump_of "$copy")
	# Messages name the lines of the stream.
	line=$(grep -n '^CREATE DOMAIN s.d' "$stream" | cut -d : -f 1)
	sed "${line}s/DOMAIN/DOMAIX/" "$stream" >"$stream.bad"
	fails 100 bash -c "pg-load -d '$copy' <'$stream.bad'"
	says "psql:<stdin>:$line: ERROR"
	pg-load -q -d "$copy" --list-old --json | jq -r .name |
		xargs -I{} pg-load -q -d "$copy" --drop-old={}
}
