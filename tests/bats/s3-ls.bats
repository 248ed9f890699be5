#!/usr/bin/env bats
# s3-ls: what is its own. What it does alike in all stores is in store.bats.

load helper
load ../fault/fake-s3.bash

setup() {
	dir=$BATS_TEST_TMPDIR/store
	store=file://$dir
	mkdir "$dir"
}

@test "usage" {
	fails 100 s3-ls
	fails 100 s3-ls "$store" "$store"
	fails 100 s3-ls "$dir"
	[[ ! -s $out ]]
}

@test "hidden names, links, and what is no file are left out" {
	mkdir -p "$dir/.hidden" "$dir/empty/dir" "$dir/sub"
	: >"$dir/.hidden/x"
	: >"$dir/.x.abcdef.partial"
	: >"$dir/sub/y"
	ln -s sub "$dir/link"
	ln -s sub/y "$dir/latest"
	mkfifo "$dir/fifo"
	works s3-ls "$store"
	[[ $(sed 's/.* //' "$out") == sub/y ]]
	[[ ! -s $err ]]
}

@test "a name that is no key is left out with a warning" {
	: >"$dir/ok"
	: >"$dir/"$'a\nb'
	: >"$dir/"$'bad\xff'
	works s3-ls --json "$store"
	[[ $(jq -r .name "$out") == ok ]]
	[[ $(grep -c "warning: left " "$err") == 2 ]]
	says 'a?b'
	mkdir "$dir/"$'dir\xff'
	: >"$dir/.x."$'\xff'".abcdef.partial"
	for option in --json --delimiter --uploads; do
		works s3-ls --json "$option" "$store"
		! grep -x '' "$out" || false
		jq -e . "$out"
		says "it is not UTF-8"
	done
}

@test "--json: an ETag that is no text is left empty, its object is not" {
	fake_s3 "1 HEAD ^/box/x\$ status 404 NoSuchKey" \
		"9 HEAD ^/box/x\$ with etag="$'\xff'
	s3-put s3://box/x <"$BASH_SOURCE"
	works s3-ls --json s3://box/x
	[[ $(wc -l <"$out") == 1 && $(jq -r .etag "$out") == "" ]]
	fake_s3_stop
}

@test "a directory that cannot be read fails: half a list is none" {
	mkdir -m 0 "$dir/closed"
	fails 100 powerless s3-ls "$store"
	says "Permission denied"
}

@test "a list that is cut by head is quiet" {
	for i in {1..3000}; do : >"$dir/some-long-name-of-an-object-$i"; done
	{
		s3-ls "$store" 2>"$err" || echo $? >"$BATS_TEST_TMPDIR/status"
	} | head -n 1 >"$out"
	[[ $(wc -l <"$out") == 1 && ! -s $err ]]
}

@test "many objects: quick, and small" {
	count=20000
	((${FULL:-0} == 0)) || count=100000
	(cd "$dir" && seq -f 'backup-with-a-usual-name-%08g.sql.gz' "$count" |
		xargs touch)
	/usr/bin/time -f %M -o "$BATS_TEST_TMPDIR/kib" s3-ls --json "$store" \
		>"$out" 2>"$err" </dev/null
	[[ $(wc -l <"$out") == "$count" ]]
	sort -c "$out"
	[[ ${BUILD:-} == *sanitize* ]] ||
		(($(<"$BATS_TEST_TMPDIR/kib") < 49152))
}
