/* store_url: any bytes as a URL. What is taken must hold what was promised. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store_url.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

static void
check(const struct store_url *url, const char *text, enum store_url_kind kind)
{
	size_t len = strlen(url->text);
	const char *key = url->scheme == STORE_S3 ? url->key : url->path + 1;

	/* Only one '/' at the end may have gone. */
	REQUIRE(strncmp(text, url->text, len) == 0);
	REQUIRE(text[len] == '\0' || (kind == STORE_URL_PLACE &&
	    strcmp(text + len, "/") == 0));
	REQUIRE(kind == STORE_URL_PLACE || key[0] != '\0');
	REQUIRE(key[0] == '\0' || store_key_problem(key) == NULL);
	REQUIRE(strlen(key) <= STORE_KEY_MAX && key[0] != '/');
	REQUIRE(strstr(key, "//") == NULL && strstr(key, "/../") == NULL);
	for (const char *at = url->text; *at != '\0'; at++)
		REQUIRE((unsigned char)*at >= 0x20 && *at != 0x7f);
	/* Taken apart and put together it is the same. */
	char *again = url->scheme == STORE_FILE ?
	    xasprintf("file://%s", url->path) : xasprintf("s3://%s%s%s",
	    url->place, url->key[0] == '\0' ? "" : "/", url->key);

	REQUIRE(strcmp(again, url->text) == 0 ||
	    (strncmp(again, url->text, strlen(again)) == 0 &&
	    strcmp(url->text + strlen(again), "/") == 0));
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	for (int kind = STORE_URL_PLACE; kind <= STORE_URL_OBJECT; kind++) {
		const char *problem = NULL;
		struct store_url *url = store_url_parse(text,
		    (enum store_url_kind)kind, &problem);

		REQUIRE((url == NULL) == (problem != NULL));
		if (url != NULL)
			check(url, text, (enum store_url_kind)kind);
		store_url_free(url);
	}
	free(text);
	return 0;
}
