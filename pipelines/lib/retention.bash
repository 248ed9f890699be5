# retention.bash: what may go, and its going. Streams and variables only: it
# works when no disk has a byte left.
# shellcheck shell=bash

# Settings that keep backups, and the filter's options for them.
declare -A keep_rules=(
	[BACKUP_RETENTION_DAYS]=days [BACKUP_MAX_COUNT]=count
	[BACKUP_KEEP_DAILY]=daily [BACKUP_KEEP_WEEKLY]=weekly
	[BACKUP_KEEP_MONTHLY]=monthly [BACKUP_KEEP_YEARLY]=yearly
)

has_keep_rule() {
	local name
	for name in "${!keep_rules[@]}"; do
		[[ -z ${!name-} ]] || return 0
	done
	return 1
}

# make_plan SERIES: the filter's decisions into plan.
make_plan() {
	local name
	local -a options=("${chatter[@]}" --rule="$RETENTION_RULE"
		--timezone="$BACKUP_TIMEZONE" ${1:+"--series=$1"}
		${BACKUP_MIN_KEEP:+"--min-keep=$BACKUP_MIN_KEEP"}
		${given[now]:+"--now=${given[now]}"})
	if [[ -n ${given[debris]-} ]]; then
		options+=(--debris "--debris-age=$BACKUP_DEBRIS_AGE")
	fi
	for name in "${!keep_rules[@]}"; do
		[[ -z ${!name-} ]] || options+=("--keep-${keep_rules[$name]}=${!name}")
	done
	plan=$(
		logged catalog "${patience[@]}" -- "$store" |
			logged prune "${options[@]}"
	)
}

# of_plan PROGRAM: jq on the array of decisions.
of_plan() {
	printf '%s\n' "$plan" | jq -rcs "$@"
}

tell_rule() {
	local name text=''
	for name in "${!keep_rules[@]}"; do
		[[ -z ${!name-} ]] || text+="$name=${!name}, "
	done
	if [[ -n $text ]]; then
		info "backup retention: ${text}rule \"$RETENTION_RULE\" (RETENTION_RULE)"
	else
		info "no rule says which backups to keep (BACKUP_RETENTION_DAYS,\
 BACKUP_MAX_COUNT): all are kept"
	fi
}

# carry_out: delete what the plan says, exactly that.
carry_out() {
	printf '%s\n' "$plan" | logged s3-rm "${patience[@]}" --plan >/dev/null
	of_plan '.[] | select(.action == "delete") |
		"\"\(.name)\": \(.reason)"' |
		while IFS= read -r line; do
			info "backup deleted: $line"
		done
}
