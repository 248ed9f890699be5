#!/usr/bin/env bats
# Where the keys come from, and fresh ones in time. tests/fault/fake-s3 takes
# any key whose secret is "fake"; tests/fault/fake-aws hands such out.

load helper
load ../fault/fake-s3.bash
load ../fault/fake-aws.bash

setup() {
	config=$BATS_TEST_TMPDIR/config
}

teardown() {
	fake_s3_stop
	fake_aws_stop
}

# servers RULE...: both, with rules of fake-aws; nobody's keys yet.
servers() {
	fake_s3
	fake_aws "$@"
	no_credentials
}

# write_config LINE...: into the shared file.
write_config() {
	printf '%s\n' "$@" >"$config"
	export AWS_CONFIG_FILE=$config
}

# lists KEY [TOKEN]: s3-ls works, and these keys signed its request.
lists() {
	works s3-ls -v s3://box/
	signed_by "$@"
}

signed_by() {
	[[ $(tail -n 1 "$fake/signed") == *" $1 ${2:--}" ]] || {
		echo "expected the keys $1 ${2:--} in:"
		tail -n 1 "$fake/signed"
		return 1
	}
}

# no_secret: no message of the last command holds one.
no_secret() {
	lacks -E "token-|TheSecret|Signature=|=jwt|metadata-token" "$err"
}

# refuses CODE TEXT: s3-ls fails so, without having asked S3.
refuses() {
	: >"$fake/log"
	fails "$1" s3-ls -v s3://box/
	says "$2"
	no_secret
	asked 0 "."
}

# field NAME: of the last request to STS.
field() {
	tail -n 1 "$aws/fields" | jq -r ".$1 // \"-\""
}

base_profile="[profile base]
aws_access_key_id = base
aws_secret_access_key = fake
[profile night]
role_arn = arn:aws:iam::1:role/night
source_profile = base"

@test "the environment goes first, then web identity, profile, container, instance" {
	servers
	export AWS_EC2_METADATA_DISABLED=false
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=$aws_url/
	lists instance-1 token-instance-1
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	lists container-1 token-container-1
	write_config "[default]" "aws_access_key_id = own" \
		"aws_secret_access_key = fake"
	lists own
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_ROLE_ARN=arn:aws:iam::1:role/r
	export AWS_WEB_IDENTITY_TOKEN_FILE=$BATS_TEST_TMPDIR/token
	echo jwt >"$AWS_WEB_IDENTITY_TOKEN_FILE"
	lists web-1 token-web-1
	export AWS_ACCESS_KEY_ID=environment AWS_SECRET_ACCESS_KEY=fake
	lists environment
	no_secret
}

@test "web identity: role, session name, the token read anew" {
	servers
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_ROLE_ARN=arn:aws:iam::1:role/r
	export AWS_ROLE_SESSION_NAME=nightly
	export AWS_WEB_IDENTITY_TOKEN_FILE=$BATS_TEST_TMPDIR/token
	printf 'jwt\n' >"$AWS_WEB_IDENTITY_TOKEN_FILE"
	lists web-1 token-web-1
	says 'role "arn:aws:iam::1:role/r" at STS endpoint'
	no_secret
	[[ $(field RoleSessionName) == nightly ]]
	[[ $(field RoleArn) == arn:aws:iam::1:role/r ]]
	unset AWS_ROLE_SESSION_NAME
	lists web-2 token-web-2
	[[ $(field RoleSessionName) == pgbackpipe-* ]]
	echo other >"$AWS_WEB_IDENTITY_TOKEN_FILE"
	refuses 100 "InvalidIdentityToken: as told"
	: >"$AWS_WEB_IDENTITY_TOKEN_FILE"
	refuses 111 "it is empty"
	rm "$AWS_WEB_IDENTITY_TOKEN_FILE"
	refuses 111 "No such file"
	echo jwt >"$AWS_WEB_IDENTITY_TOKEN_FILE"
	unset AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL AWS_ROLE_ARN
	refuses 100 "AWS_ROLE_ARN is not set"
}

