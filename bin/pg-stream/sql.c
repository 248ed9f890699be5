/*
 * The sql stream: pg_restore's text of the archive, which is a stock dump
 * that lacks rows, with the rows put in where pg_dump would have written
 * them, and a trailer that describes it all.
 *
 *     text:  head | drops | pre-data | data | post-data ... | foot
 *                         ^          ^      ^
 *          large objects' drops    rows   large objects
 *
 * Where these places are is found by the lengths of shorter texts (nothing
 * selected, no drops, one section), never by looking for words, which names
 * and function bodies could hold as well; and then compared with them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dumptrailer.h"
#include "prog.h"
#include "stream.h"
#include "table_lock.h"
#include "xalloc.h"

#define FRAME_MAX ((size_t)1024 * 1024)	/* bytes of head and foot */
#define COMPLETE "--\n-- PostgreSQL database dump complete\n--\n"

/* What pg_restore is asked for. */
enum {
	LIST, WHOLE, FRAME, NO_DROPS, PRE_DATA, DATA,
	KINDS
};

struct text {
	struct restoring runs[KINDS];
	int fd;			/* all of it */
	uint64_t drops;		/* offsets: where the drops end */
	uint64_t data, data_end;
	uint64_t size;
	struct buf head, foot;
};

static int
size_of(int fd, uint64_t *size)
{
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0)
		return fail(PROG_TEMPORARY, "could not ask for the size of a "
		    "file in memory: %m");
	*size = (uint64_t)st.st_size;
	return 0;
}

/* Head and foot, of the text of an empty list. */
static int
read_frame(struct text *t)
{
	struct buf all = BUF_INIT;
	const char *foot = NULL;
	int fd = archive_end(&t->runs[FRAME]);
	int rc = -1;

	if (fd < 0)
		goto out;
	if (buf_read_fd(&all, fd, FRAME_MAX) != 0) {
		fail(PROG_TEMPORARY, "could not read a file in memory: %m");
		goto out;
	}
	for (const char *at = all.data; at != NULL;) {
		at = strstr(at, COMPLETE);
		if (at != NULL)
			foot = at++;
	}
	if (foot == NULL) {
		fail(PROG_BUG, "cannot find the end of pg_restore's text");
		goto out;
	}
	buf_add(&t->head, all.data, (size_t)(foot - all.data));
	buf_add_string(&t->foot, foot);
	rc = 0;
out:
	io_close(&fd);
	buf_release(&all);
	return rc;
}

/* Whether len bytes of two files are the same. -1: told. */
static int
compare(int a, uint64_t a_at, int b, uint64_t b_at, uint64_t len)
{
	char left[8192], right[8192];

	while (len > 0) {
		size_t n = len < sizeof left ? (size_t)len : sizeof left;

		if (pread(a, left, n, (off_t)a_at) != (ssize_t)n ||
		    pread(b, right, n, (off_t)b_at) != (ssize_t)n ||
		    memcmp(left, right, n) != 0)
			return fail(PROG_BUG, "pg_restore's text of a section "
			    "is not a part of the whole");
		a_at += n;
		b_at += n;
		len -= n;
	}
	return 0;
}

/* How long a section is, which has to begin at this offset of the text. */
static int
measure_section(struct text *t, int kind, uint64_t at, uint64_t *end)
{
	uint64_t frame = t->head.len + t->foot.len;
	uint64_t size = 0;
	int fd = archive_end(&t->runs[kind]);
	int rc = size_of(fd, &size);

	if (rc == 0 && size < frame)
		rc = fail(PROG_BUG, "pg_restore's text of a section is cut");
	if (rc == 0)
		rc = compare(t->fd, at, fd, t->head.len, size - frame);
	*end = at + size - frame;
	io_close(&fd);
	return rc;
}

