# s3: what the S3 servers have in common: keys, a probe, a bucket.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034,SC2154

s3_region=us-east-1
s3_bucket=backups
s3_scheme=http
s3_ca='' # a file: who vouches for the server
s3_ready_wait=60 # seconds
s3_tools=${PGBACKPIPE_TOOLS:-${HOME:-/root}/.cache/pgbackpipe/bin}

s3_new_keys() {
	access_key=PIPE$(random_hex 8)
	secret_key=$(random_hex 20)
}

# One signed request; prints the HTTP status. curl reads the keys from stdin.
s3_request() { # METHOD PATH
	curl -sS -K - ${s3_ca:+--cacert "$s3_ca"} -o /dev/null -w '%{http_code}' --max-time 10 -X "$1" \
		-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --noproxy '*' \
		--aws-sigv4 "aws:amz:$s3_region:s3" \
		"$s3_scheme://127.0.0.1:$port$2" <<<"user = \"$access_key:$secret_key\""
}

# The sockets that listen on our port go to inodes, from the kernel's table: by
# awk, for a busy machine's has tens of thousands of lines.
s3_listeners() {
	local socket
	printf -v socket '0100007F:%04X' "$port"
	mapfile -t inodes < <(awk -v socket="$socket" \
		'$2 == socket && $4 == "0A" { print $10 }' /proc/net/tcp)
}

# Does our server, not somebody else's on the same port, answer?
s3_answers() {
	local inodes inode match=()
	s3_listeners
	for inode in "${inodes[@]}"; do
		match+=(-o -lname "socket:\\[$inode\\]")
	done
	[[ -n $(find "/proc/${servers[-1]}/fd" -false "${match[@]}" 2>/dev/null) ]] &&
		[[ $(s3_request GET / 2>/dev/null) == 200 ]]
}

# MinIO lets a second MinIO listen on its port: then one looks for another.
s3_is_alone() {
	local inodes
	s3_listeners
	((${#inodes[@]} == 1))
}

s3_publish() {
	local status
	status=$(s3_request PUT "/$s3_bucket")
	[[ $status == 200 ]] ||
		fatal 111 "could not create bucket \"$s3_bucket\": HTTP status $status"
	save_env AWS_ENDPOINT_URL "$s3_scheme://127.0.0.1:$port" \
		${s3_ca:+AWS_CA_BUNDLE "$s3_ca"} \
		AWS_ACCESS_KEY_ID "$access_key" AWS_SECRET_ACCESS_KEY "$secret_key" \
		AWS_REGION "$s3_region" S3_BUCKET "$s3_bucket"
}

# Starts a server that is one program until it answers: COMMAND takes the port
# from REPLY and spawns it.
s3_start_server() { # COMMAND
	local try st
	for try in {1..10}; do
		free_port
		port=$REPLY
		"$1"
		st=0
		wait_until "$s3_ready_wait" "$REPLY" s3_answers || st=$?
		if ((st == 0)) && s3_is_alone; then return 0; fi
		((st != 2 && try < 10)) || fatal 111 "the server does not start"
		forget_server
	done
}

# Go 1.24 or newer?
s3_have_go() {
	local version
	version=$(go env GOVERSION 2>/dev/null) || return 1
	[[ $version =~ ^go([0-9]+)\.([0-9]+) ]] &&
		((BASH_REMATCH[1] > 1 || BASH_REMATCH[2] >= 24))
}

s3_available_go() { # PROGRAM
	if [[ -x $s3_tools/$1 ]]; then
		echo "$s3_tools/$1"
	elif s3_have_go; then
		echo "to be built with go, which takes minutes"
	else
		echo "needs $s3_tools/$1 or Go 1.24 or newer to build it"
		return 1
	fi
}

s3_build_go() { # PROGRAM PACKAGE@VERSION
	local lock
	[[ ! -x $s3_tools/$1 ]] || return 0
	mkdir -p -- "$s3_tools/.build"
	exec {lock}<"$s3_tools/.build"
	flock "$lock"
	if [[ ! -x $s3_tools/$1 ]]; then
		info "building $1, about 2 minutes, once: $2"
		GOBIN=$s3_tools/.build nice go install "$2" >&2 ||
			fatal 111 "could not build $1"
		mv -- "$s3_tools/.build/$1" "$s3_tools/$1"
	fi
	exec {lock}<&-
}
