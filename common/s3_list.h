/*
 * s3_list: what a bucket holds below a prefix, page by page.
 *
 * ListObjectsV2; ListObjects where the server does not have that;
 * ListObjectVersions; ListMultipartUploads. A server whose pages go in a circle
 * is caught.
 */
#ifndef S3_LIST_H
#define S3_LIST_H

#include <stdbool.h>

#include "io.h"
#include "s3_call.h"
#include "s3xml_list.h"

/* Called for each; -1 (told) stops. */
typedef int s3_list_seen(void *context, const struct s3xml_item *);

/*
 * Every object whose key begins with prefix (any bytes, "" is all), in the
 * server's order. 0; -1: told, or seen said so. With `level` it is asked with
 * the delimiter '/', prefix being "" or ending with it: what keys have in
 * common up to the next '/' behind prefix is one item (item->prefix), where
 * the server knows delimiters.
 */
int s3_list_objects(struct s3_line *, const char *prefix, bool level,
    s3_list_seen *, void *context) MUSTUSE;

/*
 * The same for every version of an object, and every delete marker.
 * Servers differ in what comes first of a key: the newest, as a rule; the
 * oldest on HCP. The one of latest is what a read without a version gets.
 */
int s3_list_versions(struct s3_line *, const char *prefix, s3_list_seen *,
    void *context) MUSTUSE;

/* Whether key is place itself, or below it ("" is the bucket). */
bool s3_list_is_below(const char *key, const char *place);

/*
 * Every open multipart upload whose key begins with prefix, as far as the
 * server lists it: MinIO does so only where prefix is a whole key. The id is
 * the upload's. action is for messages: "list uploads below". `allowed` is set
 * to false, and nothing told, when the server does not let us or has no such
 * list.
 */
int s3_list_open_uploads(struct s3_line *, const char *action,
    const char *prefix, s3_list_seen *, void *context, bool *allowed) MUSTUSE;

#endif
