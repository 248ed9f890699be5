#!/usr/bin/env bats
# sha-tee: bytes through, SHA-256 and size to a report.

load helper

setup() {
	cd -- "$BATS_TEST_TMPDIR"
	block=$((256 * 1024))
}

@test "bytes pass unchanged, with their SHA-256 and size in the report" {
	for size in 0 1 2 $((block - 1)) "$block" $((block + 1)) 3000000; do
		head -c "$size" /dev/urandom >in
		sum=$(sha256sum <in)
		for mode in plain check; do
			args=(--report=report)
			[[ $mode == plain ]] || args+=(--check="${sum%% *}")
			rm -f report
			sha-tee "${args[@]}" <in >got
			cmp in got
			[[ $(jq -r .sha256 report) == "${sum%% *}" ]]
			[[ $(jq -r .size_bytes report) == "$size" ]]
			[[ $(jq -r .tool report) == sha-tee ]]
			[[ $(stat -c %a report) == 600 ]]
			jq -e '.duration_seconds >= 0 and .started_at' report
		done
	done
}

@test "short reads are passed on at once" {
	mkfifo pipe
	(printf a; sleep 20) >pipe 3>&- &
	local writer=$!
	sha-tee <pipe >got 3>&- &
	local reader=$!
	until_true test -s got
	[[ $(<got) == a ]]
	kill "$writer" "$reader"
	wait || true
}

@test "--check releases nothing of a small wrong stream, exit 1, no report" {
	zeros=$(printf '%064d' 0)
	printf 'hello' >in
	status=0
	sha-tee --check="$zeros" --report=report <in >got 2>"$err" || status=$?
	((status == 1))
	says "the SHA-256 of 5 bytes is 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c"
	[[ ! -s got && ! -e report ]]
	head -c 3000000 /dev/urandom >in
	status=0
	sha-tee --check="$zeros" <in >got 2>"$err" || status=$?
	((status == 1))
	((3000000 - $(stat -c %s got) == 3000000 % block))
	cmp -n "$(stat -c %s got)" in got
	# Upper case is as good; anything else than 64 digits is no SHA-256.
	sum=$(sha256sum <in)
	sum=${sum%% *}
	sha-tee --check="${sum^^}" <in | cmp - in
	fails 100 sha-tee --check=abc
	fails 100 sha-tee --check=
	fails 100 sha-tee --check="${sum}0"
	fails 100 sha-tee --check="${sum%?}g"
}

@test "a wrong sum leaves the output pipe unfinished" {
	zeros=$(printf '%064d' 0)
	head -c 3000000 /dev/urandom | stage first sha-tee --check="$zeros" |
		stage second sha-tee --report=report >/dev/null || true
	[[ $(<first) == 1 && $(<second) == 111 && ! -e report ]]
}

@test "an empty pipe without a mark is refused unless --allow-empty" {
	: | stage st sha-tee --report=report 2>"$err" >got
	[[ $(<st) == 111 && ! -e report ]]
	says "the input is empty"
	: | sha-tee --allow-empty --report=report
	[[ $(jq .size_bytes report) == 0 ]]
	: | sha-tee --allow-empty | sha-tee --report=report
	[[ $(jq .size_bytes report) == 0 ]]
}

@test "failures of output and report are told" {
	status=0
	echo x | sha-tee --report=report >/dev/full 2>"$err" || status=$?
	((status == 111))
	says "could not write to standard output: No space left on device"
	[[ ! -e report ]]
	echo x | stage st sha-tee --report=no/such/dir 2>"$err" |
		stage next sha-tee >got
	[[ $(<st) == 111 && $(<next) == 111 ]]
	says 'could not write report "no/such/dir"'
	yes | { stage st sha-tee --report=report 2>"$err"; } | head -c 1
	[[ $(<st) == 141 && ! -s $err && ! -e report ]]
}

@test "a report can go to a device without replacing it" {
	echo x | sha-tee --report=/dev/stderr 2>both >/dev/null
	[[ $(jq .size_bytes both) == 2 ]]
	[[ -L /dev/stderr ]]
	sha-tee --report=/dev/null <both >/dev/null
	[[ -c /dev/null ]]
}

