/* print.c: settings for a shell, for people and for programs. */
#include <jansson.h>
#include <string.h>

#include "buf.h"
#include "flow.h"
#include "prog.h"
#include "report.h"
#include "settings.h"

#define MASK "********"

static bool
is_shown(const struct setting *item)
{
	return item->value != NULL && !item->prefix;
}

static int
put(struct buf *text)
{
	int rc = flow_write(text->data, text->len);

	buf_release(text);
	return rc;
}

int
print_export(const struct settings *settings)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *item = &settings->items[i];

		/* A name with a dot is an alias at most, never exported. */
		if (!is_shown(item) || item->later ||
		    strchr(item->name, '.') != NULL)
			continue;
		buf_addf(&text, "export %s='", item->name);
		for (const char *at = item->value; *at != '\0'; at++) {
			if (*at == '\'')
				buf_add_string(&text, "'\\''");
			else
				buf_add_byte(&text, *at);
		}
		buf_add_string(&text, "'\n");
	}
	return put(&text);
}

/* What people may see: no secret, one line. */
static const char *
shown_value(const struct setting *item)
{
	return item->secret && item->value[0] != '\0' ? MASK : item->value;
}

int
print_table(const struct settings *settings)
{
	struct buf text = BUF_INIT;
	size_t widths[2] = {strlen("Setting"), strlen("Value")};

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *item = &settings->items[i];

		if (!is_shown(item))
			continue;
		size_t name = strlen(item->name);
		size_t value = strlen(shown_value(item));

		if (name > widths[0])
			widths[0] = name;
		if (value > widths[1] && value <= 48)
			widths[1] = value;
	}
	buf_addf(&text, "%-*s  %-*s  %s\n", (int)widths[0], "Setting",
	    (int)widths[1], "Value", "Source");
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *item = &settings->items[i];

		if (!is_shown(item))
			continue;
		buf_addf(&text, "%-*s  ", (int)widths[0], item->name);
		size_t start = text.len;

		buf_addf(&text, "%-*s", (int)widths[1], shown_value(item));
		for (size_t at = start; at < text.len; at++) {
			if (text.data[at] == '\n')
				text.data[at] = ' ';
		}
		buf_addf(&text, "  %s%s\n", item->origin,
		    item->later ? ", without effect" : "");
	}
	return put(&text);
}

int
print_json(const struct settings *settings)
{
	static const char *const sources[] = {
		[SOURCE_DEFAULT] = "default", [SOURCE_FILE] = "file",
		[SOURCE_ENVIRONMENT] = "environment",
		[SOURCE_OPTION] = "option",
	};
	json_t *list = json_array();
	json_t *all = json_pack("{s:o}", "settings", list);

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *item = &settings->items[i];

		if (!is_shown(item))
			continue;
		json_array_append_new(list, json_pack(
		    "{s:s, s:s?, s:b, s:b, s:b, s:s, s:s, s:s}",
		    "name", item->name,
		    "value", item->secret ? NULL : item->value,
		    "set", item->value[0] != '\0',
		    "secret", item->secret,
		    "effect", !item->later,
		    "source", sources[item->source],
		    "origin", item->origin,
		    "help", item->help));
	}
	int rc = report_print(all);

	json_decref(all);
	return rc;
}
