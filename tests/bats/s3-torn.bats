#!/usr/bin/env bats
# Real S3 servers behind a network that tears connections at random: whatever
# is said to be published is there, whole, and what is not leaves nothing.

load helper

setup() {
	# shellcheck disable=SC2046 # words
	set -- $(s3_names)
	(($# > 0)) || skip "no S3 server can run on this machine"
	((${FULL:-0} == 1)) || set -- "$1"
	servers=("$@")
	for name in "${servers[@]}"; do use_service "$name"; done
}

teardown() {
	exec 8>&-
}

# torn SEED: AWS_ENDPOINT_URL leads through the proxy.
torn() {
	local directory=$BATS_TEST_TMPDIR/proxy-$RANDOM
	exec 8>&-
	mkdir "$directory"
	mkfifo "$directory/alive"
	"$top/tests/fault/torn-proxy" "$directory" "${AWS_ENDPOINT_URL##*:}" \
		"$1" <"$directory/alive" 3>&- &
	exec 8>"$directory/alive"
	until_true test -e "$directory/port"
	AWS_ENDPOINT_URL=http://127.0.0.1:$(<"$directory/port")
}

@test "torn connections: published means there and whole" {
	trials=3
	((${FULL:-0} == 0)) || trials=20
	sample 22000000 >"$BATS_TEST_TMPDIR/big"
	head -c 20000 "$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/small"
	for name in "${servers[@]}"; do
		use_store "$name"
		direct=$AWS_ENDPOINT_URL
		for ((trial = 1; trial <= trials; trial++)); do
			for file in big small; do
				AWS_ENDPOINT_URL=$direct torn "$trial$RANDOM"
				status=0
				s3-put --retry=30s --part-size=5M "$store/$file$trial" \
					<"$BATS_TEST_TMPDIR/$file" 2>"$err" 8>&- || status=$?
				((status == 0 || status == 111))
				# Given up: it may be there all the same, but whole.
				if ((status == 111)) && ! AWS_ENDPOINT_URL=$direct \
					s3-get --head "$store/$file$trial" </dev/null; then
					continue
				fi
				s3-get --retry=60s --part-size=2M "$store/$file$trial" \
					>"$BATS_TEST_TMPDIR/got" </dev/null 8>&-
				cmp "$BATS_TEST_TMPDIR/$file" "$BATS_TEST_TMPDIR/got"
			done
		done
		export AWS_ENDPOINT_URL=$direct
	done
}
