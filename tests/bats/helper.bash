# helper.bash: what the acceptance tests share. `load helper` at the top.
#
# A test file can be run by itself: PATH=$PWD/build/bin:$PATH bats FILE.
# Servers that scripts/test, or scripts/services in this checkout, has started
# are used; else a file starts its own, and they end with it.
# shellcheck shell=bash

top=$(cd -- "$BATS_TEST_DIRNAME/../.." && pwd)
build=${BUILD:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
# The driver and its words stand in pipelines/, the filters in build/bin.
export PATH="$build/bin:$top/pipelines:$PATH"
# Debian's Python, which has the modules that setup installs: others that stand
# before it, like pyenv's, take a tenth of a second more each time they start.
if [[ -x /usr/bin/python3 && ! /usr/bin/python3 -ef $(type -P python3) ]]; then
	[[ -e $BATS_RUN_TMPDIR/bin/python3 ]] || {
		mkdir -p -- "$BATS_RUN_TMPDIR/bin"
		ln -sf /usr/bin/python3 "$BATS_RUN_TMPDIR/bin/python3"
	}
	PATH=$BATS_RUN_TMPDIR/bin:$PATH
fi
export LC_ALL=C.UTF-8
unset BACKUP_STORE BACKUP_RUN_ID
# A test machine may be an instance with a role.
export AWS_EC2_METADATA_DISABLED=true

# Standard output and error of the last `fails` or `works`.
out=${BATS_TEST_TMPDIR-${BATS_FILE_TMPDIR-/tmp}}/stdout
err=${BATS_TEST_TMPDIR-${BATS_FILE_TMPDIR-/tmp}}/stderr

# fails CODE COMMAND...: it must exit with exactly this code. Death by a
# signal (128 and up) is never an expected failure.
fails() {
	local expected=$1 status=0
	shift
	"$@" >"$out" 2>"$err" </dev/null || status=$?
	if ((status != expected)); then
		echo "expected exit $expected, got $status: $*"
		tail -n 20 "$err"
		return 1
	fi
}

# exits CODE COMMAND...: as fails, of a command that has its own input and
# output, and its messages in $err.
exits() {
	local status=0
	"${@:2}" || status=$?
	((status == $1)) || {
		echo "expected exit $1, got $status: ${*:2}"
		tail -n 20 "$err"
		return 1
	}
}

# works COMMAND...: it must exit 0; its output is in $out and $err.
works() {
	fails 0 "$@"
}

# powerless COMMAND...: root is refused nothing unless it gives that right up.
powerless() {
	local -a without=()
	((EUID != 0)) || without=(setpriv --bounding-set=-all --inh-caps=-all)
	"${without[@]}" "$@"
}

# says TEXT: the last command's standard error holds these words.
says() {
	grep -qF -- "$1" "$err" || {
		echo "expected the message \"$1\" in:"
		tail -n 20 "$err"
		return 1
	}
}

# lacks GREP-ARGUMENT...: no line matches, in files that are there. (A bare `!`
# is not checked: the shell's -e takes it for a condition.)
lacks() {
	local status=0
	grep "$@" || status=$?
	((status == 1))
}

# until_true COMMAND...: waits until it succeeds, thirty seconds at most.
until_true() {
	local end=$((SECONDS + 30))
	until "$@"; do
		((SECONDS < end)) || {
			echo "not within 30 s: $*"
			return 1
		}
		sleep 0.05
	done
}

# stage STATUS-FILE COMMAND...: a stage of a pipeline that leaves its status.
stage() {
	local file=$1 status=0
	shift
	"$@" || status=$?
	echo "$status" >"$file"
}

# Numbers that look random, the same in every run: sample BYTES [SEED].
sample() {
	python3 -c '
import random, sys
size, seed = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
words = [bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz", k=7))
         for _ in range(4096)]
left = size
while left > 0:
    piece = b" ".join(random.choices(words, k=9000)) + b"\n"
    sys.stdout.buffer.write(piece[:left])
    left -= len(piece)
' "$1" "${2:-1}"
}

# not_sanitized: memory is not measured where a sanitizer has its own.
not_sanitized() {
	[[ $build != *sanitize* ]] || skip "sanitizers need memory of their own"
}

# service_dir NAME: where this file's own server of that name is: not below
# bats's own directory, which goes while the server still ends.
service_dir() {
	echo "$BATS_RUN_TMPDIR.${BATS_FILE_TMPDIR##*/}.$1"
}

# own_service NAME SERVICE [SETTING=VALUE]...: start one for this file alone.
own_service() {
	env "${@:3}" "$top/scripts/services" start --dir="$(service_dir "$1")" \
		--owner-pid="$PPID" "$2" >&2
}

# use_own NAME SERVICE: take over its environment.
use_own() {
	local settings
	settings=$("$top/scripts/services" env --dir="$(service_dir "$1")" "$2")
	eval "$settings"
}

# use_service NAME: start it for this file unless scripts/test already has, and
# take over its environment.
use_service() {
	local settings
	if "$top/scripts/services" status "$1" >/dev/null 2>&1; then
		settings=$("$top/scripts/services" env "$1")
		eval "$settings"
	else
		own_service "$1" "$1" && use_own "$1" "$1"
	fi
}

# pg_env: a throw-away PostgreSQL; PGHOST, PGPORT, PGUSER lead to it.
pg_env() {
	unset PGDATABASE PGSERVICE PGPASSWORD
	use_service postgres
}

# new_database [NAME]: an empty database of this test; its name is in $db.
new_database() {
	db=${1:-t_${BATS_SUITE_TEST_NUMBER:-0}_$RANDOM$RANDOM}
	createdb -T template0 -- "$db"
}

# sql DATABASE COMMAND...: psql, bare output, stops at the first error.
sql() {
	local database=$1
	shift
	psql -XqAt -v ON_ERROR_STOP=1 -d "$database" -c "$*"
}

# answers DATABASE WORD QUERY: the query says just this.
answers() {
	[[ $(sql "$1" "$3") == "$2" ]]
}

# hold_table DATABASE TABLE: it is locked until descriptor 7 is closed.
hold_table() {
	mkfifo "$BATS_TEST_TMPDIR/hold"
	psql -XqAt -d "$1" <"$BATS_TEST_TMPDIR/hold" >/dev/null 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/hold"
	echo "BEGIN; LOCK TABLE $2;" >&7
	until_true answers "$1" 1 "SELECT count(*) FROM pg_locks
		WHERE mode = 'AccessExclusiveLock' AND relation = '$2'::regclass"
}

# dump_of DATABASE: its stock dump without what differs between two runs.
dump_of() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	"$bin/pg_dump" -d "$1" "${@:2}" | grep -vE '^\\(un)?restrict '
}

# s3_names: the S3 servers that can run on this machine, one a line.
s3_names() {
	"$top/scripts/services" list |
		awk -F'\t' '$1 != "postgres" && $2 == "available" {print $1}'
}

# start_s3: all of them; one that only this file uses starts once.
start_s3() {
	local name
	for name in $(s3_names); do
		use_service "$name"
	done
}

# store_url NAME: a new, empty place. NAME is file, rgw, minio, versitygw.
store_url() {
	local prefix=t-$RANDOM$RANDOM-${BATS_SUITE_TEST_NUMBER:-0}
	case $1 in
	file) echo "file://$BATS_TEST_TMPDIR/$prefix" ;;
	*) echo "s3://$S3_BUCKET/$prefix" ;;
	esac
}

# use_store NAME: make its environment ours; the URL is in $store.
use_store() {
	[[ $1 == file ]] || use_service "$1" || return
	# shellcheck disable=SC2034 # for the test
	store=$(store_url "$1")
}

# nothing_left DIRECTORY: no file at all below it, hidden ones included.
nothing_left() {
	local left
	[[ -d $1 ]] || return 0
	left=$(find "$1" -type f)
	[[ -z $left ]] || {
		echo "left behind: $left"
		return 1
	}
}
