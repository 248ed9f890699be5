#!/usr/bin/env bats
# Answers of S3 servers, one a row: which of them are tried again, and which
# are the end. tests/s3-rows.tsv says where every row is played.

load helper
load ../fault/fake-s3.bash

setup() {
	small=$BATS_TEST_TMPDIR/small
	big=$BATS_TEST_TMPDIR/big
	echo "a small object" >"$small"
}

teardown() {
	fake_s3_stop
}

# put KEY FILE: to s3://box/KEY.
put() {
	s3-put --part-size=5M --retry=10s "s3://box/$1" \
		<"$2" >"$out" 2>"$err"
}

# serve REQUEST ROW...: "STATUS CODE" is the answer to the REQUEST for key 0,
# 1, ... in the order of the rows.
serve() {
	local request=$1 i=0 rules=()
	shift
	for row; do
		rules+=("${request/KEY/$((i++))} status $row")
	done
	fake_s3 "${rules[@]}"
}

@test "what may pass is tried again" {
	rows=("400 RequestTimeout" "503 RequestTimeout" "400 IncompleteBody"
		"409 OperationAborted" "409 ConditionalRequestConflict"
		"408 Told" "499 ClientDisconnected" "500 InternalError"
		"502 Told" "504 Told" "400 XAmzContentSHA256Mismatch"
		"429 TooManyRequests" "503 ServiceUnavailable" "503 Busy"
		"509 BandwidthLimitExceeded" "503 XMinioBackendDown"
		"503 XMinioServerNotInitialized")
	serve "1 PUT ^/box/KEY\$" "${rows[@]}"
	pids=()
	for i in "${!rows[@]}"; do
		echo "row: ${rows[i]}"
		put "$i" "$small" 3>&- 8>&- &
		pids+=("$!")
	done
	wait "${pids[@]}"
	for i in "${!rows[@]}"; do
		echo "row: ${rows[i]}"
		asked 2 "^PUT /box/$i "
		s3-get "s3://box/$i" >"$out"
		cmp "$small" "$out"
	done
}

# ends CODE STATUS ROW...: each ends a put at once, with this exit status.
ends() {
	local code=$1 status
	shift
	rows=("$@")
	serve "9 PUT ^/box/KEY\$" "${rows[@]}"
	for i in "${!rows[@]}"; do
		echo "row: ${rows[i]}"
		status=0
		put "$i" "$small" || status=$?
		((status == code)) || { echo "exit $status"; cat "$err"; false; }
		says "${rows[i]#* }"
		[[ $(grep -c fatal: "$err") == 1 ]]
		asked 1 "^PUT /box/$i "
		fails 100 s3-get "s3://box/$i"
	done
}

@test "what will not pass is the end, at once" {
	ends 100 "400 InvalidDigest" "400 EntityTooSmall" \
		"400 EntityTooLarge" "400 InvalidArgument" \
		"400 InvalidRequest" "400 InvalidBucketName" \
		"400 KeyTooLongError" "400 InvalidStorageClass" \
		"403 AccessDenied" "403 AllAccessDisabled" "403 InvalidAccessKeyId" \
		"403 SignatureDoesNotMatch" "404 NoSuchBucket" \
		"405 MethodNotAllowed" "411 MissingContentLength"
}

@test "a full server is not asked again, but may be later" {
	ends 111 "507 XMinioStorageFull" "400 XMinioAdminBucketQuotaExceeded"
}

@test "what a completion is refused for is told, and the upload aborted" {
	sample 6000000 >"$big"
	rows=("400 InvalidPart" "400 InvalidPartOrder" "400 MalformedXML"
		"409 ConditionalRequestConflict" "403 AccessDenied")
	serve "99 POST ^/box/KEY.uploadId" "${rows[@]}"
	for i in "${!rows[@]}"; do
		status=0
		put "$i" "$big" || status=$?
		echo "row: ${rows[i]}: $status"
		((status == 100 || status == 111))
		says "${rows[i]#* }"
		fails 100 s3-get "s3://box/$i"
	done
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
}

