#!/usr/bin/env bats
# pg-load: what stands in the way of a restore, of its end, and of the way back.

load helper

databases() {
	sql postgres "SELECT datname FROM pg_database
		WHERE starts_with(datname, '$1') ORDER BY 1"
}

# in_database NAME COMMAND: whatever bytes its name is made of.
in_database() {
	local name=${1//\\/\\\\}
	sql "dbname='${name//\'/\\\'}'" "$2"
}

drop_all() {
	local name names
	readarray -d '' names < <(psql -XqAt -0 -d postgres -c "SELECT datname FROM pg_database
		WHERE starts_with(datname, '$1')")
	for name in "${names[@]}"; do
		in_database "$name" "SELECT format('ALTER SUBSCRIPTION %1\$I SET (slot_name = NONE);
			DROP SUBSCRIPTION %1\$I', subname) FROM pg_subscription s JOIN pg_database d
			ON d.oid = subdbid WHERE datname = current_database()" |
			psql -Xq -d "dbname='${name//\'/\\\'}'" >/dev/null
		sql postgres "DROP DATABASE \"${name//\"/\"\"}\" WITH (FORCE)"
	done
}

# loads CODE FILE OPTION...: pg-load with FILE as its input.
loads() {
	local code=$1 input=$2 status=0
	shift 2
	pg-load "$@" <"$input" >"$out" 2>"$err" || status=$?
	((status == code)) || {
		echo "expected exit $code, got $status: pg-load $*"
		cat "$err"
		return 1
	}
}

setup_file() {
	load helper
	pg_env
	drop_all live_trouble_
	drop_all trouble_source
	new_database trouble_source
	psql -XqAt -v ON_ERROR_STOP=1 -d trouble_source >/dev/null 2>&1 <<-'SQL'
	DROP ROLE IF EXISTS trouble_a;
	CREATE ROLE trouble_a;
	CREATE TABLE t AS SELECT g AS i, repeat(md5(g::text), 5) AS v
		FROM generate_series(1, 40000) g;
	ALTER TABLE t ADD PRIMARY KEY (i);
	CREATE UNLOGGED TABLE u (i int GENERATED ALWAYS AS IDENTITY (START 7), v text);
	INSERT INTO u (v) VALUES ('x'), ('y');
	CREATE MATERIALIZED VIEW z1 AS SELECT count(*) AS c FROM t;
	CREATE MATERIALIZED VIEW a2 AS SELECT c + 1 AS c FROM z1;
	CREATE MATERIALIZED VIEW m3 AS SELECT c + 1 AS c FROM a2;
	CREATE UNIQUE INDEX ON a2 (c);
	SELECT lo_from_bytea(4711, 'large'); ALTER LARGE OBJECT 4711 OWNER TO trouble_a;
	GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC;
	CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql
		AS 'BEGIN IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands()
			WHERE object_type = ''table'') THEN RAISE ''no tables''; END IF; END';
	CREATE PUBLICATION p FOR TABLE t WHERE (i > 5);
	CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere dbname=x' PUBLICATION p
		WITH (connect = false, slot_name = 'theirs');
	CREATE EVENT TRIGGER guard ON ddl_command_end EXECUTE FUNCTION guard();
	SQL
	dir=$BATS_FILE_TMPDIR
	pg-stream -q --dbname=trouble_source --owner --privileges >"$dir/x.sql"
	sed 's/^REFRESH MATERIALIZED VIEW public.m3/REFRESH MATERIALIZED VIEW public.m4/' \
		"$dir/x.sql" >"$dir/bad.sql"
	dump_of trouble_source >"$dir/dump"
}

teardown_file() {
	load helper
	pg_env
	drop_all trouble_source
	sql postgres "DROP ROLE IF EXISTS trouble_a"
}

setup() {
	pg_env
	dir=$BATS_FILE_TMPDIR
	live=live_trouble_$BATS_TEST_NUMBER
}

teardown() {
	pg_env
	drop_all "$live"
	sql postgres "DROP ROLE IF EXISTS trouble_b" 2>/dev/null
}

same() {
	diff -a <(dump_of "$1" | sed "s/$live/trouble_source/") "$dir/dump"
}

@test "event trigger, publication, subscription, views on views, large objects: every way" {
	local jobs
	for jobs in 1 2; do
		loads 0 "$dir/x.sql" --dbname="$live" --jobs=$jobs
		same "$live"
		loads 0 /dev/null --dbname="$live" --jobs=$jobs "file://$dir/x.sql"
		same "$live"
	done
	[[ $(sql "$live" "INSERT INTO u (v) VALUES ('z') RETURNING i") == 9 ]]
	[[ $(sql "$live" "SELECT lomowner::regrole FROM pg_largeobject_metadata") == trouble_a ]]
}

@test "a subscription does not keep what failed; what is dropped by name may have none" {
	loads 100 "$dir/bad.sql" --dbname="$live" --jobs=1
	says 'relation "public.m4" does not exist'
	[[ -z $(databases "$live") ]]
	loads 0 "$dir/x.sql" --dbname="$live"
	loads 0 "$dir/x.sql" --dbname="$live"
	old=$(pg-load --dbname="$live" --list-old --json | jq -r .name)
	fails 100 pg-load --dbname="$live" --drop-old="$old"
	says 'it has the subscription "s"'
	sql "$old" "ALTER SUBSCRIPTION s SET (slot_name = NONE)"
	sql "$old" "DROP SUBSCRIPTION s"
	works pg-load --dbname="$live" --drop-old="$old"
	# What a killed run left.
	createdb -T template0 "${live}__restoring_0123abcd"
	sql postgres "COMMENT ON DATABASE ${live}__restoring_0123abcd IS 'pgbackpipe: being restored'"
	sql "${live}__restoring_0123abcd" "CREATE SUBSCRIPTION \"q '\"\"\" CONNECTION 'host=/nowhere'
		PUBLICATION p WITH (connect = false, slot_name = 'theirs')" 2>/dev/null
	loads 0 "$dir/x.sql" --dbname="$live"
	[[ -z $(databases "${live}__restoring") ]]
}

@test "a role whose transactions only read" {
	sql postgres "CREATE ROLE trouble_b LOGIN SUPERUSER;
		ALTER ROLE trouble_b SET default_transaction_read_only = on"
	loads 0 "$dir/x.sql" --dbname="$live" --username=trouble_b --jobs=2
	loads 0 /dev/null --dbname="$live" --username=trouble_b "file://$dir/x.sql"
	same "$live"
	loads 0 /dev/null --dbname="$live" --username=trouble_b --undo
}

@test "a name of 63 bytes, ICU, other LC_*, settings of roles; twice back" {
	[[ $(sql postgres "SELECT count(*) FROM pg_collation WHERE collprovider = 'i'") != 0 ]] ||
		skip "this server has no ICU"
	name="${live}_\"'é
$(printf 'x%.0s' {1..41})ü"
	(($(printf %s "$name" | wc -c) == 63))
	local id=${name//\"/\"\"}
	sql postgres "CREATE ROLE trouble_b"
	sql postgres "CREATE DATABASE \"$id\" TEMPLATE template0 LOCALE_PROVIDER icu
		ICU_LOCALE 'de-AT' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' CONNECTION LIMIT 33"
	sql postgres "ALTER ROLE trouble_b IN DATABASE \"$id\" SET search_path = '\$user', \"a b\", c"
	sql postgres "ALTER DATABASE \"$id\" SET app.x = E'it''s\\n'"
	looks() {
		sql postgres "SELECT datlocprovider, daticulocale, datcollate, datctype, datconnlimit,
			(SELECT json_agg(json_build_array(setrole::regrole, setconfig)
			ORDER BY setrole::regrole::text) FROM pg_db_role_setting
			WHERE setdatabase = d.oid) FROM pg_database d
			WHERE datname = '${name//\'/\'\'}'"
	}
	before=$(looks)
	in_database "$name" "CREATE TABLE first AS SELECT 1 AS i"
	for _ in 1 2; do
		loads 0 "$dir/x.sql" --dbname="dbname='${name//\'/\\\'}'"
		[[ $(looks) == "$before" ]]
		sleep 1
	done
	is() { [[ $(in_database "$name" "SELECT to_regclass('$1') IS NOT NULL") == t ]]; }
	is t
	works pg-load --dbname="dbname='${name//\'/\\\'}'" --undo
	is t
	works pg-load --dbname="dbname='${name//\'/\\\'}'" --undo
	is first
	[[ $(looks) == "$before" ]]
	fails 100 pg-load --dbname="dbname='${name//\'/\\\'}'" --undo
	works pg-load --dbname="dbname='${name//\'/\\\'}'" --list-old --json
	(($(jq -s 'map(select(.kind == "undone")) | length' "$out") == 2))
}

@test "the same dump into several databases at once" {
	local n pids=()
	for n in 1 2 3; do
		pg-load -q --dbname="${live}_$n" --jobs=2 "file://$dir/x.sql" \
			>"$BATS_TEST_TMPDIR/$n" 2>&1 3>&- &
		pids+=("$!")
	done
	for n in "${pids[@]}"; do wait "$n"; done
	for n in 1 2 3; do
		diff -a <(dump_of "${live}_$n" | sed "s/${live}_$n/trouble_source/") "$dir/dump"
	done
}

@test "a server process that is killed takes all others along: 111, nothing is left" {
	local way pid backend status query
	"$top/scripts/services" start --dir="$BATS_TEST_TMPDIR/own" --owner-pid="$PPID" postgres >&2
	eval "$("$top/scripts/services" env --dir="$BATS_TEST_TMPDIR/own" postgres)"
	createdb "$live"
	sql postgres "CREATE ROLE trouble_a"
	awaits() {
		for _ in {1..200}; do
			[[ -z $(psql -XqAt -d postgres -c "$1" 2>/dev/null) ]] || return 0
			sleep 0.05
		done
		return 1
	}
	for way in rows index; do
		awaits "SELECT 1"
		pg-load --dbname="$live" --jobs=2 "file://$dir/x.sql" >"$out" 2>"$err" 3>&- &
		pid=$!
		case $way in
		rows) query="query LIKE '%COPY public.t%'" ;;
		*) query="query LIKE '%ADD CONSTRAINT%' OR query LIKE 'CREATE %' OR query LIKE 'ANALYZE%'
			OR query LIKE 'REFRESH%'" ;;
		esac
		backend=
		for _ in {1..400}; do
			backend=$(psql -XqAt -d postgres -c "SELECT pid FROM pg_stat_activity
				WHERE datname LIKE '$live\\_\\_%' AND ($query) LIMIT 1")
			[[ -z $backend ]] || break
		done
		[[ -n $backend ]]
		kill -9 "$backend"
		status=0
		wait "$pid" || status=$?
		((status == 111)) || { cat "$err"; false; }
		lacks "is left" "$err"
		awaits "SELECT 1"
		[[ $(databases "$live") == "$live" ]]
	done
	"$top/scripts/services" stop --dir="$BATS_TEST_TMPDIR/own" postgres >&2
}
