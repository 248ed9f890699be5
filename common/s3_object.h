/*
 * s3_object: look at objects. What fails has said why.
 */
#ifndef S3_OBJECT_H
#define S3_OBJECT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http.h"
#include "io.h"
#include "s3_call.h"

/* What HEAD says. */
struct s3_head {
	uint64_t size;
	time_t modified;
	char *etag;			/* without quotes */
	char *encoding;			/* Content-Encoding; "": none */
	struct sigv4_pair *metadata;	/* behind x-amz-meta-; heap */
	size_t metadata_count;
};

enum s3_presence {
	S3_THERE,
	S3_ABSENT,
	S3_UNKNOWN,	/* not told: asking is not allowed (403) */
	S3_ERROR,	/* told */
};

/*
 * Ask for key. `cleanup` as in struct s3_request. S3_UNKNOWN is only returned
 * when may_be_unknown; it is an error, told, otherwise.
 */
enum s3_presence s3_object_head(struct s3_line *, const char *key,
    struct s3_head *, bool may_be_unknown, bool cleanup);
void s3_head_release(struct s3_head *);

/* A value of the metadata, or NULL. */
const char *s3_head_metadata(const struct s3_head *, const char *name);

#endif
