# ask.bash: a question to a person, and nothing without an answer.
# shellcheck shell=bash

# confirm QUESTION: returns only after a typed "yes".
confirm() {
	local answer
	[[ -z ${given[no-confirm]-} ]] || return 0
	[[ -t 0 ]] || not_confirmed "nobody is there to ask (no terminal)"
	printf '%s Type yes to go on: ' "$1" >&2
	IFS= read -r answer || {
		printf '\n' >&2
		not_confirmed "no answer"
	}
	[[ $answer == yes ]] || not_confirmed "the answer was not yes"
}

not_confirmed() {
	log fatal "backup: nothing was changed: $1"
	log hint "--no-confirm goes on without asking"
	told=1
	exit 100
}

# take_password: the target's password, from the file that the driver put it
# into, from one of the user's, or from the terminal, into PGPASSWORD.
take_password() {
	local file=${PGBACKPIPE_TARGET_PASSWORD_FILE-}
	if [[ -n $file ]]; then
		unset PGBACKPIPE_TARGET_PASSWORD_FILE
		PGPASSWORD=$(<"$file")
		rm -f -- "$file"
	elif [[ -n ${given[target-password-file]-} ]]; then
		[[ -r ${given[target-password-file]} ]] || die 100 "cannot read\
 file \"${given[target-password-file]}\""
		PGPASSWORD=$(<"${given[target-password-file]}")
	elif [[ -n ${given[ask-password]-} ]]; then
		[[ -t 0 ]] || not_confirmed "nobody is there to ask (no terminal)"
		printf 'Password of the target: ' >&2
		IFS= read -rs PGPASSWORD || PGPASSWORD=''
		printf '\n' >&2
	else
		return 0
	fi
	export PGPASSWORD
}
