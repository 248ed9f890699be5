#!/usr/bin/env bats
# Airflow to MinIO, SQL dumps with seven days' retention: each fact that its
# users rely on, under pipelines/examples/minio-airflow.env.

load helper
load pipelines-helper

setup() {
	as_example minio-airflow
	use_bucket
	sample_database
	export PGDATABASE=$db
	store=s3://$S3_BUCKET/backups/postgres
}

teardown() {
	if [[ -n ${db-} ]]; then
		pgbackpipe delete --force $(names) >/dev/null 2>&1 || true
	fi
}

names() {
	pgbackpipe list --dbname="$db" --json | jq -r '.[].name'
}

@test "2.1 the DAG: create_backup, verify_backup, send_notification" {
	python3 "$top/tests/bats/dag-commands.py" \
		"$top/pipelines/airflow/backup_dag.py" >"$out"
	[[ $(jq -r .dag_id "$out") == database_backup_pipeline ]]
	[[ $(jq -r '.tasks[] | select(.id == "verify_backup") | .after[]' "$out") == create_backup ]]
	[[ $(jq -r '.tasks[] | select(.id == "send_notification") | .after[]' "$out") == verify_backup ]]
	[[ $(jq -r '.tasks[] | select(.id == "send_notification") | .trigger_rule' "$out") == all_done ]]
	[[ $(jq -r '.tasks[] | select(.id == "outcome") | .trigger_rule' "$out") == all_success ]]
	grep -q '"0 23 \* \* \*", timezone="Europe/Amsterdam"' \
		"$top/pipelines/airflow/backup_dag.py"
	grep -q 'outlets=\[Asset' "$top/pipelines/airflow/backup_dag.py"
	for task in create verify notify; do
		works env AIRFLOW_CTX_DAG_ID=database_backup_pipeline \
			AIRFLOW_CTX_DAG_RUN_ID=manual__2 pgbackpipe "$task"
	done
	[[ $(json .event) == backup.completed ]]
}

@test "2.2 name <db>_YYYY-MM-DD_HHMMSS.sql.gz under backups/postgres/" {
	works pgbackpipe create
	[[ $(json .name) =~ ^${db}_20[0-9]{2}-[0-9]{2}-[0-9]{2}_[0-9]{6}\.sql\.gz$ ]]
	[[ $(json .url) == "$store/$(json .name)" ]]
	[[ $(json .created_at) == $(TZ=Europe/Amsterdam date +%Y-%m-%dT%H)* ]]
}

@test "2.3 --date changes the name only; --retention-days; one is kept" {
	works pgbackpipe create --date=2020-02-29
	[[ $(json .name) == ${db}_2020-02-29_* ]]
	[[ $(json .created_at) == $(TZ=Europe/Amsterdam date +%Y)-* ]]
	fails 100 pgbackpipe create --date=2020-02-30
	works pgbackpipe verify --retention-days=1
	[[ $(names | wc -l) == 1 ]]
	grep -q '^BACKUP_RETENTION_DAYS=7' "$PGBACKPIPE_CONFIG"
	works pgbackpipe prune --dry-run --now="$(date -u -d '+90 days' +%FT%TZ)"
	grep -q '^keep' "$out"
	lacks '^delete' "$out"
}

@test "2.4 old ones go at the end of verify, and on demand" {
	works pgbackpipe create
	works pgbackpipe verify
	old=$(json .name)
	works pgbackpipe create
	works pgbackpipe verify
	[[ $(json '.pruned | length') == 0 ]]
	later=$(date -u -d '+8 days' +%FT%TZ)
	works pgbackpipe prune --dry-run --now="$later"
	grep -q "^delete.$old" "$out"
	export TMPDIR=/nonexistent
	works pgbackpipe prune --now="$later"
	[[ $(json '.deleted[0]') == "$old" ]]
	[[ $(names | wc -l) == 1 ]]
}

