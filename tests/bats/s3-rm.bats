#!/usr/bin/env bats
# s3-rm: what is its own. What it does alike in all stores is in store.bats.

load helper

setup() {
	dir=$BATS_TEST_TMPDIR/store
	store=file://$dir
	mkdir "$dir"
	touch "$dir"/{a,b,c,d}
}

remaining() {
	(cd "$dir" && echo *)
}

# rm_fails CODE ARGUMENT...: with the test's standard input.
rm_fails() {
	local expected=$1 status=0
	shift
	s3-rm "$@" >"$out" 2>"$err" || status=$?
	((status == expected)) || {
		echo "expected exit $expected, got $status"
		cat "$err"
		return 1
	}
}

@test "usage" {
	fails 100 s3-rm
	fails 100 s3-rm --stdin "$store/a"
	fails 100 s3-rm --stdin --plan
	fails 100 s3-rm --plan --uploads
	fails 100 s3-rm --uploads
	fails 100 s3-rm "$store/a" "$store/b/"
	says "ends in"
	fails 100 s3-rm "$store/a" "$dir/b"
	[[ $(remaining) == "a b c d" ]]
}

@test "each deleted URL is a line on standard output" {
	works s3-rm "$store/b" "$store/none" "$store/a"
	printf '%s\n' "$store/b" "$store/none" "$store/a" | diff - "$out"
	[[ $(remaining) == "c d" ]]
}

@test "--dry-run deletes nothing" {
	works s3-rm --dry-run "$store/a" "$store/b"
	[[ $(wc -l <"$out") == 2 && $(remaining) == "a b c d" ]]
}

@test "a directory is not deleted, and ends it" {
	mkdir "$dir/sub"
	fails 100 s3-rm "$store/a" "$store/sub" "$store/b"
	says "cannot delete object \"$store/sub\": Is a directory"
	[[ $(remaining) == "b c d sub" ]]
}

@test "a list whose last line is not whole deletes nothing" {
	printf '%s\n%s' "$store/a" "$store/b" | rm_fails 100 --stdin
	says "the list may be cut"
	[[ ! -s $out && $(remaining) == "a b c d" ]]
}

@test "a list whose writer died deletes nothing" {
	python3 -c 'import os, sys
os.fchmod(1, 0o1600)
print(sys.argv[1])' "$store/a" | rm_fails 111 --stdin
	[[ ! -s $out && $(remaining) == "a b c d" ]]
}

@test "a bad line anywhere deletes nothing" {
	for bad in "$dir/b" "file://b" "$store/b/" "$store//b" x; do
		printf '%s\n' "$store/a" "$bad" "$store/c" | rm_fails 100 --stdin
		[[ ! -s $out && $(remaining) == "a b c d" ]]
	done
	printf '%s\0\n' "$store/a" | rm_fails 100 --stdin
	says "zero byte"
	[[ $(remaining) == "a b c d" ]]
}

@test "an empty list, and empty lines, are nothing to do" {
	true | rm_fails 0 --stdin
	printf '\n%s\n\n' "$store/a" | rm_fails 0 --stdin
	[[ $(remaining) == "b c d" ]]
}

@test "a bad plan deletes nothing" {
	good='{"action":"delete","urls":["'$store/a'"]}'
	for bad in '{' '[]' '{"action":"drop"}' '{"urls":[]}' \
		'{"action":"delete"}' '{"action":"delete","urls":[]}' \
		'{"action":"delete","urls":"'"$store/b"'"}' \
		'{"action":"delete","urls":[1]}' \
		'{"action":"delete","action":"keep","urls":["'"$store/b"'"]}' \
		'{"action":"delete","urls":["'"$store/b"'",""]}'; do
		echo "$bad"
		printf '%s\n' "$good" "$bad" | rm_fails 100 --plan
		says "line 2"
		[[ ! -s $out && $(remaining) == "a b c d" ]]
	done
	printf '%s' "$good" | rm_fails 100 --plan
	[[ $(remaining) == "a b c d" ]]
	printf '%s\n' "$good" | rm_fails 0 --plan
	[[ $(remaining) == "b c d" ]]
}

@test "a manifest that cannot be deleted keeps its object" {
	mkdir "$dir/m.json"
	printf '{"action":"delete","urls":["%s","%s"]}\n' "$store/m.json" \
		"$store/a" | rm_fails 100 --plan
	[[ $(remaining) == "a b c d m.json" ]]
}

@test "long plans: groups are never cut" {
	mkdir "$dir/many"
	(cd "$dir/many" && seq 3000 | xargs touch)
	seq 0 2 2999 | sed 1d | while read -r n; do
		printf '{"action":"delete","urls":["%s","%s"]}\n' \
			"$store/many/$n" "$store/many/$((n + 1))"
	done >"$BATS_TEST_TMPDIR/plan"
	rm_fails 0 --plan <"$BATS_TEST_TMPDIR/plan"
	[[ $(wc -l <"$out") == 2998 ]]
	[[ $(cd "$dir/many" && echo *) == "1 3000" ]]
}
