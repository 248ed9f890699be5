# globals.bash: a backup of its own kind: the cluster's roles and tablespaces,
# as pg_dumpall writes them.
# shellcheck shell=bash

# set_globals: the series is not that of the database's backups.
set_globals() {
	[[ -z ${given[format]-} ]] ||
		usage_error "--globals is a format of its own: leave --format out"
	BACKUP_FORMAT=globals
	if [[ -z ${given[series]-} && ${BACKUP_SERIES-} != *globals ]]; then
		BACKUP_SERIES=${BACKUP_SERIES:+$BACKUP_SERIES-}globals
	fi
	dbname=${dbname:-postgres}
	BACKUP_DESCRIPTION=${BACKUP_DESCRIPTION:-Roles and tablespaces}
}

# probe_cluster: as probe_database, for pg_dumpall.
probe_cluster() {
	local status=0
	background "$work/database.json" psql -XAtqw -v ON_ERROR_STOP=1 \
		-d "$dbname" -c "
		SELECT json_build_object('database', 'globals', 'bytes', 65536,
			'major', current_setting('server_version_num')::int / 10000,
			'version', current_setting('server_version'), 'user', current_user,
			'passwords', has_table_privilege('pg_catalog.pg_authid',
				'SELECT'))" || status=$?
	case $status in
	0) ;;
	2) exit 111 ;;
	1 | 3 | 126 | 127) exit 100 ;;
	*) exit "$status" ;;
	esac
	find_dumpall "$(of_database .major)"
	passwords=$(of_database .passwords)
	if [[ -n ${given[no-role-passwords]-} ]]; then
		passwords=false
	elif [[ $passwords == false ]]; then
		warning "the backup holds no passwords of roles:\
 \"$(of_database .user)\" may not read pg_authid"
	fi
}

# find_dumpall MAJOR: the oldest pg_dumpall that is not older than the server.
find_dumpall() {
	local bin version newest=''
	local -a places
	readarray -t places < <(printf '%s\n' /usr/lib/postgresql/*/bin \
		/usr/pgsql-*/bin | sort -V)
	bin=$(type -P pg_dumpall || :)
	[[ -z $bin ]] || places+=("${bin%/*}")
	[[ -z ${PG_BIN_DIR-} ]] || places=("$PG_BIN_DIR")
	for bin in "${places[@]}"; do
		version=$("$bin/pg_dumpall" --version 2>/dev/null) || continue
		version=${version#*PostgreSQL) }
		version=${version%%[!0-9.]*}
		[[ $version =~ ^[0-9] ]] || continue
		newest=$version
		if ((${version%%.*} >= $1)); then
			dumpall=$bin/pg_dumpall dumpall_version=$version
			return
		fi
	done
	log fatal "cannot back the roles up:\
 ${newest:+pg_dumpall $newest is too old for}${newest:-there is no pg_dumpall\
 for} a server of version $1"
	log hint "install the PostgreSQL client programs of version $1 or newer\
 (Debian: postgresql-client-$1), or set PG_BIN_DIR"
	told=1
	exit 100
}

# set_globals_options: after set_stage_options, of which all but the first
# stage stays.
set_globals_options() {
	local where=--database=$dbname
	[[ $dbname != *=* && $dbname != *://* ]] || where=--dbname=$dbname
	stage_names[0]=guard
	dump_command=(guard "${chatter[@]}" -- "$dumpall" --globals-only
		--no-password "$where")
	[[ $passwords == true ]] || dump_command+=(--no-role-passwords)
	jq -nc --argjson facts "$(<"$work/database.json")" \
		--argjson passwords "$passwords" --arg version "$dumpall_version" '{
		tool: "pg_dumpall", database: "globals", format: "globals",
		server_version: $facts.version, pg_dump_version: $version,
		role_passwords: $passwords}' >"$work/dump"
}

# is_globals: whether that is what verify_source found whole.
is_globals() {
	[[ $(jq -r .format "$facts") == globals ]]
}

list_globals() {
	stage s3-get "${patience[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage "${unpack[@]}" |
		stage awk '/^CREATE (ROLE|TABLESPACE) / {sub(/;$/, "");
			kind = tolower($2); sub(/^CREATE [A-Z]+ /, "");
			if (kind == "tablespace") sub(/ OWNER .*/, "");
			print kind "\t" $0}' >"$work/globals"
	save_statuses "${PIPESTATUS[@]}"
}

# What psql says may quote a statement, and so a password: not to the log.
feed_globals() {
	stage s3-get "${patience[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage "${unpack[@]}" |
		stage "$BASH" -c 'errors=$1; shift; status=0
			psql "$@" >/dev/null 2>"$errors" || status=$?
			((status != 2)) || { head -n 1 "$errors" >&2; exit 111; }
			exit "$status"' psql "$work/errors" -Xqw -v ON_ERROR_STOP=0 \
			-v VERBOSITY=verbose -d "$target" -f -
	save_statuses "${PIPESTATUS[@]}"
}

# names_of KIND there|new: of the backup, by whether the server has them.
names_of() {
	jq -r --arg kind "$1" --argjson there "$([[ $2 == there ]] &&
		echo true || echo false)" 'map(select(.kind == $kind and
		.there == $there).name) | join(", ")' "$work/plan.json"
}

