# base.bash: how a word starts, speaks and ends. Sourced first by every word.
#
#     source "${BASH_SOURCE[0]%/*}/lib/base.bash"
#     begin "$@"        options and settings (options.bash, settings.bash)
#     ...
#     result JSON       what finish prints as the last line of stdout
# shellcheck shell=bash

set -euo pipefail
shopt -s inherit_errexit
umask 077

here=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${here%/lib/*}
word=${0##*/}
work=''			# private directory, made by make_work
result_json=''		# last line of stdout, printed on success
cause='' cause_stage=''	# of a failure, set by die and fail_stages
stop_signal=''		# INT, TERM or HUP, once it came
children=()		# processes that a stop signal is passed on to
told=0			# whether another start of this word told the failure
quiet=0 log_format=text

# shellcheck source=pipelines/lib/install.bash
source "$here/lib/install.bash"

# log SEVERITY TEXT...: one line on standard error. A broken standard error
# must not stop a clean-up.
log() {
	local severity=$1 text
	shift
	text=$*
	[[ $text == *[Bb]ackup* ]] || text="backup: $text"
	text=${text//[[:cntrl:]]/?}
	if [[ $log_format == json ]]; then
		text=${text//\\/\\\\}
		text="{\"program\":\"pgbackpipe\",\"severity\":\"$severity\",\
\"message\":\"${text//\"/\\\"}\"}"
	else
		text="pgbackpipe: $severity: $text"
	fi
	printf '%s\n' "$text" >&2 || :
}

info() {
	((quiet)) || log info "$@"
}

warning() {
	log warning "$@"
}

# die CODE TEXT...: the cause of the failure, told once.
die() {
	local code=$1
	shift
	cause=$*
	log fatal "$cause"
	exit "$code"
}

usage_error() {
	log fatal "$1"
	log hint "try \"pgbackpipe $word --help\""
	told=1
	exit 100
}

# A word that can be stopped in the middle of a long work calls this.
make_work() {
	local base
	for base in "${TMPDIR:-/tmp}" /dev/shm; do
		work=$(mktemp -d "$base/pgbackpipe.XXXXXX" 2>/dev/null) || continue
		# From now on what filters say is kept there, too.
		end_log
		: >"$work/log"
		start_log
		return
	done
	die 111 "could not make a temporary directory in \"${TMPDIR:-/tmp}\":\
 is there space left? (TMPDIR names another place)"
}

# result JSON: remember the one line that success prints.
result() {
	result_json=$1
}

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
			cause=${cause:-"stopped by SIG$stop_signal"}
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
		printf '%s\n' "$result_json" || status=111
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

# shellcheck source=pipelines/lib/log.bash
source "$here/lib/log.bash"
# shellcheck source=pipelines/lib/options.bash
source "$here/lib/options.bash"
# shellcheck source=pipelines/lib/settings.bash
source "$here/lib/settings.bash"
