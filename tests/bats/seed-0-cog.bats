#!/usr/bin/env bats
# A chat bot's tables as JSON in a bucket: each fact that its users rely on,
# under pipelines/examples/cog.env.

load helper
load pipelines-helper

setup() {
	as_example cog
	use_bucket
	export BACKUP_BUCKET=$S3_BUCKET BACKUP_JOBS=2
	new_database
	sql "$db" 'CREATE TABLE users (id int PRIMARY KEY, name text, joined timestamptz, settings jsonb);
		INSERT INTO users SELECT g, $$user "$$ || g || $$"$$, $$2024-01-15 12:00:00+00$$, $${"dark": true}$$
			FROM generate_series(1, 1000) g;
		CREATE TABLE video_cache (id int); INSERT INTO video_cache VALUES (1), (2);
		CREATE TABLE video_cache_backup (id int);
		CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ($$a$$)'
	export PGDATABASE=$db BACKUP_SERIES=$db
	store=s3://$S3_BUCKET/backups/db
}

teardown() {
	[[ -z ${db-} ]] || pgbackpipe list --json | jq -r '.[].name' |
		xargs -r pgbackpipe delete --force >/dev/null 2>&1 || true
}

# content: of the last backup that was made.
content() {
	s3-get "$(json .url)" >"$BATS_TEST_TMPDIR/content"
	jq -c "$1" "$BATS_TEST_TMPDIR/content"
}

# refuses VARIABLE=VALUE...: a create with it fails before anything runs.
refuses() {
	fails 100 env "$@" pgbackpipe create
	[[ ! -s $out ]]
	works pgbackpipe list --json
	[[ $(jq length "$out") == 0 ]]
}

@test "0.2 rows are streamed: memory stays small whatever the table's size" {
	not_sanitized
	sql "$db" 'CREATE UNLOGGED TABLE big AS SELECT g AS id, repeat($$x$$, 1000) AS t
		FROM generate_series(1, 100000) g'
	python3 - >"$out" 2>"$err" <<'PY'
import resource, subprocess, sys
subprocess.run(["pgbackpipe", "create"], check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.exit(f"peak: {peak} KiB" if peak > 64 * 1024 else 0)
PY
	[[ $(json .row_count) == 101002 && $(json .size_bytes) -gt 100000000 ]]
}

@test "0.3 to <prefix>db_backup_YYYY-MM-DD_HH-MM-SS.json; verified, listed" {
	works pgbackpipe backup
	[[ $(json .name) =~ ^db_backup_20[0-9]{2}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}\.json$ ]]
	[[ $(json .url) == "$store/$(json .name)" ]]
	[[ $(json '[.result, .level, .format, .row_count, .table_count] | @csv') == '"good","structure","json",1002,3' ]]
	works pgbackpipe list --json
	[[ $(jq -c '.[] | [.format, .row_count, .state]' "$out") == '["json",1002,"backup"]' ]]
	works pgbackpipe status
	[[ $(json .total_backups) == 1 ]]
	BACKUP_PREFIX=other works pgbackpipe create
	[[ $(json .url) == "s3://$S3_BUCKET/other/$(json .name)" ]]
	BACKUP_PREFIX=other works pgbackpipe delete --force "$(json .name)"
}

@test "0.4 chosen tables: exact names, patterns, a file; all by default" {
	works pgbackpipe create
	[[ $(content keys) == '["users","video_cache","video_cache_backup"]' ]]
	BACKUP_TABLES=video_cache works pgbackpipe create
	[[ $(content keys) == '["video_cache"]' ]]
	BACKUP_TABLES='video* users' works pgbackpipe create
	[[ $(content keys) == '["users","video_cache","video_cache_backup"]' ]]
	printf 'users\nvideo_cache\n' >"$BATS_TEST_TMPDIR/tables"
	BACKUP_TABLES_FILE=$BATS_TEST_TMPDIR/tables works pgbackpipe create
	[[ $(content keys) == '["users","video_cache"]' ]]
}

@test "0.4 a listed table that is missing is exit 100 before the first byte" {
	refuses BACKUP_TABLES="users video"
	BACKUP_TABLES="users video" fails 100 pgbackpipe create
	says 'cannot find table "video"'
}

