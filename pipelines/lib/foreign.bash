# foreign.bash: backups without a manifest of ours: files copied out, other
# tools' dumps, the bare one-liner's objects.
# shellcheck shell=bash

# describe URL: read it whole and say what it is, into $work/describe.json. A
# dump without its end is refused.
describe() {
	url=$1
	run_stages get_and_describe s3-get verify
	((gravest != 1)) || {
		first_cause
		cause_stage=verify
		die 1 "\"${url##*/}\" is not a whole backup: $cause"
	}
	((gravest == 0)) || fail_stages "check of backup \"${url##*/}\""
	case $(jq -r .format "$work/describe.json") in
	unknown) die 100 "\"${url##*/}\" is no backup that we know: neither a dump\
 in SQL nor an archive of pg_dump nor tables in JSON" ;;
	cluster)
		log fatal "\"${url##*/}\" is no backup of one database: it holds a\
 whole server's, as pg_dumpall writes them"
		log hint "psql restores it: pgbackpipe filter s3-get '$url' |$(
			unpacking) psql --dbname=postgres"
		told=1
		exit 100
		;;
	esac
}

# unpacking: a stage for a line that somebody types.
unpacking() {
	[[ $(jq -r .compression "$work/describe.json") == none ]] ||
		printf ' gunzip |'
}

# refuse_globals: roles and tablespaces that no manifest vouches for are for
# whoever has read them.
refuse_globals() {
	log fatal "cannot restore backup \"$name\" into a database: it holds the\
 cluster's roles and tablespaces, and no database"
	log hint "to restore them: pgbackpipe filter s3-get '$url' |$(
		unpacking) psql --dbname=postgres"
	told=1
	exit 100
}

get_and_describe() {
	stage s3-get "${patience[@]}" -- "$url" |
		stage verify "${chatter[@]}" --describe >"$work/describe.json"
	save_statuses "${PIPESTATUS[@]}"
}

# What the old system wrote beside its backup (filename, created_at, database,
# description), into $work/old.json; {} when there is nothing of that kind.
read_old_metadata() {
	local found
	found=$(ask_catalog 'map(select(.url == $url)) | length' --arg url "$1")
	printf '{}\n' >"$work/old.json"
	[[ $found != 0 ]] || return 0
	background "$work/old" s3-get "${patience[@]}" -- "$1"
	jq -ce 'if type == "object" then with_entries(select(
		(.key | IN("created_at", "database", "description")) and
		(.value | type) == "string")) else error end' \
		"$work/old" >"$work/old.json" 2>/dev/null ||
		printf '{}\n' >"$work/old.json"
}

# When it was made, as a manifest says it, into $work/times: by the old
# system's word, by its name, else by the object's time.
find_times() {
	local local_time when
	local_time=$(jq -nr --arg name "${url##*/}" --slurpfile old "$work/old.json" '
		($old[0].created_at // "" | sub("(?<d>[0-9])T"; "\(.d) ") |
			select(test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"))),
		($name | capture("(?<y>20[0-9]{2})-?(?<m>[01][0-9])-?(?<d>[0-3][0-9])[T_-](?<H>[0-2][0-9])-?(?<M>[0-5][0-9])(-?(?<S>[0-5][0-9]))?") |
			"\(.y)-\(.m)-\(.d) \(.H):\(.M):\(.S // "00")")' | head -n 1)
	when=$(of_chosen .modified)
	if [[ -n $local_time ]]; then
		when=$(date -u -d "TZ=\"$BACKUP_TIMEZONE\" ${local_time%%[+Z]*}" \
			+%Y-%m-%dT%H:%M:%S.%6NZ 2>/dev/null) ||
			when=$(of_chosen .modified)
	fi
	logged backup-name --json --timezone="$BACKUP_TIMEZONE" \
		--database=x --time="$when" >"$work/times"
}
