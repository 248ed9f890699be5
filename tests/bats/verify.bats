#!/usr/bin/env bats
# verify: the verdict on a backup. Intact passes first, then each damage.

load helper

# In $work once a file: the same database as ours and as stock dumps, plain,
# compressed and as archives, each NAME with its manifest NAME.json.
setup_file() {
	pg_env
	export work=$BATS_FILE_TMPDIR
	cd -- "$work"
	new_database "verify_$RANDOM$RANDOM"
	psql -Xq -v ON_ERROR_STOP=1 -d "$db" <<'SQL'
create schema "a b";
create table public.big(a int, b text);
insert into big select i, repeat(md5(i::text), 2) from generate_series(1, 20000) i;
create table "a b"."c""d.e;
"(a int);
insert into "a b"."c""d.e;
" values (1), (null);
create table public.empty(x text);
create table public.odd(x text, "from stdin;
" text);
insert into odd values (E'\\.'), (E'a\nb\\'), (''), (null);
create table public.p(a int) partition by range (a);
create table public.p1 partition of p for values from (0) to (100);
insert into p values (1), (2);
create function public.f() returns text language sql as $_$
select 'COPY public.big (a) FROM stdin;
1
' || $$ $ ' " $$ || E'\\''' $_$;
comment on table big is 'it''s; COPY x FROM stdin; -- "';
SQL
	pg-stream --dbname="$db" --report=ours.report >ours.sql
	pg-stream --dbname="$db" --format=custom --report=custom.report >custom.dump
	pg_dump -d "$db" >stock.sql
	pg_dump -d "$db" -Fc >stock.dump
	gzip-frame --frame-size=64K <ours.sql >ours.sql.gz
	gzip <stock.sql >stock.sql.gz
	for name in ours.sql ours.sql.gz; do make_manifest "$name" ours.report; done
	make_manifest custom.dump custom.report
	for name in stock.sql stock.sql.gz stock.dump; do
		verify --describe <"$name" >"$name.describe"
		make_manifest "$name"
	done
	dropdb -- "$db"
}

setup() {
	cd -- "$BATS_TEST_TMPDIR"
}

# make_manifest NAME [REPORT]: NAME.json out of what the stages said, or of
# verify's description.
make_manifest() {
	local name=$1 reports=()
	if (($# > 1)); then
		sha-tee --report="$name.sha" <"$name" >/dev/null
		reports=("$2" "$name.sha")
		if [[ $name == *.gz ]]; then
			gzip-frame -t --report="$name.gzip" <"$name"
			reports+=("$name.gzip")
		fi
	else
		reports=("$name.describe")
	fi
	backup-name --database=shop --json >name.json
	manifest --set=id=run-1 --set=filename="$name" --set=database=shop \
		--set-json='urls=["file:///b/x"]' name.json "${reports[@]}" >"$name.json"
}

# judge NAME [OPTION]...: the verdict on file ./NAME by manifest ./NAME.json.
judge() {
	local name=$1
	shift
	st=0
	verify --manifest="$name.json" "$@" <"$name" >verdict 2>err || st=$?
}

# take NAME [AS]: a copy of a backup and its manifest, to be damaged.
take() {
	cp "$work/$1" "${2:-$1}"
	cp "$work/$1.json" "${2:-$1}.json"
}

# agree NAME: its manifest's size and SHA-256 are those of the damaged file, so
# that only what is inside can tell.
agree() {
	local sum size
	sum=$(sha256sum <"$1")
	size=$(stat -c %s "$1")
	jq -c --arg sum "${sum%% *}" --argjson size "$size" \
		'.sha256 = $sum | .size_bytes = $size |
		.size_mb = (($size / 1048576 * 100 | floor) / 100) |
		if .compression == "none" and .uncompressed_bytes
		then .uncompressed_bytes = $size else . end' "$1.json" >new
	mv new "$1.json"
}

# bad NAME WORDS: verify says so, for this reason, with exit 1.
bad() {
	judge "$1"
	((st == 1)) || { echo "exit $st"; cat verdict err; return 1; }
	[[ $(jq -r .verdict verdict) == bad ]]
	jq -r .reason verdict | grep -qF -- "$2" || {
		echo "expected the reason \"$2\" in:"
		cat verdict
		return 1
	}
	grep -q "verify: fatal: the backup \".*\" is bad: " err
}

@test "intact backups are good, at every level" {
	for name in ours.sql ours.sql.gz custom.dump stock.sql stock.sql.gz stock.dump; do
		take "$name"
		for level in size checksum structure; do
			judge "$name" --level="$level"
			((st == 0)) || { echo "$name $level"; cat err; false; }
			[[ ! -s err && $(wc -l <verdict) == 1 ]]
			[[ $(jq -r '.verdict + " " + .level' verdict) == "good $level" ]]
			[[ $(jq -r .name verdict) == "$name" ]]
			[[ $(jq .size_bytes verdict) == $(stat -c %s "$name") ]]
		done
		# 20000 + 2 + 0 + 4 + 2
		[[ $(jq -c '[.row_count, .tables]' verdict) == '[20008,5]' ]] || {
			cat verdict
			false
		}
		[[ $(jq -r .sha256 verdict) == $(sha256sum <"$name" | cut -d' ' -f1) ]]
	done
	take ours.sql.gz
	judge ours.sql.gz
	[[ $(jq -r .compression verdict) == gzip-frame ]]
	[[ $(jq .frames verdict) == $(jq .frames ours.sql.gz.json) ]]
	[[ $(jq .uncompressed_bytes verdict) == $(stat -c %s "$work/ours.sql") ]]
}

@test "another byte, a missing and an additional one are seen by size and sum" {
	for name in ours.sql.gz stock.sql custom.dump; do
		take "$name"
		size=$(stat -c %s "$name")
		truncate -s $((size - 1)) "$name"
		bad "$name" "it has $((size - 1)) bytes, expected $size"
		judge "$name" --level=size
		((st == 1))
		take "$name"
		echo >>"$name"
		bad "$name" "it has $((size + 1)) bytes, expected $size"
		take "$name"
		printf '\252' |
			dd of="$name" bs=1 seek=$((size / 2)) conv=notrunc status=none
		bad "$name" "its SHA-256 is "
		judge "$name" --level=checksum
		((st == 1))
		# The size alone cannot tell.
		judge "$name" --level=size
		((st == 0))
		: >"$name"
		bad "$name" "it has 0 bytes"
	done
}

# rows_of FILE: the line number of the first row of table big.
rows_of() {
	grep -an '^COPY public.big ' "$1" | tail -n 1 | cut -d: -f1
}

@test "every damage to an SQL dump is seen without its SHA-256" {
	take ours.sql whole.sql
	n=$(rows_of whole.sql)
	damage() { # NAME WORDS SED
		take ours.sql "$1"
		LC_ALL=C sed -i "$3" "$1"
		cmp -s whole.sql "$1" && { echo "$1: nothing changed"; return 1; }
		agree "$1"
		bad "$1" "$2" || { echo "$1"; return 1; }
	}
	# Rows; what moves the other tables is seen there or here.
	damage row-gone 'table "public.big" has 19999 rows, expected 20000' \
		"$((n + 5))d"
	damage row-more 'table "public.big" has 20001 rows, expected 20000' \
		"$((n + 5))p"
	damage row-shorter 'bytes of rows, expected' "$((n + 5))s/..\$//"
	damage rows-joined 'has 19999 rows' "$((n + 5)){N;s/\n/ /}"
	damage end-early "has 3 rows" "$((n + 4))s/.*/\\\\./"
	damage end-of-rows-gone "" "$((n + 20001))d"
	# The commands around them.
	damage no-copy "do not begin" "${n}s/^COPY/COPX/"
	damage copy-moved "do not begin" "${n}s/stdin/stdin /"
	damage copy-to-out "do not begin" "${n}s/FROM stdin/TO stdout/"
	damage quote-open "" "2i SELECT 'open;"
	# The trailer.
	damage no-end "it ends within its trailer" '$d'
	damage behind-end "something stands behind its end line" '$a SELECT 1;'
	damage other-count "trailer" \
		'$s/"row_count":20008/"row_count":20009/'
	damage other-table "" '/^-- pgbackpipe table.*"big"/s/20000/20001/'
	damage table-line-gone "" '/^-- pgbackpipe table.*"empty"/d'
	damage no-tables "" '/^-- pgbackpipe table/d'
	damage catalog "its trailer is not where its end line says" \
		'/^-- pgbackpipe catalog/{n;s/U/V/}'
	damage first-line "" '1s/^-- pgbackpipe/-- pgbackpope/'
}

@test "an SQL dump cut anywhere is bad, even when manifest and gzip agree" {
	size=$(stat -c %s "$work/ours.sql")
	for at in 0 1 100 2000 $((size / 2)) $((size - 3000)) $((size - 1)); do
		head -c "$at" "$work/ours.sql" >cut.sql
		cp "$work/ours.sql.json" cut.sql.json
		agree cut.sql
		bad cut.sql ""
		gzip-frame <cut.sql >cut.sql.gz
		cp "$work/ours.sql.gz.json" cut.sql.gz.json
		agree cut.sql.gz
		bad cut.sql.gz ""
		# Of one byte nothing is known, not even that it is bad.
		((at == 1)) || fails 1 bash -c 'verify --describe <cut.sql'
	done
	size=$(stat -c %s "$work/stock.sql")
	for at in 2000 $((size / 2)) $((size - 40)); do
		head -c "$at" "$work/stock.sql" | gzip >cut.sql.gz
		cp "$work/stock.sql.gz.json" cut.sql.gz.json
		agree cut.sql.gz
		bad cut.sql.gz ""
		fails 1 bash -c 'verify --describe <cut.sql.gz'
		[[ ! -s $out ]]
		says "the backup is bad: it "
	done
	# What follows a stock dump's last line in newer versions.
	{ cat "$work/stock.sql"; printf '\\unrestrict abc\n\n'; } >later.sql
	works bash -c 'verify --describe <later.sql'
	{ cat "$work/stock.sql"; printf 'DROP TABLE x;\n'; } >later.sql
	fails 1 bash -c 'verify --describe <later.sql'
}

@test "damaged frames and gzip are bad, with the place" {
	take ours.sql.gz
	at=$(gzip-frame -lv --json <ours.sql.gz | jq 'select(.frame == 2) | .at')
	printf '\252' | dd of=ours.sql.gz bs=1 seek=$((at + 60)) conv=notrunc status=none
	bad ours.sql.gz "its SHA-256 is "
	bad ours.sql.gz "frame 2 at byte $at: "
	agree ours.sql.gz
	bad ours.sql.gz "frame 2 at byte $at: "
	[[ $(jq 'has("row_count")' verdict) == false ]]
	take ours.sql.gz
	truncate -s -74 ours.sql.gz
	agree ours.sql.gz
	bad ours.sql.gz "before its end frame"
	take stock.sql.gz
	printf '\252' | dd of=stock.sql.gz bs=1 seek=5000 conv=notrunc status=none
	agree stock.sql.gz
	bad stock.sql.gz "gzip member at byte 0"
	# Another compression than the manifest's.
	take ours.sql.gz
	gunzip -c ours.sql.gz | gzip >x
	mv x ours.sql.gz
	agree ours.sql.gz
	bad ours.sql.gz "it has no gzip frames"
	take stock.sql.gz
	gunzip -c stock.sql.gz | gzip-frame >x
	mv x stock.sql.gz
	agree stock.sql.gz
	bad stock.sql.gz "it has gzip frames, expected plain gzip"
	take ours.sql.gz
	gunzip -c <ours.sql.gz >x
	mv x ours.sql.gz
	agree ours.sql.gz
	bad ours.sql.gz 'its compression is "none", expected "gzip-frame"'
	take ours.sql.gz
	gunzip -c ours.sql.gz | gzip-frame >x
	mv x ours.sql.gz
	agree ours.sql.gz
	bad ours.sql.gz "frames, expected "
}

@test "a manifest with other counts is not that of this backup" {
	change() { # NAME WORDS JQ
		take "$1"
		jq -c "$3" "$work/$1.json" >"$1.json"
		bad "$1" "$2" || { echo "$1 $3"; return 1; }
	}
	for name in ours.sql.gz stock.sql.gz; do
		change "$name" 'table "public.big" has 20000 rows, expected 19999' \
			'.row_count -= 1 | (.tables[] | select(.name == "big") | .rows) -= 1'
		change "$name" 'do not begin at byte' \
			'(.tables[] | select(.name == "big") | .from) += 1'
		change "$name" 'of rows, expected' \
			'(.tables[] | select(.name == "odd") | .bytes) += 1'
		change "$name" '20009' '.row_count += 1 | del(.tables)'
		change "$name" 'uncompressed bytes, expected' '.uncompressed_bytes += 1'
	done
	change ours.sql.gz 'frames, expected' '.frames += 1'
	change ours.sql.gz 'tables, the manifest' \
		'del(.tables[] | select(.name == "empty"))'
	change ours.sql.gz 'not in its trailer' '.tables[0].name = "x"'
	for name in custom.dump stock.dump; do
		change "$name" 'table "public.big" has 20000 rows, expected 19999' \
			'.row_count -= 1 | .tables |= map(del(.from, .bytes) |
			if .name == "big" then .rows -= 1 else . end)'
		change "$name" 'has 0 rows, expected 1' \
			'.row_count += 1 | .tables |= map(del(.from, .bytes)) + [{schema: "public", name: "gone", rows: 1}]'
	done
	# Without places the rows are found by name.
	take ours.sql.gz
	jq -c '.tables |= map(del(.from))' "$work/ours.sql.gz.json" >ours.sql.gz.json
	judge ours.sql.gz
	((st == 0))
}

@test "a damaged archive is bad" {
	for name in custom.dump stock.dump; do
		size=$(stat -c %s "$work/$name")
		take "$name"
		truncate -s $((size * 2 / 3)) "$name"
		agree "$name"
		bad "$name" ""
		take "$name"
		printf '\252\252\252\252' |
			dd of="$name" bs=1 seek=$((size * 2 / 3)) conv=notrunc status=none
		agree "$name"
		bad "$name" ""
		take "$name"
		printf 'PGDUMP' | dd of="$name" bs=1 conv=notrunc status=none
		agree "$name"
		bad "$name" "it is no archive"
		head -c 20 "$work/$name" >"$name"
		agree "$name"
		bad "$name" "it is no archive"
	done
	take ours.sql
	cp "$work/stock.dump" ours.sql
	agree ours.sql
	bad ours.sql "it is an archive, expected an SQL dump"
}

@test "without pg_restore an archive's rows are not checked, and that is told" {
	take custom.dump
	mkdir none
	PG_BIN_DIR=$PWD/none judge custom.dump
	((st == 0))
	grep -q "warning: there is no pg_restore of version [0-9]* or later" err
	[[ $(jq 'has("row_count")' verdict) == false ]]
}

@test "--describe tells what a backup is, for a manifest" {
	for name in ours.sql ours.sql.gz stock.sql stock.sql.gz stock.dump custom.dump; do
		works bash -c 'verify --describe <"$1"' - "$work/$name"
		cp "$out" d
		[[ $(jq .row_count d) == 20008 ]]
		[[ $(jq '.tables | length' d) == 5 ]]
		[[ $(jq -r '.tables[] | select(.rows == 2 and .schema == "a b") | .name' d) == \
			$'c"d.e;' ]]
		[[ $(jq .size_bytes d) == $(stat -c %s "$work/$name") ]]
		jq -e '.server_version and .pg_dump_version and .encryption == "none"' d
		case $name in
		*.dump) want=custom ;;
		*) want=sql ;;
		esac
		[[ $(jq -r .format d) == "$want" ]]
		[[ $name == stock.sql* ]] || jq -e '.database' d
	done
	[[ $(jq -cS .tables "$work/ours.report") == \
		"$(verify --describe <"$work/ours.sql.gz" | jq -cS .tables)" ]]
	[[ $(verify --describe <"$work/ours.sql.gz" | jq -r .compression) == gzip-frame ]]
	[[ $(verify --describe <"$work/stock.sql.gz" | jq -r .compression) == gzip ]]
	# Rows of INSERT commands are not counted.
	sed '/^COPY public.empty/i INSERT INTO public.big VALUES (1);' \
		"$work/stock.sql" >inserts.sql
	works bash -c 'verify --describe <inserts.sql'
	[[ $(jq -c '[has("row_count"), has("tables")]' "$out") == '[false,false]' ]]
	: >nothing
	fails 1 bash -c 'verify --describe <nothing'
	says "the backup is bad: it is empty"
	gzip <nothing >nothing.gz
	fails 1 bash -c 'verify --describe <nothing.gz'
	echo hello >some.txt
	works bash -c 'verify --describe <some.txt'
	[[ $(jq -r .format "$out") == unknown ]]
}

