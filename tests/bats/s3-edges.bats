#!/usr/bin/env bats
# Answers of S3 servers that few have met: old HTTP, lengths that do not fit,
# compression on the way, minutes of silence. tests/s3-rows.tsv names the rows.

load helper
load s3-helper
load ../fault/fake-aws.bash

teardown() {
	fake_s3_stop
	fake_aws_stop
}

@test "HTTP/1.0, names in mixed case, a connection a request" {
	fake_s3 "99 PUT . old" "99 POST . old" "99 GET . old" "99 HEAD . old" \
		"99 DELETE . old"
	put "$big"
	stored "$big"
	s3-get --part-size=300K s3://box/x >"$out"
	cmp "$big" "$out"
	works s3-ls --json s3://box/
	[[ $(jq .size "$out") == 12000000 ]]
	works s3-rm s3://box/x
	nothing_published
}

@test "kept connections that the server has closed cost no try" {
	fake_s3 "99 PUT . idle" "99 POST . idle" "99 GET . idle" "99 HEAD . idle"
	put "$big" -v --parts-in-flight=1
	lacks -F -- "trying again" "$err"
	s3-get -v --part-size=300K s3://box/x >"$out" 2>"$err"
	cmp "$big" "$out"
	lacks -F -- "trying again" "$err"
	lacks -F -- "broke off" "$err"
}

@test "a name that cannot be found is told within the budget" {
	fake_s3
	export AWS_ALLOW_HTTP=true AWS_ENDPOINT_URL=http://nowhere.invalid:9000
	SECONDS=0
	fails 111 s3-ls --retry=1s s3://box/
	says "could not reach S3 endpoint http://nowhere.invalid:9000: "
	((SECONDS <= 30))
}

@test "TLS that ends without a farewell: cut short, not the end" {
	TLS=1 fake_s3 "1 PUT ^/box/x reset 1000000" "1 PUT partNumber=2 close" \
		"1 GET ^/box/x\$ cut 1000" "1 GET ^/box/x\$ behave" \
		"1 GET ^/box/x\$ bare"
	export AWS_CA_BUNDLE=$fake/cert.pem
	put "$big"
	stored "$big"
	stored "$big"
}

@test "an early no while the body is sent, then a reset: the no is heard" {
	fake_s3 "99 PUT partNumber= early 65536 403 AccessDenied"
	SECONDS=0
	put_fails 100 "$big"
	says "AccessDenied"
	[[ $(grep -c fatal: "$err") == 1 ]]
	((SECONDS <= 8))
	nothing_published
	fake_s3 "99 PUT ^/box/x\$ early 0 403 AccessDenied"
	put_fails 100 "$big" --part-size=16M
	says "AccessDenied"
	fake_s3 "2 PUT partNumber=2 early 65536 503 SlowDown"
	put "$big"
	stored "$big"
}

@test "minutes of silence, blanks before the answer: a completion alone waits" {
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/fast.so" \
		"$top/tests/fault/fast_clock.c" -ldl
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	# Five seconds are five minutes.
	fake_s3 "1 POST uploadId= slow 5" "1 PUT partNumber=2 stall" \
		"1 GET ^/box/x\$ stall"
	FAST_CLOCK=60 LD_PRELOAD=$BATS_TEST_TMPDIR/fast.so \
		s3-put -v --part-size=5M s3://box/x <"$big" >"$out" 2>"$err"
	asked 1 "^POST .*uploadId="
	asked 1 "uploadId=u1 -> waited for"
	says "upload part 2 of object \"s3://box/x\": connection stalled"
	FAST_CLOCK=60 LD_PRELOAD=$BATS_TEST_TMPDIR/fast.so \
		s3-get -v s3://box/x >"$BATS_TEST_TMPDIR/got" 2>"$err"
	cmp "$big" "$BATS_TEST_TMPDIR/got"
	says "read object \"s3://box/x\": connection stalled"
}

@test "a completion with an empty ETag counts, HEAD has it" {
	done="<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>"
	fake_s3 "1 POST uploadId= say 200 $done"
	put "$big" --report="$BATS_TEST_TMPDIR/report"
	stored "$big"
	[[ $(jq -r '.urls[0].etag' "$BATS_TEST_TMPDIR/report") == \
		$(md5sum <"$big" | cut -c 1-32) ]]
}

