#!/usr/bin/env bats
# prune: catalog lines to a plan. The rules themselves: unit/retention_test.c.

load helper

now=2026-01-31T12:00:00Z

setup() {
	cd "$BATS_TEST_TMPDIR"
	: >catalog
}

# backup NAME CREATED [verified|damaged|again|-] [SERIES [FORMAT]]: one catalog
# line.
backup() {
	local verified=null damaged=null
	case ${3:-verified} in
	verified) verified='"2026-01-31T00:00:00Z"' ;;
	damaged) damaged='"2026-01-31T01:00:00Z"' verified='"2026-01-31T00:00:00Z"' ;;
	again) damaged='"2026-01-31T01:00:00Z"' verified='"2026-01-31T02:00:00Z"' ;;
	esac
	echo '{"state":"backup","url":"s3://b/'"$1"'","name":"'"$1"'","size":9,"modified":"2026-01-31T00:00:00Z","manifest_url":"s3://b/'"$1"'.json","manifest":{"created_at_utc":"'"$2"'","series":"'"${4:-shop}"'","database":"shop","format":"'"${5:-sql}"'"},"run_id":"r","verified_at":'"$verified"',"damaged_at":'"$damaged"',"restored_at":null,"record_urls":["s3://b/'"$1"'.verified-x.json"]}' >>catalog
}

# other STATE NAME [RUN-ID [MODIFIED]]
other() {
	echo '{"state":"'"$1"'","url":"s3://b/'"$2"'","name":"'"$2"'","size":9,"modified":"'"${4:-2020-01-01T00:00:00Z}"'","manifest_url":null,"manifest":null,"run_id":'"${3:-null}"',"record_urls":[]}' >>catalog
}

# plan OPTION...: "name action" words in $plan.
plan() {
	prune --now="$now" "$@" <catalog >plan || return
	plan=$(jq -r '.name + ":" + .action' plan | paste -sd' ')
}

@test "C.4: without a keep rule nothing is ever deleted" {
	backup a 2020-01-01T00:00:00Z
	backup b 2026-01-30T00:00:00Z
	other debris d '"run"'
	other unmanaged u
	plan
	[[ $plan == "a:keep b:keep d:ignore u:ignore" ]]
	plan --min-keep=1 --rule=both
	[[ $plan == "a:keep b:keep d:ignore u:ignore" ]]
}

@test "age is inclusive, order is by manifest, output as the input" {
	backup c 2026-01-24T12:00:00Z
	backup z 2026-01-30T00:00:00Z
	backup a 2026-01-24T11:59:59.999999Z
	plan --keep-days=7
	[[ $plan == "c:keep z:keep a:delete" ]]
	[[ $(jq -r 'select(.action == "delete") | .urls | join(" ")' plan) == "s3://b/a.json s3://b/a s3://b/a.verified-x.json" ]]
	[[ $(jq -r 'select(.action == "keep") | .urls | length' plan | sort -u) == 0 ]]
	jq -e -s 'map(select(.reason == "")) == []' plan
}

@test "rows and roles do not count for what restores a database, nor it for them" {
	backup a 2026-01-01T00:00:00Z
	backup b 2026-01-02T00:00:00Z verified shop custom
	backup c 2026-01-03T00:00:00Z verified shop json
	backup d 2026-01-04T00:00:00Z verified shop ndjson
	backup e 2026-01-05T00:00:00Z verified shop globals
	plan --keep-count=1
	[[ $plan == "a:delete b:keep c:delete d:keep e:keep" ]]
	plan --keep-count=1 --series=shop
	[[ $plan == "a:delete b:keep c:delete d:keep e:keep" ]]
}

@test "3.6: either keeps the newest even when old; both is a hard cap; the rule is named" {
	for day in 01 02 03 04; do
		backup "$day" "2025-12-${day}T00:00:00Z"
	done
	backup new 2026-01-31T00:00:00Z
	plan --keep-days=7 --keep-count=3
	[[ $plan == "01:delete 02:delete 03:keep 04:keep new:keep" ]]
	grep -q 'rule either' plan
	plan --keep-days=7 --keep-count=3 --rule=both
	[[ $plan == "01:delete 02:delete 03:delete 04:delete new:keep" ]]
	grep -q 'rule both' plan
	fails 100 prune --rule=neither
}

