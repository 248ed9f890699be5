/*
 * xmlwalk: the elements of a small XML document, one after the other, on
 * expat. Pure. Bounded: no document type (so no entities but XML's own), at
 * most XMLWALK_DEPTH levels, XMLWALK_TEXT bytes of text an element.
 */
#ifndef XMLWALK_H
#define XMLWALK_H

#include <stddef.h>

#include "io.h"

#define XMLWALK_DEPTH 12
#define XMLWALK_PATH 256	/* bytes */
#define XMLWALK_TEXT 16384	/* bytes */

/*
 * Called at the end of each element with its path, "Result/Contents/Key", and
 * its own text (an element with children has none). Name spaces' prefixes are
 * cut off. -1 ends the walk.
 */
typedef int xmlwalk_seen(void *context, const char *path, const char *text);

/*
 * Walk through the document. Blanks before it are skipped. Returns 0; -1 when
 * it is not well-formed, not within the bounds, or seen said -1. Prints
 * nothing.
 */
int xmlwalk(const char *data, size_t len, xmlwalk_seen *, void *context)
	MUSTUSE;

/* The path behind "root/", or NULL when it is not below root. */
const char *xmlwalk_below(const char *path, const char *root);

#endif
