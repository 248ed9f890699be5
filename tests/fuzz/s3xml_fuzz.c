/* s3xml, s3xml_list: the first byte chooses the reader of the rest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "s3xml.h"
#include "s3xml_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
fuzz_list(enum s3xml_kind kind, const char *text, size_t len)
{
	struct s3xml_list list;

	if (s3xml_read_list(&list, kind, text, len) != 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].id == NULL || list.items[i].key == NULL)
			abort();
	}
	s3xml_list_release(&list);
}

static void
fuzz_deleted(const char *text, size_t len)
{
	struct s3xml_error *errors;
	size_t count;

	if (s3xml_read_deleted(&errors, &count, text, len) != 0)
		return;
	for (size_t i = 0; i < count; i++)
		s3xml_error_release(&errors[i]);
	free(errors);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data + 1;
	struct s3xml_error error;

	if (len == 0)
		return 0;
	len--;
	switch (data[0] % 5) {
	case 0:
		for (enum s3xml_kind kind = S3XML_OBJECTS;
		    kind <= S3XML_UPLOADS; kind++)
			fuzz_list(kind, text, len);
		break;
	case 1:
		fuzz_deleted(text, len);
		break;
	case 2:
		if (s3xml_read_error(&error, text, len) == 0 &&
		    error.code[0] == '\0')
			abort();
		s3xml_error_release(&error);
		break;
	case 3:
		free(s3xml_read_completed(text, len));
		break;
	default:
		free(s3xml_read_upload_id(text, len));
	}
	return 0;
}
