#!/usr/bin/env bats
# s3-get: what is its own. What it does alike in all stores is in store.bats.

load helper

setup() {
	dir=$BATS_TEST_TMPDIR/store
	store=file://$dir
	mkdir "$dir"
	printf 0123456789 >"$dir/x"
}

# The mark that the pipe on standard input was left with: 2000 is complete.
mark() {
	python3 -c 'import os, sys
sys.stdin.buffer.read()
print("%o" % (os.fstat(0).st_mode & 0o7000))'
}

@test "usage" {
	fails 100 s3-get
	fails 100 s3-get "$store/x" "$store/y"
	fails 100 s3-get --tail=0 "$store/x"
	fails 100 s3-get --head --range=0-1 "$store/x"
	fails 100 s3-get x
	[[ ! -s $out ]]
}

@test "standard output on a full disk is exit 111" {
	status=0
	s3-get "$store/x" >/dev/full 2>"$err" || status=$?
	((status == 111))
	says "No space left on device"
}

@test "a reader that goes away: SIGPIPE and no message" {
	head -c 3000000 /dev/zero >"$dir/big"
	status=0
	{
		s3-get "$store/big" 2>"$err" || echo $? >"$BATS_TEST_TMPDIR/status"
	} | head -c 1 >"$out"
	[[ $(<"$BATS_TEST_TMPDIR/status") == 141 ]]
	[[ ! -s $err ]]
}

@test "the pipe is marked complete at the end, and only then" {
	[[ $(s3-get "$store/x" | mark) == 2000 ]]
	[[ $(s3-get "$store/none" 2>"$err" | mark) == 1000 ]]
	[[ $(s3-get --head "$store/x" | mark) == 2000 ]]
}

@test "--manifest: bytes that it does not name leave the pipe unmarked" {
	cd "$BATS_TEST_TMPDIR"
	printf 0123456789 | sha-tee --report=sha >/dev/null
	backup-name --database=shop --json >name
	manifest --set=id=run-1 --set=filename=x --set=database=shop \
		--set=format=unknown --set=compression=none \
		--set-json='urls=["file:///b/x"]' name sha >x.json
	[[ $(s3-get --manifest=x.json "$store/x" | mark) == 2000 ]]
	printf 0123456780 >"$dir/x"
	[[ $(s3-get --manifest=x.json "$store/x" 2>"$err" | mark) == 1000 ]]
	fails 1 s3-get --manifest=x.json "$store/x"
	says "is damaged: its SHA-256 is"
	printf 012345678 >"$dir/x"
	fails 1 s3-get --manifest=x.json "$store/x"
	says "has 9 bytes, and 10"
	printf 0123456789a >"$dir/x"
	fails 1 s3-get --manifest=x.json "$store/x"
	says "longer than the 10 bytes"
	fails 100 s3-get --manifest=x.json --tail=3 "$store/x"
	fails 100 s3-get --manifest=sha "$store/x"
	says 'cannot use manifest "sha"'
	fails 100 s3-get --manifest=none "$store/x"
}

@test "what is no regular file is not read" {
	mkdir "$dir/sub"
	mkfifo "$dir/fifo"
	fails 100 s3-get "$store/sub"
	says "it is a directory"
	fails 100 s3-get "$store/fifo"
	says "no regular file"
	fails 100 s3-get --head "$store/fifo"
	says "not there"
	ln -s x "$dir/latest"
	works s3-get "$store/latest"
	[[ $(<"$out") == 0123456789 ]]
}

@test "an unreadable object is 100 with its path" {
	chmod 0 "$dir/x"
	fails 100 powerless s3-get "$store/x"
	says "Permission denied"
}

@test "a file that becomes shorter while it is read is exit 111" {
	head -c 5000000 /dev/zero >"$dir/big"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	s3-get "$store/big" >"$BATS_TEST_TMPDIR/fifo" 2>"$err" &
	pid=$!
	exec 8<"$BATS_TEST_TMPDIR/fifo"
	head -c 1000 <&8 >"$out"
	truncate -s 100000 "$dir/big"
	cat <&8 >>"$out"
	exec 8<&-
	status=0
	wait "$pid" || status=$?
	((status == 111))
	says "became shorter"
}

@test "--head leaves out attributes that are no metadata of ours" {
	python3 -c 'import os, sys
for name, value in ((b"user.ok", b"yes"), (b"user.Not.Ours", b"x"),
                    (b"user.binary", b"a\0b"), (b"user.empty", b"")):
    os.setxattr(sys.argv[1], name, value)' "$dir/x"
	works s3-get --head "$store/x"
	[[ $(jq -Sc .metadata "$out") == '{"empty":"","ok":"yes"}' ]]
}
