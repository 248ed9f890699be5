# end.bash: how a word ends: by itself, by a failure, by a signal. Nothing
# that it made for itself is left, and what was to be printed comes last.
# shellcheck shell=bash

# What an acting word overrides to tell a failure elsewhere, too.
on_failure() {
	:
}

# The end of every word. Standard output's last line comes after all else.
finish() {
	local status=$?
	trap '' PIPE INT TERM HUP
	set +e
	case $status in
	0 | 1 | 100 | 101 | 111 | 141) ;;
	*)
		if [[ -n $stop_signal ]]; then
			log fatal "backup: $word was stopped by SIG$stop_signal"
		elif ((status < 128)); then
			cause="\"$word\" ended with status $status: a bug"
			log fatal "backup: $cause"
			status=101
		else
			status=111
		fi
		;;
	esac
	((status == 0 || told)) || on_failure "$status"
	end_log
	[[ -z $work ]] || rm -rf -- "$work"
	[[ -z ${PGBACKPIPE_TARGET_PASSWORD_FILE-} ]] ||
		rm -f -- "$PGBACKPIPE_TARGET_PASSWORD_FILE"
	if ((status <= 1)) && [[ -n $result_json ]]; then
		printf '%s\n' "$result_json" 2>/dev/null || status=111
	fi
	if [[ -n $stop_signal ]]; then
		trap - "$stop_signal"
		kill -s "$stop_signal" "$$"
	fi
	exit "$status"
}

# stop SIGNAL: pass it on; who waits for the children then leaves.
stop() {
	trap '' PIPE
	stop_signal=$1
	stop_children
	((${#children[@]})) || exit 143
}

stop_children() {
	local pid
	for pid in "${children[@]}"; do
		kill -s TERM "$pid" 2>/dev/null || :
	done
	[[ -n $work && -f $work/pids ]] || return 0
	while read -r pid; do
		kill -s TERM "$pid" 2>/dev/null || :
	done <"$work/pids"
}

catch_stop() {
	trap '' PIPE
	trap 'stop TERM' TERM
	trap 'stop INT' INT
	trap 'stop HUP' HUP
}

# wait_child PID: its status; stop signals end it first.
wait_child() {
	local status=0
	children+=("$1")
	while :; do
		status=0
		wait "$1" || status=$?
		kill -0 "$1" 2>/dev/null || break
	done
	children=()
	[[ -z $stop_signal ]] || exit 143
	return "$status"
}

trap finish EXIT

