# copies.bash: several stores in one pass: BACKUP_STORE, BACKUP_STORE_COPIES,
# and how many of them must hold a backup (BACKUP_NEED).
# shellcheck shell=bash

stores=()		# all that take part, BACKUP_STORE first
need=1			# so many of them must hold the backup

find_stores() {
	local copy
	local -a copies
	read -r -d '' -a copies <<<"${BACKUP_STORE_COPIES-}" || :
	stores=("${store%/}")
	for copy in "${copies[@]}"; do
		is_one_of "${copy%/}" "${stores[@]}" || stores+=("${copy%/}")
	done
	need=${BACKUP_NEED:-${#stores[@]}}
	((need <= ${#stores[@]})) || die 100 "cannot keep a backup in $need\
 stores (BACKUP_NEED): ${#stores[@]} are named (BACKUP_STORE,\
 BACKUP_STORE_COPIES)"
}

# read_one STORE: its lines into catalog_text; returns the filter's status.
read_one() {
	local status=0
	background "$work/catalog" catalog "${patience[@]}" -- "$1" || status=$?
	((status != 0)) || catalog_text=$(jq -c "$shorten" "$work/catalog")
	return "$status"
}

# read_catalogs: what is in all the stores, for a create. One that cannot be
# read takes no part, while enough are left.
read_catalogs() {
	local place status text='' left=${#stores[@]}
	local -a readable=()
	for place in "${stores[@]}"; do
		status=0
		read_one "$place" || status=$?
		if ((status == 0)); then
			readable+=("$place")
			text+=$catalog_text$'\n'
			continue
		fi
		left=$((left - 1))
		((left >= need)) || exit "$status"
		warning "going on without a copy of the backup in \"$place\""
	done
	stores=("${readable[@]}")
	catalog_text=${text%$'\n'}
	catalog_read=1
}

# read_store_of_run [NAME]: for verify and notify: BACKUP_STORE, or where a
# copy is enough the first store that can be read and holds this run's backup.
# Returns the status of who could not read it.
read_store_of_run() {
	local place
	((need == ${#stores[@]})) || for place in "${stores[@]}"; do
		read_one "$place" || {
			warning "backups in \"$place\" cannot be read"
			continue
		}
		store=$place catalog_read=1
		[[ -z ${1-} && -n $run_id ]] || return 0
		choose_run "$run_id"
		[[ -z $chosen ]] || return 0
	done
	store=${stores[0]} catalog_read=0
	read_one "$store" || return
	catalog_read=1
}

# The places of the upload that succeeded, into held. The filter has told why
# the others did not.
set_held() {
	readarray -t held < <(jq -r '.urls[] | select(.ok) | .url' "$work/put")
	url=${held[0]}
}

put_manifests() {
	(
		stage s3-put "${patience[@]}" --run-id="$run_id" --need="$need" \
			"${kept_options[@]}" "${lock_options[@]}" \
			--report="$work/put-manifest" -- "${held[@]/%/.json}" \
			<"$work/manifest.json"
	)
	save_statuses "$?"
}

# check_run: where a server heeds no condition at the end of an upload (Ceph RGW
# 16), another run's object may stand under our name by now. Our manifest is not
# for that one.
check_run() {
	local place other
	for place in "${held[@]}"; do
		[[ $place == s3://* ]] || continue
		background "$work/head" s3-get "${patience[@]}" --head -- \
			"$place" || continue
		other=$(jq -r --arg id "$run_id" '.metadata["pgbackpipe-run-id"] |
			values | select(. != $id)' "$work/head")
		[[ -n $other ]] || continue
		printf '%s\n' "${held[@]/%/.json}" |
			logged s3-rm "${patience[@]}" --stdin >/dev/null
		die 111 "backup \"$name\" is none: \"$place\" is of run \"$other\" by\
 now"
	done
}

# copies_json: what became of the other stores' copies, for what is printed.
copies_json() {
	jq -nc --slurpfile put "$work/put-manifest" --arg url "$url" \
		'$ARGS.positional | map(. as $u | {url: $u,
			ok: any($put[0].urls[]; .ok and .url == $u + ".json")} |
			select(.url != $url)) |
		if . == [] then {} else {copies: .} end' --args "${urls[@]}"
}

# complete_copies: a try of this run that died between two manifests left whole
# objects: they need the manifest that the others have.
complete_copies() {
	local missing
	missing=$(ask_catalog '.[] | select(.state == "debris" and
		.run_id == $id and .name == $name) | .url' \
		--arg id "$run_id" --arg name "$(of_chosen .name)")
	[[ -n $missing ]] || return 0
	readarray -t held <<<"$missing"
	load_chosen
	need=${#held[@]}
	run_stages put_manifests s3-put
	((gravest == 0)) || fail_stages "manifest of backup \"$name\""
}

# verify_copies: each copy that the manifest names is verified, and pruned, as
# a store of its own. Adds copies to json; sets copies_status, 0 when as many
# are good as must be.
verify_copies() {
	local place copy status verdict good=1 all=1 worst=0
	copies_status=0
	for place in "${stores[@]}"; do
		copy=$place/${url#"${store%/}"/}
		[[ $place != "${store%/}" ]] || continue
		jq -e --arg url "$copy" '.urls | index($url) != null' \
			"$work/manifest.json" >/dev/null || continue
		all=$((all + 1)) status=0
		info "backup \"$name\": its copy in \"$place\""
		BACKUP_STORE=$place BACKUP_STORE_COPIES='' BACKUP_NEED='' \
			background "$work/copy.json" "$BASH" "$here/verify" \
			"${chatter[@]}" --log-format="$log_format" \
			${given[no-prune]:+--no-prune} -- "$name" || status=$?
		case $status in
		0) verdict=good good=$((good + 1)) ;;
		1) verdict=bad worst=1 ;;
		*) verdict=unknown worst=$((worst ? worst : status)) ;;
		esac
		json=$(jq -c --arg url "$copy" --arg result "$verdict" \
			'.copies += [{url: $url, result: $result}]' <<<"$json")
	done
	((worst != 0)) || return 0
	if ((good >= need)); then
		warning "not all copies of backup \"$name\" are good: $good of\
 $all, $need are needed"
	else
		cause="$good of $all copies are good, $need are needed"
		cause_stage=verify copies_status=$worst
		log fatal "backup \"$name\": $cause"
	fi
}
