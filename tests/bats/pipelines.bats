#!/usr/bin/env bats
# The driver: create, verify, notify, backup, list, status, config.

load helper
load pipelines-helper

setup() {
	driver_setup
}

@test "every word has its page, and refuses what it does not know" {
	for word in create verify notify backup list restore prune cleanup delete \
		adopt export import status config; do
		works pgbackpipe "$word" --help
		grep -q "pgbackpipe " "$out"
		grep -oE -- '--[a-z][a-z-]*' "$out" >>"$BATS_TEST_TMPDIR/options"
		works pgbackpipe help "$word"
		fails 100 pgbackpipe "$word" --no-such-option
		says "unknown option"
		[[ ! -s $out ]]
	done
	mandoc -Tascii "$top/pipelines/pgbackpipe.1" | col -b >"$BATS_TEST_TMPDIR/man"
	for option in $(sort -u "$BATS_TEST_TMPDIR/options"); do
		grep -qF -e "$option" "$BATS_TEST_TMPDIR/man" || {
			echo "the man page lacks $option"
			return 1
		}
	done
	fails 100 pgbackpipe nonsense
	fails 100 pgbackpipe help nonsense
	says "no such word"
	fails 100 pgbackpipe filter nonsense
	says " pg-stream "
	fails 100 pgbackpipe
	works pgbackpipe help
	works pgbackpipe version
	grep -qE '^pgbackpipe [0-9]+\.[0-9]+' "$out"
}

@test "a full disk behind standard output: exit 111, told" {
	works pgbackpipe create --dbname="$db"
	for words in list "list --json" status "prune --dry-run --max-count=1"; do
		status=0
		# shellcheck disable=SC2086 # several words
		pgbackpipe $words >/dev/full 2>"$err" || status=$?
		[[ $status == 111 ]]
		says "could not write to standard output"
		speaks_of_backup
	done
}

@test "create, verify, notify, list, restore on a directory" {
	walk
}

@test "create, verify, notify, list, restore on every S3 server that is here" {
	for name in $(s3_names); do
		use_store "$name"
		export BACKUP_STORE=$store
		walk
	done
}

walk() {
	works pgbackpipe create --dbname="$db" --description="first one"
	speaks_of_backup
	[[ $(wc -l <"$out") == 1 ]]
	[[ $(json .result) == created && $(json .description) == "first one" ]]
	[[ $(json .row_count) == 2202 && $(json .table_count) == 3 ]]
	name=$(json .name)
	works pgbackpipe verify latest
	speaks_of_backup
	[[ $(json .result) == good && $(json .name) == "$name" ]]
	works pgbackpipe notify latest
	speaks_of_backup
	[[ $(json .event) == backup.completed ]]
	works pgbackpipe list
	grep -q "^Available Backups (1)$" "$out"
	grep -qF "$name" "$out"
	before=$(dump_of "$db")
	sql "$db" 'DELETE FROM orders WHERE id % 3 = 0; DROP VIEW revenue CASCADE'
	works pgbackpipe restore latest --dbname="$db" --no-confirm
	speaks_of_backup
	[[ $(json .result) == restored ]]
	[[ $(dump_of "$db") == "$before" ]]
	no_work_left
}

@test "stock tools restore what create stored" {
	works pgbackpipe create --dbname="$db"
	file=$(path_of "$(json .url)")
	gzip -t "$file"
	createdb -T template0 "${db}_copy"
	gunzip -c "$file" | psql -XqAt -v ON_ERROR_STOP=1 -d "${db}_copy" >/dev/null
	[[ $(dump_of "$db") == "$(dump_of "${db}_copy")" ]]
}

