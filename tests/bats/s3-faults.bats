#!/usr/bin/env bats
# What the S3 client does when the server or the network fails. Each test says
# which request fails how; tests/fault/fake-s3 does it.

load helper
load s3-helper

# wait_for REGEX: until the server has such a request.
wait_for() {
	until_true grep -qE -- "$1" "$fake/log"
}

# ends_in SECONDS: TERM ends $pid in that time, by the signal itself.
ends_in() {
	local status=0
	SECONDS=0
	kill -TERM "$pid"
	wait "$pid" || status=$?
	((status == 143))
	((SECONDS <= $1))
}

# hung_and_stopped FILE: an upload of it is stopped while its request hangs.
hung_and_stopped() {
	s3-put --part-size=5M s3://box/x <"$1" 2>"$err" & pid=$!
	wait_for "hang"
	kill -TERM "$pid"
	wait "$pid" || true
	nothing_published
}

@test "503 SlowDown, 500 and a closed connection are tried again" {
	fake_s3 "1 PUT /box/x status 503 SlowDown" \
		"1 PUT /box/x status 500 InternalError" "1 PUT /box/x close"
	put "$small"
	stored "$small"
	asked 4 "^PUT /box/x "
}

@test "SlowDown: half as many parts are sent at once, then more again" {
	sample 80000000 >"$BATS_TEST_TMPDIR/many"
	fake_s3 "2 PUT partNumber=2 status 503 SlowDown"
	put "$BATS_TEST_TMPDIR/many" -v --parts-in-flight=4
	cp -- "$err" "$BATS_TEST_TMPDIR/said"
	stored "$BATS_TEST_TMPDIR/many"
	cp -- "$BATS_TEST_TMPDIR/said" "$err"
	says "the server wants less; fewer parts at once now: "
	says "more parts at once now: "
}

