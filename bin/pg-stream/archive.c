/*
 * pg_dump's archive of all but the rows, in memory, and the texts that
 * pg_restore makes of it. memfd: seekable, so pg_dump can note offsets in it,
 * and gone with this process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_file.h"
#include "prog.h"
#include "stream.h"
#include "xalloc.h"

/*
 * The head of a custom archive (PostgreSQL: pg_backup_archiver.c, WriteHead):
 *
 *     0  "PGDMP", version (3 bytes), size of integers, size of offsets,
 *        format, compression (1 byte from version 1.15 on, else an integer)
 *        second, minute, hour, day, month, year - 1900, is dst (integers)
 *
 * An integer is a sign byte and its bytes, lowest first.
 */
#define HEAD_FIXED 11		/* bytes up to compression */
#define HEAD_MAX 128		/* bytes; more than it can be */
#define VERSION_BYTE_COMPRESSION 15	/* minor version 1.15, PostgreSQL 16 */

void
arguments_add(struct arguments *a, const char *item)
{
	a->items = xrealloc_array(a->items, a->count + 2, sizeof *a->items);
	a->items[a->count++] = xstrdup(item);
	a->items[a->count] = NULL;
}

static void
add_option(struct arguments *a, const char *option, const char *value)
{
	char *item = xasprintf("%s%s", option, value);

	arguments_add(a, item);
	free(item);
}

void
arguments_add_dump(struct arguments *a, const struct stream *s)
{
	char number[32];

	snprintf(number, sizeof number, "%" PRIu64,
	    s->settings->snapshot.lock_timeout * 1000);
	arguments_add(a, s->pg_dump);
	arguments_add(a, "--no-password");
	add_option(a, "--snapshot=", s->snapshot.name);
	add_option(a, "--encoding=",
	    PQparameterStatus(s->conn, "server_encoding"));
	add_option(a, "--lock-wait-timeout=", number);
}

static void
add_each(struct arguments *a, const char *option, const struct opt_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_option(a, option, list->items[i]);
}

void
arguments_add_selection(struct arguments *a, const struct stream *s)
{
	add_each(a, "--table=", &s->settings->tables);
	add_each(a, "--exclude-table=", &s->settings->not_tables);
	add_each(a, "--schema=", &s->settings->schemas);
	add_each(a, "--exclude-schema=", &s->settings->not_schemas);
	/* Of tables that were named, none may be missing in silence. */
	if (s->settings->tables.count + s->settings->schemas.count > 0)
		arguments_add(a, "--strict-names");
	add_each(a, "--exclude-table-data=", &s->settings->not_rows);
	if (s->settings->schema_only)
		arguments_add(a, "--schema-only");
}

void
arguments_release(struct arguments *a)
{
	for (size_t i = 0; i < a->count; i++)
		free((char *)a->items[i]);
	free(a->items);
}

/* Set the time of its making to a fixed one: same data, same bytes. */
static int
fix_time(int fd)
{
	static const unsigned char fields[7] = {0, 0, 0, 1, 0, 100, 0};
	unsigned char head[HEAD_MAX];
	ssize_t n = pread(fd, head, sizeof head, 0);

	if (n < (ssize_t)sizeof head || memcmp(head, "PGDMP", 5) != 0 ||
	    head[5] != 1 || head[8] < 1 || head[8] > 8)
		return fail(PROG_BUG, "cannot understand the head of "
		    "pg_dump's archive");
	size_t size = head[8] + 1u;	/* of an integer */
	size_t at = HEAD_FIXED +
	    (head[6] >= VERSION_BYTE_COMPRESSION ? 1 : size);

	memset(head + at, 0, 7 * size);
	for (size_t i = 0; i < 7; i++)
		head[at + i * size + 1] = fields[i];
	/* pg_dump from version 16 on sets O_APPEND, also for us. */
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_APPEND) != 0 ||
	    pwrite(fd, head + at, 7 * size, (off_t)at) != (ssize_t)(7 * size))
		return fail(PROG_TEMPORARY, "could not write to a file in "
		    "memory: %m");
	return 0;
}

