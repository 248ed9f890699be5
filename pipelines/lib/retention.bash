# retention.bash: what may go, and its going. Streams and variables only: it
# works when no disk has a byte left.
# shellcheck shell=bash

# make_plan SERIES: the filter's decisions into plan.
make_plan() {
	plan=$(
		logged catalog "${chatter[@]}" "$store" |
			logged prune "${chatter[@]}" --series="$1" \
				--rule="$RETENTION_RULE" \
				${BACKUP_RETENTION_DAYS:+"--keep-days=$BACKUP_RETENTION_DAYS"} \
				${BACKUP_MAX_COUNT:+"--keep-count=$BACKUP_MAX_COUNT"} \
				${BACKUP_MIN_KEEP:+"--min-keep=$BACKUP_MIN_KEEP"} \
				${given[now]:+"--now=${given[now]}"} \
				${given[debris]:+--debris "--debris-age=$BACKUP_DEBRIS_AGE"}
	)
}

has_keep_rule() {
	[[ -n ${BACKUP_RETENTION_DAYS-}${BACKUP_MAX_COUNT-} ]]
}

# of_plan PROGRAM: jq on the array of decisions.
of_plan() {
	printf '%s\n' "$plan" | jq -rcs "$@"
}

tell_rule() {
	if has_keep_rule; then
		info "backup retention: ${BACKUP_RETENTION_DAYS:+age up to\
 $BACKUP_RETENTION_DAYS days (BACKUP_RETENTION_DAYS)}${BACKUP_RETENTION_DAYS:+${BACKUP_MAX_COUNT:+, }}${BACKUP_MAX_COUNT:+the newest $BACKUP_MAX_COUNT (BACKUP_MAX_COUNT)};\
 rule \"$RETENTION_RULE\" (RETENTION_RULE)"
	else
		info "no rule says which backups to keep (BACKUP_RETENTION_DAYS,\
 BACKUP_MAX_COUNT): all are kept"
	fi
}

# carry_out: delete what the plan says, exactly that.
carry_out() {
	printf '%s\n' "$plan" | logged s3-rm "${chatter[@]}" --plan >/dev/null
	of_plan '.[] | select(.action == "delete") |
		"\"\(.name)\": \(.reason)"' |
		while IFS= read -r line; do
			info "backup deleted: $line"
		done
}
