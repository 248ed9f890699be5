#include "names.h"

#include <ctype.h>
#include <string.h>

#include "text.h"

#define SUFFIX_MAX 27	/* "__undone_20260129t143022z_2" */
#define STAMP_LEN 16	/* "20260129t143022z" */
#define ID_LEN 8

static const char *const words[] = {
	[NAME_OTHER] = "",
	[NAME_RESTORING] = "restoring",
	[NAME_BEFORE] = "before",
	[NAME_UNDONE] = "undone",
};

const char *
name_kind_word(enum name_kind kind)
{
	return words[kind];
}

/* FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/> */
static uint64_t
hash(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h;
}

int64_t
name_lock_key(const char *database)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "pgbackpipe load %s", database);
	int64_t key = (int64_t)hash(text.data);

	buf_release(&text);
	return key;
}

void
name_add_prefix(struct buf *out, const char *database)
{
	size_t len = strlen(database);

	if (len + SUFFIX_MAX <= NAME_MAX_BYTES) {
		buf_add(out, database, len);
	} else {
		len = NAME_MAX_BYTES - SUFFIX_MAX - 1 - 8;
		while (len > 0 && ((unsigned char)database[len] & 0xc0) == 0x80)
			len--;
		buf_add(out, database, len);
		buf_addf(out, "_%08x", (unsigned)(hash(database) >> 32));
	}
	buf_add_string(out, "__");
}

static void
add_base(struct buf *out, const char *database, enum name_kind kind)
{
	name_add_prefix(out, database);
	buf_addf(out, "%s_", words[kind]);
}

void
name_add_restoring(struct buf *out, const char *database, uint32_t id)
{
	add_base(out, database, NAME_RESTORING);
	buf_addf(out, "%08x", (unsigned)id);
}

void
name_add_old(struct buf *out, const char *database, enum name_kind kind,
    time_t when, unsigned try)
{
	add_base(out, database, kind);
	size_t at = out->len;

	text_add_time_basic(out, when);
	for (; at < out->len; at++)
		out->data[at] = (char)tolower((unsigned char)out->data[at]);
	if (try > 1)
		buf_addf(out, "_%u", try);
}

static bool
is_id(const char *text)
{
	return strlen(text) == ID_LEN &&
	    strspn(text, "0123456789abcdef") == ID_LEN;
}

/* "20260129t143022z", perhaps with "_2" to "_9" behind it */
static bool
is_stamp(const char *text)
{
	static const char shape[] = "ddddddddtddddddz";
	size_t i;

	for (i = 0; i < STAMP_LEN; i++) {
		if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) :
		    text[i] != shape[i])
			return false;
	}
	return text[i] == '\0' || (text[i] == '_' && text[i + 1] >= '2' &&
	    text[i + 1] <= '9' && text[i + 2] == '\0');
}

enum name_kind
name_kind_of(const char *database, const char *candidate, const char **stamp)
{
	enum name_kind found = NAME_OTHER;

	for (int kind = NAME_RESTORING; kind <= NAME_UNDONE; kind++) {
		struct buf base = BUF_INIT;

		add_base(&base, database, (enum name_kind)kind);
		const char *rest = candidate + base.len;

		if (text_starts(candidate, base.data) &&
		    (kind == NAME_RESTORING ? is_id(rest) : is_stamp(rest))) {
			found = (enum name_kind)kind;
			if (stamp != NULL)
				*stamp = rest;
		}
		buf_release(&base);
	}
	return found;
}

void
name_add_stamp_time(struct buf *out, const char *s)
{
	buf_addf(out, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s, s + 4, s + 6, s + 9,
	    s + 11, s + 13);
}
