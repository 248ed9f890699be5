#!/usr/bin/env bats
# The filters with threads under ThreadSanitizer and valgrind: no race, no read
# of what was never written, nothing lost.

load helper

setup_file() {
	[[ ${BUILD-} != *sanitize* ]] || return 0	# setup skips
	cd -- "$top"
	make -s -j2 BUILD=build/thread SANITIZE=thread CFLAGS='-O1 -g' \
		build/thread/bin/{gzip-frame,sha-tee,s3-put,s3-get}
}

setup() {
	[[ ${BUILD-} != *sanitize* ]] || skip "built with a sanitizer already"
	cd -- "$BATS_TEST_TMPDIR"
	sample 700000 >in
}

under_tsan() {
	export PATH="$top/build/thread/bin:$PATH"
	export TSAN_OPTIONS=exitcode=66
	checked=()
}

under_valgrind() {
	checked=(valgrind -q --error-exitcode=66 --leak-check=full
		--errors-for-leak-kinds=definite,possible)
}

# every_filter: each of them over ./in.
every_filter() {
	"${checked[@]}" gzip-frame --jobs=3 --frame-size=64K --report=r <in >x.gz
	"${checked[@]}" gzip-frame -d --jobs=3 --report=r <x.gz | cmp - in
	gzip <in | "${checked[@]}" gzip-frame -d --jobs=2 | cmp - in
	"${checked[@]}" sha-tee --progress --report=r <in 2>/dev/null | cmp - in
	"${checked[@]}" s3-put "file://$PWD/stored" <in
	"${checked[@]}" s3-get "file://$PWD/stored" | cmp - in
}

# every_failure: what ends in the middle.
every_failure() {
	local size
	size=$(stat -c %s x.gz)
	head -c $((size / 2)) x.gz >cut.gz
	cp x.gz bad.gz
	printf '\377\377' |
		dd of=bad.gz bs=1 seek=$((size / 2)) conv=notrunc status=none
	fails 100 "${checked[@]}" bash -c 'exec gzip-frame -d --jobs=3 <cut.gz'
	fails 100 "${checked[@]}" bash -c 'exec gzip-frame -d --jobs=3 <bad.gz'
	fails 100 "${checked[@]}" bash -c 'exec gzip-frame -t --jobs=3 <in'
	fails 111 "${checked[@]}" bash -c \
		'exec gzip-frame --jobs=3 --frame-size=4K <in >/dev/full'
	fails 111 "${checked[@]}" bash -c 'exec sha-tee <in >/dev/full'
	fails 100 "${checked[@]}" s3-put "file://$PWD/stored"
	# A reader that goes away.
	cat in in in | stage st "${checked[@]}" gzip-frame --jobs=3 \
		--frame-size=4K 2>said | head -c 1 >/dev/null
	# valgrind names the signal.
	[[ $(<st) == 141 && -z $(grep -v '^==' said) ]]
}

# both_ways STORE: s3-put and s3-get of many parts by many threads.
both_ways() {
	use_store "$1"
	for _ in {1..25}; do cat in; done >big
	"${checked[@]}" s3-put --part-size=5M --parts-in-flight=3 "$store/x" <big
	"${checked[@]}" s3-get "$store/x" >back
	cmp big back
	"${checked[@]}" s3-get "$store/x" 2>/dev/null | head -c 10 >/dev/null || true
	"${checked[@]}" s3-get --range=100-12000000 "$store/x" |
		cmp - <(tail -c +101 big | head -c 11999901)
}

@test "ThreadSanitizer: every filter" {
	under_tsan
	every_filter
	every_failure
}

@test "valgrind: every filter" {
	under_valgrind
	every_filter
}

@test "valgrind: failures lose nothing" {
	((${FULL:-0})) || skip "part of --full"
	under_valgrind
	checked+=(--trace-children=yes)
	every_filter
	every_failure
}

@test "ThreadSanitizer: s3-put and s3-get of many parts, file://, every S3" {
	((${FULL:-0})) || skip "part of --full"
	under_tsan
	both_ways file
	for name in $(s3_names); do
		both_ways "$name"
	done
}

@test "valgrind: s3-put and s3-get of many parts, file:// and one S3" {
	((${FULL:-0})) || skip "part of --full"
	under_valgrind
	both_ways file
	name=$(s3_names | head -n 1)
	[[ -z $name ]] || both_ways "$name"
}
