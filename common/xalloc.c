#define _GNU_SOURCE
#include "xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"

static void *
check(void *memory)
{
	if (memory == NULL) {
		fail(PROG_TEMPORARY, "out of memory");
		/* Not exit(): a library may call us with its locks held. */
		_exit(PROG_TEMPORARY);
	}
	return memory;
}

void *
xmalloc(size_t size)
{
	return check(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	return check(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
xrealloc_array(void *old, size_t count, size_t size)
{
	return check(reallocarray(old, count > 0 ? count : 1,
	    size > 0 ? size : 1));
}

char *
xstrdup(const char *text)
{
	return check(strdup(text));
}

char *
xstrndup(const char *text, size_t len)
{
	return check(strndup(text, len));
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return check(text);
}
