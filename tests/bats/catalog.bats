#!/usr/bin/env bats
# catalog: what each object of a store is.

load helper
load ../fault/fake-s3.bash

setup_file() {
	load helper
	start_s3
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	fake_s3_stop
}

stores() {
	echo file
	s3_names
}

# put NAME TEXT [OPTION]...: an object.
put() {
	printf '%s' "$2" | s3-put "${@:3}" "$store/$1" 2>/dev/null
}

# manifest_of NAME CREATED [SIZE]: a manifest's text.
manifest_of() {
	jq -nc --arg name "${1##*/}" --arg url "$store/$1" --arg created "$2" \
		--argjson size "${3:-5}" '{filename: $name,
		timestamp: "20260129_143022", created_at: "2026-01-29T14:30:22",
		database: "shop", size_bytes: $size, size_mb: 0, description: "",
		compressed: false, schema_version: 1, id: "run-7",
		urls: [$url], series: "shop", environment: "", type: "manual",
		host: "h", format: "sql", compression: "none",
		encryption: "none", sha256: ("0" * 64), created_at_utc: $created,
		row_count: 1, tables: [{schema: "s", name: "t", rows: 1}]}'
}

# backup NAME CREATED: an object of ours with its manifest.
backup() {
	put "$1" 12345 --run-id=run-7
	put "$1.json" "$(manifest_of "$1" "$2")" --run-id=run-7
}

# lines: "name:state" words in $lines.
lines() {
	catalog "$store" >lines
	lines=$(jq -r '.name + ":" + .state' lines | paste -sd' ')
}

# of NAME PROGRAM: jq on the line of that name.
of() {
	jq -r --arg name "$1" "select(.name == \$name) | $2" lines
}

@test "a backup is an object with its manifest; others are what they are" {
	for name in $(stores); do
		use_store "$name"
		backup whole.sql.gz 2026-01-29T13:30:22Z
		backup sub/deep.sql.gz 2026-01-28T13:30:22Z
		put debris.sql.gz 12345 --run-id=run-9
		put unmanaged.sql.gz 12345
		put foreign.json '{"a":1}'
		put short.sql.gz 1234 --run-id=r
		put short.sql.gz.json "$(manifest_of short.sql.gz 2026-01-27T00:00:00Z)"
		put gone.sql.gz.json "$(manifest_of gone.sql.gz 2026-01-27T00:00:00Z)"
		put moved.sql.gz 12345
		put moved.sql.gz.json "$(manifest_of other.sql.gz 2026-01-27T00:00:00Z)"
		put bad.sql.gz 12345
		put bad.sql.gz.json "$(manifest_of bad.sql.gz 2026-01-27T00:00:00Z | jq -c '.sha256 = "x"')"
		put .hidden 12345
		lines
		[[ $(jq -r '.name + ":" + .state' lines | sort | paste -sd' ') == "bad.sql.gz:mismatch debris.sql.gz:debris deep.sql.gz:backup foreign.json:unmanaged gone.sql.gz:mismatch moved.sql.gz:mismatch short.sql.gz:mismatch unmanaged.sql.gz:unmanaged whole.sql.gz:backup" ]]
		[[ $(of whole.sql.gz .url) == "$store/whole.sql.gz" ]]
		[[ $(of whole.sql.gz .manifest_url) == "$store/whole.sql.gz.json" ]]
		[[ $(of whole.sql.gz .size) == 5 ]]
		[[ $(of whole.sql.gz .run_id) == run-7 ]]
		[[ $(of whole.sql.gz .manifest.tables[0].name) == t ]]
		[[ $(of whole.sql.gz '.verified_at, .damaged_at, .restored_at' | sort -u) == null ]]
		[[ $(of deep.sql.gz .url) == "$store/sub/deep.sql.gz" ]]
		[[ $(of debris.sql.gz '.run_id, .manifest, .manifest_url' | paste -sd' ') == "run-9 null null" ]]
		[[ $(of unmanaged.sql.gz .run_id) == null ]]
		[[ $(of short.sql.gz .reason) == "the object has 4 bytes, its manifest says 5" ]]
		[[ $(of gone.sql.gz '.reason, .size, .url' | paste -sd' ') == "there is a manifest, but no object null $store/gone.sql.gz" ]]
		[[ $(of moved.sql.gz .reason) == *'other.sql.gz'* ]]
		[[ $(of bad.sql.gz .reason) == *'sha256'* ]]
		[[ $(of debris.sql.gz .modified) =~ ^20[0-9-]{8}T[0-9:.]{15}\+00:00$ ]]
	done
}

