#include "gzsource.h"

#include <stdarg.h>
#include <stdio.h>

int
gzread_damaged(struct gzread_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->reason, sizeof result->reason, format, args);
	va_end(args);
	return -1;
}

int
gzread_pass(const struct gzread *setup, uint64_t offset, const void *data,
    size_t len)
{
	uint64_t from = offset > setup->from ? offset : setup->from;
	uint64_t to = offset + len < setup->to ? offset + len : setup->to;

	if (setup->sink == NULL || from >= to)
		return 0;
	return setup->sink(setup->context, (const char *)data +
	    (from - offset), (size_t)(to - from));
}
