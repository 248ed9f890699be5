#!/usr/bin/env bats
# backup-name: the five patterns, zones, dates, odd names.

load helper

at=2026-01-29T13:30:22.123456Z

name() {
	backup-name --time="$at" --timezone=Europe/Amsterdam --database=shop "$@"
}

@test "C.2: one template makes all five patterns" {
	[[ $(name --extension=json --template='db_backup_%Y-%m-%d_%H-%M-%S.{extension}') == db_backup_2026-01-29_14-30-22.json ]]
	[[ $(name --extension=dump --description='Before v2' --template='backup-%Y-%m-%dT%H%M-{description}.{extension}') == backup-2026-01-29T1430-before-v2.dump ]]
	[[ $(name) == shop_2026-01-29_143022.sql.gz ]]
	[[ $(name --template='backup_{database}_{timestamp}.{extension}') == backup_shop_20260129_143022.sql.gz ]]
	[[ $(name --extension=sql --template='{database}_%Y-%m-%d_%H-%M-%S.{extension}') == shop_2026-01-29_14-30-22.sql ]]
	[[ $(name --environment=production --template='{environment}/postgres/{database}.{extension}') == production/postgres/shop.sql.gz ]]
}

@test "JSON has the local times and the one in UTC" {
	name --json >"$out"
	jq -e '.name == "shop_2026-01-29_143022.sql.gz" and
		.timestamp == "20260129_143022" and
		.created_at == "2026-01-29T14:30:22.123456" and
		.created_at_utc == "2026-01-29T13:30:22.123456+00:00"' "$out"
}

@test "2.3: --date changes the date in the name only" {
	name --date=2024-02-29 --json >"$out"
	jq -e '.name == "shop_2024-02-29_143022.sql.gz" and
		.timestamp == "20260129_143022"' "$out"
	for bad in 2023-02-29 2026-13-01 2026-1-1 yesterday '' '2026-01-29 '; do
		fails 100 name --date="$bad"
	done
}

@test "the repeated hour in autumn: names alike, UTC times apart" {
	[[ $(name --time=2026-10-25T00:30:00Z) == shop_2026-10-25_023000.sql.gz ]]
	[[ $(name --time=2026-10-25T01:30:00Z) == shop_2026-10-25_023000.sql.gz ]]
	[[ $(name --time=2026-10-25T01:30:00Z --copy=2) == shop_2026-10-25_023000-2.sql.gz ]]
	[[ $(name --time=2026-10-25T01:30:00Z --json | jq -r .created_at_utc) == 2026-10-25T01:30:00.000000+00:00 ]]
}

@test "an unknown time zone is exit 100" {
	for zone in Mars/Olympus '' ../UTC CEST-2; do
		fails 100 backup-name --database=x --timezone="$zone"
		[[ ! -s $out ]]
	done
}

@test "the environment's TZ does not matter" {
	[[ $(TZ=Asia/Tokyo backup-name --database=shop --time="$at") == shop_2026-01-29_133022.sql.gz ]]
}

@test "odd database names make one safe segment each, all different" {
	: >"$BATS_TEST_TMPDIR/names"
	for database in 'a/b' 'a b' $'a\nb' "a'b" 'a"b' '..' '.a' '-rf' \
		"$(printf 'x%.0s' {1..250})" 'größe'; do
		backup-name --database="$database" --time="$at" \
			>>"$BATS_TEST_TMPDIR/names"
	done
	[[ $(wc -l <"$BATS_TEST_TMPDIR/names") == 10 ]]
	[[ $(sort -u "$BATS_TEST_TMPDIR/names" | wc -l) == 10 ]]
	if grep -nE "^[.-]|[/ '\"]|.{201}" "$BATS_TEST_TMPDIR/names"; then false; fi
	grep -q '^größe_' "$BATS_TEST_TMPDIR/names"
}

@test "a template that makes no name is exit 100 and says why" {
	fails 100 name --template='{date_base}'
	says '{database}'
	fails 100 name --template='%q'
	fails 100 name --template='.{database}'
	says hidden
	fails 100 name --template=''
	fails 100 backup-name
	says --database
	fails 100 name --extension=.sql
	fails 100 name --extension=a/b
	fails 100 name --time=noon
	fails 100 name --copy=1
}