@test "records: the latest of each kind, all of them in record_urls" {
	for name in $(stores); do
		use_store "$name"
		backup a.sql.gz 2026-01-29T13:30:22Z
		for record in verified-20260129T140000Z verified-20260130T140000Z \
			verified-20260130T140000Z-2 damaged-20260129T150000.5Z \
			damaged-20260129T150000.123456Z \
			restored-20260201T000000Z; do
			put "a.sql.gz.$record.json" '{}' --run-id=x
		done
		backup a.sql.gz2 2026-01-30T13:30:22Z
		lines
		[[ $lines == "a.sql.gz:backup a.sql.gz2:backup" ]]
		[[ $(of a.sql.gz .verified_at) == 2026-01-30T14:00:00.000000+00:00 ]]
		[[ $(of a.sql.gz .damaged_at) == 2026-01-29T15:00:00.500000+00:00 ]]
		[[ $(of a.sql.gz .restored_at) == 2026-02-01T00:00:00.000000+00:00 ]]
		[[ $(of a.sql.gz '.record_urls | length') == 6 ]]
		[[ $(of a.sql.gz2 '.record_urls | length') == 0 ]]
	done
}

@test "a verdict on an earlier object of this name proves nothing" {
	use_store file
	backup a.sql.gz 2026-01-29T13:30:22Z
	put a.sql.gz.verified-20260129T120000Z.json '{}'
	lines
	[[ $(of a.sql.gz .verified_at) == null ]]
	[[ $(of a.sql.gz '.record_urls | length') == 1 ]]
	# Two machines' clocks may differ by a little.
	put a.sql.gz.verified-20260129T133000Z.json '{}'
	lines
	[[ $(of a.sql.gz .verified_at) == 2026-01-29T13:30:00.000000+00:00 ]]
}

@test "C.1: order is by manifest, never by name; the rest by its time" {
	use_store file
	backup c 2026-01-01T00:00:00Z
	backup a 2026-01-03T00:00:00Z
	backup b 2026-01-02T00:00:00.5+00:00
	backup d 2026-01-02T00:00:00.4+00:00
	backup e 2026-01-02T02:00:00.45+02:00
	put u 12345
	touch -d 2020-01-01 "${store#file://}/u"
	lines
	[[ $lines == "u:unmanaged c:backup d:backup e:backup b:backup a:backup" ]]
}

@test "another tool's JSON beside its backup, and ours under another name" {
	for name in $(stores); do
		use_store "$name"
		put x.sql.gz 12345
		put x.sql.gz.json '{"filename":"x.sql.gz","size_bytes":5}'
		lines
		[[ $(jq -r '.name + ":" + .state' lines | sort | paste -sd' ') == "x.sql.gz.json:unmanaged x.sql.gz:unmanaged" ]]
		put x.sql.gz.manifest.json "$(manifest_of x.sql.gz 2026-01-01T00:00:00Z)"
		lines
		[[ $lines == "x.sql.gz:backup x.sql.gz.json:unmanaged" ]]
		[[ $(of x.sql.gz .manifest_url) == "$store/x.sql.gz.manifest.json" ]]
	done
}

@test "JSON backups are objects like others" {
	use_store file
	backup a.json 2026-01-01T00:00:00Z
	put b.json "{\"t\":[$(printf '{"x":1},%.0s' {1..5000})1]}" --run-id=r
	lines
	[[ $lines == "a.json:backup b.json:debris" ]]
}

