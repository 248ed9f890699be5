# settings.bash: where a word's settings come from. No file is ever sourced:
# the program `settings` parses it and hands out quoted values.
# shellcheck shell=bash

store='' dbname=''

load_settings() {
	local exports
	if [[ -n ${PGBACKPIPE_SETTINGS-} ]]; then
		inherit_settings
	else
		set_settings_arguments "${given[config]-${PGBACKPIPE_CONFIG-}}"
		exports=$(logged settings "${settings_arguments[@]}" --export)
		eval "$exports"
		forget_files
		export PGBACKPIPE_SETTINGS=1
	fi
	[[ -n ${given[log-format]-} ]] || log_format=${LOG_FORMAT:-text}
	[[ -z ${PG_BIN_DIR-} ]] || PATH=$PG_BIN_DIR:$PATH
	# For the programs that talk to the store.
	patience=("${chatter[@]}" ${BACKUP_RETRY:+"--retry=$BACKUP_RETRY"})
	set_upload_options
	store=${BACKUP_STORE-}
	dbname=${given[dbname]-${PGDATABASE-}}
	check_conninfo "$dbname"
}

# A word that another word started: all is in the environment already.
inherit_settings() {
	local name
	for name in "${!given[@]}"; do
		# A directory given as --store became a URL there.
		[[ $name != store || ${given[store]} == *://* ]] || continue
		[[ -z ${setting_of[$name]-} ]] ||
			export "${setting_of[$name]}=${given[$name]}"
	done
}

# What a NAME_FILE held is in NAME now; a filter must not meet both.
forget_files() {
	local name
	while IFS= read -r name; do
		[[ $name != *_FILE || -z ${!name} ]] || {
			local base=${name%_FILE}
			[[ -z ${!base-} ]] || unset "$name"
		}
	done < <(compgen -e)
}

# set_settings_arguments FILE: what the program `settings` is called with.
set_settings_arguments() {
	local name
	settings_arguments=(--table="$here/settings.tsv" ${1:+"--file=$1"})
	for name in "${!given[@]}"; do
		if [[ $name == store && ${given[store]} != *://* ]]; then
			settings_arguments+=(--set "BACKUP_DIR=${given[store]}")
			continue
		fi
		[[ -z ${setting_of[$name]-} ]] ||
			settings_arguments+=(--set "${setting_of[$name]}=${given[$name]}")
	done
}

# A conninfo is seen by every user of the machine in the children's argv.
check_conninfo() {
	[[ $1 == *password* || $1 == *://*:*@* ]] || return 0
	log fatal "backup: a password in --dbname would be seen by other users"
	log hint "use PGPASSWORD_FILE, PGPASSFILE or ~/.pgpass for the backup"
	exit 100
}

need_store() {
	[[ -n $store ]] || die 100 "no place for backups is configured: give\
 --store=URL, BACKUP_STORE or BACKUP_DIR"
}

need_database() {
	[[ -n $dbname || -n ${PGSERVICE-} ]] ||
		die 100 "no database to back up is named: give --dbname or PGDATABASE"
}

# database_name: the database's name as far as it is known without asking.
database_name() {
	local name=$dbname
	case $name in
	*://*) name=${name##*/} name=${name%%\?*} ;;
	*=*)
		[[ $name =~ (^|[[:space:]])dbname[[:space:]]*=[[:space:]]*([^[:space:]\']+) ]] &&
			name=${BASH_REMATCH[2]} || name=''
		;;
	esac
	printf '%s' "$name"
}

# series_of DATABASE: which backups replace each other: what BACKUP_SERIES says,
# else those of the database. JSON does not restore it: that has its own.
series_of() {
	local name=${BACKUP_SERIES:-$1}
	[[ -z $name || -n ${BACKUP_SERIES-} || $BACKUP_FORMAT != *json ]] ||
		name+=-json
	printf '%s' "$name"
}

# store_of NAME: a URL outside of the store says itself where it is.
store_of() {
	[[ $1 != *://* || $1 == "${store%/}"/* ]] || store=${1%/*}
}
