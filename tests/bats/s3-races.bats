#!/usr/bin/env bats
# Two publishers that end at the same moment under one name, with a PUT and
# with a multipart upload, in every kind of store. FULL=1: 50 rounds each.

load helper
load pipelines-helper

setup_file() {
	load helper
	start_s3
}

setup() {
	rounds=3
	((${FULL:-0} == 0)) || rounds=50
	cd "$BATS_TEST_TMPDIR"
	sample 6000000 1 >from.1
	sample 6000000 2 >from.2
	mkfifo in.1 in.2
}

# What both runs' manifests have.
fixed() {
	backup-name --json --database=race --extension=sql | jq '. + {type:
		"manual", host: "", environment: "", description: "", series: "race",
		database: "race", format: "unknown", compression: "none",
		compressed: false, encryption: "none"}'
}

# publish WRITER URL: what a run does, its input from a pipe. Its status, the
# object's first, then the manifest's where there is one, is in status.WRITER.
publish() {
	local status=0
	sha-tee --report="sha.$1" <"in.$1" | s3-put -v --part-size=5M \
		--run-id="run-$1" --report="put.$1" "$2" 2>"err.$1" ||
		status=$?
	if ((status == 0 && with_manifest)); then
		manifest --set="id=run-$1" --set="filename=${2##*/}" fixed \
			"sha.$1" "put.$1" >"manifest.$1" 2>>"err.$1" && s3-put --run-id="run-$1" "$2.json" \
			<"manifest.$1" 2>>"err.$1" || status=$?
	fi
	echo "$status" >"status.$1"
}

# race SIZE URL: both have all but the last byte, and get it at once.
race() {
	local i
	rm -f status.* put.* sha.* manifest.* err.*
	for i in 1 2; do
		publish "$i" "$2" 3>&- 8>&- 9>&- &
	done
	exec 8>in.1 9>in.2
	# An upload that begins aborts what it finds open under its name.
	for i in 1 2; do
		[[ $2 == s3://* ]] || break
		until grep -qs "in memory" "err.$i"; do sleep 0.01; done
	done
	head -c "$(($1 - 1))" from.1 >&8
	head -c "$(($1 - 1))" from.2 >&9
	# The first part of both is on its way, or there.
	sleep 0.05
	printf '1' >&8
	printf '2' >&9
	exec 8>&- 9>&-
	wait
	statuses="$(<status.1) $(<status.2)"
	echo "$2: $statuses"
}

# whose SIZE URL: the writer of the object, by its bytes and by its run id.
whose() {
	local i
	s3-get "$2" >got </dev/null
	s3-get --head "$2" >head </dev/null
	i=$(tail -c 1 got)
	cmp -n "$(($1 - 1))" "from.$i" got
	[[ $(stat -c %s got) == "$1" ]]
	[[ $(jq -r '.metadata."pgbackpipe-run-id"' head) == "run-$i" ]]
	owner=$i
}

# one_wins: the other one says why it does not, and the object is the winner's.
one_wins() {
	[[ $statuses == "0 100" || $statuses == "100 0" ]]
	[[ $(<"status.$owner") == 0 ]]
	grep -q "the name is taken" "err.$((3 - owner))"
}

@test "two PUTs at once: one wins, the other says that the name is taken" {
	with_manifest=0
	for name in file $(s3_names); do
		use_store "$name"
		for ((round = 0; round < rounds; round++)); do
			race 70000 "$store/$round"
			whose 70000 "$store/$round"
			one_wins
		done
	done
}

@test "two uploads at once: one wins, but on RGW the later may win too" {
	with_manifest=0
	for name in file $(s3_names); do
		use_store "$name"
		both=0
		for ((round = 0; round < rounds; round++)); do
			race 6000000 "$store/$round"
			whose 6000000 "$store/$round"
			if [[ $name == rgw && $statuses == "0 0" ]]; then
				both=$((both + 1))
				continue
			fi
			one_wins
		done
		echo "# $name: two winners in $both of $rounds rounds" >&3
		works s3-ls --uploads "$store/"
		[[ ! -s $out ]]
	done
}

@test "whole runs at once: a backup of one of them, or none; never of both" {
	with_manifest=1
	fixed >fixed
	for name in file $(s3_names); do
		use_store "$name"
		for ((round = 0; round < rounds; round++)); do
			url=$store/$round.sql
			race 6000000 "$url"
			whose 6000000 "$url"
			# At most one has published its manifest.
			[[ $statuses != "0 0" ]]
			s3-get "$url.json" >json </dev/null
			id=$(jq -r .id json)
			[[ $(<"status.${id#run-}") == 0 ]]
			# The manifest decides, and its SHA-256 tells.
			verdict=0
			s3-get "$url" </dev/null | verify --manifest=json \
				--level=checksum >verdict 2>err.v || verdict=$?
			[[ $id == "run-$owner" && $verdict == 0 ]] ||
				[[ $name == rgw && $verdict == 1 ]]
		done
	done
}

@test "create: an object that another run has put over ours is no backup of ours" {
	name=$(s3_names | head -n 1)
	[[ -n $name ]] || skip "no S3 server on this machine"
	driver_setup "$name"
	# Between the object and its manifest, as on RGW.
	mkdir shim
	ln -s /usr/lib/postgresql/*/bin/* shim/ || true
	cat >shim/manifest <<-'END'
		#!/bin/bash
		PATH=${PATH#*:}
		url=$(s3-ls --json "$BACKUP_STORE" | jq -r .url)
		s3-rm "$url" >/dev/null
		s3-put --run-id=other "$url" <"$OTHER"
		exec manifest "$@"
	END
	chmod +x shim/manifest
	OTHER=$PWD/from.1 PG_BIN_DIR=$PWD/shim fails 111 \
		pgbackpipe create --dbname="$db"
	says 'is of run "other" by now'
	works s3-ls --json "$store"
	[[ $(jq -r .name "$out") != *.json ]]
	works pgbackpipe create --dbname="$db"
}
