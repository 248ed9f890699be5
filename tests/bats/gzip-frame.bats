#!/usr/bin/env bats
# gzip-frame: gzip in frames that can be proven whole, and any gzip back.

load helper

setup() {
	cd -- "$BATS_TEST_TMPDIR"
	mib=$((1024 * 1024))
}

# A reader made from docs/FORMATS.md alone: checks every field of a stream,
# prints the uncompressed bytes.
reader() {
	python3 - "$1" <<'PY'
import struct, sys, zlib
data = open(sys.argv[1], 'rb').read()
at = offset = 0
lengths, named, kib, indexes, index_bytes, first_index = [], [], None, 0, 0, None
def u(at, n): return int.from_bytes(data[at:at + n], 'little')
while True:
    assert data[at:at+10] == bytes.fromhex('1f8b08040000000000ff'), at
    size = u(at + 14, 2)
    assert u(at + 10, 2) == size + 4 <= 8192 and data[at+12:at+14] == b'PB'
    kind = data[at+16:at+17]
    assert data[at+17] == 1
    kib = kib or u(at + 18, 2)
    assert u(at + 18, 2) == kib
    if kind == b'D':
        assert size == 16 and u(at + 24, 8) == offset and not named
        assert offset % (kib * 1024) == 0
        length = u(at + 20, 4)
        lengths.append(length)
        d = zlib.decompressobj(-15)
        text = d.decompress(data[at+32:at+length-8]) + d.flush()
        assert d.eof and d.unused_data == b''
        assert zlib.crc32(text) == u(at + length - 8, 4)
        assert len(text) == u(at + length - 4, 4)
        assert 0 < len(text) <= kib * 1024
        sys.stdout.buffer.write(text)
        offset += len(text)
        at += length
        continue
    end = at + 16 + size
    assert zlib.crc32(data[at+16:end-4]) == u(end - 4, 4)
    assert data[end:end+10] == b'\x03' + bytes(9)
    if kind == b'I':
        first_index = at if first_index is None else first_index
        count = u(at + 20, 4)
        assert 1 <= count <= 2000 and size == 20 + 4 * count
        assert u(at + 24, 8) == len(named)
        named += [u(at + 32 + 4 * i, 4) for i in range(count)]
        assert count == 2000 or len(named) == len(lengths)
        indexes += 1
        index_bytes += end + 10 - at
        at = end + 10
        continue
    assert kind == b'E' and size == 44 and end + 10 == len(data)
    assert [u(at + 20, 4)] + [u(at + o, 8) for o in (24, 32, 40, 48)] == [
        indexes, len(lengths), offset, sum(lengths), index_bytes]
    assert named == lengths and first_index in (None, sum(lengths))
    break
PY
}

# damaged FILE WORDS: -d refuses it with exit 100 and names a byte.
damaged() {
	local status=0
	gzip-frame -d <"$1" >"$out" 2>"$err" || status=$?
	((status == 100)) || { echo "exit $status: $1"; cat "$err"; return 1; }
	says "$2"
	grep -qE 'byte [0-9]+|is empty' "$err"
}

@test "what is compressed comes back, whatever its size, level and jobs" {
	for size in 0 1 1023 1024 1025 $((mib - 1)) "$mib" $((mib + 1)) 5000000; do
		sample "$size" >in
		for jobs in 1 2 5; do
			gzip-frame --jobs="$jobs" <in >"x.$jobs.gz"
			gzip-frame --jobs="$jobs" -d <"x.$jobs.gz" | cmp - in
		done
		cmp x.1.gz x.2.gz
		cmp x.1.gz x.5.gz
		reader x.1.gz | cmp - in
	done
	for level in -1 -2 -3 -4 -5 -6 -7 -8 -9 --fast --best; do
		gzip-frame "$level" <in >x.gz
		gzip-frame -d <x.gz | cmp - in
	done
	gzip-frame <in | cmp - <(gzip-frame -3 <in)
	gzip-frame -9 <in | cmp - <(gzip-frame --best <in)
	gzip-frame -1 <in | cmp - <(gzip-frame --fast <in)
}

