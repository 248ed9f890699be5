/* aws_ini: whatever the text, each entry is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws_ini.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct aws_ini ini = AWS_INI_INIT;
	char *text = xstrndup((const char *)data, len);
	size_t line;

	if (aws_ini_parse(&ini, text, &line) == 0) {
		for (size_t i = 0; i < ini.count; i++) {
			const struct aws_ini_entry *entry = &ini.entries[i];

			if (strpbrk(entry->value, "\n") != NULL ||
			    !aws_ini_has_section(&ini, entry->section))
				abort();
		}
	}
	aws_ini_release(&ini);
	free(text);
	return 0;
}
