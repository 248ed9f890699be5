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
