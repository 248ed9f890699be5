#!/usr/bin/env bats
# scripts/soak in short: uploads with one random fault each, and what s3-put
# says of them held against what the server has.

load helper

# The first server that can run here; in full with a seed of today.
soak() {
	local seed=7
	((${FULL:-0} == 0)) || seed=$(date +%y%m%d)
	"$top/scripts/soak" s3 --seed="$seed" "$@" >"$out" 2>&1 || {
		cat "$out"
		return 1
	}
	grep -q "all verdicts hold" "$out"
}

setup() {
	[[ $build != *sanitize* ]] || skip "its clock library cannot be loaded"
}

@test "uploads with a random fault each: no wrong verdict, nothing left" {
	uploads=60
	((${FULL:-0} == 0)) || uploads=1000
	soak --uploads="$uploads" --jobs=6
	grep -qE "^all +$uploads " "$out"
}

@test "an end that nobody answers for: unknown, never a guess" {
	soak --server=fake --uploads=8 --jobs=8 --fault="away at the end"
}

@test "a soak that is asked for nonsense says so" {
	fails 100 "$top/scripts/soak" nothing
	says "there is no soak"
}
