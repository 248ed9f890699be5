/*
 * expect: what the manifest says of the bytes that are read: their number and
 * SHA-256.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stddef.h>

#include "io.h"

struct expect;

/* The manifest in a file. NULL: told. expect_free(NULL) is a no-op. */
struct expect *expect_open(const char *manifest_path);
void expect_free(struct expect *);

/* The next bytes. -1: told, exit 1: there are more of them than should be. */
int expect_add(struct expect *, const void *data, size_t len) MUSTUSE;

/* Whether that was it. -1: told, exit 1. url is for the message. */
int expect_end(struct expect *, const char *url) MUSTUSE;

#endif