# Those of this build: zlib is always there.
codecs() {
	gzip-frame --codec=none 2>&1 </dev/null | sed -n 's/.*hint: there is //p'
}

@test "every codec gives the same data back, whole to every reader" {
	{ sample 1500000; head -c 1500000 /dev/urandom; head -c 500000 /dev/zero
	  head -c 500000 "$BASH"; } >in
	codecs >list
	grep -qx auto list
	grep -qx zlib list
	while read -r codec; do
		for level in {1..12}; do
			gzip-frame --codec="$codec" --level="$level" --frame-size=256K \
				--report=report <in >x.gz
			reader x.gz | cmp - in
			gzip-frame -d <x.gz | cmp - in
			gunzip <x.gz | cmp - in
			[[ $(jq .level report) == "$level" ]]
		done
		gzip-frame --codec="$codec" --jobs=1 <in | cmp - \
			<(gzip-frame --codec="$codec" --jobs=3 <in)
	done <list
	gzip-frame <in | cmp - <(gzip-frame --codec=auto -3 <in)
}

@test "zeros, random bytes, and many small frames that fill several indexes" {
	head -c 3000000 /dev/zero >in
	head -c 3000000 /dev/urandom >>in
	gzip-frame <in >x.gz
	reader x.gz | cmp - in
	gzip-frame -d <x.gz | cmp - in
	for frames in 1999 2000 2001 4000; do
		head -c $((frames * 1024)) in >part
		gzip-frame --frame-size=1K --jobs=2 <part >x.gz
		reader x.gz | cmp - part
		gzip-frame -d <x.gz | cmp - part
		[[ $(gzip-frame -l --json <x.gz | jq .frames) == "$frames" ]]
	done
}

@test "every other gzip program reads it" {
	head -c 2500 "$BASH" >in
	sample 3000000 >>in
	gzip-frame --frame-size=8K <in >x.gz
	gzip-frame --allow-empty <in >y.gz
	: | gzip-frame --allow-empty >empty.gz
	for file in x y; do
		gunzip -t "$file.gz"
		zcat "$file.gz" | cmp - in
		python3 -c 'import gzip, sys
sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())' "$file.gz" | cmp - in
		perl -MIO::Uncompress::Gunzip=:all -e \
			'gunzip $ARGV[0] => "-", MultiStream => 1 or die' "$file.gz" |
			cmp - in
		for tool in "pigz -d" "bgzip -d" "igzip -d" "busybox gunzip" \
			"bsdcat" "7z e -si -so -tgzip"; do
			command -v "${tool%% *}" >/dev/null || continue
			# shellcheck disable=SC2086
			$tool <"$file.gz" 2>/dev/null | cmp - in || {
				echo "$tool"
				false
			}
		done
	done
	gunzip -t empty.gz
	[[ -z $(zcat empty.gz) ]]
}

@test "the example in docs/FORMATS.md is what the program writes" {
	sed -n '/^```hexdump/,/^```$/p' "$top/docs/FORMATS.md" | sed '1d;$d' >page
	printf 'hello, world, hello\n' | gzip-frame --codec=zlib >x.gz
	python3 -c '
import sys
data = open("x.gz", "rb").read()
for i in range(0, len(data), 16):
    print("%08x: %s" % (i, data[i:i+16].hex(" ")))' >ours
	diff page ours
}

