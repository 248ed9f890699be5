#!/usr/bin/env bats
# The driver: the cluster's roles and tablespaces, a backup of their own kind.

load helper
load pipelines-helper

# A server of its own: what is restored concerns all of it.
setup_file() {
	unset PGDATABASE PGSERVICE PGPASSWORD
	own_service own postgres
	use_own own postgres
	unset PGDATABASE
	sql postgres "CREATE ROLE app LOGIN PASSWORD 'secret-1' CONNECTION LIMIT 7;
		CREATE ROLE \"Odd \"\" one\" NOLOGIN; GRANT \"Odd \"\" one\" TO app WITH ADMIN OPTION;
		ALTER ROLE app SET work_mem = '7MB'; CREATE ROLE small LOGIN"
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$TMPDIR"
	use_store file
	export BACKUP_STORE=$store
}

roles() {
	sql postgres "SELECT rolname, rolcanlogin, rolconnlimit, rolpassword FROM pg_authid
		WHERE rolname !~ '^pg_' ORDER BY 1; SELECT setconfig FROM pg_db_role_setting;
		SELECT roleid::regrole, member::regrole, admin_option FROM pg_auth_members
		WHERE member::regrole::text = 'app'"
}

@test "created, listed, verified, restored: roles are as they were" {
	works pgbackpipe backup --globals
	[[ $(json '[.result, .format, .series, .database, .role_passwords] | @csv') == \
		'"good","globals","globals","globals",true' ]]
	name=$(json .name)
	[[ $(json .description) == "Roles and tablespaces" ]]
	works pgbackpipe list
	grep -qF "$name" "$out"
	works pgbackpipe list --json
	[[ $(jq -r '.[0].format' "$out") == globals && $(jq -r '.[0].verified_at' "$out") != null ]]
	gunzip -c "$(path_of "$store")/$name" | grep -q "PostgreSQL database cluster dump complete"
	before=$(roles)
	sql postgres "DROP ROLE app; DROP ROLE \"Odd \"\" one\"; ALTER ROLE small NOLOGIN"
	works pgbackpipe restore "$name" --dry-run
	says 'creates roles: "Odd "" one", app'
	says "roles that exist stay, and get the properties and passwords of the backup: postgres, small"
	[[ $(json '[.plan[] | select(.there)] | length') == 2 ]]
	[[ $(sql postgres "SELECT count(*) FROM pg_roles WHERE rolname = 'app'") == 0 ]]
	fails 100 pgbackpipe restore "$name"
	says "nothing was changed"
	works pgbackpipe restore --series=globals latest --no-confirm
	[[ $(json '[.result, .roles, .existing, .failed] | @json') == '["restored",4,2,[]]' ]]
	diff <(roles) <(echo "$before")
	ls "$(path_of "$store")/$name".restored-*.json
	lacks -r "SCRAM\|secret-1" "$err" "$out"
	works pgbackpipe restore "$name" --no-confirm
	[[ $(json .existing) -ge 4 ]]
	[[ $(roles) == "$before" ]]
	no_work_left
}

@test "a database's backups are the latest ones beside it" {
	sample_database
	works pgbackpipe create --dbname="$db"
	database=$(json .name)
	works pgbackpipe create --globals --dbname="$db" --description="for shop"
	[[ $(json '[.series, .description] | @csv') == '"globals","for shop"' ]]
	works pgbackpipe verify latest
	[[ $(json .name) == "$database" ]]
	BACKUP_SERIES=shop works pgbackpipe create --globals
	[[ $(json .series) == shop-globals ]]
	works pgbackpipe create --globals --series=mine --name='mine-{date}.{extension}'
	[[ $(json .series) == mine ]]
	# Retention goes by series.
	works pgbackpipe prune --series=globals --max-count=1 --dry-run
	lacks -F "$database" "$out" "$err"
	dropdb -- "$db"
}

