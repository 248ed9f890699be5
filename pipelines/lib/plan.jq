# plan.jq: what a restore is about to do, for the person who is asked.
include "catalog";

def mb: if . == null then "unknown" else two_places + " MB" end;

def about: if . == null then "of a size not known" else "about \(mb)" end;

def clean: tostring | gsub("[\\x00-\\x1f\\x7f]"; "?");

def made: if .created_at == null then "unknown" else
	"\(.created_at[0:19]) (\(.created_at_utc[0:19]) UTC)" end;

def rows: if .row_count == null then "rows not counted"
	else plural(.row_count; "row") end;

def people: map("\(.user // "?")\(if (.application // "") == "" then ""
	else " (\(.application))" end)") | unique | .[0:8] | join(", ");

def cut_off:
	(.sessions_to_end // []) as $sessions |
	if .action == "table" then "nobody"
	elif .action == "clean" then "nobody, but others wait"
	elif $sessions == [] then "nobody is connected now"
	else plural($sessions | length; "session") + ": " + ($sessions | people)
	end;

# What the server lacks, one line a kind.
def missing: ["extensions", "roles", "tablespaces", "locales"][] as $kind |
	.["missing_" + $kind] // [] | select(. != []) |
	"missing      \($kind): \(join(", "))";

# What is another version there.
def versions: (.extensions // [] | .[] |
	"version      of extension \(.name): \(.dumped) in the backup, \(.here) there"),
	(.collation_version | select(. != null) |
	"version      of the locale: \(.dumped) in the backup, \(.here) there: text may sort otherwise");

def space: if .free_bytes != null and .size_needed_bytes != null and
	.size_needed_bytes > .free_bytes then
	"space        is short: \(.free_bytes | mb) are free"
	elif .free_bytes == null then
	"space        that is free there is not known: look at the server's disk"
	else empty end;

# What comes in: pg-load's plan. $facts: the manifest, or what verify
# described. $where: server and user.
def plan_lines($facts; $name; $where): (
	"backup       \($name)",
	"made         \($facts | made)",
	"database     \($facts.database // "unknown"), server \($facts.server_version // "unknown")",
	"size         \($facts.size_bytes | mb), restored \(.size_needed_bytes | about); \($facts | rows)",
	"target       database \"\(.database)\" on \($where)",
	(if .action == "swap" then
		"what         a new database is filled beside it, checked, and takes its name",
		"old one      is kept as \"\(.old_database)\"",
		"space        for two copies: \(.size_bytes | mb) now and \(.size_needed_bytes | about) more"
	elif .action == "table" then
		"what         table \"\(.table)\" is made in it, in one transaction"
	elif .action == "clean" then
		"what         its objects are dropped and made anew, in one transaction"
	else
		"what         the database does not exist and is made",
		"space        \(.size_needed_bytes | about)" end),
	"cut off      \(cut_off)",
	space, missing, versions,
	(.drops // [] | select(. != []) |
		"dropped      what earlier runs left: \(join(", "))"),
	(if .undo_command == null then empty else
		"to go back   \(.undo_command)",
		"to drop it   \(.drop_command)" end)
	) | clean;
