#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "atomic_file.h"
#include "prog.h"
#include "store.h"
#include "store_backend.h"
#include "store_file_get.h"
#include "store_file_list.h"
#include "store_file_put.h"
#include "store_path.h"
#include "text.h"
#include "xalloc.h"

#define XATTR_MAX 65536		/* bytes of all names, of one value; kernel's */

/* The mode asked for, else FILE_MODE's or DIR_MODE's, else the default. */
static int
choose_mode(const char *variable, unsigned asked, unsigned standard,
    mode_t *mode)
{
	const char *text = getenv(variable);

	*mode = asked != 0 ? asked : standard;
	if (asked != 0 || text == NULL || text[0] == '\0')
		return 0;
	*mode = 0;
	for (const char *at = text; *at >= '0' && *at <= '7' && at < text + 4;)
		*mode = *mode * 8 + (mode_t)(*at++ - '0');
	if (text[strspn(text, "01234567")] != '\0' || strlen(text) > 4 ||
	    (*mode & standard) != standard || *mode > 0777)
		return fail(PROG_PERMANENT, "cannot use %s=%s: an octal mode "
		    "from %04o to 0777", variable, text, standard);
	return 0;
}

static struct store *
file_open(const struct store_url *place, const struct store_options *options)
{
	struct store_file *store = xcalloc(1, sizeof *store);

	store->options = options;
	if (options->wish_count > 0 || options->secret != NULL ||
	    options->request_payer) {
		fail(PROG_PERMANENT, "cannot use options of S3 with "
		    "\"%s\"", place->text);
		goto bad;
	}
	if (choose_mode("FILE_MODE", options->file_mode, 0600,
	    &store->file_mode) == 0 &&
	    choose_mode("DIR_MODE", options->directory_mode, 0700,
	    &store->directory_mode) == 0)
		return &store->base;
bad:
	free(store);
	return NULL;
}

static struct store *
file_reader(const struct store *store)
{
	struct store_file *new = xcalloc(1, sizeof *new);

	*new = *(const struct store_file *)store;
	return &new->base;
}

static void
file_close(struct store *store)
{
	free(store);
}

static bool
file_holds(const struct store *store, const struct store_url *url)
{
	(void)store;
	(void)url;
	return true;
}

/* Extended attributes whose names can be metadata keys. -1: errno is set. */
static int
read_metadata(const char *path, struct store_object *object)
{
	char *names = xmalloc(XATTR_MAX);
	char *value = xmalloc(XATTR_MAX + 1);
	ssize_t len = listxattr(path, names, XATTR_MAX);
	int rc = len >= 0 || errno == ENOTSUP || errno == ENOENT ? 0 : -1;

	for (ssize_t at = 0; rc == 0 && at < len;
	    at += (ssize_t)strlen(names + at) + 1) {
		const char *key = names + at + sizeof STORE_FILE_XATTR - 1;

		if (!text_starts(names + at, STORE_FILE_XATTR))
			continue;
		ssize_t n = getxattr(path, names + at, value, XATTR_MAX);

		if (n < 0 && errno != ENODATA)
			rc = -1;
		if (n < 0)
			continue;
		value[n] = '\0';
		if (strlen(value) != (size_t)n ||
		    store_metadata_problem(key, value) != NULL)
			continue;
		object->metadata = xrealloc_array(object->metadata,
		    object->metadata_count + 1, sizeof *object->metadata);
		object->metadata[object->metadata_count++] =
		    (struct store_metadata){xstrdup(key), xstrdup(value)};
	}
	free(value);
	free(names);
	return rc;
}

static int
file_head(struct store *store, const struct store_url *url,
    struct store_object *object)
{
	struct stat st;

	(void)store;
	if (stat(url->path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return store_path_fail("look at object", url->text, url->path);
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	if (read_metadata(url->path, object) != 0)
		return store_path_fail("read metadata of object", url->text,
		    url->path);
	object->url = xstrdup(url->text);
	object->size = (uint64_t)st.st_size;
	object->modified = st.st_mtim;
	object->etag = xstrdup("");
	return 1;
}

/* An unlink is for ever only once its directory is on disk. */
static int
sync_parent(const struct store_url *url)
{
	if (atomic_file_sync_parent(url->path) == 0 || errno == ENOENT ||
	    errno == ENOTDIR || errno == EACCES)
		return 0;
	return store_path_fail("write directory of object", url->text,
	    url->path);
}

static bool
same_directory(const struct store_url *a, const struct store_url *b)
{
	size_t len = (size_t)(store_url_name(a->path) - a->path);

	return len == (size_t)(store_url_name(b->path) - b->path) &&
	    memcmp(a->path, b->path, len) == 0;
}

static int
file_delete(struct store *store, struct store_url *const *urls, size_t count)
{
	(void)store;
	for (size_t i = 0; i < count; i++) {
		if (unlink(urls[i]->path) != 0) {
			if (errno != ENOENT && errno != ENOTDIR)
				return store_path_fail("delete object",
				    urls[i]->text, urls[i]->path);
			info("object \"%s\" was gone already", urls[i]->text);
		}
		if ((i + 1 == count || !same_directory(urls[i], urls[i + 1])) &&
		    sync_parent(urls[i]) != 0)
			return -1;
	}
	return 0;
}

const struct store_backend store_file_backend = {
	.open = file_open,
	.reader = file_reader,
	.close = file_close,
	.holds = file_holds,
	.put_begin = store_file_put_begin,
	.put_write = store_file_put_write,
	.put_commit = store_file_put_commit,
	.put_abort = store_file_put_abort,
	.get = store_file_get,
	.get_part = store_file_get_part,
	.head = file_head,
	.list = store_file_list,
	.delete = file_delete,
	.abort_uploads = store_file_abort_uploads,
};
