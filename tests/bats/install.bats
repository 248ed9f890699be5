#!/usr/bin/env bats
# `make install` gives a working system and touches nothing else.

load helper

setup_file() {
	load helper
	make -s -C "$top" install BUILD="$build" PREFIX="$BATS_FILE_TMPDIR/usr" >&2
}

setup() {
	prefix=$BATS_FILE_TMPDIR/usr
	# As a user has it: neither the checkout nor its build in PATH.
	export PATH=$prefix/bin:/usr/bin:/bin
}

@test "names nobody else has go to bin, the short ones to libexec" {
	for tool in pgbackpipe pg-stream pg-load gzip-frame sha-tee s3-put s3-get s3-ls s3-rm; do
		[[ -x $prefix/bin/$tool ]]
	done
	for tool in verify prune notify manifest guard; do
		[[ ! -e $prefix/bin/$tool && -x $prefix/libexec/pgbackpipe/$tool ]]
	done
}

@test "every program has its man page" {
	for tool in "$prefix"/libexec/pgbackpipe/*; do
		[[ -f $prefix/share/man/man1/pgbackpipe-${tool##*/}.1 ]]
	done
	for tool in "$prefix"/bin/*; do
		[[ -f $prefix/share/man/man1/${tool##*/}.1 ]]
	done
}

@test "the driver finds its parts" {
	cd /
	works pgbackpipe help
	works pgbackpipe filter verify --version
	grep -q '^verify (pgbackpipe)' "$out"
	works bash -c 'eval "$(pgbackpipe env)" && prune --version'
}

@test "DESTDIR stands before every path" {
	make -s -C "$top" install BUILD="$build" DESTDIR="$BATS_TEST_TMPDIR/d" \
		PREFIX=/opt/x >&2
	[[ -x $BATS_TEST_TMPDIR/d/opt/x/bin/s3-put ]]
	[[ $(ls -A "$BATS_TEST_TMPDIR/d") == opt ]]
	lacks -r "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/d/opt/x/bin/pgbackpipe"
}
