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
busy=0			# whether a child runs that must end before we do
told=0			# whether another start of this word told the failure
printing=0		# whether standard output alone is what can fail
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

# print_out TEXT: what was asked for. A full disk is no bug, and not silent.
print_out() {
	printing=1
	printf '%s\n' "$1" 2>/dev/null
	printing=0
}

# result JSON: remember the one line that success prints.
result() {
	result_json=$1
}

# shellcheck source=pipelines/lib/end.bash
source "$here/lib/end.bash"
# shellcheck source=pipelines/lib/log.bash
source "$here/lib/log.bash"
# shellcheck source=pipelines/lib/stages.bash
source "$here/lib/stages.bash"
# shellcheck source=pipelines/lib/upload.bash
source "$here/lib/upload.bash"
# shellcheck source=pipelines/lib/options.bash
source "$here/lib/options.bash"
# shellcheck source=pipelines/lib/catalog.bash
source "$here/lib/catalog.bash"
# shellcheck source=pipelines/lib/settings.bash
source "$here/lib/settings.bash"
