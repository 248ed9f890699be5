#!/usr/bin/env bats
# The driver: prune, delete, adopt, export, import, and what they never touch.

load helper
load pipelines-helper

setup() {
	driver_setup
}

# backup_aged DAYS...: proven backups of these ages, oldest first.
backup_aged() {
	local days
	for days; do
		works pgbackpipe create --dbname="$db"
		works pgbackpipe verify latest --no-prune --series="$db"
		age_manifest "$(json .url)" "$days"
	done
}

names() {
	pgbackpipe list --json | jq -r '.[].name'
}

@test "without a rule nothing is deleted" {
	backup_aged 400 300
	works pgbackpipe prune --dbname="$db"
	[[ $(json .deleted) == '[]' ]]
	says "all are kept"
	[[ $(names | wc -l) == 2 ]]
}

@test "age is inclusive; the dry run names the rule and each reason" {
	backup_aged 30 8 6
	works pgbackpipe prune --dbname="$db" --retention-days=7 --dry-run
	[[ $(grep -c '^delete' "$out") == 2 && $(grep -c '^keep' "$out") == 1 ]]
	says 'rule "either"'
	[[ $(names | wc -l) == 3 ]]
	works pgbackpipe prune --dbname="$db" --retention-days=7
	[[ $(json '.deleted | length') == 2 ]]
	[[ $(names | wc -l) == 1 ]]
	[[ $(find "$(path_of "$store")" -type f | wc -l) == 3 ]]
}

@test "verify prunes when it said good, and only then" {
	backup_aged 30 20
	works pgbackpipe create --dbname="$db"
	fails 1 pgbackpipe verify latest --retention-days=7 --min-size=1G
	[[ $(names | wc -l) == 3 ]]
	works pgbackpipe verify latest --retention-days=7 --level=size
	[[ $(names | wc -l) == 3 ]]
	works pgbackpipe verify latest --retention-days=7
	[[ $(json '.pruned | length') == 2 ]]
	[[ $(names | wc -l) == 1 ]]
}

@test "what is not this series' own survives every prune" {
	backup_aged 30 20 10
	dir=$(path_of "$store")
	echo x >"$dir/notes.txt"
	pg_dump -d "$db" | gzip >"$dir/${db}_2020-01-01_000000.sql.gz"
	echo '{}' >"$dir/${db}_2020-01-01_000000.sql.gz.json"
	pg-stream --dbname="$db" | gzip-frame | s3-put "$store/bare.sql.gz"
	touch -d '2 years ago' "$dir"/bare.sql.gz "$dir"/notes.txt
	works pgbackpipe create --dbname="$db" --series=other
	age_manifest "$(json .url)" 500
	works pgbackpipe prune --dbname="$db" --max-count=1 --rule=both
	works pgbackpipe prune --dbname="$db" --debris \
		--now="$(date -u -d '+900 days' +%FT%TZ)"
	for file in notes.txt bare.sql.gz "${db}_2020-01-01_000000.sql.gz" \
		"${db}_2020-01-01_000000.sql.gz.json"; do
		[[ -f $dir/$file ]]
	done
	[[ $(names | wc -l) == 2 ]]
}

@test "a run that died before its manifest: no backup, and debris after a day" {
	backup_aged 1
	good=$(json .name)
	put_debris "${db}_2099-01-01_000000.sql.gz"
	works pgbackpipe list
	grep -q "^Available Backups (1)$" "$out"
	sql "$db" 'CREATE TABLE marker ()'
	works pgbackpipe restore latest --dbname="$db" --no-confirm
	[[ $(json .name) == "$good" ]]
	works pgbackpipe prune --dbname="$db" --retention-days=1
	works pgbackpipe prune --dbname="$db" --debris
	[[ -f $(path_of "$store")/${db}_2099-01-01_000000.sql.gz ]]
	works pgbackpipe create --dbname="$db"
	works pgbackpipe prune --dbname="$db" --debris \
		--now="$(date -u -d '+25 hours' +%FT%TZ)"
	[[ ! -e $(path_of "$store")/${db}_2099-01-01_000000.sql.gz ]]
	[[ $(names | wc -l) == 2 ]]
}

@test "the next try of a run removes what its first left, under its name" {
	export BACKUP_NAME='{database}.{extension}'
	put_debris "$db.sql.gz" run-3
	BACKUP_RUN_ID=run-3 works pgbackpipe create --dbname="$db"
	[[ $(find "$(path_of "$store")" -type f | wc -l) == 2 ]]
}

