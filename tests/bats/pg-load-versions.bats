#!/usr/bin/env bats
# pg-load: a dump, its programs and the server may be of different versions.
# tests/versions/matrix does the same with the versions themselves.

load helper
load pg-load-helper

# as_version MAJOR DIRECTORY: psql and pg_restore that say they are of this
# version; pg_restore begins like one of 17.
as_version() {
	local bin name
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	mkdir -p "$2"
	for name in psql pg_restore; do
		cat >"$2/$name" <<-END
			#!/bin/bash
			if [[ \$1 == --version ]]; then
				echo "$name (PostgreSQL) $1.1"
			elif [[ $name == psql || $1 -lt 17 ]]; then
				exec $bin/$name "\$@"
			elif [[ " \$* " == *" --dbname="* ]]; then
				echo "pg_restore: error: could not execute query: transaction_timeout" >&2
				exit 1
			else
				echo "SET transaction_timeout = 0;"
				$bin/$name "\$@"
			fi
		END
		chmod +x "$2/$name"
	done
}

setup_file() {
	load helper
	pg_env
	drop_all versions_source
	new_database versions_source
	psql -XqAt -v ON_ERROR_STOP=1 -d versions_source >/dev/null <<-'SQL'
	CREATE SCHEMA "s'p";
	CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
	CREATE TABLE "s'p"."part'1" PARTITION OF part FOR VALUES FROM (0) TO (500);
	CREATE TABLE part_2 PARTITION OF part DEFAULT;
	INSERT INTO part SELECT g, 'v' || g FROM generate_series(1, 1000) g;
	CREATE TABLE refers (id int REFERENCES part, v text);
	INSERT INTO refers VALUES (1, E'SET transaction_timeout = 0;\nx'), (2, NULL);
	CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN
SET transaction_timeout = 0;
	RETURN 1; END';
	SQL
	dir=$BATS_FILE_TMPDIR
	pg-stream -q --dbname=versions_source --privileges --owner >"$dir/plain.sql"
	# As pg_dump 17 writes it; a comment is shorter for it, all offsets stay.
	python3 - "$dir/plain.sql" "$dir/ours.sql" <<-'PY'
	import re, sys
	line = b"SET transaction_timeout = 0;\n"
	text = open(sys.argv[1], "rb").read()
	text = re.sub(rb"(-- Dumped by pg_dump version .*).{%d}\n" % len(line), rb"\1\n", text, count=1)
	text = text.replace(b"SET lock_timeout = 0;\n", line + b"SET lock_timeout = 0;\n", 1)
	open(sys.argv[2], "wb").write(text)
	PY
	[[ $(stat -c %s "$dir/plain.sql") == "$(stat -c %s "$dir/ours.sql")" ]]
	pg_dump -Fc versions_source >"$dir/custom"
	pg_dump --clean --if-exists versions_source |
		sed 's/^SET lock_timeout = 0;/SET transaction_timeout = 0;\n&/' >"$dir/foreign.sql"
	dump_of versions_source | sha256sum >"$dir/sum"
	as_version 17 "$dir/newer"
	as_version 12 "$dir/older"
}

teardown_file() {
	load helper
	pg_env
	drop_all versions_source
}

setup() {
	pg_env
	dir=$BATS_FILE_TMPDIR
	live=live_versions_$BATS_TEST_NUMBER
	createdb -T template0 -- "$live"
}

teardown() {
	drop_all "$live"
}

# loads INPUT OPTION...
loads() {
	local status=0
	pg-load --dbname="$live" "${@:2}" <"$1" >"$out" 2>"$err" || status=$?
	((status == 0)) || {
		echo "exit $status: pg-load ${*:2}"
		cat "$err"
		return 1
	}
	[[ $(dump_of "$live" | sed "s/$live/versions_source/" | sha256sum) == "$(<"$dir/sum")" ]]
}

old_server() {
	(($(sql postgres "SHOW server_version_num") < 170000)) ||
		skip "this server knows transaction_timeout"
}

@test "a dump of pg_dump 17 into an older server, by every way" {
	old_server
	for jobs in 1 2; do
		loads "$dir/ours.sql" --jobs=$jobs --pg-bin-dir="$dir/newer"
		loads /dev/null --jobs=$jobs --pg-bin-dir="$dir/newer" "file://$dir/ours.sql" -v
		says "psql takes its text instead"
	done
	loads "$dir/foreign.sql" --foreign --pg-bin-dir="$dir/newer"
	loads "$dir/custom" --pg-bin-dir="$dir/newer"
	works pg-load --dbname="${live}_one" --pg-bin-dir="$dir/newer" --table=refers \
		--with-dependencies "file://$dir/ours.sql"
	[[ $(sql "${live}_one" "SELECT count(*) FROM part") == 1000 ]]
	works pg-load --dbname="${live}_one" --pg-bin-dir="$dir/newer" --table=refers \
		--no-swap --into="${live}_two" --with-dependencies "file://$dir/ours.sql"
	sql "${live}_one" "DROP TABLE refers"
	works pg-load --dbname="${live}_one" --pg-bin-dir="$dir/newer" --table=refers \
		"file://$dir/ours.sql"
	[[ $(sql "${live}_one" "SELECT count(*) FROM refers") == 2 ]]
}

@test "--clean over partitions with keys; of pg_dump 17, too" {
	local bin
	for bin in "" "$dir/newer"; do
		[[ -z $bin ]] || old_server
		loads "$dir/foreign.sql" --foreign --clean --pg-bin-dir="$bin"
		loads "$dir/ours.sql" --clean --pg-bin-dir="$bin"
		loads "$dir/custom" --clean --pg-bin-dir="$bin"
	done
	# Another error is one.
	sql "$live" "CREATE VIEW holds AS SELECT * FROM part"
	fails 100 pg-load --dbname="$live" --clean --foreign <"$dir/foreign.sql"
}

@test "--clean of an archive that waits for a lock: TERM ends it" {
	loads "$dir/custom"
	sql "$live" "BEGIN; LOCK TABLE refers; SELECT pg_sleep(30)" >/dev/null 2>&1 3>&- &
	sleep 0.5
	pg-load --dbname="$live" --clean <"$dir/custom" >"$out" 2>"$err" 3>&- &
	pid=$!
	sleep 1
	kill -TERM "$pid"
	SECONDS=0 status=0
	wait "$pid" || status=$?
	((status == 143 && SECONDS < 6))
	kill %1
	[[ $(sql "$live" "SELECT count(*) FROM part") == 1000 ]]
}

@test "programs older than the server will do, unless they cannot read the archive" {
	loads "$dir/plain.sql" --jobs=2 --pg-bin-dir="$dir/older"
	loads /dev/null --pg-bin-dir="$dir/older" "file://$dir/plain.sql"
	loads "$dir/custom" --pg-bin-dir="$dir/older"
	# An archive of version 1.16, which is pg_dump 17's.
	printf '\x10' | dd of="$dir/custom" bs=1 seek=6 conv=notrunc status=none
	fails 100 pg-load --dbname="$live" --pg-bin-dir="$dir/older" <"$dir/custom"
}