# plan_globals: what restoring them will do, told and kept in plan.json.
plan_globals() {
	local kind names
	background "$work/there" psql -XAtqw -v ON_ERROR_STOP=1 -d "$target" -c "
		SELECT 'role' || chr(9) || quote_ident(rolname) FROM pg_roles
		UNION ALL SELECT 'tablespace' || chr(9) || quote_ident(spcname)
		FROM pg_tablespace" || die 111 "cannot ask server\
 \"${PGHOST:-local socket}\" which roles it has; nothing of the backup was\
 restored"
	jq -nc --rawfile all "$work/globals" --rawfile there "$work/there" '
		($there | split("\n")) as $there | $all | split("\n") |
		map(select(. != "") | {kind: split("\t")[0],
			name: (split("\t")[1:] | join(" ")),
			there: (. as $line | $there | index([$line]) != null)})' \
		>"$work/plan.json"
	for kind in role tablespace; do
		names=$(names_of "$kind" new)
		tell_plan "creates ${kind}s: ${names:-none}"
		names=$(names_of "$kind" there)
		[[ -z $names ]] || tell_plan "${kind}s that exist stay, and get the\
 properties and passwords of the backup: $names"
	done
	tell_plan "on ${PGHOST:-local socket}, port ${PGPORT:-5432}; drops nothing"
}

tell_plan() {
	((quiet && ${given[no-confirm]-0})) || log info "backup restore: $1"
}

# restore_globals: all of it, and the end of the word.
restore_globals() {
	local sha256 failed line
	local -a unpack=(sha-tee "${chatter[@]}") names
	[[ -z ${given[clean]-} ]] ||
		usage_error "--clean is not for roles: none is dropped"
	sha256=$(jq -r .sha256 "$facts")
	[[ $(jq -r .compression "$facts") == none ]] ||
		unpack=(gzip-frame -d "${chatter[@]}")
	names=(s3-get sha-tee "${unpack[0]}")
	target=${given[target-dbname]-${dbname:-postgres}}
	run_stages list_globals "${names[@]}" awk
	((gravest == 0)) || fail_stages "reading backup \"$name\""
	plan_globals
	if [[ -n ${given[dry-run]-} ]]; then
		result "$(jq -c '{result: "dry-run", format: "globals", plan: .}' \
			"$work/plan.json")"
		exit 0
	fi
	confirm "Restore roles and tablespaces of backup \"$name\"?"
	run_stages feed_globals "${names[@]}" psql
	((gravest == 0)) || fail_stages "restore of backup \"$name\""
	grep -aoE '^psql:[^ ]*: (ERROR|FATAL): .*' "$work/errors" |
		sed 's/^[^ ]* //' >"$work/refused" || :
	# 42710: it is there.
	jq -nRc --slurpfile plan "$work/plan.json" '[inputs] |
		{database: "globals", old_database: null, row_count: null,
		existing: map(select(contains("  42710: "))) | length,
		failed: map(select(contains("  42710: ") | not)),
		roles: ($plan[0] | map(select(.kind == "role")) | length)}' \
		<"$work/refused" >"$work/load.json"
	put_restored
	failed=$(jq '.failed | length' "$work/load.json")
	jq -r '.failed[]' "$work/load.json" | while IFS= read -r line; do
		warning "$line"
	done
	json=$(jq -c --arg name "$name" --arg url "$url" '{result:
		(if .failed == [] then "restored" else "failed" end), name: $name,
		url: $url, format: "globals"} + .' "$work/load.json")
	result "$json"
	if ((failed > 0)); then
		log fatal "$failed statements of backup \"$name\" were refused"
		told=1
		exit 1
	fi
	info "backup \"$name\" restored: $(jq -r '"\(.roles) roles, " +
		"\(.existing) objects were there before"' "$work/load.json")"
}
