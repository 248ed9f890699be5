#!/usr/bin/env bats
# s3-put with several URLs of which one is slow, full, silent or lost: what
# becomes of the others, and what the report says of each.

load helper
load s3-helper

setup() {
	report=$BATS_TEST_TMPDIR/report
}

# put FILE [OPTION]... URL...
put() {
	local file=$1
	shift
	s3-put --part-size=5M --parts-in-flight=2 --report="$report" "$@" \
		<"$file" >"$out" 2>"$err"
}

# put_fails CODE FILE [OPTION]...: and no report of it comes.
put_fails() {
	rm -f "$report"
	exits "$1" put "${@:2}"
	[[ ! -e $report ]]
}

# verdicts WORD...: so says the report, URL by URL.
verdicts() {
	[[ $(jq -r '.urls[].verdict' "$report" | xargs) == "$*" ]] || {
		cat "$report" "$err"
		return 1
	}
}

# holds KEY FILE
holds() {
	s3-get "s3://box/$1" >"$BATS_TEST_TMPDIR/got" 2>"$err" </dev/null
	cmp "$2" "$BATS_TEST_TMPDIR/got"
}

# nothing_of KEY: neither an object nor an open upload.
nothing_of() {
	fails 100 s3-get "s3://box/$1"
	works s3-ls --uploads "s3://box/$1"
	[[ ! -s $out ]]
}

urls=(s3://box/good s3://box/bad)
turned=(s3://box/bad s3://box/good)

@test "a full one is left behind at once, whatever it calls it" {
	for answer in "507 XMinioStorageFull" "403 QuotaExceeded" \
		"400 XMinioAdminBucketQuotaExceeded"; do
		fake_s3 "99 PUT bad\$ status $answer"
		put "$small" --need=1 "${turned[@]}"
		verdicts failed done
		says "could not put object \"s3://box/bad\": ${answer#* }"
		holds good "$small"
		works s3-rm s3://box/good
		put_fails 111 "$small" "${turned[@]}"
		nothing_of good
	done
	fake_s3 "99 PUT bad.partNumber=2 status $answer"
	put "$big" --need=1 "${urls[@]}"
	verdicts done failed
	says "could not upload part 2 of object \"s3://box/bad\": ${answer#* }"
	says "going on with 1 of 2 URLs"
	holds good "$big"
	nothing_of bad
	works s3-rm s3://box/good
	put_fails 111 "$big" "${urls[@]}"
	nothing_of good
	nothing_of bad
}

@test "a slow one sets the pace, and holds the same bytes" {
	fake_s3 "3 PUT bad.partNumber late 1"
	put "$big" "${urls[@]}"
	verdicts done done
	holds good "$big"
	holds bad "$big"
}

@test "a silent one is given up after its budget, and holds no other longer" {
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/fast.so" \
		"$top/tests/fault/fast_clock.c" -ldl
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	export FAST_CLOCK=60
	fake_s3 "99 PUT bad.partNumber stall"
	SECONDS=0
	# A second is a minute: two of silence, a half of budget, two more.
	LD_PRELOAD=$BATS_TEST_TMPDIR/fast.so \
		put "$big" --retry=30s --need=1 "${turned[@]}"
	((SECONDS < 20))
	verdicts failed done
	says "object \"s3://box/bad\": connection stalled"
	[[ $(grep -c fatal: "$err") == 1 ]]
	holds good "$big"
	nothing_of bad
}

@test "one that goes away in the middle costs its budget, not the others" {
	fake_s3 "1 PUT bad.partNumber behave" "999 PUT bad.partNumber close"
	SECONDS=0
	put "$big" --retry=2s --need=1 "${urls[@]}"
	((SECONDS < 15))
	verdicts done failed
	holds good "$big"
	put_fails 100 "$big" --retry=2s "${urls[@]}"
	says "the name is taken"
	holds good "$big"
}

@test "one whose end nobody can tell is unknown, and does not count" {
	rules=("1 HEAD bad\$ behave" "1 HEAD bad\$ behave"
		"999 HEAD bad\$ close" "999 POST bad.uploadId close")
	fake_s3 "${rules[@]}"
	put "$big" --retry=1s --need=1 "${urls[@]}"
	verdicts done unknown
	says "could not learn whether object \"s3://box/bad\" was published"
	holds good "$big"
	fake_s3 "${rules[@]}"
	put_fails 111 "$big" --retry=1s "${urls[@]}"
	nothing_of good
}

@test "of three two must hold: the third may be full, a second one may not" {
	fake_s3 "99 PUT bad.partNumber status 507 XMinioStorageFull" \
		"99 PUT third.partNumber=3 status 403 AccessDenied"
	other=file://$BATS_TEST_TMPDIR/store/x
	put "$big" --need=2 "${turned[@]}" "$other"
	verdicts failed done done
	holds good "$big"
	cmp "$big" "$BATS_TEST_TMPDIR/store/x"
	works s3-rm s3://box/good "$other"
	put_fails 100 "$big" --need=2 s3://box/third "${turned[@]}"
	nothing_of good
	nothing_of third
	nothing_left "$BATS_TEST_TMPDIR/store"
}

@test "several URLs keep each part once" {
	not_sanitized
	fake_s3
	big=$BATS_TEST_TMPDIR/big
	seq 8000000 >"$big"
	rss() {
		command time -f %M -o "$BATS_TEST_TMPDIR/rss" s3-put -q \
			--part-size=5M --parts-in-flight=8 "$@" <"$big" >"$out" 2>"$err"
		cat "$BATS_TEST_TMPDIR/rss"
	}
	local one three
	one=$(rss s3://box/one)
	three=$(rss s3://box/a s3://box/b s3://box/c)
	echo "one URL $one KiB, three $three KiB"
	((three < one + 50000))
	for key in one a b c; do
		holds "$key" "$big"
	done
}
