#!/usr/bin/env bats
# gzip-frame: what people expect of a gzip, and what they are told about it.

load helper

setup() {
	cd -- "$BATS_TEST_TMPDIR"
	mib=$((1024 * 1024))
}

# Rows as a dump has them, the same in every run: rows COUNT.
rows() {
	python3 -c '
import json, random, sys
random.seed(7)
words = ["".join(random.choices("etaoinshrdlu", k=random.randint(2, 9)))
         for _ in range(3000)]
for i in range(int(sys.argv[1])):
    print(i, random.randint(0, 10**6), "2026-01-%02d 0%d:%02d:%02d+00" % (
        i % 28 + 1, i % 7, i % 60, random.randint(0, 59)),
        "%.3f" % random.gauss(20, 3), sep="\t")
    print(i, " ".join(words[int(3000 * random.random() ** 3)]
                      for _ in range(20)), sep="\t")
    print(i, json.dumps({"user": random.randint(1, 5000), "kind": random.choice(
        ["view", "buy", "sell"]), "path": "/item/%d" % random.randint(1, 999)}),
        sep="\t")' "$1"
}

@test "a higher level is never larger; the default is within 5 % of gzip -6" {
	rows 12000 >in
	before=
	for level in {1..12}; do
		gzip-frame --level="$level" <in >x.gz
		gunzip <x.gz | cmp - in
		size=$(stat -c %s x.gz)
		[[ -z $before ]] || ((size <= before)) || {
			echo "level $level: $size bytes, the one before $before"
			false
		}
		before=$size
	done
	gzip-frame <in >x.gz
	gzip -6 <in >y.gz
	(($(stat -c %s x.gz) * 100 <= $(stat -c %s y.gz) * 105))
	# The densest beats the densest of pigz; zlib alone is what pigz has.
	if gzip-frame --codec=none 2>&1 </dev/null | grep -q libdeflate; then
		pigz -9 <in >y.gz
		((before < $(stat -c %s y.gz)))
	fi
	fails 100 gzip-frame --level=0
	fails 100 gzip-frame --level=13
}

@test "same input and level, same bytes, whatever the number of threads" {
	rows 15000 >in
	# Level 1 is ISA-L's, which once in a while finds another match.
	for level in 2 3 4 6 9 12; do
		gzip-frame --level="$level" --jobs=1 --frame-size=64K <in >want.gz
		for jobs in 2 3 7; do
			gzip-frame --level="$level" --jobs="$jobs" --frame-size=64K <in |
				cmp - want.gz
		done
		# In whatever pieces it arrives.
		dd bs=1237 status=none <in |
			gzip-frame --level="$level" --frame-size=64K | cmp - want.gz
	done
}

# threads WANTED COMMAND...: how many it has while its input is open.
threads() {
	local wanted=$1
	shift
	python3 - "$wanted" "$@" <<'PY'
import os, subprocess, sys, time
wanted = int(sys.argv[1])
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE,
                     stdout=subprocess.DEVNULL)
data = open("feed", "rb").read()
p.stdin.write(data)
p.stdin.flush()
for _ in range(100):
    count = len(os.listdir(f"/proc/{p.pid}/task"))
    if count == wanted and wanted > 1:
        break
    time.sleep(0.02)
p.kill()
p.wait()
sys.exit(0 if count == wanted else f"{count} threads, not {wanted}")
PY
}

@test "--jobs=1 runs no extra thread, --jobs=3 three" {
	[[ $build != *sanitize* ]] || skip "sanitizers run threads of their own"
	rows 20000 >in
	head -c $((2 * mib + 100)) in >feed
	threads 1 gzip-frame --jobs=1
	threads 4 gzip-frame --jobs=3
	gzip-frame --frame-size=64K <in >x.gz
	head -c -100 x.gz >feed
	threads 1 gzip-frame -d --jobs=1
	threads 4 gzip-frame -d --jobs=3
	# One gzip member has one decoder, beside the reader and writer.
	gzip <in >y.gz
	head -c -100 y.gz >feed
	threads 1 gzip-frame -d --jobs=1
	threads 2 gzip-frame -d --jobs=3
}

@test "the default of --jobs is what the process may use" {
	taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" \
		gzip-frame --help >help
	grep -q 'number of threads (1)' help
	gzip-frame --jobs=5 --help >help
	grep -q 'number of threads (5)' help
}

@test "--help tells the memory for what was given, and that is enough" {
	not_sanitized
	rows 60000 >part
	cat part part part part >in
	for options in "--jobs=1" "--jobs=2" "--jobs=2 --level=12" \
		"--jobs=4 --frame-size=256K -1" "--jobs=2 --frame-size=4M"; do
		# shellcheck disable=SC2086
		told=$(gzip-frame $options --help | sed -n 's/^Memory: \([0-9]*\).* MiB.*/\1/p')
		# shellcheck disable=SC2086
		command time -f %M -o rss gzip-frame $options <part >/dev/null
		echo "$options: $told MiB told, $(tail -n 1 rss) KiB used"
		(($(tail -n 1 rss) <= told * 1024))
		[[ $options == *4M* ]] || ((told <= 32))
	done
	# It does not depend on the input.
	gzip-frame --jobs=2 --help >help
	command time -f %M -o rss gzip-frame --jobs=2 <in >/dev/null
	told=$(sed -n 's/^Memory: \([0-9]*\).* MiB.*/\1/p' help)
	(($(tail -n 1 rss) <= told * 1024))
}