@test "prune needs no space: no temporary file at all" {
	backup_aged 30 1
	export TMPDIR=/nonexistent
	works pgbackpipe prune --dbname="$db" --retention-days=7
	[[ $(json '.deleted | length') == 1 ]]
	works pgbackpipe list
	works pgbackpipe delete --force "$(names)"
	[[ -z $(names) ]]
}

@test "delete: by name, manifest first; the last good one needs --force" {
	backup_aged 3 2
	old=$(names | tail -n 1) new=$(names | head -n 1)
	fails 100 pgbackpipe delete "$new"
	says "last good backup"
	says "--force"
	works pgbackpipe delete "$old"
	[[ $(json '.deleted[0]') == "$old" ]]
	[[ $(names) == "$new" ]]
	echo x >"$(path_of "$store")/theirs.sql.gz"
	fails 100 pgbackpipe delete theirs.sql.gz
	says "unmanaged"
	works pgbackpipe delete --force "$new"
	[[ $(find "$(path_of "$store")" -type f) == */theirs.sql.gz ]]
}

@test "several series: the one that is meant must be said" {
	works pgbackpipe create --dbname="$db" --series=a
	works pgbackpipe create --dbname="$db" --series=b
	fails 100 pgbackpipe prune --retention-days=1
	says "several series"
	fails 100 pgbackpipe restore latest --no-confirm
	works pgbackpipe prune --retention-days=1 --series=a
}

@test "status of several series: one that fails does not hide behind another" {
	works pgbackpipe backup --dbname="$db" --series=a
	works pgbackpipe backup --dbname="$db" --series=b
	works pgbackpipe status
	[[ $(json '[.healthy, .last_failure] | @json') == '[true,null]' ]]
	BACKUP_TABLES=none fails 100 pgbackpipe backup --dbname="$db" --series=a
	works pgbackpipe backup --dbname="$db" --series=b
	fails 1 pgbackpipe status
	says 'no good backup of "a" since'
	[[ $(json '[.healthy, .last_failure.series] | @json') == '[false,"a"]' ]]
	works pgbackpipe status --series=b
	works pgbackpipe backup --dbname="$db" --series=a
	works pgbackpipe status
	grep -q 'Last failure: .* of "a" in create' "$out"
}

@test "JSON of a database has its own series: it pushes no dump out" {
	local dump rows
	works pgbackpipe backup --dbname="$db"
	dump=$(json .name)
	works pgbackpipe backup --dbname="$db" --format=json
	rows=$(json .name)
	[[ $(json .series) == "$db-json" ]]
	works pgbackpipe prune --dbname="$db" --max-count=1
	[[ $(json .deleted) == '[]' ]]
	fails 100 pgbackpipe delete "$dump"
	says "last good backup"
	for word in latest --before=2999-01-01; do
		works pgbackpipe restore "$word" --dry-run
		says "backup restore: backup       $dump"
	done
	fails 100 pgbackpipe verify latest
	says "(\"$db\", \"$db-json\")"
	works pgbackpipe list --dbname="dbname=$db" --json
	[[ $(jq -c 'map(.name)' "$out") == "[\"$rows\",\"$dump\"]" ]]
	BACKUP_TABLES=none fails 100 pgbackpipe backup --dbname="$db" --format=json
	says "backup failed of database $db:"
	works pgbackpipe status --dbname="$db"
	fails 1 pgbackpipe status --series="$db-json"
}

@test "adopt: plain, gzipped, framed and custom dumps" {
	dir=$(path_of "$store")
	mkdir -p "$dir"
	pg_dump -d "$db" >"$dir/food_2024-01-15_10-30-00.sql"
	pg_dump -d "$db" | gzip >"$dir/shop_2026-01-29_143022.sql.gz"
	pg_dump -Fc -d "$db" -f "$dir/backup-2024-01-15T1200-x.dump"
	pg-stream --dbname="$db" | gzip-frame | s3-put "$store/bare.sql.gz"
	files=(food_2024-01-15_10-30-00.sql shop_2026-01-29_143022.sql.gz
		backup-2024-01-15T1200-x.dump bare.sql.gz)
	sums=$(cd "$dir" && sha256sum "${files[@]}")
	works pgbackpipe list
	grep -q "^Unmanaged" "$out"
	works pgbackpipe adopt --dbname="$db" "${files[@]}"
	[[ $(json '.adopted | length') == 4 ]]
	[[ $(names | wc -l) == 4 ]]
	[[ $(cd "$dir" && sha256sum "${files[@]}") == "$sums" ]]
	[[ $(jq -r .type "$dir/bare.sql.gz.json") == adopted ]]
	[[ $(jq -r .created_at "$dir/shop_2026-01-29_143022.sql.gz.json") == 2026-01-29T14:30:22* ]]
	[[ $(jq -r .created_at "$dir/food_2024-01-15_10-30-00.sql.json") == 2024-01-15T10:30:00* ]]
	before=$(dump_of "$db")
	for file in "${files[@]}"; do
		works pgbackpipe verify "$file" --no-prune --min-size-percent=0
		sql "$db" 'DELETE FROM orders'
		works pgbackpipe restore "$file" --dbname="$db" --no-confirm
		[[ $(dump_of "$db") == "$before" ]]
	done
	works pgbackpipe adopt --dbname="$db" bare.sql.gz
	says "already"
	# A URL says where its store is.
	pg_dump -d "$db" | gzip >"$dir/late.sql.gz"
	BACKUP_STORE='' works pgbackpipe adopt --dbname="$db" "$store/late.sql.gz"
}

