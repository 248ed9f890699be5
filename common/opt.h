/*
 * opt: one static table of a program's options makes its parser and its
 * --help. Every program also takes --help, --version, -q, -v and
 * --log-format=text|json from here.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

enum opt_kind {
	OPT_FLAG,	/* bool: true when given */
	OPT_STRING,	/* const char *: borrowed from argv */
	OPT_LIST,	/* struct opt_list: may be given many times */
	OPT_NUMBER,	/* uint64_t, min..max */
	OPT_SIZE,	/* uint64_t bytes, K M G T, min..max */
	OPT_DURATION,	/* uint64_t seconds, s m h d w, min..max */
	OPT_LEVEL,	/* int: -1 to -9, a letter without a name */
};

struct opt_list {
	const char **items;	/* borrowed from argv */
	size_t count;
};

struct opt {
	const char *name;	/* "dbname", or NULL for a letter alone */
	char letter;		/* 'd', or 0 */
	enum opt_kind kind;
	void *value;		/* where it goes, by kind */
	const char *arg;	/* "NAME"; NULL for OPT_FLAG and OPT_LEVEL */
	const char *help;	/* '\n' starts a further line */
	uint64_t min, max;	/* numbers; max 0: no limit */
};

struct opt_program {
	const char *name;
	const char *synopsis;	/* behind the name: "[OPTION]... < in > out" */
	const char *purpose;	/* one or more lines */
	const struct opt *options;
	size_t option_count;
	int operands_min;
	int operands_max;	/* -1: no limit */
	bool stop_at_operand;	/* "guard -- COMMAND ARG...": leave the rest */
	const char *notes;	/* behind the options, or NULL */
	/* More of them, of the values that were given; NULL: none. */
	void (*print_notes)(void);
};

#define OPT_COUNT(table) (sizeof(table) / sizeof *(table))

/*
 * prog_init and the whole command line. Values must hold their defaults.
 * Returns the operands (NULL-terminated, borrowed from argv). Bad usage exits
 * 100, --help and --version exit 0.
 */
char **opt_parse(const struct opt_program *, int argc, char **argv) MUSTUSE;

#endif
