# install.bash: where the words and the filters are. Sets tool_directories,
# tool_path and PATH; wants $here, the folder of the words.
# shellcheck shell=bash

# In a checkout the filters are in ../build/bin; once installed, the driver's
# wrapper says where.
find_tools() {
	local directory
	tool_directories=()
	if [[ -n ${PGBACKPIPE_LIBEXECDIR-} ]]; then
		tool_directories=("$PGBACKPIPE_LIBEXECDIR"
			${PGBACKPIPE_BINDIR:+"$PGBACKPIPE_BINDIR"})
	else
		for directory in ${BUILD:+"$BUILD/bin" "$here/../$BUILD/bin"} \
			"$here/../build/bin"; do
			[[ -x $directory/settings ]] || continue
			tool_directories=("$(cd -- "$directory" && pwd)")
			break
		done
	fi
	if ((${#tool_directories[@]} == 0)); then
		printf 'pgbackpipe: fatal: %s\n' "backup: cannot find the\
 filters beside \"$here\": build them with make" >&2
		exit 100
	fi
	local IFS=:
	tool_path=${tool_directories[*]}
	export PATH=$tool_path:$PATH
}

# print_manual SCRIPT: the comment at its head.
print_manual() {
	sed -n '2,/^\(# shellcheck\|[^#]\)/{/^# shellcheck/d;s/^# \{0,1\}//p}' "$1"
}

find_tools