@test "-v shows progress, -q nothing" {
	sample $((2 * mib)) >in
	gzip-frame -v <in >x.gz 2>"$err"
	says "gzip-frame: progress: "
	says "compressed in"
	gzip-frame -dv <x.gz 2>"$err" | cmp - in
	says "decompressed in"
	gzip-frame -tv <x.gz 2>"$err"
	says "tested in"
	gzip-frame <in 2>"$err" >/dev/null
	[[ ! -s $err ]]
	gzip-frame -q <in 2>"$err" >/dev/null
	[[ ! -s $err ]]
	# A list is its own output.
	gzip-frame -lv <x.gz 2>"$err" >/dev/null
	[[ ! -s $err ]]
}

@test "one long gzip member: the same with a thread and without" {
	sample $((5 * mib)) >in
	# The same in every run: a changed byte must be another one.
	python3 -c 'import random, sys
random.seed(3)
sys.stdout.buffer.write(random.randbytes(3 << 20))' >>in
	gzip <in >x.gz
	size=$(stat -c %s x.gz)
	{ gzip -c in; gzip -1 -c in; head -c 700 /dev/zero; } >two.gz
	cat in in >twice
	for jobs in 1 2 4; do
		gzip-frame -d --jobs="$jobs" <x.gz | cmp - in
		cat two.gz | gzip-frame -d --jobs="$jobs" | cmp - twice
		# What is in the trailer was put back from the bits that were read.
		dd bs=1 status=none <two.gz count=3000 >slow.gz
		gzip-frame -d --jobs="$jobs" <slow.gz >got 2>"$err" || true
		says "it was cut at byte 3000, inside the gzip member at byte 0"
		head -c $((size - 5)) x.gz >cut.gz
		fails 100 bash -c "gzip-frame -d --jobs=$jobs <cut.gz"
		says "it was cut at byte $((size - 5))"
		# All but the last MiB may be out, and that is right; the rest is not.
		(($(stat -c %s "$out") <= 8 * mib - mib / 2))
		cmp -n "$(stat -c %s "$out")" "$out" in
		cp x.gz bad.gz
		printf '\252' |
			dd of=bad.gz bs=1 seek=$((size - 6)) conv=notrunc status=none
		! cmp -s x.gz bad.gz || false
		fails 100 bash -c "gzip-frame -d --jobs=$jobs <bad.gz"
		says "its CRC-32 is wrong"
		(($(stat -c %s "$out") < 8 * mib))
		# One bit in the middle.
		cp x.gz bad.gz
		printf '\000\000\000\000' |
			dd of=bad.gz bs=1 seek=$((size / 5)) conv=notrunc status=none
		fails 100 bash -c "gzip-frame -d --jobs=$jobs <bad.gz"
		fails 111 bash -c "gzip-frame -d --jobs=$jobs <x.gz >/dev/full"
		says "could not write to standard output"
		status=0
		gzip-frame -d --jobs="$jobs" <x.gz 2>"$err" |
			head -c 1000 >/dev/null || status=$?
		[[ ! -s $err ]]
	done
}

@test "many small members, and members at every place of the input's pieces" {
	sample 3000 >part
	gzip -n <part >m.gz
	python3 - <<'PY'
member = open("m.gz", "rb").read()
part = open("part", "rb").read()
count = 2 * 131072 // len(member) + 3
for shift in range(0, 20, 3):
    # An empty member with a name moves all that follow.
    first = bytes.fromhex("1f8b0808000000000003") + b"n" * shift + \
        b"\0" + bytes.fromhex("0300") + bytes(8)
    open(f"s{shift}.gz", "wb").write(first + member * count)
open("want", "wb").write(part * count)
PY
	for file in s*.gz; do
		for jobs in 1 2; do
			gzip-frame -d --jobs="$jobs" <"$file" | cmp - want
		done
		[[ $(gzip-frame -l --json --jobs=2 <"$file" | jq .uncompressed_bytes) == \
			$(stat -c %s want) ]]
	done
}

@test "Go's and libarchive's readers take it" {
	rows 3000 >in
	gzip-frame --frame-size=8K <in >x.gz
	if command -v go >/dev/null; then
		mkdir go
		cat >go/main.go <<'GO'
package main

import (
	"compress/gzip"
	"io"
	"os"
)

func main() {
	r, err := gzip.NewReader(os.Stdin)
	if err == nil {
		_, err = io.Copy(os.Stdout, r)
	}
	if err != nil {
		panic(err)
	}
}
GO
		GOCACHE=$PWD/cache GOFLAGS=-mod=mod go run go/main.go <x.gz | cmp - in
	fi
	tar -cf - in | gzip-frame --frame-size=8K >x.tar.gz
	tar -xOzf x.tar.gz in | cmp - in
	if command -v bsdtar >/dev/null; then
		bsdtar -xOf x.tar.gz in | cmp - in
		bsdcat x.gz | cmp - in
	fi
}
