# catalog.jq: questions to the lines of `catalog`, read as one array, oldest
# first. jq -s -L lib 'include "catalog"; ...'

def is_backup: .state == "backup";

# Proven: it was found good, and not damaged since.
def is_proven: is_backup and .verified_at != null and
	(.damaged_at == null or .verified_at > .damaged_at);

def is_damaged: .damaged_at != null and
	(.verified_at == null or .damaged_at >= .verified_at);

# Roles and tablespaces are no database: only by name, or by their series.
def is_globals: .manifest.format == "globals";

# Rows alone restore no database, and do not stand in for what does.
def is_rows: .manifest.format | . == "json" or . == "ndjson";

# Of these lines those that restore a database, where there are any.
def restorable: map(select(is_rows | not)) as $some |
	if $some == [] then . else $some end;

def of_series($series): map(select(is_backup and
	(if $series == "" then is_globals | not
	else .manifest.series == $series end)));

def series_names: map(select(is_backup and (is_globals | not)) |
	.manifest.series // "") | unique;

def last_good($series): of_series($series) | map(select(is_proven)) | last;

# The newest proven one that could take the place of the one at $url.
def last_good_like($line): map(select(is_rows == ($line | is_rows))) |
	last_good($line.manifest.series // "");

# "2026-01-29T14:30:22.123456+00:00" to seconds. Our manifests are in UTC.
def seconds: .[0:19] + "Z" | fromdate;

def age: now - seconds | if . < 0 then 0 else . end |
	if . < 5400 then "\(. / 60 | floor) minutes"
	elif . < 172800 then "\(. / 3600 | floor) hours"
	else "\(. / 86400 | floor) days" end;

# MiB, cut to two places, always with both: 15.32, 0.00.
def two_places: . * 100 / 1048576 | floor |
	"\(. / 100 | floor).\(. % 100 | if . < 10 then "0\(.)" else "\(.)" end)";

# Bytes of an array of lines.
def bytes: map(.manifest.size_bytes // .size // 0) | add // 0;

# The lines that a name may mean: the exact one, else all that begin with it.
def named($name): map(select(.state != "debris")) |
	(map(select(.name == $name or .url == $name))) as $exact |
	if $exact | length > 0 then $exact
	else map(select(.name | startswith($name))) end;

# What acting words print of a manifest.
def summary: .manifest + {name, url, manifest_url, run_id: .manifest.id,
	table_count: (.manifest.table_count // (.manifest.tables // [] | length))} | del(.tables, .urls);

def plural($n; $word): "\($n) \($word)\(if $n == 1 then "" else "s" end)";

# "64M" of a setting; nothing is 0.
def to_bytes: (capture("^(?<n>[0-9]+)(?<unit>[kmgtKMGT]?)") // null) |
	if . == null then 0 else (.n | tonumber) *
		({k: 1024, m: 1048576, g: 1073741824, t: 1099511627776}
			[.unit | ascii_downcase] // 1) end;

# The proven backup that the one at $url is compared with: of its series and
# kind, made before it.
def last_good_before($url): map(select(.url == $url)) as $all | $all[0] as $it |
	map(select(is_proven and .manifest.series == $it.manifest.series and
		.manifest.format == $it.manifest.format and
		.manifest.compression == $it.manifest.compression and
		.manifest.created_at_utc < $it.manifest.created_at_utc)) | last;

# Why this line's backup is unreasonably small; nothing when it is not.
def shrunk($before; $min_size; $percent; $rows):
	def below($new; $old; $share): $old != null and $new != null and
		$new * 100 < $old * $share;
	.manifest as $now | ($before.manifest // {}) as $old |
	if $now.size_bytes < ($min_size | to_bytes) then
		"size \($now.size_bytes) is below MIN_SIZE \($min_size)"
	elif below($now.size_bytes; $old.size_bytes; $percent) then
		"size \($now.size_bytes) is below \($percent) % of the last good one's "
		+ "\($old.size_bytes) (\($before.name))"
	elif below($now.row_count; $old.row_count; $rows) then
		"row count \($now.row_count) is below \($rows) % of the last good "
		+ "one's \($old.row_count) (\($before.name))"
	else empty end;
