#!/usr/bin/env bats
# gzip-frame and sha-tee between readers and writers of every kind: slow, in
# bursts, a byte at a time, gone, full; and streams that expand without measure.

load helper

setup_file() {
	cd -- "$BATS_FILE_TMPDIR"
	sample 150000 >in
	gzip-frame --frame-size=16K <in >frames.gz
	gzip <in >foreign.gz
	cp in plain
	cat >pace.py <<'PY'
# pace.py INPUT WRITE READ WANT COMMAND...: feed INPUT and take the output at
# the pace of two words: byte (one at a time), burst, pipe (64 KiB at a time,
# after a wait), fast. What came must be WANT.
import os, subprocess, sys, threading, time
source, write, read, want = sys.argv[1:5]
data = open(source, "rb").read()
sizes = {"byte": [1], "burst": [1, 70000, 2, 4096, 13], "pipe": [65536],
         "fast": [1 << 20]}
p = subprocess.Popen(sys.argv[5:], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, bufsize=0)
def feed():
    at = n = 0
    while at < len(data):
        size = sizes[write][n % len(sizes[write])]
        at += os.write(p.stdin.fileno(), data[at:at + size])
        n += 1
        if write == "burst" and n % 5 == 0 or write == "pipe":
            time.sleep(0.01)
    p.stdin.close()
thread = threading.Thread(target=feed)
thread.start()
got = bytearray()
n = 0
while True:
    size = sizes[read][n % len(sizes[read])]
    piece = os.read(p.stdout.fileno(), size)
    if not piece:
        break
    got += piece
    n += 1
    if read == "burst" and n % 5 == 0 or read == "pipe":
        time.sleep(0.01)
thread.join()
assert p.wait() == 0, p.returncode
assert got == open(want, "rb").read(), (len(got), sys.argv)
PY
}

setup() {
	cd -- "$BATS_FILE_TMPDIR"
}

# paces INPUT WANT COMMAND...: at every pace of both sides.
paces() {
	local write read
	for write in byte burst pipe fast; do
		for read in byte burst pipe fast; do
			python3 pace.py "$1" "$write" "$read" "${@:2}" || {
				echo "$write -> $read: ${*:3}"
				return 1
			}
		done
	done
}

@test "sha-tee at every pace" {
	paces in in sha-tee
	sum=$(sha256sum <in)
	paces in in sha-tee --check="${sum%% *}"
}

@test "gzip-frame at every pace" {
	paces in frames.gz gzip-frame --frame-size=16K --jobs=1
	paces in frames.gz gzip-frame --frame-size=16K --jobs=3
}

@test "gzip-frame -d at every pace, frames and foreign gzip" {
	paces frames.gz in gzip-frame -d --jobs=1
	paces frames.gz in gzip-frame -d --jobs=3
	paces foreign.gz in gzip-frame -d --jobs=2
}

# every_way RUN: each filter with its input; RUN gets INPUT COMMAND...
every_way() {
	sum=$(sha256sum <in)
	"$1" in sha-tee --report=report
	"$1" in sha-tee --report=report --check="${sum%% *}"
	"$1" in gzip-frame --frame-size=1K --jobs=1 --report=report
	"$1" in gzip-frame --frame-size=1K --jobs=3 --report=report
	"$1" frames.gz gzip-frame -d --jobs=1 --report=report
	"$1" frames.gz gzip-frame -d --jobs=3 --report=report
	"$1" foreign.gz gzip-frame -d --report=report
}

@test "a reader that goes away: SIGPIPE's status, no message, no report" {
	gone() {
		for input in "$1" pipe; do
			rm -f report st
			if [[ $input == pipe ]]; then
				cat "$1" | stage st "${@:2}" 2>said | true
			else
				stage st "${@:2}" <"$1" 2>said | true
			fi
			# A pipe holds what is small.
			[[ $(<st) == 141 || $(<st) == 0 ]]
			[[ ! -s said ]]
			[[ $(<st) == 0 || ! -e report ]] || { echo "$*"; return 1; }
			stage st "${@:2}" <"$1" 2>said | head -c 1 >/dev/null
			[[ ! -s said ]]
		done
	}
	# Closed before the start: nobody ever reads.
	closed() {
		python3 -c '
import os, subprocess, sys
r, w = os.pipe()
os.close(r)
p = subprocess.run(sys.argv[2:], stdin=open(sys.argv[1]), stdout=w,
                   stderr=subprocess.PIPE)
assert p.returncode == -13 and p.stderr == b"", (p, sys.argv)
assert not os.path.exists("report"), sys.argv' "$@"
	}
	rm -f report
	every_way closed
	every_way gone
}

@test "a full disk: 111, a message, no report" {
	full() {
		rm -f report
		status=0
		"${@:2}" <"$1" >/dev/full 2>"$err" || status=$?
		((status == 111)) || { echo "$*: $status"; return 1; }
		says "could not write to standard output: No space left on device"
		[[ ! -e report ]]
	}
	every_way full
	# A file system that is full in the middle.
	mkdir -p small
	mount -t tmpfs -o size=32k tmpfs small 2>/dev/null ||
		skip "no tmpfs can be mounted here"
	part() {
		rm -f report
		status=0
		"${@:2}" <"$1" >small/out 2>"$err" || status=$?
		((status == 111)) || { echo "$*: $status"; return 1; }
		says "No space left on device"
		[[ ! -e report ]]
		# The report itself has no room.
		status=0
		"${@:2}" --report=small/report <"$1" 2>"$err" >/dev/null ||
			status=$?
		((status == 111)) || { echo "$*, report: $status"; return 1; }
		[[ ! -e small/report && $(find small -type f) == small/out ]]
	}
	trap 'umount small' EXIT
	every_way part
	umount small
	trap - EXIT
}

