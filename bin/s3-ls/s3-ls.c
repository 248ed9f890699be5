/*
 * s3-ls: the objects below a URL, as a table or as JSON lines.
 *
 * stdin:  not read.
 * stdout: one line an object, in the order of their keys' bytes (as far as
 *         the server sorts so); marked complete after the last one.
 *
 * Nothing is kept in memory but one page of the server's, or the names of one
 * directory.
 */
#include <string.h>

#include "explain.h"
#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "store.h"
#include "store_opt.h"
#include "store_url.h"
#include "text.h"

#define FLUSH_AT 65536		/* bytes of lines that are written at once */

static bool as_json, level, uploads, versions, explaining;
static struct store_options store_options;

static const struct opt options[] = {
	{"json", 0, OPT_FLAG, &as_json, NULL, "one JSON object a line", 0, 0},
	{"delimiter", 'd', OPT_FLAG, &level, NULL,
	    "stop at the next '/': one line for what is below it", 0, 0},
	{"uploads", 0, OPT_FLAG, &uploads, NULL,
	    "list unfinished uploads instead of objects", 0, 0},
	{"versions", 0, OPT_FLAG, &versions, NULL,
	    "list every version and delete marker", 0, 0},
	{"explain", 0, OPT_FLAG, &explaining, NULL,
	    "say where each setting for URL comes from", 0, 0},
	STORE_OPT_ROWS(store_options),
};

static const struct opt_program program = {
	.name = "s3-ls",
	.synopsis = "[OPTION]... URL > list",
	.purpose = "List the objects below s3://BUCKET/PREFIX or "
	    "file:///DIRECTORY.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = 1,
};

struct listing {
	struct buf lines;
	size_t prefix;		/* bytes of URL the table leaves out */
	size_t count;
};

static int
flush(struct listing *listing)
{
	int rc = flow_write(listing->lines.data, listing->lines.len);

	buf_clear(&listing->lines);
	return rc;
}

static int
add_version(json_t *line, const struct store_object *object)
{
	json_t *more = json_pack("{s:s, s:b, s:b}", "version_id",
	    object->version, "is_latest", object->latest, "delete_marker",
	    object->delete_marker);
	int rc = more == NULL ? -1 : json_object_update(line, more);

	json_decref(more);
	return rc;
}

/* What no JSON can say is no empty line. Takes line, NULL: it cannot. */
static void
add_line(struct listing *listing, json_t *line,
    const struct store_object *object)
{
	if (line == NULL) {
		warning("left \"%s\" out: it is not UTF-8", object->url);
		return;
	}
	report_add_json(&listing->lines, line);
	buf_add_byte(&listing->lines, '\n');
	json_decref(line);
}

static void
add_prefix_json(struct listing *listing, const struct store_object *object)
{
	json_t *line = json_pack("{s:s, s:s, s:b}", "url", object->url,
	    "name", object->url + listing->prefix, "prefix", true);

	add_line(listing, line, object);
}

static void
add_json(struct listing *listing, const struct store_object *object)
{
	struct buf modified = BUF_INIT;

	if (object->prefix) {
		add_prefix_json(listing, object);
		return;
	}
	text_add_time(&modified, object->modified);
	/* An ETag out of a header can be any bytes. */
	json_t *etag = json_string(object->etag);
	json_t *line = json_pack("{s:s, s:s, s:I, s:s, s:o}", "url",
	    object->url, "name", store_url_name(object->url), "size",
	    (json_int_t)object->size, "modified", modified.data,
	    uploads ? "upload_id" : "etag", etag != NULL ? etag :
	    json_string(""));

	if (line != NULL && versions && add_version(line, object) != 0) {
		json_decref(line);
		line = NULL;
	}
	add_line(listing, line, object);
	buf_release(&modified);
}

/* What is behind the URL that was asked for; or that very object. */
static const char *
name_of(const struct listing *listing, const char *url)
{
	return strlen(url) > listing->prefix ? url + listing->prefix :
	    store_url_name(url);
}

/* Time to the second, size, and the key behind the URL that was asked for. */
static void
add_row(struct listing *listing, const struct store_object *object)
{
	struct buf *lines = &listing->lines;
	const char *name = name_of(listing, object->url);
	size_t start = lines->len;

	if (object->prefix) {
		buf_addf(lines, "%35s ", "PREFIX");
		text_add_printable(lines, name);
		return;
	}
	text_add_time(lines, object->modified);
	/* "2026-01-29T14:30:22.123456+00:00" */
	lines->len = start + strlen("2026-01-29T14:30:22");
	lines->data[start + strlen("2026-01-29")] = ' ';
	buf_addf(lines, "Z %14llu ", (unsigned long long)object->size);
	text_add_printable(lines, name);
	if (uploads || versions) {
		buf_add_byte(lines, ' ');
		text_add_printable(lines, versions ? object->version :
		    object->etag);
	}
	if (versions)
		buf_addf(lines, "%s%s", object->delete_marker ? " deleted" :
		    "", object->latest ? " latest" : "");
}

static int
seen(void *context, const struct store_object *object)
{
	struct listing *listing = context;

	listing->count++;
	if (as_json) {
		add_json(listing, object);
	} else {
		add_row(listing, object);
		buf_add_byte(&listing->lines, '\n');
	}
	return listing->lines.len < FLUSH_AT ? 0 : flush(listing);
}

/* The URL may be that of one object. */
static int
list_object(struct store *store, const char *url, struct listing *listing)
{
	struct store_object object;
	const char *problem;
	struct store_url *parsed = store_url_parse(url, STORE_URL_OBJECT,
	    &problem);

	if (parsed == NULL)
		return 0;
	store_url_free(parsed);
	int found = store_head(store, url, &object);

	if (found != 1)
		return found;
	listing->prefix = (size_t)(store_url_name(url) - url);
	int rc = seen(listing, &object);

	store_object_release(&object);
	return rc;
}

static int
list(struct store *store, const char *url, struct listing *listing)
{
	listing->prefix = strlen(url) + !text_ends(url, "/");
	enum store_kind kind = versions ? STORE_VERSIONS : uploads ?
	    STORE_UPLOADS : level ? STORE_LEVEL : STORE_OBJECTS;

	if (store_list(store, url, kind, seen, listing) != 0)
		return -1;
	if (versions || uploads)
		return 0;
	return listing->count > 0 ? 0 : list_object(store, url, listing);
}

int
main(int argc, char **argv)
{
	struct listing listing = {.lines = BUF_INIT};
	struct store *store = NULL;
	int rc = -1;
	char **urls = opt_parse(&program, argc, argv);

	if (level + uploads + versions + explaining > 1) {
		fail(PROG_PERMANENT, "cannot use more than one of --delimiter, "
		    "--uploads, --versions and --explain");
		goto out;
	}
	if (flow_begin() != 0)
		goto out;
	if (explaining) {
		int told = explain(&listing.lines, urls[0], &store_options,
		    as_json);

		if (flush(&listing) == 0 && told == 0)
			rc = flow_complete();
		goto out;
	}
	if ((store = store_open(urls[0], &store_options)) == NULL ||
	    list(store, urls[0], &listing) != 0 || flush(&listing) != 0)
		goto out;
	rc = flow_complete();
out:
	buf_release(&listing.lines);
	store_close(store);
	return prog_finish(rc);
}
