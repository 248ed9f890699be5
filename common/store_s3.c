#include "store.h"

#include "prog.h"
#include "store_backend.h"

static struct store *
refuse(const struct store_url *place, const struct store_options *options)
{
	(void)options;
	fail(PROG_PERMANENT, "cannot use URL \"%s\": s3:// is not built in",
	    place->text);
	return NULL;
}

const struct store_backend store_s3_backend = {.open = refuse};
