#include "s3_upload.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "part_memory.h"
#include "prog.h"
#include "s3_abort.h"
#include "s3_object.h"
#include "s3_part_size.h"
#include "s3_parts.h"
#include "s3_wishes.h"
#include "s3xml.h"
#include "text.h"
#include "xalloc.h"

struct s3_upload {
	struct s3_line line;
	const char *key;
	uint64_t part_size;
	struct sigv4_pair *headers;	/* metadata, the nonce, the wishes */
	size_t header_count;
	const struct sigv4_pair *wishes;	/* borrowed */
	size_t wish_count;
	char nonce[33];
	struct s3_parts *parts;
	char *id;		/* of the multipart upload; NULL: none yet */
	bool doubtful;		/* an earlier try may have left another one */
	struct part_block *block;	/* being filled */
	size_t fill;
	size_t sent;		/* parts */
	uint64_t size;		/* bytes so far */
};

static void
tell_limits(const struct s3_upload *upload, unsigned buffers)
{
	struct buf part = BUF_INIT;
	struct buf most = BUF_INIT;

	text_add_size(&part, upload->part_size);
	text_add_size(&most, s3_part_size_most(upload->part_size,
	    upload->line.s3->provider));
	info("parts of %s, %u in memory; the object can have %s at most",
	    part.data, buffers, most.data);
	buf_release(&part);
	buf_release(&most);
}

static int
make_nonce(struct s3_upload *upload)
{
	unsigned char bytes[16];
	struct buf text = BUF_INIT;

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return fail(PROG_TEMPORARY, "could not get random bytes: %m");
	text_add_hex(&text, bytes, sizeof bytes);
	memcpy(upload->nonce, text.data, sizeof upload->nonce);
	buf_release(&text);
	return 0;
}

static void
make_headers(struct s3_upload *upload, const struct s3_upload_options *options)
{
	size_t count = options->metadata_count;

	upload->headers = xcalloc(count + 1 + options->wish_count,
	    sizeof *upload->headers);
	for (size_t i = 0; i < count; i++)
		upload->headers[i] = (struct sigv4_pair){
			xasprintf("x-amz-meta-%s", options->metadata[i].name),
			xstrdup(options->metadata[i].value),
		};
	upload->headers[count] = (struct sigv4_pair){
		xstrdup("x-amz-meta-" S3_NONCE), xstrdup(upload->nonce),
	};
	upload->header_count = count + 1;
	upload->wishes = options->wishes;
	upload->wish_count = options->wish_count;
	for (size_t i = 0; i < options->wish_count; i++)
		upload->headers[upload->header_count++] = (struct sigv4_pair){
			xstrdup(options->wishes[i].name),
			xstrdup(options->wishes[i].value),
		};
}

static void
free_upload(struct s3_upload *upload)
{
	s3_parts_free(upload->parts);
	for (size_t i = 0; i < upload->header_count; i++) {
		free((char *)upload->headers[i].name);
		free((char *)upload->headers[i].value);
	}
	free(upload->headers);
	free(upload->id);
	s3_line_close(&upload->line);
	free(upload);
}

struct s3_upload *
s3_upload_begin(struct s3 *s3, const char *key,
    const struct s3_upload_options *options, bool *taken)
{
	uint64_t part_size = s3_part_size(options->part_size,
	    options->expected_size, s3->provider);
	struct s3_head head;

	*taken = false;
	if (part_size == 0)
		return NULL;
	unsigned buffers = s3_part_size_buffers(options->buffers,
	    options->expected_size, part_size);
	struct s3_upload *upload = xcalloc(1, sizeof *upload);

	upload->key = key;
	upload->part_size = part_size;
	s3_line_open(&upload->line, s3);
	/* Without the right to look, only the PUT can tell. */
	enum s3_presence there = s3_object_head(&upload->line, key, &head,
	    true, false);

	s3_head_release(&head);
	*taken = there == S3_THERE;
	if (there == S3_THERE || there == S3_ERROR || make_nonce(upload) != 0 ||
	    s3_abort_others(&upload->line, key, NULL) != 0) {
		free_upload(upload);
		return NULL;
	}
	make_headers(upload, options);
	upload->parts = s3_parts_new(s3, key, part_size, buffers,
	    options->memory);
	tell_limits(upload, buffers);
	return upload;
}

