# lib: what the fidelity scripts share. A database is restored in two ways, by
# our programs and by a stock `pg_dump | psql`; the two results must be alike.
# shellcheck shell=bash

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
real_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
export PATH="$build/bin:$real_bin:$PATH" LC_ALL=C.UTF-8
unset PGDATABASE
# Notices of every DROP, of every publication: nobody reads them.
export PGOPTIONS="-c client_min_messages=error"

create=()	# options of createdb
any_order=0	# whether rows that were restored may be in any order

fatal() {
	printf '%s: fatal: %s\n' "${0##*/}" "$1" >&2
	exit "${2:-111}"
}

# begin: a work directory, $work, which goes at the end of the script; and a
# server, the one that PGHOST leads to or one of our own.
begin() {
	work=$(mktemp -d)
	chmod 755 "$work" # the server reads in it
	trap 'rm -rf -- "$work"' EXIT
	[[ -z ${PGHOST-} ]] || return 0
	PGBACKPIPE_POSTGRES_CONF=${SERVER_CONF-} "$top/scripts/services" start \
		--dir="$work/server" --owner-pid="$$" postgres >&2
	trap '"$top/scripts/services" stop --dir="$work/server" postgres;
		rm -rf -- "$work"' EXIT
	eval "$("$top/scripts/services" env --dir="$work/server" postgres)"
	unset PGDATABASE
}

# new_database NAME...: empty ones; those of that name go.
new_database() {
	local name
	for name; do
		dropdb --if-exists --force -- "$name"
		createdb -T template0 "${create[@]}" -- "$name"
	done
}

# run DATABASE: the SQL on standard input, up to its first error.
run() {
	psql -Xq -v ON_ERROR_STOP=1 -d "$1" -f - >/dev/null
}

# ask DATABASE SQL [OPTION]...: bare rows. The database's own search path may
# lead elsewhere.
ask() {
	PGOPTIONS="$PGOPTIONS -c search_path=pg_catalog" \
		psql -XqAt "${@:3}" -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

# stock_trip SOURCE TARGET [OPTION]...: with these options of pg_dump.
stock_trip() {
	new_database "$2"
	pg_dump --no-sync -d "$1" "${@:3}" >"$work/stock.sql"
	run "$2" <"$work/stock.sql"
}

# Which partition a row of such a table is in depends on the OIDs of the enum's
# values, which are others in each database; so all dumps load them through
# their root, and the text of one partition says nothing.
hashed_enums="SELECT t.oid, t.oid::regclass AS root
	FROM pg_partitioned_table p JOIN pg_class t ON t.oid = p.partrelid
	WHERE p.partstrat = 'h' AND EXISTS (SELECT FROM pg_attribute a
		JOIN pg_type y ON y.oid = a.atttypid
		WHERE a.attrelid = t.oid AND a.attnum = ANY (p.partattrs)
		AND y.typtype = 'e')"
# The tables below them.
wandering="SELECT DISTINCT l.relid AS oid, isleaf
	FROM ($hashed_enums) r, pg_partition_tree(r.oid) l WHERE l.relid <> r.oid"

# text_of DATABASE [OPTION]...: all that it holds, as its stock dump without the keys of
# \restrict, and rows that may be anywhere in the order of their text.
text_of() {
	local name pattern options=("${@:2}")
	while IFS= read -r -d '' pattern; do
		options+=("--exclude-table-data=$pattern")
	done < <(ask "$1" "SELECT DISTINCT format('\"%s\".\"%s\"',
		replace(nspname, '\"', '\"\"'), replace(relname, '\"', '\"\"'))
		FROM ($wandering) w JOIN pg_class c USING (oid)
		JOIN pg_namespace n ON n.oid = relnamespace WHERE isleaf" -0)
	pg_dump --no-sync -d "$1" "${options[@]}" |
		sed -E '/^\\(un)?restrict [0-9A-Za-z]+$/d' || return
	while IFS= read -r -d '' name; do
		printf -- '-- rows of %s\n' "$name"
		ask "$1" "COPY (SELECT * FROM $name r ORDER BY r::text
			COLLATE \"C\") TO STDOUT" || return
	done < <(ask "$1" "SELECT root FROM ($hashed_enums) r
		WHERE oid NOT IN (SELECT oid FROM ($wandering) w) ORDER BY root::text COLLATE \"C\"" -0)
}

# counts_of DATABASE: the rows of every table, view of rows, and partition root
# (unless a part is a foreign table).
counts_of() {
	ask "$1" "SET row_security = off; SELECT format('%L.%L %s', nspname,
		relname, (xpath('/row/c/text()', query_to_xml(format(
		'SELECT count(*) AS c FROM %I.%I', nspname, relname), false, true,
		'')))[1])
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE (relkind = 'p' OR relkind = 'r' OR relkind = 'm' AND
			relispopulated) AND relpersistence <> 't'
		AND c.oid NOT IN (SELECT oid FROM ($wandering) w)
		AND c.oid NOT IN (SELECT inhparent FROM pg_inherits
			JOIN pg_foreign_table ON ftrelid = inhrelid)
		AND nspname !~ '^pg_' AND nspname <> 'information_schema'
		ORDER BY nspname COLLATE \"C\", relname COLLATE \"C\""
}

# alike OURS STOCK SOURCE: the first two hold the same, as many rows as the
# third. Several connections write a large table's rows in another order; that
# is no difference. What differs is in $work/text.* and $work/counts.*.
alike() {
	# set -e may be off in here.
	text_of "$1" >"$work/text.ours" && text_of "$2" >"$work/text.stock" &&
		counts_of "$1" >"$work/counts.ours" &&
		counts_of "$3" >"$work/counts.source" || return
	if ((any_order)) && ! cmp -s "$work/text.ours" "$work/text.stock"; then
		LC_ALL=C sort -o "$work/text.ours" "$work/text.ours" &&
			LC_ALL=C sort -o "$work/text.stock" "$work/text.stock" || return
	fi
	if ! cmp -s "$work/text.ours" "$work/text.stock"; then
		echo "the restored database is another than the stock one:"
		diff -a "$work/text.stock" "$work/text.ours" | head -n 20
		return 1
	fi
	if ! cmp -s "$work/counts.ours" "$work/counts.source"; then
		echo "the restored database has other numbers of rows:"
		diff -a "$work/counts.source" "$work/counts.ours" | head -n 20
		return 1
	fi
}

# our_trip WAY JOBS SOURCE TARGET: the database by our programs. WAY is
# stream, gzip (there and back), url (frames by ranges), or custom.
our_trip() {
	local way=$1 jobs=$2 source=$3 target=$4
	local -a take=(pg-stream -q -d "$source")
	any_order=$((jobs > 1))
	# Frozen rows go behind one another, others into gaps.
	local -a load=(pg-load -q -d "$target" --jobs="$jobs")
	((jobs > 1)) || load+=(--no-freeze)
	dropdb --if-exists --force -- "$target"
	case $way in
	stream)
		"${take[@]}" --jobs="$jobs" --owner --privileges |
			tee "$work/ours.sql" | "${load[@]}"
		;;
	gzip | url)
		"${take[@]}" --jobs="$jobs" --owner --privileges |
			gzip-frame -1 >"$work/ours.gz" || return
		if [[ $way == url ]]; then
			"${load[@]}" "file://$work/ours.gz"
		else
			gzip-frame -d <"$work/ours.gz" | "${load[@]}"
		fi
		;;
	custom) "${take[@]}" --format=custom -Z0 | "${load[@]}" ;;
	*) fatal "no way \"$way\"" 100 ;;
	esac
}
