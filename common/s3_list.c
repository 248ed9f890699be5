#include "s3_list.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_place.h"
#include "text.h"
#include "xalloc.h"

static void
add_query(struct s3_request *request, const char *name, const char *value)
{
	if (value != NULL)
		request->query[request->query_count++] =
		    (struct sigv4_pair){name, value};
}

static int
see_all(const struct s3xml_list *list, const char *prefix, s3_list_seen *seen,
    void *context)
{
	for (size_t i = 0; i < list->count; i++) {
		if (prog_stopping())
			return fail_quietly(PROG_TEMPORARY);
		/* Some servers take the prefix for a wish. */
		if (text_starts(list->items[i].key, prefix) &&
		    seen(context, &list->items[i]) != 0)
			return -1;
	}
	return 0;
}

enum kind {
	LIST_V2,
	LIST_V1,
	LIST_VERSIONS,
	LIST_UPLOADS,
	LIST_UPLOADS_BY_KEY,	/* without upload-id-marker */
};

struct listing {
	struct s3_line *line;
	const char *prefix;
	char *subject;		/* of messages */
	const char *action;	/* of messages */
	enum kind kind;
	bool level;		/* up to the next '/' only */
	struct s3_place place;
	bool plain;		/* keys are not to be encoded ... */
	bool begun;		/* a page has come */
	bool encoded;		/* ... but they could not be read so */
	bool refusable;		/* a no is an answer */
};

static struct s3_request
make_request(const struct listing *listing)
{
	const struct s3_place *place = &listing->place;
	/* Behind the last upload or version of a key it may be empty. */
	const char *id_marker = place->id_marker != NULL &&
	    place->id_marker[0] == '\0' ? NULL : place->id_marker;
	struct s3_request request = {
		.action = listing->action,
		.subject = listing->subject,
		.method = "GET",
	};

	if (listing->kind == LIST_V2) {
		add_query(&request, "list-type", "2");
		add_query(&request, "continuation-token", place->token);
	} else if (listing->kind == LIST_V1) {
		add_query(&request, "marker", place->marker);
	} else if (listing->kind == LIST_VERSIONS) {
		add_query(&request, "versions", "");
		add_query(&request, "key-marker", place->marker);
		add_query(&request, "version-id-marker", id_marker);
	} else {
		add_query(&request, "uploads", "");
		add_query(&request, "key-marker", place->marker);
		if (listing->kind == LIST_UPLOADS)
			add_query(&request, "upload-id-marker", id_marker);
	}
	/* Of uploads Ceph RGW 16 encodes the keys, but does not say so. */
	if (listing->kind < LIST_UPLOADS &&
	    (listing->encoded || !listing->plain))
		add_query(&request, "encoding-type", "url");
	add_query(&request, "prefix", listing->prefix);
	if (listing->level)
		add_query(&request, "delimiter", "/");
	return request;
}

/* The same question in older words; false when there are none. */
static bool
step_down(struct listing *listing, const struct s3_answer *answer)
{
	bool unsupported = s3_answer_is(answer, "NotImplemented") ||
	    s3_answer_is(answer, "InvalidArgument") ||
	    s3_answer_is(answer, "InvalidRequest") ||
	    answer->http.status == 501;

	if (listing->kind == LIST_V2 && !listing->begun && unsupported) {
		listing->kind = LIST_V1;
		return true;
	}
	/* versitygw refuses the marker that it gave us itself. */
	if (listing->kind == LIST_UPLOADS && listing->begun &&
	    answer->http.status == 400) {
		listing->kind = LIST_UPLOADS_BY_KEY;
		return true;
	}
	return false;
}

static bool
is_not_for_us(const struct listing *listing, const struct s3_answer *answer)
{
	static const char *const codes[] = {
		"AccessDenied", "NotImplemented", "MethodNotAllowed",
		"InvalidArgument", "InvalidRequest", "NotFound",
	};

	if (!listing->refusable || answer->outcome != S3_REFUSED)
		return false;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		if (s3_answer_is(answer, codes[i]))
			return true;
	}
	return false;
}

/* gofakes3, and so `rclone serve s3`, call an empty list of uploads that. */
static bool
means_none(const struct listing *listing, const struct s3_answer *answer)
{
	return listing->kind >= LIST_UPLOADS &&
	    answer->outcome == S3_REFUSED &&
	    s3_answer_is(answer, "NoSuchUpload");
}

static enum s3xml_kind
xml_kind(enum kind kind)
{
	return kind == LIST_VERSIONS ? S3XML_VERSIONS :
	    kind >= LIST_UPLOADS ? S3XML_UPLOADS : S3XML_OBJECTS;
}