@test "custom format and no compression are stored and proven, too" {
	works pgbackpipe create --dbname="$db" --format=custom
	[[ $(json .name) == *.dump ]]
	pg_restore -l "$(path_of "$(json .url)")" >/dev/null
	works pgbackpipe verify latest
	BACKUP_COMPRESSION=none works pgbackpipe create --dbname="$db"
	[[ $(json .name) == *.sql ]]
	tail -n 1 "$(path_of "$(json .url)")" | grep -q '^-- pgbackpipe end'
	works pgbackpipe verify latest
}

@test "works from cron: no environment, standard input closed, elsewhere" {
	for dir in / "$BATS_TEST_TMPDIR" /usr; do
		cd "$dir"
		env -i PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" \
			PGPASSFILE="$PGPASSFILE" BUILD="$build" \
			"$(command -v bash)" "$top/pipelines/pgbackpipe" backup \
			--dbname="$db" --store="$store" <&- >"$out" 2>"$err"
		speaks_of_backup
		[[ $(json .result) == good ]]
	done
	[[ $(pgbackpipe list --json | jq length) == 3 ]]
}

@test "a retried run finds what its first try finished" {
	export BACKUP_RUN_ID=run-1
	works pgbackpipe create --dbname="$db"
	first=$(json .url)
	works pgbackpipe create --dbname="$db"
	[[ $(json .result) == found && $(json .url) == "$first" ]]
	[[ $(pgbackpipe list --json | jq length) == 1 ]]
}

@test "Airflow's run is the run" {
	export AIRFLOW_CTX_DAG_ID=nightly
	export AIRFLOW_CTX_DAG_RUN_ID=scheduled__2026-01-29T23:00:00+00:00
	works pgbackpipe create --dbname="$db"
	[[ $(json .run_id) == nightly:scheduled__2026-01-29T23:00:00+00:00 ]]
	BACKUP_RUN_ID=other works pgbackpipe create --dbname="$db"
	works pgbackpipe verify
	[[ $(json .run_id) == nightly:* ]]
	AIRFLOW_CTX_DAG_RUN_ID=another fails 100 pgbackpipe verify
	says "no backup of run"
}

@test "verify takes what create printed" {
	works pgbackpipe create --dbname="$db"
	line=$(tail -n 1 "$out")
	works pgbackpipe create --dbname="$db"
	works pgbackpipe verify --json-from-create="$line"
	[[ $(json .name) == "$(jq -r .name <<<"$line")" ]]
	BACKUP_JSON=$line works pgbackpipe verify
	[[ $(json .name) == "$(jq -r .name <<<"$line")" ]]
}

@test "a taken name gets -2, -3" {
	export BACKUP_NAME='{database}.{extension}'
	for expected in "$db.sql.gz" "$db-2.sql.gz" "$db-3.sql.gz"; do
		works pgbackpipe create --dbname="$db"
		[[ $(json .name) == "$expected" ]]
	done
	echo other >"$(path_of "$store")/$db-4.sql.gz.json"
	works pgbackpipe create --dbname="$db"
	[[ $(json .name) == "$db-5.sql.gz" ]]
}

@test "two runs of one series: the second is temporary, and says who" {
	pg-lock --dbname="$db" --key="pgbackpipe $db $store" -- sleep 20 &
	lock=$!
	sleep 1
	fails 111 pgbackpipe create --dbname="$db"
	says "backup failed in pg-lock"
	says "retry"
	kill "$lock"
	wait "$lock" || true
	works pgbackpipe create --dbname="$db"
}

@test "SIGTERM to the driver alone ends a create: nothing is left" {
	sql "$db" 'INSERT INTO customers (name)
		SELECT repeat(md5(i::text), 60) FROM generate_series(1, 60000) i'
	pgbackpipe create --dbname="$db" >"$out" 2>"$err" &
	pid=$!
	until_true grep -qs begins "$err"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143))
	nothing_left "$(path_of "$store")"
	[[ ! -s $out ]]
	no_work_left
}

