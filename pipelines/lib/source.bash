# source.bash: which backup is restored, where to, and whether it is whole.
# shellcheck shell=bash

# set_target: where the restored database will be. libpq reads it from here.
set_target() {
	take_password
	[[ -z ${given[target-host]-} ]] || export PGHOST=${given[target-host]}
	[[ -z ${given[target-port]-} ]] || export PGPORT=${given[target-port]}
	[[ -z ${given[target-username]-} ]] ||
		export PGUSER=${given[target-username]}
	target=${given[target-dbname]-$dbname}
}

# choose_source: sets url, name, and chosen when the store knows it.
choose_source() {
	local operand=${given[backup]-${operands[0]-}} path
	[[ -z ${given[latest]-} ]] || operand=latest
	chosen='' from_store=0
	if [[ $operand == */* && $operand != *://* ]] ||
		[[ -f $operand && -z $store ]]; then
		[[ -f $operand ]] || die 100 "no file \"$operand\" to restore a\
 backup from"
		path=$(readlink -f -- "$operand")
		url=file://$path name=${path##*/}
		return
	fi
	store_of "$operand"
	need_store
	read_catalog
	if [[ -n ${given[before]-} ]]; then
		choose_before "${given[before]}"
	elif [[ $operand == latest ]]; then
		choose_latest sound
	elif [[ -n $operand ]]; then
		choose_named "$operand"
	else
		usage_error "which backup? latest, a name, or --before=DATE"
	fi
	from_store=1
	url=$(of_chosen .url)
	name=$(of_chosen .name)
}

# refuse_rows FORMAT: rows alone make no database.
refuse_rows() {
	local other=''
	[[ $1 == json || $1 == ndjson ]] || return 0
	((!from_store)) || other=$(ask_catalog 'map(select(is_backup and
		.manifest.series == $series and (.manifest.format | IN("sql", "custom"))))
		| last | .name // empty' --arg series "$(of_chosen .manifest.series)")
	log fatal "cannot restore backup \"$name\": its format is $1, rows for other\
 programs without the types, keys and indexes of a database"
	[[ -z $other ]] ||
		log hint "\"$other\" is the newest of this series that can be restored"
	log hint "psql takes its rows into tables that exist: see ROWS BACK INTO\
 TABLES in pg-json(1)"
	told=1
	exit 100
}

# verify_source: nothing that is not whole comes near a server. With a
# manifest it is held against that; without one it must show its own end.
verify_source() {
	local beside=${url#file://}.json
	if [[ -z $chosen && -f $beside ]] &&
		logged manifest -q --check "$beside" 2>/dev/null; then
		cp -- "$beside" "$work/manifest.json"
		chosen=$(jq -c --arg url "$url" --arg name "$name" '{state: "backup",
			url: $url, name: $name, manifest: .}' "$work/manifest.json")
	elif [[ -n $chosen ]]; then
		load_chosen
	fi
	[[ -z $chosen ]] || refuse_rows "$(of_chosen .manifest.format)"
	# What is checked now is what pg-load reads later, or it does not.
	[[ -z $chosen ]] ||
		background "$work/seen.json" s3-get "${patience[@]}" --head -- "$url"
	if [[ -n ${given[plan]-} && -n $chosen ]] &&
		[[ $(of_chosen .state) != unmanaged ]]; then
		facts=$work/manifest.json
		choose_target
		return
	fi
	if ((from_store)) && [[ -n ${given[trust-verified]-} ]] &&
		jq -e -L "$here/lib" 'include "catalog"; is_proven' \
			<<<"$chosen" >/dev/null; then
		info "backup \"$name\": found good at $(of_chosen .verified_at),\
 not read again before the restore"
		facts=$work/manifest.json
		choose_target
		return
	fi
	info "backup \"$name\": checking all of it before anything else"
	if [[ -n $chosen && $(of_chosen .state) != unmanaged ]]; then
		[[ $VERIFY_LEVEL != size ]] || VERIFY_LEVEL=checksum
		prove
		[[ -z $reason ]] || {
			cause_stage=verify
			die 1 "backup \"$name\" is bad, nothing was changed: $reason"
		}
		facts=$work/manifest.json
	else
		warning "backup \"$name\" has no manifest: only its own marks can\
 be checked"
		describe "$url"
		facts=$work/describe.json
		refuse_rows "$(jq -r .format "$facts")"
		[[ $(jq -r .format "$facts") != globals ]] || refuse_globals
	fi
	choose_target
}

choose_target() {
	target=${target:-$(jq -r '.database // ""' "$facts")}
	[[ -n $target ]] || die 100 "cannot tell which database to restore the\
 backup to: give --target-dbname"
}
