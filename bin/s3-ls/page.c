#include "page.h"

#include <stdlib.h>
#include <unistd.h>

#include "report.h"
#include "xalloc.h"

void
page_add(struct page *page, const char *setting, char *value, char *origin)
{
	const char *shown = value == NULL ? "-" : value;
	const char *from = origin == NULL ? "-" : origin;

	if (page->as_json) {
		json_t *line = json_pack("{s:s, s:s?, s:s?}", "setting",
		    setting, "value", value, "origin", origin);

		if (line != NULL)
			report_add_json(page->lines, line);
		json_decref(line);
	} else {
		buf_addf(page->lines, "%-16s  %-32s  %s", setting, shown, from);
	}
	buf_add_byte(page->lines, '\n');
	free(value);
	free(origin);
}

void
page_add_setting(struct page *page, const char *setting, enum aws_setting which,
    const char *fallback)
{
	const char *value = aws_config_get(&page->s3->config, which);
	char *origin = aws_config_origin(&page->s3->config, which);

	page_add(page, setting, xstrdup(value == NULL ? fallback : value),
	    origin == NULL ? xstrdup("default") : origin);
}

void
page_add_file(struct page *page, const char *setting, const char *path,
    const char *variable)
{
	bool there = *path != '\0' && access(path, R_OK) == 0;

	page_add(page, setting, xasprintf("%s%s", path, there ? "" :
	    " (not there)"), aws_config_environment(variable) != NULL ?
	    xasprintf("%s in the environment", variable) : xstrdup("default"));
}