@test "SIGTERM to the driver alone, at random moments" {
	sql "$db" 'INSERT INTO customers (name)
		SELECT repeat(md5(i::text), 60) FROM generate_series(1, 30000) i'
	works pgbackpipe create --dbname="$db"
	local trials=16
	[[ ${FULL:-0} != 1 ]] || trials=160
	local words=("create --dbname=$db" "backup --dbname=$db" "verify latest"
		"restore latest --dbname=$db --no-confirm")
	for ((i = 0; i < trials; i++)); do
		# shellcheck disable=SC2086 # a line of words
		pgbackpipe ${words[i % 4]} >"$out" 2>"$err" 3>&- &
		pid=$!
		sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
		kill -TERM "$pid" 2>/dev/null || true
		status=0
		wait "$pid" || status=$?
		((status == 143 || status == 0)) || {
			echo "${words[i % 4]} ended with $status:"
			cat "$err"
			false
		}
		# bash 5.2 now and then fails to parse a trap's command, once in
		# some hundred signals, while it expands "$(...)", whatever the
		# script: then it says so, and the signal is lost.
		sed -i '/: trap: line [0-9]*: unexpected EOF/d' "$err"
		lacks -nE 'line [0-9]+:|unbound' "$err"
		no_work_left
	done
	works pgbackpipe list --json
	works pgbackpipe verify latest --min-size-percent=0
}

# kill_as_airflow WORD-IN-LOG ARGUMENT...: the whole process group gets one
# SIGTERM, and nobody reads its output any more. Prints how it ended, and
# whether the group was gone after five seconds.
kill_as_airflow() {
	python3 - "$@" <<'END'
import os, signal, subprocess, sys, time
word, *command = sys.argv[1:]
run = subprocess.Popen(command, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                       start_new_session=True)
for line in run.stdout:
    if word.encode() in line:
        break
time.sleep(0.05)
run.stdout.close()
os.killpg(run.pid, signal.SIGTERM)
end = time.monotonic() + 5
status = run.wait()
while time.monotonic() < end:
    try:
        os.killpg(run.pid, 0)
    except ProcessLookupError:
        print(status, "gone")
        break
    time.sleep(0.05)
END
}

