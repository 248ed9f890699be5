#!/usr/bin/env bats
# file://: what disks, directories and other writers do to a put and a read.
# What it does as every other store does is in store.bats; modes, full disks,
# permissions and temporary files are in s3-put.bats.

load helper

setup() {
	dir=$BATS_TEST_TMPDIR/store
	store=file://$dir
	in=$BATS_TEST_TMPDIR/in
	printf 0123456789 >"$in"
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
}

teardown() {
	exec 8>&- 9>&-
	[[ -z ${mounted:-} ]] || umount "$mounted"
}

need_root() {
	((EUID == 0)) || skip "needs root: it mounts a file system"
}

put() {
	s3-put "$@" <"$in" >"$out" 2>"$err"
}

# put_fails CODE ARGUMENT...
put_fails() {
	exits "$1" put "${@:2}"
}

# preload NAME: tests/fault/NAME.c, in $preload.
preload() {
	preload=$BATS_TEST_TMPDIR/$1.so
	cc -shared -fPIC -O1 -o "$preload" "$top/tests/fault/$1.c" -ldl
}

# writer URL: an s3-put that waits behind its first bytes; $pid. More can be
# written to descriptor 8, and its end is the input's.
writer() {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	s3-put "$@" <"$BATS_TEST_TMPDIR/fifo" 2>"$err" &
	pid=$!
	exec 8>"$BATS_TEST_TMPDIR/fifo"
	echo some >&8
	for _ in {1..100}; do
		! ls -l "/proc/$pid/fd" 2>/dev/null | grep -q " $dir" || break
		sleep 0.05
	done
}

# ends CODE: the writer does.
ends() {
	exec 8>&-
	exits "$1" wait "$pid"
}

# reader URL: an s3-get that waits behind its first bytes; $pid. The rest of
# what it gives comes with `rest CODE`.
reader() {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	s3-get "$@" >"$BATS_TEST_TMPDIR/pipe" 2>"$err" &
	pid=$!
	exec 9<"$BATS_TEST_TMPDIR/pipe"
	head -c 1000 <&9 >"$BATS_TEST_TMPDIR/got"
}

rest() {
	cat <&9 >>"$BATS_TEST_TMPDIR/got"
	exits "$1" wait "$pid"
}

@test "bytes and name are on disk, or there is no object" {
	not_sanitized
	preload failat
	mkdir "$dir"
	while read -r number hint; do
		export FAILAT=fsync:1:$number
		LD_PRELOAD=$preload put_fails 111 "$store/x"
		says "could not write object \"$store/x\""
		[[ $hint == - ]] || says "hint: $hint"
		nothing_left "$dir"
		export FAILAT=fsync:2:$number
		LD_PRELOAD=$preload put_fails 111 "$store/x"
		says "could not write directory of object \"$store/x\""
		nothing_left "$dir"
		# A new directory's name is on disk before anything is in it.
		export FAILAT=fsync:1:$number
		LD_PRELOAD=$preload put_fails 111 "$store/new/x"
		says "could not make directory \"$dir/new\""
		rmdir "$dir/new"
	done <<-'END'
		5 -
		28 make room
		122 make room
	END
	# Not every file system can do that for a directory.
	FAILAT=fsync:2:22 LD_PRELOAD=$preload put "$store/x"
	cmp "$in" "$dir/x"
}