# A writer may use its memory again once a pipe's worth was read behind it: who
# passes on pages instead of copies would pass on what stands there later.
@test "a writer that lends its pages to the pipe" {
	cat >lend.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/uio.h>

		int
		main(void)
		{
			/* As large as it gets: no reader makes it larger. */
			size_t size = (size_t)fcntl(1, F_SETPIPE_SZ, 1 << 20);
			char *memory = aligned_alloc(4096, 2 * size);

			for (int i = 0; i < 60; i++) {
				char *half = memory + (i & 1) * size;
				struct iovec left = {half, size};

				memset(half, 'a' + i % 26, size);
				while (left.iov_len > 0) {
					ssize_t n = vmsplice(1, &left, 1, 0);

					if (n < 0)
						return 1;
					left.iov_base = (char *)left.iov_base + n;
					left.iov_len -= (size_t)n;
				}
			}
			return 0;
		}
	END
	cc -O1 -o lend lend.c
	for mode in '' --check; do
		want=$(python3 -c 'import hashlib
h = hashlib.sha256()
for i in range(60): h.update(bytes([97 + i % 26]) * 1048576)
print(h.hexdigest())')
		python3 - "$want" ${mode:+"$mode=$want"} <<-'PY'
			import hashlib, json, subprocess, sys, time
			want, more = sys.argv[1], sys.argv[2:]
			a = subprocess.Popen(["./lend"], stdout=subprocess.PIPE)
			b = subprocess.Popen(["sha-tee", "--report=report", *more],
			                     stdin=a.stdout, stdout=subprocess.PIPE)
			a.stdout.close()
			time.sleep(0.2)
			got = hashlib.sha256(b.stdout.read()).hexdigest()
			assert b.wait() == 0 and a.wait() == 0
			assert got == json.load(open("report"))["sha256"], "other bytes"
		PY
	done
}

# bomb FILE MEBIBYTES: zeros, in one member, without compressing them all.
bomb() {
	python3 - "$@" <<'PY'
import struct, sys, zlib
size = int(sys.argv[2]) << 20
mib = bytes(1 << 20)
c = zlib.compressobj(9, zlib.DEFLATED, -15)
block = c.compress(mib) + c.flush(zlib.Z_FULL_FLUSH)
crc = 0
with open(sys.argv[1], "wb") as f:
    f.write(bytes.fromhex("1f8b08000000000000ff"))
    for _ in range(size >> 20):
        f.write(block)
        crc = zlib.crc32(mib, crc)
    f.write(b"\x03\x00" + struct.pack("<II", crc, size & 0xffffffff))
PY
}

# peak COMMAND...: peak memory in KiB of COMMAND is in $rss.
peak() {
	command time -f %M -o rss "$@"
	rss=$(tail -n 1 rss)
}

@test "a stream that expands a thousand times takes time, not memory" {
	not_sanitized
	bomb bomb.gz 1024
	(($(stat -c %s bomb.gz) < 2 << 20))
	peak gzip-frame -t --jobs=2 --report=report <bomb.gz
	[[ $(jq .uncompressed_bytes report) == $((1 << 30)) ]]
	((rss < 16 * 1024)) || { echo "$rss KiB"; false; }
	peak gzip-frame -d --jobs=2 <bomb.gz >/dev/null
	((rss < 16 * 1024)) || { echo "$rss KiB"; false; }
}

@test "10 GiB of zeros; a member of more than 4 GiB, whose length wraps" {
	((${FULL:-0})) || skip "part of --full"
	not_sanitized
	bomb bomb.gz 10240
	peak gzip-frame -t --jobs=2 --report=report <bomb.gz
	[[ $(jq .uncompressed_bytes report) == $((10 << 30)) ]]
	((rss < 16 * 1024)) || { echo "$rss KiB"; false; }
	[[ $(gzip-frame -l --json <bomb.gz | jq -c '[.frames, .uncompressed_bytes]') == \
		"[1,$((10 << 30))]" ]]
	# The length counts modulo 2^32, and counts.
	size=$(stat -c %s bomb.gz)
	printf '\001' | dd of=bomb.gz bs=1 seek=$((size - 4)) conv=notrunc status=none
	fails 100 bash -c 'gzip-frame -t <bomb.gz'
	says "its length is wrong"
	# Frames: as many, and no more memory.
	head -c 10G /dev/zero | gzip-frame >bomb.gz
	peak gzip-frame -t --jobs=2 --report=report <bomb.gz
	[[ $(jq .uncompressed_bytes report) == $((10 << 30)) ]]
	((rss < 32 * 1024)) || { echo "$rss KiB"; false; }
	rm bomb.gz
}
