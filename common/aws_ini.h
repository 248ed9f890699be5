/*
 * aws_ini: the text of ~/.aws/config and ~/.aws/credentials. Pure.
 *
 *     [profile night]         the section is "profile night"
 *     region = eu-central-1
 *     s3 =
 *       addressing_style = path       the key is "s3.addressing_style"
 *
 * '#' and ';' at the start of a line, or behind a blank, begin a comment.
 * AWS: "Configuration and credential file settings", <https://docs.aws.amazon.
 * com/sdkref/latest/guide/file-format.html>
 */
#ifndef AWS_INI_H
#define AWS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

struct aws_ini_entry {
	char *section;
	char *key;		/* lower case; "" marks the section itself */
	char *value;
	size_t line;		/* of its file, from 1 */
};

struct aws_ini {
	struct aws_ini_entry *entries;
	size_t count;
};

#define AWS_INI_INIT {.entries = NULL, .count = 0}

/*
 * Add what text says. Returns 0; or -1 with *bad_line set to the number of a
 * line that is none of these (it may hold a secret: do not print it).
 */
int aws_ini_parse(struct aws_ini *, const char *text, size_t *bad_line) MUSTUSE;
void aws_ini_release(struct aws_ini *);

/* The value, or NULL. An empty value counts as none. Borrowed. */
const char *aws_ini_get(const struct aws_ini *, const char *section,
    const char *key);

/* The entry that aws_ini_get speaks of, or NULL. Borrowed. */
const struct aws_ini_entry *aws_ini_find(const struct aws_ini *,
    const char *section, const char *key);

bool aws_ini_has_section(const struct aws_ini *, const char *section);

#endif
