/*
 * envfile: `KEY=value` lines as env files, shells and systemd write them,
 * parsed and never run. Pure.
 *
 *     # comment
 *     export KEY=value          # comment: a '#' behind a blank
 *     KEY = unquoted words, "quotes" and all
 *     KEY='literal'             '\'' inside is a single quote
 *     KEY="text \" \\ \$ \`"    other backslashes stay
 *
 * ${X}, $(x) and `x` have no meaning: they stay as they are. A value ends
 * with its line; CRLF and a byte order mark are taken off.
 */
#ifndef ENVFILE_H
#define ENVFILE_H

#include <stddef.h>

#include "buf.h"
#include "io.h"

struct envfile {
	const char *data;	/* borrowed */
	size_t len;
	size_t at;		/* where the next line starts */
	unsigned line;		/* number of the line read last, from 1 */
	struct buf key;		/* [A-Za-z_][A-Za-z0-9_.]* */
	struct buf value;	/* UTF-8 without control bytes but tab */
};

void envfile_init(struct envfile *, const void *data, size_t len);
void envfile_release(struct envfile *);

/*
 * The next setting into key and value. 1: there is one; 0: the end; -1: line
 * `line` is bad, *why says how, without a word of it: it may be a secret.
 */
int envfile_next(struct envfile *, const char **why) MUSTUSE;

#endif