@test "killed as Airflow does it: gone within five seconds, nothing left" {
	sql "$db" 'INSERT INTO customers (name)
		SELECT repeat(md5(i::text), 60) FROM generate_series(1, 90000) i'
	for word in create backup; do
		[[ $(kill_as_airflow begins pgbackpipe "$word" --dbname="$db") == "-15 gone" ]]
		nothing_left "$(path_of "$store")"
	done
	works pgbackpipe create --dbname="$db"
	before=$(dump_of "$db")
	# This one may be done first, and then has nobody to tell.
	[[ $(kill_as_airflow checking pgbackpipe verify latest) =~ ^(-15|0|111)\ gone$ ]]
	[[ $(kill_as_airflow "to drop it" pgbackpipe restore latest \
		--dbname="$db" --no-confirm) == "-15 gone" ]]
	[[ $(dump_of "$db") == "$before" ]]
	[[ $(sql postgres "SELECT count(*) FROM pg_database
		WHERE datname LIKE '$db%'") == 1 ]]
	no_work_left
	works pgbackpipe verify latest
}

@test "the dry run makes nothing" {
	works pgbackpipe create --dbname="$db" --dry-run
	[[ $(json .result) == dry-run ]]
	fails 100 pgbackpipe create --dbname=no_such_database --dry-run
	says 'database "no_such_database" does not exist'
	PGPORT=1 fails 111 pgbackpipe create --dbname="$db" --dry-run
	nothing_left "$(path_of "$store")"
}

@test "damage is seen, told, remembered, and never restored" {
	works pgbackpipe create --dbname="$db"
	file=$(path_of "$(json .url)")
	flip "$file" 2000
	before=$(dump_of "$db")
	fails 1 pgbackpipe verify latest
	says "is bad"
	speaks_of_backup
	ls "$file".damaged-*.json
	fails 1 pgbackpipe restore "$(basename "$file")" --dbname="$db" --no-confirm
	says "nothing was changed"
	fails 100 pgbackpipe restore latest --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
	fails 1 pgbackpipe status
	grep -q "Last failure: .* in verify" "$out"
}

@test "a backup that shrank is bad, and both limits are shown" {
	works pgbackpipe backup --dbname="$db"
	sql "$db" 'TRUNCATE customers, orders'
	works pgbackpipe create --dbname="$db"
	fails 1 pgbackpipe verify latest
	says "below 50 % of the last good one"
	says "MIN_SIZE_PERCENT 50"
	works pgbackpipe verify latest --min-size-percent=0
	fails 1 pgbackpipe verify latest --min-size-percent=0 --min-size=1M
	says "below MIN_SIZE"
	SHRINK_ACTION=warn works pgbackpipe verify latest --min-size=1M
	says "warning"
}

@test "notify tells a failure that happened elsewhere, with its cause" {
	export BACKUP_RUN_ID=run-7
	PGPORT=1 fails 111 pgbackpipe create --dbname="$db" --host=127.0.0.1
	works pgbackpipe notify --dbname="$db"
	[[ $(json .event) == backup.failed ]]
	[[ $(json .cause) == *refused* ]]
	says "refused"
	speaks_of_backup
	BACKUP_RUN_ID=run-8 works pgbackpipe notify --dbname="$db"
	[[ $(json .event) == backup.failed ]]
}

@test "backup: the outcome is told, the status is the failed word's" {
	works pgbackpipe backup --dbname="$db" "before the upgrade"
	[[ $(json .result) == good && $(json .description) == "before the upgrade" ]]
	speaks_of_backup
	fails 1 pgbackpipe backup --dbname="$db" --min-size=1G
	[[ $(json .result) == failed && $(json .exit_status) == 1 ]]
	says "below MIN_SIZE"
	fails 100 pgbackpipe backup --dbname=no_such_database
	no_work_left
}

@test "status says the last good backup and the last failure, anywhere" {
	works pgbackpipe status --dbname="$db"
	grep -q "none yet" "$out"
	works pgbackpipe backup --dbname="$db"
	name=$(json .name)
	PGPORT=1 fails 111 pgbackpipe create --dbname="$db" --host=127.0.0.1
	says "last good backup: \"$name\""
	(
		unset PGHOST PGPORT PGUSER
		fails 1 pgbackpipe status --dbname="$db"
	)
	grep -q "Last good backup: $name" "$out"
	grep -q "Last failure: .*refused" "$out"
	grep -q "^Backups of \"$db\" in " "$out"
	# What cron sees, whose line sends standard output away.
	fails 1 pgbackpipe status --quiet --dbname="$db"
	says "no good backup since the failure"
	says "refused"
	[[ $(json .last_failure.stage) == pg-lock ]]
	works pgbackpipe backup --dbname="$db"
	works pgbackpipe status --dbname="$db"
	[[ $(json .healthy) == true ]]
}

@test "a webhook is told; one that cannot be told fails nothing" {
	python3 - "$BATS_TEST_TMPDIR" <<'END' 3>&- &
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1] + "/body", "ab") as f:
            f.write(body + b"\n")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *rest):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + "/port", "w") as f:
    f.write("%d\n" % server.server_port)
server.handle_request()
server.handle_request()
END
	until_true test -s "$BATS_TEST_TMPDIR/port"
	port=$(cat "$BATS_TEST_TMPDIR/port")
	export NOTIFY_WEBHOOK_URL=http://127.0.0.1:$port/geheim
	works pgbackpipe backup --dbname="$db"
	lacks geheim "$out" "$err"
	fails 1 pgbackpipe backup --dbname="$db" --min-size=1G
	[[ $(jq -r .type "$BATS_TEST_TMPDIR/body") == \
		$'backup.completed\nbackup.failed' ]]
	[[ $(jq -r .data.cause "$BATS_TEST_TMPDIR/body" | tail -n 1) == *MIN_SIZE* ]]
	NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/geheim works pgbackpipe notify latest
	says "warning"
	lacks geheim "$out" "$err"
}

