/* backupname: template, database and description parted by 0 bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backupname.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *all = xstrndup("", 0);
	struct buf text = BUF_INIT;
	const char *why;

	free(all);
	all = xmalloc(len + 3);
	memcpy(all, data, len);
	memset(all + len, 0, 3);
	const char *database = all + strlen(all) + 1;
	const char *description = database > all + len ? "" :
	    database + strlen(database) + 1;

	if (description > all + len)
		description = "";
	if (database > all + len)
		database = "";
	struct backupname name = {
		.template = all, .database = database, .environment = "e",
		.description = description, .extension = "sql.gz",
		.local = {.tm_year = 126, .tm_mday = 1},
		.copy = len % 2 == 0 ? 0 : 2,
	};
	/* Whatever the parts: a name that every store takes, or none. */
	if (backupname_build(&text, &name, &why) == 0 &&
	    text.len <= STORE_KEY_MAX && store_key_problem(text.data) != NULL)
		abort();
	buf_release(&text);
	free(all);
	return 0;
}