@test "lengths that do not fit: more than was said, two that differ" {
	fake_s3 "1 GET ^/box/x\$ more HTTP/1.1 200 OK"
	put "$big"
	stored "$big"
	for length in Content-Length=3 content-length=8000000; do
		fake_s3 "1 GET ^/box/x\$ with $length"
		put "$big"
		fails 111 s3-get s3://box/x
		says "not as long as the range that it names"
		[[ ! -s $out ]]
	done
}

@test "two answers that do not agree on the size are two objects" {
	fake_s3 "1 GET ^/box/x\$ cut 1000" \
		"1 GET ^/box/x\$ with content-range=bytes_1000-11999999/12000001"
	put "$big"
	fails 111 s3-get --part-size=16M s3://box/x
	says "changed while it was read"
}

@test "what is compressed on the way is never taken for the object" {
	fake_s3 "9 GET ^/box/x\$ gzip"
	put "$small"
	fails 111 s3-get s3://box/x
	says "gzip"
	[[ ! -s $out ]]
	fake_s3 "9 GET ^/box/x\$ gzip bare"
	put "$big"
	fails 111 s3-get s3://box/x
	says "gzip"
	fails 111 s3-get --part-size=300K s3://box/x
	# Without a word of it, but without a length, too.
	fake_s3 "9 GET ^/box/x\$ bare range" "9 HEAD ^/box/x\$ with content-length=7"
	put "$small" || true
	fails 111 s3-get s3://box/x
	says "the server sent"
	# An object that is kept so is given as it is.
	fake_s3 "9 GET ^/box/x\$ with content-encoding=gzip" \
		"9 HEAD ^/box/x\$ with content-encoding=gzip"
	s3-put s3://box/x <"$small"
	stored "$small"
}

@test "a full store: told as such, asked once, and worth a later try" {
	for answer in "400 XMinioAdminBucketQuotaExceeded" \
		"507 XMinioStorageFull" "403 QuotaExceeded"; do
		fake_s3 "9 PUT ^/box/x\$ status $answer"
		put_fails 111 "$small"
		says "could not put object"
		says "hint: make room"
		asked 1 "^PUT "
		fake_s3 "9 PUT partNumber=2 status $answer"
		put_fails 111 "$big"
		says "hint: make room"
		nothing_published
	done
	fake_s3 "9 PUT ^/box/x\$ body 507 "
	put_fails 111 "$small"
	says "hint: make room"
}

@test "a list in any order, encoded or not, with odd pages, is whole" {
	item() {
		printf '<Contents><Key>%s</Key><Size>%s</Size></Contents>' "$@"
	}
	page="<ListBucketResult><Prefix>p/%41+</Prefix>"
	next="<IsTruncated>true</IsTruncated><NextContinuationToken>"
	last="<IsTruncated>false</IsTruncated></ListBucketResult>"
	# By UTF-16, where the second comes before the first; a marker of a
	# directory; a page of nothing that is not the last.
	fake_s3 "1 GET list-type body 200 $page$(item p/b 1)$(item p/😀 2)$(item p/～ 3)${next}1</NextContinuationToken></ListBucketResult>" \
		"1 GET list-type body 200 $page${next}2</NextContinuationToken></ListBucketResult>" \
		"1 GET list-type body 200 $page$(item p/a+%41 4)$(item p/ 0)$(item p/sub/ 0)$last"
	works s3-ls --json s3://box/p
	[[ $(jq -c '[.name, .size]' "$out" | xargs) == \
		"[b,1] [😀,2] [～,3] [a+%41,4]" ]]
	[[ ! -s $err ]]
	# A server that never encodes, and says so.
	fake_s3 "9 GET list-type ignore encoding-type"
	for key in 'a b' 'a+b' 'a%20b' 'a&b'; do
		s3-put "s3://box/p q+%r/$key" <"$small"
	done
	works s3-ls --json "s3://box/p q+%r"
	[[ $(jq -r .name "$out" | xargs -d '\n') == 'a b a%20b a&b a+b' ]]
	asked 2 "^GET .*list-type=2&prefix=p%20q%2B%25r%2F"
}

