#!/usr/bin/env bats
# From one server to another without a store, by a real sshd: marks of pipes do
# not cross it, so the stream's own closing line must do.

load helper

setup_file() {
	load helper
	use_service postgres
}

setup() {
	pg_env
	home=$BATS_TEST_TMPDIR
	start_sshd
	new_database
	from=$db
	live=${db}_live
	createdb -T template0 "$live"
	sql "$live" "CREATE TABLE keep AS SELECT 1 AS one"
	sql "$from" "CREATE TABLE big AS SELECT i, md5(i::text) AS text
		FROM generate_series(1, 200000) i;
		CREATE TABLE \"odd \"\" name\" (n int UNIQUE);
		INSERT INTO \"odd \"\" name\" VALUES (NULL), (7)"
}

teardown() {
	[[ -z ${sshd-} ]] || kill "$sshd" 2>/dev/null || true
	local name
	for name in $(sql postgres "SELECT datname FROM pg_database
		WHERE starts_with(datname, '${from-none}')"); do
		dropdb --if-exists --force "$name"
	done
}

# A server of this test's own, for whoever runs it: $port, $home/key.
start_sshd() {
	((EUID != 0)) || mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$home/host"
	ssh-keygen -q -t ed25519 -N '' -f "$home/key"
	cat >"$home/sshd.conf" <<-END
		HostKey $home/host
		PidFile none
		AuthorizedKeysFile $home/key.pub
		StrictModes no
		UsePAM no
	END
	for _ in {1..20}; do
		port=$((20000 + SRANDOM % 12000))
		/usr/sbin/sshd -D -e -f "$home/sshd.conf" \
			-o "ListenAddress=127.0.0.1:$port" 2>"$home/sshd.log" 3>&- &
		sshd=$!
		for _ in {1..100}; do
			! grep -q "listening on" "$home/sshd.log" || return 0
			kill -0 "$sshd" 2>/dev/null || break
			sleep 0.05
		done
	done
	cat "$home/sshd.log"
	return 1
}

# there PROGRAM ARGUMENT...: on the other side of ssh.
there() {
	local words
	printf -v words '%q ' env PATH="$PATH" PGHOST="$PGHOST" PGPORT="$PGPORT" \
		PGUSER="$PGUSER" "$@"
	ssh -q -F none -i "$home/key" -p "$port" -o BatchMode=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		127.0.0.1 "$words"
}

same_as_source() {
	cmp <(dump_of "$from") <(dump_of "$live")
}

untouched() {
	[[ $(sql "$live" "SELECT one FROM keep") == 1 ]]
}

@test "pushed: the restored database is the source, counts are compared" {
	pg-stream --dbname="$from" 2>"$err" |
		there pg-load --dbname="$live" --quiet --report="$home/report"
	same_as_source
	[[ $(jq .row_count "$home/report") == 200002 ]]
}

@test "pulled, and compressed on the way" {
	there pg-stream --dbname="$from" | gzip-frame | gzip-frame -d 2>"$err" |
		pg-load --dbname="$live" --quiet >"$out" 2>>"$err"
	same_as_source
}

@test "the sender dies: what came is refused, the live database is untouched" {
	local at
	pg-stream --dbname="$from" >"$home/stream"
	for at in 0 100 5000000 $(($(stat -c %s "$home/stream") - 1)); do
		status=0
		head -c "$at" "$home/stream" |
			there pg-load --dbname="$live" >"$out" 2>"$err" || status=$?
		((status == 100 || status == 111))
		untouched
	done
}

@test "the line is cut: both ends know" {
	local pid
	mkfifo "$home/pipe"
	there pg-load --dbname="$live" <"$home/pipe" >"$out" 2>"$err" 3>&- &
	pid=$!
	status=0
	{
		pg-stream --dbname="$from" 2>"$home/sender" 3>&- || status=$?
		echo "$status" >"$home/status"
	} | {
		head -c 3000000
		pkill -P "$pid" -x ssh
		cat
	} >"$home/pipe" || true
	status=0
	wait "$pid" || status=$?
	((status != 0))
	[[ $(<"$home/status") != 0 ]]
	untouched
}
