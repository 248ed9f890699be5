/* record: any name; what is found lies within it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *name = xmalloc(len + 1);
	size_t object_len = 0;
	int64_t when = 0;

	memcpy(name, data, len);
	name[len] = '\0';
	enum record_kind kind = record_parse(name, &object_len, &when);

	if (kind != RECORD_NONE && (object_len == 0 ||
	    strncmp(name + object_len, record_infix(kind),
	    strlen(record_infix(kind))) != 0))
		abort();
	free(name);
	return 0;
}
