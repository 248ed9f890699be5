# options.bash: one parser for the command lines of all words.
#
# A word names its own options by allow_flags and allow_values before it calls
# begin; the common ones are here. What was given is in given[NAME], what is
# left in operands.
# shellcheck shell=bash

declare -A given=()
operands=()
known_flags=(help version quiet verbose json)
known_values=(config log-format store series dbname host port username
	environment)

allow_flags() {
	known_flags+=("$@")
}

allow_values() {
	known_values+=("$@")
}

# Options that are a setting by another name; see settings.tsv.
declare -A setting_of=(
	[store]=BACKUP_STORE [series]=BACKUP_SERIES
	[environment]=ENVIRONMENT
	[host]=PGHOST [port]=PGPORT [username]=PGUSER
	[retention-days]=BACKUP_RETENTION_DAYS
	[max-count]=BACKUP_MAX_COUNT [rule]=RETENTION_RULE
	[min-size]=MIN_SIZE [min-size-percent]=MIN_SIZE_PERCENT
	[level]=VERIFY_LEVEL [jobs]=BACKUP_JOBS [format]=BACKUP_FORMAT
	[name]=BACKUP_NAME [run-id]=BACKUP_RUN_ID [type]=BACKUP_TYPE
)

declare -A letters=([q]=quiet [v]=verbose [h]=help [d]=description)

# is_one_of NAME WORD...
is_one_of() {
	local name=$1 other
	shift
	for other; do
		[[ $other != "$name" ]] || return 0
	done
	return 1
}

# parse_options ARGUMENT...
parse_options() {
	local argument name
	while (($# > 0)); do
		argument=$1
		shift
		case $argument in
		--)
			operands+=("$@")
			break
			;;
		-?*)
			if [[ $argument != --* ]]; then
				name=${letters[${argument:1:1}]-}
				[[ -n $name ]] ||
					usage_error "unknown option \"$argument\""
				if ((${#argument} > 2)); then
					argument=--$name=${argument:2}
				else
					argument=--$name
				fi
			fi
			name=${argument#--}
			name=${name%%=*}
			if is_one_of "$name" "${known_flags[@]}"; then
				[[ $argument != *=* ]] ||
					usage_error "option --$name takes no value"
				given[$name]=1
			elif ! is_one_of "$name" "${known_values[@]}"; then
				usage_error "unknown option \"--$name\""
			elif [[ $argument == *=* ]]; then
				given[$name]=${argument#*=}
			elif (($# > 0)); then
				given[$name]=$1
				shift
			else
				usage_error "option --$name needs a value"
			fi
			;;
		*) operands+=("$argument") ;;
		esac
	done
}

# operand_count MIN MAX
operand_count() {
	((${#operands[@]} >= $1)) || usage_error "$word needs a name"
	((${#operands[@]} <= $2)) ||
		usage_error "unexpected operand \"${operands[$2]}\""
}

# begin ARGUMENT...: options, log, settings.
begin() {
	begin_options "$@"
	load_settings
}

begin_options() {
	parse_options "$@"
	if [[ -n ${given[help]-} ]]; then
		print_manual "$here/$word"
		exit 0
	elif [[ -n ${given[version]-} ]]; then
		exec -- "$BASH" "$here/pgbackpipe" version
	fi
	case ${given[log-format]-text} in
	text | json) log_format=${given[log-format]-text} ;;
	*) usage_error "--log-format is text or json, not\
 \"${given[log-format]}\"" ;;
	esac
	[[ -z ${given[quiet]-} ]] || quiet=1
	chatter=()
	((quiet == 0)) || chatter+=(-q)
	[[ -z ${given[verbose]-} ]] || chatter+=(-v)
	start_log
}