@test "a role with the keys of another profile, and their names" {
	servers
	write_config "$base_profile" "external_id = x&y=z" \
		"role_session_name = me" "duration_seconds = 900"
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_PROFILE=night
	lists role-1 token-role-1
	says "assumed with those of profile \"base\" (\"$config\", line 2, [profile base])"
	no_secret
	[[ $(field ExternalId) == "x&y=z" && $(field RoleSessionName) == me ]]
	[[ $(field DurationSeconds) == 900 ]]
	aws_asked 1 "AssumeRole base -> "
}

@test "roles one after the other, each signed with the one before" {
	servers
	write_config "$base_profile" \
		"[profile top]" "role_arn = arn:aws:iam::1:role/top" \
		"source_profile = night"
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_PROFILE=top
	lists role-2 token-role-2
	aws_asked 1 "AssumeRole base -> "
	aws_asked 1 "AssumeRole role-1 -> "
	[[ $(field token) == token-role-1 ]]
}

@test "a profile may be its own source; other loops and long chains are refused" {
	local i
	servers
	export AWS_ENDPOINT_URL_STS=$aws_url
	write_config "[profile self]" "role_arn = r" "source_profile = self" \
		"aws_access_key_id = self" "aws_secret_access_key = fake" \
		"[profile a]" "role_arn = r" "source_profile = b" \
		"[profile b]" "role_arn = r" "source_profile = a" \
		"[profile c]" "role_arn = r" "source_profile = c"
	AWS_PROFILE=self lists role-1 token-role-1
	AWS_PROFILE=a refuses 100 "leads back to a profile that needs it"
	AWS_PROFILE=c refuses 100 "leads back to a profile that needs it"
	for ((i = 0; i < 20; i++)); do
		printf '[profile p%d]\nrole_arn = r\nsource_profile = p%d\n' \
			"$i" $((i + 1))
	done >"$config"
	AWS_PROFILE=p0 refuses 100 "too many source_profiles"
	aws_asked 1 "AssumeRole"
}

@test "what a role's profile must have" {
	servers
	export AWS_ENDPOINT_URL_STS=$aws_url
	write_config "[profile none]" "role_arn = r" \
		"[profile both]" "role_arn = r" "source_profile = keys" \
		"credential_source = Environment" \
		"[profile nowhere]" "role_arn = r" "source_profile = gone" \
		"[profile empty]" "role_arn = r" "source_profile = nothing" \
		"[profile nothing]" "region = x" \
		"[profile odd]" "role_arn = r" "credential_source = Moon" \
		"[profile mfa]" "role_arn = r" "source_profile = keys" \
		"mfa_serial = m" \
		"[profile keys]" "aws_access_key_id = k" "aws_secret_access_key = s" \
		"[profile sso]" "sso_session = corp"
	AWS_PROFILE=none refuses 100 "neither source_profile, credential_source"
	AWS_PROFILE=both refuses 100 "both source_profile and credential_source"
	AWS_PROFILE=nowhere refuses 100 "in neither file"
	AWS_PROFILE=empty refuses 100 'profile "nothing": it is a source_profile'
	AWS_PROFILE=odd refuses 100 "none of Environment, EcsContainer"
	AWS_PROFILE=mfa refuses 100 "mfa_serial"
	AWS_PROFILE=sso refuses 100 "IAM Identity Center"
	says "export-credentials"
	aws_asked 0 "."
	AWS_PROFILE=none AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=fake lists k
}

@test "credential_source: environment, container, instance" {
	servers
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_PROFILE=night
	write_config "[profile night]" "role_arn = r" \
		"credential_source = EcsContainer"
	refuses 100 "its credential_source has no credentials"
	AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys lists role-1 token-role-1
	aws_asked 1 "AssumeRole container-1 -> "
	sed -i s/EcsContainer/Ec2InstanceMetadata/ "$config"
	AWS_EC2_METADATA_DISABLED='' AWS_EC2_METADATA_SERVICE_ENDPOINT=$aws_url \
		lists role-2 token-role-2
	aws_asked 1 "AssumeRole instance-1 -> "
}

@test "a profile with a web identity of its own" {
	servers
	echo jwt >"$BATS_TEST_TMPDIR/token"
	write_config "[default]" "role_arn = arn:aws:iam::1:role/w" \
		"web_identity_token_file = $BATS_TEST_TMPDIR/token" \
		"services = mine" "[services mine]" "sts =" \
		"  endpoint_url = $aws_url"
	AWS_ENDPOINT_URL_S3=$AWS_ENDPOINT_URL AWS_ENDPOINT_URL='' \
		lists web-1 token-web-1
	[[ $(field RoleArn) == arn:aws:iam::1:role/w ]]
}

