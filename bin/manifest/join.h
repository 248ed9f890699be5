/* join.h: many reports to one manifest. */
#ifndef JOIN_H
#define JOIN_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "io.h"

struct join {
	json_t *fields;		/* the manifest so far */
	int64_t compressed;	/* bytes out of the compressor; -1: no word */
	struct timespec start;	/* of the first stage; 0: no word */
	struct timespec end;	/* of the last one */
};

#define JOIN_INIT {.fields = NULL, .compressed = -1}

/*
 * Take what a stage's report says. Two reports that say different things of
 * one field are refused: some byte went missing between them. name stands in
 * messages. -1: told.
 */
int join_report(struct join *, const char *name, const json_t *report)
	MUSTUSE;

/* Fill in what follows from the rest, put the fields in order, check. */
int join_finish(struct join *) MUSTUSE;

#endif
