#!/usr/bin/env bats
# A directory of dumps, kept by age and count: each fact that its users rely
# on, under pipelines/examples/ops-center.env.

load helper
load pipelines-helper

setup() {
	as_example ops-center
	dir=$BATS_TEST_TMPDIR/backups
	export BACKUP_DIR=$dir
	store=file://$dir
	sample_database
	export PGDATABASE=$db
}

@test "3.1 the variables and their defaults" {
	unset BACKUP_DIR
	works pgbackpipe config --json
	value() {
		jq -r --arg n "$1" '.settings[] | select(.name == $n) | .value' "$out"
	}
	[[ $(value BACKUP_DIR) == /app/backups/database ]]
	[[ $(value BACKUP_STORE) == file:///app/backups/database ]]
	[[ $(value BACKUP_RETENTION_DAYS) == 7 ]]
	[[ $(value BACKUP_MAX_COUNT) == 30 ]]
	[[ $(value BACKUP_INTERVAL_HOURS) == 24 ]]
	[[ $(value BACKUP_ENABLED) == true ]]
	lacks . "$err"
	BACKUP_MAX_COUNT=5 works pgbackpipe config --json
	[[ $(value BACKUP_MAX_COUNT) == 5 ]]
	# Nothing listens there yet, and that is said.
	BACKUP_PORT=3001 works pgbackpipe config --json
	[[ $(value BACKUP_PORT) == 3001 ]]
	says "BACKUP_PORT (environment) has no effect yet"
}

@test "3.2 create's, list's and status' fields" {
	works pgbackpipe create --description="for the API"
	for field in filename timestamp created_at size_mb description; do
		[[ $(json "has(\"$field\")") == true ]]
	done
	works pgbackpipe list --json
	[[ $(jq -c '.[0] | [.filename, .description, .compressed] | map(type)' "$out") == \
		'["string","string","boolean"]' ]]
	works pgbackpipe status
	[[ $(json .enabled) == true && $(json .backup_directory) == "$store" ]]
	[[ $(json .retention_days) == 7 && $(json .max_backups) == 30 ]]
	[[ $(json .interval_hours) == 24 && $(json .total_backups) == 1 ]]
}

@test "3.3 command line: create, list, restore, delete, cleanup" {
	works pgbackpipe create
	[[ $(json .description) == "Manual backup" ]]
	works pgbackpipe create -d "two"
	works pgbackpipe create --description three
	works pgbackpipe create "four"
	works pgbackpipe create -d five
	# Sizes that add up to what the heading of the old list said.
	works pgbackpipe list
	grep -qx "Available Backups (5)" "$out"
	grep -qE '^Filename +Size +Created +Description$' "$out"
	grep -qE "^backup_${db}_[0-9_]+(-[0-9])?\.sql\.gz +0\.[0-9]{2} MB +[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} +Manual backup$" "$out"
	grep -qE '^Total: 5 backups, 0\.[0-9]{2} MB$' "$out"
	[[ $(grep -nE 'five$' "$out" | cut -d: -f1) -lt $(grep -nE 'two$' "$out" | cut -d: -f1) ]]
	newest=$(pgbackpipe list --json | jq -r '.[0].name')
	pgbackpipe list | head -n 2 >"$out" 2>"$err"
	[[ ! -s $err ]]
	on_terminal yes "pgbackpipe restore '$newest' 2>&1" >"$out"
	works pgbackpipe verify latest
	fails 100 pgbackpipe delete "$newest"
	says "--force"
	works pgbackpipe delete --force "$newest"
	works pgbackpipe cleanup
	[[ $(json .result) == pruned ]]
}

@test "3.4 the description of scheduled backups" {
	works pgbackpipe create --type=scheduled
	[[ $(json .description) == "Automated scheduled backup" ]]
	[[ $(json .type) == scheduled ]]
	export BACKUP_ENABLED=false
	for word in create verify notify backup; do
		BACKUP_TYPE=scheduled works pgbackpipe "$word"
		[[ $(json .result) == disabled ]]
	done
	works pgbackpipe create
	[[ $(pgbackpipe list --json | jq length) == 2 ]]
}

@test "3.5 name, and the JSON beside it" {
	works pgbackpipe create -d "nightly"
	name=$(json .name)
	[[ $name =~ ^backup_${db}_[0-9]{8}_[0-9]{6}\.sql\.gz$ ]]
	bytes=$(stat -c %s "$dir/$name")
	[[ $(jq -r .filename "$dir/$name.json") == "$name" ]]
	[[ $(jq -r .timestamp "$dir/$name.json") =~ ^[0-9]{8}_[0-9]{6}$ ]]
	[[ $(jq -r .created_at "$dir/$name.json") =~ ^[0-9-]{10}T[0-9:]{8}\.[0-9]{6}$ ]]
	[[ $(jq -r .database "$dir/$name.json") == "$db" ]]
	[[ $(jq -r .size_bytes "$dir/$name.json") == "$bytes" ]]
	[[ $(jq -r .description "$dir/$name.json") == nightly ]]
	[[ $(jq -r .compressed "$dir/$name.json") == true ]]
	[[ $(jq -r '.size_mb == ((.size_bytes * 100 / 1048576 | floor) / 100)' \
		"$dir/$name.json") == true ]]
}

# proven N...: backups that are so many days old.
proven() {
	local days
	for days; do
		works pgbackpipe create
		works pgbackpipe verify latest --no-prune
		age_manifest "$(json .url)" "$days"
	done
}

@test "3.6 retention by age and count; either keeps more than both" {
	proven 30 20 10 3
	works pgbackpipe cleanup --dry-run --max-count=2
	says 'rule "either"'
	[[ $(grep -c ^keep "$out") == 2 ]]
	works pgbackpipe cleanup --dry-run --max-count=1 --rule=both
	says 'rule "both"'
	[[ $(grep -c ^keep "$out") == 1 ]]
	works pgbackpipe cleanup --max-count=3
	[[ $(pgbackpipe list --json | jq length) == 3 ]]
}

@test "3.7 in a container: no terminal, and a health check" {
	works pgbackpipe backup --type=scheduled
	says "begins"
	says "created"
	says "good"
	works pgbackpipe status
	PGPORT=1 fails 111 pgbackpipe backup --host=127.0.0.1
	fails 1 pgbackpipe status
}

@test "3.8 permissions of the directory and its files" {
	works pgbackpipe create
	[[ $(stat -c %a "$dir") == 700 ]]
	[[ $(find "$dir" -type f ! -perm 0600) == "" ]]
	FILE_MODE=0640 DIR_MODE=0750 BACKUP_DIR=$dir/other works pgbackpipe create
	[[ $(stat -c %a "$dir/other") == 750 ]]
	[[ $(find "$dir/other" -type f ! -perm 0640) == "" ]]
}

@test "3.9 its troubles are told with place and next step" {
	fails 111 pgbackpipe create --host=127.0.0.1 --port=1
	says "Connection refused"
	says "pg_isready -h 127.0.0.1 -p 1"
	# The other three are in pipelines-troubles.bats.
}

@test "3.10 a file copied out; export and import" {
	works pgbackpipe create
	name=$(json .name)
	before=$(dump_of "$db")
	cp "$dir/$name" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR"
	sql "$db" 'DELETE FROM orders'
	works pgbackpipe restore "./$name" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
	pgbackpipe export "$name" >x.tar 2>"$err"
	BACKUP_DIR=$BATS_TEST_TMPDIR/elsewhere
	pgbackpipe import <x.tar >"$out" 2>"$err"
	works pgbackpipe verify latest
	[[ $(json .name) == "$name" ]]
}
