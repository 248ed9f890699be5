#!/usr/bin/env bats
# A damaged backup is called damaged: cut at every byte, a bit flipped anywhere.

load helper

# A backup of database $1 in directory $2: object x.sql.gz, manifest x.json.
back_up() {
	mkdir -p "$2"
	pg-stream --dbname="$1" --report="$2/stream" |
		gzip-frame --report="$2/frames" |
		sha-tee --report="$2/sum" >"$2/x.sql.gz"
	manifest --set=id=test --set-json='urls=["file:///x.sql.gz"]' \
		--set=filename=x.sql.gz --set=description=test --set=type=manual \
		--set=timestamp=20260129_143022 --set=compression=gzip-frame \
		--set=created_at=2026-01-29T14:30:22.123456 \
		--set=created_at_utc=2026-01-29T14:30:22.123456+00:00 \
		"$2/stream" "$2/frames" "$2/sum" >"$2/x.json"
	works manifest --check "$2/x.json"
}

setup_file() {
	load helper
	pg_env
	dir=$BATS_FILE_TMPDIR
	new_database corruption_small
	sql corruption_small "CREATE TABLE t (i int, x text); INSERT INTO t
		SELECT i, 'row ' || i FROM generate_series(1, 20) i"
	new_database corruption_big
	sql corruption_big "CREATE TABLE t AS SELECT i, md5(i::text) AS x
		FROM generate_series(1, 60000) i"
	back_up corruption_small "$dir/small"
	back_up corruption_big "$dir/big"
}

teardown_file() {
	load helper
	pg_env
	dropdb --if-exists corruption_small
	dropdb --if-exists corruption_big
}

setup() {
	pg_env
	small=$BATS_FILE_TMPDIR/small
	big=$BATS_FILE_TMPDIR/big
}

# damage KIND TRIALS OBJECT CODE COMMAND...: run COMMAND on damaged copies of
# OBJECT; each must exit with CODE. KIND is cut or flip; TRIALS 0: every byte.
damage() {
	python3 - "$@" <<'PY'
import concurrent.futures, random, subprocess, sys
kind, trials, path, code, command = (sys.argv[1], int(sys.argv[2]),
    sys.argv[3], int(sys.argv[4]), sys.argv[5:])
data = open(path, "rb").read()
random.seed(4711)
# 0 bytes out of an unmarked pipe: its writer may never have started, 111.
places = range(1, len(data)) if trials == 0 else [
    random.randrange(len(data)) for _ in range(trials)]
def try_one(trial):
    place, bit = trial
    if kind == "cut":
        piece = data[:place]
    else:
        piece = bytearray(data)
        piece[place] ^= 1 << bit
    run = subprocess.run(command, input=bytes(piece),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if run.returncode == code:
        return None
    return (f"{kind} at {place} (bit {bit}) of {len(data)}: exit "
            f"{run.returncode}, not {code}: {run.stderr.decode()[-200:]}")
trials = [(place, random.randrange(8)) for place in places]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    bad = [text for text in pool.map(try_one, trials) if text is not None]
print("\n".join(bad[:5]))
sys.exit(len(bad) > 0)
PY
}

@test "the undamaged backups pass" {
	for kind in small big; do
		dir=$BATS_FILE_TMPDIR/$kind
		verify --manifest="$dir/x.json" <"$dir/x.sql.gz" >"$out"
		jq -e '.verdict == "good"' "$out"
		gzip-frame -d <"$dir/x.sql.gz" | tail -n 1 | grep -q 'pgbackpipe end'
	done
}

@test "cut at every byte: verify says 1" {
	damage cut 0 "$small/x.sql.gz" 1 verify --manifest="$small/x.json"
}

@test "a bit flipped in every byte: verify says 1" {
	damage flip 0 "$small/x.sql.gz" 1 verify --manifest="$small/x.json"
}

@test "cut at 2,000 places of a bigger one: verify says 1" {
	damage cut 2000 "$big/x.sql.gz" 1 verify --manifest="$big/x.json"
}

@test "a bit flipped at 2,000 places of a bigger one: verify says 1" {
	damage flip 2000 "$big/x.sql.gz" 1 verify --manifest="$big/x.json"
}

@test "cut at every byte from the first: gzip-frame -d refuses" {
	# 0 bytes from a foreign pipe is another refusal: its writer may be dead.
	tail -c +1 "$small/x.sql.gz" >"$BATS_TEST_TMPDIR/x"
	damage cut 400 "$small/x.sql.gz" 100 gzip-frame -d
	damage cut 500 "$big/x.sql.gz" 100 gzip-frame -d
}

@test "a flipped bit anywhere: gzip-frame -d refuses" {
	damage flip 0 "$small/x.sql.gz" 100 gzip-frame -d
	damage flip 500 "$big/x.sql.gz" 100 gzip-frame -d
}

@test "a bit flipped behind the compression: the level structure sees it alone" {
	# The same bytes as manifest and SHA-256, but rows that are not there.
	jq '.tables[0].rows += 1 | .row_count += 1' "$small/x.json" \
		>"$BATS_TEST_TMPDIR/wrong.json"
	status=0
	verify --manifest="$BATS_TEST_TMPDIR/wrong.json" <"$small/x.sql.gz" \
		>"$out" 2>"$err" || status=$?
	((status == 1))
	jq -e '.verdict == "bad"' "$out"
}

@test "cut or flipped: pg-load refuses and swaps nothing in" {
	local trials=12
	((${FULL:-0})) && trials=200
	createdb corruption_live
	sql corruption_live "CREATE TABLE precious AS SELECT 42 AS answer"
	before=$(dump_of corruption_live | sha256sum)
	gzip-frame -d <"$big/x.sql.gz" >"$BATS_TEST_TMPDIR/plain"
	damage cut "$trials" "$BATS_TEST_TMPDIR/plain" 100 \
		flock "$BATS_TEST_TMPDIR/plain" pg-load --dbname=corruption_live
	for cut in 1 100 50000; do
		head -c "$(($(stat -c %s "$big/x.sql.gz") * 9 / 10 + cut))" \
			"$big/x.sql.gz" >"$BATS_TEST_TMPDIR/cut.gz"
		status=0
		bash -c "gzip-frame -d <'$BATS_TEST_TMPDIR/cut.gz' |
			pg-load --dbname=corruption_live" 2>"$err" >"$out" || status=$?
		((status == 111))
	done
	[[ $(dump_of corruption_live | sha256sum) == "$before" ]]
	[[ -z $(sql postgres "SELECT datname FROM pg_database
		WHERE datname ~ '^corruption_live_'") ]]
	dropdb corruption_live
}
