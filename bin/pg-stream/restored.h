/*
 * restored: pg_restore's text of the archive, and where its parts are.
 *
 *     head | drops | pre-data | data | post-data ... | foot
 *
 * These places are found by the lengths of shorter texts (nothing selected, no
 * drops, one section), never by looking for words, which names and function
 * bodies could hold as well; and then compared with them.
 */
#ifndef RESTORED_H
#define RESTORED_H

#include "stream.h"

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

void text_init(struct text *);
void text_release(struct text *);

/* All at once, for each takes its time to begin; then what came of it. */
int text_start(struct stream *, struct text *) MUSTUSE;
int text_measure(struct stream *, struct text *) MUSTUSE;

#endif
