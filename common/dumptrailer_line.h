/*
 * dumptrailer_line: what single lines of a trailer mean; for dumptrailer alone.
 */
#ifndef DUMPTRAILER_LINE_H
#define DUMPTRAILER_LINE_H

#include "dumptrailer.h"

#define DUMPTRAILER_PREFIX "-- pgbackpipe "

/* The JSON object behind "-- pgbackpipe WORD ". NULL: it is no such line. */
json_t *dumptrailer_object(const struct buf *line, const char *word);

/*
 * The parser's line. NULL: it goes on with the trailer, or the sink refused
 * (failed). Else why there is no trailer here.
 */
const char *dumptrailer_take_line(struct dumptrailer_parser *);

#endif
