#!/usr/bin/env bats
# What S3 servers do that few know: each test plays one thing that a real one
# was seen to do.

load helper
load s3-helper

@test "a server that knows no uploads: objects are none to abort" {
	fake_s3 "99 GET uploads= ignore uploads" \
		"99 GET versions= ignore versions" \
		"99 DELETE uploadId= ignore uploadId"
	s3-put s3://box/y <"$small"
	put "$small"
	fails 100 s3-rm --uploads --older-than=0s s3://box/
	fails 100 s3-ls --uploads s3://box/
	fails 111 s3-ls --versions s3://box/
	fails 111 s3-rm --versions --prefix s3://box/
	works s3-ls s3://box/
	[[ $(wc -l <"$out") == 2 ]]
}

@test "an upload without an id is none to abort" {
	upload="<Upload><Key>x</Key><Initiated>2020-01-01T00:00:00Z</Initiated></Upload>"
	fake_s3 "99 GET uploads= body 200 <ListMultipartUploadsResult>$upload</ListMultipartUploadsResult>" \
		"99 DELETE uploadId= ignore uploadId"
	put "$small"
	works s3-rm --uploads s3://box/
	stored "$small"
}

@test "a version that is said to be deleted, and stays" {
	fake_s3 "9 GET versions= body 200 <ListVersionsResult><Version><Key>x</Key><VersionId>null</VersionId></Version></ListVersionsResult>" \
		"9 POST delete= body 200 <DeleteResult/>"
	put "$small"
	fails 100 s3-rm --versions s3://box/x
	says "the server says that it did, but it is there"
	[[ ! -s $out ]]
	stored "$small"
}

@test "NoSuchUpload to a list of uploads: there are none" {
	fake_s3 "9 GET uploads= status 404 NoSuchUpload"
	put "$small"
	stored "$small"
	works s3-ls --uploads s3://box/
	[[ ! -s $out ]]
	works s3-rm --uploads s3://box/
}

@test "an upload begins below another root, and versions are listed below one" {
	fake_s3 "9 POST uploads= root InitiateMultipartUpload" \
		"1 GET versions= body 200 <ListBucketVersionsResult><IsTruncated>false</IsTruncated><Version><Key>x</Key><VersionId>7</VersionId><IsLatest>true</IsLatest><Size>3</Size></Version></ListBucketVersionsResult>"
	put "$big"
	stored "$big"
	works s3-ls --versions s3://box/
	grep -q " x 7 latest" "$out"
}

@test "keys that are said to be encoded and are not, are asked for plain" {
	fake_s3 "9 GET encoding-type=url body 200 <ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>a%20b+c</Key><Size>1</Size></Contents></ListBucketResult>" \
		"1 GET prefix=$ body 200 <ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a%20b+c</Key><Size>1</Size></Contents></ListBucketResult>"
	works s3-ls --json s3://box/
	grep -qF '"s3://box/a%20b+c"' "$out"
	asked 0 "encoding-type"
}

@test "a key that XML cannot hold is asked for encoded" {
	fake_s3 "1 GET prefix=$ body 200 <ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a&#x1;b</Key><Size>1</Size></Contents></ListBucketResult>" \
		"1 GET encoding-type=url body 200 <ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>a%01b</Key><Size>1</Size></Contents><Contents><Key>c%20d</Key><Size>1</Size></Contents></ListBucketResult>"
	works s3-ls --json s3://box/
	grep -qF '"s3://box/c d"' "$out"
	asked 2 "^GET "
}

@test "a small object where If-None-Match is ignored: looked up right before" {
	fake_s3 "9 PUT /box/x ignore if-none-match"
	mkfifo "$BATS_TEST_TMPDIR/slow"
	put "$BATS_TEST_TMPDIR/slow" & pid=$!
	exec 7>"$BATS_TEST_TMPDIR/slow"
	until_true grep -q "GET .*uploads" "$fake/log"
	s3-put s3://box/x <"$small" 2>/dev/null
	echo "the slow one" >&7
	exec 7>&-
	status=0
	wait "$pid" || status=$?
	((status == 100))
	says "the name is taken"
	stored "$small"
}

@test "a small object that another writer replaced meanwhile is not ours" {
	fake_s3 "1 PUT /box/x replace"
	status=0
	put "$small" || status=$?
	((status == 100))
	says "the name is taken"
}

