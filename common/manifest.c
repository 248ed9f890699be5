#include "manifest.h"

#include <string.h>

#include "report.h"
#include "text.h"

#define ID_MAX 200	/* bytes; it travels in object metadata */

const char *const manifest_order[] = {
	"filename", "timestamp", "created_at", "database", "size_bytes",
	"size_mb", "description", "compressed", "schema_version", "id", "urls",
	"series", "environment", "type", "host", "format", "compression",
	"encryption", "sha256", "created_at_utc", "started_at",
	"duration_seconds", "uncompressed_bytes", "frames", "frame_bytes",
	"server_version", "pg_dump_version", "tool_version",
	"database_size_bytes", "snapshot", "row_count", "tables", NULL,
};

/* Each returns NULL, or what the value must be. */
typedef const char *check(const json_t *value);

static const char *
check_version(const json_t *value)
{
	return json_is_integer(value) &&
	    json_integer_value(value) == MANIFEST_VERSION ? NULL :
	    "1, the one version that this program knows";
}

static const char *
check_string(const json_t *value)
{
	return json_is_string(value) ? NULL : "a string";
}

static const char *
check_name(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) > 0 ? NULL :
	    "a string that is not empty";
}

static const char *
check_id(const json_t *value)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._:@+=-";
	const char *text = json_string_value(value);

	if (text == NULL || text[0] == '\0' || strlen(text) > ID_MAX ||
	    strspn(text, allowed) != strlen(text))
		return "1 to 200 of A-Z a-z 0-9 . _ : @ + = -";
	return NULL;
}

static const char *
check_filename(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || text[0] == '\0' || text[0] == '.' ||
	    strchr(text, '/') != NULL)
		return "the last segment of the object's name";
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return "without control characters";
	}
	return NULL;
}

static const char *
check_urls(const json_t *value)
{
	static const char wanted[] = "an array of URLs, at least one";
	size_t i;
	json_t *url;

	if (json_array_size(value) == 0)
		return wanted;
	json_array_foreach(value, i, url) {
		if (json_string_length(url) == 0 ||
		    strstr(json_string_value(url), "://") == NULL)
			return wanted;
	}
	return NULL;
}

static const char *
check_count(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0 ?
	    NULL : "a whole number, 0 or more";
}

static const char *
check_amount(const json_t *value)
{
	return json_is_number(value) && json_number_value(value) >= 0 ?
	    NULL : "a number, 0 or more";
}

static const char *
check_bool(const json_t *value)
{
	return json_is_boolean(value) ? NULL : "true or false";
}

static const char *
check_sha256(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strlen(text) == 64 &&
	    strspn(text, "0123456789abcdef") == 64 ? NULL :
	    "64 lower-case hex digits";
}

/* "2026-01-29T14:30:22" in front, and there is such a second. */
static bool
is_time(const char *text)
{
	char seconds[20] = "";
	char again[20] = "";
	struct timespec when;
	struct tm tm;

	if (strlen(text) < 19 || text[10] != 'T' || text_time(text, &when) != 0)
		return false;
	memcpy(seconds, text, 19);
	if (text_time(seconds, &when) != 0 ||
	    gmtime_r(&when.tv_sec, &tm) == NULL)
		return false;
	strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%S", &tm);
	return strcmp(seconds, again) == 0;
}

static const char *
check_time(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || !is_time(text) || (!text_ends(text, "Z") &&
	    strpbrk(text + 19, "+-") == NULL))
		return "a time with offset, as 2026-01-29T13:30:22+00:00";
	return NULL;
}

static const char *
check_local_time(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || !is_time(text) ||
	    strpbrk(text + 19, "Z+-") != NULL)
		return "a time without offset, as 2026-01-29T14:30:22.123456";
	return NULL;
}

static const char *
check_timestamp(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != 15 || text[8] != '_' ||
	    strspn(text, "0123456789") != 8 ||
	    strspn(text + 9, "0123456789") != 6)
		return "a time as 20260129_143022";
	return NULL;
}

