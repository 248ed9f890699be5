# fake-s3.bash: start the S3 server that fails as it is told.
# shellcheck shell=bash
# shellcheck disable=SC2154 # top is helper.bash's

# fake_s3 RULE...: see tests/fault/fake-s3. Its log is in $fake/log; it ends
# with the test, or with the next fake_s3. With TLS=1 it has a certificate of
# its own, $fake/cert.pem, also for s3.example.test. FAKE_S3_HOST is where it
# listens.
fake_s3() {
	local scheme=http
	fake_s3_stop
	fake=$BATS_TEST_TMPDIR/fake-$RANDOM$RANDOM
	mkdir -p "$fake"
	if [[ -n ${TLS-} ]]; then
		scheme=https
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
			-subj /CN=localhost \
			-addext subjectAltName=IP:127.0.0.1,DNS:s3.example.test \
			-keyout "$fake/key" -out "$fake/cert" 2>/dev/null
		cat "$fake/key" "$fake/cert" >"$fake/cert.pem"
	fi
	mkfifo "$fake/alive"
	"$top/tests/fault/fake-s3" "$fake" "$@" <"$fake/alive" 3>&- &
	exec 8>"$fake/alive"
	until_true test -e "$fake/port"
	AWS_ENDPOINT_URL=$scheme://127.0.0.1:$(<"$fake/port")
	export AWS_ENDPOINT_URL AWS_REGION=us-east-1
	export AWS_ACCESS_KEY_ID=fake AWS_SECRET_ACCESS_KEY=fake
	unset AWS_SESSION_TOKEN AWS_ENDPOINT_URL_S3 AWS_PROFILE
	export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
	export AWS_EC2_METADATA_DISABLED=true
}

fake_s3_stop() {
	exec 8>&-
}

# asked COUNT REGEX: so many lines of the log match.
asked() {
	local n
	n=$(grep -cE -- "$2" "$fake/log" || true)
	((n == $1)) || {
		echo "expected $1 requests like $2, got $n:"
		cat "$fake/log"
		return 1
	}
}