@test "every changed bit and every cut of a stream is refused" {
	printf 'hello, world, hello\n' | gzip-frame >one.gz
	: | gzip-frame --allow-empty >empty.gz
	{ sample 1100; head -c 200 /dev/urandom; sample 800; } |
		gzip-frame --frame-size=1K >three.gz
	python3 - <<'PY'
import os, subprocess
full = os.environ.get("FULL") == "1"
def run(data):
    p = subprocess.run(["gzip-frame", "-d"], input=data, capture_output=True)
    return p.returncode, p.stdout, p.stderr.decode()
for name in "one.gz", "empty.gz", "three.gz":
    data = open(name, "rb").read()
    whole = run(data)[1]
    # tests/unit/gzframe_test.c has all bits of a stream, in one process.
    for i in range(len(data)):
        for bit in range(8) if full else (i % 8,):
            changed = bytearray(data)
            changed[i] ^= 1 << bit
            code, out, err = run(bytes(changed))
            assert code == 100 and " byte " in err, (name, i, bit, code, err)
            assert whole.startswith(out), (name, i, bit)
    for i in range(len(data)):
        with open("cut", "wb") as f:
            f.write(data[:i])
        p = subprocess.run(["gzip-frame", "-d"], stdin=open("cut"),
                           capture_output=True)
        assert p.returncode == 100, (name, i, p)
        assert whole.startswith(p.stdout)
        assert b" byte %d" % i in p.stderr or b"empty" in p.stderr, (i, p)
PY
}

@test "a frame that is missing, twice there or in another place is refused" {
	sample 6000 | gzip-frame --frame-size=1K >x.gz
	python3 - <<'PY'
import struct
data = open("x.gz", "rb").read()
parts, at = [], 0
while data[at + 16:at + 17] == b"D":
    n = struct.unpack_from("<I", data, at + 20)[0]
    parts.append(data[at:at + n])
    at += n
index, end = data[at:-74], data[-74:]
assert len(parts) == 6
def write(name, *pieces):
    open(name + ".gz", "wb").write(b"".join(pieces))
write("missing", *parts[:2], *parts[3:], index, end)
write("missing-first", *parts[1:], index, end)
write("missing-last", *parts[:5], index, end)
write("twice", *parts[:3], parts[2], *parts[3:], index, end)
write("swapped", parts[1], parts[0], *parts[2:], index, end)
write("no-index", *parts, end)
write("two-indexes", *parts, index, index, end)
write("index-first", index, *parts, end)
write("no-end", *parts, index)
write("two-ends", *parts, index, end, end)
write("end-first", end, *parts, index, end)
write("again", data, data)
write("byte-behind", data, b"x")
write("zeros-behind", data, bytes(512))
write("long", *parts, parts[5], index, end)
PY
	damaged missing.gz "its offset is not where the frame before it ended"
	damaged missing-first.gz "its offset is not"
	damaged missing-last.gz "the index does not fit the frames"
	damaged twice.gz "its offset is not"
	damaged swapped.gz "its offset is not"
	damaged no-index.gz "the index is missing"
	damaged two-indexes.gz "it indexes more frames than there are"
	damaged index-first.gz "it indexes more frames than there are"
	damaged no-end.gz "before its end frame"
	damaged end-first.gz "the totals in the end frame"
	damaged long.gz "a frame stands behind the last one"
	for file in two-ends again byte-behind zeros-behind; do
		damaged "$file.gz" "something stands behind the end frame"
	done
	# Not one byte of a frame that is not where it belongs.
	gzip-frame -d <missing.gz >got 2>/dev/null || true
	(($(stat -c %s got) == 2048))
}

@test "a damaged frame is not released, the ones before it are" {
	sample $((5 * mib)) >in
	gzip-frame <in >x.gz
	at=$(gzip-frame -lv --json <x.gz | jq 'select(.frame == 3) | .at')
	printf '\377' | dd of=x.gz bs=1 seek=$((at + 5000)) conv=notrunc status=none
	for jobs in 1 2 4; do
		status=0
		gzip-frame -d --jobs="$jobs" <x.gz >got 2>"$err" || status=$?
		((status == 100))
		says "cannot decode the input: frame 3 at byte $at: "
		(($(stat -c %s got) == 3 * mib))
		cmp -n $((3 * mib)) got in
		fails 100 bash -c "gzip-frame -t --jobs=$jobs <x.gz"
		[[ ! -s $out ]]
	done
	# --list reads no bodies: it says so in the manual.
	gzip-frame -l <x.gz
}