@test "STS: what it refuses, garbles or never says" {
	servers "1 POST AssumeRole status 403 <ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>" \
		"1 POST AssumeRole body <AssumeRoleResponse/>" \
		"1 POST AssumeRole body <!DOCTYPE a [<!ENTITY b 'c'>]><AssumeRoleResponse>&b;</AssumeRoleResponse>" \
		"1 POST AssumeRole body {}" \
		"1 POST AssumeRole endless" \
		"1 POST AssumeRole move http://127.0.0.1:1/" \
		"1 POST AssumeRole status 503 busy" \
		"1 POST AssumeRole close"
	write_config "$base_profile"
	export AWS_ENDPOINT_URL_STS=$aws_url AWS_PROFILE=night
	refuses 100 "AccessDenied: not yours"
	says "trust policy"
	refuses 111 "it holds no keys"
	refuses 111 "it holds no keys"
	refuses 111 "it holds no keys"
	refuses 111 "the answer is too large"
	refuses 100 "status 302"
	lists role-1 token-role-1
	aws_asked 9 "AssumeRole"
	AWS_ENDPOINT_URL_STS=http://192.0.2.1 refuses 100 "shows the keys"
	AWS_ENDPOINT_URL_STS=http://127.0.0.1:1 fails 111 \
		s3-ls --retry=1s s3://box/
	says 'could not reach STS endpoint "http://127.0.0.1:1"'
}

@test "credential_process: without a shell, words as a shell splits them" {
	servers
	cat >"$BATS_TEST_TMPDIR/a program" <<-'EOF'
		#!/bin/bash
		printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/arguments"
		cat >>"$BATS_TEST_TMPDIR/arguments"
		echo '{"Version": 1, "AccessKeyId": "process",
		"SecretAccessKey": "fake", "SessionToken": "t",
		"Expiration": "2999-01-01T00:00:00+02:00"}'
	EOF
	chmod +x "$BATS_TEST_TMPDIR/a program"
	write_config "[default]" \
		"credential_process = \"$BATS_TEST_TMPDIR/a program\" \$HOME 'a  b' c\\ d \"\\\"\""
	lists process t </dev/null
	says 'the program "'
	printf '%s\n' "\$HOME" "a  b" "c d" '"' | cmp - "$BATS_TEST_TMPDIR/arguments"
}

@test "credential_process: failures, nonsense and floods" {
	servers
	run_process() {
		printf '#!/bin/bash\n%s\n' "$1" >"$BATS_TEST_TMPDIR/p"
		chmod +x "$BATS_TEST_TMPDIR/p"
	}
	write_config "[default]" "credential_process = $BATS_TEST_TMPDIR/p"
	run_process "echo TheSecret; exit 3"
	refuses 111 "it failed with status 3"
	run_process "echo TheSecret"
	refuses 111 "it is not a JSON object"
	run_process "echo '{\"Version\": 2, \"SecretAccessKey\": \"TheSecret\"}'"
	refuses 111 "its Version is not 1"
	run_process "echo '{\"Version\": 1, \"SecretAccessKey\": \"TheSecret\"}'"
	refuses 100 "the access key id is missing"
	run_process "echo '{\"Version\": 1}'"
	refuses 111 "it holds no keys"
	run_process "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"TheSecret\\nX: y\"}'"
	refuses 100 "a control character"
	run_process "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}'"
	refuses 111 "its Expiration is no time"
	run_process "yes TheSecret"
	refuses 100 "it writes more than 65536 bytes"
	rm "$BATS_TEST_TMPDIR/p"
	refuses 100 "could not run program"
	write_config "[default]" "credential_process = 'open"
	refuses 100 "a quote in it is open"
}

@test "credential_process: TERM ends one that hangs" {
	servers
	printf '#!/bin/bash\nsleep 100\n' >"$BATS_TEST_TMPDIR/p"
	chmod +x "$BATS_TEST_TMPDIR/p"
	write_config "[default]" "credential_process = $BATS_TEST_TMPDIR/p"
	local begin=$SECONDS status=0
	timeout --preserve-status -s TERM 0.5 s3-put s3://box/x <"$config" \
		2>"$err" || status=$?
	((status == 143 && SECONDS - begin < 5))
}

