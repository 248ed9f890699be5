# stages.bash: pipelines of filters: a stop signal reaches each stage, all
# statuses are seen, and the first cause of a failure is known.
# shellcheck shell=bash

# stage COMMAND...: one stage of a pipeline; becomes the command.
stage() {
	exec 2>&"$log_fd" {log_fd}>&-
	trap - PIPE INT TERM HUP
	printf '%s\n' "$BASHPID" >>"$work/pids"
	exec -- "$@"
}

# save_statuses "${PIPESTATUS[@]}": the last act of a pipeline's function.
save_statuses() {
	printf '%s\n' "$@" >"$work/statuses"
}

# run_stages FUNCTION STAGE...: FUNCTION runs a pipeline of the stages of these
# names, and save_statuses. Sets statuses, and gravest for the whole.
run_stages() {
	local function=$1
	shift
	stages=("$@")
	: >"$work/pids"
	rm -f -- "$work/statuses"
	in_background run_pipeline "$function" || :
	: >"$work/pids"
	statuses=()
	[[ ! -f $work/statuses ]] || readarray -t statuses <"$work/statuses"
	while ((${#statuses[@]} < ${#stages[@]})); do
		statuses+=(137)
	done
	pipeline_status "${statuses[@]}"
}

run_pipeline() {
	exec 2>/dev/null	# the shell's remarks on stages that were killed
	set +e
	"$1"
}

# pipeline_status STATUS...: the gravest of them into gravest.
pipeline_status() {
	local status now most=0
	gravest=0
	for status; do
		case $status in
		0) now=0 ;;
		141) now=1 ;;
		101) now=6 ;;
		100) now=5 ;;
		126 | 127) now=5 status=100 ;;	# it never started
		1) now=4 ;;
		111) now=3 ;;
		*) now=2 ;;
		esac
		((now <= most)) || most=$now gravest=$status
	done
}

# first_cause: of the pipeline that just failed, into cause_stage and cause.
# What stands before the stage ended well or lost its reader; what stands
# behind it saw its death by the completion mark.
first_cause() {
	local i line status
	end_log		# what the stages said is in there to its end
	start_log
	for i in "${!stages[@]}"; do
		status=${statuses[i]}
		cause_stage=${stages[i]}
		((status == 0 || status == 141)) || break
	done
	cause=''
	while IFS= read -r line; do
		if [[ $line == "$cause_stage: fatal: "* ]]; then
			cause=${line#*: fatal: }
			break
		fi
	done <"$work/log"
	[[ -z $cause ]] || return 0
	case $status in
	141) cause="its reader went away" ;;
	126 | 127) cause="it could not be started" ;;
	13[0-9] | 14[0-9] | 15[0-9])
		cause="it died of signal $(kill -l "$((status - 128))")"
		;;
	*) cause="it ended with status $status" ;;
	esac
}

# fail_stages WHAT: tell the first cause of the failed pipeline, and leave.
fail_stages() {
	first_cause
	log fatal "$1 failed in $cause_stage: $cause"
	((gravest < 128)) || gravest=111
	exit "$gravest"
}

# put_file FILE URL: as a pipeline's function; a file, so that no mark is
# missed.
put_file() {
	(
		set_kept "$2"
		stage s3-put "${patience[@]}" "${kept[@]}" \
			${run_id:+"--run-id=$run_id"} -- "$2" <"$1"
	)
	save_statuses "$?"
}

# background FILE COMMAND...: the same for one command, its standard output to
# FILE. (A redirection of this function itself would still be in force when a
# stop signal ends us in here.)
background() {
	in_background with_output "$@"
}

with_output() {
	local file=$1
	shift
	exec -- "$@" >"$file" 2>&"$log_fd"
}
