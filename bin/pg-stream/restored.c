#include "restored.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog.h"
#include "xalloc.h"

#define FRAME_MAX ((size_t)1024 * 1024)	/* bytes of head and foot */
#define COMPLETE "--\n-- PostgreSQL database dump complete\n--\n"

void
text_init(struct text *t)
{
	*t = (struct text){.fd = -1, .head = BUF_INIT, .foot = BUF_INIT};
	for (int i = 0; i < KINDS; i++)
		t->runs[i] = (struct restoring)RESTORING_INIT;
}

void
text_release(struct text *t)
{
	for (int i = 0; i < KINDS; i++)
		archive_release(&t->runs[i]);
	io_close(&t->fd);
	buf_release(&t->head);
	buf_release(&t->foot);
}

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

int
text_start(struct stream *s, struct text *t)
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

int
text_measure(struct stream *s, struct text *t)
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
