# postgres: a cluster of our own, fast and not durable, else with the defaults.
# Trust on the unix socket, a password on TCP. Run by root it belongs to
# Debian's user postgres, as a server never runs as root.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

postgres_ready_wait=60 # seconds
postgres_socket_max=80 # bytes; the kernel's limit is 107 with the file's name

# The newest server on this machine, or the one that --pg-version asks for.
postgres_bin() {
	local bin
	bin=$(find "/usr/lib/postgresql/${pg_version:-}" -path '*/bin/initdb' \
		2>/dev/null | sort -V | tail -n 1)
	REPLY=${bin%/initdb}
	[[ -n $bin ]]
}

available_postgres() {
	if ! postgres_bin; then
		echo "no PostgreSQL server ${pg_version:-}: run scripts/setup demo"
		return 1
	fi
	if ((EUID == 0)) && ! id -u postgres >/dev/null 2>&1; then
		echo "there is no user postgres to run it, and root cannot"
		return 1
	fi
	echo "$REPLY"
}

prepare_postgres() { :; }

# Files live in the state directory unless the server's user or the kernel
# cannot use that path.
postgres_home() {
	home=$dir
	if ((EUID == 0 || ${#dir} > postgres_socket_max)); then
		home=$(mktemp -u -d /tmp/pgbackpipe-postgres.XXXXXXXX)
		echo "$home" >"$dir/home"
		outside=$home
		mkdir -m 700 -- "$home"
	fi
	if ((EUID == 0)); then
		SPAWN_AS=postgres
		chown postgres: -- "$home"
	fi
	cd -- "$home" || exit
}

postgres_initdb() { # PASSWORD
	mkdir -m 700 socket
	echo "$1" >password
	if [[ -n ${SPAWN_AS-} ]]; then chown "$SPAWN_AS:" socket password; fi
	spawn "$bin/initdb" --pgdata="$home/data" --username=postgres \
		--auth-local=trust --auth-host=scram-sha-256 \
		--pwfile="$home/password" --encoding=UTF8 --locale=C.UTF-8 \
		--no-sync --no-instructions
	wait "$REPLY"
	servers=()
	rm -- password
	cat >>data/postgresql.conf <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$home/socket'
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		dynamic_shared_memory_type = mmap # nothing in /dev/shm to leave behind
		${PGBACKPIPE_POSTGRES_CONF-}
	END
}

postgres_answers() {
	[[ $(tail -n 1 "$home/data/postmaster.pid" 2>/dev/null) == ready* ]] &&
		"$bin/psql" -XAqt -h "$home/socket" -p "$port" -U postgres \
			-d postgres -c '' >/dev/null 2>&1
}

start_postgres() {
	local bin home port password try st
	postgres_bin
	bin=$REPLY
	stop_signal=QUIT # at once, and the server ends its children
	password=$(random_hex 16)
	postgres_home
	postgres_initdb "$password"
	for try in {1..10}; do
		free_port
		port=$REPLY
		spawn "$bin/postgres" -D "$home/data" -p "$port"
		st=0
		wait_until "$postgres_ready_wait" "$REPLY" postgres_answers || st=$?
		((st)) || break
		((st == 1 && try < 10)) || fatal 111 "the server does not start"
		forget_server
	done
	printf '127.0.0.1:%s:*:postgres:%s\n' "$port" "$password" >"$dir/pgpass"
	save_env PGHOST "$home/socket" PGHOST_TCP 127.0.0.1 PGPORT "$port" \
		PGUSER postgres PGDATABASE postgres PGPASSFILE "$dir/pgpass"
}

# A killed server leaves a System V segment: line 7 of its pid file names it.
clean_postgres() {
	local home=$dir lines
	{ read -r home <"$dir/home"; } 2>/dev/null || true
	{ mapfile -t lines <"$home/data/postmaster.pid"; } 2>/dev/null || return 0
	if [[ ${lines[6]-} =~ ^\ *[0-9]+\ +([0-9]+)$ ]]; then
		ipcrm -m "${BASH_REMATCH[1]}" 2>/dev/null || true
	fi
}
