#!/usr/bin/env bats
# Versions and delete markers: s3-ls --versions, s3-rm --versions, on the
# servers themselves and on one that answers as it is told.

load helper
load ../fault/fake-s3.bash

setup_file() {
	load helper
	start_s3
}

teardown() {
	fake_s3_stop
}

# send METHOD TARGET [CURL-OPTION]...: one signed request; prints the status.
send() {
	local method=$1 target=$2
	shift 2
	curl -sS -K - -o /dev/null -w '%{http_code}' --max-time 20 \
		-X "$method" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
		--noproxy '*' --aws-sigv4 "aws:amz:$AWS_REGION:s3" "$@" \
		"$AWS_ENDPOINT_URL$target" \
		<<<"user = \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\""
}

# new_box [CURL-OPTION]...: a bucket that keeps versions; its name is in $box.
new_box() {
	box=box-$RANDOM$RANDOM
	[[ $(send PUT "/$box" "$@") == 200 ]]
	[[ $(send PUT "/$box?versioning=" -d '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>') == 200 ]]
}

# write KEY TEXT: one more version.
write() {
	[[ $(send PUT "/$box/$1" --data-binary "$2") == 200 ]]
}

@test "s3-ls --versions: versions, delete markers, odd keys" {
	for name in $(s3_names); do
		echo "$name"
		use_service "$name"
		new_box
		write d/shop.sql.gz one
		write d/shop.sql.gz three
		write d/shop.sql.gz2 other
		write d/a%20b%2Bc%25d odd
		works s3-rm "s3://$box/d/shop.sql.gz"
		works s3-ls --versions --json "s3://$box/d/shop.sql.gz"
		[[ $(jq -r .name "$out" | sort -u) == shop.sql.gz ]]
		[[ $(jq -r 'select(.delete_marker | not) | .size' "$out" |
			sort | tr '\n' ' ') == "3 5 " ]]
		[[ $(jq -c 'select(.is_latest) | [.delete_marker, .size]' \
			"$out") == "[true,0]" ]]
		[[ $(jq -r .version_id "$out" | sort -u | wc -l) == 3 ]]
		works s3-ls --versions "s3://$box"
		[[ $(wc -l <"$out") == 5 ]]
		grep -qE " 0 d/shop.sql.gz [^ ]+ deleted latest$" "$out"
		grep -qE " 3 d/a b\+c%d [^ ]+ latest$" "$out"
		[[ $(grep -cE " d/shop.sql.gz [^ ]+$" "$out") == 2 ]]
		works s3-ls --versions "s3://$box/d/shop.sql.gz"
		[[ $(grep -cE " [035] shop.sql.gz [^ ]" "$out") == 3 ]]
		works s3-ls --versions "s3://$box/d/"
		[[ $(wc -l <"$out") == 5 ]]
		works s3-ls --versions "s3://$box/none"
		[[ ! -s $out ]]
	done
}

@test "s3-ls --versions: what was never versioned; files" {
	for name in $(s3_names); do
		use_store "$name"
		echo x | s3-put "$store/x"
		works s3-ls --versions --json "$store"
		[[ $(jq -c '[.version_id, .is_latest]' "$out") == '["null",true]' ]]
	done
	fails 100 s3-ls --versions "file://$BATS_TEST_TMPDIR"
	says "files have none"
	fails 100 s3-ls --request-payer "file://$BATS_TEST_TMPDIR"
	fails 100 s3-ls --versions --uploads s3://box/
}

# versions MORE MARKER ID ITEM...: a page; ITEM is KEY:VERSION.
versions() {
	local item
	printf '<ListVersionsResult><IsTruncated>%s</IsTruncated>' "$1"
	printf '<NextKeyMarker>%s</NextKeyMarker>' "$2"
	printf '<NextVersionIdMarker>%s</NextVersionIdMarker>' "$3"
	for item in "${@:4}"; do
		printf '<Version><Key>%s</Key><VersionId>%s</VersionId><Size>1</Size></Version>' \
			"${item%%:*}" "${item#*:}"
	done
	printf '</ListVersionsResult>'
}

@test "pages of versions: both markers, oldest first, no circles" {
	fake_s3 "1 GET versions=$ body 200 $(versions true k v1 k:v0 k:v1)" \
		"1 GET key-marker=k&.*version-id-marker=v1 body 200 $(versions true k "" k:v2)" \
		"1 GET key-marker=k&prefix=&versions=$ body 200 $(versions false "" "" k:v3)"
	works s3-ls --versions --json s3://box/
	[[ $(jq -r .version_id "$out" | tr '\n' ' ') == "v0 v1 v2 v3 " ]]
	# The same markers for ever.
	fake_s3 "99 GET versions= body 200 $(versions true k v k:v)"
	fails 111 s3-ls --versions s3://box/
	says "leads nowhere"
	# A server that does not heed the version's marker: the key's versions
	# begin anew with each page.
	rules=()
	for i in {1..40}; do
		rules+=("1 GET versions= body 200 $(versions true k "m$i" k:v1 k:v2)")
	done
	fake_s3 "${rules[@]}"
	fails 111 s3-ls --versions s3://box/
	says "leads nowhere"
	# Page without any word where the next one is: behind its last entry.
	fake_s3 "1 GET versions=$ body 200 <ListVersionsResult><IsTruncated>true</IsTruncated><Version><Key>a+b</Key><VersionId>7</VersionId></Version></ListVersionsResult>" \
		"1 GET key-marker=a%2Bb&prefix=&version-id-marker=7 body 200 $(versions false "" "" z:1)"
	works s3-ls --versions s3://box/
	[[ $(wc -l <"$out") == 2 ]]
	fake_s3 "9 GET versions= status 501 NotImplemented"
	fails 100 s3-ls --versions s3://box/
	says "cannot list versions below"
}