/* CreateMultipartUpload, when the first part is full. */
static int
start(struct s3_upload *upload)
{
	struct s3_request request = {
		.action = "begin upload of object",
		.method = "POST",
		.key = upload->key,
		.secret = true,
		.query = {{"uploads", ""}},
		.query_count = 1,
		.headers = upload->headers,
		.header_count = upload->header_count,
		.body = "",
		/* Ended half-way it may leave an upload without a known id. */
		.finish = true,
		.never_twice = true,
	};
	struct s3_answer answer;
	int rc = -1;

	s3_answer_init(&answer);
	enum s3_outcome outcome = s3_call(&upload->line, &request, &answer);

	/* A try whose answer was lost may have begun an upload too. */
	upload->doubtful = answer.attempts > 1 || outcome != S3_DONE;
	if (outcome != S3_DONE)
		s3_tell(upload->line.s3, &request, &answer);
	else if ((upload->id = s3xml_read_upload_id(answer.http.body.data,
	    answer.http.body.len)) == NULL)
		s3_tell_strange(upload->line.s3, &request,
		    "has no UploadId");
	else
		rc = s3_parts_start(upload->parts, upload->id);
	upload->doubtful |= upload->id == NULL;
	if (rc == 0)
		s3_wishes_begun(&upload->line, upload->key, upload->wishes,
		    upload->wish_count, &answer.http);
	s3_answer_release(&answer);
	return rc;
}

static int
send_buffer(struct s3_upload *upload)
{
	if (upload->id == NULL && start(upload) != 0)
		return -1;
	const struct s3_provider *provider = upload->line.s3->provider;

	if (upload->sent == provider->parts_max) {
		fail(PROG_PERMANENT, "cannot put object \"s3://%s/%s\": it has "
		    "more than %llu parts of %llu bytes",
		    upload->line.s3->place, upload->key,
		    (unsigned long long)provider->parts_max,
		    (unsigned long long)upload->part_size);
		hint("say how large it will be: --expected-size, or "
		    "--part-size");
		return -1;
	}
	s3_parts_send(upload->parts, upload->fill);
	upload->sent++;
	upload->block = NULL;
	upload->fill = 0;
	return 0;
}

int
s3_upload_write(struct s3_upload *upload, const void *data, size_t len)
{
	const char *bytes = data;

	while (len > 0) {
		/* A full one is kept until more comes: one part is a PUT. */
		if (upload->fill == upload->part_size &&
		    send_buffer(upload) != 0)
			return -1;
		if (upload->block == NULL && (upload->block =
		    s3_parts_buffer(upload->parts)) == NULL)
			return -1;
		size_t some = upload->part_size - upload->fill < len ?
		    upload->part_size - upload->fill : len;

		part_block_fill(upload->block, upload->fill, bytes, some);
		upload->fill += some;
		upload->size += some;
		bytes += some;
		len -= some;
	}
	return 0;
}

static void
undo(struct s3_upload *upload)
{
	bool busy = s3_parts_cancel(upload->parts);

	if (upload->id != NULL)
		s3_abort_surely(&upload->line, upload->key, upload->id, busy);
	/* An own one whose id never came. The cause of our end is told. */
	if (upload->doubtful && !prog_stopping())
		(void)!s3_abort_others(&upload->line, upload->key, NULL);
}

void
s3_upload_abort(struct s3_upload *upload)
{
	if (upload == NULL)
		return;
	undo(upload);
	free_upload(upload);
}

static enum s3_published
publish(struct s3_upload *upload, struct s3_publication *pub)
{
	char *const *etags;
	size_t count;

	if (upload->id == NULL)
		return s3_publish_put(pub,
		    upload->fill == 0 ? "" : upload->block->data,
		    upload->headers, upload->header_count);
	if (upload->fill > 0 && send_buffer(upload) != 0)
		return S3_UNPUBLISHED;
	if (s3_parts_finish(upload->parts) != 0)
		return S3_UNPUBLISHED;
	etags = s3_parts_etags(upload->parts, &count);
	return s3_publish_upload(pub, upload->id, etags, count);
}

enum s3_published
s3_upload_commit(struct s3_upload *upload, struct s3_uploaded *uploaded)
{
	struct s3_publication pub = {
		.line = &upload->line,
		.key = upload->key,
		.nonce = upload->nonce,
		.size = upload->size,
	};
	enum s3_published result = publish(upload, &pub);

	if (result != S3_PUBLISHED)
		undo(upload);
	/* Nothing more can come of an upload that is aborted. */
	if (result == S3_DOUBTFUL)
		result = s3_own_settle(&pub);
	else if (result == S3_UNPUBLISHED && pub.doubtful)
		result = s3_own_undo(&pub);	/* late, but it was told */
	if (result == S3_PUBLISHED && s3_wishes_check(&upload->line,
	    upload->key, upload->wishes, upload->wish_count) != 0)
		result = s3_own_undo(&pub);
	else if (result == S3_PUBLISHED && upload->doubtful)
		(void)!s3_abort_others(&upload->line, upload->key, upload->id);
	if (result == S3_PUBLISHED)
		*uploaded = (struct s3_uploaded){
			.size = upload->size,
			.etag = pub.etag,
			.modified = pub.modified,
		};
	else
		free(pub.etag);
	free_upload(upload);
	return result;
}
