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
	((BASHPID == $$)) || exit "$status"
	trap '' PIPE INT TERM HUP
	set +e
	if ((printing && status != 141 && status < 128)); then
		cause="could not write to standard output"
		log fatal "backup: $cause"
		status=111
	fi
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
			cause="a program that $word ran died of signal\
 $(kill -l "$((status - 128))")"
			log fatal "backup: $cause"
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

# leave: a second signal would end the shell in the middle of its finish. Not
# earlier: children that start now would not hear theirs.
leave() {
	trap '' PIPE INT TERM HUP
	exit 143
}

# stop SIGNAL: who waits for a child ends that first, and then leaves.
stop() {
	trap '' PIPE
	stop_signal=$1
	((busy)) || leave
}

stop_children() {
	local pid
	for pid in "$1" ${work:+$(cat -- "$work/pids" 2>/dev/null)}; do
		kill -s TERM "$pid" 2>/dev/null || :
	done
}

catch_stop() {
	trap '' PIPE
	trap 'stop TERM' TERM
	trap 'stop INT' INT
	trap 'stop HUP' HUP
}

# in_background COMMAND...: run it and return its status; a stop signal acts
# at once, which it would not while a foreground command runs.
in_background() {
	local status=0 pid
	busy=1
	"$@" &
	pid=$!
	while [[ -z $stop_signal ]]; do
		status=0
		wait "$pid" 2>/dev/null || status=$?	# the shell's own "Killed"
		kill -0 "$pid" 2>/dev/null || break
	done
	busy=0
	[[ -n $stop_signal ]] || return "$status"
	# Again and again: a stage may just be starting.
	while kill -0 "$pid" 2>/dev/null; do
		stop_children "$pid"
		sleep 0.1
	done
	leave
}

trap finish EXIT

