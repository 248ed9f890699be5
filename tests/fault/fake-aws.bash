# fake-aws.bash: start who hands out keys, and fails as it is told.
# shellcheck shell=bash
# shellcheck disable=SC2154 # top is helper.bash's

# fake_aws RULE...: see tests/fault/fake-aws. It is at $aws_url, its files are
# in $aws; it ends with the test, or with the next fake_aws. Nothing of it is
# used unless the test says so.
fake_aws() {
	fake_aws_stop
	aws=$BATS_TEST_TMPDIR/aws-$RANDOM$RANDOM
	mkdir -p "$aws"
	: >"$aws/log"
	mkfifo "$aws/alive"
	"$top/tests/fault/fake-aws" "$aws" "$@" <"$aws/alive" 3>&- 8>&- &
	exec 7>"$aws/alive"
	until_true test -e "$aws/port"
	# shellcheck disable=SC2034 # for the test
	aws_url=http://127.0.0.1:$(<"$aws/port")
}

fake_aws_stop() {
	exec 7>&-
}

# aws_asked COUNT REGEX: so many lines of its log match.
aws_asked() {
	local n
	n=$(grep -cE -- "$2" "$aws/log" || true)
	((n == $1)) || {
		echo "expected $1 requests like $2, got $n:"
		cat "$aws/log"
		return 1
	}
}

# no_credentials: forget those of the environment and of this machine.
no_credentials() {
	local name
	for name in $(compgen -e AWS_); do
		case $name in AWS_ENDPOINT_URL | AWS_REGION) ;; *) unset "$name" ;; esac
	done
	export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
	export AWS_EC2_METADATA_DISABLED=true
}
