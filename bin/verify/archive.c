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
#include "pgarchive.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "verify.h"
#include "xalloc.h"

#define READ_SIZE ((size_t)64 * 1024)	/* bytes */
#define TEXT_MAX 1024			/* bytes of a name in the head */

/* A string of the head, which is found, too. */
static void
take_field(struct findings *findings, struct pgarchive *archive,
    const char *key, struct buf *text)
{
	const char *at;
	int64_t len = pgarchive_string(archive, &at);

	buf_clear(text);
	if (len > TEXT_MAX)
		archive->broken = true;
	else if (len > 0)
		buf_add(text, at, (size_t)len);
	if (findings->fields != NULL && text->len > 0 &&
	    text_is_utf8(text->data, text->len))
		json_object_set_new(findings->fields, key,
		    json_string(text->data));
}

/* The major version of the pg_dump that wrote it; 0: not known. */
static int
read_head(struct findings *findings, const void *data, size_t len)
{
	struct pgarchive archive;
	struct buf text = BUF_INIT;
	int major = 0;

	if (pgarchive_begin(&archive, data, len) == 0) {
		take_field(findings, &archive, "database", &text);
		take_field(findings, &archive, "server_version", &text);
		take_field(findings, &archive, "pg_dump_version", &text);
	}
	if (!archive.broken && text.len > 0)
		major = (int)strtol(text.data, NULL, 10);
	if (archive.broken || archive.format != PGARCHIVE_CUSTOM)
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
