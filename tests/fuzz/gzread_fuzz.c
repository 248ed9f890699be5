/*
 * Any bytes as a compressed stream: no crash, the same verdict and bytes
 * whether bodies are decoded by one thread or by two, and what is accepted is
 * accepted by zlib with the same bytes. Of foreign gzip zlib's verdict is ours.
 * What is said of the sizes is true.
 */
#include "../unit/gzmemory.h"

#define OUT_MAX ((size_t)8 * 1024 * 1024)

static struct buf one = BUF_INIT, two = BUF_INIT, reference = BUF_INIT;

static void
compare(const struct buf *other)
{
	if (one.len != other->len ||
	    memcmp(one.data, other->data, one.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gzread_result first, second;
	int rc = gzmemory_read(data, size, 1, OUT_MAX, &one, &first);

	if (gzmemory_read(data, size, 2, OUT_MAX, &two, &second) != rc ||
	    strcmp(first.reason, second.reason) != 0)
		abort();
	if (rc == -1)
		return 0;	/* more than OUT_MAX */
	if (rc == 0)
		compare(&two);
	int want = gzmemory_gunzip(data, size, OUT_MAX, &reference);

	if (rc == 0 && want != 0 && !gzmemory_zlib_alone_refuses())
		abort();
	if (rc == 0 && want == 0)
		compare(&reference);
	/* What looks like frames is held to more than gzip asks. */
	if (rc == 1 && want == 0 &&
	    gzframe_probe(data, size) == GZFRAME_FOREIGN &&
	    strstr(first.reason, "a frame stands behind") == NULL)
		abort();
	return 0;
}
