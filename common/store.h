/*
 * store: objects at file:///path and s3://bucket/key, one behaviour.
 *
 * An object appears whole under its name or not at all, and is never
 * overwritten. Functions that fail have said why (exit 100 for refusals that
 * will not change: bad URL, access denied, name taken; 111 for the rest).
 *
 * Keys: blanks and + % & < > " ~ and UTF-8 work. Empty, "." and ".." segments,
 * a trailing '/', control characters, names over 254 and keys over 1,024 bytes
 * are refused before any request, exit 100.
 */
#ifndef STORE_H
#define STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"
#include "io.h"

struct pace;
struct part_memory;
struct s3_secret;
struct store;			/* one place and its connections; opaque */

/* Metadata "key" = "value": lower-case a-z 0-9 '-', value printable ASCII. */
struct store_metadata {
	const char *key;
	const char *value;
};

struct store_options {
	uint64_t retry_seconds;	/* budget a request; 0: 600, but 10 for a
				   server that has not answered yet */
	uint64_t part_size;	/* bytes; 0: chosen from expected_size */
	uint64_t expected_size;	/* bytes; 0: not known */
	unsigned parts_in_flight;	/* buffers in all; 0: chosen */
	struct part_memory *memory;	/* S3: of all puts of the same bytes,
					   by one thread; NULL: each its own */
	const struct store_metadata *metadata;	/* of objects put */
	size_t metadata_count;
	bool no_verify_tls;	/* S3: take any certificate, and warn */
	const char *provider;	/* S3: whose rules; NULL: by the host */
	struct pace *pace;	/* how fast bytes go; NULL: as they can */
	/* The next ones are refused for file://, exit 100. */
	const struct store_metadata *wishes;	/* S3: headers of puts, see
						   s3_wishes */
	size_t wish_count;
	const struct s3_secret *secret;	/* S3: key of SSE-C; NULL: none */
	bool request_payer;	/* S3: the requests are on our bill */
	unsigned file_mode;	/* file://; 0: $FILE_MODE, or 0600 */
	unsigned directory_mode;	/* file://; 0: $DIR_MODE, or 0700 */
};

struct store_object {
	char *url;		/* whole URL */
	uint64_t size;		/* bytes */
	struct timespec modified;
	char *etag;		/* without quotes; "" when there is none */
	struct store_metadata *metadata;	/* store_head only */
	size_t metadata_count;
	char *version;		/* these three: of STORE_VERSIONS only */
	bool latest;
	bool delete_marker;
	bool prefix;		/* of STORE_LEVEL: no object, but what others
				   begin with, up to a '/' */
	bool doubtful;		/* store_put_commit failed, and nobody can say
				   whether the object is there (told) */
};

/*
 * Open the place that url names: a directory or prefix (trailing '/' or not),
 * or an object. No request is made yet, credentials are found and checked.
 * options may be NULL and is borrowed until store_close. NULL: told.
 */
struct store *store_open(const char *url, const struct store_options *);
void store_close(struct store *);

/*
 * A handle on the same place for another thread, which may get and head with
 * it. It shares credentials with the first, which must be closed after it.
 */
struct store *store_reader(const struct store *);

/* Whether two URLs are of one store, so that one struct store serves both. */
bool store_holds(const struct store *, const char *url);

/*
 * Put what comes piece by piece. store_put_begin refuses a taken name at
 * once (exit 100), and aborts a multipart upload that a killed run left open
 * under this very key. store_put_commit publishes, atomically, no-clobber;
 * store_put_abort leaves nothing. Either one frees the put.
 * result may be NULL; it has the URL, size, time and ETag.
 */
struct store_put;
struct store_put *store_put_begin(struct store *, const char *url);
int store_put_write(struct store_put *, const void *data, size_t len) MUSTUSE;
int store_put_commit(struct store_put *, struct store_object *result) MUSTUSE;
void store_put_abort(struct store_put *);

/* A whole small object, as by the three above: a taken name is refused. */
int store_put_bytes(struct store *, const char *url, const void *data,
    size_t len) MUSTUSE;