@test "input whose writer died is 111, and gets no end frame" {
	zeros=$(printf '%064d' 0)
	sample 300000 >in
	sha-tee --check="$zeros" <in 2>/dev/null |
		stage st gzip-frame --frame-size=16K --report=report >x.gz 2>"$err" || true
	[[ $(<st) == 111 && ! -e report ]]
	says "the program before this one failed"
	fails 100 bash -c 'gzip-frame -t <x.gz'
	# The same for a compressed stream that arrives cut.
	gzip-frame --frame-size=16K <in >x.gz
	sha-tee --check="$zeros" <x.gz 2>/dev/null |
		stage st gzip-frame -d --report=report >got 2>"$err" || true
	[[ $(<st) == 111 && ! -e report ]]
	gzip <in >y.gz
	sha-tee --check="$zeros" <y.gz 2>/dev/null |
		stage st gzip-frame -d --report=report >got 2>"$err" || true
	[[ $(<st) == 111 && ! -e report ]]
	for mode in -6 -d -t -l; do
		: | stage st gzip-frame "$mode" >got 2>"$err" || true
		[[ $(<st) == 111 ]]
		says "the input is empty"
	done
}

@test "a failure travels down the line" {
	sample 300000 | gzip-frame >x.gz
	head -c -1 x.gz >cut.gz
	gzip-frame -d <cut.gz 2>/dev/null |
		stage next sha-tee --report=report >got || true
	[[ $(<next) == 111 && ! -e report ]]
	gzip-frame -d <x.gz | stage next sha-tee --report=report >got
	[[ $(<next) == 0 && -e report ]]
}

@test "foreign gzip of any shape is undone" {
	sample 3000000 >in
	half=1234567
	gzip <in >gzip.gz
	gzip -9 -c in >named.gz
	gzip -1n <in >n.gz
	bgzip <in >bgzip.gz
	pigz -b 128 <in >pigz.gz
	{ head -c "$half" in | gzip; tail -c +$((half + 1)) in | gzip; } >two.gz
	{ cat gzip.gz; head -c 5000 /dev/zero; } >zeros.gz
	{ : | gzip; cat gzip.gz; : | gzip; } >empties.gz
	python3 - <<'PY'
import zlib, struct
data = open("in", "rb").read()
c = zlib.compressobj(0, zlib.DEFLATED, -15)
raw = c.compress(data) + c.flush()
c = zlib.compressobj(6, zlib.DEFLATED, -15)
flushed = b"".join(c.compress(data[i:i+70000]) + c.flush(zlib.Z_FULL_FLUSH)
                   for i in range(0, len(data), 70000)) + c.flush()
tail = struct.pack("<II", zlib.crc32(data), len(data))
head = bytes([0x1f, 0x8b, 8, 0x1f, 1, 2, 3, 4, 2, 3])
head += struct.pack("<H", 60000) + b"XY" + struct.pack("<H", 59996) + bytes(59996)
head += b"name" * 50000 + b"\0" + b"comment" * 9000 + b"\0"
head += struct.pack("<H", zlib.crc32(head) & 0xffff)
open("fancy.gz", "wb").write(head + raw + tail)
open("flushed.gz", "wb").write(bytes.fromhex("1f8b08000000000000ff") + flushed + tail)
open("hcrc.gz", "wb").write(head[:-1] + bytes([head[-1] ^ 1]) + raw + tail)
open("reserved.gz", "wb").write(bytes.fromhex("1f8b08200000000000ff") + raw + tail)
open("method.gz", "wb").write(bytes.fromhex("1f8b07000000000000ff") + raw + tail)
PY
	for file in gzip named n bgzip pigz two zeros empties fancy flushed; do
		gzip-frame -d --report=report <"$file.gz" | cmp - in || {
			echo "$file"
			false
		}
		[[ $(jq -r .compression report) == gzip ]]
		[[ $(jq .uncompressed_bytes report) == 3000000 ]]
		[[ $(jq .compressed_bytes report) == $(stat -c %s "$file.gz") ]]
	done
	[[ $(gzip-frame -l --json <two.gz | jq -c '[.frames, .uncompressed_bytes]') == \
		'[2,3000000]' ]]
	damaged hcrc.gz "its header's CRC is wrong"
	damaged reserved.gz "flags that are not known"
	damaged method.gz "not deflate"
}