@test "0.5 its keys are ours, and are checked before anything runs" {
	grep -qx 'storage.backend=s3' "$PGBACKPIPE_CONFIG"
	cat >"$BATS_TEST_TMPDIR/cog.env" <<-END
		storage.backend=s3
		bucket_name=$S3_BUCKET
		object_prefix=backups/db/
		include.database_backup=true
		cron_schedule="0 2 * * *"
		BACKUP_FORMAT=json
	END
	unset BACKUP_BUCKET
	works pgbackpipe create --config="$BATS_TEST_TMPDIR/cog.env"
	[[ $(json .url) == "$store/"* ]]
	works pgbackpipe delete --force "$(json .name)" --config="$BATS_TEST_TMPDIR/cog.env"
	sed 's/^storage.backend=.*/storage.backend=ftp/' "$BATS_TEST_TMPDIR/cog.env" >"$BATS_TEST_TMPDIR/bad.env"
	fails 100 pgbackpipe create --config="$BATS_TEST_TMPDIR/bad.env"
	says "storage.backend"
	sed '/^bucket_name/d' "$BATS_TEST_TMPDIR/cog.env" >"$BATS_TEST_TMPDIR/bad.env"
	fails 100 env -u S3_BUCKET pgbackpipe create --config="$BATS_TEST_TMPDIR/bad.env"
	says "bucket_name"
	sed 's/true/false/' "$BATS_TEST_TMPDIR/cog.env" >"$BATS_TEST_TMPDIR/off.env"
	works pgbackpipe create --config="$BATS_TEST_TMPDIR/off.env" --type=scheduled
	[[ $(json .result) == disabled ]]
}

@test "0.6 keys from ~/.aws/credentials" {
	export HOME=$BATS_TEST_TMPDIR/home
	mkdir -p "$HOME/.aws"
	printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \
		"$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" >"$HOME/.aws/credentials"
	works env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY pgbackpipe create
	[[ $(json .result) == created ]]
}

@test "0.7 a member for each table, an object for each row" {
	works pgbackpipe create
	[[ $(content '.users[0]') == '{"id":1,"name":"user \"1\"","joined":"2024-01-15T12:00:00+00:00","settings":{"dark":true}}' ]]
	[[ $(content 'map_values(length)') == '{"users":1000,"video_cache":2,"video_cache_backup":0}' ]]
	BACKUP_FORMAT=ndjson BACKUP_COMPRESSION=gzip works pgbackpipe backup
	[[ $(json .name) == *.ndjson.gz && $(json '[.format, .row_count] | @csv') == '"ndjson",1002' ]]
	[[ $(s3-get "$(json .url)" | gunzip | tail -n 1) == '{"table":"video_cache","row":{"id":2}}' ]]
	BACKUP_FORMAT=json BACKUP_COMPRESSION=gzip works pgbackpipe backup
	[[ $(json .name) == *.json.gz && $(json .result) == good ]]
}

@test "0.8 no local file, after a failure neither" {
	works pgbackpipe create
	no_work_left
	AWS_SECRET_ACCESS_KEY=wrong fails 100 pgbackpipe create
	no_work_left
	BACKUP_TABLES=none fails 100 pgbackpipe create
	no_work_left
	works pgbackpipe list --json
	[[ $(jq length "$out") == 1 ]]
}

@test "restore says that rows are no database, and what to do" {
	works pgbackpipe create --format=sql --name='{database}_{timestamp}.{extension}'
	sql=$(json .name)
	works pgbackpipe create
	name=$(json .name)
	for word in "$name" latest; do
		fails 100 pgbackpipe restore "$word" --no-confirm
		says "cannot restore backup \"$name\": its format is json"
		says "\"$sql\" is the newest of this series that can be restored"
		says "pg-json(1)"
	done
	s3-get "$(pgbackpipe list --json | jq -r '.[] | select(.format == "json").url')" >"$BATS_TEST_TMPDIR/copy.json"
	fails 100 pgbackpipe restore "$BATS_TEST_TMPDIR/copy.json" --target-dbname="$db" --no-confirm
	says "its format is json"
	works pgbackpipe restore "$sql" --no-confirm --dry-run
}

@test "a bot's own JSON is adopted, something else is not" {
	printf '{"a": [{"x": 1}, {"x": null}],\n "b": []}\n' >"$BATS_TEST_TMPDIR/old.json"
	echo '{"filename": "x"}' >"$BATS_TEST_TMPDIR/other.json"
	s3-put "$store/old_2024-01-15_12-00-00.json" <"$BATS_TEST_TMPDIR/old.json"
	s3-put "$store/other.json" <"$BATS_TEST_TMPDIR/other.json"
	works pgbackpipe adopt old_2024-01-15_12-00-00.json --database="$db"
	works pgbackpipe verify old_2024-01-15_12-00-00.json
	[[ $(json '[.result, .row_count, .format] | @csv') == '"good",2,"json"' ]]
	fails 1 pgbackpipe adopt other.json --database="$db"
	says "no array of rows"
	s3-rm "$store/other.json"
}
