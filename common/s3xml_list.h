/*
 * s3xml_list: the lists that S3 answers: ListObjectsV2, ListObjects,
 * ListObjectVersions, ListMultipartUploads. Pure.
 */
#ifndef S3XML_LIST_H
#define S3XML_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "io.h"

/* What was asked for. */
enum s3xml_kind {
	S3XML_OBJECTS,
	S3XML_VERSIONS,
	S3XML_UPLOADS,
};

/* One <Contents>, <Version>, <DeleteMarker>, <Upload> or, with a delimiter,
   <CommonPrefixes>. */
struct s3xml_item {
	char *key;		/* of CommonPrefixes: their Prefix */
	char *id;		/* ETag without quotes, or UploadId */
	uint64_t size;
	struct timespec when;	/* LastModified or Initiated */
	char *version;		/* VersionId; NULL: it has none */
	bool latest;		/* IsLatest */
	bool delete_marker;
	bool prefix;		/* CommonPrefixes */
};

/* Keys are decoded when the answer says that they are encoded. */
struct s3xml_list {
	struct s3xml_item *items;
	size_t count;
	bool truncated;
	bool encoded;		/* EncodingType says url */
	char *token;		/* V2: NextContinuationToken, or NULL */
	char *marker;		/* NextMarker, NextKeyMarker, or NULL */
	char *id_marker;	/* NextUploadIdMarker, NextVersionIdMarker,
				   or NULL */
};

/*
 * Returns 0; -1 when the body is no list of this kind: a server that does not
 * know uploads, say, may answer with objects, which are none to abort.
 */
int s3xml_read_list(struct s3xml_list *, enum s3xml_kind, const char *data,
    size_t len) MUSTUSE;
void s3xml_list_release(struct s3xml_list *);

/* '+' is a blank, %XX a byte. In place. */
void s3xml_decode(char *text);

#endif
