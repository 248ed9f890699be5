#include "store.h"

#include "prog.h"
#include "store_backend.h"

static struct store *
refuse(const struct store_url *place, const struct store_options *options)
{
	(void)options;
	fail(PROG_PERMANENT, "cannot use URL \"%s\": file:// is not built in",
	    place->text);
	return NULL;
}

const struct store_backend store_file_backend = {.open = refuse};
