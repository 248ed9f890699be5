#!/usr/bin/env bats
# Several stores in one pass, and what follows once a backup is published.

load helper
load pipelines-helper

setup() {
	driver_setup
	copy=$BATS_TEST_TMPDIR/copy
	export BACKUP_STORE_COPIES=file://$copy
	first=$(path_of "$store")
}

# same NAME: object and manifest are the same in both directories.
same() {
	cmp "$first/$1" "$copy/$1"
	cmp "$first/$1.json" "$copy/$1.json"
}

# A directory that cannot be: a file stands in its place.
block() {
	rm -rf -- "$1"
	: >"$1"
}

@test "create stores the same everywhere, verify proves each" {
	works pgbackpipe create --dbname="$db"
	speaks_of_backup
	name=$(json .name)
	[[ $(json '.copies[0].url') == "file://$copy/$name" ]]
	[[ $(json '.copies[0].ok') == true ]]
	same "$name"
	[[ $(jq -c .urls "$copy/$name.json") == "[\"$store/$name\",\"file://$copy/$name\"]" ]]
	works pgbackpipe verify latest
	speaks_of_backup
	[[ $(json '.copies[0].result') == good ]]
	ls "$first/$name".verified-*.json "$copy/$name".verified-*.json
	works pgbackpipe restore latest --store="file://$copy" --dbname="$db" \
		--no-confirm
	no_work_left
}

@test "a directory and a bucket hold the same backup, on every S3 server" {
	for server in $(s3_names); do
		use_store "$server"
		export BACKUP_STORE=$store
		works pgbackpipe backup --dbname="$db"
		name=$(json .name)
		[[ $(json '.copies[0].result') == good ]]
		s3-get "$store/$name" >"$BATS_TEST_TMPDIR/object"
		cmp "$BATS_TEST_TMPDIR/object" "$copy/$name"
		s3-get "$store/$name.json" >"$BATS_TEST_TMPDIR/object"
		cmp "$BATS_TEST_TMPDIR/object" "$copy/$name.json"
	done
}

@test "all must hold it unless BACKUP_NEED says how many" {
	block "$copy"
	fails 100 pgbackpipe create --dbname="$db"
	[[ -z $(find "$first" -name '*.sql.gz*') ]]
	export BACKUP_NEED=1
	works pgbackpipe create --dbname="$db"
	says "going on with 1 of 2"
	[[ -f $first/$(json .name).json ]]
	works pgbackpipe verify latest
	# A server that is down costs seconds, not the backup.
	export AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ACCESS_KEY_ID=x
	export AWS_SECRET_ACCESS_KEY=x AWS_REGION=x BACKUP_RETRY=2s
	BACKUP_STORE_COPIES=s3://bucket/x works pgbackpipe backup --dbname="$db"
	says "going on without a copy of the backup in \"s3://bucket/x\""
	[[ $(json .result) == good ]]
	export BACKUP_NEED=3
	fails 100 pgbackpipe create --dbname="$db"
	says BACKUP_NEED
}

@test "where one is enough the copy stands in for the first store" {
	export BACKUP_NEED=1
	block "$first"
	works pgbackpipe backup --dbname="$db"
	says "going on with 1 of 2"
	name=$(json .name)
	[[ $(json .result) == good && $(json .url) == "file://$copy/$name" ]]
	ls "$copy/$name".verified-*.json
	BACKUP_RUN_ID=$(json .run_id) works pgbackpipe notify
	[[ $(json .event) == backup.completed ]]
}

@test "a copy that is bad fails verify, or not, as BACKUP_NEED says" {
	works pgbackpipe create --dbname="$db"
	name=$(json .name)
	export BACKUP_RUN_ID
	BACKUP_RUN_ID=$(json .run_id)
	flip "$copy/$name" 99
	BACKUP_NEED=1 works pgbackpipe verify
	says "1 of 2, 1 are needed"
	[[ $(json .result) == good && $(json '.copies[0].result') == bad ]]
	ls "$copy/$name".damaged-*.json "$first/$name".verified-*.json
	works pgbackpipe notify
	[[ $(json .event) == backup.completed ]]
	fails 1 pgbackpipe verify
	says "1 of 2 copies are good, 2 are needed"
	speaks_of_backup
	works pgbackpipe notify
	[[ $(json .event) == backup.failed && $(json .cause) == *"1 of 2"* ]]
	fails 1 pgbackpipe status --dbname="$db"
}

