#!/usr/bin/env bats
# Which server is asked, by which name, through what, and whom it is believed.

load helper
load ../fault/fake-s3.bash
load ../fault/fake-aws.bash

setup() {
	unset "${!AWS_@}" http_proxy https_proxy all_proxy no_proxy \
		HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	export AWS_EC2_METADATA_DISABLED=true
	export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
	export AWS_ACCESS_KEY_ID=fake AWS_SECRET_ACCESS_KEY=fake
}

teardown() {
	exec 6>&-
	fake_s3_stop
	fake_aws_stop
}

# explained SETTING VALUE [ORIGIN]: so says --explain.
explained() {
	works s3-ls --explain --json "${options[@]}" "${url:-s3://box/}"
	jq -se --arg s "$1" --arg v "$2" --arg o "${3-}" \
		'any(.[]; .setting == $s and .value == $v and
			($o == "" or .origin == $o))' "$out" >"$err" || {
		echo "expected $1 = $2 (${3-}) in:"
		cat "$out"
		return 1
	}
}

options=()

# proxy: one that leads every host to the fake server; its URL is $proxy.
proxy() {
	mkfifo "$fake/proxy-alive"
	"$top/tests/fault/connect-proxy" "$fake" "$(<"$fake/port")" \
		<"$fake/proxy-alive" 3>&- 8>&- &
	exec 6>"$fake/proxy-alive"
	until_true test -e "$fake/proxy-port"
	proxy=127.0.0.1:$(<"$fake/proxy-port")
	: >"$fake/proxy-log"
}

@test "AWS's host: region, partition, dual stack, FIPS, the bucket's name" {
	explained "request URL" https://box.s3.us-east-1.amazonaws.com/
	export AWS_REGION=eu-central-1
	explained "request URL" https://box.s3.eu-central-1.amazonaws.com/
	url=s3://my.box/a%b explained "request URL" \
		https://s3.eu-central-1.amazonaws.com/my.box/a%25b
	AWS_USE_DUALSTACK_ENDPOINT=true explained "request URL" \
		https://box.s3.dualstack.eu-central-1.amazonaws.com/
	export AWS_USE_FIPS_ENDPOINT=true AWS_REGION=us-gov-west-1
	explained "request URL" https://box.s3-fips.us-gov-west-1.amazonaws.com/
	AWS_USE_DUALSTACK_ENDPOINT=TRUE explained "request URL" \
		https://box.s3-fips.dualstack.us-gov-west-1.amazonaws.com/
	unset AWS_USE_FIPS_ENDPOINT
	AWS_REGION=cn-north-1 explained "request URL" \
		https://box.s3.cn-north-1.amazonaws.com.cn/
	AWS_REGION=us-iso-east-1 explained "request URL" \
		https://box.s3.us-iso-east-1.c2s.ic.gov/
	AWS_S3_ADDRESSING_STYLE=path explained "request URL" \
		https://s3.us-gov-west-1.amazonaws.com/box
	AWS_REGION=a/b fails 100 s3-ls s3://box/
	says 'cannot use AWS region "a/b"'
	AWS_USE_FIPS_ENDPOINT=1 fails 100 s3-ls s3://box/
	says 'cannot use "1" (AWS_USE_FIPS_ENDPOINT in the environment)'
	AWS_S3_ADDRESSING_STYLE=odd fails 100 s3-ls s3://box/
	says "none of path, virtual, auto"
}

