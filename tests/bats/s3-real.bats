#!/usr/bin/env bats
# What the real servers do by themselves: encryption, locks, classes, tags,
# sessions that end, hosts with the bucket's name. What a server is told to do
# wrong is in s3-faults.bats.

load helper

own() { # NAME SERVICE
	use_own "$@"
	store=$(store_url "$2")
}

has() {
	s3_names | grep -qx "$1"
}

setup_file() {
	load helper
	start_s3
	has minio || return 0
	own_service safe minio PGBACKPIPE_MINIO_TLS=1 PGBACKPIPE_MINIO_ENV="\
MINIO_KMS_SECRET_KEY=house-key:$(head -c 32 /dev/urandom | base64)"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	echo "a small object" >small
	sample 6000000 >big
	files=(small big)
	head -c 32 /dev/urandom >secret
	head -c 32 /dev/urandom | base64 >other-secret
}

teardown() {
	exec 8>&-
}

# put FILE OPTION... URL
put() {
	s3-put --part-size=5M --retry=10s "${@:2}" <"$1" >"$out" 2>"$err"
}

put_fails() { # CODE FILE OPTION... URL
	local status=0
	put "${@:2}" || status=$?
	((status == $1)) || {
		echo "expected exit $1, got $status"
		cat "$err"
		return 1
	}
}

get() { # FILE OPTION... URL
	s3-get "${@:2}" >got 2>"$err" </dev/null
	cmp "$1" got
}

absent() {
	fails 100 s3-get --head "$1"
	says "it is not there"
}

# raw METHOD URL [CURL-OPTION]...: signed by another hand; the head is in head,
# the body in body.
raw() {
	curl -sS -K - -D head -o body --max-time 20 --noproxy '*' \
		-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
		--aws-sigv4 "aws:amz:$AWS_REGION:s3" -X "$1" \
		${AWS_CA_BUNDLE:+--cacert "$AWS_CA_BUNDLE"} "${@:3}" \
		"$AWS_ENDPOINT_URL/${2#s3://}" \
		<<<"user = \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\""
	tr -d '\r' <head >head.2
	mv head.2 head
}

heads() { # URL LINE
	raw HEAD "$1" --head
	grep -qixF -- "$2" head || {
		echo "no \"$2\" in:"
		cat head
		return 1
	}
}

@test "encryption by the server: MinIO with a key of its own, both kinds" {
	has minio || skip "no MinIO on this machine"
	own safe minio
	for file in "${files[@]}"; do
		put "$file" --sse=AES256 "$store/$file.a"
		put "$file" --sse=aws:kms "$store/$file.b"
		put "$file" --sse=aws:kms --sse-kms-key-id=house-key "$store/$file.c"
		for kind in a b c; do
			get "$file" "$store/$file.$kind"
		done
		heads "$store/$file.a" "x-amz-server-side-encryption: AES256"
		heads "$store/$file.c" "x-amz-server-side-encryption: aws:kms"
		put_fails 100 "$file" --sse=aws:kms --sse-kms-key-id=no-such-key \
			"$store/$file.d" || put_fails 111 "$file" --sse=aws:kms \
			--sse-kms-key-id=no-such-key "$store/$file.d"
		absent "$store/$file.d"
	done
}

@test "encryption that a server cannot do is refused, or was dropped: none is left" {
	for name in $(s3_names); do
		use_store "$name"
		for file in "${files[@]}"; do
			for kind in AES256 aws:kms; do
				put_fails 100 "$file" "--sse=$kind" "$store/$file"
				case $name in
				minio) says "NotImplemented" ;;
				rgw) says "InvalidRequest" ;;
				versitygw) says "encrypt" ;;
				esac
				absent "$store/$file"
			done
		done
		works s3-ls --uploads "$store/"
		[[ ! -s $out ]]
	done
}

@test "SSE-C over TLS: with the key, with another, without one" {
	has minio || skip "no MinIO on this machine"
	own safe minio
	for file in "${files[@]}"; do
		put "$file" --sse-c-key-file=secret "$store/$file"
		get "$file" --sse-c-key-file=secret "$store/$file"
		get "$file" --sse-c-key-file=secret --part-size=1M "$store/$file"
		fails 100 s3-get --sse-c-key-file=other-secret "$store/$file"
		[[ ! -s $out ]]
		fails 100 s3-get "$store/$file"
		[[ ! -s $out ]]
		put_fails 100 "$file" --sse-c-key-file=secret "$store/$file"
		says "the name is taken"
		works s3-rm "$store/$file"
	done
	AWS_CA_BUNDLE=$PWD/small fails 100 s3-ls "$store"
	unset AWS_CA_BUNDLE
	fails 100 s3-ls "$store"
	says "cannot trust S3 endpoint"
}

