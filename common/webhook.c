#include "webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

#define PREFIX "whsec_"
#define KEY_MIN 24	/* bytes */
#define KEY_MAX 64	/* bytes */

static int
add_signature(struct buf *buf, const struct buf *key, const struct buf *signed_)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len = sizeof mac;

	if (HMAC(EVP_sha256(), key->data, (int)key->len,
	    (const unsigned char *)signed_->data, signed_->len, mac,
	    &len) == NULL)
		return -1;
	buf_addf(buf, "%sv1,", buf->len > 0 ? " " : "");
	text_add_base64(buf, mac, len);
	return 0;
}

static int
sign_with(struct buf *buf, const char *secret, size_t len,
    const struct buf *text, const char **why)
{
	struct buf key = BUF_INIT;
	size_t prefix = strlen(PREFIX);
	int rc = -1;

	if (len < prefix || memcmp(secret, PREFIX, prefix) != 0)
		*why = "it does not begin with " PREFIX;
	else if (text_from_base64(&key, secret + prefix, len - prefix) != 0)
		*why = "what follows " PREFIX " is not base64";
	else if (key.len < KEY_MIN || key.len > KEY_MAX)
		*why = "it does not have 24 to 64 bytes";
	else if (add_signature(buf, &key, text) != 0)
		*why = "this machine has no HMAC-SHA256";
	else
		rc = 0;
	OPENSSL_cleanse(key.data, key.len);
	buf_release(&key);
	return rc;
}

int
webhook_sign(struct buf *buf, const char *secrets, const char *id,
    time_t when, const void *body, size_t len, const char **why)
{
	struct buf text = BUF_INIT;
	struct buf value = BUF_INIT;
	int rc = 0;

	buf_addf(&text, "%s.%lld.", id, (long long)when);
	buf_add(&text, body, len);
	*why = "it is empty";
	for (const char *at = secrets; rc == 0;) {
		at += strspn(at, " \t\n");
		size_t secret_len = strcspn(at, " \t\n");

		if (secret_len == 0)
			break;
		rc = sign_with(&value, at, secret_len, &text, why);
		at += secret_len;
	}
	if (value.len == 0)
		rc = -1;
	if (rc == 0)
		buf_add(buf, value.data, value.len);
	buf_release(&value);
	buf_release(&text);
	return rc;
}

int
webhook_add_host(struct buf *buf, const char *url)
{
	const char *start = text_starts(url, "https://") ? url + 8 :
	    text_starts(url, "http://") ? url + 7 : NULL;

	if (start == NULL)
		return -1;
	size_t len = strcspn(start, "/?#\\");
	const char *host = start;

	for (const char *at = start; at < start + len; at++) {
		if ((unsigned char)*at <= 0x20 || *at == 0x7f)
			return -1;
		if (*at == '@')
			host = at + 1;
	}
	len -= (size_t)(host - start);
	if (len == 0 || host[0] == ':')
		return -1;
	buf_add(buf, host, len);
	return 0;
}
