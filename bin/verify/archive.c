/*
 * What pg_dump -Fc writes: pg_restore reads all of it into SQL, whose rows are
 * counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "pg_child.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "verify.h"
#include "xalloc.h"

#define READ_SIZE ((size_t)64 * 1024)	/* bytes */
#define TEXT_MAX 1024			/* bytes of a name in the head */

/* The head of an archive, read as pg_backup_archiver.c writes it. */
struct head {
	const unsigned char *at, *end;
	unsigned int_size;
	bool broken;
};

static unsigned
head_byte(struct head *head)
{
	if (head->at == head->end) {
		head->broken = true;
		return 0;
	}
	return *head->at++;
}

/* A sign, then int_size bytes, the lowest first. */
static int64_t
head_number(struct head *head)
{
	bool negative = head_byte(head) != 0;
	int64_t value = 0;

	for (unsigned i = 0; i < head->int_size; i++)
		value |= (int64_t)head_byte(head) << (8 * i);
	return negative ? -value : value;
}

static void
head_text(struct head *head, struct buf *text)
{
	int64_t len = head_number(head);

	buf_clear(text);
	if (len > TEXT_MAX)
		head->broken = true;
	for (int64_t i = 0; i < len && !head->broken; i++)
		buf_add_byte(text, (char)head_byte(head));
}

static void
set_field(struct findings *findings, const char *key, const struct buf *text)
{
	if (findings->fields != NULL && text->len > 0 &&
	    text_is_utf8(text->data, text->len))
		json_object_set_new(findings->fields, key,
		    json_string(text->data));
}

/* The major version of the pg_dump that wrote it; 0: not known. */
static int
read_head(struct findings *findings, const void *data, size_t len)
{
	struct head head = {.at = data, .end = head.at + len};
	struct buf text = BUF_INIT;
	int major = 0;

	head.at += strlen("PGDMP");
	unsigned high = head_byte(&head), low = head_byte(&head);

	head_byte(&head);	/* revision */
	head.int_size = head_byte(&head);
	if (head.int_size > 8)
		head.broken = true;
	head_byte(&head);	/* size of an offset */
	unsigned format = head_byte(&head);

	if (high > 1 || low >= 15)	/* the compression's kind */
		head_byte(&head);
	else				/* its level */
		head_number(&head);
	for (int i = 0; i < 7; i++)	/* the time it was made */
		head_number(&head);
	head_text(&head, &text);
	set_field(findings, "database", &text);
	head_text(&head, &text);
	set_field(findings, "server_version", &text);
	head_text(&head, &text);
	set_field(findings, "pg_dump_version", &text);
	if (!head.broken)
		major = (int)strtol(text.data, NULL, 10);
	if (head.broken || format != 1)
		findings_bad(findings, "it is no archive of pg_dump's custom "
		    "format");
	buf_release(&text);
	return major;
}

static void *
read_output(void *opaque)
{
	struct archive *archive = opaque;
	char *data = xmalloc(READ_SIZE);
	ssize_t n;

	while ((n = io_read_some(archive->out, data, READ_SIZE)) > 0)
		(void)!copyscan_feed(&archive->scan, data, (size_t)n);
	archive->failed = n < 0;
	if (n < 0)
		fail(PROG_TEMPORARY, "could not read from program \"%s\": %m",
		    archive->program);
	free(data);
	return NULL;
}

static int
start(struct archive *archive)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	int rc = -1;

	archive->argv[0] = archive->program;
	archive->argv[1] = "-f";
	archive->argv[2] = "-";
	archive->child.argv = archive->argv;
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
		fail(PROG_TEMPORARY, "could not make a pipe: %m");
		goto out;
	}
	archive->child.in = in[0];
	archive->child.out = out[1];
	if (child_start(&archive->child) != 0)
		goto out;
	archive->in = in[1];
	archive->out = out[0];
	in[1] = out[0] = -1;
	errno = pthread_create(&archive->thread, NULL, read_output, archive);
	if (errno != 0) {
		fail(PROG_TEMPORARY, "could not start a thread: %m");
		goto out;
	}
	archive->running = archive->reads = true;
	rc = 0;
out:
	for (int i = 0; i < 2; i++) {
		io_close(&in[i]);
		io_close(&out[i]);
	}
	return rc;
}

int
archive_begin(struct archive *archive, struct findings *findings,
    const json_t *manifest, const void *head, size_t len)
{
	*archive = (struct archive){
		.findings = findings, .child = CHILD_INIT, .in = -1, .out = -1,
	};
	tables_init(&archive->tables, findings,
	    json_object_get(manifest, "tables"), manifest == NULL);
	copyscan_init(&archive->scan);
	archive->scan.seen = tables_seen;
	archive->scan.context = &archive->tables;
	int major = read_head(findings, head, len);

	if (findings->reason[0] != '\0')
		return 0;
	archive->program = pg_child_find("pg_restore", major);
	if (archive->program == NULL) {
		warning("there is no pg_restore of version %d or later here: "
		    "the archive's rows are not checked", major);
		return 0;
	}
	return start(archive);
}

int
archive_feed(struct archive *archive, const void *data, size_t len)
{
	if (!archive->reads || io_write_full(archive->in, data, len) == 0)
		return 0;
	/* It says itself why it ended; the rest is only hashed. */
	archive->reads = false;
	if (errno == EPIPE)
		return 0;
	return fail(PROG_TEMPORARY, "could not write to program \"%s\": %m",
	    archive->program);
}

static void
count(struct archive *archive)
{
	struct findings *findings = archive->findings;
	const char *reason = copyscan_finish(&archive->scan);

	tables_finish(&archive->tables);
	if (reason != NULL)
		findings_bad(findings, "%s", reason);
	findings->rows_known = !archive->scan.inserts;
	findings->row_count = archive->tables.rows;
	findings->tables = archive->tables.count;
}

int
archive_finish(struct archive *archive)
{
	if (!archive->running)
		return 0;
	archive->running = false;
	io_close(&archive->in);
	pthread_join(archive->thread, NULL);
	int status = child_wait(&archive->child);

	if (status < 0 || archive->failed)
		return -1;
	/* Killed: it says nothing about the archive. */
	if (status > 128)
		return fail(PROG_TEMPORARY, "program \"%s\" was killed by "
		    "signal %d", archive->program, status - 128);
	if (status != 0)
		findings_bad(archive->findings, "pg_restore cannot read it");
	else
		count(archive);
	if (archive->findings->fields != NULL &&
	    archive->findings->rows_known)
		archive->findings->listed = json_incref(archive->tables.found);
	return 0;
}

void
archive_release(struct archive *archive)
{
	io_close(&archive->in);
	if (archive->running) {
		child_kill(&archive->child);
		pthread_join(archive->thread, NULL);
	}
	io_close(&archive->out);
	free(archive->program);
	copyscan_release(&archive->scan);
	tables_release(&archive->tables);
}
