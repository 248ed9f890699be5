# lib: what every service needs: messages, processes, ports, secrets, waiting.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

fatal() {
	printf 'services: fatal: %s\n' "$2" >&2
	exit "$1"
}

info() {
	printf 'services: info: %s\n' "$1" >&2
}

# Start time of a process in clock ticks: with the id it names one process for
# ever. Fails if there is none or it is a zombie.
process_birth() {
	local line fields
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra fields <<<"${line##*) }"
	[[ ${fields[0]} != [ZX] ]] || return 1
	REPLY=${fields[19]}
}

is_alive() { # PID BIRTH
	process_birth "$1" && [[ $REPLY == "$2" ]]
}

# Sleeps without a child process, on a pipe that never has anything to read.
nap() { # SECONDS
	[[ -n ${nap_fd-} ]] || exec {nap_fd}<> <(:)
	read -rt "$1" -u "$nap_fd" || true
}

random_hex() { # BYTES
	od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# A port on which nobody listens now, below the range that the kernel hands
# out by itself. Somebody may take it before we do: callers try again.
free_port() {
	local try
	for try in {1..200}; do
		REPLY=$((20000 + SRANDOM % 12000))
		{ : <>"/dev/tcp/127.0.0.1/$REPLY"; } 2>/dev/null || return 0
	done
	fatal 111 "could not find a free port on 127.0.0.1 after $try tries"
}

# Starts a server as a child that dies with this supervisor; SPAWN_AS may name
# another user. The child's id goes to REPLY.
servers=()
spawn() {
	local as=()
	if [[ -n ${SPAWN_AS-} ]]; then
		as=(--reuid="$SPAWN_AS" --regid="$SPAWN_AS" --init-groups)
	fi
	setpriv "${as[@]}" --pdeathsig=KILL -- "$@" &
	REPLY=$!
	servers+=("$REPLY")
}

# Waits until a command succeeds: 0 it did, 1 the server PID has died, 2 it
# took longer than SECONDS. To be called with `|| st=$?`: set -e is off in it.
wait_until() { # SECONDS PID COMMAND...
	local end=$((SECONDS + $1)) pid=$2
	shift 2
	until "$@"; do
		process_birth "$pid" || return 1
		((SECONDS < end)) || return 2
		nap 0.1
	done
	process_birth "$pid"
}

forget_server() { # the one that was spawned last
	kill -KILL "${servers[-1]}" 2>/dev/null || true
	wait "${servers[-1]}" || true
	unset 'servers[-1]'
}

save_env() { # KEY VALUE...
	while (($#)); do
		printf "export %s='%s'\n" "$1" "$2"
		shift 2
	done >"$dir/env"
}
