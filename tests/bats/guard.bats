#!/usr/bin/env bats
# guard: a foreign filter in the line, without losing the completion mark.

load helper

# line FIRST GUARDED...: FIRST | guard GUARDED... | sha-tee; the statuses of
# guard and sha-tee stand in the files guard and tee.
line() {
	local first=$1
	shift
	cd -- "$BATS_TEST_TMPDIR"
	bash -c "$first" 2>first.err |
		stage guard guard "$@" 2>guard.err |
		stage tee sha-tee --report=report >data 2>tee.err || true
}

statuses() {
	local got
	got="$(<guard) $(<tee)"
	[[ $got == "$1 $2" ]] || {
		echo "expected statuses $1 $2, got $got"
		cat -- *.err
		return 1
	}
}

@test "a foreign filter's output is complete when it and its input were" {
	line 'sample() { seq 1 100000; }; sample | sha-tee' -- gzip -1
	statuses 0 0
	[[ $(gunzip <data | sha256sum) == $(seq 1 100000 | sha256sum) ]]
	[[ -s report ]]
}

@test "input without a mark, from a file and of no bytes" {
	line 'printf x' -- cat
	statuses 0 0
	printf hello >in
	works bash -c 'guard -- cat <in | sha-tee'
	[[ $(<"$out") == hello ]]
	line 'true' -- cat
	statuses 111 111
	grep -q "the input is empty" guard.err
	line 'true' --allow-empty -- cat
	statuses 0 0
	line ': | sha-tee --allow-empty' -- cat
	statuses 0 0
}

@test "an upstream that died is seen, before and after its first byte" {
	line 'sha-tee --check=00' -- cat
	statuses 111 111
	line 'printf abc | sha-tee --check=00' -- cat
	statuses 111 111
	zeros=$(printf '%064d' 0)
	line "seq 1 200000 | sha-tee --check=$zeros" -- cat
	statuses 111 111
	[[ ! -e report && -s data ]]
	grep -q "the program before this one failed" guard.err
}

@test "the command runs only when there is something to read" {
	line 'sha-tee --check=00' -- sh -c 'echo ran >ran; cat'
	statuses 111 111
	[[ ! -e ran ]]
}

@test "a command that fails leaves the line unfinished" {
	line 'seq 1 10' -- sh -c 'cat; exit 1'
	statuses 111 111
	grep -q 'program "sh" failed with status 1' guard.err
	[[ ! -e report ]]
	line 'seq 1 10' -- sh -c 'cat; exit 99'
	statuses 111 111
	line 'seq 1 10' -- sh -c 'cat; exit 255'
	statuses 111 111
	grep -q 'status 255' guard.err
}

@test "what no retry can mend is 100" {
	line 'seq 1 10' -- sh -c 'cat; exit 100'
	statuses 100 111
	line 'seq 1 10' -- sh -c 'cat; exit 127'
	statuses 100 111
	line 'seq 1 10' -- no-such-program-here
	statuses 100 111
	grep -q 'could not run program "no-such-program-here"' guard.err
	line 'seq 1 10' -- /
	statuses 100 111
	fails 100 guard
	says "missing operand"
}

@test "a command killed by a signal is named with it" {
	# shellcheck disable=SC2016
	line 'seq 1 10' -- sh -c 'kill -9 $$'
	statuses 111 111
	grep -q 'program "sh" was killed by signal 9 (Killed)' guard.err
}

@test "a command that leaves a part of a marked input unread is refused" {
	line 'seq 1 200000 | sha-tee' -- head -n 1
	statuses 100 111
	grep -q 'before it had read all its input' guard.err
	# Nothing can be said about a foreign writer.
	line 'seq 1 10' -- head -n 1
	statuses 0 0
}

@test "a reader that goes away is no failure of the command" {
	cd -- "$BATS_TEST_TMPDIR"
	bash -c 'yes | { guard -- cat 2>err; echo $? >status; } | head -n 1' \
		>/dev/null
	[[ $(<status) == 141 && ! -s err ]]
}

@test "TERM ends the command too" {
	cd -- "$BATS_TEST_TMPDIR"
	mkfifo in
	guard -- sh -c 'echo $$ >pid; trap "echo term >got; exit 1" TERM; while :; do sleep 0.05; done' \
		<in >data 2>err 3>&- &
	local pid=$!
	exec 9>in
	echo x >&9
	while [[ ! -s pid ]]; do sleep 0.05; done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 9>&-
	((status == 143))
	grep -q term got
}

@test "a pipe whose earlier writer died is not appended to" {
	cd -- "$BATS_TEST_TMPDIR"
	{ echo x | sha-tee --check="$(printf '%064d' 0)" || true
	  seq 3 | stage guard guard -- cat; } 2>err | cat >data
	[[ $(<guard) == 111 && ! -s data ]]
	grep -q "an earlier writer of this pipe died" err
}
