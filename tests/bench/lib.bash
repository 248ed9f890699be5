# lib: what benchmarks have in common.
# Some variables are set or used in the other files, hence:
# shellcheck shell=bash disable=SC2034

# bench_help FILE ARGUMENT: the comment at the file's head. Exits.
bench_help() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"
	[[ $2 == --help ]] && exit 0
	exit 100
}

# A folder for this run, its name in $work: in memory where there is room for
# it, as a disk would be measured else. The caller removes it.
bench_work() {
	local room=0
	[[ ! -w /dev/shm ]] ||
		room=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
	work=$(mktemp -d -p "$( ((room > ${1:-4000})) && echo /dev/shm ||
		echo "${TMPDIR:-/tmp}")")
	chmod 0755 "$work"
}

# bench_median FILE [COLUMN]: the median of a column of numbers, to three places.
bench_median() {
	awk -v column="${2:-1}" '{print $column}' "$1" | sort -n |
		awk '{v[NR] = $1} END {
			printf "%.3f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'
}

# bench_database NAME SCALE: pgbench's of that scale with 75,000 orders with JSONB
# for each of it; 40 makes 1.2 GB.
bench_database() {
	createdb "$1"
	pgbench -i -q -s "$2" "$1" >/dev/null 2>&1
	psql -Xq -d "$1" -v rows=$(($2 * 75000)) <<'SQL'
CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS token,
    timestamptz '2026-01-01' + i * interval '1 s' AS at,
    (random() * 1000)::numeric(10,3) AS amount,
    jsonb_build_object('user', i % 5000,
        'kind', (array['view','buy','sell'])[1 + i % 3],
        'tags', array['a' || i % 11, 'b' || i % 17]) AS data
    FROM generate_series(1, :rows) i;
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE INDEX ON orders (at);
VACUUM ANALYZE;
CHECKPOINT;
SQL
	postmaster=$(psql -XqAt -d "$1" -c 'SHOW data_directory')/postmaster.pid
	postmaster=$(head -n 1 "$postmaster")
	psql -XqAt -d "$1" -c "SELECT 'database: ' ||
		pg_size_pretty(pg_database_size(current_database()))"
}

# Of the processes of bench_database's server that have ended, in hundredths of
# a second.
bench_server_time() {
	local -a stat
	read -r -a stat <"/proc/$postmaster/stat"
	echo $((stat[15] + stat[16]))
}