@test "s3-rm --uploads: an age that is not told, none, and a huge one" {
	local list="<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId><Initiated>TIME</Initiated></Upload></ListMultipartUploadsResult>"
	fake_s3 "1 GET uploads= body 200 ${list/TIME/yesterday}" \
		"9 GET uploads= body 200 ${list/TIME/2126-01-01T00:00:00Z}"
	works s3-rm --uploads s3://box/
	says "does not tell its age"
	works s3-rm --uploads --older-than=9999999999999w s3://box/
	works s3-rm --uploads --older-than=18446744073709551000 s3://box/
	asked 0 "^DELETE "
	works s3-rm --uploads --older-than=0 s3://box/
	asked 1 "^DELETE /box/k"
}

@test "200 with a Content-Range is a part, not the whole" {
	fake_s3 "99 GET /box/x as 200"
	put "$big"
	works s3-get --part-size=1M s3://box/x
	cmp "$big" "$out"
	works s3-get s3://box/x
	cmp "$big" "$out"
	works s3-get --range=100-11999998 s3://box/x
	tail -c +101 "$big" | head -c 11999899 | cmp - "$out"
	works s3-get --tail=10 s3://box/x
	tail -c 10 "$big" | cmp - "$out"
}

@test "a redirect in the clear to another machine is not followed" {
	# The same server by a name that is not this machine's for sure.
	fake_s3 "9 PUT /box/x status 307 TemporaryRedirect location=http://[::ffff:127.0.0.1]:PORT/box/x"
	status=0
	put "$small" || status=$?
	((status == 100))
	says "TemporaryRedirect"
	asked 1 "^PUT "
	AWS_ALLOW_HTTP=true works s3-ls s3://box/
}

@test "a customer's key follows no redirect to another domain" {
	head -c 32 /dev/zero >"$BATS_TEST_TMPDIR/key"
	fake_s3 "9 PUT /box/x status 307 TemporaryRedirect location=http://localhost:PORT/box/x"
	status=0
	put "$small" --sse-c-key-file="$BATS_TEST_TMPDIR/key" || status=$?
	((status == 100))
	says "TemporaryRedirect"
	asked 1 "^PUT "
}

@test "a password in an endpoint's URL is not repeated" {
	fake_s3
	for url in https://user:hunter2@127.0.0.1:1/ http://hunter2@x \
		ftp://user:hunter2@x; do
		AWS_ENDPOINT_URL=$url fails 100 s3-ls s3://box/
		lacks hunter2 "$err"
		AWS_ENDPOINT_URL=$url fails 100 s3-ls --explain s3://box/
		lacks hunter2 "$err" "$out"
		AWS_ENDPOINT_URL_STS=$url AWS_ACCESS_KEY_ID='' \
			AWS_SECRET_ACCESS_KEY='' AWS_ROLE_ARN=arn:x \
			AWS_WEB_IDENTITY_TOKEN_FILE=$small fails 100 s3-ls s3://box/
		lacks hunter2 "$err"
	done
}

@test "credential_process sees none of our connections" {
	fake_s3
	cat >"$fake/keys" <<-'END'
		#!/bin/bash
		# The second time there are connections.
		# (A pair of Unix sockets is what libcurl wakes itself up with.)
		ls -l /proc/$$/fd | sed -n 's/.*socket:\[\(.*\)\]/\1/p' |
			grep -wf - /proc/net/tcp | wc -l >>"$1.sockets"
		n=$(wc -l <"$1.sockets")
		echo "{\"Version\": 1, \"AccessKeyId\": \"fake$n\",
			\"SecretAccessKey\": \"fake\", \"SessionToken\": \"t\"}"
	END
	chmod +x "$fake/keys"
	printf '[profile p]\ncredential_process = %s %s\n' "$fake/keys" \
		"$fake/seen" >"$fake/config"
	echo fake1 >"$fake/expired"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	AWS_PROFILE=p AWS_CONFIG_FILE=$fake/config works s3-ls s3://box/
	[[ $(<"$fake/seen.sockets") == 0$'\n'0 ]]
}

@test "s3-get --head: headers that are no UTF-8 are JSON all the same" {
	fake_s3 '9 HEAD /box/x with etag="FF" x-amz-meta-a=bFFc'
	s3-put s3://box/x <"$small" 2>"$err"
	works s3-get --head s3://box/x
	[[ $(jq -r '.etag + .metadata.a' "$out") == '?b?c' ]]
}