@test "a damaged or cut one is bad, and is not restored" {
	BACKUP_COMPRESSION=none works pgbackpipe create --globals
	name=$(json .name)
	file=$(path_of "$store")/$name
	works pgbackpipe verify "$name"
	cp "$file" "$BATS_TEST_TMPDIR/whole"
	head -n -4 "$BATS_TEST_TMPDIR/whole" >"$file"
	fails 1 pgbackpipe restore "$name" --no-confirm
	# It says so itself, whatever the manifest says.
	size=$(stat -c %s "$file") sum=$(sha256sum "$file")
	jq --argjson size "$size" --arg sum "${sum%% *}" '.size_bytes = $size |
		.sha256 = $sum | del(.size_mb) | .size_mb = ($size * 100 / 1048576 | floor / 100)' \
		"$file.json" >"$BATS_TEST_TMPDIR/manifest.json"
	status=0
	verify --manifest="$BATS_TEST_TMPDIR/manifest.json" <"$file" >"$out" 2>"$err" || status=$?
	((status == 1))
	says "no closing line"
	echo "SELECT 1;" >"$BATS_TEST_TMPDIR/other"
	size=10 sum=$(sha256sum "$BATS_TEST_TMPDIR/other")
	jq --arg sum "${sum%% *}" '.size_bytes = 10 | .sha256 = $sum | .size_mb = 0' \
		"$file.json" >"$BATS_TEST_TMPDIR/manifest.json"
	status=0
	verify --manifest="$BATS_TEST_TMPDIR/manifest.json" <"$BATS_TEST_TMPDIR/other" \
		>"$out" 2>"$err" || status=$?
	((status == 1))
	says "no dump of a cluster's roles"
}

@test "without its manifest it is known for what it is, and goes into no database" {
	works pgbackpipe create --globals
	name=$(json .name)
	cp "$(path_of "$store")/$name" "$BATS_TEST_TMPDIR/copied"
	[[ $(verify --describe <"$BATS_TEST_TMPDIR/copied" | jq -r .format) == globals ]]
	before=$(roles)
	fails 100 pgbackpipe restore "$BATS_TEST_TMPDIR/copied" --dbname=postgres --no-confirm
	says "holds the cluster's roles and tablespaces"
	command=$(sed -n 's/.*to restore them: pgbackpipe //p' "$err")
	[[ $(roles) == "$before" ]]
	sql postgres "DROP ROLE small"
	bash -c "pgbackpipe $command" >/dev/null 2>&1
	[[ $(roles) == "$before" ]]
	# With databases in it, it is a whole server.
	pg_dumpall >"$BATS_TEST_TMPDIR/all"
	[[ $(verify --describe <"$BATS_TEST_TMPDIR/all" | jq -r .format) == cluster ]]
}

@test "who may not read passwords: without them, and it says so" {
	PGUSER=small works pgbackpipe create --globals
	says "holds no passwords"
	[[ $(json .role_passwords) == false ]]
	gunzip -c "$(path_of "$store")/$(json .name)" >"$BATS_TEST_TMPDIR/dump"
	lacks PASSWORD "$BATS_TEST_TMPDIR/dump"
	grep -q "CREATE ROLE app;" "$BATS_TEST_TMPDIR/dump"
	works pgbackpipe create --globals --no-role-passwords
	[[ $(json .role_passwords) == false ]]
	name=$(json .name)
	# Statements that the server refuses are told, and the status is 1.
	PGUSER=small fails 1 pgbackpipe restore "$name" --no-confirm
	[[ $(json .result) == failed && $(json '.failed | length') -gt 0 ]]
	says "42501"
}

@test "no server, no pg_dumpall, a dying one: nothing is published" {
	PGPORT=1 fails 111 pgbackpipe create --globals
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	ln -s "$(type -P psql)" "$BATS_TEST_TMPDIR/bin/psql"
	PG_BIN_DIR=$BATS_TEST_TMPDIR/bin fails 100 pgbackpipe create --globals
	says "there is no pg_dumpall"
	printf '#!/bin/sh\necho "pg_dumpall (PostgreSQL) 9.6.1"\n' >"$BATS_TEST_TMPDIR/bin/pg_dumpall"
	chmod +x "$BATS_TEST_TMPDIR/bin/pg_dumpall"
	PG_BIN_DIR=$BATS_TEST_TMPDIR/bin fails 100 pgbackpipe create --globals
	says "pg_dumpall 9.6.1 is too old"
	cat >"$BATS_TEST_TMPDIR/bin/pg_dumpall" <<-'END'
		#!/bin/sh
		[ "$1" = --version ] && exec echo "pg_dumpall (PostgreSQL) 99.1"
		echo "-- PostgreSQL database cluster dump"
		exit 1
	END
	PG_BIN_DIR=$BATS_TEST_TMPDIR/bin fails 111 pgbackpipe create --globals
	fails 100 pgbackpipe create --globals --format=custom
	works pgbackpipe list --json
	[[ $(jq -c . "$out") == '[]' ]]
	no_work_left
}
