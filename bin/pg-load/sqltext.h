/*
 * sqltext: watch a plain SQL dump go by, line by line. Pure.
 *
 * For dumps that do not describe themselves, and for those that must not end
 * the transaction they are run in. It knows what pg_dump writes: tables' rows,
 * large objects in their own BEGIN ... COMMIT, the closing comment.
 */
#ifndef SQLTEXT_H
#define SQLTEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "copyscan.h"
#include "io.h"

/* Where the bytes go on to; -1 stops. */
typedef int sqltext_sink(void *context, const void *data, size_t len);

struct sqltext {
	/* set by the caller after sqltext_init */
	sqltext_sink *sink;
	void *context;
	bool one_transaction;	/* leave out the large objects' own */
	bool may_be_foreign;	/* look for commands that leave the database */
	/* to be read */
	const char *refused;	/* such a command, or NULL */
	uint64_t lines;		/* seen so far */
	/* private */
	struct copyscan scan;
	json_t *tables;
	bool uncounted;		/* a table's name is not known */
	bool utf8;		/* the dump's client_encoding */
	bool line_is_sql;	/* the line began outside of rows and strings */
	enum sqltext_objects {
		OBJECTS_NONE,
		OBJECTS_RULE,	/* behind a line "--" */
		OBJECTS_TITLE,	/* behind the title of large objects */
		OBJECTS_TITLED,	/* before their BEGIN */
		OBJECTS_INSIDE,
	} objects;
	bool long_line;		/* its beginning was passed on already */
	struct buf text;	/* what was not passed on yet */
	size_t line;		/* where in it the last line begins */
	char tail[256];		/* the last bytes seen */
	size_t tail_len;
};

/* It must stay where it is until sqltext_release. */
void sqltext_init(struct sqltext *);
void sqltext_release(struct sqltext *);

/* The next bytes. -1: the sink said so, or refused is set. Prints nothing. */
int sqltext_feed(struct sqltext *, const void *data, size_t len) MUSTUSE;

/* Pass on what has no \n at its end. */
int sqltext_end(struct sqltext *) MUSTUSE;

/*
 * The COPY blocks' [{"schema","name","rows"}]; NULL when they do not tell: rows
 * came as INSERT, or a name is not to be had. Borrowed until sqltext_release.
 */
const json_t *sqltext_tables(const struct sqltext *);

/* The text ended: NULL when it ends as pg_dump's do, else what is missing. */
const char *sqltext_missing(const struct sqltext *);

#endif