static int
digest_file(int fd, char hex[DIGEST_HEX_SIZE])
{
	struct digest *digest = digest_new();
	char piece[16384];
	off_t at = 0;
	ssize_t n;
	int rc = digest == NULL ? -1 : 0;

	while (rc == 0 && (n = pread(fd, piece, sizeof piece, at)) > 0) {
		rc = digest_add(digest, piece, (size_t)n);
		at += n;
	}
	if (rc == 0)
		rc = digest_finish(digest, hex);
	digest_free(digest);
	return rc;
}

/* pg_dump with these arguments into a new file in memory. */
static int
dump_to_memory(struct stream *s, const struct arguments *a)
{
	struct pg_child child = PG_CHILD_INIT;

	s->archive = memory_file("archive");
	child.child.argv = a->items;
	child.child.environment = s->environment;
	child.child.out = s->archive;
	if (s->archive < 0 || pg_child_start(&child) != 0)
		return -1;
	/* While it asks the server, see what it and pg_restore are. */
	if (session_check_programs(s) == 0)
		return pg_child_end(&child);
	pg_child_kill(&child);
	return -1;
}

int
archive_make(struct stream *s, enum archive_kind kind)
{
	struct arguments a = {0};
	int rc = -1;

	arguments_add_dump(&a, s);
	arguments_add_selection(&a, s);
	arguments_add(&a, "--format=custom");
	arguments_add(&a, "--compress=0");
	/* On standard output it appends the list of objects once more. */
	arguments_add(&a, "--file=/proc/self/fd/1");
	arguments_add(&a, "--no-sync");
	if (s->settings->schema_only) {
		/* pg_dump was told, and has no rows to leave out */
	} else if (kind == ARCHIVE_SCHEMA) {
		arguments_add(&a, "--schema-only");
	} else {
		/* Large objects may be large: they are streamed, later. */
		arguments_add(&a, "--no-blobs");
		for (size_t at = 0; at < s->patterns.len;
		    at += strlen(s->patterns.data + at) + 1)
			arguments_add(&a, s->patterns.data + at);
	}
	info("reading the catalog by %s", s->pg_dump);
	if (dump_to_memory(s, &a) == 0 && fix_time(s->archive) == 0)
		rc = digest_file(s->archive, s->archive_sha256);
	arguments_release(&a);
	return rc;
}

/* pg_restore of the archive by these options, into a new file in memory. */
static int
start(struct stream *s, struct restoring *r)
{
	char path[64];

	/* Opened anew: a duplicate would share its offset with the others. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", s->archive);
	r->in = open(path, O_RDONLY | O_CLOEXEC);
	if (r->in < 0)
		return fail(PROG_TEMPORARY, "could not open the archive in "
		    "memory: %m");
	r->out = memory_file("text");
	if (r->out < 0)
		return -1;
	r->child.child.argv = r->arguments.items;
	r->child.child.environment = s->environment;
	r->child.child.in = r->in;
	r->child.child.out = r->out;
	return pg_child_start(&r->child);
}

int
archive_start_list(struct stream *s, struct restoring *r)
{
	arguments_add(&r->arguments, s->pg_restore);
	arguments_add(&r->arguments, "--list");
	return start(s, r);
}

int
archive_start_text(struct stream *s, struct restoring *r,
    const char *const *options)
{
	arguments_add(&r->arguments, s->pg_restore);
	arguments_add(&r->arguments, "--file=-");
	if (!s->settings->owner)
		arguments_add(&r->arguments, "--no-owner");
	if (s->restrict_option != NULL)
		arguments_add(&r->arguments, s->restrict_option);
	for (; *options != NULL; options++)
		arguments_add(&r->arguments, *options);
	return start(s, r);
}

int
archive_end(struct restoring *r)
{
	int fd = r->out;

	if (pg_child_end(&r->child) != 0)
		return -1;
	r->out = -1;
	if (memory_file_rewind(fd) == 0)
		return fd;
	io_close(&fd);
	return -1;
}

void
archive_release(struct restoring *r)
{
	pg_child_kill(&r->child);
	io_close(&r->in);
	io_close(&r->out);
	arguments_release(&r->arguments);
}

int
dump_to_pipe(struct stream *s, const struct arguments *a,
    struct pg_child *child)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(PROG_TEMPORARY, "could not make a pipe: %m");
	child->child.argv = a->items;
	child->child.environment = s->environment;
	child->child.out = ends[1];
	if (pg_child_start(child) != 0)
		io_close(&ends[0]);
	io_close(&ends[1]);
	return ends[0];
}
