#!/usr/bin/env bats
# What every program in bin/ must do, whatever its job.

load helper

tools() {
	basename -a "$top"/bin/*
}

@test "every tool prints --help on standard output and exits 0" {
	for tool in $(tools); do
		works "$tool" --help
		grep -q "^Usage: $tool" "$out"
		[[ ! -s $err ]]
	done
}

@test "every tool prints its version" {
	for tool in $(tools); do
		works "$tool" --version
		grep -qE "^$tool \(pgbackpipe\) [0-9]+\.[0-9]+" "$out"
	done
}

@test "a bad option is exit 100 with a message and a hint" {
	for tool in $(tools); do
		fails 100 "$tool" --no-such-option
		says "$tool: fatal: "
		says "--help"
		[[ ! -s $out ]]
	done
}

@test "an option without its value is exit 100" {
	for tool in $(tools); do
		fails 100 "$tool" --log-format
		fails 100 "$tool" --log-format=nonsense
	done
}

@test "--help to a full disk is exit 111" {
	for tool in $(tools); do
		status=0
		"$tool" --help >/dev/full 2>"$err" || status=$?
		echo "$tool: $status"
		((status == 111))
		says "No space left on device"
	done
}

@test "a closed standard input or output is exit 100" {
	for tool in $(tools); do
		status=0
		"$tool" --help <&- >"$out" 2>"$err" || status=$?
		((status == 100)) || { echo "$tool stdin: $status"; false; }
		status=0
		"$tool" --help >&- 2>"$err" </dev/null || status=$?
		((status == 100)) || { echo "$tool stdout: $status"; false; }
	done
}

@test "messages can be JSON, one object a line" {
	for tool in $(tools); do
		status=0
		"$tool" --log-format=json --no-such 2>"$err" </dev/null || status=$?
		((status == 100))
	done
}

@test "every tool has a man page that names every option and its exit codes" {
	for tool in $(tools); do
		page=$top/bin/$tool/$tool.1
		[[ -f $page ]] || { echo "no man page: $tool"; false; }
		mandoc -Tutf8 "$page" 2>/dev/null | col -bx >"$BATS_TEST_TMPDIR/page"
		"$tool" --help | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' |
			grep -oE -- '--[a-z0-9-]+' |
			while read -r option; do
				grep -qE -- "$option([^a-z0-9-]|$)" "$BATS_TEST_TMPDIR/page" || {
					echo "$tool.1 does not name $option"
					exit 1
				}
			done
		grep -q "EXIT STATUS" "$BATS_TEST_TMPDIR/page"
	done
}

@test "man pages are well-formed" {
	for page in "$top"/bin/*/*.1; do
		mandoc -Tlint -Werror "$page" || { echo "$page"; false; }
	done
}

@test "every tool builds with one cc line and no Makefile" {
	cd "$BATS_TEST_TMPDIR"
	flags="-O0 -Wall -Werror -D_DEFAULT_SOURCE -pthread -I$top/common
		-I$(pg_config --includedir)"
	# shellcheck disable=SC2086 # they are words
	cc $flags -c "$top"/common/*.c
	for tool in $(tools); do
		# shellcheck disable=SC2086
		cc $flags -o "$tool" "$top/bin/$tool"/*.c ./*.o -lpq -lcurl \
			-lcrypto -lz -ljansson -lexpat -larchive || {
			echo "$tool"
			false
		}
	done
}
