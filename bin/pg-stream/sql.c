/*
 * The sql stream: pg_restore's text of the archive, which is a stock dump
 * that lacks rows, with the rows put in where pg_dump would have written
 * them, and a trailer that describes it all.
 *
 *     text:  head | drops | pre-data | data | post-data ... | foot
 *                         ^          ^      ^
 *          large objects' drops    rows   large objects
 *
 * Where these places are is told by restored.h.
 */
#include <unistd.h>

#include "dumptrailer.h"
#include "prog.h"
#include "restored.h"
#include "table_lock.h"

/* Where the drops are, for who needs none: counted from behind the line. */
static int
add_header(struct stream *s, const struct text *t)
{
	struct buf line = BUF_INIT;

	if (t->drops > t->head.len)
		json_object_set_new(s->header, "drops", json_pack(
		    "{s:I, s:I}", "from", (json_int_t)t->head.len, "bytes",
		    (json_int_t)(t->drops - t->head.len)));
	dumptrailer_add_header(&line, s->header);
	int rc = output_add_buf(&line);

	buf_release(&line);
	return rc;
}

static int
add_catalog(struct stream *s)
{
	char piece[DUMPTRAILER_BASE64_STEP * 256];
	struct buf lines = BUF_INIT;
	off_t at = 0;
	ssize_t n;
	off_t size = lseek(s->archive, 0, SEEK_END);
	int rc = size >= 0 ? 0 : fail(PROG_TEMPORARY, "could not ask for the "
	    "size of a file in memory: %m");

	dumptrailer_add_catalog(&lines, (uint64_t)size, s->archive_sha256);
	while (rc == 0 &&
	    (n = pread(s->archive, piece, sizeof piece, at)) > 0) {
		dumptrailer_add_base64(&lines, piece, (size_t)n);
		rc = output_add_buf(&lines);
		buf_clear(&lines);
		at += n;
	}
	buf_release(&lines);
	return rc;
}

static int
add_trailer(struct stream *s, const struct dumptrailer_range *objects)
{
	uint64_t start = output_offset();
	struct buf line = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < s->count && rc == 0; i++) {
		json_t *table = tables_json(s, &s->tables[i]);

		buf_clear(&line);
		dumptrailer_add_table(&line, table);
		json_decref(table);
		rc = output_add_buf(&line);
	}
	if (rc == 0 && s->settings->catalog)
		rc = add_catalog(s);
	buf_clear(&line);
	dumptrailer_add_end(&line, s->count, s->row_count, start, objects);
	if (rc == 0)
		rc = output_add_buf(&line);
	buf_release(&line);
	return rc;
}

/* The whole stream, with the text at hand. */
static int
write_stream(struct stream *s, const struct text *t)
{
	struct dumptrailer_range objects;
	bool blobs;

	if (blobs_present(s, &blobs) != 0 || add_header(s, t) != 0 ||
	    output_add_file(t->fd, 0, t->drops) != 0)
		return -1;
	if (blobs && s->settings->clean && blobs_drop(s) != 0)
		return -1;
	if (output_add_file(t->fd, t->drops, t->data) != 0 ||
	    rows_stream(s) != 0 ||
	    output_add_file(t->fd, t->data, t->data_end) != 0)
		return -1;
	objects.from = output_offset();
	if (blobs && blobs_stream(s, &t->head, &t->foot) != 0)
		return -1;
	objects.bytes = output_offset() - objects.from;
	if (output_add_file(t->fd, t->data_end, t->size) != 0)
		return -1;
	return add_trailer(s, &objects);
}

/* The tables that pg_dump takes, under their locks. */
static int
prepare_tables(struct stream *s, struct text *t)
{
	int toc = archive_end(&t->runs[LIST]);

	if (toc < 0 || tables_select(s, toc) != 0 ||
	    tables_lock(&s->snapshot, s->tables, s->count,
	    s->settings->snapshot.lock_timeout) != 0 ||
	    tables_describe(s) != 0 || tables_filter(s) != 0)
		return -1;
	return s->settings->data_only ? tables_order(s) : 0;
}

int
sql_stream(struct stream *s)
{
	struct text t;
	int rc = -1;

	text_init(&t);
	if (tables_list(s) == 0 && archive_make(s, ARCHIVE_CATALOG) == 0 &&
	    text_start(s, &t) == 0 && prepare_tables(s, &t) == 0 &&
	    text_measure(s, &t) == 0)
		rc = write_stream(s, &t);
	text_release(&t);
	return rc;
}
