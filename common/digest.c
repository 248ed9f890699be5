#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

struct digest {
	EVP_MD_CTX *context;
};

static int
broken(void)
{
	return fail(PROG_TEMPORARY, "could not compute SHA-256: "
	    "the cryptographic library refused");
}

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return xmalloc(size);
}

static void *
crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return xrealloc_array(old, 1, size);
}

static void
crypto_free(void *data, const char *file, int line)
{
	(void)file;
	(void)line;
	free(data);
}

struct digest *
digest_new(void)
{
	struct digest *digest = xcalloc(1, sizeof *digest);

	/* The library crashes when it gets none; too late is no harm. */
	(void)!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
	    crypto_free);
	digest->context = EVP_MD_CTX_new();
	if (digest->context != NULL &&
	    EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1)
		return digest;
	broken();
	digest_free(digest);
	return NULL;
}

void
digest_free(struct digest *digest)
{
	if (digest == NULL)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

int
digest_add(struct digest *digest, const void *data, size_t len)
{
	return EVP_DigestUpdate(digest->context, data, len) == 1 ? 0 :
	    broken();
}

int
digest_finish(struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
	unsigned char value[EVP_MAX_MD_SIZE];
	struct buf text = BUF_INIT;

	if (EVP_DigestFinal_ex(digest->context, value, NULL) != 1)
		return broken();
	text_add_hex(&text, value, DIGEST_SIZE);
	memcpy(hex, text.data, DIGEST_HEX_SIZE);
	buf_release(&text);
	return 0;
}