@test "an abort of what is gone already is done" {
	sample 6000000 >"$big"
	fake_s3 "9 PUT partNumber=2 status 403 AccessDenied" \
		"1 DELETE uploadId status 404 NoSuchUpload"
	status=0
	put x "$big" || status=$?
	((status == 100))
	[[ $(grep -c fatal: "$err") == 1 ]]
	lacks NoSuchUpload "$err"
}

@test "a read: archived, tampered with, no such version" {
	fake_s3 "9 GET ^/box/a\$ status 403 InvalidObjectState" \
		"9 GET ^/box/v\$ status 404 NoSuchVersion" \
		"9 GET ^/box/t\$ body 206 <Error><Code>XMinioObjectTampered</Code></Error>"
	for key in a v t; do
		put "$key" "$small"
	done
	fails 100 s3-get s3://box/a
	says "restore it"
	fails 100 s3-get s3://box/v
	fails 111 s3-get s3://box/t
	[[ ! -s $out ]]
}

@test "a reader that goes away: SIGPIPE and no message" {
	fake_s3
	sample 3000000 >"$big"
	put gone "$big"
	status=0
	{
		s3-get s3://box/gone 2>"$err" || echo $? >"$BATS_TEST_TMPDIR/status"
	} | head -c 1 >"$out"
	[[ $(<"$BATS_TEST_TMPDIR/status") == 141 && ! -s $err ]]
}

@test "a range behind the end is empty" {
	fake_s3
	put x "$small"
	works s3-get --range=1000-2000 s3://box/x
	[[ ! -s $out ]]
}

@test "a deletion that a lock forbids is told, not repeated" {
	fake_s3 "9 DELETE ^/box/x\$ status 403 AccessDenied"
	put x "$small"
	fails 100 s3-rm s3://box/x
	says "AccessDenied"
	asked 1 "^DELETE "
}

@test "Retry-After is heeded" {
	fake_s3 "1 PUT ^/box/x\$ status 503 SlowDown retry-after=2"
	began=$(date +%s%3N)
	put x "$small"
	(($(date +%s%3N) - began >= 1900))
}

@test "odd HTTP: a stray 100, chunks, no reason, names in capitals" {
	sample 6000000 >"$big"
	fake_s3 "99 PUT . odd" "99 POST . odd" "99 GET . odd" "99 HEAD nothing odd"
	put x "$big"
	put y "$small"
	s3-get s3://box/x >"$out"
	cmp "$big" "$out"
	works s3-ls --json s3://box/
	[[ $(wc -l <"$out") == 2 ]]
	# Cut short between two chunks.
	fake_s3 "9 GET ^/box/y\$ cut 3"
	put y "$small"
	s3-get s3://box/y >"$out"
	cmp "$small" "$out"
}

@test "what is sent: an exact length, few headers, fewer of them signed" {
	sample 6000000 >"$big"
	fake_s3
	put x "$big"
	put y "$small"
	s3-get s3://box/x >"$out"
	lacks -E ' ([^ ]*,)?(expect|transfer-encoding|content-encoding|x-amz-trailer)(,|[^ ]* )' \
		"$fake/names"
	lacks -E '[ ;](content-length|accept-encoding|user-agent|connection|if-none-match|if-match|range)(;|$)' \
		"$fake/names"
	grep -qE '^PUT /box/x.partNumber=1&\S* 5242880 .*content-md5' \
		"$fake/names"
	grep -qE "^PUT /box/y $(stat -c %s "$small") .*content-md5" \
		"$fake/names"
	lacks -E '^PUT \S*partNumber\S* \S+ \S*if-none-match' \
		"$fake/names"
	grep -qE '^POST \S*uploadId\S* \S+ \S*if-none-match' "$fake/names"
	grep -qE '^GET /box/x 0 \S*accept-encoding' "$fake/names"
}
