# failure.bash: what a failure says. First cause and stage were told by who
# saw them; here come the next step, whether a retry helps, and the last good
# backup. create and verify also leave a record in the store, because the
# machine that ran them may be gone when somebody asks `pgbackpipe status`.
# shellcheck shell=bash

leave_record=0		# whether a failure is to be written to the store

# Overrides base.bash's.
on_failure() {
	local status=$1
	[[ -z $stop_signal ]] || return 0
	[[ -n $cause ]] || find_cause
	case $cause_stage in
	s3-* | catalog) next_step_at_store "$cause" ;;
	*) next_step_at_server "$cause" ;;
	esac
	if ((status == 111)); then
		log hint "a retry of this backup run may help"
	else
		log hint "a retry of this backup run will not help as it is"
	fi
	[[ -n $store ]] || return 0
	tell_last_good
	((leave_record == 0)) || put_failure "$status"
}

# find_cause: what the filter said that failed outside of a pipeline.
find_cause() {
	local line
	end_log
	[[ -n $work && -f $work/log ]] || return 0
	while IFS= read -r line; do
		[[ $line =~ ^([a-z0-9-]+):\ fatal:\ (.*)$ ]] || continue
		cause_stage=${BASH_REMATCH[1]} cause=${BASH_REMATCH[2]}
		return
	done <"$work/log"
}

# next_step_at_server CAUSE: what to look at, for what people meet most.
next_step_at_server() {
	case $1 in
	*'onnection refused'* | *'could not connect'* | *'No route to host'* | \
		*'could not translate host name'* | *'imeout expired'*)
		log hint "is the server up? The backup looks for PostgreSQL at host\
 \"${PGHOST:-local socket}\", port ${PGPORT:-5432}:\
 pg_isready${PGHOST:+ -h $PGHOST} -p ${PGPORT:-5432};\
 PGHOST and PGPORT name another"
		;;
	*'No space left'*)
		log hint "make room on the server's disk: a restore of a backup\
 needs space for a second copy"
		;;
	esac
}

next_step_at_store() {
	local place=${store#file://} user
	case $1 in
	*'No space left'* | *'uota exceeded'*)
		log hint "make room for backups in \"$place\" (df -h shows it), or\
 keep fewer: pgbackpipe prune needs no space"
		;;
	*'ermission denied'*)
		user=$(id -un 2>/dev/null) || user=$(id -u)
		log hint "let user \"$user\" write to \"$place\" (chown, chmod), or\
 name another directory for backups: BACKUP_DIR"
		;;
	*)
		[[ $store != s3://* ]] ||
			log hint "is the object store up, and are its keys right? The\
 backup goes to \"$store\" at ${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-AWS}}:\
 s3-ls $store shows it"
		;;
	esac
}

tell_last_good() {
	local text
	if ((catalog_read == 0)); then
		catalog_text=$(timeout 30 catalog -q --retry=5s -- "$store" 2>/dev/null |
			jq -c "$shorten" 2>/dev/null) || {
			log info "the last good backup is not known: the store\
 could not be read"
			return 0
		}
	fi
	text=$(ask_catalog 'last_good($series) | if . == null then
		"there is no good backup yet" else
		"last good backup: \"\(.name)\", \(.manifest.created_at_utc | age) old"
		end' --arg series "$(find_series)")
	log info "$text"
}

# The name of the failure record: hidden, one a series, so that status finds
# it without a list. It is no backup and no object of the catalog.
failure_url() {
	local slug=${1//[^A-Za-z0-9._-]/_}
	printf '%s/.pgbackpipe-failure-%s.json' "${store%/}" "${slug:0:100}"
}

# put_failure STATUS: replaces an older one. That it cannot be written is no
# news when the store is what failed.
put_failure() {
	local url
	[[ -n $work ]] || return 0
	url=$(failure_url "$(find_series)")
	set_kept "$url"
	failure_json "$1" >"$work/failure.json" || return 0
	[[ -z ${PGBACKPIPE_FAILURE-} ]] ||
		cp -- "$work/failure.json" "$PGBACKPIPE_FAILURE" || :
	{
		timeout 60 s3-rm -q -- "$url"
		timeout 60 s3-put -q --retry=20s "${kept[@]}" -- "$url" <"$work/failure.json"
	} >/dev/null 2>&1 || :
}

failure_json() {
	jq -nc --arg word "$word" --arg stage "$cause_stage" \
		--arg cause "$cause" --argjson status "$1" \
		--arg run_id "${run_id-}" --arg series "$(find_series)" \
		--arg name "${name-}" --arg host "$HOSTNAME" '{
		event: "backup.failed", task: $word, stage: $stage,
		cause: $cause, exit_status: $status, retry: ($status == 111),
		run_id: $run_id, series: $series, name: $name, host: $host,
		failed_at: (now | todate)}'
}
