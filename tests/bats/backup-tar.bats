#!/usr/bin/env bats
# backup-tar: backups out of a store and into another, and every bad archive.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	dir=$BATS_TEST_TMPDIR/from
	from=file://$dir
	to=file://$BATS_TEST_TMPDIR/to
}

# backup NAME BYTES: an object and its manifest below $dir.
backup() {
	local file=$dir/$1
	mkdir -p "$(dirname -- "$file")"
	sample "$2" "$2" >"$file"
	jq -nc --arg name "$(basename -- "$1")" --argjson size "$2" \
		--arg sha "$(sha256sum <"$file" | cut -d' ' -f1)" \
		'{filename: $name, timestamp: "20260129_143022",
		created_at: "2026-01-29T14:30:22.123456", database: "shop",
		size_bytes: $size,
		size_mb: (($size / 1048576 * 100 | floor) / 100),
		description: "", compressed: true, schema_version: 1,
		id: "run-1", urls: ["s3://b/\($name)"], format: "sql",
		compression: "gzip", encryption: "none", sha256: $sha,
		type: "manual", environment: "", host: "h", series: "shop",
		created_at_utc: "2026-01-29T14:30:22.123456+00:00"}' \
		>"$file.json"
}

# extract CODE TAR: with this exit; lines in $out, messages in $err.
extract() {
	local status=0
	backup-tar --extract --store="$to" <"$2" >"$out" 2>"$err" || status=$?
	((status == $1)) || {
		echo "expected exit $1, got $status"
		cat "$err"
		return 1
	}
}

# make_tar FILE: members as Python says them: add(NAME, BYTES, type=, size=).
make_tar() {
	python3 -c '
import io, json, sys, tarfile, hashlib
tar = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
totals = {"backups": 0, "entries": 0, "bytes": 0}
def add(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))
    totals["entries"] += 1
    totals["bytes"] += len(data)
def read(name):
    return open("from/" + name, "rb").read()
def whole(name):
    add(name + ".json", read(name + ".json"))
    add(name, read(name))
    totals["backups"] += 1
def end(**other):
    add("pgbackpipe-end.json", json.dumps({**totals, **other}).encode())
exec(sys.stdin.read())
tar.close()' "$1"
}

@test "usage" {
	backup a 10
	fails 100 backup-tar
	fails 100 backup-tar --create
	fails 100 backup-tar --extract
	fails 100 backup-tar --create --extract --store="$to"
	fails 100 backup-tar --extract --store="$to" "$from/a.json"
	fails 100 backup-tar --create "$from/a"
	says "ends in .json"
	fails 100 backup-tar --create --store="$to" "$from/a.json"
	says "not below"
	fails 100 backup-tar --extract --store=/tmp
	[[ ! -s $out ]]
}

@test "out and in again: the same bytes, for every kind of store" {
	backup 'two words ü.sql.gz' 3000000
	backup empty.sql 0
	backup one.sql 1
	backup block.sql 512
	echo '{"verdict":"good"}' >"$dir/one.sql.verified-20260129T143022Z.json"
	echo '{"x":1}' >"$dir/one.sql.restored-20260129T143022Z-2.json"
	echo '{"other":true}' >"$dir/one.sql.note.json"
	backup-tar --create "$from/two words ü.sql.gz.json" \
		"$from/empty.sql.json" "$from/one.sql.json" \
		"$from/block.sql.json" >x.tar
	rm "$dir/one.sql.note.json"
	tar tf x.tar >/dev/null
	(mkdir stock && cd stock && tar xf ../x.tar && rm pgbackpipe-end.json)
	diff -r stock from
	for name in file $(s3_names); do
		use_store "$name"
		to=$store
		extract 0 x.tar
		[[ $(jq -sc 'map(.imported) | unique' "$out") == '[true]' ]]
		(cd from && for key in *; do
			s3-get "$store/$key" </dev/null | cmp - "$key"
		done)
		[[ $(s3-ls "$store" </dev/null | wc -l) == 10 ]]
		[[ $(s3-get --head "$store/one.sql" </dev/null |
			jq -r '.metadata["pgbackpipe-run-id"]') == run-1 ]]
		extract 0 x.tar
		[[ $(jq -sc 'map(.imported) | unique' "$out") == '[false]' ]]
		says "skipped backup \"$store/one.sql\": it is there already"
		backup-tar --create "$store/one.sql.json" >again.tar
		tar tf again.tar | diff - <(printf '%s\n' one.sql.json one.sql \
			one.sql.restored-20260129T143022Z-2.json \
			one.sql.verified-20260129T143022Z.json \
			pgbackpipe-end.json)
	done
}