@test "damaged foreign gzip is refused, its end never released" {
	sample 3000000 >in
	gzip -n <in >x.gz
	size=$(stat -c %s x.gz)
	for n in 0 1 5 9 10 11 19 20 1000 $((size - 9)) $((size - 1)); do
		head -c "$n" x.gz >cut.gz
		damaged cut.gz "" || { echo "cut at $n"; false; }
		(($(stat -c %s "$out") < 3000000))
	done
	for back in 8 5 4 1; do
		cp x.gz bad.gz
		printf '\252' |
			dd of=bad.gz bs=1 seek=$((size - back)) conv=notrunc status=none
		damaged bad.gz "is wrong"
		# At most 2 MiB of the 3 were released; the rest was held back.
		(($(stat -c %s "$out") <= 2 * (mib + 1)))
	done
	head -c 900000 in | gzip -n >small.gz
	size=$(stat -c %s small.gz)
	printf '\252' | dd of=small.gz bs=1 seek=$((size - 1)) conv=notrunc status=none
	damaged small.gz "its length is wrong"
	[[ ! -s $out ]]
	{ cat x.gz; echo garbage; } >bad.gz
	damaged bad.gz "something else than gzip follows"
	{ cat x.gz; head -c 512 /dev/zero; echo garbage; } >bad.gz
	damaged bad.gz "something else than gzip follows"
	{ cat x.gz; gzip-frame <in; } >bad.gz
	damaged bad.gz "a frame stands behind a member that is none"
	damaged in "this is not gzip"
	: >nothing
	damaged nothing "it is empty"
}

@test "--list and --json tell what is in a stream, from a file and a pipe" {
	sample $((2 * mib + 100)) >in
	gzip-frame <in >x.gz
	size=$(stat -c %s x.gz)
	want="{\"compression\":\"gzip-frame\",\"compressed_bytes\":$size,"
	want+="\"uncompressed_bytes\":$((2 * mib + 100)),\"frames\":3,\"frame_bytes\":$mib}"
	[[ $(gzip-frame -l --json <x.gz) == "$want" ]]
	[[ $(cat x.gz | gzip-frame --list --json) == "$want" ]]
	gzip-frame -l <x.gz >table
	[[ $(wc -l <table) == 2 ]]
	grep -qE "^ +$size +$((2 * mib + 100)) +[0-9.]+% +3 +$mib +gzip-frame$" table
	gzip-frame -l -v <x.gz >table
	[[ $(wc -l <table) == 6 ]]
	gzip-frame -lv --json <x.gz >lines
	[[ $(jq -s 'map(.size // 0) | add' lines) == $((2 * mib + 100)) ]]
	[[ $(jq -s '.[1].at + .[1].length == .[2].at' lines) == true ]]
	for n in 1000 $((size - 1)) $((size - 60)) $((size - 100)); do
		head -c "$n" x.gz >cut.gz
		fails 100 bash -c 'gzip-frame -l <cut.gz'
		fails 100 bash -c 'cat cut.gz | gzip-frame -l'
	done
	fails 100 gzip-frame --json
	fails 100 gzip-frame -dl
	fails 100 gzip-frame -dt
}

