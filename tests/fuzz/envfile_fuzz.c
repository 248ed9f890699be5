/* envfile: any bytes; keys and values keep what the header promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envfile.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct envfile file;
	const char *why;
	int got;

	envfile_init(&file, data, len);
	while ((got = envfile_next(&file, &why)) != 0) {
		if (got < 0)
			continue;
		if (file.key.len == 0 || file.value.len > len ||
		    strlen(file.value.data) != file.value.len ||
		    strchr(file.value.data, '\n') != NULL ||
		    !text_is_utf8(file.value.data, file.value.len))
			abort();
	}
	envfile_release(&file);
	return 0;
}