/*
 * A page into list. 0; 1: to be asked for in other words; -2: the server lists
 * no such thing; -1: told, or see the answer. A key with control characters can
 * be read only if it is encoded.
 */
static int
get_page(struct listing *listing, const struct s3_request *request,
    struct s3_answer *answer, struct s3xml_list *list)
{
	const struct buf *body = &answer->http.body;

	if (s3_call(listing->line, request, answer) != S3_DONE)
		return answer->outcome == S3_REFUSED &&
		    step_down(listing, answer) ? 1 : -1;
	if (s3xml_read_list(list, xml_kind(listing->kind), body->data,
	    body->len) == 0)
		return 0;
	/* A server that leaves the word "uploads" unread lists objects. */
	if (listing->refusable && s3xml_read_list(list, S3XML_OBJECTS,
	    body->data, body->len) == 0) {
		s3xml_list_release(list);
		return -2;
	}
	if (listing->plain && !listing->encoded &&
	    listing->kind < LIST_UPLOADS) {
		listing->encoded = true;
		return 1;
	}
	answer->outcome = S3_ENDED;
	return s3_tell_strange(listing->line->s3, request, "is no list");
}

/* 1: go on; 0: the end; -1: told; -2: the server lists no such thing. */
static int
next_page(struct listing *listing, struct s3_answer *answer,
    s3_list_seen *seen, void *context)
{
	struct s3_request request = make_request(listing);
	struct s3xml_list list;
	int rc = get_page(listing, &request, answer, &list);

	if (rc > 0)
		return 1;
	if (rc == -2)
		return rc;
	if (rc < 0) {
		if (means_none(listing, answer))
			return 0;
		return is_not_for_us(listing, answer) ? -2 :
		    s3_tell(listing->line->s3, &request, answer);
	}
	listing->begun = true;
	/* It does not know list-type=2, and answered in the old way. */
	if (listing->kind == LIST_V2 && list.truncated && list.token == NULL)
		listing->kind = LIST_V1;
	rc = see_all(&list, listing->prefix, seen, context);
	if (rc == 0) {
		rc = s3_place_move(&listing->place, &list);
		if (rc < 0)
			s3_tell_strange(listing->line->s3, &request,
			    "says that there is more, but leads nowhere");
	}
	s3xml_list_release(&list);
	return rc;
}

static int
walk(struct listing *listing, s3_list_seen *seen, void *context)
{
	struct s3_answer answer;
	int rc;

	s3_answer_init(&answer);
	listing->subject = xasprintf("s3://%s/%s", listing->line->s3->place,
	    listing->prefix);
	enum s3_listing way = listing->line->s3->provider->listing;

	listing->plain = way == S3_LIST_V2_PLAIN || way == S3_LIST_V1_PLAIN;
	if (listing->kind == LIST_V2 && (way == S3_LIST_V1 ||
	    way == S3_LIST_V1_PLAIN))
		listing->kind = LIST_V1;
	do {
		rc = next_page(listing, &answer, seen, context);
	} while (rc == 1);
	s3_answer_release(&answer);
	s3_place_release(&listing->place);
	free(listing->subject);
	return rc;
}

int
s3_list_objects(struct s3_line *line, const char *prefix, bool level,
    s3_list_seen *seen, void *context)
{
	struct listing listing = {
		.line = line,
		.action = "list objects below",
		.prefix = prefix,
		.kind = LIST_V2,
		.level = level,
	};

	return walk(&listing, seen, context);
}

bool
s3_list_is_below(const char *key, const char *place)
{
	size_t len = strlen(place);

	return len == 0 || (strncmp(key, place, len) == 0 &&
	    (key[len] == '/' || key[len] == '\0'));
}

int
s3_list_versions(struct s3_line *line, const char *prefix, s3_list_seen *seen,
    void *context)
{
	struct listing listing = {
		.line = line,
		.action = "list versions below",
		.prefix = prefix,
		.kind = LIST_VERSIONS,
	};

	return walk(&listing, seen, context);
}

int
s3_list_open_uploads(struct s3_line *line, const char *action,
    const char *prefix, s3_list_seen *seen, void *context, bool *allowed)
{
	struct listing listing = {
		.line = line,
		.action = action,
		.prefix = prefix,
		.kind = LIST_UPLOADS,
		.refusable = true,
	};
	int rc = walk(&listing, seen, context);

	*allowed = rc != -2;
	return rc == -2 ? 0 : rc;
}
