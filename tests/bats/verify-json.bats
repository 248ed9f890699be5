#!/usr/bin/env bats
# verify: tables in JSON against their manifest, with each kind of damage.

load helper

setup_file() {
	pg_env
	export work=$BATS_FILE_TMPDIR
	cd -- "$work"
	new_database "verifyjson_$RANDOM$RANDOM"
	sql "$db" "CREATE TABLE a (i int, t text); INSERT INTO a SELECT g, 'x' || g FROM generate_series(1, 3000) g;
		CREATE TABLE \"b \"\"q\"\" é\" (j jsonb); INSERT INTO \"b \"\"q\"\" é\" VALUES ('{\"a\": [1, \"]\"]}'), (NULL);
		CREATE TABLE c (i int); CREATE SCHEMA s; CREATE TABLE s.a (i int); INSERT INTO s.a VALUES (1)"
	for format in json ndjson; do
		pg-json --dbname="$db" --format="$format" --report="$format.report" >"whole.$format"
	done
	dropdb -- "$db"
}

setup() {
	cd -- "$BATS_TEST_TMPDIR"
}

# judge FILE FORMAT: the verdict on FILE in $out, with a manifest that has its
# size and hash, and pg-json's counts.
judge() {
	sha-tee --report=sha <"$1" >/dev/null
	jq 'del(.uncompressed_bytes)' "$work/$2.report" >report
	backup-name --json --template="$1" >times
	manifest --set=id=run --set=type=manual --set=series=s --set="filename=$1" --set=host=h \
		--set=description= --set=environment= --set-json="urls=[\"file:///x/$1\"]" \
		times report sha >manifest.json
	status=0
	verify --manifest=manifest.json <"$1" >"$out" 2>"$err" || status=$?
}

# bad FORMAT REASON PYTHON: what becomes of the text t by PYTHON is bad.
bad() {
	python3 -c "t = open('$work/whole.$1', 'rb').read(); $3; open('x.$1', 'wb').write(t)"
	judge "x.$1" "$1"
	((status == 1)) || {
		echo "not bad: $3"
		return 1
	}
	[[ $(jq -r .verdict "$out") == bad ]]
	says "$2"
}

@test "whole: rows and tables are counted" {
	for format in json ndjson; do
		cp "$work/whole.$format" "x.$format"
		judge "x.$format" "$format"
		((status == 0))
		[[ $(jq -c '[.verdict, .level, .row_count]' "$out") == '["good","structure",3003]' ]]
		gzip-frame <"x.$format" >"x.$format.gz"
		works bash -c 'verify --describe <"$1"' - "x.$format.gz"
		[[ $(jq -c '[.format, .row_count]' "$out") == "[\"$format\",3003]" ]]
		diff <(jq -c ".tables[] | [.key, .rows, .from, .bytes]" "$out") \
			<(jq -c '.tables[] | select(.rows > 0 or $f == "json") | [.key, .rows, .from, .bytes]' \
				--arg f "$format" "$work/$format.report")
	done
}

@test "rows that are missing, too many, of another table" {
	bad json 'table "public.a" has 2999' 't = t.replace(b"{\"i\":7,\"t\":\"x7\"},\n", b"", 1)'
	bad json 'table "public.a" has 3001' 't = t.replace(b"{\"i\":7,", b"{\"i\":0},{\"i\":7,", 1)'
	bad json 'table "c" has 1' 't = t.replace(b"\"c\":[]", b"\"c\":[{}]", 1)'
	bad json 'table "c" is missing' 't = t.replace(b",\n\"c\":[]", b"", 1)'
	bad json 'two tables of one name' 't = t.replace(b"\"c\":[]", b"\"c\":[],\"c\":[]", 1)'
	bad json 'no table "d"' 't = t.rstrip()[:-1] + b",\"d\":[]}"'
	bad ndjson 'table "public.a" has 2999' 't = t.replace(b"{\"table\":\"public.a\",\"row\":{\"i\":7,\"t\":\"x7\"}}\n", b"", 1)'
	bad ndjson 'no table "d"' 't = t + b"{\"table\":\"d\",\"row\":{}}\n"'
	bad ndjson 'without its table and row' 't = t + b"{\"table\":\"c\"}\n"'
}

@test "text that is no JSON any more" {
	bad json 'ends in the middle' 't = t[:-2]'
	bad json 'ends in the middle' 't = t[:20000]'
	bad json 'at byte' 't = t[:20000] + b"\0" + t[20001:]'
	bad json 'no UTF-8' 't = t.replace(b"\xc3\xa9", b"\xc3.", 1)'
	bad json 'more behind its end' 't = t + b"{}"'
	bad json 'no object of tables' 't = b"[]"'
	bad json 'in the middle' 't = b""'
	bad json 'no array of rows' 't = t.replace(b"\"c\":[]", b"\"c\":12", 1)'
	bad json 'no object' 't = t.replace(b"\"c\":[]", b"\"c\":[1]", 1)'
	bad ndjson 'ends in the middle' 't = t[:-3]'
	bad ndjson 'no object' 't = t + b"1\n"'
	bad ndjson 'no whole value' 't = t.replace(b"\"row\":{\"i\":9", b"\"row\":\n{\"i\":9", 1)'
	# Cut between two lines: the counts tell.
	bad ndjson 'table "s.a" is missing' 't = t[:t.rindex(b"\n", 0, -1) + 1]'
}

@test "other JSON is not taken for tables" {
	for text in '{"filename":"x"}' '{"a":[1]}' '{' '{"a":[{}]} x'; do
		printf '%s' "$text" >x
		fails 1 bash -c 'verify --describe <x'
	done
	printf '[]' >x
	works bash -c 'verify --describe <x'
	[[ $(jq -r .format "$out") == unknown ]]
}
