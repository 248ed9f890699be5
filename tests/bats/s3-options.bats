#!/usr/bin/env bats
# What s3-put and s3-get ask of a server beside the bytes: storage class,
# encryption, tags, locks, who pays; and how fast they go.

load helper
load s3-helper

setup() {
	key=$BATS_TEST_TMPDIR/key
	head -c 32 /dev/urandom >"$key"
}

# sent COUNT REQUEST HEADER...: so many requests like REQUEST, each with all
# these headers ("name=value"), signed.
sent() {
	local count=$1 found
	found=$(grep -E -- "$2" "$fake/headers")
	for header in "${@:3}"; do
		found=$(grep -F -- " $header" <<<"$found") || true
	done
	(($(grep -c . <<<"$found") == count)) || {
		echo "expected $count of $2 with ${*:3}:"
		cat "$fake/headers"
		return 1
	}
}

# never_sent REGEX: no request had such a header.
never_sent() {
	lacks -E -- "$1" "$fake/headers"
}

@test "a PUT and the beginning of an upload carry what was wished" {
	until=2099-01-29T14:30:22Z
	wished=(x-amz-storage-class=STANDARD_IA
		x-amz-server-side-encryption=aws:kms
		x-amz-server-side-encryption-aws-kms-key-id=key-7
		'x-amz-tagging=a%20b=c%2Bd%26e&f='
		x-amz-object-lock-mode=GOVERNANCE
		"x-amz-object-lock-retain-until-date=$until"
		x-amz-object-lock-legal-hold=ON
		x-amz-acl=bucket-owner-full-control)
	options=(--storage-class=STANDARD_IA --sse=aws:kms
		--sse-kms-key-id=key-7 --tag='a b=c+d&e' --tag=f=
		--object-lock-mode=GOVERNANCE --object-lock-until="$until"
		--legal-hold --acl=bucket-owner-full-control)
	fake_s3
	put "$small" "${options[@]}"
	[[ ! -s $err ]]
	sent 1 "^PUT /box/x " "${wished[@]}"
	fake_s3
	put "$big" "${options[@]}" --metadata=note=n
	[[ ! -s $err ]]
	sent 1 "^POST /box/x.uploads" "${wished[@]}" x-amz-meta-note=n
	# The parts and the completion belong to the upload.
	sent 3 "^PUT /box/x.partNumber" x-amz-date=
	(($(grep -cE "storage-class|-encryption|-tagging=|lock|acl" \
		"$fake/headers") == 1))
}

@test "tags that are dropped, or cannot be seen" {
	fake_s3 "9 POST uploads= ignore x-amz-tagging"
	put "$big" --tag=a=b --tag=c=d
	says "has 0 of 2 tags"
	fake_s3 "9 GET tagging= status 403 AccessDenied"
	put "$big" --tag=a=b
	[[ ! -s $err ]]
}

@test "nothing of it is sent unasked" {
	fake_s3
	put "$big"
	s3-get s3://box/x >"$out"
	never_sent "storage-class|-encryption|tagging|lock|acl|payer"
}

@test "a lock for so long from now on" {
	fake_s3
	put "$small" --object-lock-mode=COMPLIANCE --object-lock-until=30d
	date=$(sed -n 's/.*-until-date=\([^ ]*\).*/\1/p' "$fake/headers")
	days=$((($(date -d "$date" +%s) - $(date +%s) + 3600) / 86400))
	((days == 30))
}

@test "SSE-C: the key goes with each request for the object, out of a file" {
	base64 <"$key" >"$BATS_TEST_TMPDIR/key.text"
	text=$(<"$BATS_TEST_TMPDIR/key.text")
	md5=$(openssl md5 -binary "$key" | base64)
	with=(x-amz-server-side-encryption-customer-algorithm=AES256
		"x-amz-server-side-encryption-customer-key=$text"
		"x-amz-server-side-encryption-customer-key-md5=$md5")
	for file in "$key" "$BATS_TEST_TMPDIR/key.text"; do
		fake_s3
		put "$big" --sse-c-key-file="$file" -v
		lacks -F "$text" "$err"
		sent 1 "^POST /box/x.uploads" "${with[@]}"
		sent 3 "^PUT /box/x.partNumber" "${with[@]}"
		sent 1 "^POST /box/x.uploadId" "${with[@]}"
		never_sent "^(GET|DELETE) .*-customer-"
		s3-get -v --part-size=5M --sse-c-key-file="$file" s3://box/x \
			>"$out" 2>"$err"
		cmp "$big" "$out"
		lacks -F "$text" "$err"
		sent 3 "^GET /box/x " "${with[@]}"
		works s3-get --head --sse-c-key-file="$file" s3://box/x
		fails 100 s3-get s3://box/x
		head -c 32 /dev/zero >"$BATS_TEST_TMPDIR/other"
		fails 100 s3-get --sse-c-key-file="$BATS_TEST_TMPDIR/other" \
			s3://box/x
		s3-rm s3://box/x
		put "$small" --sse-c-key-file="$file"
		sent 1 "^PUT /box/x " "${with[@]}"
	done
}

@test "SSE-C: a file that is no key, and a server without https" {
	fake_s3
	for bytes in 0 31 33 5000; do
		head -c "$bytes" /dev/urandom >"$key"
		put_fails 100 "$small" --sse-c-key-file="$key"
		says "cannot"
		fails 100 s3-get --sse-c-key-file="$key" s3://box/x
	done
	head -c 31 /dev/urandom | base64 >"$key"
	put_fails 100 "$small" --sse-c-key-file="$key"
	put_fails 100 "$small" --sse-c-key-file="$key.none"
	says "No such file"
	asked 0 .
	head -c 32 /dev/urandom >"$key"
	AWS_ALLOW_HTTP=true AWS_ENDPOINT_URL=http://s3.example.test \
		put_fails 100 "$small" --sse-c-key-file="$key"
	says "without https"
}

