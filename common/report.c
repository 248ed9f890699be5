#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic_file.h"
#include "flow.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

/* jansson leaves out what it gets no memory for. */
static void __attribute__((constructor))
use_xalloc(void)
{
	json_set_alloc_funcs(xmalloc, free);
}

json_t *
report_new(void)
{
	return json_pack("{s:s, s:s}", "tool", prog_name(), "tool_version",
	    PGBACKPIPE_VERSION);
}

void
report_add_times(json_t *report, struct timespec start)
{
	struct timespec now;
	struct buf text = BUF_INIT;

	clock_gettime(CLOCK_REALTIME, &now);
	text_add_time(&text, start);
	double seconds = (double)(now.tv_sec - start.tv_sec) +
	    (double)(now.tv_nsec - start.tv_nsec) / 1e9;

	json_object_set_new(report, "started_at", json_string(text.data));
	/* Milliseconds are enough, and a clock may have been set back. */
	seconds = seconds < 0 ? 0 : (double)(int64_t)(seconds * 1000) / 1000;
	json_object_set_new(report, "duration_seconds", json_real(seconds));
	buf_release(&text);
}

static int
dump_to_buf(const char *data, size_t len, void *buf)
{
	buf_add(buf, data, len);
	return 0;
}

void
report_add_json(struct buf *buf, const json_t *value)
{
	json_dump_callback(value, dump_to_buf, buf, JSON_COMPACT |
	    JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

int
report_write(const char *path, const json_t *report)
{
	struct buf text = BUF_INIT;

	if (path == NULL)
		return 0;
	report_add_json(&text, report);
	buf_add_byte(&text, '\n');
	int rc = atomic_file_write("report", path, 0600, text.data, text.len);

	buf_release(&text);
	return rc;
}

int
report_print(const json_t *value)
{
	struct buf text = BUF_INIT;

	report_add_json(&text, value);
	buf_add_byte(&text, '\n');
	int rc = flow_write(text.data, text.len);

	buf_release(&text);
	return rc;
}

json_t *
report_parse(const char *what, const char *name, const char *data, size_t len)
{
	json_error_t error;
	json_t *value = json_loadb(data, len, JSON_REJECT_DUPLICATES, &error);

	if (value == NULL) {
		fail(PROG_PERMANENT, "cannot read %s \"%s\": line %d: %s", what,
		    name, error.line, error.text);
		return NULL;
	}
	if (!json_is_object(value)) {
		fail(PROG_PERMANENT, "cannot read %s \"%s\": not a JSON object",
		    what, name);
		json_decref(value);
		return NULL;
	}
	return value;
}

json_t *
report_read(const char *what, const char *path)
{
	struct buf text = BUF_INIT;
	json_t *value = NULL;
	int rc = strcmp(path, "-") == 0 ?
	    buf_read_fd(&text, STDIN_FILENO, REPORT_MAX) :
	    buf_read_file(&text, path, REPORT_MAX);

	if (rc != 0)
		fail(errno == ENOENT || errno == EFBIG || errno == EACCES ?
		    PROG_PERMANENT : PROG_TEMPORARY,
		    "could not read %s \"%s\": %m", what, path);
	else
		value = report_parse(what, path, text.data, text.len);
	buf_release(&text);
	return value;
}

json_t *
report_text(const char *text)
{
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	char *plain = xstrdup(text);

	for (char *at = plain; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	value = json_string(plain);
	free(plain);
	return value;
}

const char *
report_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

int64_t
report_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -1;
	return json_integer_value(value);
}
