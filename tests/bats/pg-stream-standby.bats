#!/usr/bin/env bats
# pg-stream on a streaming standby: what it reads, and what ends it there.

load helper

# A primary and a standby of our own, for settings of both are changed.
setup_file() {
	unset PGDATABASE PGSERVICE PGPASSWORD
	own_service own postgres
	use_own own postgres
	unset PGDATABASE
	real_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	standby=$(mktemp -d /tmp/pgstream.XXXXXX)
	((EUID != 0)) || chown postgres: "$standby"
	export real_bin standby
	sql postgres "CREATE DATABASE shop TEMPLATE template0"
	sql shop "CREATE TABLE a (i int PRIMARY KEY, t text) WITH (autovacuum_enabled = off);
		INSERT INTO a SELECT g, repeat('x', 1000) FROM generate_series(1, 25000) g;
		CREATE UNLOGGED TABLE u (i int); INSERT INTO u VALUES (1);
		CREATE TABLE z AS SELECT g AS i FROM generate_series(1, 1000) g"
	as "$real_bin/pg_basebackup" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" \
		-D "$standby/main" -R -X stream -c fast
	local options="-p $PGPORT -k $standby"
	options+=" -c listen_addresses= -c fsync=off -c hot_standby_feedback=off"
	options+=" -c max_standby_streaming_delay=0"
	as "$real_bin/pg_ctl" -D "$standby/main" -w -l "$standby/log" -o "$options" \
		start >/dev/null 3>&-
}

teardown_file() {
	as "$real_bin/pg_ctl" -D "$standby/main" -m immediate stop >/dev/null || true
	rm -rf -- "$standby"
}

as() {
	if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

setup() {
	stream=$BATS_TEST_TMPDIR/stream
	report=$BATS_TEST_TMPDIR/report
}

# The standby has replayed all that the primary has done so far.
catch_up() {
	local lsn _
	lsn=$(sql shop "SELECT pg_current_wal_lsn()")
	for _ in {1..400}; do
		[[ $(PGHOST=$standby sql shop \
			"SELECT pg_last_wal_replay_lsn() >= '$lsn'") == t ]] && return
		sleep 0.05
	done
	false
}

# conflict OPTION...: a dump whose reader waits while rows that it needs go.
conflict() {
	local whole status=0
	sql shop "INSERT INTO a SELECT g, 'y' FROM generate_series(100001, 101000) g
		ON CONFLICT DO NOTHING"
	catch_up
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	PGHOST=$standby pg-stream -d shop --memory=3M --report="$report" "$@" \
		>"$BATS_TEST_TMPDIR/pipe" 2>"$err" 7>&- 3>&- &
	pid=$!
	# sessions [CONDITION]: how many of its sessions could still go on.
	sessions() {
		PGHOST=$standby sql postgres "SELECT count(*) FROM pg_stat_activity
			WHERE datname = 'shop' AND application_name IN ('pg-stream', 'pg_dump')
			AND state <> 'idle in transaction (aborted)' ${1-}"
	}
	reading() {
		[[ $(sessions "AND wait_event = 'ClientWrite'") -ge 1 ]]
	}
	until_true reading
	whole=$(sessions)
	sql shop "DELETE FROM a WHERE i > 100000"
	replay=$(PGHOST=$standby sql postgres "SELECT pid FROM pg_stat_activity
		WHERE backend_type = 'startup'")
	# A query ends at once unless it waits for its reader. The replay says so in
	# its title, once it has waited for half a second.
	stopped() {
		# Another session's snapshot may have kept them a while ago.
		sql shop "VACUUM a"
		(($(sessions) < whole)) ||
			tr '\0' ' ' <"/proc/$replay/cmdline" | grep -q waiting
	}
	until_true stopped
	# Once the reader goes on, the server can tell.
	cat <"$BATS_TEST_TMPDIR/pipe" >"$stream" 7>&- 3>&- &
	exec 7>&-
	wait "$pid" || status=$?
	wait
	cat "$err"
	((status == 111))
	# A session that is ended while it waits for its reader cannot say why.
	says "conflict with recovery"
	grep -q "hint: the standby had to replay\|server closed the connection" "$err"
	[[ ! -e $report ]]
}

@test "a standby is read as well, without unlogged tables" {
	catch_up
	for jobs in 1 3; do
		PGHOST=$standby works pg-stream -d shop -j"$jobs" --report="$report"
		cp "$out" "$stream.$jobs"
		[[ $(jq -c '[.tables[] | [.name, .rows]]' "$report") == '[["a",25000],["z",1000]]' ]]
	done
	cmp "$stream.1" "$stream.3"
	PGHOST=$standby works pg-stream -d shop --format=custom --report="$report"
	[[ $(jq .row_count "$report") == 26000 ]]
	PGHOST=$standby fails 100 pg-stream -d shop --deferrable
}

@test "rows that the standby has to remove: exit 111, and why" {
	conflict -j2
	says 'could not read table "public.'
}

@test "rows that the standby has to remove, read by pg_dump: exit 111, and why" {
	conflict -j1 --format=custom --compress=0
}

@test "a table that grows beside: its rows of the snapshot" {
	sql shop "CREATE TABLE grows AS SELECT g AS i FROM generate_series(1, 20000) g"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
	pg-stream -d shop -j2 --memory=3M --report="$report" \
		>"$BATS_TEST_TMPDIR/pipe" 2>"$err" 7>&- 3>&- &
	pid=$!
	reading() {
		[[ $(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop'
			AND application_name = 'pg-stream' AND wait_event = 'ClientWrite'") -ge 1 ]]
	}
	until_true reading
	sql shop "INSERT INTO grows SELECT g FROM generate_series(1, 200000) g;
		INSERT INTO a SELECT g, 'late' FROM generate_series(200001, 230000) g"
	cat <"$BATS_TEST_TMPDIR/pipe" >"$stream" 7>&- 3>&- &
	exec 7>&-
	wait "$pid"
	wait
	[[ $(jq -c '[.tables[] | [.name, .rows]]' "$report") == \
		'[["a",25000],["grows",20000],["u",1],["z",1000]]' ]]
}