@test "a manifest of ours that lost its text is no debris" {
	use_store file
	put a.sql.gz 12345 --run-id=r
	put a.sql.gz.json '{"filename":"a.sql' --run-id=r
	put b.sql.gz 12345
	put b.sql.gz.json 'not JSON'
	lines
	[[ $(jq -r '.name + ":" + .state' lines | sort | paste -sd' ') == "a.sql.gz:mismatch b.sql.gz.json:unmanaged b.sql.gz:unmanaged" ]]
	[[ $(of a.sql.gz .reason) == "its manifest is not JSON" ]]
}

@test "records that outlived their backup are told, not counted" {
	use_store file
	put a.sql.gz.verified-20260129T120000Z.json '{}'
	put b.sql.gz.json "$(manifest_of b.sql.gz 2026-01-27T00:00:00Z)"
	put b.sql.gz.damaged-20260129T120000Z.json '{}'
	lines
	[[ $(jq -r '.name + ":" + .state' lines | sort | paste -sd' ') == "a.sql.gz.verified-20260129T120000Z.json:mismatch b.sql.gz:mismatch" ]]
	[[ $(of b.sql.gz '.record_urls | length') == 1 ]]
}

@test "an empty place, a place that is not there, a trailing slash" {
	for name in $(stores); do
		use_store "$name"
		works catalog "$store"
		[[ ! -s $out ]]
		backup a 2026-01-01T00:00:00Z
		works catalog "$store/"
		[[ $(jq -r .url "$out") == "$store/a" ]]
	done
	fails 100 catalog http://x/y
	fails 100 catalog
}

@test "a file system's root and odd names" {
	use_store file
	backup 'größe & "so" %41+x.sql.gz' 2026-01-01T00:00:00Z
	lines
	[[ $lines == 'größe & "so" %41+x.sql.gz:backup' ]]
	[[ $(jq -r .url lines) == "$store/"'größe & "so" %41+x.sql.gz' ]]
	cp -- "${store#file://}/"*gz "${store#file://}/"$'\xff.sql.gz'
	works catalog "$store"
	says 'not UTF-8'
	[[ $(wc -l <"$out") == 1 ]]
}

@test "a directory that cannot be read is a failure without output" {
	use_store file
	backup a 2026-01-01T00:00:00Z
	chmod 0 "${store#file://}"
	fails 100 powerless catalog "$store"
	chmod 700 "${store#file://}"
	says "Permission denied"
	[[ ! -s $out ]]
}

# fake_store RULE...: twenty backups on a server that fails as it is told.
fake_store() {
	fake_s3 "$@"
	store=s3://box/p
	for i in {10..29}; do
		backup "a$i" "2026-01-${i}T00:00:00Z"
	done
}

@test "manifests are read by several at once, and come in order all the same" {
	fake_store
	for jobs in 1 2 8 64; do
		catalog --jobs="$jobs" "$store" >lines
		[[ $(jq -r .name lines | paste -sd' ') == "$(echo a{10..29})" ]]
	done
	use_store file
	for i in {10..29}; do
		backup "a$i" "2026-01-${i}T00:00:00Z"
		put "b$i.json" '{}'
		put "b$i.json.json" "$(manifest_of "b$i.json" 2026-02-01T00:00:00Z 2)"
		put "b$i.json.json.json" '[]'
	done
	catalog --jobs=1 "$store" >one
	catalog --jobs=8 "$store" >lines
	cmp one lines
	[[ $(jq -r .state lines | sort | uniq -c | awk '{print $1, $2}' | paste -sd' ') == "40 backup 20 unmanaged" ]]
}

