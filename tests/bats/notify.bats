#!/usr/bin/env bats
# notify: the log line and the webhook.

load helper

good='{"event":"backup.completed","run_id":"run.1","database":"shop","name":"x.sql.gz","size_bytes":1048576,"row_count":12,"duration_seconds":2.5,"verified_at":"t"}'
bad='{"event":"backup.failed","run_id":"r2","database":"shop","cause":"no space left","stage":"s3-put","retry":true,"last_good":{"name":"y.sql.gz","age":"2 h"}}'

setup() {
	unset NOTIFY_WEBHOOK_URL NOTIFY_WEBHOOK_SECRET NOTIFY_WEBHOOK_URL_FILE \
		NOTIFY_WEBHOOK_SECRET_FILE NOTIFY_ON
	requests=$BATS_TEST_TMPDIR/requests
}

teardown() {
	[[ -z ${receiver-} ]] || kill "$receiver" 2>/dev/null || true
}

# receive STATUS[:HEADER]...: a webhook receiver that answers so, in turn,
# and keeps what it got in $requests.
receive() {
	python3 - "$requests" "$BATS_TEST_TMPDIR/port" "$@" 3>&- >/dev/null <<'PY' &
import http.server, json, os, sys
requests, port_file, answers = sys.argv[1], sys.argv[2], sys.argv[3:]
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(requests, "a") as file:
            file.write(json.dumps({"path": self.path, "body": body, "headers":
                {k.lower(): v for k, v in self.headers.items()}}) + "\n")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status, _, header = answer.partition(":")
        self.send_response(int(status))
        if header:
            self.send_header(*header.split("=", 1))
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
PY
	receiver=$!
	until [[ -s $BATS_TEST_TMPDIR/port ]]; do sleep 0.05; done
	export NOTIFY_WEBHOOK_URL="http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/hook/s3cret"
}

tell() {
	printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/outcome"
	works notify --outcome="$BATS_TEST_TMPDIR/outcome" "${@:2}"
}

@test "a good outcome is one line with name, size, rows and time" {
	tell "$good"
	[[ $(wc -l <"$err") == 1 ]]
	says "backup completed of database shop: x.sql.gz, 1.00 MiB, 12 rows, took 2.5 s, verified"
	[[ ! -s $out ]]
	tell "$good" -q
	[[ ! -s $err ]]
}

@test "a failure says cause, stage, retry and the last good backup" {
	tell "$bad" -q
	says "backup failed of database shop: no space left; stage s3-put; a retry may help; last good backup \"y.sql.gz\", age 2 h"
}

@test "hostile names stay on one line" {
	tell '{"event":"backup.failed","database":"a\nb\u001b[31m","cause":"x\ry"}'
	[[ $(wc -l <"$err") == 1 ]]
	lacks $'\033' "$err"
}

@test "an outcome that is none is exit 100" {
	for text in '' '{' '[]' '{}' '{"event":1}' '{"event":"x"} y'; do
		printf '%s' "$text" >"$BATS_TEST_TMPDIR/outcome"
		fails 100 notify --outcome="$BATS_TEST_TMPDIR/outcome"
	done
	fails 100 notify --outcome=/no/such/file
	fails 100 notify --webhook-on=sometimes
}

@test "the webhook gets the outcome, its id without a dot" {
	receive 200
	tell "$good"
	jq -e '.path == "/hook/s3cret" and .headers["content-type"] == "application/json"
		and .headers["webhook-id"] == "msg_backup-completed_run-1"
		and (.headers["webhook-timestamp"] | tonumber) > 1700000000
		and (.headers | has("webhook-signature") | not)
		and (.headers | has("expect") | not)
		and (.body | fromjson | .type == "backup.completed"
		and .data.row_count == 12)' "$requests"
}

