#!/usr/bin/env bats
# How a driver's backups are kept in S3: settings that become options of s3-put,
# and what reading needs of them.

load helper
load pipelines-helper
load ../fault/fake-s3.bash

setup() {
	driver_setup
	export BACKUP_STORE=s3://box/daily BACKUP_RETRY=10s
	key=$BATS_TEST_TMPDIR/key
	head -c 32 /dev/urandom >"$key"
}

teardown() {
	fake_s3_stop
}

# kept REQUEST COUNT HEADER...: so many puts of names like that, each with these
# headers.
kept() {
	local found header
	found=$(grep -E "^PUT /box/daily/$1 " "$fake/headers")
	for header in "${@:3}"; do
		found=$(grep -F -- " $header" <<<"$found") || true
	done
	(($(grep -c . <<<"$found") == $2)) || {
		echo "expected $2 puts of $1 with ${*:3}:"
		grep ^PUT "$fake/headers"
		return 1
	}
}

@test "create, verify and restore keep to what is set" {
	fake_s3
	export BACKUP_SSE=aws:kms BACKUP_SSE_KMS_KEY_ID=key-7 \
		BACKUP_TAGS='team=a, kind=backup' BACKUP_ACL=bucket-owner-full-control \
		BACKUP_STORAGE_CLASS=STANDARD_IA BACKUP_OBJECT_LOCK_MODE=GOVERNANCE \
		BACKUP_OBJECT_LOCK_UNTIL=2099-01-29T14:30:22Z BACKUP_LEGAL_HOLD=true \
		BACKUP_PART_SIZE=5M BACKUP_PARTS_IN_FLIGHT=2 BACKUP_BANDWIDTH=50M \
		AWS_REQUEST_PAYER=true
	works pgbackpipe create --dbname="$db"
	speaks_of_backup
	works pgbackpipe verify latest
	works pgbackpipe restore latest --dbname="$db" --no-confirm
	name=$(json .name)
	all=(x-amz-server-side-encryption=aws:kms
		x-amz-server-side-encryption-aws-kms-key-id=key-7
		'x-amz-tagging=team=a&kind=backup'
		x-amz-acl=bucket-owner-full-control)
	locked=(x-amz-object-lock-mode=GOVERNANCE
		x-amz-object-lock-retain-until-date=2099-01-29T14:30:22Z
		x-amz-object-lock-legal-hold=ON)
	kept "$name" 1 "${all[@]}" "${locked[@]}" x-amz-storage-class=STANDARD_IA
	kept "$name.json" 1 "${all[@]}" "${locked[@]}"
	kept "$name.(verified|restored)-.*" 2 "${all[@]}"
	# Small objects that are read often are no good in a cold class, and a
	# record need not outlive its backup.
	(($(grep -c storage-class "$fake/headers") == 1))
	(($(grep -c object-lock "$fake/headers") == 2))
	lacks -v "x-amz-request-payer=requester" "$fake/headers"
	no_work_left
}

@test "SSE-C: every word reads with the key, none without it" {
	fake_s3
	works pgbackpipe create --dbname="$db" --description="in the clear"
	export AWS_SSE_CUSTOMER_KEY_FILE=$key
	works pgbackpipe create --dbname="$db"
	name=$(json .name)
	md5=x-amz-server-side-encryption-customer-key-md5=$(
		openssl md5 -binary "$key" | base64)
	kept "$name" 1 "$md5"
	kept "$name.json" 1 "$md5"
	works pgbackpipe verify latest
	works pgbackpipe restore latest --dbname="$db" --no-confirm
	kept "$name.(verified|restored)-.*" 2 "$md5"
	# What was there before the key was set.
	works pgbackpipe list --json
	(($(jq length "$out") == 2))
	works pgbackpipe verify "$(jq -r --arg name "$name" \
		'map(select(.name != $name))[0].name' "$out")"
	works s3-ls --explain s3://box/
	grep -F "$key" "$out" | grep -q "AWS_SSE_CUSTOMER_KEY_FILE in the environment"
	unset AWS_SSE_CUSTOMER_KEY_FILE
	fails 100 pgbackpipe verify "$name"
	fails 100 s3-get "s3://box/daily/$name"
	head -c 32 /dev/zero >"$key"
	AWS_SSE_CUSTOMER_KEY_FILE=$key fails 100 s3-get "s3://box/daily/$name"
	AWS_SSE_CUSTOMER_KEY_FILE=$key.none fails 100 pgbackpipe create --dbname="$db"
	says "key.none"
}

@test "a directory has none of it" {
	export BACKUP_STORE=file://$BATS_TEST_TMPDIR/store BACKUP_TAGS=a=b
	fails 100 pgbackpipe create --dbname="$db"
	says "cannot use options of S3"
	BACKUP_TAGS='' works pgbackpipe create --dbname="$db"
	works pgbackpipe verify latest
	AWS_SSE_CUSTOMER_KEY_FILE=$key AWS_REQUEST_PAYER=true \
		works pgbackpipe restore latest --dbname="$db" --no-confirm
}

@test "an unknown word is refused before anything is done" {
	fake_s3
	BACKUP_SSE=AES fails 100 pgbackpipe create --dbname="$db"
	says BACKUP_SSE
	BACKUP_OBJECT_LOCK_MODE=FOREVER fails 100 pgbackpipe create --dbname="$db"
	says BACKUP_OBJECT_LOCK_MODE
	asked 0 .
}

@test "a real server keeps them, too" {
	use_store minio
	export BACKUP_STORE=$store BACKUP_TAGS='team=a kind=backup' \
		BACKUP_STORAGE_CLASS=STANDARD BACKUP_BANDWIDTH=50M
	works pgbackpipe backup --dbname="$db"
	works pgbackpipe restore latest --dbname="$db" --no-confirm
}
