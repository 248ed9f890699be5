/*
 * s3xml: what S3 answers, read into structs, and the few bodies it wants,
 * written; s3xml_list has the lists. Pure. Unknown elements are skipped; a
 * missing one that is needed makes the answer unusable (-1).
 *
 * S3 API: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html>
 */
#ifndef S3XML_H
#define S3XML_H

#include <stddef.h>

#include "buf.h"
#include "io.h"

/* <Error>. Members that were not there are "". */
struct s3xml_error {
	char *code;
	char *message;
	char *region;
	char *endpoint;
	char *server_time;
	char *key;		/* these two: in a DeleteResult */
	char *version;
};

/* Returns 0; -1 when the body is no <Error> with a <Code>. */
int s3xml_read_error(struct s3xml_error *, const char *data, size_t len)
	MUSTUSE;
void s3xml_error_release(struct s3xml_error *);

/* <InitiateMultipartUploadResult>: its UploadId; the caller frees it. NULL. */
char *s3xml_read_upload_id(const char *data, size_t len) MUSTUSE;

/*
 * <CompleteMultipartUploadResult>: its ETag without quotes, "" where the
 * server leaves it empty; the caller frees it. NULL when it is not that.
 */
char *s3xml_read_completed(const char *data, size_t len) MUSTUSE;

/* <DeleteResult>: the errors in it, *count of them; free each and the array. */
int s3xml_read_deleted(struct s3xml_error **, size_t *count, const char *data,
    size_t len) MUSTUSE;

/* <Tagging>: how many tags there are. -1 when it is not that. */
int s3xml_count_tags(size_t *count, const char *data, size_t len) MUSTUSE;

/* <CompleteMultipartUpload> of parts 1..count with these ETags. */
void s3xml_add_complete(struct buf *, char *const *etags, size_t count);

/* <Delete>, quiet: the beginning, each name (version may be NULL), the end. */
void s3xml_begin_delete(struct buf *);
void s3xml_add_delete(struct buf *, const char *key, const char *version);
void s3xml_end_delete(struct buf *);

/* Cut quotes (also as weak ETags have them) off, in place. */
void s3xml_unquote(char *etag);

#endif
