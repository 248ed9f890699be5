/*
 * s3_place: how far a list has come, from page to page. Pure.
 *
 * A server may say that there is more and lead nowhere, or in a circle; that
 * is found out in constant memory.
 */
#ifndef S3_PLACE_H
#define S3_PLACE_H

#include <stdint.h>

#include "io.h"
#include "s3xml_list.h"

struct s3_place {
	char *token;		/* V2; NULL at the start */
	char *marker;		/* a key; NULL for V2 */
	char *id_marker;	/* of an upload or a version */
	unsigned empty;		/* pages without an entry, one after another */
	uint64_t pages;
	char *landmark;		/* the first entry of an earlier page */
};

/*
 * To the next page, behind this one. 1: there is one; 0: this was the last;
 * -1: the server says that there is more, but not where, or where we already
 * were.
 */
int s3_place_move(struct s3_place *, const struct s3xml_list *) MUSTUSE;

void s3_place_release(struct s3_place *);

#endif
