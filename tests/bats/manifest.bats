#!/usr/bin/env bats
# manifest: joining reports, refusing what does not fit, checking.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	sha=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
	times='"started_at":"2026-01-29T13:30:22.500000+00:00","duration_seconds":2.5,"tool_version":"0.1.0"'
	echo '{"tool":"pg-stream","database":"shop","format":"sql","encoding":"UTF8","uncompressed_bytes":99,"server_version":"15.14","row_count":3,"tables":[{"schema":"public","name":"t","rows":3,"bytes":6,"from":9}],"snapshot":{"lsn":"0/1","time":"2026-01-29T13:30:22+00:00"},'"$times}" >dump.json
	echo '{"tool":"gzip-frame","compression":"gzip-frame","uncompressed_bytes":99,"compressed_bytes":77,"frames":1,"frame_bytes":1048576,"level":1,'"$times}" >gzip.json
	echo '{"tool":"sha-tee","sha256":"'"$sha"'","size_bytes":77,"started_at":"2026-01-29T13:30:23+00:00","duration_seconds":4}' >sha.json
	echo '{"tool":"s3-put","size_bytes":77,"urls":[{"url":"s3://b/p/shop.sql.gz","etag":"x","ok":true},{"url":"s3://c/shop.sql.gz","etag":"","ok":false}],'"$times}" >put.json
	backup-name --database=shop --json --time=2026-01-29T13:30:22.123456Z \
		--timezone=Europe/Amsterdam >name.json
	reports=(dump.json gzip.json sha.json put.json name.json)
}

@test "joins reports to a manifest that passes its own check" {
	works manifest --set=id=run-1 "${reports[@]}"
	[[ $(wc -l <"$out") == 1 ]]
	cp "$out" made.json
	works manifest --check made.json
	jq -e --arg sha "$sha" '.schema_version == 1 and .id == "run-1" and
		.urls == ["s3://b/p/shop.sql.gz"] and
		.filename == "shop.sql.gz" and .database == "shop" and
		.series == "shop" and .type == "manual" and
		.description == "" and .encryption == "none" and
		.compression == "gzip-frame" and .compressed == true and
		.size_bytes == 77 and .size_mb == 0 and .sha256 == $sha and
		.uncompressed_bytes == 99 and .frames == 1 and
		.created_at == "2026-01-29T14:30:22.123456" and
		.timestamp == "20260129_143022" and
		.created_at_utc == "2026-01-29T13:30:22.123456+00:00" and
		.started_at == "2026-01-29T13:30:22.500000+00:00" and
		.duration_seconds == 4.5 and .row_count == 3 and
		.tables[0].from == 9 and .encoding == "UTF8" and
		(has("tool") | not) and (has("level") | not)' made.json
}

@test "the fields of old come first" {
	works manifest --set=id=run-1 "${reports[@]}"
	[[ $(jq -r 'keys_unsorted[:8] | join(" ")' "$out") == 'filename timestamp created_at database size_bytes size_mb description compressed' ]]
}

@test "--set and --set-json win over reports; unknown fields are kept" {
	works manifest --set=id=r --set=description='Vor dem Umzug' \
		--set=environment=production --set-json=mine='{"a":[1]}' \
		--set=series=shop-nightly "${reports[@]}"
	jq -e '.description == "Vor dem Umzug" and .mine.a == [1] and
		.environment == "production" and .series == "shop-nightly"' "$out"
	fails 100 manifest --set=id=r --set=nonsense "${reports[@]}"
	fails 100 manifest --set=id=r --set-json=x=nonsense "${reports[@]}"
}

@test "reports that do not agree are refused, and nothing is printed" {
	sed -i 's/"size_bytes":77/"size_bytes":76/' sha.json
	fails 100 manifest --set=id=r "${reports[@]}"
	says 'size_bytes: 76 and 77'
	[[ ! -s $out ]]
	sed -i 's/"size_bytes":76/"size_bytes":77/' sha.json
	sed -i 's/"uncompressed_bytes":99/"uncompressed_bytes":98/' gzip.json
	fails 100 manifest --set=id=r "${reports[@]}"
	says 'uncompressed_bytes'
	sed -i 's/"uncompressed_bytes":98/"uncompressed_bytes":99/; s/"compressed_bytes":77/"compressed_bytes":70/' gzip.json
	fails 100 manifest --set=id=r "${reports[@]}"
	says 'wrote 70 bytes, but 77 were stored'
	# Encryption behind the compressor adds bytes.
	works manifest --set=id=r --set=encryption=age "${reports[@]}"
}

