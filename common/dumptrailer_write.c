/* The lines of a stream's own, as pg-stream writes them. */
#include <inttypes.h>

#include "dumptrailer_line.h"
#include "report.h"
#include "text.h"

#define PREFIX DUMPTRAILER_PREFIX

void
dumptrailer_add_header(struct buf *out, const json_t *header)
{
	buf_add_string(out, PREFIX "sql 1 ");
	report_add_json(out, header);
	buf_add_byte(out, '\n');
}

void
dumptrailer_add_table(struct buf *out, const json_t *table)
{
	buf_add_string(out, PREFIX "table ");
	report_add_json(out, table);
	buf_add_byte(out, '\n');
}

void
dumptrailer_add_catalog(struct buf *out, uint64_t bytes, const char *sha256_hex)
{
	buf_addf(out, PREFIX "catalog {\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}"
	    "\n", bytes, sha256_hex);
}

void
dumptrailer_add_base64(struct buf *out, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		size_t step = len < DUMPTRAILER_BASE64_STEP ? len :
		    DUMPTRAILER_BASE64_STEP;

		buf_add_string(out, "-- ");
		text_add_base64(out, at, step);
		buf_add_byte(out, '\n');
		at += step;
		len -= step;
	}
}

void
dumptrailer_add_end(struct buf *out, uint64_t tables, uint64_t row_count,
    uint64_t bytes, const struct dumptrailer_range *objects)
{
	buf_addf(out, PREFIX "end {\"tables\":%" PRIu64 ",\"row_count\":%"
	    PRIu64 ",\"bytes\":%" PRIu64, tables, row_count, bytes);
	if (objects != NULL)
		buf_addf(out, ",\"large_objects\":{\"from\":%" PRIu64
		    ",\"bytes\":%" PRIu64 "}", objects->from,
		    objects->bytes);
	buf_add_string(out, "}\n");
}
