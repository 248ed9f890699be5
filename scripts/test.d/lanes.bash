# lanes: the items of a test run, side by side. A lane has servers of its own
# below $work/LANE and runs one item after another; an item is KIND:NAME, of
# the kinds bats, unit, replay and lint.
# Some variables are set or used in scripts/test, hence:
# shellcheck shell=bash disable=SC2034,SC2154

item_wait=1500 # seconds until an item that does not end is killed

declare -A item_of=() lane_of=() since=() # by process
idle=()                                   # lanes
starters=()                               # processes that start servers

passed=0 failed=0 skipped=0
failures=()

say() {
	printf 'test: %s (%d s)\n' "$*" "$SECONDS"
}

# in_lane LANE COMMAND...: becomes the command, with the servers of that lane
# and a place for temporary files that goes when all is done.
in_lane() {
	exec env PGBACKPIPE_SERVICES_DIR="$work/$1" TMPDIR="$work/$1.files" "${@:2}"
}

# One line a server that cannot be had here, so that nobody takes silence for
# success. All lanes start theirs at once.
start_servers() { # LANES
	local name state lane names=(postgres)
	while IFS=$'\t' read -r name state _; do
		[[ $name == postgres ]] && continue
		if [[ $state == available ]]; then
			names+=("$name")
		else
			say "no $name on this machine: its tests do not run"
		fi
	done < <(scripts/services list)
	for ((lane = 1; lane <= $1; lane++)); do
		idle+=("$lane")
		mkdir -m 1777 "$work/$lane.files"
		in_lane "$lane" scripts/services start "${names[@]}" >/dev/null &
		starters+=("$!")
	done
	servers="${names[*]}"
}

await_servers() {
	local pid
	for pid in "${starters[@]}"; do
		wait "$pid"
	done
	say "servers are up, ${#idle[@]} of each: $servers"
}

stop_lanes() {
	local pid lane stops=()
	for pid in "${!item_of[@]}" "${starters[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	for pid in "${!item_of[@]}" "${starters[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	for lane in "$work"/*.files; do
		[[ -d $lane ]] || continue
		in_lane "$(basename "$lane" .files)" scripts/services stop \
			postgres rgw minio versitygw >/dev/null 2>&1 &
		stops+=("$!")
	done
	for pid in "${stops[@]}"; do
		wait "$pid" || true
	done
}

# Starts an item in a lane. Job control gives it a process group, which
# timeout ends as one, and leaves it SIGINT, which tests send.
start_item() { # ITEM LANE
	local name=${1#*:} command said="$work/$2.tap"
	case $1 in
	bats:*) command=(bats --tap "tests/bats/$name.bats") ;;
	unit:*) command=(env CMOCKA_MESSAGE_OUTPUT=TAP "$BUILD/unit/$name") ;;
	replay:*)
		command=("$BUILD/replay/$name" "tests/fuzz/corpus/${name%_fuzz}")
		said=$work/$2.inputs
		;;
	lint:*) command=(scripts/lint) ;;
	esac
	rm -f -- "$work/$2.tap" "$work/$2.inputs"
	set -m
	in_lane "$2" timeout -k 10 "$item_wait" "${command[@]}" \
		>>"$work/$2.tap" 2>>"$said" </dev/null &
	set +m
	item_of[$!]=$1
	lane_of[$!]=$2
	since[$!]=$SECONDS
}

# Waits until an item has ended, and counts it: its lane is idle again.
await_item() {
	local pid="" status=0
	wait -n -p pid "${!item_of[@]}" || status=$?
	while [[ -z $pid ]]; do # the shell had noticed its end before
		for pid in "${!item_of[@]}"; do
			kill -0 "$pid" 2>/dev/null || break
			pid=""
		done
		[[ -n $pid ]] || sleep 0.1
		status=0
		[[ -z $pid ]] || wait "$pid" || status=$?
	done
	end_item "${item_of[$pid]}" "${lane_of[$pid]}" "$status" \
		$((SECONDS - since[$pid]))
	idle+=("${lane_of[$pid]}")
	unset "item_of[$pid]" "lane_of[$pid]" "since[$pid]"
}

end_item() { # ITEM LANE STATUS SECONDS
	local name=${1#*:} tap=$work/$2.tap verdict="did not end well"
	case $1 in
	replay:*) verdict="died at $(grep '^# ' "$work/$2.inputs" | tail -n 1)" ;;
	lint:*) (($3)) || echo "ok 1 - lint" >>"$tap" ;;
	esac
	(($3 == 0)) || grep -q '^not ok' "$tap" ||
		echo "not ok - $name $verdict" >>"$tap"
	count "$name" "$tap" "$4"
}

# Counts the lines of TAP in a file.
count() { # NAME FILE SECONDS
	local name=$1 file=$2 ok not_ok skips
	ok=$(grep -c '^ok ' "$file" || true)
	not_ok=$(grep -c '^not ok ' "$file" || true)
	skips=$(grep -cE '^ok .* # skip' "$file" || true)
	passed=$((passed + ok - skips))
	skipped=$((skipped + skips))
	failed=$((failed + not_ok))
	if ((not_ok > 0 || ok == 0)); then
		((not_ok > 0)) || failed=$((failed + 1))
		failures+=("$name")
		grep -vE '^ok ' "$file" | head -n 60
	fi
	grep -E '^ok .* # skip' "$file" | sed "s/^/    /" || true
	say "$name: $((ok - skips)) passed, $not_ok failed in $3 s"
}

# Runs each item in the next lane that is idle, and waits for all.
run_items() { # ITEM...
	local item
	for item; do
		((${#idle[@]})) || await_item
		start_item "$item" "${idle[0]}"
		idle=("${idle[@]:1}")
	done
	while ((${#item_of[@]})); do await_item; done
}
