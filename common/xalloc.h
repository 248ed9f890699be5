/* xalloc: memory or death. Out of memory is fatal here, exit 111. */
#ifndef XALLOC_H
#define XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((returns_nonnull, malloc));
void *xcalloc(size_t count, size_t size)
	__attribute__((returns_nonnull, malloc));

/* realloc of count * size bytes; the product is checked. */
void *xrealloc_array(void *old, size_t count, size_t size)
	__attribute__((returns_nonnull));

char *xstrdup(const char *text) __attribute__((returns_nonnull, malloc));
char *xstrndup(const char *text, size_t len)
	__attribute__((returns_nonnull, malloc));

/* sprintf into memory that the caller frees. */
char *xasprintf(const char *format, ...)
	__attribute__((returns_nonnull, malloc, format(printf, 1, 2)));

#endif
