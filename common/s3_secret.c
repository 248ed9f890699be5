#include "s3_secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "buf.h"
#include "credentials.h"
#include "prog.h"
#include "text.h"

#define FILE_MAX 4096		/* bytes read of the file */

/* The key's bytes out of the file's. -1: it is none. */
static int
find_bytes(struct buf *bytes, const struct buf *file)
{
	size_t len = file->len;

	if (len == S3_SECRET_BYTES) {
		buf_add(bytes, file->data, len);
		return 0;
	}
	while (len > 0 && strchr("\r\n", file->data[len - 1]) != NULL)
		len--;
	return text_from_base64(bytes, file->data, len) == 0 &&
	    bytes->len == S3_SECRET_BYTES ? 0 : -1;
}

static int
fill(struct s3_secret *secret, const struct buf *bytes)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf text = BUF_INIT;

	if (EVP_Digest(bytes->data, bytes->len, md5, &len, EVP_md5(),
	    NULL) != 1)
		return fail(PROG_PERMANENT, "cannot use a customer's key: it "
		    "goes with its MD5, which this machine does not have");
	text_add_base64(&text, md5, len);
	snprintf(secret->md5, sizeof secret->md5, "%s", text.data);
	buf_clear(&text);
	text_add_base64(&text, bytes->data, bytes->len);
	snprintf(secret->key, sizeof secret->key, "%s", text.data);
	credentials_wipe_buf(&text);
	return 0;
}

int
s3_secret_read(struct s3_secret *secret, const char *path)
{
	struct buf file = BUF_INIT;
	struct buf bytes = BUF_INIT;
	int rc = -1;

	if (buf_read_file(&file, path, FILE_MAX) != 0)
		fail(PROG_PERMANENT, "cannot read key file \"%s\": %m", path);
	else if (find_bytes(&bytes, &file) != 0)
		fail(PROG_PERMANENT, "cannot use key file \"%s\": it has "
		    "neither %d bytes nor the base64 of so many", path,
		    S3_SECRET_BYTES);
	else
		rc = fill(secret, &bytes);
	credentials_wipe_buf(&file);
	credentials_wipe_buf(&bytes);
	return rc;
}

void
s3_secret_clear(struct s3_secret *secret)
{
	OPENSSL_cleanse(secret, sizeof *secret);
}
