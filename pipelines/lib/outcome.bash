# outcome.bash: what became of a run, from the store alone, as one JSON object
# into outcome.
# shellcheck shell=bash

outcome=''

# The failure record of a series into failure; none: empty.
read_failure() {
	local url=$1
	failure=''
	if [[ -n ${PGBACKPIPE_FAILURE-} && -s ${PGBACKPIPE_FAILURE-} ]]; then
		failure=$(jq -c . "$PGBACKPIPE_FAILURE")
		return
	fi
	failure=$(timeout 60 s3-get -q -- "$url" 2>/dev/null | jq -c . 2>/dev/null) ||
		failure=''
}

backup_outcome() {
	of_chosen '(.manifest.id) as $id |
		($failure | fromjson? // {}) as $failed |
		# This run went on and failed after the proof: at a copy.
		($failed.run_id == $id and $id != null and (.verified_at == null or
			($failed.failed_at | seconds) >= (.verified_at | seconds)))
			as $failed_since |
		(if is_proven and ($failed_since | not) then
			{event: "backup.completed"}
		elif is_damaged then
			{event: "backup.failed", stage: "verify",
			cause: (if $failed.run_id == $id then $failed.cause
				else "the backup is damaged" end), retry: false}
		elif $failed.run_id == $id and $id != null then
			{event: "backup.failed", stage: $failed.stage,
			cause: $failed.cause, retry: $failed.retry}
		else {event: "backup.failed", stage: "verify",
			cause: "the backup has not been verified", retry: true} end)
		+ summary + {verified_at}' --arg failure "$failure"
}

failed_outcome() {
	local database
	database=$(find_series)
	[[ $BACKUP_FORMAT != *json ]] || database=$(database_name)
	jq -nc --arg failure "$failure" --arg run_id "$run_id" \
		--arg series "$(find_series)" --arg database "$database" \
		--arg why "$1" '
		($failure | fromjson? // {}) as $failed |
		{event: "backup.failed", run_id: $run_id, series: $series,
		database: $database} +
		if $failed.run_id == $run_id or $run_id == "" then $failed
		else {cause: $why, stage: "", retry: false} end'
}

# make_outcome [NAME|latest]
make_outcome() {
	local last
	only_series
	read_failure "$(failure_url "$(find_series)")"
	if [[ -n ${1-} || -z $run_id ]]; then
		choose_backup "${1-latest}"
		outcome=$(backup_outcome)
	else
		choose_run "$run_id"
		if [[ -n $chosen ]]; then
			outcome=$(backup_outcome)
		else
			outcome=$(failed_outcome \
				"the run left no backup; its log says why")
		fi
	fi
	last=$(ask_catalog 'last_good($series) | if . == null then null else
		{name, created_at: .manifest.created_at,
		age: (.manifest.created_at_utc | age)} end' \
		--arg series "$(find_series)")
	outcome=$(printf '%s\n' "$outcome" |
		jq -c --argjson last "$last" '. + {last_good: $last}')
}