/* The end of the drops: how much longer they make the text. */
static int
measure_drops(const struct stream *s, struct text *t)
{
	uint64_t size = 0;

	t->drops = t->head.len;
	if (!s->settings->clean)
		return 0;
	int fd = archive_end(&t->runs[NO_DROPS]);
	int rc = size_of(fd, &size);

	if (rc == 0 && size > t->size)
		rc = fail(PROG_BUG, "pg_restore's text without drops is "
		    "longer than with them");
	if (rc == 0)
		rc = compare(t->fd, t->head.len + t->size - size, fd,
		    t->head.len, size - t->head.len);
	t->drops += t->size - size;
	io_close(&fd);
	return rc;
}

static int
start_whole(struct stream *s, struct restoring *run)
{
	const char *options[4] = {NULL};
	size_t n = 0;

	if (s->settings->clean) {
		options[n++] = "--clean";
		options[n++] = "--if-exists";
	}
	if (!s->settings->privileges)
		options[n++] = "--no-privileges";
	return archive_start_text(s, run, options);
}

/* All at once: each would take its time to begin. */
static int
start_texts(struct stream *s, struct text *t)
{
	static const char *const nothing[] = {"--use-list=/dev/null", NULL};
	/* Privileges follow behind the last section. */
	static const char *const pre_data[] = {"--section=pre-data",
	    "--no-privileges", NULL};
	const char *const data[] = {s->settings->data_only ? "--data-only" :
	    "--section=data", "--no-privileges", NULL};
	const char *const no_drops[] = {s->settings->privileges ? NULL :
	    "--no-privileges", NULL};

	/*
	 * psql refuses \commands between \restrict and its key. Derived from
	 * the whole catalog, the key is the same for the same catalog, and
	 * nothing in the catalog can hold it.
	 */
	if (s->keyed)
		s->restrict_option = xasprintf("--restrict-key=%s",
		    s->archive_sha256);
	if (archive_start_list(s, &t->runs[LIST]) != 0 ||
	    archive_start_text(s, &t->runs[FRAME], nothing) != 0 ||
	    archive_start_text(s, &t->runs[DATA], data) != 0)
		return -1;
	if (s->settings->data_only)
		return 0;
	if (start_whole(s, &t->runs[WHOLE]) != 0 ||
	    archive_start_text(s, &t->runs[PRE_DATA], pre_data) != 0)
		return -1;
	return s->settings->clean ? archive_start_text(s, &t->runs[NO_DROPS],
	    no_drops) : 0;
}

/* --data-only: that section is all of the text. */
static int
measure_data(struct text *t)
{
	t->fd = archive_end(&t->runs[DATA]);
	if (size_of(t->fd, &t->size) != 0 || read_frame(t) != 0)
		return -1;
	if (t->size < t->head.len + t->foot.len)
		return fail(PROG_BUG, "pg_restore's text of a section is cut");
	t->drops = t->data = t->head.len;
	t->data_end = t->size - t->foot.len;
	return 0;
}

static int
measure_text(struct stream *s, struct text *t)
{
	if (s->settings->data_only)
		return measure_data(t);
	t->fd = archive_end(&t->runs[WHOLE]);
	if (size_of(t->fd, &t->size) != 0 || read_frame(t) != 0 ||
	    measure_drops(s, t) != 0 ||
	    measure_section(t, PRE_DATA, t->drops, &t->data) != 0)
		return -1;
	return measure_section(t, DATA, t->data, &t->data_end);
}

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
	uint64_t size = 0;
	off_t at = 0;
	ssize_t n;
	int rc = size_of(s->archive, &size);

	dumptrailer_add_catalog(&lines, size, s->archive_sha256);
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
	struct text t = {.fd = -1, .head = BUF_INIT, .foot = BUF_INIT};
	int rc = -1;

	for (int i = 0; i < KINDS; i++)
		t.runs[i] = (struct restoring)RESTORING_INIT;
	if (tables_list(s) == 0 && archive_make(s, ARCHIVE_CATALOG) == 0 &&
	    start_texts(s, &t) == 0 && prepare_tables(s, &t) == 0 &&
	    measure_text(s, &t) == 0)
		rc = write_stream(s, &t);
	for (int i = 0; i < KINDS; i++)
		archive_release(&t.runs[i]);
	io_close(&t.fd);
	buf_release(&t.head);
	buf_release(&t.foot);
	return rc;
}
