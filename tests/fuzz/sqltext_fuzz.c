/* Any bytes, in pieces of three sizes: the same verdict and output. */
#include <stdint.h>
#include <stdlib.h>

#include "../../bin/pg-load/sqltext.c"

static int
collect(void *out, const void *data, size_t len)
{
	buf_add(out, data, len);
	return 0;
}

/* 0 whole, 1 not, 2 refused. */
static int
run(const uint8_t *data, size_t size, size_t piece, bool foreign,
    struct buf *out)
{
	struct sqltext s;
	int rc = 0;

	sqltext_init(&s);
	s.sink = collect;
	s.context = out;
	s.may_be_foreign = foreign;
	s.one_transaction = true;
	for (size_t at = 0; rc == 0 && at < size; at += piece)
		rc = sqltext_feed(&s, data + at,
		    size - at < piece ? size - at : piece);
	if (rc == 0 && sqltext_end(&s) != 0)
		abort();
	rc = rc != 0 ? 2 : sqltext_missing(&s) != NULL;
	/* What passes is what came, but for a BEGIN and a COMMIT. */
	if (rc < 2 && out->len != size)
		abort();
	if ((rc == 2) != (s.refused != NULL) || (rc == 2 && !foreign))
		abort();
	sqltext_release(&s);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {13, 1};

	for (int foreign = 0; foreign < 2; foreign++) {
		struct buf whole = BUF_INIT;
		int rc = run(data, size, size + 1, foreign == 1, &whole);

		for (size_t i = 0; i < 2; i++) {
			struct buf part = BUF_INIT;

			if (run(data, size, pieces[i], foreign == 1, &part) !=
			    rc || (rc < 2 && memcmp(part.data, whole.data,
			    whole.len) != 0))
				abort();
			buf_release(&part);
		}
		buf_release(&whole);
	}
	return 0;
}
