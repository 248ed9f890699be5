#!/usr/bin/env bats
# settings: order of sources, what a file may hold, secrets, outputs.

load helper

setup() {
	table=$top/pipelines/settings.tsv
	config=$BATS_TEST_TMPDIR/x.env
	: >"$config"
	for name in $(compgen -e | grep -E '^(BACKUP|PG|POSTGRES|AWS|MINIO|S3_|NOTIFY)'); do
		unset "$name"
	done
}

# lacks [-e] TEXT... FILE
lacks() {
	if grep -q "$@"; then return 1; fi
}

# value NAME: what --export says it is, through a real shell's eval.
value() {
	settings --table="$table" --file="$config" "${@:2}" --export \
		>"$BATS_TEST_TMPDIR/exports" || return
	(
		set -eu
		# shellcheck disable=SC1091 # made above
		. "$BATS_TEST_TMPDIR/exports"
		printf '%s' "${!1}"
	)
}

@test "option, environment, file, default win in this order" {
	[[ $(value BACKUP_MIN_KEEP) == 1 ]]
	echo 'BACKUP_MIN_KEEP=2' >"$config"
	[[ $(value BACKUP_MIN_KEEP) == 2 ]]
	export BACKUP_MIN_KEEP=3
	[[ $(value BACKUP_MIN_KEEP) == 3 ]]
	[[ $(value BACKUP_MIN_KEEP --set=BACKUP_MIN_KEEP=4) == 4 ]]
	settings --table="$table" --file="$config" --show >"$out"
	grep -qE '^BACKUP_MIN_KEEP +3 +environment$' "$out"
}

@test "an empty variable counts as not set, an empty line in a file empties" {
	printf 'BACKUP_MIN_KEEP=2\nBACKUP_RETRY=\n' >"$config"
	BACKUP_MIN_KEEP='' run value BACKUP_MIN_KEEP
	[[ $output == 2 ]]
	[[ -z $(value BACKUP_RETRY) ]]
}

