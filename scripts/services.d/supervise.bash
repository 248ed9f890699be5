# supervise: the process that starts the servers of one instance, watches
# over them, and ends them; and the end of an instance seen from outside.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

outside='' # what an instance has in another place than its directory
server_wait=8 # seconds a server has to end by itself

# Every signal goes to a server's own process; what it forked follows it.
stop_servers() {
	local server end=$((SECONDS + server_wait))
	for server in "${servers[@]}"; do
		kill "-${stop_signal:-TERM}" "$server" 2>/dev/null || true
	done
	for server in "${servers[@]}"; do
		while process_birth "$server" && ((SECONDS < end)); do
			sleep 0.05
		done
		kill -KILL "$server" 2>/dev/null || true
	done
	servers=()
}

close_inherited() {
	local fd
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		# 255 is bash's own, on this script
		((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
	done
}

instance_supervise() {
	local server owner_birth=
	close_inherited
	umask 077
	cd -- "$dir" || exit
	trap 'stop_servers' EXIT
	trap 'exit 0' TERM INT HUP
	process_birth "$$"
	echo "$$ $REPLY" >"$dir/pid"
	if [[ -n $owner_pid ]]; then
		process_birth "$owner_pid" ||
			fatal 111 "there is no process $owner_pid"
		owner_birth=$REPLY
	fi
	"start_$name"
	: >"$dir/ready"
	while [[ -f $dir/pid ]]; do
		for server in "${servers[@]}"; do
			process_birth "$server" || fatal 111 "process $server has died"
		done
		if [[ -n $owner_pid ]] && ! is_alive "$owner_pid" "$owner_birth"; then
			break
		fi
		nap 0.5
	done
	stop_servers
	empty_dir
	[[ ! -d $dir ]] || rmdir -- "$dir"
}

# Ends an instance from outside. Its supervisor leads a process group, so that
# a command that the supervisor waits for ends too.
stop_instance() {
	local pid birth end=$((SECONDS + stop_wait))
	{ read -r pid birth <"$dir/pid"; } 2>/dev/null || return 0
	if is_alive "$pid" "$birth"; then
		kill -TERM -- "-$pid" 2>/dev/null || true
		while is_alive "$pid" "$birth" && ((SECONDS < end)); do
			nap 0.05
		done
	elif [[ -d /proc/$pid ]]; then
		return 0 # another process has that number now
	fi
	kill -KILL -- "-$pid" 2>/dev/null || true
}

# What a killed server's children still write may make rm fail: try again.
remove_tree() { # DIRECTORY FIND-OPTIONS...
	local try
	for try in {1..50}; do
		[[ -d $1 ]] || return 0
		find "$@" -delete 2>/dev/null && return 0
		nap 0.1
	done
	fatal 111 "could not remove \"$1\" after $try tries"
}

empty_dir() {
	local home
	if [[ $(type -t "clean_$name") == function ]]; then "clean_$name"; fi
	# Whoever owned the directory may have removed it, and that file with it.
	{ read -r home <"$dir/home"; } 2>/dev/null || home=$outside
	[[ -z $home ]] || remove_tree "$home"
	remove_tree "$dir" -mindepth 1
}

remove_instance() {
	stop_instance
	empty_dir
	remove_tree "$dir"
}
