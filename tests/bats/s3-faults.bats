#!/usr/bin/env bats
# What the S3 client does when the server or the network fails. Each test says
# which request fails how; tests/fault/fake-s3 does it.

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

# put_fails CODE FILE [OPTION]...
put_fails() {
	local expected=$1 status=0
	shift
	put "$@" || status=$?
	((status == expected)) || {
		echo "expected exit $expected, got $status"
		cat "$err"
		return 1
	}
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

# wait_for REGEX: until the server has such a request, 10 s at most.
wait_for() {
	for ((i = 0; i < 200; i++)); do
		! grep -qE -- "$1" "$fake/log" || return 0
		sleep 0.05
	done
	cat "$fake/log"
	return 1
}

@test "503 SlowDown, 500 and a closed connection are tried again" {
	fake_s3 "1 PUT /box/x status 503 SlowDown" \
		"1 PUT /box/x status 500 InternalError" "1 PUT /box/x close"
	put "$small"
	stored "$small"
	asked 4 "^PUT /box/x "
}

@test "a status without an S3 error is judged by the status" {
	fake_s3 "1 PUT /box/x body 502 <html>Bad Gateway</html>"
	put "$small"
	stored "$small"
	fake_s3 "1 PUT /box/x body 413 <html>Too Large</html>"
	put_fails 100 "$small"
	says "the server answered 413"
}

@test "a part that breaks off is sent again" {
	fake_s3 "1 PUT partNumber=2 reset 100000" "1 PUT partNumber=1 close" \
		"1 PUT partNumber=3 status 400 RequestTimeout"
	put "$big"
	stored "$big"
}

@test "a damaged body is refused, sent once more, then given up" {
	fake_s3 "1 PUT /box/x status 400 BadDigest"
	put "$small"
	stored "$small"
	fake_s3 "9 PUT /box/x status 400 BadDigest"
	put_fails 111 "$small"
	says "BadDigest"
	asked 2 "^PUT /box/x "
}

@test "200 with an Error in it is no success" {
	error='<Error><Code>InternalError</Code><Message>x</Message></Error>'
	fake_s3 "1 POST uploadId= body 200   \\n<?xml version='1.0'?>$error"
	put "$big"
	stored "$big"
	asked 2 "^POST .*uploadId="
	fake_s3 "9 POST uploadId= body 200 ${error/InternalError/AccessDenied}"
	put_fails 100 "$big"
	says "AccessDenied"
	nothing_published
}

@test "200 without a CompleteMultipartUploadResult is no success" {
	fake_s3 "9 POST uploadId= body 200 <html>welcome</html>"
	put_fails 111 "$big"
	says "is no CompleteMultipartUploadResult"
	nothing_published
	fake_s3 "9 POST uploadId= body 200 "
	put_fails 111 "$big"
	nothing_published
}

@test "a completion whose answer is lost is found to be ours" {
	fake_s3 "1 POST uploadId= lose"
	put "$big"
	stored "$big"
	fake_s3 "1 POST uploadId= finish"
	put "$big"
	stored "$big"
}

@test "a PUT whose answer is lost is found to be ours" {
	fake_s3 "1 PUT /box/x lose"
	put "$small"
	stored "$small"
	asked 2 "^PUT /box/x "
}

@test "an upload that vanished is a failure, and nothing is there" {
	fake_s3 "1 POST uploadId= undo"
	put_fails 100 "$big"
	says "NoSuchUpload"
	nothing_published
}

@test "500 on the completion for ever ends, and the upload is aborted" {
	fake_s3 "99 POST uploadId= status 500 InternalError"
	put_fails 111 "$big"
	says "InternalError"
	nothing_published
	n=$(grep -c "^POST .*uploadId=" "$fake/log")
	((n <= 8))
}

@test "a taken name is refused at once, and at the very end" {
	fake_s3
	put "$small"
	put_fails 100 "$big"
	says "the name is taken"
	asked 0 "^POST "
	# Somebody else publishes while we upload.
	fake_s3 "1 HEAD /box/x status 404 NotFound" \
		"1 HEAD /box/x status 404 NotFound"
	put "$small"
	put_fails 100 "$big"
	says "the name is taken"
	stored "$small"
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
}

@test "a server that does not heed If-None-Match: HEAD before the completion" {
	fake_s3 "9 POST uploadId= ignore if-none-match" \
		"2 HEAD /box/x status 404 NotFound"
	put "$small"
	put_fails 100 "$big"
	says "the name is taken"
	stored "$small"
}

@test "a server that does not know If-None-Match" {
	fake_s3 "1 PUT /box/x status 501 NotImplemented"
	put "$small"
	stored "$small"
	fake_s3 "1 POST uploadId= status 501 NotImplemented"
	put "$big"
	stored "$big"
}

@test "the right to write alone is enough for a new name" {
	fake_s3 "99 HEAD /box/x status 403 AccessDenied" \
		"9 GET uploads status 403 AccessDenied"
	put "$small"
	stored "$small"
}

@test "an upload left open by a killed run is aborted" {
	fake_s3
	mkfifo "$BATS_TEST_TMPDIR/in"
	s3-put --part-size=5M s3://box/x <"$BATS_TEST_TMPDIR/in" & pid=$!
	exec 9>"$BATS_TEST_TMPDIR/in"
	cat "$big" >&9
	wait_for "^PUT .*partNumber=2"
	kill -KILL "$pid"
	wait "$pid" || true
	exec 9>&-
	works s3-ls --uploads --json s3://box/
	[[ $(jq -r .url "$out") == s3://box/x ]]
	put "$big"
	stored "$big"
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
}

@test "an upload whose beginning was answered to nobody is aborted too" {
	fake_s3 "1 POST uploads lose"
	put "$big"
	stored "$big"
	asked 2 "^POST .*[?]uploads"
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
}

@test "TERM during a stalled part aborts the upload within five seconds" {
	fake_s3 "9 PUT partNumber= stall"
	s3-put --part-size=5M s3://box/x <"$big" 2>"$err" & pid=$!
	wait_for "^PUT .*partNumber=1"
	SECONDS=0
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143))
	((SECONDS <= 5))
	nothing_published
}

@test "a part that cannot be sent ends the upload with its cause, once" {
	fake_s3 "9 PUT partNumber=1 status 403 AccessDenied" \
		"9 PUT partNumber=2 status 403 AccessDenied"
	put_fails 100 "$big"
	says "AccessDenied"
	[[ $(grep -c "fatal:" "$err") == 1 ]]
	nothing_published
}

@test "a GET that breaks off goes on where it was, with If-Match" {
	fake_s3 "1 GET ^/box/x\$ cut 1000" "1 GET ^/box/x\$ cut 2000000" \
		"1 GET ^/box/x\$ status 503 SlowDown" "1 GET ^/box/x\$ close"
	put "$big"
	stored "$big"
	asked 5 "^GET /box/x "
}

@test "a GET of an object that changes under it is no success" {
	fake_s3 "1 GET ^/box/x\$ cut 1000" \
		"1 GET ^/box/x\$ status 412 PreconditionFailed"
	put "$big"
	fails 111 s3-get s3://box/x
	says "changed while it was read"
}

@test "a body without a length is held against the size" {
	fake_s3 "9 GET ^/box/x\$ bare"
	put "$big"
	stored "$big"
}

@test "a redirect to another region is followed, once" {
	moved="status 301 PermanentRedirect"
	fake_s3 "1 GET list-type $moved x-amz-bucket-region=eu-west-7"
	works s3-ls -v s3://box/
	says "bucket box is in region eu-west-7"
	fake_s3 "1 GET list-type status 400 AuthorizationHeaderMalformed region=eu-west-7"
	works s3-ls -v s3://box/
	says "bucket box is in region eu-west-7"
	fake_s3 "1 GET list-type $moved x-amz-bucket-region=eu-west-7" \
		"9 GET list-type $moved x-amz-bucket-region=eu-west-8"
	fails 100 s3-ls s3://box/
	says "PermanentRedirect"
	says "AWS_REGION"
	asked 2 "^GET "
}

@test "a wrong clock is told once, then the server's is used" {
	fake_s3 "1 GET list-type status 403 RequestTimeTooSkewed"
	works s3-ls s3://box/
	says "the clock of this machine"
	fake_s3 "9 GET list-type status 403 RequestTimeTooSkewed"
	fails 100 s3-ls s3://box/
	says "RequestTimeTooSkewed"
	asked 2 "^GET "
}

@test "a list of several pages is whole" {
	fake_s3
	for key in 1 2 3 4 "a b" "a+b" "a&b" 5 6 7; do
		s3-put --allow-empty "s3://box/p/$key" <"$small"
	done
	works s3-ls --json s3://box/p
	[[ $(jq -r .name "$out" | sort | tr '\n' '|') == \
		"$(printf '%s\n' 1 2 3 4 5 6 7 "a b" "a+b" "a&b" | sort | tr '\n' '|')" ]]
}

@test "pages that lead round in a circle end with an error" {
	page="<ListBucketResult><IsTruncated>true</IsTruncated>"
	item="<Contents><Key>p/KEY</Key><Size>1</Size></Contents>"
	next="<NextContinuationToken>TOKEN</NextContinuationToken>"
	fake_s3 "99 GET list-type body 200 $page$item$next</ListBucketResult>"
	fails 111 s3-ls s3://box/p
	says "leads nowhere"
	# New tokens, but the same entries.
	rules=()
	for i in {1..40}; do
		rules+=("1 GET list-type body 200 $page${item/KEY/$((i % 3))}${next/TOKEN/$i}</ListBucketResult>")
	done
	fake_s3 "${rules[@]}"
	fails 111 s3-ls s3://box/p
	says "leads nowhere"
	# More, but no word where.
	fake_s3 "99 GET list-type body 200 $page</ListBucketResult>"
	fails 111 s3-ls s3://box/p
	says "leads nowhere"
}

@test "a server without ListObjectsV2 is asked in the old way" {
	fake_s3 "9 GET list-type=2 status 501 NotImplemented"
	for key in 1 2 3 4 5; do
		s3-put --allow-empty "s3://box/p/$key" <"$small"
	done
	works s3-ls --json s3://box/p
	[[ $(jq -r .name "$out" | xargs) == "1 2 3 4 5" ]]
}

@test "an answer that is no XML, or hides entities, is an error" {
	fake_s3 "9 GET list-type body 200 <html>"
	fails 111 s3-ls s3://box/
	says "is no list"
	fake_s3 "9 GET list-type body 200 <!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListBucketResult/>"
	fails 111 s3-ls s3://box/
	says "is no list"
}

@test "an error of one key in a batch of deletions is told" {
	fake_s3 "1 POST delete body 200 <DeleteResult><Error><Key>2</Key><Code>AccessDenied</Code><Message>locked</Message></Error></DeleteResult>"
	fails 100 s3-rm s3://box/1 s3://box/2 s3://box/3
	says 'could not delete object "s3://box/2": AccessDenied: locked'
}

@test "a server without DeleteObjects is asked one by one" {
	fake_s3 "9 POST delete status 501 NotImplemented"
	put "$small"
	works s3-rm s3://box/x s3://box/2 s3://box/3
	asked 3 "^DELETE "
	fails 100 s3-get s3://box/x
}

@test "an endpoint that nobody listens at is told within the budget" {
	fake_s3
	AWS_ENDPOINT_URL=http://127.0.0.1:1
	SECONDS=0
	fails 111 s3-ls s3://box/
	says "could not reach S3 endpoint http://127.0.0.1:1: connection refused"
	((SECONDS <= 15))
}

@test "no credentials: where was looked" {
	fake_s3
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_SHARED_CREDENTIALS_FILE=/nowhere/c AWS_CONFIG_FILE=/nowhere/f
	fails 100 s3-ls s3://box/
	says "cannot find AWS credentials"
	says "/nowhere/c"
	says "/nowhere/f"
}

@test "plain http to another machine is refused" {
	fake_s3
	export AWS_ENDPOINT_URL=http://192.0.2.1:9000
	fails 100 s3-ls s3://box/
	says "AWS_ALLOW_HTTP"
}

@test "no secret is said, not with -v either" {
	fake_s3 "1 GET list-type status 500 InternalError"
	export AWS_SECRET_ACCESS_KEY=TheVerySecret AWS_SESSION_TOKEN=TheToken
	works s3-ls -v s3://box/
	! grep -qE "TheVerySecret|TheToken|Signature" "$err"
}
