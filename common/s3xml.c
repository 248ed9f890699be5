#include "s3xml.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"
#include "xmlwalk.h"

#define ERRORS_MAX ((size_t)100000)	/* servers send 1,000 at most */

static void
set_text(char **member, const char *text)
{
	free(*member);
	*member = xstrdup(text);
}

void
s3xml_unquote(char *etag)
{
	char *out = etag;

	if (etag[0] == 'W' && etag[1] == '/')
		etag += 2;
	for (; *etag != '\0'; etag++) {
		if (*etag != '"')
			*out++ = *etag;
	}
	*out = '\0';
}

static void
set_error_member(struct s3xml_error *error, const char *name, const char *text)
{
	if (strcmp(name, "Code") == 0)
		set_text(&error->code, text);
	else if (strcmp(name, "Message") == 0)
		set_text(&error->message, text);
	else if (strcmp(name, "Region") == 0)
		set_text(&error->region, text);
	else if (strcmp(name, "Endpoint") == 0)
		set_text(&error->endpoint, text);
	else if (strcmp(name, "ServerTime") == 0)
		set_text(&error->server_time, text);
	else if (strcmp(name, "Key") == 0)
		set_text(&error->key, text);
	else if (strcmp(name, "VersionId") == 0)
		set_text(&error->version, text);
}

static void
init_error(struct s3xml_error *error)
{
	*error = (struct s3xml_error){xstrdup(""), xstrdup(""), xstrdup(""),
	    xstrdup(""), xstrdup(""), xstrdup(""), xstrdup("")};
}

void
s3xml_error_release(struct s3xml_error *error)
{
	free(error->code);
	free(error->message);
	free(error->region);
	free(error->endpoint);
	free(error->server_time);
	free(error->key);
	free(error->version);
	memset(error, 0, sizeof *error);
}

/* AWS answers <Error>; some wrap it in <ErrorResponse>. */
static int
see_error(void *context, const char *path, const char *text)
{
	const char *name = xmlwalk_below(path, "Error");

	if (name == NULL)
		name = xmlwalk_below(path, "ErrorResponse/Error");
	if (name != NULL)
		set_error_member(context, name, text);
	return 0;
}

int
s3xml_read_error(struct s3xml_error *error, const char *data, size_t len)
{
	init_error(error);
	if (xmlwalk(data, len, see_error, error) == 0 &&
	    error->code[0] != '\0')
		return 0;
	s3xml_error_release(error);
	init_error(error);
	return -1;
}

struct member {
	const char *root;
	const char *name;
	char *text;
	bool good;		/* the root was there */
};

static int
see_member(void *context, const char *path, const char *text)
{
	struct member *member = context;
	const char *name = xmlwalk_below(path, member->root);

	if (name != NULL && strcmp(name, member->name) == 0)
		set_text(&member->text, text);
	if (strcmp(path, member->root) == 0)
		member->good = true;
	return 0;
}

/* One member's text of a document with this root; NULL if it is another. */
static char *
read_member(const char *root, const char *name, const char *data, size_t len)
{
	struct member member = {.root = root, .name = name,
	    .text = xstrdup("")};

	if (xmlwalk(data, len, see_member, &member) == 0 && member.good)
		return member.text;
	free(member.text);
	return NULL;
}

char *
s3xml_read_upload_id(const char *data, size_t len)
{
	/* The second is gofakes3's, and so that of `rclone serve s3`. */
	static const char *const roots[] = {
		"InitiateMultipartUploadResult", "InitiateMultipartUpload",
	};

	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		char *id = read_member(roots[i], "UploadId", data, len);

		if (id != NULL && *id != '\0')
			return id;
		free(id);
	}
	return NULL;
}

char *
s3xml_read_completed(const char *data, size_t len)
{
	char *etag = read_member("CompleteMultipartUploadResult", "ETag", data,
	    len);

	if (etag != NULL)
		s3xml_unquote(etag);
	return etag;
}

struct deleted {
	struct s3xml_error *errors;
	size_t count;
	bool open;		/* errors[count] is under way */
	bool good;
};

static int
see_deleted(void *context, const char *path, const char *text)
{
	struct deleted *deleted = context;
	const char *name = xmlwalk_below(path, "DeleteResult/Error");

	if (strcmp(path, "DeleteResult") == 0)
		deleted->good = true;
	if (strcmp(path, "DeleteResult/Error") == 0) {
		deleted->count += deleted->open;
		deleted->open = false;
	}
	if (name == NULL)
		return 0;
	if (!deleted->open) {
		if (deleted->count == ERRORS_MAX)
			return -1;
		deleted->errors = xrealloc_array(deleted->errors,
		    deleted->count + 1, sizeof *deleted->errors);
		init_error(&deleted->errors[deleted->count]);
		deleted->open = true;
	}
	set_error_member(&deleted->errors[deleted->count], name, text);
	return 0;
}

int
s3xml_read_deleted(struct s3xml_error **errors, size_t *count,
    const char *data, size_t len)
{
	struct deleted deleted = {0};
	int rc = xmlwalk(data, len, see_deleted, &deleted);

	if (rc == 0 && deleted.good) {
		*errors = deleted.errors;
		*count = deleted.count;
		return 0;
	}
	for (size_t i = 0; i < deleted.count + deleted.open; i++)
		s3xml_error_release(&deleted.errors[i]);
	free(deleted.errors);
	return -1;
}

struct tagging {
	size_t count;
	bool good;
};

static int
see_tag(void *context, const char *path, const char *text)
{
	struct tagging *tagging = context;

	(void)text;
	tagging->count += strcmp(path, "Tagging/TagSet/Tag") == 0;
	tagging->good |= strcmp(path, "Tagging") == 0;
	return 0;
}

int
s3xml_count_tags(size_t *count, const char *data, size_t len)
{
	struct tagging tagging = {0};
	int rc = xmlwalk(data, len, see_tag, &tagging);

	*count = tagging.count;
	return rc == 0 && tagging.good ? 0 : -1;
}

static void
add_escaped(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_add_string(buf, "&amp;");
			break;
		case '<':
			buf_add_string(buf, "&lt;");
			break;
		case '>':
			buf_add_string(buf, "&gt;");
			break;
		default:
			buf_add_byte(buf, *text);
		}
	}
}

#define NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"

void
s3xml_add_complete(struct buf *buf, char *const *etags, size_t count)
{
	buf_add_string(buf, "<CompleteMultipartUpload" NAMESPACE);
	for (size_t i = 0; i < count; i++) {
		buf_addf(buf, "<Part><PartNumber>%zu</PartNumber><ETag>\"",
		    i + 1);
		add_escaped(buf, etags[i]);
		buf_add_string(buf, "\"</ETag></Part>");
	}
	buf_add_string(buf, "</CompleteMultipartUpload>");
}

void
s3xml_begin_delete(struct buf *buf)
{
	buf_add_string(buf, "<Delete" NAMESPACE "<Quiet>true</Quiet>");
}

void
s3xml_add_delete(struct buf *buf, const char *key, const char *version)
{
	buf_add_string(buf, "<Object><Key>");
	add_escaped(buf, key);
	buf_add_string(buf, "</Key>");
	if (version != NULL) {
		buf_add_string(buf, "<VersionId>");
		add_escaped(buf, version);
		buf_add_string(buf, "</VersionId>");
	}
	buf_add_string(buf, "</Object>");
}

void
s3xml_end_delete(struct buf *buf)
{
	buf_add_string(buf, "</Delete>");
}
