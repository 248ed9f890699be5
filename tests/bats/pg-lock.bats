#!/usr/bin/env bats
# pg-lock: one session at a time, and the command's own status.

load helper

setup_file() {
	pg_env
}

setup() {
	db=postgres
}

# A pg-lock that holds KEY until the file $BATS_TEST_TMPDIR/go is there.
hold() {
	pg-lock -d "$db" --key="$1" -- sh -c \
		'touch "$0/held"; while [ ! -e "$0/go" ]; do sleep 0.05; done' \
		"$BATS_TEST_TMPDIR" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	holder=$!
	until_true test -e "$BATS_TEST_TMPDIR/held"
}

let_go() {
	touch "$BATS_TEST_TMPDIR/go"
	wait "$holder"
}

@test "the command's status is passed on" {
	for code in 0 1 42 100 111; do
		fails "$code" pg-lock -d "$db" --key=a -- sh -c "exit $code"
	done
	status=0
	pg-lock -d "$db" --key=a -- sh -c 'kill -KILL $$' 2>"$err" ||
		status=$?
	((status == 137))
}

@test "standard input and output are the command's" {
	printf 'one\ntwo\n' | pg-lock -d "$db" --key=a -- cat >"$out"
	[[ $(cat "$out") == $'one\ntwo' ]]
}

@test "a held lock is exit 111 and names its holder; others are free" {
	hold busy
	fails 111 pg-lock -d "$db" --key=busy -- touch "$BATS_TEST_TMPDIR/ran"
	says "held by server process"
	says '("pg-lock"'
	[[ ! -e $BATS_TEST_TMPDIR/ran ]]
	works pg-lock -d "$db" --key=free -- true
	let_go
	works pg-lock -d "$db" --key=busy -- true
}

@test "the lock is free when pg-lock has ended, however slow the server is" {
	cat >"$BATS_TEST_TMPDIR/slow" <<-'SH'
		session=$(psql -XqAtc "SELECT pid FROM pg_locks
			WHERE locktype = 'advisory' LIMIT 1")
		kill -STOP "$session"
		(sleep 1; kill -CONT "$session") >/dev/null 2>&1 3>&- &
	SH
	works pg-lock -d "$db" --key=slow -- bash "$BATS_TEST_TMPDIR/slow"
	works pg-lock -d "$db" --key=slow -- true
}

@test "the lock is gone with a killed holder" {
	hold killed
	kill -KILL "$holder"
	wait "$holder" || true
	touch "$BATS_TEST_TMPDIR/go"
	for ((i = 0; i < 100; i++)); do
		pg-lock -d "$db" --key=killed -- true 2>"$err" && return
		sleep 0.05
	done
	false
}

@test "TERM ends the command too, and the lock" {
	hold stopped
	kill -TERM "$holder"
	status=0
	wait "$holder" || status=$?
	((status == 143))
	works pg-lock -d "$db" --key=stopped -- true
}

@test "a lost connection is a warning, the command goes on" {
	hold lost
	sql "$db" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = 'pg-lock'" >/dev/null
	until_true grep -q "lost the connection" "$BATS_TEST_TMPDIR/said"
	let_go
	grep -q 'the lock "lost" with it' "$BATS_TEST_TMPDIR/said"
	works pg-lock -d "$db" --key=lost -- true
}

@test "usage: no key, no command, no such command, no such database" {
	fails 100 pg-lock -d "$db" -- true
	says "missing option --key"
	fails 100 pg-lock -d "$db" --key=a
	fails 100 pg-lock -d "$db" --key=a -- /no/such/command
	fails 100 pg-lock -d no_such_database --key=a -- true
	says 'cannot connect to database "no_such_database"'
}

@test "a server that is not there is exit 111 with host and port" {
	fails 111 pg-lock -h 127.0.0.1 -p 1 -d "$db" --key=a -- true
	says "127.0.0.1"
	says "port 1"
	says "hint"
}

@test "a bad connection string is not quoted: it may hold a password" {
	fails 100 pg-lock -d 'host=x password=top secret' --key=a -- true
	says "cannot use the value of --dbname"
	lacks secret "$err"
	fails 100 pg-lock -d 'postgresql://u:secret@h/x?what=1' --key=a -- true
	lacks secret "$err"
}