@test "a trailer that lies about its own rows is bad without a manifest too" {
	n=$(rows_of "$work/ours.sql")
	LC_ALL=C sed "$((n + 5))s/^/x/;$((n + 6))s/^.//" "$work/ours.sql" >same
	works bash -c 'verify --describe <same'
	LC_ALL=C sed "$((n + 5))s/\$/\\n/;$((n + 6))s/^.//" "$work/ours.sql" >more
	fails 1 bash -c 'verify --describe <more'
	says 'table "public.big" has 20001 rows, expected 20000'
}

@test "what is encrypted or compressed by zstd is checked as far as it goes" {
	printf 'age-encryption.org/v1\nbinary' >x.age
	jq -c '.encryption = "age"' "$work/ours.sql.gz.json" >x.age.json
	agree x.age
	judge x.age
	((st == 0))
	grep -q "warning: it is encrypted: what is inside is not checked" err
	[[ $(jq -r '.level + " " + .encryption' verdict) == "checksum age" ]]
	cp "$work/ours.sql.gz" x.age
	agree x.age
	bad x.age 'its encryption is "none", expected "age"'
	printf '\050\265\057\375binary' >x.zst
	jq -c '.compression = "zstd"' "$work/ours.sql.gz.json" >x.zst.json
	agree x.zst
	judge x.zst
	((st == 0))
	[[ $(jq -r '.level + " " + .compression' verdict) == "checksum zstd" ]]
	[[ $(verify --describe <x.zst 2>/dev/null | jq -r .compression) == zstd ]]
}

@test "there is no verdict when the writer died" {
	zeros=$(printf '%064d' 0)
	for name in ours.sql ours.sql.gz stock.dump; do
		take "$name"
		sha-tee --check="$zeros" <"$name" 2>/dev/null |
			stage st verify --manifest="$name.json" >verdict 2>err || true
		[[ $(<st) == 111 && ! -s verdict ]]
		grep -q "the program before this one failed" err
	done
	: | stage st verify --describe >verdict 2>err || true
	[[ $(<st) == 111 && ! -s verdict ]]
}

@test "wrong usage and unusable manifests are exit 100" {
	take ours.sql
	fails 100 verify
	says "one of --manifest and --describe is needed"
	fails 100 verify --describe --manifest=ours.sql.json
	fails 100 verify --describe --level=size
	fails 100 verify --manifest=ours.sql.json --level=deep
	fails 100 verify --manifest=-
	fails 100 verify --manifest=missing.json
	echo '{}' >m.json
	fails 100 verify --manifest=m.json
	says "cannot use manifest"
	status=0
	verify --manifest=ours.sql.json <ours.sql >/dev/full 2>"$err" || status=$?
	((status == 111))
}
