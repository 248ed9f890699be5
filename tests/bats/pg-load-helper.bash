# pg-load-helper.bash: what the tests of pg-load share: a live database, whose
# name is in $live, and what lies beside it.
# shellcheck shell=bash
# shellcheck disable=SC2154 # live, out and err are the test's and helper.bash's

# databases NAME: those whose names begin so.
databases() {
	sql postgres "SELECT datname FROM pg_database
		WHERE starts_with(datname, '$1') ORDER BY 1"
}

# drop_all NAME: the databases whose names begin so, templates too.
drop_all() {
	psql -XqAt -v ON_ERROR_STOP=1 -d postgres <<-SQL
		SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname),
			format('DROP DATABASE %I WITH (FORCE)', datname)
		FROM pg_database WHERE starts_with(datname, '$1') \gexec
	SQL
}

# make_live NAME: the live database, with one row.
make_live() {
	live=$1
	createdb -T template0 -- "$live"
	sql "$live" "CREATE TABLE precious AS SELECT 42 AS answer"
}

# remember: what the live database is now, for `untouched`.
remember() {
	before=$(dump_of "$live" | sha256sum)
}

# nothing_beside: the live database is there, and no other of such a name.
nothing_beside() {
	[[ $(databases "$live") == "$live" ]] || {
		echo "left: $(databases "$live")"
		return 1
	}
}

# The live database is what it was, and nothing lies beside it.
untouched() {
	nothing_beside && [[ $(dump_of "$live" | sha256sum) == "$before" ]]
}

# feed FILE COMMAND...: with FILE as its input.
feed() {
	"${@:2}" <"$1" >"$out" 2>"$err"
}