@test "the last good one is never deleted, nor anything without a newer good one" {
	backup only 2020-01-01T00:00:00Z
	plan --keep-days=1
	[[ $plan == "only:keep" ]]
	backup new 2026-01-31T00:00:00Z -
	plan --keep-days=1 --keep-count=1 --rule=both
	[[ $plan == "only:keep new:keep" ]]
	backup worse 2026-01-31T06:00:00Z damaged
	plan --keep-days=1 --keep-count=1 --rule=both
	[[ $plan == "only:keep new:keep worse:keep" ]]
	# A verdict after the damage counts again.
	backup again 2026-01-31T07:00:00Z again
	plan --keep-days=1 --keep-count=1 --rule=both
	[[ $plan == "only:delete new:delete worse:delete again:keep" ]]
}

@test "a series of its own is judged by itself" {
	backup a1 2026-01-01T00:00:00Z verified a
	backup a2 2026-01-02T00:00:00Z verified a
	backup b1 2026-01-03T00:00:00Z verified b
	plan --keep-count=1
	[[ $plan == "a1:delete a2:keep b1:keep" ]]
	plan --keep-count=1 --series=
	[[ $plan == "a1:delete a2:keep b1:keep" ]]
	backup b2 2026-01-04T00:00:00Z verified b
	plan --keep-count=1 --series=a
	[[ $plan == "a1:delete a2:keep b1:ignore b2:ignore" ]]
	[[ $(jq -r 'select(.name == "b1") | .reason' plan) == "of another series" ]]
}

@test "unmanaged, mismatch and debris are never deleted by keep rules" {
	backup new 2026-01-31T00:00:00Z
	other unmanaged u '"run"'
	other mismatch m '"run"'
	other debris d '"run"'
	plan --keep-days=1 --keep-count=1 --rule=both
	[[ $plan == "new:keep u:ignore m:ignore d:ignore" ]]
}

@test "C.7: --debris takes old debris with a run id, nothing else" {
	backup old 2020-01-01T00:00:00Z
	backup new 2026-01-31T00:00:00Z
	other debris old-debris '"run"'
	other debris day-old '"run"' 2026-01-30T12:00:00Z
	other debris older '"run"' 2026-01-30T11:59:59Z
	other debris future '"run"' 2027-01-01T00:00:00Z
	other debris nameless
	other debris empty '""'
	other unmanaged u '"run"'
	other mismatch m '"run"'
	plan --debris
	[[ $plan == "old:ignore new:ignore old-debris:delete day-old:ignore older:delete future:ignore nameless:ignore empty:ignore u:ignore m:ignore" ]]
	[[ $(jq -c 'select(.name == "old-debris") | .urls' plan) == '["s3://b/old-debris"]' ]]
	plan --debris --debris-age=2d
	[[ $plan == *"old-debris:delete day-old:ignore older:ignore"* ]]
	plan --debris --keep-days=1 --series=x
	[[ $plan == "old:ignore new:ignore old-debris:delete "* ]]
}

@test "the repeated hour in autumn: order is by UTC" {
	# Both are 02:30 in Amsterdam.
	backup second 2026-10-25T01:30:00Z
	backup first 2026-10-25T00:30:00Z
	now=2026-10-26T00:00:00Z plan --keep-count=1 --timezone=Europe/Amsterdam
	[[ $plan == "second:keep first:delete" ]]
}

