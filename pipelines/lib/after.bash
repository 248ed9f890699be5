# after.bash: what follows once a backup is published. Nothing here can take
# it back: a failure is told, and the backup stays.
# shellcheck shell=bash

check_latest_link() {
	[[ -z ${LATEST_LINK-} || $LATEST_LINK =~ ^[^./][^/]*$ ]] ||
		die 100 "cannot use LATEST_LINK=$LATEST_LINK: it is a name in the\
 directory of the backups, without a slash, and not hidden"
}

# switch_latest_link: in each directory that holds the backup. list and prune
# see files only, no links.
switch_latest_link() {
	local place directory temporary
	[[ -n ${LATEST_LINK-} ]] || return 0
	for place in "${held[@]}"; do
		[[ $place == file://* ]] || {
			warning "LATEST_LINK: no links in \"${place%/*}\", only in a\
 directory of backups"
			continue
		}
		directory=${place#file://} directory=${directory%/*}
		temporary=$directory/.$LATEST_LINK.$$
		if [[ -e $directory/$LATEST_LINK && ! -L $directory/$LATEST_LINK ]]; then
			warning "LATEST_LINK: \"$directory/$LATEST_LINK\" is no link: it\
 stays, and does not show the newest backup"
		elif ! { logged ln -sfn -- "${place##*/}" "$temporary" &&
			logged mv -Tf -- "$temporary" "$directory/$LATEST_LINK"; }; then
			warning "LATEST_LINK: \"$directory/$LATEST_LINK\" does not show\
 the newest backup"
		fi
	done
}

# run_after_hook: a program, or a line for sh; the path of the manifest is its
# argument. What it prints goes to the log.
run_after_hook() {
	local status=0
	[[ -n ${AFTER_HOOK-} ]] || return 0
	in_background after_hook || status=$?
	((status == 0)) || warning "AFTER_HOOK ended with status $status; the\
 backup \"$name\" stays"
}

after_hook() {
	local path=$work/manifest.json
	local -a command=("$AFTER_HOOK")
	[[ $url != file://* ]] || path=${url#file://}.json
	[[ $AFTER_HOOK =~ ^[A-Za-z0-9_./+-]+$ ]] ||
		command=(sh -c "$AFTER_HOOK" after-hook)
	exec -- "${command[@]}" "$path" </dev/null >&"$log_fd" 2>&1
}