@test "object lock: mode, date and hold are kept; a deletion is refused once" {
	for name in $(s3_names); do
		use_store "$name"
		bucket=lock-$RANDOM$RANDOM
		raw PUT "s3://$bucket" -H 'x-amz-bucket-object-lock-enabled: true'
		grep -q ' 200' head
		for file in "${files[@]}"; do
			url=s3://$bucket/$file
			echo "$name: $url"
			lock=(--object-lock-mode=GOVERNANCE
				--object-lock-until=1d --legal-hold)
			if [[ $name-$file == rgw-big ]]; then
				# RGW 16 drops it from a multipart upload.
				put_fails 100 "$file" "${lock[@]}" "$url"
				says "did not heed x-amz-object-lock-mode"
				absent "$url"
				continue
			fi
			put "$file" "${lock[@]}" "$url"
			get "$file" "$url"
			heads "$url" "x-amz-object-lock-mode: GOVERNANCE"
			heads "$url" "x-amz-object-lock-legal-hold: ON"
			status=0
			s3-rm --versions "$url" >"$out" 2>"$err" </dev/null ||
				status=$?
			((status == 100))
			[[ $(grep -c fatal: "$err") == 1 ]]
			get "$file" "$url"
			# Without the versions it is hidden, and no more than that.
			works s3-rm "$url"
			absent "$url"
			works s3-ls --versions "$url"
			[[ -s $out ]]
		done
		# A bucket that was made without it.
		put_fails 100 small --object-lock-mode=COMPLIANCE \
			--object-lock-until=1d "$store/x"
		absent "$store/x"
	done
}

@test "a storage class that is none, and tags" {
	for name in $(s3_names); do
		use_store "$name"
		for file in "${files[@]}"; do
			status=0
			put "$file" --storage-class=NONSENSE "$store/$file" ||
				status=$?
			if [[ $name == versitygw ]]; then
				((status == 0))
				says "warning"
			else
				((status == 100))
				grep -q "InvalidStorageClass\|InvalidArgument" "$err"
				absent "$store/$file"
			fi
			put "$file" --tag=kept-by=team --tag='note=a b' \
				"$store/$file.tagged"
			raw GET "$store/$file.tagged?tagging="
			# RGW 16 drops them from a multipart upload.
			if [[ $name-$file == rgw-big ]]; then
				[[ ! -s body ]]
				says "has 0 of 2 tags"
				continue
			fi
			grep -q "<Key>kept-by</Key><Value>team</Value>" body
			grep -q "<Key>note</Key><Value>a b</Value>" body
		done
	done
}

@test "RGW with the bucket in the host's name" {
	has rgw || skip "no Ceph RGW on this machine"
	use_store rgw
	export AWS_ENDPOINT_URL=${AWS_ENDPOINT_URL/127.0.0.1/localhost}
	export AWS_S3_ADDRESSING_STYLE=virtual
	for file in "${files[@]}"; do
		put "$file" -v "$store/a b/$file+é"
		get "$file" "$store/a b/$file+é"
	done
	works s3-ls --json "$store"
	[[ $(wc -l <"$out") == 2 ]]
	jq -r .url "$out" | s3-rm --stdin >"$out.2"
	works s3-ls "$store"
	[[ ! -s $out ]]
}

# Tokens of an issuer of our own, and a MinIO that believes it.
identity() {
	mkdir issuer
	mkfifo issuer/alive
	"$top/tests/fault/issuer" "$PWD/issuer" <issuer/alive 3>&- &
	exec 8>issuer/alive
	until [[ -s issuer/port ]]; do sleep 0.05; done
	own_service web minio PGBACKPIPE_MINIO_ENV="\
MINIO_IDENTITY_OPENID_CONFIG_URL=http://127.0.0.1:$(<issuer/port)/.well-known/openid-configuration \
MINIO_IDENTITY_OPENID_CLIENT_ID=pgbackpipe \
MINIO_IDENTITY_OPENID_CLAIM_NAME=policy"
	own web minio
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/token
}

new_token() { # SECONDS
	"$top/tests/fault/issuer" "$PWD/issuer" "$1" >token.new
	mv token.new token
}

@test "web identity at MinIO's STS: the session ends, the token is read anew" {
	has minio || skip "no MinIO on this machine"
	identity
	new_token 4
	mkfifo in
	s3-put -v --part-size=5M "$store/x" <in 2>"$err" &
	pid=$!
	exec 9>in
	cat big >&9
	sleep 5
	new_token 40
	cat big >&9
	exec 9>&-
	wait "$pid"
	cat big big >twice
	get twice "$store/x"
	echo nonsense >token
	fails 100 s3-ls "$store"
	says "cannot get the keys"
}
