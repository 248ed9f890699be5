#include "s3xml_list.h"

#include <stdlib.h>
#include <string.h>

#include "s3xml.h"
#include "text.h"
#include "xalloc.h"
#include "xmlwalk.h"

#define ITEMS_MAX ((size_t)100000)	/* of a list; servers send 1,000 */

static void
set_text(char **member, const char *text)
{
	free(*member);
	*member = xstrdup(text);
}

void
s3xml_decode(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		unsigned char byte = 0;
		char pair[3] = {0};

		if (*text == '%' && text[1] != '\0')
			memcpy(pair, text + 1, 2);
		/* A 0 byte is in no key: leave it as it stands. */
		if (*text == '%' && text_from_hex(pair, &byte, 1) == 0 &&
		    byte != 0) {
			*out++ = (char)byte;
			text += 2;
		} else {
			*out++ = *text == '+' ? ' ' : *text;
		}
	}
	*out = '\0';
}

struct list_reader {
	struct s3xml_list *list;
	struct s3xml_item item;		/* the one under way */
	enum s3xml_kind kind;
	bool good;			/* the root is a list of that kind */
};

static void
release_item(struct s3xml_item *item)
{
	free(item->key);
	free(item->id);
	free(item->version);
	memset(item, 0, sizeof *item);
}

static int
set_item_member(struct s3xml_item *item, const char *name, const char *text)
{
	if (strcmp(name, "Key") == 0 || strcmp(name, "Prefix") == 0) {
		set_text(&item->key, text);
	} else if (strcmp(name, "ETag") == 0 || strcmp(name, "UploadId") == 0) {
		set_text(&item->id, text);
		s3xml_unquote(item->id);
	} else if (strcmp(name, "VersionId") == 0) {
		set_text(&item->version, text);
	} else if (strcmp(name, "IsLatest") == 0) {
		item->latest = strcmp(text, "true") == 0;
	} else if (strcmp(name, "Size") == 0) {
		return text_number(text, &item->size);
	} else if (strcmp(name, "LastModified") == 0 ||
	    strcmp(name, "Initiated") == 0) {
		/* Not every server's clock text is RFC 3339: 1970 then. */
		if (text_time(text, &item->when) != 0)
			item->when = (struct timespec){0};
	}
	return 0;
}

static const struct list_kind {
	enum s3xml_kind kind;
	const char *root;
	const char *item;
	bool delete_marker;
	bool prefix;
} kinds[] = {
	{S3XML_OBJECTS, .root = "ListBucketResult", .item = "Contents"},
	{S3XML_OBJECTS, .root = "ListBucketResult", .item = "CommonPrefixes",
	    .prefix = true},
	{S3XML_VERSIONS, .root = "ListVersionsResult", .item = "Version"},
	{S3XML_VERSIONS, .root = "ListVersionsResult", .item = "DeleteMarker",
	    .delete_marker = true},
	/* Thus gofakes3. */
	{S3XML_VERSIONS, .root = "ListBucketVersionsResult",
	    .item = "Version"},
	{S3XML_VERSIONS, .root = "ListBucketVersionsResult",
	    .item = "DeleteMarker", .delete_marker = true},
	{S3XML_UPLOADS, .root = "ListMultipartUploadsResult",
	    .item = "Upload"},
};

static int
add_item(struct list_reader *reader, const struct list_kind *kind)
{
	struct s3xml_list *list = reader->list;

	if (reader->item.key == NULL || list->count == ITEMS_MAX)
		return -1;
	if (reader->item.id == NULL)
		reader->item.id = xstrdup("");
	reader->item.delete_marker = kind->delete_marker;
	reader->item.prefix = kind->prefix;
	/* Doubling: 1, 2, 4, ... */
	if ((list->count & (list->count - 1)) == 0)
		list->items = xrealloc_array(list->items,
		    list->count == 0 ? 1 : list->count * 2,
		    sizeof *list->items);
	list->items[list->count++] = reader->item;
	memset(&reader->item, 0, sizeof reader->item);
	return 0;
}

static void
set_list_member(struct s3xml_list *list, const char *name, const char *text)
{
	if (strcmp(name, "IsTruncated") == 0)
		list->truncated = strcmp(text, "true") == 0;
	else if (strcmp(name, "EncodingType") == 0)
		list->encoded = strcmp(text, "url") == 0;
	else if (strcmp(name, "NextContinuationToken") == 0)
		set_text(&list->token, text);
	else if (strcmp(name, "NextMarker") == 0 ||
	    strcmp(name, "NextKeyMarker") == 0)
		set_text(&list->marker, text);
	else if (strcmp(name, "NextUploadIdMarker") == 0 ||
	    strcmp(name, "NextVersionIdMarker") == 0)
		set_text(&list->id_marker, text);
}

static int
see_list(void *context, const char *path, const char *text)
{
	struct list_reader *reader = context;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *name = xmlwalk_below(path, kinds[i].root);

		if (kinds[i].kind != reader->kind)
			continue;
		if (strcmp(path, kinds[i].root) == 0)
			reader->good = true;
		if (name == NULL)
			continue;
		const char *member = xmlwalk_below(name, kinds[i].item);

		if (member != NULL)
			return set_item_member(&reader->item, member, text);
		if (strcmp(name, kinds[i].item) == 0)
			return add_item(reader, &kinds[i]);
		set_list_member(reader->list, name, text);
	}
	return 0;
}

static bool
has_key(const struct s3xml_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].key, key) == 0)
			return true;
	}
	return false;
}

/*
 * Keys are encoded, but the marker need not be (Ceph RGW's of versions): it
 * usually is the page's last key, which tells. MinIO has its own words behind.
 */
static void
decode_marker(struct s3xml_list *list)
{
	const char *last = list->count == 0 ? NULL :
	    list->items[list->count - 1].key;
	char *decoded = xstrdup(list->marker);

	s3xml_decode(decoded);
	bool plain = last != NULL && strcmp(last, decoded) != 0 &&
	    (strcmp(last, list->marker) == 0 || (!has_key(list, decoded) &&
	    has_key(list, list->marker)));

	if (plain) {
		free(decoded);
		return;
	}
	free(list->marker);
	list->marker = decoded;
}

int
s3xml_read_list(struct s3xml_list *list, enum s3xml_kind kind,
    const char *data, size_t len)
{
	struct list_reader reader = {.list = list, .kind = kind};

	memset(list, 0, sizeof *list);
	int rc = xmlwalk(data, len, see_list, &reader);

	release_item(&reader.item);
	if (rc != 0 || !reader.good) {
		s3xml_list_release(list);
		return -1;
	}
	if (!list->encoded)
		return 0;
	for (size_t i = 0; i < list->count; i++)
		s3xml_decode(list->items[i].key);
	if (list->marker != NULL)
		decode_marker(list);
	return 0;
}

void
s3xml_list_release(struct s3xml_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		release_item(&list->items[i]);
	free(list->items);
	free(list->token);
	free(list->marker);
	free(list->id_marker);
	memset(list, 0, sizeof *list);
}