@test "a container: token and token file, hosts that may have them" {
	servers
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys?x=y
	lists container-1 token-container-1
	echo "Bearer one" >"$aws/authorization"
	refuses 100 "status 403"
	AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer one" lists container-2 \
		token-container-2
	printf 'Bearer one\r\n' >"$BATS_TEST_TMPDIR/token"
	export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$BATS_TEST_TMPDIR/token
	AWS_CONTAINER_AUTHORIZATION_TOKEN=other lists container-3 \
		token-container-3
	no_secret
	printf 'a\nX-Evil: b' >"$BATS_TEST_TMPDIR/token"
	refuses 100 "holds a control character"
	rm "$BATS_TEST_TMPDIR/token"
	refuses 111 "No such file"
	unset AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
	for host in 192.0.2.1 169.254.169.254 127.0.0.1.example.com \
		'[fd00:ec2::254]' example.com 169.254.170.2.example.com; do
		AWS_CONTAINER_CREDENTIALS_FULL_URI=http://$host/keys \
			refuses 100 "169.254.170.23 and"
	done
	AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1@192.0.2.1/ \
		refuses 100 "holds a user or a password"
	AWS_CONTAINER_CREDENTIALS_FULL_URI=file:///etc/passwd \
		refuses 100 "it begins neither with"
	AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=@192.0.2.1/ \
		refuses 100 'does not begin with a "/"'
	aws_asked 4 "^GET /keys"
}

@test "a container: answers that are none, tries that come to nothing" {
	servers "1 GET keys body <html>" \
		'1 GET keys body {"AccessKeyId":"a","AccessKeyId":"b"}' \
		'1 GET keys body {"AccessKeyId":"a","SecretAccessKey":"TheSecret"}' \
		'1 GET keys body {"code":"TooBad","message":"TheSecret"}' \
		'1 GET keys body {"code":"The Secret is token-x"}' \
		"1 GET keys endless" \
		"1 GET keys move http://127.0.0.1:1/" \
		"1 GET keys close" "1 GET keys status 500"
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	refuses 111 "it is not a JSON object"
	refuses 111 "it is not a JSON object"
	refuses 111 "no Token or no Expiration"
	refuses 111 "TooBad"
	refuses 111 "it answers with an error"
	refuses 111 "the answer is too large"
	refuses 100 "status 302"
	lists container-1 token-container-1
}

@test "an instance: version 2 only, short waits, off when told" {
	servers "1 PUT token stall" "1 PUT token status 403" \
		"1 PUT token endless" "1 GET credentials/\$ status 404" \
		"1 GET credentials/\$ body a/../b" \
		"1 GET night-role body {\"Code\":\"AssumeRoleUnauthorizedAccess\"}" \
		"1 GET night-role status 401"
	unset AWS_EC2_METADATA_DISABLED
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=$aws_url
	local begin=$SECONDS
	refuses 111 "timed out"
	((SECONDS - begin < 4))
	refuses 100 "cannot find AWS credentials"
	refuses 111 "too large"
	aws_asked 0 "^GET"
	refuses 100 "cannot find AWS credentials"
	refuses 111 "the answer is no name"
	refuses 111 "AssumeRoleUnauthorizedAccess"
	refuses 111 "status 401"
	lists instance-1 token-instance-1
	says 'the instance'"'"'s role "night-role"'
	no_secret
	: >"$aws/log"
	AWS_EC2_METADATA_DISABLED=TRUE refuses 100 "cannot find AWS credentials"
	aws_asked 0 "."
	AWS_EC2_METADATA_SERVICE_ENDPOINT=http://192.0.2.1 \
		refuses 100 "shows the keys"
}

@test "keys near their end are renewed before a request, and once" {
	servers
	echo 6 >"$aws/life"
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	sample 12000000 >"$BATS_TEST_TMPDIR/big"
	began=$(date +%s%3N)
	{ cat "$BATS_TEST_TMPDIR/big"; sleep 3.5; cat "$BATS_TEST_TMPDIR/big"; } |
		works_stdin s3-put -v --part-size=5M s3://box/x
	times=$(grep -c "renewed the AWS credentials" "$err")
	# They are near their end after two seconds: 1, or more where it was slow.
	((times >= 1 && times * 2000 <= $(date +%s%3N) - began))
	signed_by "container-$((times + 1))" "token-container-$((times + 1))"
	aws_asked "$((times + 1))" "^GET"
}

