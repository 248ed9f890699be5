/* line.h: the line of the catalog for one object. */
#ifndef LINE_H
#define LINE_H

#include <jansson.h>

#include "buf.h"
#include "entry.h"

struct entry {
	const char *state;
	char *name;			/* the object's, behind the place */
	const struct listed *object;	/* NULL: missing */
	const struct listed *manifest;	/* NULL: none */
	json_t *document;		/* the manifest's, or NULL */
	char *run_id;			/* of the object's metadata, or NULL */
	struct buf reason;
};

/* Pack the line of entry, with the records that lie beside it. */
void line_add(struct catalog *, const struct entry *);

/* The URL of a name of the listing. Caller frees. */
char *line_url(const struct catalog *, const char *name);

#endif