@test "5.7: days, weeks, months, years, in the zone of the backups" {
	# 23:30 UTC is the next day in Amsterdam.
	backup a 2026-01-29T22:30:00Z
	backup b 2026-01-29T23:30:00Z
	backup c 2026-01-30T10:00:00Z
	plan --keep-daily=2
	[[ $plan == "a:delete b:keep c:keep" ]]
	plan --keep-daily=2 --timezone=Europe/Amsterdam
	[[ $plan == "a:keep b:delete c:keep" ]]
	: >catalog
	for month in 11 12; do
		for day in 05 15 25; do
			backup "$month-$day" "2025-$month-${day}T00:00:00Z"
		done
	done
	backup 24 2024-06-01T00:00:00Z
	plan --keep-monthly=2
	[[ $plan == "11-05:delete 11-15:delete 11-25:keep 12-05:delete 12-15:delete 12-25:keep 24:delete" ]]
	plan --keep-monthly=1 --keep-yearly=5
	[[ $plan == "11-05:delete 11-15:delete 11-25:delete 12-05:delete 12-15:delete 12-25:keep 24:keep" ]]
	plan --keep-weekly=2
	[[ $plan == *"12-05:delete 12-15:keep 12-25:keep 24:delete" ]]
	fails 100 prune --timezone=Mars
}

@test "an empty catalog is an empty plan" {
	plan --keep-days=1
	[[ -z $plan ]]
	true | stage status prune --keep-days=1 >"$out" 2>"$err"
	[[ $(cat status) == 0 ]]
}

@test "a catalog that was cut off deletes nothing: exit 111, no output" {
	backup a 2026-01-01T00:00:00Z
	backup b 2026-01-31T00:00:00Z
	stage none sha-tee --report=no/such/directory <catalog 2>/dev/null |
		stage status prune --now="$now" --keep-count=1 2>"$err" >"$out" ||
		true
	[[ $(cat none) != 0 ]]
	[[ $(cat status) == 111 ]]
	[[ ! -s $out ]]
}

@test "lines that are none of a catalog's are exit 100, no output" {
	for line in '{}' '[]' 'x' '{"state":"backup","url":"s3://b/x"}' \
		'{"state":"later","url":"s3://b/x"}' \
		'{"state":"unmanaged"}' \
		'{"state":"debris","url":"s3://b/x","run_id":"r","modified":"soon"}' \
		'{"state":"backup","url":"s3://b/x","manifest":{"series":"s","created_at_utc":"soon"}}' \
		'{"state":"unmanaged","url":"s3://b/x","record_urls":[1]}'; do
		: >catalog
		backup a 2026-01-01T00:00:00Z
		echo "$line" >>catalog
		echo "$line"
		fails 100 bash -c 'prune --keep-count=1 <catalog'
		[[ ! -s $out ]]
	done
}

@test "the plan is what s3-rm deletes, in its order" {
	mkdir store
	for name in a b; do
		for suffix in '' .json .verified-20260131T000000Z.json; do
			echo x >"store/$name$suffix"
		done
	done
	backup a 2026-01-01T00:00:00Z
	backup b 2026-01-31T00:00:00Z
	sed -i "s|s3://b/|file://$PWD/store/|g; s|verified-x|verified-20260131T000000Z|" catalog
	plan --keep-count=1
	s3-rm --plan <plan >removed
	[[ $(head -n 1 removed) == "file://$PWD/store/a.json" ]]
	[[ $(ls store) == "b
b.json
b.verified-20260131T000000Z.json" ]]
}

@test "a hundred thousand backups: quick and small" {
	python3 - >catalog <<-'END'
		import json
		for i in range(100000):
		    n = "s3://bucket/backups/postgres/shop_%06d.sql.gz" % i
		    print(json.dumps({"state": "backup", "url": n, "name": n[-18:],
		        "size": 9, "modified": "2026-01-01T00:00:00Z",
		        "manifest_url": n + ".json",
		        "manifest": {"series": "shop", "created_at_utc":
		            "2020-01-01T00:%02d:%02d.%06dZ" % (i // 60 % 60, i % 60, i)},
		        "verified_at": "2026-01-01T00:00:00Z", "damaged_at": None,
		        "record_urls": [n + ".verified-20260101T000000Z.json"]}))
	END
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
      file=open("memory", "w"))' \
		prune --now="$now" --keep-count=30 <catalog >plan
	[[ $(grep -c '"delete"' plan) == 99970 ]]
	[[ $build == *sanitize* ]] || (($(cat memory) < 65536))
}