# works_stdin COMMAND...: as works, but it reads our standard input.
works_stdin() {
	"$@" >"$out" 2>"$err" || {
		cat "$err"
		return 1
	}
}

@test "keys that cannot be renewed are used while they last, with one warning" {
	fake_s3
	fake_aws "1 GET keys slow 0" "99 GET keys status 500"
	no_credentials
	echo 20 >"$aws/life"
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	sample 12000000 >"$BATS_TEST_TMPDIR/big"
	{ cat "$BATS_TEST_TMPDIR/big"; sleep 11; cat "$BATS_TEST_TMPDIR/big"; } |
		works_stdin s3-put --part-size=5M s3://box/x
	[[ $(grep -c "could not renew the AWS credentials, which are good for" "$err") == 1 ]]
	signed_by container-1 token-container-1
}

@test "a server calls keys expired: they are renewed once, and the request repeated" {
	fake_s3 "1 GET list-type status 400 ExpiredToken"
	fake_aws
	no_credentials
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	lists container-2 token-container-2
	fake_s3 "1 GET list-type status 403 InvalidAccessKeyId"
	fake_aws
	no_credentials
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	lists container-2 token-container-2
	fake_s3 "9 GET list-type status 400 ExpiredToken"
	fake_aws
	no_credentials
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	fails 100 s3-ls s3://box/
	says "ExpiredToken"
	asked 2 "^GET"
	fake_s3 "9 GET list-type status 400 ExpiredToken"
	fake_aws "1 GET keys slow 0" "9 GET keys status 403"
	no_credentials
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	fails 100 s3-ls s3://box/
	says "status 403"
	[[ $(wc -l <"$err") == 1 ]]
}

@test "parts that fly when the keys expire: one renewal for all of them" {
	fake_s3
	fake_aws
	no_credentials
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	sample 30000000 >"$BATS_TEST_TMPDIR/big"
	# HEAD has no body that could name the error.
	echo container-1 >"$fake/expired"
	{
		while ! grep -q "partNumber=2&" "$fake/log"; do sleep 0.01; done
		echo container-2 >>"$fake/expired"
	} &
	works_stdin s3-put -v --part-size=5M --parts-in-flight=4 s3://box/x \
		<"$BATS_TEST_TMPDIR/big"
	aws_asked 3 "^GET"
	signed_by container-3 token-container-3
	s3-get s3://box/x | cmp - "$BATS_TEST_TMPDIR/big"
	grep -q "could not look at object.*trying again" "$err" || {
		cat "$err"
		return 1
	}
}

@test "keys that come expired, by our clock, are used all the same" {
	servers "9 GET keys old"
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$aws_url/keys
	lists container-1 token-container-1
	aws_asked 1 "^GET"
}

@test "MinIO's STS: a role's keys put, get and remove" {
	s3_names | grep -qx minio || skip "no MinIO on this machine"
	use_service minio
	write_config "[profile base]" "aws_access_key_id = $AWS_ACCESS_KEY_ID" \
		"aws_secret_access_key = $AWS_SECRET_ACCESS_KEY" \
		"[profile night]" "role_arn = arn:aws:iam::1:role/any" \
		"source_profile = base" "duration_seconds = 900"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_PROFILE=night
	local url
	url=$(store_url minio)/x
	sample 12000000 >"$BATS_TEST_TMPDIR/big"
	s3-put -v --part-size=5M "$url" <"$BATS_TEST_TMPDIR/big" 2>"$err"
	says 'role "arn:aws:iam::1:role/any" at STS endpoint'
	s3-get "$url" | cmp - "$BATS_TEST_TMPDIR/big"
	works s3-rm "$url"
	# A secret that is wrong is STS's to refuse.
	sed -i 's/^aws_secret_access_key = ./&x/' "$config"
	fails 100 s3-ls "${url%/x}"
	says "cannot get the keys of role"
	says "signature"
}