@test "the requester pays: each request says so" {
	fake_s3
	put "$big" --request-payer
	s3-get --request-payer s3://box/x >"$out"
	all=$(grep -c . "$fake/headers")
	sent "$all" . x-amz-request-payer=requester
}

@test "a server that drops encryption or a lock: nothing is left" {
	for header in x-amz-server-side-encryption:--sse=AES256 \
		x-amz-object-lock-legal-hold:--legal-hold; do
		fake_s3 "1 PUT /box/x ignore ${header%%:*}"
		put_fails 100 "$small" "${header#*:}"
		says "did not heed ${header%%:*}"
		nothing_published
		fake_s3 "1 POST uploads ignore ${header%%:*}"
		put_fails 100 "$big" "${header#*:}"
		says "did not heed ${header%%:*}"
		nothing_published
	done
	fake_s3 "1 PUT /box/x ignore x-amz-object-lock-retain-until-date"
	put_fails 100 "$small" --object-lock-mode=GOVERNANCE \
		--object-lock-until=1d
	nothing_published
	fake_s3 "1 POST uploads ignore x-amz-server-side-encryption"
	put_fails 100 "$big" --sse=AES256
	says "warning: the server does not confirm"
}

@test "another storage class than the one asked for is a warning" {
	fake_s3 "1 PUT /box/x ignore x-amz-storage-class"
	put "$small" --storage-class=GLACIER
	says "has storage class STANDARD, not GLACIER"
}

@test "a header the server refuses is told, and nothing is left" {
	fake_s3 "1 PUT /box/x status 400 InvalidStorageClass"
	put_fails 100 "$small" --storage-class=NONSENSE
	says "InvalidStorageClass"
	nothing_published
	fake_s3 "1 POST uploads status 501 NotImplemented"
	put_fails 100 "$big" --sse=AES256
	says "NotImplemented"
	nothing_published
}

@test "what cannot be is refused before any request" {
	fake_s3
	for bad in --storage-class= --storage-class='A B' --sse=aes \
		--sse-kms-key-id=k --tag=novalue --tag==v \
		--tag="$(printf '%0129d' 1)=v" --tag="k=$(printf '%0257d' 1)" \
		--tag=$'k=\n' --tag=$'k=\xff' --object-lock-mode=GOVERNANCE \
		--object-lock-until=1d --acl=everyone; do
		put_fails 100 "$small" "$bad"
		says "cannot use"
	done
	put_fails 100 "$small" --sse=AES256 --sse-kms-key-id=k
	put_fails 100 "$small" --sse=AES256 --sse-c-key-file="$key"
	put_fails 100 "$small" --tag=a=1 --tag=a=2
	says "twice"
	put_fails 100 "$small" --tag={a,b,c,d,e,f,g,h,i,j,k}=1
	says "at most 10"
	for until in yesterday 0s 2001-01-01T00:00:00Z 99999999999w; do
		put_fails 100 "$small" --object-lock-mode=GOVERNANCE \
			--object-lock-until="$until"
	done
	put_fails 100 "$small" --object-lock-mode=NONE --object-lock-until=1d
	asked 0 .
}

@test "file:// takes none of it, not beside s3:// either" {
	fake_s3
	place=$BATS_TEST_TMPDIR/place
	for option in --storage-class=X --sse=AES256 --tag=a=b --legal-hold \
		--acl=private --request-payer --sse-c-key-file="$key"; do
		fails 100 s3-put "$option" "file://$place/x"
		says "cannot use options of S3"
		fails 100 s3-put --need=1 "$option" s3://box/x "file://$place/x"
		says "cannot use options of S3"
	done
	[[ ! -e $place ]]
	asked 0 .
	mkdir "$place"
	echo x >"$place/x"
	fails 100 s3-get --sse-c-key-file="$key" "file://$place/x"
	fails 100 s3-get --request-payer "file://$place/x"
}

# at_least MILLISECONDS COMMAND...
at_least() {
	local began
	began=$(date +%s%3N)
	"${@:2}"
	(($(date +%s%3N) - began >= $1))
}

@test "--bandwidth: parts and places share one rate, both ways" {
	fake_s3
	# 12 MB at 10 MiB/s, twice: no less than 2 s, however many connections.
	at_least 2000 s3-put --part-size=5M --bandwidth=10M \
		s3://box/x s3://box/y <"$big"
	at_least 1000 s3-get --part-size=1M --parts-in-flight=4 \
		--bandwidth=10M s3://box/x >"$out"
	cmp "$big" "$out"
	place=file://$BATS_TEST_TMPDIR/place
	at_least 1000 s3-put --bandwidth=10M "$place/x" <"$big"
	at_least 1000 s3-get --bandwidth=10M "$place/x" >"$out"
	cmp "$big" "$out"
}

@test "--bandwidth: what is slow by our own will is not a stall, and TERM ends it" {
	fake_s3
	small=$BATS_TEST_TMPDIR/small
	head -c 1000 "$big" >"$small"
	at_least 800 s3-put --bandwidth=1000 s3://box/x <"$small"
	s3-put --bandwidth=100 s3://box/y <"$small" 2>"$err" & pid=$!
	sleep 0.5
	SECONDS=0
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143 && SECONDS <= 5))
	fails 100 s3-get s3://box/y
	fails 100 s3-put --bandwidth=0 s3://box/y
}