static bool
is_one_of(const json_t *value, const char *const *words)
{
	const char *text = json_string_value(value);

	for (; text != NULL && *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static const char *
check_format(const json_t *value)
{
	static const char *const words[] = {"sql", "custom", "json", "ndjson",
	    "globals", "unknown", NULL};

	return is_one_of(value, words) ? NULL :
	    "sql, custom, json, ndjson, globals or unknown";
}

static const char *
check_compression(const json_t *value)
{
	static const char *const words[] = {"gzip-frame", "gzip", "zstd",
	    "none", NULL};

	return is_one_of(value, words) ? NULL :
	    "gzip-frame, gzip, zstd or none";
}

static const char *
check_encryption(const json_t *value)
{
	static const char *const words[] = {"none", "age", NULL};

	return is_one_of(value, words) ? NULL : "none or age";
}

static const char *
check_snapshot(const json_t *value)
{
	return json_is_object(value) ? NULL : "an object";
}

static const char *
check_tables(const json_t *value)
{
	size_t i;
	json_t *table;

	if (!json_is_array(value))
		return "an array";
	json_array_foreach(value, i, table) {
		const json_t *rows = json_object_get(table, "rows");
		const json_t *bytes = json_object_get(table, "bytes");

		if (check_string(json_object_get(table, "schema")) != NULL ||
		    check_name(json_object_get(table, "name")) != NULL ||
		    (rows != NULL && check_count(rows) != NULL) ||
		    (bytes != NULL && check_count(bytes) != NULL))
			return "an array of {schema, name, rows, bytes}";
	}
	return NULL;
}

static const struct {
	const char *name;
	check *check;
	bool required;
} fields[] = {
	{"schema_version", check_version, true},
	{"id", check_id, true},
	{"urls", check_urls, true},
	{"filename", check_filename, true},
	{"database", check_name, true},
	{"description", check_string, true},
	{"type", check_name, true},
	{"environment", check_string, true},
	{"host", check_string, true},
	{"series", check_name, true},
	{"format", check_format, true},
	{"compression", check_compression, true},
	{"encryption", check_encryption, true},
	{"compressed", check_bool, true},
	{"size_bytes", check_count, true},
	{"size_mb", check_amount, true},
	{"sha256", check_sha256, true},
	{"timestamp", check_timestamp, true},
	{"created_at", check_local_time, true},
	{"created_at_utc", check_time, true},
	{"uncompressed_bytes", check_count, false},
	{"frames", check_count, false},
	{"frame_bytes", check_count, false},
	{"row_count", check_count, false},
	{"database_size_bytes", check_count, false},
	{"tables", check_tables, false},
	{"snapshot", check_snapshot, false},
	{"started_at", check_time, false},
	{"duration_seconds", check_amount, false},
	{"server_version", check_string, false},
	{"pg_dump_version", check_string, false},
	{"tool_version", check_string, false},
};

/* The rows of all tables, where each table says how many: else -1. */
static int64_t
sum_of_rows(const json_t *tables)
{
	int64_t sum = 0;
	size_t i;
	json_t *table;

	if (!json_is_array(tables))
		return -1;
	json_array_foreach(tables, i, table) {
		int64_t rows = report_number(table, "rows");

		if (rows < 0 || __builtin_add_overflow(sum, rows, &sum))
			return -1;
	}
	return sum;
}

/* What only several fields together can show. */
static int
check_agreement(const json_t *manifest, struct buf *why)
{
	const char *compression = report_string(manifest, "compression");
	int64_t size = report_number(manifest, "size_bytes");
	int64_t rows = report_number(manifest, "row_count");
	int64_t sum = sum_of_rows(json_object_get(manifest, "tables"));
	double mb = json_number_value(json_object_get(manifest, "size_mb"));
	double off = mb - manifest_size_mb((uint64_t)size);

	if (json_is_true(json_object_get(manifest, "compressed")) ==
	    (strcmp(compression, "none") == 0))
		buf_addf(why, "compressed does not go with compression %s",
		    compression);
	else if (off > 0.015 || off < -0.015)
		buf_addf(why, "size_mb %.2f does not go with size_bytes %lld",
		    mb, (long long)size);
	else if (rows >= 0 && sum >= 0 && rows != sum)
		buf_addf(why, "row_count is %lld, but the tables' rows add up "
		    "to %lld", (long long)rows, (long long)sum);
	else
		return 0;
	return -1;
}

int
manifest_check(const json_t *manifest, struct buf *why)
{
	if (!json_is_object(manifest)) {
		buf_add_string(why, "not a JSON object");
		return -1;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const json_t *value = json_object_get(manifest,
		    fields[i].name);
		const char *wanted;

		if (value == NULL || json_is_null(value)) {
			if (!fields[i].required)
				continue;
			buf_addf(why, "%s is missing", fields[i].name);
			return -1;
		}
		if ((wanted = fields[i].check(value)) != NULL) {
			buf_addf(why, "%s must be %s", fields[i].name, wanted);
			return -1;
		}
	}
	return check_agreement(manifest, why);
}

bool
manifest_is_ours(const json_t *manifest)
{
	return json_object_get(manifest, "schema_version") != NULL &&
	    json_object_get(manifest, "urls") != NULL;
}

struct timespec
manifest_created(const json_t *manifest)
{
	struct timespec when = {0};

	if (text_time(report_string(manifest, "created_at_utc"), &when) != 0)
		when = (struct timespec){0};
	return when;
}

const char *
manifest_series(const json_t *manifest)
{
	return report_string(manifest, "series");
}

double
manifest_size_mb(uint64_t bytes)
{
	const uint64_t mib = (uint64_t)1024 * 1024;
	uint64_t hundredths = bytes / mib * 100 + bytes % mib * 100 / mib;

	return (double)hundredths / 100;
}