@test "--progress tells what passed, as text and as JSON" {
	head -c 100000 /dev/zero | sha-tee --progress >/dev/null 2>"$err"
	grep -qE '^sha-tee: progress: 97\.[0-9]+ KiB read in 0 s' "$err"
	head -c 100000 /dev/zero |
		sha-tee --progress --log-format=json >/dev/null 2>"$err"
	[[ $(jq -r .severity "$err") == progress ]]
	[[ $(jq -c '[.bytes, .seconds < 9, .bytes_per_second >= 0]' "$err") == '[100000,true,true]' ]]
	# A file's size is known; the last line needs no forecast.
	head -c 100000 /dev/zero >in
	sha-tee --progress <in >/dev/null 2>"$err"
	grep -qE '^sha-tee: progress: 97\.[0-9]+ KiB read in 0 s[^%]*$' "$err"
	sha-tee -q <in >/dev/null 2>"$err"
	[[ ! -s $err ]]
}

# on_terminal MODE ARGS...: run sha-tee with standard error on a terminal while
# 3 MB come in 100 pieces over three seconds; what it drew is in the file drawn.
on_terminal() {
	python3 - "$@" <<'PY'
import os, pty, subprocess, sys, threading, time
master, slave = pty.openpty()
drawn = []
def listen():
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            return
        drawn.append((time.monotonic(), piece))
thread = threading.Thread(target=listen)
p = subprocess.Popen(["sha-tee", *sys.argv[1:]], stdin=subprocess.PIPE,
                     stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
thread.start()
for i in range(100):
    p.stdin.write(bytes(30000))
    p.stdin.flush()
    time.sleep(0.03)
p.stdin.close()
assert p.wait() == 0
thread.join()
times = [t for t, text in drawn if text.startswith(b"\r\x1b")]
# The last one comes when the end does.
for a, b in zip(times[:-1], times[1:-1]):
    assert b - a >= 0.9, times
open("drawn", "wb").write(b"".join(text for _, text in drawn))
PY
}

@test "--progress on a terminal: one line, drawn anew once a second at most" {
	on_terminal --progress
	# All but the end begin at the line's start and clear it.
	tr '\r' '\n' <drawn | sed 's/^\x1b\[K//' | grep -v '^$' >lines
	count=$(wc -l <lines)
	((count >= 3 && count <= 5))
	[[ $(grep -cE '^sha-tee: [0-9.]+ [KM]iB read in [0-9]+ s, [0-9.]+ [KM]iB/s$' \
		lines) == "$count" ]]
	tail -n 1 lines | grep -qE '^sha-tee: 2\.86 MiB read in '
	[[ $(tail -c 2 drawn | od -An -tx1) == ' 0d 0a' ]]
	[[ $(tr -cd '\n' <drawn | wc -c) == 1 ]]
	# Without the option nothing is drawn.
	on_terminal
	[[ ! -s drawn ]]
}

@test "--progress tells share and time left when the size is known" {
	on_terminal --progress --expected-size=3000000
	tr '\r' '\n' <drawn >lines
	forecast='of 2\.86 MiB \([0-9]+%\) read in [0-9]+ s, [0-9.]+ [KM]iB/s, [0-9] s left$'
	(($(grep -cE "$forecast" lines) >= 2))
	tail -n 1 drawn | tr '\r' '\n' | tail -n 2 |
		grep -qE '2\.86 MiB read in [0-9]+ s, [0-9.]+ [KM]iB/s$'
	# More than expected is no error, and no forecast.
	on_terminal --progress --expected-size=1000
	[[ $(grep -c left drawn) == 0 ]]
	# An hour and more, and what will never come.
	on_terminal --progress --expected-size=20G
	grep -qE ', [0-9]+:[0-5][0-9]:[0-5][0-9] h left' drawn
	on_terminal --progress --expected-size=16000000T
	[[ -z $(sed 's/sha-tee//g' drawn | grep -aE 'left|inf|nan|-') ]]
	fails 100 sha-tee --expected-size=many
}

@test "memory stays small" {
	head -c 300000000 /dev/zero |
		command time -f %M -o rss sha-tee --report=report >/dev/null
	(($(tail -n 1 rss) < 24 * 1024))
}
