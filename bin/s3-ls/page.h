/*
 * page: the lines of explain: a setting, its value, where that comes from.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>

#include "buf.h"
#include "s3.h"

struct page {
	struct buf *lines;
	bool as_json;
	const struct s3 *s3;
};

/* Takes value and origin over; NULL is "-". */
void page_add(struct page *, const char *setting, char *value, char *origin);

/* A setting as it is written; fallback stands for its absence. */
void page_add_setting(struct page *, const char *setting, enum aws_setting,
    const char *fallback);

/* A file's path, and the variable that may name it. */
void page_add_file(struct page *, const char *setting, const char *path,
    const char *variable);

#endif