@test "--store keeps the directories below it" {
	backup production/postgres/a.dump 1000
	backup testing/a.dump 2000
	fails 100 backup-tar --create "$from/production/postgres/a.dump.json" \
		"$from/testing/a.dump.json"
	says "two backups named"
	backup-tar --create --store="$from/" \
		"$from/production/postgres/a.dump.json" \
		"$from/testing/a.dump.json" >x.tar
	extract 0 x.tar
	diff -r from to
}

@test "the same backups make the same tar" {
	backup a 100000
	backup-tar --create "$from/a.json" >1.tar
	backup-tar --create "$from/a.json" >2.tar
	cmp 1.tar 2.tar
}

@test "create: an object that is not that of its manifest" {
	backup a 100000
	printf X | dd of=from/a bs=1 seek=50000 conv=notrunc 2>/dev/null
	fails 100 backup-tar --create "$from/a.json"
	says "not those of its manifest"
	cp "$out" x.tar
	extract 100 x.tar
	nothing_left to
	truncate -s 99999 from/a
	fails 100 backup-tar --create "$from/a.json"
	says "not of the size"
	rm from/a
	fails 100 backup-tar --create "$from/a.json"
	says "not there"
	echo '{"name":"x"}' >from/a.json
	: >from/a
	fails 100 backup-tar --create "$from/a.json"
	says "no manifest"
	fails 100 backup-tar --create "$from/none.json"
}

@test "a tar that is cut at any place publishes only what is whole" {
	backup a 30000
	backup b 30000
	backup-tar --create "$from/a.json" "$from/b.json" >x.tar
	size=$(stat -c %s x.tar)
	# All block borders around headers and ends, and some odd places.
	for cut in 0 1 511 512 513 1024 1536 2048 20000 31743 31744 32256 32257 \
		33000 $((size - 10240)) 50000 63000 64000 64512 65000 65024; do
		((cut < size)) || continue
		rm -rf to
		head -c "$cut" x.tar >cut.tar
		status=0
		backup-tar --extract --store="$to" <cut.tar >"$out" 2>"$err" ||
			status=$?
		echo "cut at $cut: $status"
		# Behind the last entry nothing is lost but zeros.
		if ((status == 0)); then
			((cut >= 64512))
			diff -r from to
			continue
		fi
		((status == 100))
		[[ ! -e to/b && ! -e to/b.json ]]
		[[ ! -e to/a.json ]] || cmp from/a to/a
		[[ -e to/a.json || ! -e to/a ]]
	done
}

@test "a writer that dies is exit 111, whatever came" {
	backup a 30000
	backup-tar --create "$from/a.json" >x.tar
	for size in 0 600 20000 $(stat -c %s x.tar); do
		rm -rf to
		status=0
		python3 -c 'import os, sys
os.fchmod(1, 0o1600)
sys.stdout.buffer.write(open("x.tar", "rb").read()[:int(sys.argv[1])])' "$size" |
			backup-tar --extract --store="$to" >"$out" 2>"$err" ||
			status=$?
		echo "$size: $status"
		((status == 111))
		says "the program before this one failed"
		nothing_left to
	done
	true | {
		status=0
		backup-tar --extract --store="$to" 2>"$err" || status=$?
		((status == 111))
	}
}

@test "names that lead elsewhere, and entries that are no files" {
	backup a 100
	for name in ../a /a a/../../b ./a .a x/.a a//b 'a/' '' \
		$'a\nb' "$(printf '%0300d' 1)"; do
		make_tar x.tar <<-END
			name = $(jq -n --arg n "$name" '$n')
			add(name + ".json", read("a.json"))
			add(name, read("a"))
			end(backups=1)
		END
		extract 100 x.tar
		nothing_left to
	done
	for type in SYMTYPE LNKTYPE DIRTYPE FIFOTYPE CHRTYPE; do
		make_tar x.tar <<-END
			add("a.json", read("a.json"))
			add("a", type=tarfile.$type, linkname="/etc/passwd")
			end(backups=1)
		END
		extract 100 x.tar
		echo "$type: $(<"$err")"
		nothing_left to
	done
}