@test "the units of systemd are well-formed" {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze here"
	mkdir "$BATS_TEST_TMPDIR/units"
	for unit in "$top"/pipelines/systemd/*; do
		sed "s|/usr/local/bin/pgbackpipe|$(command -v true)|" "$unit" \
			>"$BATS_TEST_TMPDIR/units/${unit##*/}"
	done
	systemd-analyze verify "$BATS_TEST_TMPDIR"/units/* >"$out" 2>&1 || true
	lacks -E 'pgbackpipe.*(efus|nknown|nvalid|bad unit)' "$out"
}

@test "list is quiet when cut by head" {
	works pgbackpipe create --dbname="$db"
	for _ in {1..5}; do
		pgbackpipe list 2>"$err" | head -n 1 >"$out"
		[[ $(cat "$out") == "Available Backups (1)" ]]
		[[ ! -s $err ]]
	done
}

@test "messages as JSON: one object a line, with the word backup" {
	works pgbackpipe create --dbname="$db" --log-format=json
	jq -e '.message | test("backup")' <"$err" >/dev/null
	PGPORT=1 fails 111 pgbackpipe create --dbname="$db" --host=127.0.0.1 \
		--log-format=json
	jq -e '.program and .severity and (.message | test("backup"))' \
		<"$err" >/dev/null
}

@test "no secret is printed, logged or seen in an argument" {
	fails 100 pgbackpipe create --dbname="postgresql://u:geheim@h/x"
	lacks geheim "$out" "$err"
	PGPASSWORD=geheim works pgbackpipe config
	lacks geheim "$out"
	printf 'PGPASSWORD=geheim\n' >"$BATS_TEST_TMPDIR/c.env"
	works pgbackpipe create -v --dbname="$db" \
		--config="$BATS_TEST_TMPDIR/c.env"
	lacks geheim "$out" "$err"
}

@test "configuration: option, environment, file, default" {
	conf=$BATS_TEST_TMPDIR/c.env
	printf 'BACKUP_RETENTION_DAYS=3 # days\nBACKUP_MAX_COUNT=9\nBACKUP_RETENTION_DAY=3\n' >"$conf"
	works pgbackpipe config --config="$conf"
	says 'BACKUP_RETENTION_DAYS'
	grep -qE '^BACKUP_RETENTION_DAYS +3 +file' "$out"
	BACKUP_RETENTION_DAYS=4 works pgbackpipe config --config="$conf"
	grep -qE '^BACKUP_RETENTION_DAYS +4 +environment' "$out"
	BACKUP_RETENTION_DAYS=4 works pgbackpipe config --config="$conf" \
		--retention-days=5
	grep -qE '^BACKUP_RETENTION_DAYS +5 +option' "$out"
	PGBACKPIPE_CONFIG=$conf works pgbackpipe config
	grep -qE '^BACKUP_MAX_COUNT +9 +file' "$out"
	printf 'X=$(touch %s/ran)\n' "$BATS_TEST_TMPDIR" >>"$conf"
	works pgbackpipe config --config="$conf"
	[[ ! -e $BATS_TEST_TMPDIR/ran ]]
}

@test "secrets may come from files, in every word of a run" {
	conf=$BATS_TEST_TMPDIR/c.env
	echo geheim >"$BATS_TEST_TMPDIR/secret"
	printf 'PGPASSWORD_FILE=%s\n' "$BATS_TEST_TMPDIR/secret" >"$conf"
	works pgbackpipe backup --dbname="$db" --config="$conf"
	PGPASSWORD_FILE=$BATS_TEST_TMPDIR/secret works pgbackpipe backup \
		--dbname="$db"
}

@test "the manual's table of settings is the one in use" {
	sed -n '/<!-- settings:/,/<!-- end of settings/p' "$top/pipelines/README.md" |
		sed '1d;$d' >"$out"
	pgbackpipe config --table | diff "$out" -
	for word in $(sed -n 's/^   *\([a-z]*\)   .*/\1/p' "$top/pipelines/pgbackpipe" | head -30); do
		grep -qw -- "$word" "$top/pipelines/pgbackpipe.1"
	done
}

