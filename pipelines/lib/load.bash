# load.bash: the parts of `restore`: which backup, what will happen, and doing
# it. pg-load owns all that touches the server.
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
	chosen='' hold=0
	if [[ $operand == */* && $operand != *://* ]] ||
		[[ -f $operand && -z $store ]]; then
		[[ -f $operand ]] || die 100 "no file \"$operand\" to restore a\
 backup from"
		path=$(readlink -f -- "$operand")
		url=file://$path name=${path##*/}
		return
	fi
	if [[ $operand == *://* && -z $store ]]; then
		store=${operand%/*}
	fi
	need_store
	read_catalog
	if [[ -n ${given[before]-} ]]; then
		choose_before "${given[before]}"
	elif [[ $operand == latest ]]; then
		choose_latest
	elif [[ -n $operand ]]; then
		choose_named "$operand"
	else
		usage_error "which backup? latest, a name, or --before=DATE"
	fi
	url=$(of_chosen .url)
	name=$(of_chosen .name)
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
	fi
	target=${target:-$(jq -r '.database // ""' "$facts")}
	[[ -n $target ]] || die 100 "cannot tell which database to restore the\
 backup to: give --target-dbname"
}

set_load_options() {
	load_options=("${chatter[@]}" --dbname="$target"
		${given[clean]:+--clean})
	if [[ $facts == */manifest.json ]]; then
		load_options+=(--manifest="$facts")
	fi
}

load_gzip() {
	stage s3-get "${chatter[@]}" -- "$url" |
		stage sha-tee "${chatter[@]}" --check="$sha256" |
		stage gzip-frame -d "${chatter[@]}" |
		stage pg-load "${load_options[@]}" --report="$work/load.json"
	save_statuses "${PIPESTATUS[@]}"
}

load_none() {
	stage s3-get "${chatter[@]}" -- "$url" |
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
