/* What is inside, whatever it is: told by its first bytes. */
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "text.h"
#include "verify.h"

void
content_init(struct content *content, struct findings *findings,
    const json_t *manifest)
{
	*content = (struct content){
		.findings = findings, .manifest = manifest, .head = BUF_INIT,
	};
}

static bool
is_json(const struct content *content)
{
	return content->format == CONTENT_JSON ||
	    content->format == CONTENT_NDJSON;
}

void
content_release(struct content *content)
{
	if (content->format == CONTENT_SQL)
		sql_release(&content->sql);
	if (content->format == CONTENT_CUSTOM)
		archive_release(&content->archive);
	if (is_json(content))
		json_release(&content->json);
	buf_release(&content->head);
}

static enum content_format
guess(const struct buf *head)
{
	if (text_starts(head->data, "PGDMP"))
		return CONTENT_CUSTOM;
	if (text_starts(head->data, "-- pgbackpipe sql ") ||
	    strstr(head->data, SQL_DATABASE_DUMP) != NULL ||
	    strstr(head->data, SQL_CLUSTER_DUMP) != NULL)
		return CONTENT_SQL;
	if (text_starts(head->data, "{\"table\":\""))
		return CONTENT_NDJSON;
	/* An object of tables, and not another one. */
	size_t at = strspn(head->data, " \t\r\n");

	return head->data[at] == '{' ? CONTENT_JSON : CONTENT_UNKNOWN;
}

/* "-- Dumped by pg_dump version 15.3 (Debian ...)" */
static void
add_version(struct content *content, const char *key, const char *before)
{
	const char *at = strstr(content->head.data, before);

	if (at == NULL)
		return;
	at += strlen(before);
	size_t len = strspn(at, "0123456789.");

	if (len > 0)
		json_object_set_new(content->findings->fields, key,
		    json_stringn(at, len));
}

static enum content_format
decide(struct content *content)
{
	const char *wanted = report_string(content->manifest, "format");
	enum content_format found = guess(&content->head);

	if (content->manifest == NULL) {
		if (found == CONTENT_SQL) {
			add_version(content, "server_version",
			    "\n-- Dumped from database version ");
			add_version(content, "pg_dump_version",
			    "\n-- Dumped by pg_dump version ");
		}
		return found;
	}
	if (strcmp(wanted, "globals") == 0) {
		if (strstr(content->head.data, SQL_CLUSTER_DUMP) == NULL)
			findings_bad(content->findings, "it is no dump of a "
			    "cluster's roles");
		return CONTENT_SQL;
	}
	if (strcmp(wanted, "sql") == 0) {
		if (found == CONTENT_CUSTOM)
			findings_bad(content->findings, "it is an archive, "
			    "expected an SQL dump");
		return CONTENT_SQL;
	}
	if (strcmp(wanted, "json") == 0)
		return CONTENT_JSON;
	if (strcmp(wanted, "ndjson") == 0)
		return CONTENT_NDJSON;
	if (strcmp(wanted, "custom") == 0 && found != CONTENT_CUSTOM)
		findings_bad(content->findings, "it is no archive of "
		    "pg_dump's custom format");
	return strcmp(wanted, "custom") == 0 ? found : CONTENT_UNKNOWN;
}

static int
pass_on(struct content *content, const void *data, size_t len)
{
	if (content->format == CONTENT_SQL)
		sql_feed(&content->sql, data, len);
	if (is_json(content))
		json_feed(&content->json, data, len);
	return content->format == CONTENT_CUSTOM ?
	    archive_feed(&content->archive, data, len) : 0;
}

/* The head is there: choose who reads it, and give it what came so far. */
static int
begin(struct content *content)
{
	content->format = decide(content);
	if (content->format == CONTENT_SQL)
		sql_begin(&content->sql, content->findings, content->manifest,
		    content->head.data);
	if (is_json(content))
		json_begin(&content->json, content->findings,
		    content->manifest, content->format == CONTENT_NDJSON);
	if (content->format == CONTENT_CUSTOM &&
	    archive_begin(&content->archive, content->findings,
	    content->manifest, content->head.data, content->head.len) != 0)
		return -1;
	return pass_on(content, content->head.data, content->head.len);
}

int
content_feed(struct content *content, const void *data, size_t len)
{
	content->size += len;
	if (content->format == CONTENT_UNDECIDED) {
		size_t room = CONTENT_HEAD_SIZE - content->head.len;
		size_t take = len < room ? len : room;

		buf_add(&content->head, data, take);
		if (content->head.len < CONTENT_HEAD_SIZE)
			return 0;
		if (begin(content) != 0)
			return -1;
		data = (const char *)data + take;
		len -= take;
	}
	return pass_on(content, data, len);
}

int
content_finish(struct content *content)
{
	int64_t size = report_number(content->manifest, "uncompressed_bytes");

	if (content->format == CONTENT_UNDECIDED && begin(content) != 0)
		return -1;
	if (size >= 0 && size != (int64_t)content->size)
		findings_bad(content->findings, "it holds %" PRIu64
		    " uncompressed bytes, expected %" PRId64, content->size,
		    size);
	if (content->format == CONTENT_SQL)
		sql_finish(&content->sql);
	if (is_json(content))
		json_finish(&content->json);
	if (content->format == CONTENT_CUSTOM)
		return archive_finish(&content->archive);
	return 0;
}