@test "an endpoint of one's own: which setting wins, and what it cannot be" {
	config=$BATS_TEST_TMPDIR/config
	printf '%s\n' "[default]" "region = r-1" "endpoint_url = https://profile" \
		"[profile night]" "services = mine" "endpoint_url = https://night" \
		"[services mine]" "s3 =" "  endpoint_url = https://services" >"$config"
	export AWS_CONFIG_FILE=$config
	explained endpoint https://profile "\"$config\", line 3, [default]"
	explained region r-1 "\"$config\", line 2, [default]"
	export AWS_PROFILE=night
	explained endpoint https://services "\"$config\", line 9, [services mine]"
	export AWS_ENDPOINT_URL=https://all
	explained endpoint https://all "AWS_ENDPOINT_URL in the environment"
	export AWS_ENDPOINT_URL_S3=https://s3:9000/base/
	explained endpoint https://s3:9000/base
	explained "request URL" https://s3:9000/base/box
	explained "STS endpoint" https://all
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true explained endpoint \
		https://s3.us-east-1.amazonaws.com
	AWS_USE_FIPS_ENDPOINT=true fails 100 s3-ls s3://box/
	says "AWS_USE_FIPS_ENDPOINT=true: that chooses among AWS's own"
	AWS_USE_DUALSTACK_ENDPOINT=true fails 100 s3-ls s3://box/
	says "AWS_USE_DUALSTACK_ENDPOINT=true"
	for bad in ftp://x https:// https://u:p@x 'https://x?y' 'https://a b'; do
		AWS_ENDPOINT_URL_S3=$bad fails 100 s3-ls s3://box/
		says "cannot use S3 endpoint"
	done
	AWS_ENDPOINT_URL_S3=https://127.0.0.1 AWS_S3_ADDRESSING_STYLE=virtual \
		fails 100 s3-ls s3://box/
	says "no bucket's name can stand before an address"
}

