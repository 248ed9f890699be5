# load.bash: what a restore will do, told before it is asked for, and doing
# it. pg-load owns all that touches the server.
# shellcheck shell=bash

set_load_options() {
	# Told now and used at the swap: the old database's name is as announced.
	load_options=("${chatter[@]}" --dbname="$target"
		--old-time="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
		${given[clean]:+--clean}
		${given[table]:+"--table=${given[table]}"}
		${given[with-dependencies]:+--with-dependencies}
		${given[no-owner]:+--no-owner}
		${given[no-privileges]:+--no-privileges}
		${BACKUP_JOBS:+"--jobs=$BACKUP_JOBS"})
	if [[ $facts == */manifest.json ]]; then
		load_options+=(--manifest="$facts")
	fi
	# What another tool made does not describe itself.
	if [[ $facts == */describe.json || $(of_chosen .manifest.type) == adopted ]]; then
		load_options+=(--foreign)
	fi
}

# Our own frames are read by ranges, with several connections; all else, and
# what has to be one transaction, comes through a pipe.
may_be_ranged() {
	[[ $facts == */manifest.json && -z ${given[clean]-} ]] &&
		jq -e '.format == "sql" and .encryption == "none" and
			(.compression | IN("gzip-frame", "none")) and
			.type != "adopted"' "$facts" >/dev/null
}

load_ranges() {
	(
		stage pg-load "${load_options[@]}" --report="$work/load.json" \
			"${reading_options[@]}" --seen="$work/seen.json" -- "$url"
	)
	save_statuses "$?"
}

load_gzip() {
	stage s3-get "${patience[@]}" "${reading_options[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage gzip-frame -d "${chatter[@]}" |
		stage pg-load "${load_options[@]}" --report="$work/load.json"
	save_statuses "${PIPESTATUS[@]}"
}

load_none() {
	stage s3-get "${patience[@]}" "${reading_options[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage pg-load "${load_options[@]}" --report="$work/load.json"
	save_statuses "${PIPESTATUS[@]}"
}

run_load() {
	local sha256
	sha256=$(jq -r .sha256 "$facts")
	if [[ $(jq -r '.ranges // false' "$work/plan.json") == true ]]; then
		run_stages load_ranges pg-load
	elif [[ $(jq -r .compression "$facts") == none ]]; then
		run_stages load_none s3-get sha-tee pg-load
	else
		run_stages load_gzip s3-get sha-tee gzip-frame pg-load
	fi
	((gravest == 0)) || fail_stages "restore of backup \"$name\""
}

# show_plan: what is about to happen, for the person who is asked.
show_plan() {
	local line
	local -a from=()
	if may_be_ranged; then
		from=(--seen="$work/seen.json" -- "$url")
	elif [[ -n ${given[table]-} ]]; then
		die 100 "cannot restore one table of backup \"$name\": only of an SQL\
 dump of ours, in gzip frames or not compressed, with its manifest, and not\
 with --clean"
	fi
	background "$work/plan.json" pg-load "${load_options[@]}" --plan --json \
		"${from[@]}"
	jq -r -L "$here/lib" --slurpfile facts "$facts" --arg name "$name" \
		--arg host "${PGHOST:-local socket}" --arg port "${PGPORT:-5432}" \
		--arg user "${PGUSER:-$(id -un 2>/dev/null || id -u)}" '
		include "plan"; plan_lines($facts[0]; $name;
			"\($host), port \($port), as \($user)")' \
		"$work/plan.json" >"$work/plan.txt"
	while IFS= read -r line; do
		# Who is asked must see it, -q or not.
		((quiet && ${given[no-confirm]-0})) ||
			log info "backup restore: $line"
	done <"$work/plan.txt"
}

# put_restored: the event beside the backup. The restore is done; a store that
# may not be written to is no reason to call it failed.
put_restored() {
	((from_store)) && [[ $(of_chosen .state) == backup ]] || return 0
	jq -c --arg name "$name" --arg id "$(of_chosen .manifest.id)" '{
		result: "restored", name: $name, run_id: $id, database, old_database,
		row_count, restored_at: (now | todate)}' "$work/load.json" \
		>"$work/record.json"
	(put_record restored "$(<"$work/record.json")") ||
		warning "the restore of backup \"$name\" could not be noted beside it"
}

# undo: swap back what the database was before its newest restore.
undo() {
	local line list old
	[[ -n $target ]] || usage_error "--undo needs --dbname"
	list=$(logged pg-load -q --dbname="$target" --list-old --json </dev/null)
	jq -r '"\(.kind) \(.time): \"\(.name)\""' <<<"$list" |
		while IFS= read -r line; do
			info "left by restores of backups: $line"
		done
	old=$(jq -rs 'map(select(.kind == "before")) | max_by(.time).name // ""' \
		<<<"$list")
	confirm "Swap database \"$target\" back to what it was${old:+, \"$old\"}?"
	run_stages run_undo pg-load
	((gravest == 0)) || fail_stages "going back to before the restored backup"
	result "$(jq -c '{result: "undone"} + .' "$work/load.json")"
	exit 0
}

run_undo() {
	(
		stage pg-load "${chatter[@]}" --dbname="$target" --undo \
			--report="$work/load.json"
	)
	save_statuses "$?"
}
