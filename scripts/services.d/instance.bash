# instance: the state directory of one service and what users do with it.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

stop_wait=20 # seconds until a supervisor that does not stop is killed

# Every checkout has its own, so that none stops or uses another's servers.
default_base() {
	local sum
	sum=$(sha256sum <<<"$here")
	echo "${XDG_RUNTIME_DIR:-/tmp}/pgbackpipe-services.$UID.${sum:0:8}"
}

# Sets name and dir. A directory must have a plain name: Ceph's and
# PostgreSQL's configuration files have their own ideas of quoting.
instance_dir() {
	local base
	name=$1
	if [[ -n $dir_option ]]; then
		dir=$(realpath -m -- "$dir_option")
	else
		base=${PGBACKPIPE_SERVICES_DIR:-$(default_base)}
		dir=$(realpath -m -- "$base")/$name
	fi
	[[ $dir =~ ^/[A-Za-z0-9_./@+,=-]+$ ]] ||
		fatal 100 "cannot use directory \"$dir\": a blank or special character"
}

instance_is_ours() {
	[[ -O $dir && -f $dir/service && $(<"$dir/service") == "$name" ]]
}

# Is the supervisor there? Sets pid.
instance_is_alive() {
	local birth
	instance_is_ours || return 1
	{ read -r pid birth <"$dir/pid"; } 2>/dev/null || return 1
	is_alive "$pid" "$birth"
}

instance_is_up() {
	[[ -f $dir/ready ]] && instance_is_alive
}

instance_status() {
	if instance_is_up; then
		printf '%s\trunning\t%s\n' "$name" "$dir"
	else
		printf '%s\tstopped\t%s\n' "$name" "$dir"
		return 1
	fi
}

instance_env() {
	instance_is_up || fatal 111 "$name is not running in \"$dir\""
	cat -- "$dir/env"
}

# Makes the directory and holds a lock on it, so that of two starts at once
# one does the work and the other finds it done.
lock_dir() {
	local parent=${dir%/*}
	while :; do
		(umask 077 && mkdir -p -- "$dir") ||
			fatal 100 "cannot make directory \"$dir\""
		if [[ -z $dir_option && -z ${PGBACKPIPE_SERVICES_DIR:-} ]]; then
			[[ -O $parent && ! -L $parent ]] ||
				fatal 100 "\"$parent\" belongs to somebody else"
		fi
		if { exec {lock_fd}<"$dir"; } 2>/dev/null; then
			flock "$lock_fd"
			[[ $dir -ef /dev/fd/$lock_fd ]] && break
			exec {lock_fd}<&-
		fi
		nap 0.1 # it was removed meanwhile
	done
	if [[ -f $dir/service ]]; then
		instance_is_ours || fatal 100 "\"$dir\" is of another service or user"
	elif [[ -n $(ls -A -- "$dir") ]]; then
		fatal 100 "\"$dir\" is neither empty nor a service's"
	fi
}

abandon_start() {
	kill -TERM "$supervisor" 2>/dev/null || true
	remove_instance
}

# Waits for the supervisor's word; interrupted, it takes everything back.
await_supervisor() {
	trap 'abandon_start; trap - INT; kill -INT $$' INT
	trap 'abandon_start; exit 143' TERM HUP
	while [[ ! -f $dir/ready ]] && kill -0 "$supervisor" 2>/dev/null; do
		nap 0.05
	done
	trap - INT TERM HUP
	[[ -f $dir/ready ]] && return
	tail -n 20 -- "$dir/log" >&2 || true
	abandon_start
	fatal 111 "could not start $name"
}

instance_start() {
	local note options=()
	note=$("available_$name") || fatal 100 "cannot start $name: $note"
	"prepare_$name"
	lock_dir
	if ! instance_is_up; then
		stop_instance
		empty_dir # of what a killed one left behind
		chmod 700 -- "$dir"
		echo "$name" >"$dir/service"
		[[ -z $owner_pid ]] || options+=("--owner-pid=$owner_pid")
		[[ -z $pg_version ]] || options+=("--pg-version=$pg_version")
		setsid "$here/services" supervise "$name" "--dir=$dir" \
			"${options[@]}" </dev/null >"$dir/log" 2>&1 &
		supervisor=$!
		await_supervisor
	fi
	exec {lock_fd}<&-
}

instance_stop() {
	if [[ ! -e $dir ]]; then return 0; fi
	instance_is_ours || fatal 100 "\"$dir\" is not a directory of $name"
	remove_instance
}