@test "--request-payer goes with every request" {
	fake_s3
	echo x | s3-put s3://box/x
	works s3-ls --request-payer s3://box/
	grep -q "^GET .*x-amz-request-payer=requester" "$fake/headers"
}

# versions_of URL: KEY SIZE of each version and marker, sorted.
versions_of() {
	s3-ls --versions --json "$1" | jq -r '"\(.name) \(.size)"' | sort |
		tr '\n' ' '
}

@test "s3-rm --versions: one name, and nothing that only begins so" {
	for name in $(s3_names); do
		echo "$name"
		use_service "$name"
		new_box
		for text in 1 22 333; do
			write shop.sql.gz "$text"
			write shop.sql.gz2 "$text"
			write shop.sql.gz/x "$text" || [[ $name == versitygw ]]
			write a%20b%2Bc%25d "$text"
		done
		works s3-rm "s3://$box/shop.sql.gz"
		works s3-rm --versions --dry-run "s3://$box/shop.sql.gz"
		[[ $(wc -l <"$out") == 4 ]]
		mv "$out" "$BATS_TEST_TMPDIR/dry"
		works s3-rm --versions "s3://$box/shop.sql.gz"
		diff <(sort "$BATS_TEST_TMPDIR/dry") <(sort "$out")
		works s3-rm --versions "s3://$box/shop.sql.gz" "s3://$box/none"
		[[ ! -s $out ]]
		echo "s3://$box/a b+c%d" | s3-rm --versions --stdin >"$out"
		[[ $(wc -l <"$out") == 3 ]]
		works s3-ls --versions --json "s3://$box"
		[[ $(jq -r .url "$out" | sort -u | grep -v "gz/x$") == \
			"s3://$box/shop.sql.gz2" ]]
		fails 100 s3-rm --versions "s3://$box/"
		fails 100 s3-rm --prefix "s3://$box/"
		works s3-rm --versions --prefix "s3://$box/shop"
		works s3-ls --versions "s3://$box"
		[[ ! -s $out ]]
	done
	fails 100 s3-rm --versions "file://$BATS_TEST_TMPDIR/x"
	says "files have none"
}

@test "s3-rm --versions: a lock is told once a key, the others go" {
	until=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
	for name in $(s3_names); do
		echo "$name"
		use_service "$name"
		new_box -H 'x-amz-bucket-object-lock-enabled: true'
		for key in d/a d/b; do
			for i in 1 2 3; do
				[[ $(send PUT "/$box/$key" --data-binary "$i" \
					-H "content-md5: $(printf %s "$i" | openssl md5 -binary | base64)" \
					-H 'x-amz-object-lock-mode: GOVERNANCE' \
					-H "x-amz-object-lock-retain-until-date: $until") == 200 ]]
			done
		done
		write d/free x
		works s3-rm "s3://$box/d/a"
		fails 100 s3-rm --versions --prefix "s3://$box/d/"
		[[ $(grep -c fatal: "$err") == 2 ]]
		says "locked until"
		[[ $(wc -l <"$out") == 2 ]]
		[[ $(versions_of "s3://$box") == "a 1 a 1 a 1 b 1 b 1 b 1 " ]]
	done
}

@test "s3-rm: names that a batch calls temporary are asked for again, alone" {
	error="<Error><Key>KEY</Key><Code>CODE</Code></Error>"
	some=${error/KEY/b}
	fake_s3 "1 POST delete body 200 <DeleteResult>${some/CODE/SlowDown}</DeleteResult>"
	for key in a b c; do
		echo x | s3-put "s3://box/$key"
	done
	works s3-rm s3://box/{a,b,c}
	[[ $(wc -l <"$out") == 3 ]]
	asked 1 "^POST /box[?]delete"
	asked 1 "^DELETE /box/b "
	# What a version is refused for does not keep the others, nor is it
	# asked for again.
	kept="<Error><Key>k</Key><VersionId>2</VersionId><Code>AccessDenied</Code></Error>"
	fake_s3 "9 GET versions= body 200 $(versions false "" "" k:1 k:2 k:3 kk:4)" \
		"1 POST delete body 200 <DeleteResult>$kept</DeleteResult>"
	fails 100 s3-rm --versions s3://box/k
	[[ $(tr '\t\n' ': ' <"$out") == "s3://box/k:1 s3://box/k:3 " ]]
	says 'version "2" of object "s3://box/k": AccessDenied'
	asked 1 "^POST"
	# An error of something else: who knows what the server has done?
	fake_s3 "9 GET versions= body 200 $(versions false "" "" k:1 k:2 k:3)" \
		"9 POST delete body 200 <DeleteResult>${some/CODE/AccessDenied}</DeleteResult>"
	fails 111 s3-rm --versions s3://box/k
	[[ ! -s $out ]]
}

@test "s3-rm: 1,000 names a request" {
	fake_s3
	seq -f 's3://box/k%g' 2500 | s3-rm --stdin >"$out"
	[[ $(wc -l <"$out") == 2500 ]]
	asked 3 "^POST /box[?]delete"
	asked 3 .
}
