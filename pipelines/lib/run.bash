# run.bash: which run this is, and the lock that keeps two of one series apart.
# shellcheck shell=bash

run_id=''

# find_run_id: the same for every try and every task of one run.
find_run_id() {
	if [[ -n ${BACKUP_RUN_ID-} ]]; then
		run_id=$BACKUP_RUN_ID
	elif [[ -n ${AIRFLOW_CTX_DAG_RUN_ID-} ]]; then
		run_id=${AIRFLOW_CTX_DAG_ID-}:$AIRFLOW_CTX_DAG_RUN_ID
		[[ ${AIRFLOW_CTX_MAP_INDEX--1} == -1 ]] ||
			run_id+=:$AIRFLOW_CTX_MAP_INDEX
	else
		return 0
	fi
	# The characters that a manifest's id may have.
	local LC_ALL=C
	run_id=${run_id//[^A-Za-z0-9._:@+=-]/_}
	((${#run_id} <= 200)) ||
		die 100 "the run id is too long: ${#run_id} characters, at most 200"
}

# BACKUP_ENABLED=false: what the schedule starts has nothing to do.
stop_when_disabled() {
	[[ $BACKUP_TYPE == scheduled && $BACKUP_ENABLED == false ]] || return 0
	info "scheduled backups are switched off (BACKUP_ENABLED)"
	result '{"result":"disabled"}'
	exit 0
}

new_run_id() {
	read -r run_id </proc/sys/kernel/random/uuid
}

# under_lock ARGUMENT...: start this word again with the series locked in the
# database. Returns in that second start; the first one leaves with its end.
under_lock() {
	local status=0
	if [[ -n ${PGBACKPIPE_LOCKED-} ]]; then
		# What failed from here on is told here, not there.
		: >"$PGBACKPIPE_LOCKED/started"
		locked=$PGBACKPIPE_LOCKED
		unset PGBACKPIPE_LOCKED
		return 0
	fi
	export PGBACKPIPE_LOCKED=$work BACKUP_RUN_ID=$run_id
	background "$work/out" pg-lock "${chatter[@]}" \
		${dbname:+"--dbname=$dbname"} \
		--key="pgbackpipe $(series_of "$(database_name)") $store" -- \
		"$BASH" "$here/$word" "$@" || status=$?
	end_log
	if [[ ! -f $work/started ]]; then
		# It was the lock that failed, not the backup under it.
		stages=(pg-lock) statuses=("$status") gravest=$status
		fail_stages "backup"
	fi
	if ((status != 0)); then
		told=1
		exit "$status"
	fi
	result "$(<"$work/result")"
	exit 0
}

locked=''		# directory of the start that holds the lock

# hand_over JSON: the result, to the start that prints it.
hand_over() {
	if [[ -n $locked ]]; then
		printf '%s\n' "$1" >"$locked/result"
	else
		result "$1"
	fi
}
