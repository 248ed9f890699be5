#!/usr/bin/env bats
# The driver in trouble: each message has the cause, the path or host, and the
# next step.

load helper
load pipelines-helper

setup() {
	driver_setup
}

teardown() {
	[[ -z ${small-} ]] || umount "$small" 2>/dev/null || true
}

# tells CODE CAUSE PLACE STEP COMMAND...
tells() {
	local code=$1 cause=$2 place=$3 step=$4
	shift 4
	fails "$code" "$@"
	says "$cause"
	says "$place"
	says "$step"
	says retry
	speaks_of_backup
	[[ ! -s $out ]]
}

@test "the server refuses" {
	tells 111 "Connection refused" 'host "127.0.0.1", port 1' pg_isready \
		pgbackpipe create --dbname="$db" --host=127.0.0.1 --port=1
	says "there is no good backup yet"
	works pgbackpipe backup --dbname="$db"
	name=$(json .name)
	fails 111 pgbackpipe create --dbname="$db" --host=127.0.0.1 --port=1
	says "last good backup: \"$name\", 0 minutes old"
}

@test "no space left" {
	small=$BATS_TEST_TMPDIR/small
	mkdir "$small"
	mount -t tmpfs -o size=64k tmpfs "$small" 2>/dev/null ||
		skip "cannot mount a tmpfs"
	sql "$db" 'INSERT INTO customers (name)
		SELECT md5(i::text) FROM generate_series(1, 9000) i'
	tells 111 "No space left" "$small" "df -h" \
		pgbackpipe create --dbname="$db" --store="$small/backups"
	[[ -z $(find "$small" -type f -name '*.gz*') ]]
}

@test "refused at restore" {
	works pgbackpipe create --dbname="$db"
	before=$(dump_of "$db")
	tells 111 "Connection refused" 'host "127.0.0.1", port 1' pg_isready \
		pgbackpipe restore latest --dbname="$db" --target-host=127.0.0.1 \
		--target-port=1 --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
}

@test "permission denied on the directory" {
	locked=$BATS_TEST_TMPDIR/locked
	mkdir -m 0555 "$locked"
	# The server's directory is closed, too: one comes by TCP.
	export PGHOST=$PGHOST_TCP
	tells 100 "Permission denied" "$locked" chown \
		powerless pgbackpipe create --dbname="$db" --store="$locked/backups"
}

# hold_rows: no one can read the table until release_rows, so that a create
# stands still with all its stages running.
hold_rows() {
	psql -Xq -d "$db" -c 'BEGIN; LOCK TABLE customers; SELECT pg_sleep(60)' \
		>"$out.lock" 2>&1 3>&- &
	until [[ $(sql postgres "SELECT count(*) FROM pg_locks WHERE granted
		AND mode = 'AccessExclusiveLock' AND relation IS NOT NULL
		AND database = (SELECT oid FROM pg_database
			WHERE datname = '$db')") != 0 ]]; do
		sleep 0.05
	done
}

release_rows() {
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = '$db' AND query LIKE 'BEGIN; LOCK%'" >"$out.lock"
}

# begin_create: in the background; its process in pid.
begin_create() {
	pgbackpipe create --dbname="$db" >"$out" 2>"$err" 3>&- &
	pid=$!
}

# find_stage NAME: its process in victim.
find_stage() {
	for _ in {1..600}; do
		victim=$(descendant "$pid" "$1")
		[[ -z $victim ]] || return 0
		sleep 0.05
	done
	return 1
}

@test "a stage that dies: its name and signal, and a retry may help" {
	for stage in pg-stream gzip-frame sha-tee s3-put; do
		hold_rows
		begin_create
		find_stage "$stage"
		kill -KILL "$victim"
		release_rows
		status=0
		wait "$pid" || status=$?
		((status == 111))
		says "failed in $stage: it died of signal KILL"
		nothing_left_but_records
	done
	no_work_left
}

# descendant PID NAME: the process of this name below that one.
descendant() {
	ps -eo pid=,ppid=,comm= | awk -v top="$1" -v name="$2" '
		{ parent[$1] = $2; command[$1] = $3 }
		END {
			for (pid in command)
				if (command[pid] == name)
					for (at = pid; at > 1; at = parent[at])
						if (at == top) { print pid; exit }
		}'
}

nothing_left_but_records() {
	[[ -z $(find "$(path_of "$store")" -type f \
		! -name '.pgbackpipe-failure-*' 2>/dev/null) ]]
}

@test "a program beside the stages is killed: told as such, a retry may help" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nkill -9 $$\n' >"$BATS_TEST_TMPDIR/bin/psql"
	chmod +x "$BATS_TEST_TMPDIR/bin/psql"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH tells 111 "died of signal KILL" create retry \
		pgbackpipe create --dbname="$db"
}

@test "a store that may only be read: verify says good, and what it could not do" {
	works pgbackpipe create --dbname="$db"
	chmod 0500 "$(path_of "$store")"
	fails 100 powerless pgbackpipe verify latest
	says "is good"
	says "Permission denied"
	[[ $(grep -c "s3-put: fatal" "$err") == 1 ]]
	chmod 0700 "$(path_of "$store")"
}

@test "an object that was cut: list says why it is none" {
	local url
	works pgbackpipe create --dbname="$db"
	url=$(json .url)
	truncate -s 5 "$(path_of "$url")"
	works pgbackpipe list
	grep -q "the object has 5 bytes, its manifest says" "$out"
}

@test "the database's session is cut" {
	sql "$db" 'INSERT INTO customers (name)
		SELECT repeat(md5(i::text), 60) FROM generate_series(1, 60000) i'
	hold_rows
	begin_create
	# A filter that does not read keeps the copy of the rows from its end.
	find_stage gzip-frame
	kill -STOP "$victim"
	release_rows
	until sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = '$db' AND state = 'active'
		AND query LIKE 'COPY%'" | grep -q t; do
		sleep 0.05
	done
	kill -CONT "$victim"
	status=0
	wait "$pid" || status=$?
	((status == 111))
	says "failed in pg-stream"
	nothing_left_but_records
}