@test "-d --range writes these bytes only, from a file and a pipe" {
	sample 100000 >in
	gzip-frame --frame-size=4K <in >x.gz
	gzip <in >y.gz
	# FROM TO COUNT
	while read -r from to count; do
		to=${to#-}
		tail -c +$((from + 1)) in | head -c "$count" >want
		for file in x y; do
			for jobs in 1 3; do
				gzip-frame -d -j$jobs --range="$from-$to" <$file.gz |
					cmp - want
			done
			cat $file.gz | gzip-frame -d --range="$from-$to" | cmp - want
		done
	done <<-END
		0 0 1
		0 4095 4096
		4095 4096 2
		4096 8191 4096
		5000 50000 45001
		99999 99999 1
		99000 - 1000
		0 - 100000
		99999 200000 1
		100000 - 0
		200000 300000 0
	END
	# What is not read is not looked at, what is read is; headers always.
	at=$(gzip-frame -lv --json <x.gz | jq 'select(.frame == 3) | .at')
	printf '\377\377' |
		dd of=x.gz bs=1 seek=$((at + 100)) conv=notrunc status=none
	gzip-frame -d --range=0-100 <x.gz | cmp - <(head -c 101 in)
	fails 100 bash -c 'gzip-frame -d --range=12288-12288 <x.gz'
	says "frame 3 at byte $at"
	head -c -1 x.gz >cut.gz
	fails 100 bash -c 'gzip-frame -d --range=0-100 <cut.gz'
	for bad in 1 - -5 5-4 a-b 0-18446744073709551615 0-1-2; do
		fails 100 gzip-frame -d --range="$bad"
		says "cannot use --range=$bad"
	done
	fails 100 gzip-frame --range=0-1
}

@test "the report has the sizes, and appears only on success" {
	sample 3000000 >in
	gzip-frame --report=report <in >x.gz
	[[ $(jq -c '[.tool, .compression, .uncompressed_bytes, .compressed_bytes,
		.frames, .frame_bytes, .level]' report) == \
		"[\"gzip-frame\",\"gzip-frame\",3000000,$(stat -c %s x.gz),3,$mib,3]" ]]
	jq -e '.duration_seconds >= 0 and .started_at and .tool_version' report
	rm report
	gzip-frame -t --report=report <x.gz
	[[ $(jq -c '[.compression, .frames, .uncompressed_bytes]' report) == \
		'["gzip-frame",3,3000000]' ]]
	rm report
	status=0
	gzip-frame --report=report <in >/dev/full 2>"$err" || status=$?
	((status == 111)) && [[ ! -e report ]]
	says "No space left on device"
	yes | { stage st gzip-frame --report=report 2>"$err"; } | head -c 1 >/dev/null
	[[ $(<st) == 141 && ! -s $err && ! -e report ]]
}

@test "compressed data does not go to or come from a terminal" {
	python3 - <<'PY'
import os, pty, subprocess
master, slave = pty.openpty()
for args, kind in ((["-6"], "write"), (["-d"], "read"), (["-t"], "read")):
    p = subprocess.run(["gzip-frame", *args], stdin=slave, stdout=slave,
                       stderr=subprocess.PIPE)
    assert p.returncode == 100, p
    assert b"cannot %s compressed data" % kind.encode() in p.stderr, p
p = subprocess.run(["gzip-frame", "-f"], input=b"x", stdout=slave)
assert p.returncode == 0
assert b"\x1f\x8b" in os.read(master, 1000)
PY
}

@test "options that gzip users know are taken, wrong ones refused" {
	sample 100000 >in
	gzip-frame -c -k -n -9 <in >x.gz
	gzip-frame --decompress --stdout <x.gz | cmp - in
	gzip-frame -dc <x.gz | cmp - in
	gzip-frame -cd <x.gz | cmp - in
	gzip-frame --codec=zlib <in | gzip-frame -t
	fails 100 gzip-frame --codec=lzma
	says "cannot use --codec=lzma"
	fails 100 gzip-frame --frame-size=1000
	fails 100 gzip-frame --frame-size=1500
	says "multiple of 1024"
	fails 100 gzip-frame --frame-size=17M
	fails 100 gzip-frame --jobs=0
	fails 100 gzip-frame x.gz
	gzip-frame --frame-size=16M <in | gzip-frame -d | cmp - in
	gzip-frame --progress <in 2>"$err" >/dev/null
	grep -qE '^gzip-frame: progress: 97\.[0-9]+ KiB compressed' "$err"
}

# peak COMMAND...: peak memory in KiB of COMMAND is in $rss.
peak() {
	command time -f %M -o rss "$@"
	rss=$(tail -n 1 rss)
}

@test "memory is small: 32 MiB at two jobs, bombs and long streams included" {
	[[ $BUILD != *sanitize* ]] || skip "sanitizers need memory of their own"
	sample $((2 * mib)) >part
	for _ in {1..100}; do cat part; done >in
	peak gzip-frame -1 --jobs=2 <in >x.gz
	((rss < 32 * 1024))
	peak gzip-frame -d --jobs=2 <x.gz >/dev/null
	((rss < 32 * 1024))
	gzip -1 <in >y.gz
	peak gzip-frame -d --jobs=2 <y.gz >/dev/null
	((rss < 16 * 1024))
	head -c 1000000000 /dev/zero | gzip >bomb.gz
	peak gzip-frame -t <bomb.gz
	((rss < 16 * 1024))
	head -c 1000000000 /dev/zero | gzip-frame >bomb.gz
	peak gzip-frame -t --jobs=2 <bomb.gz
	((rss < 32 * 1024))
	head -c 1000000000 /dev/zero | gzip-frame --frame-size=16M >bomb.gz
	peak gzip-frame -t --jobs=8 <bomb.gz
	((rss < 80 * 1024))
}

@test "a frame that claims less or more than it holds is refused" {
	python3 - <<'PY'
import struct, zlib
def member(body, size, crc, kib=1):
    head = bytes.fromhex("1f8b08040000000000ff1400") + b"PB" + struct.pack(
        "<HBBHIQ", 16, ord("D"), 1, kib, 32 + len(body) + 8, 0)
    return head + body + struct.pack("<II", crc, size)
def raw(data, level=9):
    c = zlib.compressobj(level, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()
data = bytes(1024)
crc = zlib.crc32(data)
def write(name, *args, **more):
    open(name + ".gz", "wb").write(member(*args, **more))
write("bomb", raw(bytes(200_000)), 1024, crc)
write("short", raw(data[:500]), 1024, crc)
write("crc", raw(data), 1024, crc ^ 1)
write("behind", raw(data) + b"\0", 1024, crc)
write("cut", raw(data)[:-1], 1024, crc)
write("zero", raw(b""), 0, 0)
write("large", raw(data), 1025, crc)
write("kib", raw(data), 1024, crc, kib=0)
write("huge", raw(data), 1024, crc, kib=65535)
PY
	damaged bomb.gz "it holds more data than it says"
	damaged short.gz "it holds less data than it says"
	damaged crc.gz "its CRC-32 is wrong"
	damaged behind.gz "its compressed data ends before its length does"
	damaged cut.gz "its compressed data ends too early"
	damaged zero.gz "its size is out of range"
	damaged large.gz "its size is out of range"
	damaged kib.gz "its frame size is out of range"
	damaged huge.gz "its frame size is out of range"
	[[ ! -s $out ]]
}

@test "two threads are faster than one" {
	[[ ${FULL:-0} == 1 && $(nproc) -ge 2 && ${BUILD-} != *sanitize* ]] ||
		skip "part of --full; needs two processors"
	awk '$1 > 1 {exit 1}' /proc/loadavg || skip "the machine is busy"
	sample $((2 * mib)) >part
	for _ in {1..60}; do cat part; done >in
	python3 - <<'PY'
import os, resource, subprocess, time
best = 0
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(["gzip-frame", "--codec=zlib", "-6", "--jobs=2"],
                   stdin=open("in"), stdout=subprocess.DEVNULL, check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    best = max(best, (after.ru_utime - before.ru_utime) / wall)
print("processors used:", best)
assert best > 1.3
PY
}