@test "the signature is that of Standard Webhooks" {
	receive 200
	export NOTIFY_WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
	tell "$good"
	python3 - "$requests" <<'PY'
import base64, hashlib, hmac, json, sys
got = json.load(open(sys.argv[1]))
h = got["headers"]
key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
text = f'{h["webhook-id"]}.{h["webhook-timestamp"]}.{got["body"]}'.encode()
mac = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
assert h["webhook-signature"] == "v1," + mac
PY
	export NOTIFY_WEBHOOK_SECRET='whsec_no base64'
	fails 100 notify --outcome="$BATS_TEST_TMPDIR/outcome"
}

@test "URL and secret can come from files; neither is ever printed" {
	receive 500
	printf '%s\n' "$NOTIFY_WEBHOOK_URL" >"$BATS_TEST_TMPDIR/url"
	unset NOTIFY_WEBHOOK_URL
	export NOTIFY_WEBHOOK_URL_FILE=$BATS_TEST_TMPDIR/url
	tell "$good" --retry=1s -v
	[[ -s $requests ]]
	says "answered with status 500"
	lacks s3cret "$err"
	NOTIFY_WEBHOOK_URL_FILE=/no/such fails 100 notify \
		--outcome="$BATS_TEST_TMPDIR/outcome"
}

@test "what may pass is tried again with the same id, what will not is not" {
	receive 503:Retry-After=1 429 200
	tell "$good" --strict
	[[ $(wc -l <"$requests") == 3 ]]
	[[ $(jq -r '.headers["webhook-id"]' "$requests" | sort -u | wc -l) == 1 ]]
	kill "$receiver"
	for answer in 400 404 410 301:Location=http://127.0.0.1:1/; do
		rm -f "$requests" "$BATS_TEST_TMPDIR/port"
		receive "$answer"
		fails 111 notify --strict --outcome="$BATS_TEST_TMPDIR/outcome"
		[[ $(wc -l <"$requests") == 1 ]]
		kill "$receiver"
	done
}

@test "a webhook that is away is a warning; with --strict exit 111" {
	export NOTIFY_WEBHOOK_URL=http://127.0.0.1:9/x
	tell "$good" --retry=1s
	says 'could not tell webhook "http://127.0.0.1:9"'
	fails 111 notify --strict --retry=1s --outcome="$BATS_TEST_TMPDIR/outcome"
	export NOTIFY_WEBHOOK_URL=ftp://x/
	fails 100 notify --outcome="$BATS_TEST_TMPDIR/outcome"
}

@test "--webhook-on=failure keeps good news to the log" {
	receive 200 200
	tell "$good" --webhook-on=failure
	[[ ! -e $requests ]]
	tell "$bad" --webhook-on=failure
	[[ $(wc -l <"$requests") == 1 ]]
}

@test "the error may be an object of its own; ages may be seconds; none is told" {
	tell '{"event":"backup.failed","error":{"cause":"x","stage":"verify","retry_helps":false},"last_good":{"name":"a","age":10000}}'
	says 'warning: backup failed: x; stage verify; a retry will not help; last good backup "a", age 2h 46m'
	tell '{"event":"restore.failed","database":"shop","last_good":null}'
	says 'warning: backup: restore.failed of database shop; there is no good backup'
	tell '{"event":"backup.completed","row_count":12,"table_count":3,"duration_seconds":75.5}'
	says 'info: backup completed, 12 rows in 3 tables, took 1m 15s'
	tell "$good" --log-format=json
	jq -e '.severity == "info" and (.message | test("backup"))' "$err"
}

@test "a writer that died is not believed" {
	printf '%s\n' "$good" >"$BATS_TEST_TMPDIR/outcome"
	stage "$BATS_TEST_TMPDIR/none" sha-tee --report=no/such/directory \
		<"$BATS_TEST_TMPDIR/outcome" 2>/dev/null |
		stage "$BATS_TEST_TMPDIR/status" notify 2>"$err" || true
	[[ $(cat "$BATS_TEST_TMPDIR/status") == 111 ]]
	lacks completed "$err"
}

