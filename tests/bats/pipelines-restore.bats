#!/usr/bin/env bats
# The driver: restore in all its forms.

load helper
load pipelines-helper

setup() {
	driver_setup
	works pgbackpipe create --dbname="$db"
	name=$(json .name)
	before=$(dump_of "$db")
}

damage() {
	sql "$db" 'DELETE FROM orders WHERE id % 3 = 0'
}

@test "it shows what will happen, asks, and does it" {
	damage
	on_terminal yes "pgbackpipe restore latest --dbname='$db' 2>&1" >"$out"
	for text in "$name" "$db" "Type yes" MB "__before_" --undo --drop-old; do
		grep -qF -e "$text" "$out" || {
			echo "not shown: $text"
			cat "$out"
			return 1
		}
	done
	[[ $(dump_of "$db") == "$before" ]]
	ls "$(path_of "$store")/$name".restored-*.json
}

@test "any other answer, end of input, or no terminal: nothing is changed" {
	damage
	damaged=$(dump_of "$db")
	for answer in no y YES ''; do
		status=0
		on_terminal "$answer" \
			"pgbackpipe restore latest --dbname='$db' 2>&1" >"$out" ||
			status=$?
		((status == 100))
		grep -q 'nothing was changed' "$out"
		grep -q -e '--no-confirm' "$out"
	done
	fails 100 pgbackpipe restore latest --dbname="$db"
	says "nothing was changed"
	says "--no-confirm"
	status=0
	echo yes | pgbackpipe restore latest --dbname="$db" 2>"$err" || status=$?
	((status == 100))
	[[ $(dump_of "$db") == "$damaged" ]]
	[[ $(sql postgres "SELECT count(*) FROM pg_database
		WHERE datname LIKE '$db%'") == 1 ]]
	no_work_left
}

@test "a dry run checks and shows, and changes nothing" {
	damage
	damaged=$(dump_of "$db")
	works pgbackpipe restore latest --dbname="$db" --dry-run
	[[ $(json .result) == dry-run ]]
	[[ $(dump_of "$db") == "$damaged" ]]
}

@test "--undo swaps the old database back" {
	damage
	damaged=$(dump_of "$db")
	works pgbackpipe restore latest --dbname="$db" --no-confirm
	old=$(json .old_database)
	[[ $old == "$db"__before_* ]]
	# The plan named it before it was there.
	says "old one      is kept as \"$old\""
	[[ $(dump_of "$db") == "$before" ]]
	on_terminal no "pgbackpipe restore --undo --dbname='$db'" >"$out" || true
	grep -qF "back to what it was, \"$old\"? Type yes" "$out"
	works pgbackpipe restore --undo --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$damaged" ]]
	fails 100 pgbackpipe restore --undo --dbname="$db"
}

@test "by name, by a unique beginning, by --backup; several are listed" {
	BACKUP_NAME='other_%H%M%S.{extension}' works pgbackpipe create --dbname="$db"
	for options in "$name" "${name:0:${#name}-4}" "--backup=$name"; do
		damage
		works pgbackpipe restore "$options" --dbname="$db" --no-confirm
		[[ $(dump_of "$db") == "$before" ]]
	done
	BACKUP_NAME='other_x%H%M%S.{extension}' works pgbackpipe create --dbname="$db"
	fails 100 pgbackpipe restore other_ --dbname="$db" --no-confirm
	says "beginning of 2 backups"
	says "other_x"
	fails 100 pgbackpipe restore nothing --dbname="$db" --no-confirm
	says 'no backup "nothing"'
}

@test "--before DATE takes the newest made before it" {
	url=$store/$name
	age_manifest "$url" 10
	sql "$db" 'CREATE TABLE later ()'
	works pgbackpipe create --dbname="$db"
	works pgbackpipe restore --before="$(date -u -d '-5 days' +%F)" \
		--dbname="$db" --no-confirm
	[[ $(json .name) == "$name" ]]
	[[ $(dump_of "$db") == "$before" ]]
	fails 100 pgbackpipe restore --before="$(date -u -d '-11 days' +%F)" \
		--dbname="$db" --no-confirm
	fails 100 pgbackpipe restore --before=yesterday --dbname="$db"
}

@test "--list and --latest" {
	works pgbackpipe restore --list
	grep -q "^Available Backups (1)$" "$out"
	damage
	works pgbackpipe restore --latest --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
}

@test "into another database, which is new" {
	works pgbackpipe restore latest --dbname="$db" \
		--target-dbname="${db}_new" --no-confirm
	[[ $(dump_of "${db}_new") == "$before" ]]
}

@test "a file copied out, with its manifest and without" {
	mkdir "$BATS_TEST_TMPDIR/usb"
	cp "$(path_of "$store")/$name" "$BATS_TEST_TMPDIR/usb/"
	cd "$BATS_TEST_TMPDIR/usb"
	unset BACKUP_STORE
	damage
	works pgbackpipe restore "./$name" --no-confirm
	says "no manifest"
	[[ $(dump_of "$db") == "$before" ]]
	cp "$(path_of "$store")/$name.json" .
	damage
	works pgbackpipe restore "./$name" --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
	truncate -s -30 "$name"
	fails 1 pgbackpipe restore "./$name" --dbname="$db" --no-confirm
	rm -- "$name.json"
	fails 1 pgbackpipe restore "./$name" --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
	fails 100 pgbackpipe restore ./none.sql.gz --dbname="$db" --no-confirm
}

@test "a stock dump of another tool is restored after a check" {
	pg_dump -d "$db" | gzip >"$(path_of "$store")/theirs.sql.gz"
	damage
	works pgbackpipe restore theirs --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
	pg_dump -d "$db" | head -c 3000 | gzip >"$(path_of "$store")/cut.sql.gz"
	fails 1 pgbackpipe restore cut --dbname="$db" --no-confirm
	[[ $(dump_of "$db") == "$before" ]]
}

@test "a restore that fails half-way leaves the live database as it was" {
	pg_dump -d "$db" --no-owner >"$BATS_TEST_TMPDIR/bad.sql"
	sed -i '/^COPY public.orders/,/^\\\.$/s/^7\t/seven\t/' "$BATS_TEST_TMPDIR/bad.sql"
	gzip "$BATS_TEST_TMPDIR/bad.sql"
	run pgbackpipe restore "$BATS_TEST_TMPDIR/bad.sql.gz" \
		--dbname="$db" --no-confirm
	[[ $status != 0 ]]
	[[ $(dump_of "$db") == "$before" ]]
	[[ $(sql postgres "SELECT count(*) FROM pg_database
		WHERE datname LIKE '$db%'") == 1 ]]
}

@test "a password as an option is in no process's arguments but the first" {
	export PW=geheim-9
	export AT_PROMPT="grep -lsa geheim-[9] /proc/[0-9]*/cmdline >$BATS_TEST_TMPDIR/seen || true"
	damage
	on_terminal yes 'pgbackpipe restore latest --target-password="$PW" \
		--target-dbname='"'$db'"' --dbname='"'$db'"' 2>&1' >"$out"
	grep -q "other users can see a password" "$out"
	lacks geheim-9 "$out"
	[[ -f $BATS_TEST_TMPDIR/seen && ! -s $BATS_TEST_TMPDIR/seen ]]
	[[ $(dump_of "$db") == "$before" ]]
	no_work_left
	fails 100 pgbackpipe restore --target-password=geheim-9 --nonsense
	no_work_left
	fails 100 pgbackpipe restore --target-password
}

@test "the target's password from a file" {
	echo geheim-9 >"$BATS_TEST_TMPDIR/pw"
	works pgbackpipe restore latest --dbname="$db" --no-confirm \
		--target-password-file="$BATS_TEST_TMPDIR/pw" \
		--target-username="$PGUSER" --target-host="$PGHOST" \
		--target-port="$PGPORT"
	fails 100 pgbackpipe restore latest --dbname="$db" --no-confirm \
		--target-password-file=/none
}

@test "--plan says what would happen, and reads no more than it needs" {
	works pgbackpipe restore "$name" --plan
	[[ $(json '[.result, .action] | @csv') == '"plan","swap"' ]]
	says 'is kept as'
	lacks "checking all of it" "$err"
	[[ $(dump_of "$db") == "$before" ]]
}

@test "one table, into the live database" {
	sql "$db" 'DROP TABLE orders CASCADE'
	works pgbackpipe restore "$name" --table=orders --dry-run
	says 'table "orders" is made in it'
	fails 100 pgbackpipe restore "$name" --table=none --no-confirm
	says 'none of that name'
	works pgbackpipe restore "$name" --table=public.orders --trust-verified --no-confirm
	[[ $(json '[.result, .mode, .row_count] | @csv') == '"restored","table",2000' ]]
	(($(json .bytes_read) > $(json .tail_bytes_read)))
	[[ $(sql "$db" 'SELECT count(*) FROM orders JOIN customers ON customer = customers.id') == 2000 ]]
	fails 100 pgbackpipe restore "$name" --table=orders --no-confirm
	says "there is one in the database"
	works pgbackpipe create --dbname="$db" --format=custom
	fails 100 pgbackpipe restore "$(json .name)" --table=orders --no-confirm
	says "cannot restore one table"
}

@test "frames are read by ranges; --jobs, --trust-verified, and the pipe" {
	damage
	works pgbackpipe restore latest --dbname="$db" --no-confirm --jobs=2
	[[ $(json .bytes_read) -gt 100 ]]
	says "checking all of it before anything else"
	[[ $(dump_of "$db") == "$before" ]]
	# Nobody has verified it yet.
	works pgbackpipe restore latest --dbname="$db" --no-confirm \
		--trust-verified
	says "checking all of it before anything else"
	works pgbackpipe verify latest
	damage
	works pgbackpipe restore latest --dbname="$db" --no-confirm \
		--trust-verified
	says "not read again"
	[[ $(dump_of "$db") == "$before" ]]
	# One transaction has one connection.
	damage
	works pgbackpipe restore latest --dbname="$db" --no-confirm --clean
	[[ $(json .bytes_read) == null ]]
	[[ $(dump_of "$db") == "$before" ]]
	# What pg-load does not read by ranges goes through the pipe by itself.
	pg-stream --dbname="$db" --no-catalog --report="$BATS_TEST_TMPDIR/a" |
		gzip-frame --report="$BATS_TEST_TMPDIR/b" |
		sha-tee --report="$BATS_TEST_TMPDIR/c" >"$BATS_TEST_TMPDIR/n.sql.gz"
	jq -s '.[0] + .[1] + .[2] + .[3] + {filename: "n.sql.gz"}' \
		"$(path_of "$store")/$name.json" "$BATS_TEST_TMPDIR"/[abc] \
		>"$BATS_TEST_TMPDIR/n.sql.gz.json"
	works pgbackpipe restore "$BATS_TEST_TMPDIR/n.sql.gz" --dbname="$db" \
		--no-confirm
	[[ $(json .bytes_read) == null ]]
	[[ $(dump_of "$db") == "$before" ]]
}
