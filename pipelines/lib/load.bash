# load.bash: what a restore will do, told before it is asked for, and doing
# it. pg-load owns all that touches the server.
# shellcheck shell=bash

set_load_options() {
	load_options=("${chatter[@]}" --dbname="$target"
		${given[clean]:+--clean})
	if [[ $facts == */manifest.json ]]; then
		load_options+=(--manifest="$facts")
	fi
	# What another tool made does not describe itself.
	if [[ $facts == */describe.json || $(of_chosen .manifest.type) == adopted ]]; then
		load_options+=(--foreign)
	fi
}

load_gzip() {
	stage s3-get "${patience[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage gzip-frame -d "${chatter[@]}" |
		stage pg-load "${load_options[@]}" --report="$work/load.json"
	save_statuses "${PIPESTATUS[@]}"
}

load_none() {
	stage s3-get "${patience[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage pg-load "${load_options[@]}" --report="$work/load.json"
	save_statuses "${PIPESTATUS[@]}"
}

run_load() {
	local sha256
	sha256=$(jq -r .sha256 "$facts")
	if [[ $(jq -r .compression "$facts") == none ]]; then
		run_stages load_none s3-get sha-tee pg-load
	else
		run_stages load_gzip s3-get sha-tee gzip-frame pg-load
	fi
	((gravest == 0)) || fail_stages "restore of backup \"$name\""
}

# show_plan: what is about to happen, for the person who is asked.
show_plan() {
	local line
	background "$work/plan.json" pg-load "${load_options[@]}" --plan
	jq -r -L "$here/lib" --slurpfile facts "$facts" --arg name "$name" \
		--arg host "${PGHOST:-local socket}" --arg port "${PGPORT:-5432}" \
		--arg user "${PGUSER:-$(id -un 2>/dev/null || id -u)}" \
		--arg driver "pgbackpipe restore --undo --dbname=" '
		include "catalog";
		def mb: if . == null then "unknown" else two_places + " MB" end;
		# The old one gets its name at the swap, which is not now.
		def later: sub("__before_[0-9]{8}t[0-9]{6}z(_[0-9])?$"; "__before_TIME");
		def clean: tostring | gsub("[\\x00-\\x1f\\x7f]"; "?");
		$facts[0] as $facts | . as $plan |
		"backup       \($name)",
		"made         \($facts.created_at // "unknown") (\($facts.created_at_utc // "time zone unknown"))",
		"database     \($facts.database // "unknown"), server \($facts.server_version // "unknown")",
		"size         \($facts.size_bytes | mb), restored about \($plan.size_needed_bytes | mb); \($facts.row_count // "unknown") rows",
		"target       database \"\(.database)\" on \($host), port \($port), as \($user)",
		(if .action == "swap" then
			"what         a new database is filled beside it, checked, and takes its name",
			"old one      is kept as \"\(.old_database | later)\", TIME being that of the swap",
			"space        for two copies: \(.size_bytes | mb) now and about \(.size_needed_bytes | mb) more"
		elif .action == "clean" then
			"what         its objects are dropped and made anew, in one transaction"
		else
			"what         the database does not exist and is made",
			"space        about \(.size_needed_bytes | mb)" end),
		((.sessions_to_end // .sessions // []) |
			"cut off      " + (if $plan.action == "clean" then "nobody, but others wait"
				elif length == 0 then "nobody is connected now"
				else "\(length) session\(if length == 1 then "" else "s" end): " +
				(map("\(.user // "?")\(if (.application // "") == "" then "" else " (\(.application))" end)") | unique | .[0:8] | join(", ")) end)),
		(if (.missing_extensions // []) + (.missing_roles // []) == [] then empty else
			"missing      \((.missing_extensions // []) + (.missing_roles // []) | join(", "))" end),
		(if .undo_command == null then empty else
			"to go back   \(.undo_command)", "to drop it   \(.drop_command | later)" end)
		| clean' "$work/plan.json" >"$work/plan.txt"
	while IFS= read -r line; do
		info "backup restore: $line"
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
	local line
	[[ -n $target ]] || usage_error "--undo needs --dbname"
	logged pg-load -q --dbname="$target" --list-old --json </dev/null |
		jq -r '"\(.kind) \(.time): \"\(.name)\""' |
		while IFS= read -r line; do
			info "left by restores of backups: $line"
		done
	confirm "Swap database \"$target\" back to what it was?"
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
