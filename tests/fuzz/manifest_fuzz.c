/* manifest: any JSON; what passes the check has a time and a series. */
#include <stdint.h>
#include <stdlib.h>

#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	json_t *manifest = json_loadb((const char *)data, len,
	    JSON_REJECT_DUPLICATES, NULL);
	struct buf why = BUF_INIT;

	if (manifest == NULL)
		return 0;
	(void)manifest_is_ours(manifest);
	if (manifest_check(manifest, &why) == 0) {
		(void)manifest_created(manifest);
		if (why.len != 0 || manifest_series(manifest)[0] == '\0')
			abort();
	} else if (why.len == 0) {
		abort();
	}
	buf_release(&why);
	json_decref(manifest);
	return 0;
}