@test "entries in another order, twice, or of another backup" {
	backup a 100
	backup b 100
	while IFS= read -r program; do
		echo "$program"
		rm -rf to
		make_tar x.tar <<<"$program"
		extract 100 x.tar
		# A whole one before the bad entry stays, and is whole.
		[[ ! -e to/a.json ]] || {
			[[ $program == whole* ]]
			cmp from/a to/a
			rm to/a to/a.json
		}
		nothing_left to
	done <<-'END'
		add("a", read("a")); add("a.json", read("a.json")); end(backups=1)
		add("a.json", read("a.json")); end(backups=1)
		add("a.json", read("a.json")); whole("b"); end()
		add("a.json", read("b.json")); add("a", read("b")); end(backups=1)
		add("a.json", read("a.json")); add("b", read("b")); end(backups=1)
		add("a.json", read("a.json")); add("a", read("a")[:99]); end(backups=1)
		add("a.json", read("a.json")); add("a", read("a") + b"x"); end(backups=1)
		add("a.json", read("a.json")); add("a", b"x" * 100); end(backups=1)
		add("a.json", b"{}"); add("a", read("a")); end(backups=1)
		add("a.json", b"no json"); add("a", read("a")); end(backups=1)
		add("a.json", b"x" * 33554433); end(backups=1)
		add(".json", read("a.json")); add("", read("a")); end(backups=1)
		whole("a"); add("a.verified-1.json", b"x"); end()
		whole("a"); add("a.verified-1.json", b"{}" + b" " * 1048576); end()
		whole("a"); add("b.verified-1.json", b"{}"); end()
		whole("a"); add("stray", b"{}"); end()
		whole("a"); end(backups=2)
		whole("a"); end(entries=1)
		whole("a"); end(bytes=0)
		whole("a"); add("pgbackpipe-end.json", b"{}")
		whole("a"); add("pgbackpipe-end.json", b" " * 5000)
		whole("a"); end(); add("more", b"x")
		whole("a"); end(); whole("b")
		whole("a")
		end(backups=1)
	END
}

@test "what follows the end, and what is no tar" {
	backup a 100
	backup-tar --create "$from/a.json" >x.tar
	{ cat x.tar; echo more; } >y.tar
	extract 100 y.tar
	says "something follows its end"
	{ cat x.tar; head -c 300000 /dev/zero; echo x; } >y.tar
	extract 100 y.tar
	nothing_left to
	gzip <x.tar >y.tar
	extract 100 y.tar
	sample 100000 >y.tar
	extract 100 y.tar
	head -c 100000 /dev/zero >y.tar
	extract 100 y.tar
	nothing_left to
	{ cat x.tar; head -c 300000 /dev/zero; } >y.tar
	extract 0 y.tar
}

@test "a different backup of that name stays as it is" {
	backup a 1000
	backup b 10
	backup-tar --create "$from/b.json" "$from/a.json" >x.tar
	mkdir to
	echo other >to/a
	extract 100 x.tar
	says "a different one is there"
	[[ $(<to/a) == other && ! -e to/a.json ]]
	# The one before it is whole.
	cmp from/b to/b
	sample 1000 7 >to/a
	extract 100 x.tar
	says "the bytes in the store are not those"
	[[ ! -e to/a.json ]]
	rm to/a
	echo '{"other":"manifest"}' >to/a.json
	extract 100 x.tar
	says "a different one is there"
	[[ ! -e to/a && $(<to/a.json) == '{"other":"manifest"}' ]]
}

@test "what an interrupted import left is completed" {
	backup a 100000
	echo '{"ok":1}' >from/a.verified-20260129T143022Z.json
	backup-tar --create "$from/a.json" >x.tar
	# Killed between object and manifest.
	mkdir to
	cp from/a to/a
	extract 0 x.tar
	[[ $(jq .imported "$out") == true ]]
	diff -r from to
	# Its object was lost, its record came later.
	rm to/a to/a.verified*
	extract 0 x.tar
	[[ $(jq .imported "$out") == true ]]
	diff -r from to
	echo '{"ok":2}' >to/a.verified-20260129T143022Z.json
	extract 100 x.tar
	says "a different one is there"
}

@test "kill -9 in the midst of it: a retry makes it whole" {
	backup a 20000000
	backup-tar --create "$from/a.json" >x.tar
	for ms in 005 010 020 040; do
		rm -rf to
		backup-tar --extract --store="$to" <x.tar >"$out" 2>"$err" &
		pid=$!
		sleep "0.$ms"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" || true
		[[ ! -e to/a ]] || cmp from/a to/a
		[[ ! -e to/a.json || -e to/a ]]
		extract 0 x.tar
		diff -r from to
	done
}

@test "from one store to the other through a pipe; memory stays small" {
	backup a 60000000
	backup-tar --create "$from/a.json" |
		/usr/bin/time -f %M -o kib backup-tar --extract --store="$to"
	diff -r from to
	(($(<kib) < 65536))
}