@test "Airflow's tasks see every variable that is a setting" {
	python3 - "$top" >"$out" <<'END'
import ast, re, sys
top = sys.argv[1] + "/pipelines/"
dag = open(top + "airflow/backup_dag.py").read()
passed = ast.literal_eval(re.search(r"PASSED_ON = (\(.*?\n\))", dag, re.S)[1])
for line in open(top + "settings.tsv"):
    row = line.rstrip("\n").split("\t")
    if line.startswith("#") or row[2] == "later":
        continue
    for name in [row[0]] + row[4].split(","):
        if name != "-" and "." not in name and not name.startswith(passed):
            print("not passed on:", name)
END
	[[ ! -s $out ]] || cat "$out"
	[[ ! -s $out ]]
}

@test "env and filter lead to the filters" {
	[[ $("$build/bin/pgbackpipe" version) == "$(pgbackpipe version)" ]]
	works bash -c 'eval "$(pgbackpipe env)"; sha-tee --version; prune --version'
	works pgbackpipe filter manifest --version
	fails 100 pgbackpipe filter nonsense
	fails 100 pgbackpipe filter ../../bin/true
}

@test "make install: the words find their filters" {
	make -s -C "$top" BUILD="$build" DESTDIR="$BATS_TEST_TMPDIR/root" \
		PREFIX=/opt/pb install
	root=$BATS_TEST_TMPDIR/root
	export PGBACKPIPE_BINDIR=$root/opt/pb/bin
	export PGBACKPIPE_LIBEXECDIR=$root/opt/pb/libexec/pgbackpipe
	works "$root/opt/pb/share/pgbackpipe/pipelines/pgbackpipe" backup \
		--dbname="$db"
	[[ $(json .result) == good ]]
}

@test "the DAG's commands run with env -i, stdin closed, in three directories" {
	python3 "$top/tests/bats/dag-commands.py" \
		"$top/pipelines/airflow/backup_dag.py" >"$BATS_TEST_TMPDIR/dag.json"
	[[ $(jq -c '[.tasks[].id]' "$BATS_TEST_TMPDIR/dag.json") == \
		'["create_backup","verify_backup","send_notification","outcome"]' ]]
	local dirs=(/ /usr "$BATS_TEST_TMPDIR") i=0
	for task in create_backup verify_backup send_notification; do
		command=$(jq -r --arg t "$task" '.tasks[] | select(.id == $t) | .command' \
			"$BATS_TEST_TMPDIR/dag.json")
		[[ $command == 'exec </dev/null'* ]]
		cd "${dirs[i++]}"
		env -i PGBACKPIPE="$top/pipelines/pgbackpipe" BUILD="$build" \
			PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" \
			PGPASSFILE="$PGPASSFILE" PGDATABASE="$db" BACKUP_STORE="$store" \
			BACKUP_RUN_ID=database_backup_pipeline:manual__1 \
			BACKUP_TYPE=manual DESCRIPTION='$(id) "x"' \
			"$(command -v bash)" -c "$command" <&- >"$out" 2>&1
		# XCom: the last line of both.
		[[ $(json .result) =~ ^(created|good|notified)$ ]]
		[[ $task == send_notification ||
			$(json .description) == '$(id) "x"' ]]
	done
	[[ $(json .event) == backup.completed ]]
}