# fresh_keys: from a container, numbered as they are given out.
fresh_keys() {
	fake_aws
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
}

@test "sessions that end early: a new one, once, whatever the server calls it" {
	for answer in "400 ExpiredToken" "400 ExpiredTokenException" \
		"403 InvalidAccessKeyId"; do
		fake_s3 "1 PUT ^/box/x\$ status $answer"
		fresh_keys
		put "$small"
		grep -q " container-2 token-container-2$" "$fake/signed"
	done
	# A HEAD has no words at all.
	fake_s3 "1 HEAD ^/box/x\$ status 403 InvalidAccessKeyId"
	fresh_keys
	put "$big"
	aws_asked 2 "^GET"
	[[ $(tail -n 1 "$fake/signed") == *" container-2 token-container-2" ]]
	# It really may not look: new keys are asked for no second time.
	fake_s3 "99 HEAD ^/box/x\$ status 403 AccessDenied"
	fresh_keys
	put "$big"
	aws_asked 2 "^GET"
	# No new ones are to be had: then the no is taken for what it is.
	fake_s3 "99 HEAD ^/box/x\$ status 403 AccessDenied"
	fake_aws "1 GET keys slow 0" "99 GET keys status 500"
	put "$big" --retry=2s
	# Keys of one's own do not change.
	fake_s3 "99 HEAD ^/box/x\$ status 403 AccessDenied"
	unset AWS_CONTAINER_CREDENTIALS_FULL_URI
	put "$small"
}

@test "SSE-C: a name that is taken by what has no such key, or another" {
	head -c 32 /dev/urandom >"$BATS_TEST_TMPDIR/key"
	with=--sse-c-key-file=$BATS_TEST_TMPDIR/key
	fake_s3
	put "$small"
	put_fails 100 "$big" "$with"
	says "the name is taken"
	works s3-get --head "$with" s3://box/x
	works s3-rm s3://box/x
	put "$small" "$with"
	put_fails 100 "$big"
	says "hint: is it encrypted with a key of the customer's?"
	fails 100 s3-get --head s3://box/x
	says "--sse-c-key-file"
	head -c 32 /dev/urandom >"$BATS_TEST_TMPDIR/other"
	put_fails 100 "$big" --sse-c-key-file="$BATS_TEST_TMPDIR/other"
	asked 1 "^PUT .* behave\$" || asked 2 "^PUT "
}

@test "an instance's service that takes the question and never answers" {
	fake_s3
	fake_aws "9 PUT token stall"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED
	AWS_EC2_METADATA_SERVICE_ENDPOINT=$aws_url fails 111 s3-ls s3://box/
	says "timed out"
	says "hint: in a container on an instance the hop limit"
}

@test "where a redirect says the region: the endpoint, the message" {
	fake_s3 "1 GET list-type body 301 <Error><Code>PermanentRedirect</Code><Endpoint>box.s3-eu-west-7.amazonaws.com</Endpoint></Error>"
	works s3-ls -v s3://box/
	says "bucket box is in region eu-west-7"
	fake_s3 "1 GET list-type body 400 <Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong; expecting 'eu-west-7'</Message></Error>"
	works s3-ls -v s3://box/
	says "bucket box is in region eu-west-7"
	# A HEAD has the header only.
	fake_s3 "1 HEAD ^/box/x\$ status 400 Told x-amz-bucket-region=eu-west-7"
	put "$small" -v
	says "bucket box is in region eu-west-7"
}

@test "every try is signed anew, by the clock of its moment" {
	fake_s3 "1 PUT ^/box/x\$ status 503 SlowDown retry-after=2"
	put "$small"
	[[ $(grep -c . <(awk '{print $3}' "$fake/signed" | sort -u)) -ge 2 ]]
}

@test "parts are of one size, but for the last" {
	fake_s3
	put "$big"
	[[ $(sed -n 's/^PUT \S*partNumber\S* \([0-9]*\) .*/\1/p' "$fake/names" |
		sort -n | xargs) == "1514240 5242880 5242880" ]]
}