@test "2.5 verify: there and of a reasonable size; notify: a summary" {
	fails 100 pgbackpipe verify
	says "no backup"
	works pgbackpipe create
	works pgbackpipe verify
	says "MIN_SIZE 1K"
	says "MIN_SIZE_PERCENT 50"
	sql "$db" 'TRUNCATE customers, orders'
	works pgbackpipe create
	fails 1 pgbackpipe verify latest
	says "below 50 %"
	works pgbackpipe notify latest
	says backup
	[[ $(json .event) == backup.failed ]]
}

@test "2.6 restore: --list, --latest, --backup, --before; asks, or does not" {
	works pgbackpipe create
	name=$(json .name)
	works pgbackpipe restore --list --dbname="$db"
	grep -qF "$name" "$out"
	before=$(dump_of "$db")
	for choice in --latest "--backup=$name" \
		"--before=$(TZ=Europe/Amsterdam date -d '+1 day' +%F)"; do
		sql "$db" 'DELETE FROM orders'
		works pgbackpipe restore "$choice" --no-confirm
		[[ $(dump_of "$db") == "$before" ]]
	done
	sql "$db" 'DELETE FROM orders'
	on_terminal yes 'pgbackpipe restore --latest 2>&1' >"$out"
	grep -q "Type yes" "$out"
	grep -q "MB" "$out"
	grep -qF "$PGPORT" "$out"
	[[ $(dump_of "$db") == "$before" ]]
	fails 100 pgbackpipe restore --latest
}

@test "2.7 the dump drops, owns nothing, and all kinds of objects come back" {
	works pgbackpipe create
	s3-get "$(json .url)" >"$BATS_TEST_TMPDIR/x.sql.gz"
	gunzip -t "$BATS_TEST_TMPDIR/x.sql.gz"
	gunzip -c "$BATS_TEST_TMPDIR/x.sql.gz" >"$BATS_TEST_TMPDIR/x.sql"
	grep -q '^DROP TABLE IF EXISTS' "$BATS_TEST_TMPDIR/x.sql"
	lacks -E '^(GRANT|REVOKE)|OWNER TO' "$BATS_TEST_TMPDIR/x.sql"
	before=$(dump_of "$db")
	psql -XqAt -v ON_ERROR_STOP=1 -d "$db" -f "$BATS_TEST_TMPDIR/x.sql" \
		>/dev/null
	[[ $(dump_of "$db") == "$before" ]]
}

@test "2.8 validation by restoring to a test database" {
	works pgbackpipe create
	works pgbackpipe restore --latest --target-dbname="${db}_test" --no-confirm
	[[ $(dump_of "${db}_test") == "$(dump_of "$db")" ]]
}

@test "2.9 from CI, before a migration: restore latest when that fails" {
	before=$(dump_of "$db")
	works bash -c 'pgbackpipe backup "before migration 42" && {
		psql -XqAt -v ON_ERROR_STOP=1 -c "DROP TABLE orders CASCADE" -c "SELECT 1/0" ||
			pgbackpipe restore latest --no-confirm; }'
	[[ $(dump_of "$db") == "$before" ]]
}

@test "2.10 direct sync without a store; counts are compared" {
	createdb -T template0 "${db}_b"
	pg-stream --dbname="$db" | pg-load --dbname="${db}_b" 2>"$err"
	[[ $(dump_of "${db}_b") == "$(dump_of "$db")" ]]
	# A remote shell does not carry the mark; the closing line does.
	pg-stream --dbname="$db" | cat >"$BATS_TEST_TMPDIR/stream"
	head -c -20 "$BATS_TEST_TMPDIR/stream" >"$BATS_TEST_TMPDIR/cut"
	fails 100 bash -c 'cat "$1" | pg-load --dbname="$2"' - \
		"$BATS_TEST_TMPDIR/cut" "${db}_b"
	[[ $(dump_of "${db}_b") == "$(dump_of "$db")" ]]
}