@test "a missing report is a missing field, told by name" {
	fails 100 manifest "${reports[@]}"
	says 'id is missing'
	fails 100 manifest --set=id=r dump.json gzip.json put.json name.json
	says 'sha256 is missing'
	fails 100 manifest --set=id=r dump.json gzip.json sha.json name.json
	says 'urls is missing'
	fails 100 manifest --set=id=r dump.json gzip.json sha.json put.json
	says 'timestamp is missing'
	fails 100 manifest
	[[ ! -s $out ]]
}

@test "reports that are no reports" {
	fails 100 manifest --set=id=r none.json
	says none.json
	echo '[]' >bad.json
	fails 100 manifest --set=id=r bad.json
	echo '{"a":1}' >bad.json
	fails 100 manifest --set=id=r bad.json
	says 'does not name its tool'
	echo '{"tool":"x","a":1,"a":2}' >bad.json
	fails 100 manifest --set=id=r bad.json
	printf '{"tool":"x","a":"\xff"}' >bad.json
	fails 100 manifest --set=id=r bad.json
	echo '{"tool":"x"} junk' >bad.json
	fails 100 manifest --set=id=r bad.json
	: >bad.json
	fails 100 manifest --set=id=r bad.json
}

@test "--check: yes is 0, no is 1 with the reason, unreadable is 100" {
	manifest --set=id=r "${reports[@]}" >good.json
	works manifest --check good.json good.json
	jq -c '.sha256 = "x"' good.json >bad.json
	fails 1 manifest --check good.json bad.json
	says 'bad.json'
	says 'sha256 must be 64'
	fails 100 manifest --check none.json
	fails 100 manifest --check --set=a=b good.json
}

@test "--check reads standard input, and asks whether its writer finished" {
	manifest --set=id=r "${reports[@]}" >good.json
	manifest --check <good.json
	cat good.json | stage status manifest --check 2>"$err" >"$out"
	[[ $(cat status) == 0 ]]
	# A writer that fails at the end, with all its bytes through.
	stage none sha-tee --report=no/such/directory <good.json 2>/dev/null |
		stage status manifest --check 2>"$err" >"$out" || true
	[[ $(cat none) != 0 ]]
	[[ $(cat status) == 111 ]]
}

@test "a manifest with many tables" {
	python3 -c '
import json
d = json.load(open("dump.json"))
d["tables"] = [{"schema": "s", "name": "t%d" % i, "rows": 2, "bytes": 8}
               for i in range(20000)]
d["row_count"] = 40000
json.dump(d, open("dump.json", "w"))'
	works manifest --set=id=r "${reports[@]}"
	[[ $(jq '.tables | length' "$out") == 20000 ]]
}

@test "docs/FORMATS.md and --check agree on what must be there" {
	manifest --set=id=r "${reports[@]}" >good.json
	python3 - "$top/docs/FORMATS.md" <<-'END'
		import json, re, subprocess, sys
		text = open(sys.argv[1]).read().split("## Manifest")[1].split("\n## ")[0]
		good = json.load(open("good.json"))
		seen = set()
		for names, need in re.findall(r"^\| (`.*?`) \| (must|may) \|", text, re.M):
		    for name in re.findall(r"`(\w+)`", names):
		        seen.add(name)
		        less = {k: v for k, v in good.items() if k != name}
		        json.dump(less, open("less.json", "w"))
		        rc = subprocess.run(["manifest", "--check", "less.json"],
		                            stderr=subprocess.DEVNULL).returncode
		        assert rc == (1 if need == "must" else 0), (name, need, rc)
		assert len(seen) > 30, seen
	END
}
