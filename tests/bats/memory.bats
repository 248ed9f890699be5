#!/usr/bin/env bats
# Memory does not depend on the size of the database.

load helper

# peak COMMAND...: run it, print its peak resident size in KiB to fd 5.
pipeline_peak() {
	python3 - "$1" "$2" <<'PY'
import os, resource, subprocess, sys, threading, time
# Peak resident size of every process of the line, pg_dump included: sampled,
# then the kernel's own high-water marks of the direct children.
database, url = sys.argv[1:]
line = (f"pg-stream -q --dbname={database} | gzip-frame | sha-tee | s3-put {url}")
run = subprocess.Popen(["bash", "-c", line], start_new_session=True)
peaks = {}
while run.poll() is None:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{pid}/stat").read()
            name = stat[stat.index("(") + 1:stat.rindex(")")]
            if int(stat[stat.rindex(")") + 2:].split()[3]) != run.pid:
                continue
            for row in open(f"/proc/{pid}/status"):
                if row.startswith("VmHWM:") and name != "bash":
                    key = name
                    peaks[key] = max(peaks.get(key, 0), int(row.split()[1]))
        except (OSError, ValueError):
            pass
    time.sleep(0.01)
print(peaks, file=sys.stderr)
print(sum(peaks.values()))
sys.exit(run.returncode)
PY
}

check_size() {
	not_sanitized
	local rows=$1 peak
	pg_env
	use_store file
	new_database "memory_$rows"
	sql "memory_$rows" "CREATE UNLOGGED TABLE t AS SELECT i, repeat(md5(i::text), 30) AS x
		FROM generate_series(1, $rows) i"
	peak=$(pipeline_peak "memory_$rows" "$store/x")
	dropdb "memory_$rows"
	echo "peak of the whole line: $peak KiB"
	((peak < 128 * 1024))
}

@test "the whole line stays under 128 MiB on a 1 GB database" {
	check_size 1050000
}

@test "the whole line stays under 128 MiB on a 4 GB database" {
	((${FULL:-0})) || skip "part of --full"
	check_size 4200000
}

@test "the same to an S3 server" {
	not_sanitized
	pg_env
	new_database memory_s3
	sql memory_s3 "CREATE UNLOGGED TABLE t AS SELECT i, md5(random()::text) || repeat('x', 900) AS x
		FROM generate_series(1, 300000) i"
	for name in $(s3_names); do
		use_store "$name"
		peak=$(pipeline_peak memory_s3 "$store/x")
		echo "$name: $peak KiB"
		((peak < 128 * 1024))
		break
	done
	dropdb memory_s3
}
