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
