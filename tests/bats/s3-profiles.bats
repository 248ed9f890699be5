#!/usr/bin/env bats
# s3://PROFILE@BUCKET/KEY: servers with different endpoints and keys at once.

load helper
load pipelines-helper
load ../fault/fake-s3.bash

setup_file() {
	sample 12000000 >"$BATS_FILE_TMPDIR/big"
}

setup() {
	export AWS_CONFIG_FILE=$BATS_TEST_TMPDIR/config
	export AWS_SHARED_CREDENTIALS_FILE=/dev/null
	config=$AWS_CONFIG_FILE
	big=$BATS_FILE_TMPDIR/big
}

teardown() {
	fake_s3_stop
}

# profile NAME: what the environment says now becomes that profile, and the
# environment says it no more.
profile() {
	cat >>"$config" <<-END
		[profile $1]
		endpoint_url = $AWS_ENDPOINT_URL
		region = $AWS_REGION
		aws_access_key_id = $AWS_ACCESS_KEY_ID
		aws_secret_access_key = $AWS_SECRET_ACCESS_KEY
	END
	unset AWS_ENDPOINT_URL AWS_REGION AWS_ACCESS_KEY_ID \
		AWS_SECRET_ACCESS_KEY
}

# two_servers: the profiles one and two are two servers that can run here.
two_servers() {
	local name n=0
	local -a names
	mapfile -t names < <(s3_names)
	((${#names[@]} >= 2)) || skip "no two S3 servers on this machine"
	for name in "${names[@]: -2}"; do
		use_service "$name"
		n=$((n + 1))
		[[ $n == 1 ]] && profile one
		[[ $n == 2 ]] && profile two
	done
	where=$S3_BUCKET/t-$RANDOM$RANDOM
	true
}

@test "one pass to two servers with keys of their own" {
	two_servers
	# What the environment says is of another place, which nobody asks.
	export AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_REGION=nowhere
	export AWS_ACCESS_KEY_ID=other AWS_SECRET_ACCESS_KEY=other
	s3-put --part-size=5M --report="$BATS_TEST_TMPDIR/report" \
		"s3://one@$where/x" "s3://two@$where/x" \
		"file://$BATS_TEST_TMPDIR/x" <"$big" 2>"$err"
	[[ $(jq -c '[.urls[] | .verdict]' "$BATS_TEST_TMPDIR/report") == \
		'["done","done","done"]' ]]
	for place in one two; do
		s3-get "s3://$place@$where/x" | cmp "$big"
		works s3-ls --json "s3://$place@$where"
		[[ $(jq -r .url "$out") == "s3://$place@$where/x" ]]
	done
	s3-rm "s3://one@$where/x"
	fails 100 s3-get "s3://one@$where/x"
	says "\"s3://one@$where/x\""
	works s3-get --head "s3://two@$where/x"
	[[ $(jq -r .url "$out") == "s3://two@$where/x" ]]
}

@test "the environment's server and a profile's, one of them is dead" {
	two_servers
	use_service "$(s3_names | tail -n 1)"
	sed -i '0,/^endpoint_url.*/s//endpoint_url = http:\/\/127.0.0.1:1/' \
		"$config"
	s3-put --part-size=5M --need=1 --retry=2s \
		--report="$BATS_TEST_TMPDIR/report" "s3://$where/y" \
		"s3://one@$where/y" <"$big" 2>"$err"
	says "going on with 1 of 2 URLs"
	[[ $(jq -c '[.urls[] | .verdict]' "$BATS_TEST_TMPDIR/report") == \
		'["done","failed"]' ]]
	s3-get "s3://$where/y" | cmp "$big"
}

@test "a profile's keys are its own alone, and renewed from it" {
	fake_s3 "1 GET list-type status 400 ExpiredToken"
	export AWS_CONFIG_FILE=$config
	# Other keys each time it is asked.
	cat >"$BATS_TEST_TMPDIR/keys" <<-'END'
		#!/bin/bash
		echo "{\"Version\": 1, \"AccessKeyId\": \"key$$\",
		\"SecretAccessKey\": \"fake\", \"SessionToken\": \"t\",
		\"Expiration\": \"2999-01-01T00:00:00Z\"}"
	END
	chmod +x "$BATS_TEST_TMPDIR/keys"
	cat >"$config" <<-END
		[profile box]
		endpoint_url = $AWS_ENDPOINT_URL
		region = eu-west-7
		credential_process = $BATS_TEST_TMPDIR/keys
		[profile empty]
		endpoint_url = $AWS_ENDPOINT_URL
	END
	works s3-ls s3://box@box/
	asked 2 "^GET "
	grep -q " eu-west-7 .* key[0-9]* t$" "$fake/signed"
	[[ $(cut -d ' ' -f 4 "$fake/signed" | sort -u | wc -l) == 2 ]]
	# The environment's keys, good as they are, are not for it.
	fails 100 s3-ls s3://empty@box/
	says 'cannot find AWS credentials in profile "empty"'
	fails 100 s3-ls s3://nobody@box/
	says 'cannot find AWS profile "nobody"'
	works s3-ls --explain s3://box@box/x
	grep -qE '^profile +box +the URL' "$out"
	grep -qE "^region +eu-west-7 .*\[profile box\]" "$out"
	fails 100 s3-ls s3://key:secret@box/
	says "a profile's name takes"
}

@test "the same bucket's name in two places is two places" {
	fake_s3
	export AWS_CONFIG_FILE=$config
	profile one
	fake_s3_two=$fake
	fake_s3
	export AWS_CONFIG_FILE=$config
	s3-put s3://box/x <"$config"
	fails 111 s3-get --retry=1s s3://one@box/x
	s3-put s3://box/y <"$config"
	works s3-rm s3://box/x s3://box/y
	[[ $fake != "$fake_s3_two" ]]
}

@test "a backup on two servers, verified and restored from either" {
	two_servers
	driver_setup
	export AWS_CONFIG_FILE=$config AWS_SHARED_CREDENTIALS_FILE=/dev/null
	export BACKUP_STORE=s3://one@$where BACKUP_STORE_COPIES=s3://two@$where
	works pgbackpipe backup --dbname="$db"
	[[ $(json '.copies[0].result') == good ]]
	name=$(json .name)
	for place in one two; do
		works pgbackpipe restore latest --store="s3://$place@$where" \
			--dbname="$db" --no-confirm
		s3-get "s3://$place@$where/$name" >"$BATS_TEST_TMPDIR/$place"
	done
	cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	works pgbackpipe list --store="s3://two@$where"
	grep -q "$name" "$out"
}
