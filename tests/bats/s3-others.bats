#!/usr/bin/env bats
# What S3 servers do that few know: each test plays one thing that a real one
# was seen to do.

load helper
load ../fault/fake-s3.bash

setup() {
	small=$BATS_TEST_TMPDIR/small
	big=$BATS_TEST_TMPDIR/big
	echo "a small object" >"$small"
	sample 12000000 >"$big"
}

teardown() {
	fake_s3_stop
}

# put FILE [OPTION]...: to s3://box/x, in parts of 5 MiB, at most 10 s of trying.
put() {
	local file=$1
	shift
	s3-put --part-size=5M --retry=10s "$@" s3://box/x \
		<"$file" >"$out" 2>"$err"
}

# stored FILE: s3://box/x holds these bytes.
stored() {
	s3-get s3://box/x >"$BATS_TEST_TMPDIR/got" 2>"$err" </dev/null
	cmp "$1" "$BATS_TEST_TMPDIR/got"
}

@test "NoSuchUpload to a list of uploads: there are none" {
	fake_s3 "9 GET uploads= status 404 NoSuchUpload"
	put "$small"
	stored "$small"
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
	works s3-rm --uploads s3://box/
}
