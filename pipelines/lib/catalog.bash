# catalog.bash: which backups there are, and which one is meant. The lines of
# the store are in catalog_text; the one that was chosen is in chosen.
# shellcheck shell=bash

catalog_text='' chosen='' series=''
catalog_read=0

# The lists of tables may be long: their lengths must do.
shorten='if .manifest == null then . else
	.manifest |= (. + {table_count: (.tables // [] | length)} | del(.tables)) end'

read_catalog() {
	if [[ -n $work ]]; then
		background "$work/catalog" catalog "${patience[@]}" -- "$store"
		catalog_text=$(jq -c "$shorten" "$work/catalog")
	else
		catalog_text=$(
			logged catalog "${patience[@]}" -- "$store" |
			jq -c "$shorten"
		)
	fi
	catalog_read=1
}

# ask_catalog PROGRAM [JQ-ARGUMENT]...: jq on the array of lines.
ask_catalog() {
	local program=$1
	shift
	printf '%s\n' "$catalog_text" |
		jq -rcs -L "$here/lib" "$@" "include \"catalog\"; $program"
}

# one_series all|sound: sets series and names. Where none is asked for, a store
# of several has no latest; what cannot be restored makes no second one.
one_series() {
	local which=.
	[[ $1 == all ]] || which=restorable
	series=$(find_series)
	names=$(ask_catalog "$which"' | series_names | map("\"\(.)\"") | join(", ")')
	[[ -n $series || $names != *', '* ]] ||
		die 100 "cannot tell which backup is meant: the store holds several\
 series ($names); choose with --series"
	[[ -n $series ]] || sound="$which | $sound"
}

# choose_latest all|sound: the newest backup of the series, or the newest that
# is not known to be damaged.
choose_latest() {
	local series='' names sound='of_series($series)'
	one_series "$1"
	[[ $1 == all ]] || sound+=' | map(select(is_damaged | not))'
	chosen=$(ask_catalog "$sound | last // empty" --arg series "$series")
	[[ -n $chosen ]] || die 100 "no backup${series:+ of \"$series\"} in\
 \"$store\"${names:+, which holds backups of $names}"
}

# choose_before DATE: the newest backup of the series made before it.
choose_before() {
	local series='' names date=${1/ /T} sound='of_series($series)'
	[[ $date =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$ ]] ||
		usage_error "--before=$1 is not a date as 2026-01-29 or 2026-01-29T14:30"
	one_series sound
	chosen=$(ask_catalog "$sound"' | map(select((is_damaged | not)
		and .manifest.created_at < $date)) | last // empty' \
		--arg series "$series" --arg date "$date")
	[[ -n $chosen ]] || die 100 "no backup${series:+ of \"$series\"} before $1\
 in \"$store\"${names:+, which holds backups of $names}"
}

# choose_named NAME: a name or a unique beginning of one; several are listed.
choose_named() {
	local found count
	found=$(ask_catalog 'named($name)[]' --arg name "$1")
	count=$(printf '%s' "$found" | grep -c '' || :)
	if ((count > 1)); then
		log fatal "\"$1\" is the beginning of $count backups:"
		printf '%s\n' "$found" | jq -r '"    " + .name' >&2
		exit 100
	fi
	((count == 1)) || die 100 "no backup \"$1\" in \"$store\""
	chosen=$found
}

# choose_run ID: the backup that a run with this id made; none: empty.
choose_run() {
	chosen=$(ask_catalog 'map(select(is_backup and .manifest.id == $id)) |
		last // empty' --arg id "$1")
}

# of_chosen PROGRAM: jq on the chosen line.
of_chosen() {
	printf '%s\n' "$chosen" |
		jq -rc -L "$here/lib" "${@:2}" "include \"catalog\"; $1"
}

# The series that is asked for; empty: any. A word that found the backup knows
# it from there.
find_series() {
	if [[ -n $series ]]; then
		printf '%s' "$series"
	else
		series_of "$(database_name)"
	fi
}

# only_series: where none is asked for and the store holds one, it is that.
only_series() {
	series=$(find_series)
	[[ -n $series ]] || series=$(ask_catalog 'series_names |
		if length == 1 then .[0] else "" end')
}
