/*
 * s3_own: whether the object under a name is the one that was put: a nonce in
 * its metadata, and its size. So a lost answer is settled, and a write that is
 * to be taken back takes back nobody else's.
 */
#ifndef S3_OWN_H
#define S3_OWN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "io.h"
#include "s3_call.h"

#define S3_OWN_LATE 3	/* seconds for what may be under way to appear */
#define S3_OWN_TAKEN 30	/* for what surely is: it has taken the parts */
#define S3_NONCE "pgbackpipe-upload"	/* metadata: behind x-amz-meta- */

struct s3_publication {
	struct s3_line *line;
	const char *key;
	const char *nonce;	/* in the metadata under S3_NONCE */
	uint64_t size;		/* of the whole object */
	bool unconditional;	/* set when the server has no If-None-Match */
	bool doubtful;		/* set when it may have been done unseen */
	bool late;		/* set when a PUT may yet be done: nothing
				   ends one that the server has */
	char *etag;		/* result; "" if the server does not tell */
	time_t modified;	/* result */
};

enum s3_published {
	S3_PUBLISHED,
	S3_TAKEN,		/* by another object; not told */
	S3_UNPUBLISHED,		/* told */
	S3_DOUBTFUL,		/* the server cannot be asked: not told by
				   s3_publish, told by s3_own_settle */
};

/* What stands under the name. */
enum s3_found {
	S3_FOUND_OURS,		/* etag and modified are set */
	S3_FOUND_OTHER,
	S3_FOUND_NOTHING,
	S3_FOUND_NO_ANSWER,	/* told */
};

enum s3_found s3_own_find(struct s3_publication *);

/*
 * The same in silence. What is not there is looked for so many seconds more: a
 * request may be under way in the server yet. 0: no more than once.
 */
enum s3_found s3_own_find_quietly(struct s3_publication *, unsigned seconds);

/*
 * After S3_DOUBTFUL, when the upload has been aborted, so that nothing more
 * can come of it: look once more. What cannot be learnt is told as that, with
 * the URL (exit 111): S3_DOUBTFUL.
 */
enum s3_published s3_own_settle(struct s3_publication *);

/*
 * Delete the object again, if it is ours: S3_UNPUBLISHED. S3_DOUBTFUL, told:
 * it could not be deleted, or nobody says whether it is there.
 */
enum s3_published s3_own_undo(struct s3_publication *);

#endif
