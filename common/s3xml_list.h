/*
 * s3xml_list: the lists that S3 answers: ListObjectsV2, ListObjects,
 * ListObjectVersions, ListMultipartUploads, ListParts. Pure.
 */
#ifndef S3XML_LIST_H
#define S3XML_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "io.h"

/* One <Contents>, <Version>, <DeleteMarker>, <Upload>, <Part> or, with a
   delimiter, <CommonPrefixes>. */
struct s3xml_item {
	char *key;		/* of CommonPrefixes: their Prefix */
	char *id;		/* ETag without quotes, or UploadId */
	uint64_t size;
	struct timespec when;	/* LastModified or Initiated */
	uint64_t number;	/* PartNumber */
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
	char *marker;		/* NextMarker, NextKeyMarker,
				   NextPartNumberMarker, or NULL */
	char *id_marker;	/* NextUploadIdMarker, NextVersionIdMarker,
				   or NULL */
};

/* Returns 0; -1 when the body is none of these. */
int s3xml_read_list(struct s3xml_list *, const char *data, size_t len)
	MUSTUSE;
void s3xml_list_release(struct s3xml_list *);

/* '+' is a blank, %XX a byte. In place. */
void s3xml_decode(char *text);

#endif