@test "whose an object is, is asked of several at once, too" {
	fake_s3 "999 HEAD p/ late 0.1"
	store=s3://box/p
	for i in {10..17}; do
		put "a$i" x $( ((i % 4)) || echo --run-id=dead)
	done
	before=$(grep -c ^HEAD "$fake/log")
	start=$(date +%s%3N)
	catalog --jobs=8 "$store" >lines
	# One by one it would take 0.8 s.
	(($(date +%s%3N) - start < 700))
	(($(grep -c ^HEAD "$fake/log") - before == 8))
	[[ $(jq -r .state lines | sort | uniq -c | awk '{print $1, $2}' | paste -sd' ') == "2 debris 6 unmanaged" ]]
	fake_s3 "99 HEAD p/b status 403 AccessDenied"
	put a x
	for jobs in 1 8; do
		put "b$jobs" x || true
		fails 100 catalog --jobs="$jobs" "$store"
		[[ ! -s $out ]]
	done
}

@test "a manifest that cannot be read fails the whole, without output" {
	for jobs in 1 8; do
		fake_store "99 GET p/a20.json status 403 AccessDenied"
		fails 100 catalog --jobs="$jobs" "$store"
		[[ $(grep -c fatal "$err") == 1 ]]
		[[ ! -s $out ]]
		fake_store "99 GET p/a20.json status 503 SlowDown"
		fails 111 catalog --jobs="$jobs" --retry=1s "$store"
		[[ ! -s $out ]]
		fake_store "1 GET p/a20.json status 503 SlowDown"
		works catalog --jobs="$jobs" "$store"
		[[ $(wc -l <"$out") == 20 ]]
	done
}

@test "a manifest that is deleted meanwhile: its backup is not debris" {
	for jobs in 1 8; do
		fake_store "1 GET p/a20.json status 404 NoSuchKey"
		catalog --jobs="$jobs" "$store" >lines
		[[ $(of a20 '.state, .reason' | paste -sd' ') == "mismatch its manifest was deleted just now" ]]
		[[ $(grep -c '"backup"' lines) == 19 ]]
	done
}

@test "a stop signal ends it within five seconds" {
	fake_store "99 GET p/a2.*json stall"
	catalog "$store" >lines 2>"$err" </dev/null 3>&- &
	pid=$!
	until_true grep -q 'GET.*json.*stall' "$fake/log"
	SECONDS=0
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143))
	((SECONDS < 5))
	[[ ! -s lines ]]
}

@test "a reader that goes away, a full disk" {
	use_store file
	for i in {1..30}; do
		backup "a$i" 2026-01-01T00:00:00Z
	done
	status=0
	catalog "$store" >/dev/full 2>"$err" || status=$?
	((status == 111))
	stage status catalog "$store" 2>"$err" | true
	[[ $(cat status) == @(0|141) ]]
	[[ ! -s $err ]]
}

@test "many backups: memory for each is small" {
	not_sanitized
	count=3000
	[[ ${FULL:-0} == 0 ]] || count=100000
	use_store file
	mkdir -p "${store#file://}"
	manifest_of NAME 2026-01-01T00:00:00Z >model
	python3 - "$count" "${store#file://}" <<-'END'
		import json, sys
		model = json.load(open("model"))
		model["tables"] = [{"schema": "public", "name": "table_%d" % i,
		    "rows": 1, "bytes": 10} for i in range(30)]
		model["row_count"] = 30
		for i in range(int(sys.argv[1])):
		    name = "shop_%06d.sql.gz" % i
		    path = sys.argv[2] + "/" + name
		    model["filename"] = name
		    model["id"] = "run-%08x" % (i * 2654435761 % 2**32)
		    model["sha256"] = "%064x" % (i * 2654435761**7 % 2**256)
		    model["created_at_utc"] = "2026-01-%02dT00:%02d:%02dZ" % (
		        i % 28 + 1, i // 60 % 60, i % 60)
		    open(path, "w").write("12345")
		    open(path + ".json", "w").write(json.dumps(model))
		    open(path + ".verified-20260129T120000Z.json", "w").write("{}")
	END
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
      file=open("memory", "w"))' catalog "$store" >lines
	echo "$(cat memory) KiB for $count"
	[[ $(wc -l <lines) == "$count" ]]
	[[ $(jq -r .manifest.created_at_utc lines | sort -c 2>&1) == "" ]]
	(($(cat memory) < 102400))
}
