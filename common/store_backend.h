/*
 * store_backend: what a kind of store (file, s3) provides to store.h.
 *
 * store_open, store_put, store_get and store_delete parse and check every URL
 * and the options' metadata, and call these. Each function mirrors store.h's of
 * the same name: it keeps its promises, and it has said why when it fails. What
 * both kinds say alike is said by the functions at the end.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "io.h"
#include "store.h"
#include "store_url.h"

/* A backend's own struct begins with this. */
struct store {
	const struct store_backend *backend;	/* set by store_open() */
	struct store_url *place;	/* likewise */
};

/* Likewise; store_put_begin() sets both when put_begin has returned. */
struct store_put {
	struct store *store;
	struct store_url *url;
};

/*
 * URLs are borrowed for the call, but for open's and put_begin's: those live
 * as long as the store and the put do. Options are borrowed until close, and
 * never NULL.
 */
struct store_backend {
	struct store *(*open)(const struct store_url *place,
	    const struct store_options *);
	/* See store_reader(). */
	struct store *(*reader)(const struct store *);
	void (*close)(struct store *);		/* frees the store */
	/* Whether URL's objects are reached through this very store. */
	bool (*holds)(const struct store *, const struct store_url *);

	struct store_put *(*put_begin)(struct store *,
	    const struct store_url *);
	int (*put_write)(struct store_put *, const void *data, size_t len);
	/* Both free the put. result is zeroed, never NULL. */
	int (*put_commit)(struct store_put *, struct store_object *result);
	void (*put_abort)(struct store_put *);

	/* from < to. 1: the object is not there, nothing told. */
	int (*get)(struct store *, const struct store_url *, uint64_t from,
	    uint64_t to, store_sink *, void *context);
	/* Likewise; from < to <= the object's size. 1: it is gone. */
	int (*get_part)(struct store *, const struct store_url *,
	    const struct store_part *);
	int (*head)(struct store *, const struct store_url *,
	    struct store_object *);	/* zeroed before */
	int (*list)(struct store *, const struct store_url *place,
	    enum store_kind, store_seen *, void *context);
	/* In this order; stops at the first that cannot be deleted. */
	int (*delete)(struct store *, struct store_url *const *urls,
	    size_t count);
	/* Keys, or their beginnings. NULL: it has no versions. */
	int (*delete_versions)(struct store *, char *const *keys, size_t count,
	    const struct store_purge *);
	int (*abort_uploads)(struct store *, const struct store_url *place,
	    time_t older_than, size_t *count);
};

extern const struct store_backend store_file_backend, store_s3_backend;

/* The URL parsed, store_url_free() frees it. NULL: told, exit 100. */
struct store_url *store_parse(const char *url, enum store_url_kind);

/* An object's URL, which this very store must hold. NULL: told. */
struct store_url *store_parse_object(const struct store *, const char *url);

/* `cannot put object "URL": the name is taken`, exit 100. Returns -1. */
int store_fail_taken(const struct store_url *);

/* `could not read object "URL": it changed while it was read`, exit 111. */
int store_fail_changed(const struct store_url *, const struct store_part *);
#endif