@test "retention works in each store by what is proven there" {
	for days in 30 20 10; do
		works pgbackpipe backup --dbname="$db"
		name=$(json .name)
		age_manifest "$store/$name" "$days"
		age_manifest "file://$copy/$name" "$days"
	done
	works pgbackpipe backup --dbname="$db" --max-count=2
	[[ $(find "$first" -name '*.sql.gz' | wc -l) == 2 ]]
	diff <(cd "$first" && ls ./*.sql.gz) <(cd "$copy" && ls ./*.sql.gz)
}

@test "a try that died between two manifests: the next one completes it" {
	export BACKUP_RUN_ID=run-1
	works pgbackpipe create --dbname="$db"
	name=$(json .name)
	rm "$copy/$name.json"
	works pgbackpipe create --dbname="$db"
	[[ $(json .result) == found ]]
	same "$name"
	# Between two objects: nothing of it stays in either.
	export BACKUP_RUN_ID=run-2
	put_debris half.sql.gz run-2
	store=file://$copy put_debris half.sql.gz run-2
	works pgbackpipe create --dbname="$db"
	same "$(json .name)"
	[[ -z $(find "$first" "$copy" -name 'half*') ]]
}

@test "a name that is taken in one store is taken" {
	mkdir -p "$copy"
	: >"$copy/x.sql.gz"
	works pgbackpipe create --dbname="$db" --name='x.{extension}'
	[[ $(json .name) == x-2.sql.gz ]]
	same x-2.sql.gz
}

@test "fewer rows than MIN_ROWS_PERCENT of the last good backup is bad" {
	unset BACKUP_STORE_COPIES
	export MIN_SIZE_PERCENT=0
	works pgbackpipe backup --dbname="$db"
	sql "$db" 'DELETE FROM orders WHERE id > 1000'
	works pgbackpipe create --dbname="$db"
	works pgbackpipe verify latest
	sql "$db" 'TRUNCATE orders'
	works pgbackpipe create --dbname="$db"
	MIN_ROWS_PERCENT=17 fails 1 pgbackpipe verify latest
	says "MIN_ROWS_PERCENT 17"
	says "row count 202 is below 17 % of the last good one's 1202"
	MIN_ROWS_PERCENT=17 SHRINK_ACTION=warn works pgbackpipe verify latest
	says "warning: backup"
	works pgbackpipe verify latest
}

@test "NOTIFY_ON reaches the filter" {
	works pgbackpipe backup --dbname="$db"
	NOTIFY_ON=failure NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/x \
		works pgbackpipe notify latest
	lacks warning "$err"
	NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/x works pgbackpipe notify latest
	says warning
}

@test "LATEST_LINK leads to the newest backup, and no file is replaced" {
	export LATEST_LINK=latest.sql.gz
	for _ in 1 2; do
		works pgbackpipe create --dbname="$db"
		for directory in "$first" "$copy"; do
			[[ $(readlink "$directory/latest.sql.gz") == "$(json .name)" ]]
		done
	done
	name=$(json .name)
	works pgbackpipe list
	lacks latest "$out"
	# What fails before the manifest moves nothing.
	fails 100 pgbackpipe create --dbname=no_such_database
	[[ $(readlink "$first/latest.sql.gz") == "$name" ]]
	rm "$first/latest.sql.gz"
	echo mine >"$first/latest.sql.gz"
	works pgbackpipe create --dbname="$db"
	says "is no link"
	[[ $(cat "$first/latest.sql.gz") == mine ]]
	for name in a/b .hidden ..; do
		LATEST_LINK=$name fails 100 pgbackpipe create --dbname="$db"
		says LATEST_LINK
	done
}

@test "AFTER_HOOK runs when the manifest is there; its failure is only told" {
	local hook=$BATS_TEST_TMPDIR/hook
	printf '#!/bin/sh\necho hook says hello\njq -r .filename "$1" >"%s.out"\n' \
		"$hook" >"$hook"
	chmod +x "$hook"
	AFTER_HOOK=$hook works pgbackpipe create --dbname="$db"
	says "hook says hello"
	speaks_of_backup
	[[ $(wc -l <"$out") == 1 ]]
	[[ $(cat "$hook.out") == "$(json .name)" ]]
	AFTER_HOOK="cp \"\$1\" $hook.copy; exit 7" works pgbackpipe create --dbname="$db"
	says "AFTER_HOOK ended with status 7"
	cmp "$hook.copy" "$first/$(json .name).json"
	rm "$hook.out"
	AFTER_HOOK=$hook fails 100 pgbackpipe create --dbname=no_such_database
	AFTER_HOOK=$hook works pgbackpipe create --dbname="$db" --dry-run
	[[ ! -e $hook.out ]]
	AFTER_HOOK=/nonexistent works pgbackpipe create --dbname="$db"
	says "AFTER_HOOK ended with status 127"
	no_work_left
}