@test "adopt refuses what is not whole" {
	mkdir -p "$(path_of "$store")"
	pg_dump -d "$db" | head -n 40 | gzip >"$(path_of "$store")/cut.sql.gz"
	fails 1 pgbackpipe adopt --dbname="$db" cut.sql.gz
	says "not a whole backup"
	[[ -z $(names) ]]
	echo "hello" >"$(path_of "$store")/notes.txt"
	run pgbackpipe adopt --dbname="$db" notes.txt
	[[ $status == 1 || $status == 100 ]]
	[[ $(find "$(path_of "$store")" -type f | wc -l) == 2 ]]
}

@test "adopt takes no dump of a whole server for that of a database" {
	{
		pg_dumpall --globals-only | grep -v 'cluster dump complete'
		printf '\\connect %s\n\n' "$db"
		pg_dump -d "$db"
		printf -- '--\n-- PostgreSQL database cluster dump complete\n--\n\n'
	} | gzip >"$BATS_TEST_TMPDIR/all.sql.gz"
	s3-put "$store/all.sql.gz" <"$BATS_TEST_TMPDIR/all.sql.gz"
	for word in adopt restore; do
		fails 100 pgbackpipe "$word" all.sql.gz --dbname="$db"
		says "no backup of one database"
		says "| gunzip | psql --dbname=postgres"
	done
	[[ -z $(names) ]]
}

@test "adopt keeps the old system's JSON and takes its word" {
	dir=$(path_of "$store")
	mkdir -p "$dir"
	file=backup_ops_20260129_143022.sql.gz
	pg_dump -d "$db" | gzip >"$dir/$file"
	printf '%s' '{"filename":"'"$file"'","timestamp":"20260129_143022",
		"created_at":"2026-01-29T14:30:22.123456","database":"ops",
		"size_bytes":1,"size_mb":0.0,"description":"by the old one",
		"compressed":true}' >"$dir/$file.json"
	sum=$(sha256sum "$dir/$file.json")
	works pgbackpipe adopt "$file"
	[[ $(sha256sum "$dir/$file.json") == "$sum" ]]
	works pgbackpipe list --json
	[[ $(jq -r '.[0] | .description, .database, .created_at' "$out") == \
		$'by the old one\nops\n2026-01-29T14:30:22.123456' ]]
	works pgbackpipe restore "$file" --dbname="$db" --no-confirm
	works pgbackpipe delete --force "$file"
	[[ $(find "$dir" -type f) == "$dir/$file.json" ]]
}

@test "export and import carry backups with their manifests" {
	backup_aged 3 2
	both=$(names)
	# shellcheck disable=SC2086 # names without blanks
	pgbackpipe export $both >"$BATS_TEST_TMPDIR/x.tar" 2>"$err"
	tar -tf "$BATS_TEST_TMPDIR/x.tar" | grep -qF "$(head -n 1 <<<"$both")"
	export BACKUP_STORE=file://$BATS_TEST_TMPDIR/second
	pgbackpipe import <"$BATS_TEST_TMPDIR/x.tar" >"$out" 2>"$err"
	[[ $(names) == "$both" ]]
	works pgbackpipe verify latest
	truncate -s 3000 "$BATS_TEST_TMPDIR/x.tar"
	export BACKUP_STORE=file://$BATS_TEST_TMPDIR/third
	status=0
	pgbackpipe import <"$BATS_TEST_TMPDIR/x.tar" >"$out" 2>"$err" || status=$?
	((status == 100 || status == 111 || status == 1))
}