@test "a part that hangs holds up no other" {
	sample 60000000 >"$BATS_TEST_TMPDIR/many"
	fake_s3 "1 PUT partNumber=1& stall"
	s3-put --part-size=5M --parts-in-flight=3 s3://box/x \
		<"$BATS_TEST_TMPDIR/many" >"$out" 2>"$err" &
	pid=$!
	wait_for "PUT .*partNumber=11&"
	kill -TERM "$pid"
	wait "$pid" || true
	nothing_published
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

@test "200 to a PUT, but not from an S3 server: no success" {
	fake_s3 "9 PUT ^/box/x\$ body 200 <html>welcome</html>"
	put_fails 111 "$small"
	says "has no ETag"
	nothing_published
	fake_s3 "9 PUT ^/box/x\$ drop etag"
	put "$small"
	stored "$small"
}

@test "a PUT that is done and called an invalid request is undone" {
	fake_s3 "1 PUT ^/box/x\$ say 400 <Error><Code>InvalidRequest</Code></Error>"
	put_fails 100 "$small"
	says "InvalidRequest"
	nothing_published
}

@test "a completion that is done, and the object is not there yet" {
	fake_s3 "2 HEAD ^/box/x behave" "2 HEAD ^/box/x status 404 NoSuchKey"
	put "$big"
	stored "$big"
	# For ever is too long.
	fake_s3 "2 HEAD ^/box/x behave" "99 HEAD ^/box/x status 404 NoSuchKey"
	put_fails 111 "$big"
	says "the object is not there"
}

@test "a completion whose answer is lost, and that is done a while later" {
	fake_s3 "1 POST uploadId= lose" "2 HEAD ^/box/x behave" \
		"2 HEAD ^/box/x status 404 NoSuchKey"
	put "$big"
	stored "$big"
	asked 1 "^POST .*uploadId="
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

@test "half of an answer's head is no answer" {
	for lines in 1 2 3; do
		fake_s3 "1 PUT partNumber=1 behead $lines" \
			"1 POST uploads behead $lines" \
			"1 POST uploadId= behead $lines" \
			"3 HEAD /box/x behead $lines"
		put "$big"
		stored "$big"
		# The name is not taken by another: the object is ours.
		fake_s3 "1 HEAD /box/x behave" "1 PUT /box/x behead $lines" \
			"2 HEAD /box/x behead $lines"
		put "$small"
		stored "$small"
		fake_s3 "2 GET list-type behead $lines" \
			"2 GET /box/x behead $lines"
		put "$small"
		stored "$small"
		works s3-ls s3://box/
		[[ $(<"$out") == *" x" ]]
	done
}

@test "an upload that vanished is a failure, and nothing is there" {
	fake_s3 "1 POST uploadId= undo"
	put_fails 100 "$big"
	says "NoSuchUpload"
	nothing_published
}

@test "a completion that goes on behind a lost answer: its parts are gone" {
	fake_s3 "1 POST uploadId= apart 6"
	put "$big"
	stored "$big"
	# Once the parts are gone it may come at any time: no lasting failure.
	fake_s3 "1 POST uploadId= apart 0"
	put_fails 111 "$big" --retry=2s
	says "no answer came, and the object is not there"
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
	works s3-ls --uploads s3://box/x
	[[ $(<"$out") == *" 0 x u1" ]]
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

@test "an upload whose beginning was answered with half an id is aborted too" {
	fake_s3 "1 POST uploads halve"
	put_fails 111 "$big"
	says "has no UploadId"
	nothing_published
}

@test "an upload that a part on its way opens again is aborted again" {
	fake_s3 "9 PUT partNumber=1& stall" \
		"1 PUT partNumber=2& status 403 AccessDenied" \
		"1 DELETE uploadId= reopen 0.2"
	put_fails 100 "$big"
	sleep 0.4	# it would be open by now
	nothing_published
}

@test "TERM during a stalled part aborts the upload within five seconds" {
	fake_s3 "9 PUT partNumber= stall"
	s3-put --part-size=5M s3://box/x <"$big" 2>"$err" & pid=$!
	wait_for "^PUT .*partNumber=1"
	ends_in 5
	nothing_published
}

@test "TERM while the server is silent to everything ends in five seconds" {
	for rule in "9 PUT partNumber=" "9 POST uploadId=" "9 PUT ^/box/x\$"; do
		fake_s3 "9 HEAD never behave" "$rule stall" \
			"9 DELETE ^ stall" "9 GET uploadId= stall"
		file=$big
		[[ $rule != *'$' ]] || file=$small
		s3-put --part-size=5M s3://box/x <"$file" 2>"$err" & pid=$!
		wait_for "stall"
		ends_in 5
	done
}

@test "a PUT and a completion that TERM ends leave nothing" {
	fake_s3 "1 PUT ^/box/x\$ hang"
	hung_and_stopped "$small"
	fake_s3 "1 POST uploadId= hang"
	hung_and_stopped "$big"
}

@test "what the server does behind a TERM is undone, or said to be open" {
	for rule in "1 PUT ^/box/x\$" "1 POST uploadId="; do
		fake_s3 "$rule late 1"
		file=$big
		[[ $rule != *PUT* ]] || file=$small
		s3-put --part-size=5M s3://box/x <"$file" 2>"$err" & pid=$!
		wait_for "late"
		ends_in 5
		sleep 0.5
		nothing_published
	done
	fake_s3 "1 PUT ^/box/x\$ late 6"
	s3-put s3://box/x <"$small" 2>"$err" & pid=$!
	wait_for "late"
	ends_in 5
	says 'could not learn whether object "s3://box/x" was published'
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
	asked 6 "^GET /box/x "
}

@test "parts of an object that are read at once are put together in order" {
	fake_s3 "1 GET ^/box/x\$ behave" "2 GET ^/box/x\$ cut 70000" \
		"1 GET ^/box/x\$ close" "1 GET ^/box/x\$ status 503 SlowDown"
	put "$big"
	for parts in 1 2 5; do
		s3-get --part-size=300K --parts-in-flight="$parts" s3://box/x \
			>"$BATS_TEST_TMPDIR/got" </dev/null
		cmp "$big" "$BATS_TEST_TMPDIR/got"
	done
	s3-get --part-size=300K --range=299999-9000000 s3://box/x \
		>"$BATS_TEST_TMPDIR/got" </dev/null
	cmp <(tail -c +300000 "$big" | head -c 8700002) "$BATS_TEST_TMPDIR/got"
}

@test "of several reads that fail one tells, and the rest is not written" {
	fake_s3 "3 GET ^/box/x\$ behave" "99 GET ^/box/x\$ status 403 AccessDenied"
	put "$big"
	fails 100 s3-get --part-size=300K --parts-in-flight=4 s3://box/x
	[[ $(grep -c fatal: "$err") == 1 ]]
	cmp -n "$(stat -c %s "$out")" "$big" "$out"
}

@test "a server that does not heed Range" {
	fake_s3 "9 GET ^/box/x\$ ignore range"
	put "$big"
	stored "$big"
	s3-get --range=9000000-9000009 s3://box/x >"$out" </dev/null
	cmp <(tail -c +9000001 "$big" | head -c 10) "$out"
}

@test "TERM ends a read whose server is silent" {
	fake_s3 "9 GET ^/box/x\$ stall"
	put "$small"
	s3-get s3://box/x >"$out" 2>"$err" </dev/null & pid=$!
	wait_for "^GET /box/x "
	ends_in 2
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

@test "a body that no S3 server gave, or that is not the range's" {
	fake_s3 "9 GET ^/box/x\$ body 200 <html>welcome</html>"
	put "$small"
	fails 111 s3-get s3://box/x
	says "has no ETag"
	[[ ! -s $out ]]
	for how in pack halve; do
		fake_s3 "1 GET ^/box/x\$ $how"
		put "$big"
		fails 111 s3-get s3://box/x
		says "not as long as the range"
		[[ ! -s $out ]]
	done
}

@test "a redirect to another region is followed, once" {
	moved="status 301 PermanentRedirect"
	fake_s3 "1 GET list-type $moved x-amz-bucket-region=eu-west-7"
	works s3-ls -v s3://box/
	says "bucket box is in region eu-west-7"
	[[ $(tail -n 1 "$fake/signed") == *" eu-west-7 "* ]]
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

@test "a temporary redirect is followed to its host, signed anew" {
	fake_s3 "1 PUT ^/box/x\$ status 307 TemporaryRedirect location=http://localhost:PORT/box/x"
	put "$small"
	stored "$small"
	grep -q "^localhost:" "$fake/signed"
	fake_s3 "9 PUT ^/box/x\$ status 307 TemporaryRedirect location=http://localhost:PORT/box/x"
	put_fails 100 "$small"
	asked 2 "^PUT "
}

@test "a wrong clock is told once, then the server's is used" {
	fake_s3 "1 GET list-type status 403 RequestTimeTooSkewed"
	works s3-ls s3://box/
	says "the clock of this machine"
	fake_s3 "9 GET list-type status 403 RequestTimeTooSkewed"
	fails 100 s3-ls s3://box/
	says "RequestTimeTooSkewed"
	asked 2 "^GET "
	# By the Date of the answer.
	fake_s3 "1 GET list-type status 403 RequestTimeTooSkewed date=Fri,_24_May_2013_00:00:00_GMT"
	works s3-ls s3://box/
	[[ $(tail -n 1 "$fake/signed") == *" us-east-1 20130524T0000"* ]]
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

@test "a list of one level where delimiters, version 2 or markers are unknown" {
	fake_s3
	for key in a d/1 d/2 d/3 d/4 d/e/5 z/1; do
		s3-put --allow-empty "s3://box/p/$key" <"$small"
	done
	works s3-ls -d --json s3://box/p
	[[ $(jq -r .name "$out" | xargs) == "a d/ z/" ]]
	# The page ends with a prefix, and nothing says where the next begins.
	local page="<ListBucketResult><CommonPrefixes><Prefix>p/é/</Prefix></CommonPrefixes><Contents><Key>p/a</Key><Size>1</Size></Contents><IsTruncated>true</IsTruncated></ListBucketResult>"
	fake_s3 "1 GET list-type status 501 NotImplemented" \
		"1 GET delimiter body 200 $page" \
		"1 GET marker=p%2F%C3%A9%2F body 200 <ListBucketResult/>"
	works s3-ls -d --json s3://box/p
	[[ $(jq -r .name "$out" | xargs) == "é/ a" ]]
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
	says 'cannot delete object "s3://box/2": AccessDenied: locked'
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

@test "TLS: a certificate nobody vouches for is refused, unless AWS_CA_BUNDLE does" {
	TLS=1 fake_s3
	unset AWS_CA_BUNDLE
	fails 100 s3-ls s3://box/
	says "cannot trust S3 endpoint $AWS_ENDPOINT_URL"
	says "AWS_CA_BUNDLE"
	export AWS_CA_BUNDLE=$fake/cert.pem
	put "$big"
	stored "$big"
}

@test "the profile asks for the bucket in the host's name" {
	fake_s3
	printf '[default]\ns3 =\n  addressing_style = virtual\n' \
		>"$BATS_TEST_TMPDIR/config"
	export AWS_CONFIG_FILE=$BATS_TEST_TMPDIR/config
	export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL/127.0.0.1/localhost}
	put "$small"
	stored "$small"
	asked 1 "^PUT /x "
	[[ $(tail -n 1 "$fake/signed") == box.localhost:* ]]
}

@test "a proxy of the house is not asked for a server on this machine" {
	fake_s3
	export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1
	put "$small"
	export AWS_ENDPOINT_URL=https://192.0.2.1
	fails 111 s3-ls --retry=1s s3://box/
	says "connection refused"
}

@test "keys from the shared file of another profile, with a token" {
	fake_s3
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	printf '[night]\naws_access_key_id = k\naws_secret_access_key = fake\naws_session_token = t\n' \
		>"$BATS_TEST_TMPDIR/credentials"
	export AWS_SHARED_CREDENTIALS_FILE=$BATS_TEST_TMPDIR/credentials
	AWS_PROFILE=night put "$small"
	AWS_PROFILE=day fails 100 s3-ls s3://box/
	says 'cannot find AWS profile "day"'
}

@test "expired keys are read again from their file, once" {
	fake_s3 "1 GET list-type status 400 ExpiredToken"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_SHARED_CREDENTIALS_FILE=$BATS_TEST_TMPDIR/credentials
	printf '[default]\naws_access_key_id = k\naws_secret_access_key = fake\naws_session_token = t\n' \
		>"$AWS_SHARED_CREDENTIALS_FILE"
	fails 100 s3-ls s3://box/
	says "ExpiredToken"
	asked 1 "^GET "
}

@test "no secret is said, not with -v either" {
	fake_s3 "1 GET list-type status 500 InternalError"
	export AWS_SECRET_ACCESS_KEY=fake AWS_SESSION_TOKEN=TheToken
	works s3-ls -v s3://box/
	lacks -E "TheToken|Signature" "$err"
	export AWS_SECRET_ACCESS_KEY=TheVerySecret
	fails 100 s3-ls -v s3://box/
	lacks -E "TheVerySecret|TheToken|Signature=" "$err"
}