@test "a file is parsed, never run" {
	cat >"$config" <<-'END'
		BACKUP_DESCRIPTION=$(touch ran) `touch ran` ${HOME} \
		BACKUP_NAME="echo \"x\" # kept" # a comment
		export  ENVIRONMENT='it'\''s'	# another
	END
	printf 'BACKUP_SERIES=main\r\n' >>"$config"
	cd "$BATS_TEST_TMPDIR"
	# shellcheck disable=SC2016 # literal
	[[ $(value BACKUP_DESCRIPTION) == '$(touch ran) `touch ran` ${HOME} \' ]]
	[[ $(value BACKUP_NAME) == 'echo "x" # kept' ]]
	[[ $(value ENVIRONMENT) == "it's" ]]
	[[ $(value BACKUP_SERIES) == main ]]
	[[ ! -e ran ]]
}

@test "true, 1, yes, on and their opposites, in any case" {
	for word in true 1 yes on TRUE Yes; do
		echo "BACKUP_ENABLED=$word" >"$config"
		[[ $(value BACKUP_ENABLED) == true ]]
	done
	for word in false 0 no off OFF; do
		echo "BACKUP_ENABLED=$word" >"$config"
		[[ $(value BACKUP_ENABLED) == false ]]
	done
	echo "BACKUP_ENABLED=maybe" >"$config"
	fails 100 settings --table="$table" --file="$config" --export
	says 'BACKUP_ENABLED=maybe'
	says 'line 1'
	[[ ! -s $out ]]
}

@test "an unknown key is a warning with the nearest known name" {
	printf 'BACKUP_RETENTION_DAY=7\nbucketname=x\nQUITE_ELSE=1\n' >"$config"
	works settings --table="$table" --file="$config" --export
	says 'unknown setting "BACKUP_RETENTION_DAY", did you mean "BACKUP_RETENTION_DAYS"?'
	says 'did you mean "bucket_name"?'
	says 'line 3: unknown setting "QUITE_ELSE"'
	lacks QUITE "$out"
}

@test "a setting on which nothing acts yet is told, shown as such, not exported" {
	printf 'cron_schedule=0 2 * * *\nHISTORY_TABLE=\n' >"$config"
	export BACKUP_PORT=tcp://10.0.0.1:3001
	works settings --table="$table" --file="$config" --export
	says 'line 1, cron_schedule) has no effect yet: nothing here starts'
	says 'setting BACKUP_PORT (environment) has no effect yet'
	[[ $(grep -c warning "$err") == 2 ]]
	lacks -e BACKUP_PORT -e SCHEDULE= -e HISTORY "$out"
	works settings --table="$table" --file="$config" --show
	grep -qE '^BACKUP_SCHEDULE .*, without effect$' "$out"
	works settings --table="$table" --file="$config" --json
	[[ $(jq -c '[.settings[] | select(.effect | not) | .name]' "$out") == \
		'["BACKUP_SCHEDULE","HISTORY_TABLE","BACKUP_PORT"]' ]]
}

@test "a misspelt variable of the environment is a warning; another's is not" {
	export BACKUP_RETENTION_DAY=7 BACKUP_HOST=x BACKUP_TOOL_URI=y NOTIFY_NO=z
	works settings --table="$table" --export
	says 'environment: unknown setting "BACKUP_RETENTION_DAY", did you mean "BACKUP_RETENTION_DAYS"?'
	says 'did you mean "NOTIFY_ON"?'
	[[ $(grep -c warning "$err") == 2 ]]
}

@test "an unknown --set is exit 100" {
	fails 100 settings --table="$table" --set=BACKUP_JOB=2 --export
	says 'did you mean "BACKUP_JOBS"'
	fails 100 settings --table="$table" --set=nonsense --export
}

@test "a line that is not a setting is exit 100 and is not repeated" {
	printf 'BACKUP_SERIES=a\nsource other.env geheim\n' >"$config"
	fails 100 settings --table="$table" --file="$config" --export
	says 'line 2: not KEY=value'
	lacks geheim "$err"
	fails 100 settings --table="$table" --file="$config.none" --export
}

@test "NAME_FILE reads a value from a file, in every source" {
	printf 'geheim\n' >"$BATS_TEST_TMPDIR/secret"
	echo "PGPASSWORD_FILE=$BATS_TEST_TMPDIR/secret" >"$config"
	[[ $(value PGPASSWORD) == geheim ]]
	: >"$config"
	POSTGRES_PASSWORD_FILE=$BATS_TEST_TMPDIR/secret \
		settings --table="$table" --export >"$out"
	grep -qx "export PGPASSWORD='geheim'" "$out"
	[[ $(value PGPASSWORD --set="PGPASSWORD_FILE=$BATS_TEST_TMPDIR/secret") == geheim ]]
	export PGPASSWORD=other PGPASSWORD_FILE=$BATS_TEST_TMPDIR/secret
	fails 100 settings --table="$table" --export
	says 'cannot use both'
	unset PGPASSWORD
	PGPASSWORD_FILE=$BATS_TEST_TMPDIR/none fails 100 settings --table="$table" --export
	: >"$BATS_TEST_TMPDIR/secret"
	fails 100 settings --table="$table" --export
	says 'it is empty'
}

@test "secrets are masked in --show and --json, and refused in --set" {
	export PGPASSWORD=geheim NOTIFY_WEBHOOK_URL=https://x/geheim
	works settings --table="$table" --show
	lacks geheim "$out"
	grep -qE '^PGPASSWORD +\*+ +environment' "$out"
	works settings --table="$table" --json
	lacks geheim "$out"
	[[ $(jq -r '.settings[] | select(.name == "PGPASSWORD") | [.value, .set, .secret, .source] | tostring' "$out") == '[null,true,true,"environment"]' ]]
	fails 100 settings --table="$table" --set=PGPASSWORD=geheim --export
	lacks geheim "$err"
	says 'PGPASSWORD_FILE'
	# A bad secret is told without its text.
	printf 'AWS_SECRET_ACCESS_KEY="geheim\n' >"$config"
	fails 100 settings --table="$table" --file="$config" --export
	lacks geheim "$err"
}

@test "PG* wins over POSTGRES_*, in one source" {
	printf 'POSTGRES_HOST=a\nPGHOST=b\nPOSTGRES_DB=shop\n' >"$config"
	[[ $(value PGHOST) == b ]]
	[[ $(value PGDATABASE) == shop ]]
	printf 'PGHOST=b\nPOSTGRES_HOST=a\n' >"$config"
	[[ $(value PGHOST) == b ]]
	: >"$config"
	export POSTGRES_HOST=c
	[[ $(value PGHOST) == c ]]
	export PGHOST=d
	[[ $(value PGHOST) == d ]]
}

@test "variables of libraries are passed on, and only when set" {
	printf 'PGAPPNAME=x\nAWS_PROFILE=y\nAWS_SDK_LOAD_CONFIG=1\n' >"$config"
	[[ $(value PGAPPNAME) == x ]]
	[[ $(value AWS_PROFILE 2>"$err") == y ]]
	# One that no program here reads must not look as if it were heeded.
	says 'unknown setting "AWS_SDK_LOAD_CONFIG"'
	lacks PGHOST "$BATS_TEST_TMPDIR/exports"
	grep -qx "export BACKUP_STORE=''" "$BATS_TEST_TMPDIR/exports"
}

@test "BACKUP_DIR and BACKUP_BUCKET are other ways to say BACKUP_STORE" {
	cd "$BATS_TEST_TMPDIR"
	echo 'SQL_DUMP_DIR=./sql_dumps' >"$config"
	[[ $(value BACKUP_STORE) == "file://$PWD/sql_dumps" ]]
	echo 'BACKUP_DIR=/app/backups/database' >"$config"
	[[ $(value BACKUP_STORE) == file:///app/backups/database ]]
	printf 'bucket_name=b\nobject_prefix=backups/db/\nstorage.backend=s3\n' >"$config"
	[[ $(value BACKUP_STORE) == s3://b/backups/db/ ]]
	export BACKUP_DIR=/elsewhere
	sed -i '/backend/d' "$config"
	[[ $(value BACKUP_STORE) == file:///elsewhere ]]
	[[ $(value BACKUP_STORE --set=BACKUP_STORE=s3://c/d) == s3://c/d ]]
	fails 100 settings --table="$table" --set=BACKUP_STORE=http://x --export
	says 's3:// or file:///'
}

@test "a backend without its bucket, an unknown backend: exit 100 with the key" {
	echo 'storage.backend=s3' >"$config"
	fails 100 settings --table="$table" --file="$config" --export
	says bucket_name
	echo 'storage.backend=ftp' >"$config"
	fails 100 settings --table="$table" --file="$config" --export
	says storage.backend
}

@test "every wrong value is told at once" {
	cat >"$config" <<-'END'
		BACKUP_JOBS=many
		BACKUP_MIN_KEEP=0
		MIN_SIZE=big
		BACKUP_RETRY=soon
		FILE_MODE=rw
		BACKUP_TIMEZONE=Mars/Olympus
		RETENTION_RULE=neither
		BACKUP_FORMAT=xml
		AWS_ENDPOINT_URL=ftp://x
	END
	fails 100 settings --table="$table" --file="$config" --export
	[[ $(grep -c fatal "$err") == 9 ]]
	[[ ! -s $out ]]
}

@test "an endpoint without a scheme is http" {
	echo 'MINIO_ENDPOINT=minio:9000' >"$config"
	[[ $(value AWS_ENDPOINT_URL) == http://minio:9000 ]]
}

@test "what --export prints can be read back as a file" {
	printf '%s\n' "BACKUP_DESCRIPTION=\"it's # \\\$x\"" >"$config"
	local first
	first=$(value BACKUP_DESCRIPTION)
	settings --table="$table" --file="$config" --export >"$BATS_TEST_TMPDIR/back"
	config=$BATS_TEST_TMPDIR/back
	[[ $(value BACKUP_DESCRIPTION) == "$first" ]]
	[[ $first == "it's # \$x" ]]
}

@test "the table is well-formed and its defaults hold" {
	works settings --table="$table" --show
	awk -F'\t' '!/^#/ && NF != 6 {exit 1}' "$table"
	[[ -z $(grep -v '^#' "$table" | cut -f1 | sort | uniq -d) ]]
	fails 100 settings --export
	fails 100 settings --table="$table"
	fails 100 settings --table="$table" --show --json
	fails 100 settings --table="$table.none" --show
}
