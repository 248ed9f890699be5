# pipelines-helper.bash: what the tests of the driver share.
# shellcheck shell=bash
# out, err, db and store come from helper.bash; SQL stands in single quotes.
# shellcheck disable=SC2154,SC2016

# A small database with what matters: keys, a view, a sequence, odd names.
sample_database() {
	new_database
	sql "$db" '
		CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
		CREATE TABLE "odd "" name" (v text);
		CREATE TABLE orders (id serial PRIMARY KEY,
			customer int REFERENCES customers, amount numeric);
		INSERT INTO customers (name)
			SELECT $$customer $$ || i FROM generate_series(1, 200) i;
		INSERT INTO orders (customer, amount)
			SELECT 1 + i % 200, i * 1.5 FROM generate_series(1, 2000) i;
		INSERT INTO "odd "" name" VALUES (NULL), ($$a$$);
		CREATE INDEX ON orders (customer);
		CREATE VIEW revenue AS SELECT customer, sum(amount) AS total
			FROM orders GROUP BY customer;
		CREATE MATERIALIZED VIEW best AS
			SELECT customer FROM revenue WHERE total > 5000' >/dev/null
}

# json PROGRAM: jq on the last line of the last command's standard output.
json() {
	tail -n 1 "$out" | jq -r "$1"
}

# Every line on standard error has the word, and no line is an accident of
# the shell.
speaks_of_backup() {
	local bad
	bad=$(grep -vi backup "$err" || :)
	[[ -z $bad ]] || {
		echo "lines without the word backup: $bad"
		return 1
	}
	lacks -nE 'line [0-9]+:|unbound|command not found' "$err"
}

# No temporary directory is left.
no_work_left() {
	nothing_left "$TMPDIR"
	[[ -z $(ls -A "$TMPDIR") ]]
}

# path_of URL: the file behind a file:// URL.
path_of() {
	printf '%s\n' "${1#file://}"
}

# driver_setup [STORE]: a place for temporary files, a store, a sample.
driver_setup() {
	pg_env
	unset PGDATABASE
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$TMPDIR"
	use_store "${1-file}"
	export BACKUP_STORE=$store
	sample_database
}

# as_example NAME: under pipelines/examples/NAME.env.
as_example() {
	pg_env
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$TMPDIR"
	export PGBACKPIPE_CONFIG=$top/pipelines/examples/$1.env
}

# use_bucket: of MinIO, or of another S3 server of this machine.
use_bucket() {
	local server
	server=$(s3_names | grep -x minio || s3_names | head -n 1)
	[[ -n $server ]] || skip "no S3 server on this machine"
	use_service "$server"
}

# flip FILE OFFSET: change one bit there.
flip() {
	python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)
    f.seek(int(sys.argv[2]))
    f.write(bytes([b[0] ^ 1]))
END
}

# put_debris NAME [RUN-ID]: what a create leaves that died before its manifest.
put_debris() {
	echo "half a backup" >"$BATS_TEST_TMPDIR/debris"
	s3-put --run-id="${2-dead-run}" "$store/$1" <"$BATS_TEST_TMPDIR/debris"
}

# age_manifest URL DAYS: a manifest that says it was made so many days before.
age_manifest() {
	local file stamp
	file=$(path_of "$1").json
	stamp=$(date -u -d "-$2 days" +%Y-%m-%dT%H:%M:%S.000000)
	jq -c --arg t "$stamp" '.created_at = $t | .created_at_utc = $t + "+00:00"' \
		"$file" >"$file.new"
	mv -f "$file.new" "$file"
}

# on_terminal ANSWER COMMAND: run the shell command on a terminal of its own,
# where ANSWER (empty: end of input) is typed.
on_terminal() {
	python3 - "$1" "$2" <<'END'
import os, pty, sys, time
answer, command = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-c", command])
seen = b""
sent = False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if not sent and b"Type yes" in seen:
        hook = os.environ.get("AT_PROMPT")
        if hook:
            os.system(hook)
        os.write(fd, (answer + "\n").encode() if answer else b"\x04")
        sent = True
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
END
}
