# dump.bash: the parts of `create`: what the database is, what the backup is
# called, the stages, and the manifest.
# shellcheck shell=bash

# Whom we talk to, as one JSON object. psql never asks for a password. Its
# status 2 is a lost connection, 1 and 3 are its own or the server's refusal.
probe_database() {
	local status=0
	background "$work/database.json" psql -XAtqw -v ON_ERROR_STOP=1 \
		${dbname:+-d "$dbname"} -c "
		SELECT json_build_object('database', current_database(),
			'bytes', pg_database_size(current_database()))" || status=$?
	case $status in
	0) ;;
	2) exit 111 ;;
	1 | 3 | 126 | 127) exit 100 ;;
	*) exit "$status" ;;
	esac
}

of_database() {
	jq -r "$1" "$work/database.json"
}

# choose_name: into name, url and urls (one a store), $work/times and compression.
choose_name() {
	local description=${given[description]-}
	description=${description:-${operands[0]-}}
	if [[ -z $description && $BACKUP_TYPE == scheduled ]]; then
		description=$BACKUP_SCHEDULED_DESCRIPTION
	fi
	description=${description:-$BACKUP_DESCRIPTION}
	BACKUP_DESCRIPTION=${description:-Manual backup}
	compression=$BACKUP_COMPRESSION
	case $BACKUP_FORMAT in
	custom) compression=none extension=dump ;;
	json | ndjson) extension=$BACKUP_FORMAT ;;
	*) extension=sql ;;
	esac
	[[ $compression != gzip ]] || extension+=.gz
	find_free_name
}

# find_free_name: the template's name, or the first of its copies -2, -3, ...
# that neither an object nor its manifest has.
find_free_name() {
	local taken copy='' moment path
	moment=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)
	while :; do
		logged backup-name --json --time="$moment" \
			--template="$BACKUP_NAME" --timezone="$BACKUP_TIMEZONE" \
			--database="$(of_database .database)" \
			--environment="${ENVIRONMENT-}" \
			--description="$BACKUP_DESCRIPTION" \
			--extension="$extension" \
			${given[date]:+"--date=${given[date]}"} \
			${copy:+"--copy=$copy"} >"$work/times"
		path=$(jq -r .name "$work/times")
		name=${path##*/}
		urls=("${stores[@]/%//"$path"}") url=${urls[0]}
		taken=$(ask_catalog '($ARGS.named.urls | split("\n")) as $urls |
			map(select(.url | ., rtrimstr(".json") | IN($urls[]))) |
			length' --arg urls "$(printf '%s\n' "${urls[@]}")")
		((taken > 0)) || break
		copy=$((${copy:-1} + 1))
	done
}

# What an earlier try of this very run left behind is ours to remove.
remove_own_debris() {
	local urls
	urls=$(ask_catalog '.[] | select(.state == "debris" and .run_id == $id) |
		.url' --arg id "$run_id")
	[[ -z $urls ]] || {
		info "removing what an earlier try of this backup left behind"
		printf '%s\n' "$urls" | logged s3-rm "${patience[@]}" --stdin >/dev/null
	}
}

set_stage_options() {
	local table dumper
	dump_options=("${chatter[@]}" --report="$work/dump"
		--format="$BACKUP_FORMAT" ${dbname:+"--dbname=$dbname"}
		${BACKUP_JOBS:+"--jobs=$BACKUP_JOBS"}
		${BACKUP_LOCK_WAIT_TIMEOUT:+"--lock-wait-timeout=$BACKUP_LOCK_WAIT_TIMEOUT"})
	dumper=pg-stream
	[[ $BACKUP_FORMAT != *json ]] || dumper=pg-json
	[[ ${BACKUP_CATALOG:-true} == true || $dumper == pg-json ]] ||
		dump_options+=(--no-catalog)
	local -a tables excluded
	local IFS=$' \t\n,'
	read -r -d '' -a tables <<<"${BACKUP_TABLES-}" || :
	read -r -d '' -a excluded <<<"${BACKUP_EXCLUDE_TABLES-}" || :
	for table in "${tables[@]}"; do
		dump_options+=("--table=$table")
	done
	for table in "${excluded[@]}"; do
		dump_options+=("--exclude-table=$table")
	done
	dump_command=("$dumper" "${dump_options[@]}")
	gzip_options=("${chatter[@]}" --report="$work/gzip"
		${BACKUP_LEVEL:+"-$BACKUP_LEVEL"}
		${BACKUP_JOBS:+"--jobs=$BACKUP_JOBS"})
	put_options=("${patience[@]}" --require-complete --run-id="$run_id"
		--need="$need"
		"${kept_options[@]}" "${lock_options[@]}" "${large_options[@]}"
		--expected-size="$(of_database .bytes)" --report="$work/put")
	reports=("$work/dump" "$work/gzip" "$work/sha" "$work/put")
	stage_names=("$dumper" gzip-frame sha-tee s3-put)
	if [[ $compression == none ]]; then
		reports=("$work/dump" "$work/sha" "$work/put")
		stage_names=("$dumper" sha-tee s3-put)
	fi
}

stream_gzip() {
	stage "${dump_command[@]}" </dev/null |
		stage gzip-frame "${gzip_options[@]}" |
		stage sha-tee "${chatter[@]}" --report="$work/sha" |
		stage s3-put "${put_options[@]}" -- "${urls[@]}"
	save_statuses "${PIPESTATUS[@]}"
}

stream_none() {
	stage "${dump_command[@]}" </dev/null |
		stage sha-tee "${chatter[@]}" --report="$work/sha" |
		stage s3-put "${put_options[@]}" -- "${urls[@]}"
	save_statuses "${PIPESTATUS[@]}"
}

write_manifest() {
	local host=${PGHOST-}
	[[ -n $host && $host != /* && $host != @* ]] || host=$HOSTNAME
	logged manifest "${chatter[@]}" --set="id=$run_id" \
		--set="description=$BACKUP_DESCRIPTION" --set="type=$BACKUP_TYPE" \
		--set="environment=${ENVIRONMENT-}" --set="series=$series" \
		--set="host=$host" --set="filename=$name" \
		"$work/times" "${reports[@]}" >"$work/manifest.json"
}
