# log.bash: what filters say goes through us, so that each of their lines
# carries the word backup and none comes after the result.
# shellcheck shell=bash

log_fd='' log_pid=''

# start_log: what filters say from now on passes through log_lines.
start_log() {
	exec {log_fd}> >(log_lines)
	log_pid=$!
}

# end_log: wait until the last line is out, so that nothing of it can follow
# the last line of standard output.
end_log() {
	[[ -n $log_pid ]] || return 0
	exec {log_fd}>&-
	wait "$log_pid" 2>/dev/null || :	# a stop signal may wait twice
	log_pid='' log_fd=2
}

log_lines() {
	trap '' INT TERM HUP PIPE
	set +e
	local line pattern='^([a-z][a-z0-9_-]*): ([a-z]+): (.*)$'
	while IFS= read -r line || [[ -n $line ]]; do
		[[ -z $work ]] || printf '%s\n' "$line" >>"$work/log"
		line=${line//[[:cntrl:]]/?}
		if [[ $line == 'pgbackpipe: '* ||
			$line == 'backup: '* || $line == '{'* ]]; then
			:
		elif [[ $log_format == text ]]; then
			line="backup: $line"
		elif [[ $line =~ $pattern ]]; then
			json_line "${BASH_REMATCH[@]:1}"
		else
			json_line pgbackpipe info "$line"
		fi
		printf '%s\n' "$line" >&2
	done 2>&2
}

# json_line PROGRAM SEVERITY MESSAGE: into line.
json_line() {
	local text=${3//\\/\\\\}
	line="{\"program\":\"$1\",\"severity\":\"$2\",\
\"message\":\"backup: ${text//\"/\\\"}\"}"
}

# logged COMMAND...: its messages go the same way.
logged() {
	"$@" 2>&"$log_fd"
}