@test "an IPv6 literal, in the clear to this machine only" {
	python3 -c 'import socket; socket.create_server(("::1", 0),
		family=socket.AF_INET6)' || skip "no IPv6 here"
	FAKE_S3_HOST=::1 fake_s3
	export AWS_ENDPOINT_URL=http://[::1]:$(<"$fake/port")
	echo x | s3-put s3://box/x
	[[ $(s3-get s3://box/x) == x ]]
	[[ $(tail -n 1 "$fake/signed") == "[::1]:$(<"$fake/port") "* ]]
	AWS_ENDPOINT_URL=http://[2001:db8::1]:9000 fails 100 s3-ls s3://box/
	says "AWS_ALLOW_HTTP"
	AWS_ENDPOINT_URL=http://[2001:db8::1]:9000 AWS_ALLOW_HTTP=true \
		explained endpoint "http://[2001:db8::1]:9000"
}

@test "a proxy from the environment, its password, and who is asked without" {
	TLS=1 fake_s3
	proxy
	export AWS_CA_BUNDLE=$fake/cert.pem
	export AWS_ENDPOINT_URL=https://s3.example.test
	export HTTPS_PROXY=http://me:TheSecret@$proxy
	echo x | s3-put -v s3://box/x 2>"$err"
	lacks TheSecret "$err"
	[[ $(tail -n 1 "$fake/proxy-log") == \
		"CONNECT s3.example.test:443 HTTP/1.1 Basic bWU6VGhlU2VjcmV0" ]]
	explained proxy "http://****@$proxy" "HTTPS_PROXY in the environment"
	lacks TheSecret "$out"
	: >"$fake/proxy-log"
	for name in no_proxy NO_PROXY; do
		env "$name=.test" s3-ls --retry=1s s3://box/ 2>"$err" && return 1
		says "could not resolve host: s3.example.test"
	done
	[[ ! -s $fake/proxy-log ]]
	https_proxy=http://127.0.0.1:1 fails 111 s3-ls --retry=1s s3://box/
	says "could not reach"
	unset HTTPS_PROXY
	ALL_PROXY=http://$proxy works s3-ls s3://box/
	AWS_ENDPOINT_URL=https://127.0.0.1:$(<"$fake/port") \
		ALL_PROXY=http://127.0.0.1:1 works s3-ls s3://box/
}

@test "AWS by its names, through a proxy, and nobody believed unless told" {
	TLS=1 fake_s3
	proxy
	unset AWS_ENDPOINT_URL
	export HTTPS_PROXY=http://$proxy AWS_REGION=eu-west-1
	export AWS_CA_BUNDLE=$fake/cert.pem
	fails 100 s3-ls s3://box/
	says "cannot trust S3 endpoint https://box.s3.eu-west-1.amazonaws.com"
	works s3-ls --no-verify-tls s3://box/
	says "warning: not checking whose certificate"
	[[ $(tail -n 1 "$fake/signed") == "box.s3.eu-west-1.amazonaws.com eu-west-1 "* ]]
	AWS_NO_VERIFY_TLS=true works s3-ls -q s3://box/
	says "warning: not checking whose certificate"
	# A rack of AWS's at a customer's has a name of its own in signatures.
	AWS_ENDPOINT_URL=https://op-1.s3-outposts.eu-west-1.amazonaws.com \
		works s3-ls --no-verify-tls s3://box/
	[[ $(tail -n 1 "$fake/signed") == "box.op-1.s3-outposts.eu-west-1.amazonaws.com eu-west-1 "* ]]
	options=(--no-verify-tls)
	explained checked no --no-verify-tls
	AWS_NO_VERIFY_TLS=yes fails 100 s3-ls s3://box/
	grep -q "CONNECT box.s3.eu-west-1.amazonaws.com:443" "$fake/proxy-log"
	AWS_CA_BUNDLE=/nowhere fails 100 s3-ls s3://box/
	says "/nowhere"
}

@test "TLS below 1.2 is refused" {
	TLS=1 fake_s3
	: >"$fake/s_server"
	openssl s_server -accept 127.0.0.1:0 -cert "$fake/cert.pem" -tls1_1 \
		-cipher ALL:@SECLEVEL=0 -www >"$fake/s_server" 2>&1 3>&- 8>&- &
	local server=$!
	for ((i = 0; i < 100; i++)); do
		port=$(sed -n 's/^ACCEPT 127.0.0.1://p' "$fake/s_server")
		[[ -z $port ]] || break
		sleep 0.05
	done
	if curl -sk --tls-max 1.1 --ciphers ALL:@SECLEVEL=0 \
		"https://127.0.0.1:$port/" >/dev/null; then
		AWS_ENDPOINT_URL=https://127.0.0.1:$port fails 111 \
			s3-ls --retry=1s --no-verify-tls s3://box/
		kill "$server"
	else
		kill "$server"
		skip "this OpenSSL has no TLS 1.1 to refuse"
	fi
}

@test "--explain: where everything comes from, with the secrets masked" {
	printf '%s\n' "[night]" "aws_access_key_id = AKIAIOSFODNN7EXAMPLE" \
		"aws_secret_access_key = TheSecret" \
		"aws_session_token = TheSecretToken" >"$BATS_TEST_TMPDIR/keys"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_SHARED_CREDENTIALS_FILE=$BATS_TEST_TMPDIR/keys
	export AWS_PROFILE=night
	explained profile night "AWS_PROFILE in the environment"
	explained "credentials file" "$BATS_TEST_TMPDIR/keys" \
		"AWS_SHARED_CREDENTIALS_FILE in the environment"
	explained "access key" "****MPLE" \
		"profile \"night\" (\"$BATS_TEST_TMPDIR/keys\", line 2, [night])"
	explained "session token" "****"
	lacks TheSecret "$out"
	works s3-ls --explain s3://box/
	lacks TheSecret "$out"
	grep -q '^access key  *\*\*\*\*MPLE  *profile "night"' "$out"
	# What is known is said before what fails.
	AWS_PROFILE=default fails 100 s3-ls --explain s3://box/
	grep -q "^region " "$out"
	says "cannot find AWS credentials"
	fails 100 s3-ls --explain file:///tmp
	says "only s3:// has settings"
	fake_aws
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys?TheSecret
	AWS_PROFILE=default explained "access key" "****" \
		"the container's credentials at \"$aws_url/keys\""
}

@test "providers: by the endpoint's host, by name, and what they take" {
	AWS_ENDPOINT_URL=https://s3.fr-par.scw.cloud explained region fr-par \
		"the endpoint"
	AWS_ENDPOINT_URL=https://s3.fr-par.scw.cloud AWS_REGION=x explained \
		region x
	AWS_ENDPOINT_URL=https://abc.r2.cloudflarestorage.com explained region auto
	AWS_ENDPOINT_URL=https://abc.r2.cloudflarestorage.com explained provider \
		"r2 (Cloudflare R2)" "the endpoint"
	AWS_ENDPOINT_URL=https://minio.example.com AWS_S3_PROVIDER=minio \
		explained provider "minio (MinIO)" "AWS_S3_PROVIDER in the environment"
	fake_s3
	options=(--provider=gcs)
	explained "one winner" "PUT: not known; multipart: no"
	explained list "version 2" "the provider"
	options=(--provider=r2)
	explained parts "10000 of 5.00 MiB to 5.00 GiB; objects to 5.00 TiB"
	options=(--provider=huawei)
	explained list "version 1, keys not encoded"
	# Encoded keys would give it the same page for ever.
	works s3-ls --provider=huawei s3://box/
	asked 1 "^GET /box[?]prefix= "
	AWS_S3_ADDRESSING_STYLE=path works s3-ls --provider=tencent s3://box/
	asked 1 "^GET /box[?]encoding-type=url&prefix= "
	options=(--provider=gcs)
	# Google has no condition there: the name is looked up before and after.
	sample 6000000 >"$BATS_TEST_TMPDIR/six"
	works_stdin s3-put --provider=gcs --part-size=5M s3://box/six
	asked 3 "^HEAD /box/six "
	fails 100 works_stdin s3-put --provider=gcs --part-size=5M s3://box/six
	says "the name is taken"
	echo x | s3-put -v --provider=scaleway --expected-size=500G s3://box/x 2>"$err"
	says "parts of 564.00 MiB"
	echo x | s3-put -v --provider=storj s3://box/y 2>"$err"
	says "parts of 64.00 MiB"
	fails 100 s3-put --provider=scaleway --part-size=5M --expected-size=6G \
		s3://box/z
	says "1000 parts"
	fails 100 s3-put --provider=r2 --expected-size=6144G s3://box/z
	says "Cloudflare R2 takes objects up to"
	fails 100 s3-put --provider=moon s3://box/z
	says "none of aws, r2, b2"
}

works_stdin() {
	"$@" <"$BATS_TEST_TMPDIR/six" >"$out" 2>"$err"
}

@test "cron: an empty environment and a file of settings reach all of it" {
	TLS=1 fake_s3
	proxy
	fake_aws
	local settings=$BATS_TEST_TMPDIR/settings
	echo jwt >"$BATS_TEST_TMPDIR/token"
	ask() {
		printf '%s\n' BACKUP_STORE=s3://box/b AWS_REGION=eu-west-1 \
			AWS_EC2_METADATA_DISABLED=true "$@" >"$settings"
		: >"$fake/signed"
		: >"$fake/proxy-log"
		works env -i PATH=/usr/bin:/bin "$top/pipelines/pgbackpipe" list \
			--config="$settings"
	}
	ask "AWS_ENDPOINT_URL=https://s3.example.test" \
		"https_proxy=http://$proxy" "AWS_CA_BUNDLE=$fake/cert.pem" \
		"AWS_WEB_IDENTITY_TOKEN_FILE=$BATS_TEST_TMPDIR/token" \
		"AWS_ROLE_ARN=arn:aws:iam::1:role/r" \
		"AWS_ENDPOINT_URL_STS=$aws_url"
	grep -q " eu-west-1 .* web-1 token-web-1" "$fake/signed"
	grep -q "CONNECT s3.example.test:443" "$fake/proxy-log"
	echo "Bearer x" >"$aws/authorization"
	ask "AWS_ENDPOINT_URL=https://127.0.0.1:$(<"$fake/port")" \
		AWS_NO_VERIFY_TLS=true \
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys" \
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$aws/authorization"
	says "not checking whose certificate"
	grep -q " container-1 token-container-1" "$fake/signed"
	printf '%s\n' "[profile night]" "endpoint_url = https://box.example.test" \
		"s3 =" "  addressing_style = virtual" "role_arn = r" \
		"source_profile = base" "[profile base]" \
		"credential_process = /bin/echo '{\"Version\":1,\"AccessKeyId\":\"p\",\"SecretAccessKey\":\"fake\"}'" \
		>"$BATS_TEST_TMPDIR/config"
	ask "AWS_PROFILE=night" "AWS_CONFIG_FILE=$BATS_TEST_TMPDIR/config" \
		"AWS_ENDPOINT_URL_S3=https://127.0.0.1:$(<"$fake/port")" \
		"AWS_S3_ADDRESSING_STYLE=path" "AWS_CA_BUNDLE=$fake/cert.pem" \
		"AWS_ENDPOINT_URL_STS=$aws_url"
	grep -q " role-1 token-role-1" "$fake/signed"
	aws_asked 1 "AssumeRole p -> "
}