@test "two secrets while one takes over from the other; secrets that are none" {
	receive 200
	export NOTIFY_WEBHOOK_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	tell "$good" --strict
	[[ $(jq -r '.headers["webhook-signature"]' "$requests" | grep -oE 'v1,[A-Za-z0-9+/]{43}=' | sort -u | wc -l) == 2 ]]
	for secret in s3cret whsec_ whsec_czNjcmV0; do
		NOTIFY_WEBHOOK_SECRET=$secret fails 100 notify --outcome="$BATS_TEST_TMPDIR/outcome"
		says 'cannot use NOTIFY_WEBHOOK_SECRET'
		lacks s3cret "$err"
	done
}

@test "a URL that is none is exit 100, and is not printed" {
	printf '%s\n' "$good" >"$BATS_TEST_TMPDIR/outcome"
	for url in s3cret file:///s3cret ftp://x/s3cret 'http://a b/s3cret' https://; do
		NOTIFY_WEBHOOK_URL=$url fails 100 notify --outcome="$BATS_TEST_TMPDIR/outcome"
		lacks s3cret "$err"
	done
	NOTIFY_WEBHOOK_URL=http://user:s3cret@127.0.0.1:9/s3cret?s3cret \
		works notify --retry=0 --outcome="$BATS_TEST_TMPDIR/outcome"
	says '"http://127.0.0.1:9"'
	lacks s3cret "$err"
}

@test "NOTIFY_ON chooses too; a test is always told" {
	receive 200
	NOTIFY_ON=failure tell "$good"
	[[ ! -e $requests ]]
	NOTIFY_ON=failure tell "$good" --webhook-on=always
	NOTIFY_ON=failure works notify --test
	says 'info: backup test'
	[[ $(jq -r '.body | fromjson | .type' "$requests" | paste -sd' ') == "backup.completed backup.test" ]]
	NOTIFY_ON=sometimes fails 100 notify --test
}

@test "tables are left out, and a body stays below 20 kB" {
	receive 200
	tell "$(jq -c '. + {tables: [{schema: "s", name: "t"}]}' <<<"$good")"
	jq -e '.body | fromjson | .data | has("tables") | not' "$requests"
	rm "$requests"
	tell "$(jq -c '. + {extra: ("x" * 30000), cause: ("ü" * 3000)}' <<<"$bad")"
	jq -e '(.body | length < 20000) and (.body | fromjson |
		.data.database == "shop" and (.data.cause | length > 200) and
		(.data | has("extra") | not))' "$requests"
}

@test "a stop signal ends the wait for a webhook" {
	receive 503:Retry-After=60
	printf '%s\n' "$good" >"$BATS_TEST_TMPDIR/outcome"
	notify --retry=10m --outcome="$BATS_TEST_TMPDIR/outcome" 2>"$err" </dev/null 3>&- &
	pid=$!
	until [[ -s $requests ]]; do sleep 0.05; done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	((status == 143))
}

@test "a receiver that drips is given up after 15 seconds" {
	[[ ${FULL:-0} == 1 ]] || skip "part of --full"
	python3 - "$BATS_TEST_TMPDIR/port" 3>&- >/dev/null <<'PY' &
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
client = server.accept()[0]
while True:
    client.send(b"X-A: b\r\n" if time.sleep(1) else b"HTTP/1.1 100 Continue\r\n\r\n")
PY
	receiver=$!
	until [[ -s $BATS_TEST_TMPDIR/port ]]; do sleep 0.05; done
	NOTIFY_WEBHOOK_URL=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/x
	export NOTIFY_WEBHOOK_URL
	printf '%s\n' "$good" >"$BATS_TEST_TMPDIR/outcome"
	SECONDS=0
	fails 111 notify --strict --retry=0 --outcome="$BATS_TEST_TMPDIR/outcome"
	((SECONDS >= 14 && SECONDS <= 20))
}