/* Called with each piece in order; -1 stops the transfer (already told). */
typedef int store_sink(void *context, const void *data, size_t len);

#define STORE_TO_END UINT64_MAX

/*
 * Bytes from..to (to is one behind the last; STORE_TO_END: all) into sink,
 * resumed on errors with If-Match. from at or behind the end gives nothing.
 */
int store_get(struct store *, const char *url, uint64_t from, uint64_t to,
    store_sink *, void *context) MUSTUSE;

/*
 * A part of the object that store_head saw. When it was replaced or changed
 * meanwhile, that is told, exit 111: If-Match on S3, else by its size and time.
 * One connection, nothing read ahead; several handles may read at once.
 */
struct store_part {
	const struct store_object *object;
	uint64_t from, to;	/* to is one behind the last */
	store_sink *sink;
	void *context;
	const atomic_bool *cancel;	/* another thread says stop, which is
					   no failure; or NULL */
	atomic_bool *told;	/* threads that share it tell once; or NULL */
};
int store_get_part(struct store *, const struct store_part *) MUSTUSE;

/* A whole object of at most max bytes into buf. */
int store_get_bytes(struct store *, const char *url, size_t max,
    struct buf *) MUSTUSE;

/* The same: 1; 0: it is not there (nothing told); -1: told. */
int store_find_bytes(struct store *, const char *url, size_t max,
    struct buf *) MUSTUSE;

/*
 * Size, time and metadata. 1: it is there, object is filled; 0: it is not
 * there (nothing told); -1: told.
 */
int store_head(struct store *, const char *url, struct store_object *) MUSTUSE;
void store_object_release(struct store_object *);

/*
 * What lies below the prefix (or directory) of url, in pages; seen returns -1
 * to stop.
 *
 * STORE_OBJECTS: every object, recursively; sorted within file directories by
 * bytes, on S3 as the server sorts. Hidden names (a dot first) and temporary
 * files are left out of file:// lists.
 * STORE_LEVEL: the same, one level down: what lies deeper is one prefix (or
 * directory, also an empty one), whose URL ends with '/'.
 * STORE_VERSIONS: every version and delete marker of a versioned bucket: those
 * of the object of that very name, and of all below it. Where nothing was ever
 * versioned the version is "null". file:// has no versions: exit 100.
 * STORE_UPLOADS: multipart uploads that were neither completed nor aborted:
 * etag is the upload's id, modified the time it began, size 0. file://:
 * temporary files, with the size they have.
 */
enum store_kind {
	STORE_OBJECTS,
	STORE_LEVEL,
	STORE_VERSIONS,
	STORE_UPLOADS,
};
typedef int store_seen(void *context, const struct store_object *);
int store_list(struct store *, const char *url, enum store_kind, store_seen *,
    void *context) MUSTUSE;

/*
 * Delete objects; one that is gone already counts as deleted. Stops at the
 * first that cannot be deleted, but on S3 those of one request (1,000) are
 * tried all: where the order matters, call it twice.
 */
int store_delete(struct store *, const char *const *urls, size_t count)
	MUSTUSE;

/*
 * Delete every version and every delete marker of objects: nothing of them is
 * left. urls are those of objects; with `prefix` what is meant is every key
 * that begins with the URL's, a '/' at its end included ("s3://bucket/" is all
 * of it; keys that no URL can name stay). 0: all are gone; 1: told, some are
 * kept, by a lock as a rule, the others are gone; -1: told. file:// has no
 * versions: exit 100.
 */
struct store_purge {
	bool prefix;
	bool dry_run;
	store_seen *seen;	/* each that is gone, or would be */
	void *context;
};
int store_delete_versions(struct store *, const char *const *urls,
    size_t count, const struct store_purge *) MUSTUSE;

/*
 * Abort multipart uploads below url that began before older_than, as far as
 * the server lists them. *count says how many. file://: temporary files of
 * dead writers.
 */
int store_abort_uploads(struct store *, const char *url, time_t older_than,
    size_t *count) MUSTUSE;

#endif
