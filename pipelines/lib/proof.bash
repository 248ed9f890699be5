# proof.bash: hold a backup against its manifest, and remember the verdict
# beside it.
# shellcheck shell=bash

# run_of_create [NAME]: without a name, the run that create's output names.
run_of_create() {
	local json=${given[json-from-create]-${BACKUP_JSON-}}
	[[ -z ${1-} && -n $json ]] || return 0
	run_id=$(printf '%s\n' "$json" | jq -r '.run_id // .id // empty') ||
		die 100 "cannot read what create printed: not JSON"
}

# choose_backup [NAME]: what verify and notify are about: a name, "latest",
# or, without one, what this run's create made.
choose_backup() {
	if [[ -n ${1-} && $1 != latest ]]; then
		choose_named "$1"
		return
	fi
	run_of_create "$@"
	if [[ -n ${1-} || -z $run_id ]]; then
		choose_latest all
		return
	fi
	choose_run "$run_id"
	[[ -n $chosen ]] || die 100 "no backup of run \"$run_id\" in \"$store\""
}

# load_chosen: name, url, series and the whole manifest of what was chosen.
load_chosen() {
	local manifest_url
	name=$(of_chosen .name)
	url=$(of_chosen .url)
	series=$(of_chosen '.manifest.series // ""')
	manifest_url=$(of_chosen '.manifest_url // empty')
	[[ -n $manifest_url ]] || return 0
	background "$work/manifest.json" s3-get "${patience[@]}" -- "$manifest_url"
}

get_and_verify() {
	stage s3-get "${patience[@]}" "${reading_options[@]}" -- "$url" |
		stage verify "${chatter[@]}" --json --manifest="$work/manifest.json" \
			--level="$VERIFY_LEVEL" >"$work/verdict.json"
	save_statuses "${PIPESTATUS[@]}"
}

# prove: reads the whole backup. Sets reason; empty: it is good. A failure
# that is not a verdict ends the word.
prove() {
	reason=''
	case $(of_chosen .state) in
	unmanaged) die 100 "\"$name\" is unmanaged, it has no manifest to hold\
 it against: pgbackpipe adopt takes it over" ;;
	mismatch) reason=$(of_chosen .reason) ;;
	esac
	[[ -z $reason && $VERIFY_LEVEL != size ]] || return 0
	run_stages get_and_verify s3-get verify
	case $gravest in
	0) ;;
	1)
		first_cause
		reason=$(jq -r '.reason // empty' "$work/verdict.json")
		reason=${reason:-$cause}
		;;
	*) fail_stages "verification of backup \"$name\"" ;;
	esac
}

# compare_size: sets reason when the backup is unreasonably small; both limits
# and what they gave are told.
compare_size() {
	local before words
	before=$(ask_catalog 'last_good_before($url) // {}' --arg url "$url")
	words=$(jq -nr -L "$here/lib" --argjson before "$before" \
		--argjson now "$chosen" --arg min_size "${MIN_SIZE:-0}" \
		--argjson percent "${MIN_SIZE_PERCENT:-0}" \
		--argjson rows "${MIN_ROWS_PERCENT:-0}" 'include "catalog";
		$now | shrunk($before; $min_size; $percent; $rows)')
	info "backup size limits: MIN_SIZE ${MIN_SIZE:-none}, MIN_SIZE_PERCENT\
 ${MIN_SIZE_PERCENT:-0} % of $(jq -nr --argjson before "$before" \
		'if $before == {} then "nothing: no earlier good backup" else
		"\($before.manifest.size_bytes) (\($before.name))" end')"
	[[ -z ${MIN_ROWS_PERCENT-} ]] || info "backup row limit:\
 MIN_ROWS_PERCENT $MIN_ROWS_PERCENT % of $(jq -nr --argjson before "$before" '
		$before.manifest.row_count // "nothing: no earlier count"')"
	[[ -n $words ]] || return 0
	if [[ ${SHRINK_ACTION:-fail} == warn ]]; then
		warning "backup \"$name\": $words"
	else
		reason=$words
	fi
}

# put_record KIND JSON: an event beside the object, under a name of its own.
put_record() {
	local kind=$1 stamp suffix before=("$cause" "$cause_stage")
	stamp=$(date -u +%Y%m%dT%H%M%S.%6NZ)
	printf '%s\n' "$2" >"$work/record.json"
	for suffix in '' -2 -3; do
		run_stages put_record_file s3-put
		((gravest != 0)) || break
		first_cause
		[[ $cause == *'the name is taken' ]] || break
	done
	((gravest == 0)) || fail_stages "record of backup \"$name\""
	cause=${before[0]} cause_stage=${before[1]}
}

put_record_file() {
	put_file "$work/record.json" "$url.$kind-$stamp$suffix.json"
}
