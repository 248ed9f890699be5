# s3-helper.bash: what the tests share in which s3-put meets tests/fault/fake-s3:
# what is sent, and what has become of it. The store is s3://box/x.
# shellcheck shell=bash
# shellcheck disable=SC2154 # out and err are helper.bash's

load ../fault/fake-s3.bash

# Of one part, and of three. A test that wants others makes its own.
small=${BATS_FILE_TMPDIR-}/small
big=${BATS_FILE_TMPDIR-}/big

setup_file() {
	echo "a small object" >"$small"
	sample 12000000 >"$big"
}

teardown() {
	fake_s3_stop
}

# put FILE [OPTION]...: to s3://box/x, in parts of 5 MiB, at most 10 s of trying.
put() {
	s3-put --part-size=5M --retry=10s "${@:2}" s3://box/x \
		<"$1" >"$out" 2>"$err"
}

# put_fails CODE ARGUMENT...: put does, whichever the file has.
put_fails() {
	exits "$1" put "${@:2}"
}

# stored FILE: s3://box/x holds these bytes.
stored() {
	s3-get s3://box/x >"$BATS_TEST_TMPDIR/got" 2>"$err" </dev/null
	cmp "$1" "$BATS_TEST_TMPDIR/got"
}

# nothing_published: neither an object nor an open upload.
nothing_published() {
	fails 100 s3-get s3://box/x
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
}