@test "every call that fails: an object that is whole, or none" {
	not_sanitized
	preload failat
	mkdir "$dir"
	for kind in read:5 write:28 close:5 fsync:5 rename:13; do
		for ((n = 1; n < 20; n++)); do
			status=0
			rm -f "$BATS_TEST_TMPDIR/hit"
			FAILAT=${kind%:*}:$n:${kind#*:} LD_PRELOAD=$preload \
				FAILAT_HIT=$BATS_TEST_TMPDIR/hit \
				put "$store/x" || status=$?
			echo "$kind, call $n: $status"
			# Standard output is closed when all is done.
			if ((status == 0)) || grep -q "standard output" "$err"; then
				cmp "$in" "$dir/x"
				rm "$dir/x"
			else
				((status == 111))
				says "fatal: "
				nothing_left "$dir"
			fi
			[[ -e $BATS_TEST_TMPDIR/hit ]] || break
		done
		((n < 20))
	done
}

@test "a directory that vanishes, or moves away, under a put" {
	mkdir "$dir"
	writer "$store/x"
	rm -r "$dir"
	ends 111
	says "could not publish object \"$store/x\": No such file"
	[[ ! -e $dir ]]
	rm "$BATS_TEST_TMPDIR/fifo"
	mkdir -p "$dir/a"
	writer "$store/a/x"
	mv "$dir/a" "$dir/b"
	ends 111
	says "its directory was moved meanwhile"
	nothing_left "$dir"
}

@test "a name that is taken while the put goes on is told, and kept" {
	mkdir "$dir"
	writer "$store/x"
	echo theirs >"$dir/x"
	ends 100
	says "the name is taken"
	[[ $(<"$dir/x") == theirs ]]
	[[ $(find "$dir" -type f | wc -l) == 1 ]]
	rm "$BATS_TEST_TMPDIR/fifo"
	writer "$store/y"
	ln -s x "$dir/y"
	ends 100
	[[ $(<"$dir/x") == theirs && -L $dir/y ]]
}

@test "racing publishers: exactly one wins, however names are given" {
	preload no_tmpfile
	export LD_PRELOAD
	for way in tmpfile link rename; do
		LD_PRELOAD=$preload
		unset NO_LINK
		[[ $way != tmpfile ]] || LD_PRELOAD=
		[[ $way != rename ]] || export NO_LINK=1
		for round in 1 2 3; do
			pids=()
			for i in 1 2 3 4 5 6; do
				printf 'from %d' "$i" >"$in.$i"
				s3-put "$store/$way$round" <"$in.$i" \
					2>"$err.$i" &
				pids+=($!)
			done
			wins=0
			for pid in "${pids[@]}"; do
				status=0
				wait "$pid" || status=$?
				((status == 0 || status == 100))
				((status != 0)) || wins=$((wins + 1))
			done
			((wins == 1))
			grep -qx 'from [1-6]' "$dir/$way$round"
		done
	done
	LD_PRELOAD=
	[[ $(find "$dir" -type f | wc -l) == 9 ]]
}

@test "SIGKILL in the middle: the next put finds nothing in its way" {
	preload no_tmpfile
	mkdir "$dir"
	for way in '' "$preload"; do
		rm -f "$BATS_TEST_TMPDIR/fifo"
		LD_PRELOAD=$way writer "$store/x"
		kill -KILL "$pid"
		wait "$pid" || true
		exec 8>&-
		fails 100 s3-get "$store/x"
		works s3-ls "$store"
		[[ ! -s $out ]]
		LD_PRELOAD=$way put "$store/x"
		[[ $(find "$dir" -type f) == "$dir/x" ]]
		rm "$dir/x"
	done
}

@test "a file system without extended attributes: a warning, and the object" {
	need_root
	mkdir "$dir"
	mount -t ramfs none "$dir"
	mounted=$dir
	setfattr -n user.x -v y "$dir" 2>/dev/null &&
		skip "ramfs has extended attributes here"
	put --run-id=r --metadata=a=b "$store/x" "$store/y"
	says "\"$store/x\" goes without metadata"
	cmp "$in" "$dir/y"
	works s3-get --head "$store/x"
	[[ $(jq -c .metadata "$out") == '{}' ]]
}

@test "without /proc an object gets its name all the same" {
	need_root
	[[ ${BUILD-} != *sanitize* ]] || skip "sanitizers want /proc"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	mkdir "$dir"
	unshare -m sh -c 'mount -t tmpfs none /proc && exec s3-put "$1"' sh \
		"$store/x" <"$in" 2>"$err"
	cmp "$in" "$dir/x"
	[[ $(find "$dir" -type f | wc -l) == 1 ]]
}

@test "names at the limit, hidden ones, links: put, read, deleted" {
	mkdir -p "$dir/real"
	ln -s real "$dir/linked"
	for name in "$(printf '%0254d' 1)" "$(printf 'é%.0s' {1..127})" \
		.hidden .hid/den linked/x; do
		put "$store/$name"
		works s3-get "$store/$name"
		cmp "$in" "$out"
		works s3-rm "$store/$name"
		[[ ! -e $dir/$name ]]
	done
	put_fails 100 "$store/$(printf '%0255d' 1)"
	put_fails 100 "$store/é$(printf 'é%.0s' {1..127})"
	nothing_left "$dir"
	# A link is deleted, not what it leads to.
	echo kept >"$dir/real/y"
	ln -s real/y "$dir/latest"
	works s3-rm "$store/latest"
	[[ ! -L $dir/latest && $(<"$dir/real/y") == kept ]]
	ln -s loop "$dir/loop"
	put_fails 100 "$store/loop/x"
	says "symbolic links"
	fails 100 s3-get "$store/loop"
}

@test "an object that is replaced while it is read: the old one, whole" {
	mkdir "$dir"
	sample 5000000 >"$dir/x"
	cp "$dir/x" "$in"
	reader "$store/x"
	sample 5000000 2 >"$dir/new"
	mv "$dir/new" "$dir/x"
	rest 0
	cmp "$in" "$BATS_TEST_TMPDIR/got"
	rm "$BATS_TEST_TMPDIR/pipe"
	cp "$dir/x" "$in"
	reader "$store/x"
	rm "$dir/x"
	rest 0
	cmp "$in" "$BATS_TEST_TMPDIR/got"
}

@test "an object that is written into while it is read is no success" {
	mkdir "$dir"
	for way in same longer; do
		sample 5000000 >"$dir/x"
		reader "$store/x"
		if [[ $way == same ]]; then
			dd if=/dev/zero of="$dir/x" bs=1 seek=4999999 count=1 \
				conv=notrunc 2>/dev/null
		else
			echo more >>"$dir/x"
		fi
		rest 111
		says "it changed while it was read"
		rm "$BATS_TEST_TMPDIR/pipe"
	done
}

@test "what cannot be listed or deleted: 100, the path" {
	mkdir -p "$dir/a"
	put "$store/a/x"
	chmod 0555 "$dir/a"
	((EUID != 0)) || chown 1:1 "$dir" "$dir/a"
	fails 100 powerless s3-rm "$store/a/x"
	says "cannot delete object \"$store/a/x\": Permission denied"
	chmod 0700 "$dir/a"
	cmp "$in" "$dir/a/x"
	need_root
	mount --bind "$dir" "$dir"
	mounted=$dir
	mount -o remount,bind,ro "$dir"
	fails 100 s3-rm "$store/a/x"
	says "mounted read-only"
	works s3-get "$store/a/x"
	cmp "$in" "$out"
}
