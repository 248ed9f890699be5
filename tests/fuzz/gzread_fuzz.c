/*
 * Any bytes as a compressed stream: no crash, and the same verdict and bytes
 * whether bodies are decoded by one thread or by two. What is said of the sizes
 * is true.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "gzread.h"

#define OUT_MAX ((size_t)8 * 1024 * 1024)

struct memory {
	const uint8_t *data;
	size_t len, at;
	size_t out;
	uint64_t listed;
};

static ssize_t
source(void *context, void *data, size_t len)
{
	struct memory *memory = context;

	if (len > memory->len - memory->at)
		len = memory->len - memory->at;
	memcpy(data, memory->data + memory->at, len);
	memory->at += len;
	return (ssize_t)len;
}

static int
sink(void *context, const void *data, size_t len)
{
	struct memory *memory = context;

	(void)data;
	memory->out += len;
	return memory->out > OUT_MAX ? -1 : 0;
}

static int
seen(void *context, const struct gzread_frame *frame)
{
	struct memory *memory = context;

	memory->listed += frame->size;
	return 0;
}

static int
run(const uint8_t *data, size_t size, unsigned jobs, size_t *out)
{
	struct memory memory = {.data = data, .len = size};
	struct gzread_result result;
	struct gzread reader = {
		.source = source, .sink = sink, .seen = seen,
		.context = &memory, .jobs = jobs, GZREAD_ALL,
	};
	int rc = gzread_run(&reader, &result);

	if (rc == 0 && (result.compressed != size ||
	    result.uncompressed != memory.out || memory.listed != memory.out))
		abort();
	if ((rc == 1) != (result.reason[0] != '\0'))
		abort();
	*out = memory.out;
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t one, two;
	int rc = run(data, size, 1, &one);

	if (run(data, size, 2, &two) != rc || (rc == 0 && one != two))
		abort();
	return 0;
}
