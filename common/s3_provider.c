#include "s3_provider.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

#define MIB ((uint64_t)1024 * 1024)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define TB UINT64_C(1000000000000)

/* part_min, part_max, part_default, parts_max: of most. */
#define USUAL_PARTS 5 * MIB, 5 * GIB, S3_PART_DEFAULT, 10000

/*
 * Where a row says S3_HEEDS without a source it was tried with the server
 * itself. The others are as the provider documents them:
 */
static const struct s3_provider providers[] = {
	/* docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and
	   .../userguide/conditional-writes.html */
	{"aws", "Amazon S3", {".amazonaws.com", ".amazonaws.com.cn"}, NULL,
	    S3_STYLE_AUTO, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS, S3_HEEDS},
	/* developers.cloudflare.com/r2/platform/limits; equal parts:
	   developers.cloudflare.com/r2/objects/multipart-objects; conditions
	   on PUT: developers.cloudflare.com/r2/api/s3/api */
	{"r2", "Cloudflare R2", {".r2.cloudflarestorage.com"}, "auto",
	    S3_STYLE_PATH, USUAL_PARTS, 5 * TIB - 5 * GIB,
	    S3_HEEDS, S3_HEEDS_UNKNOWN},
	/* www.backblaze.com/docs/cloud-storage-large-files: parts from
	   5,000,000 bytes on, 10,000 of them, 10 TB */
	{"b2", "Backblaze B2", {".backblazeb2.com"}, NULL,
	    S3_STYLE_PATH, 5 * MIB, UINT64_C(5000000000), S3_PART_DEFAULT,
	    10000, 10 * TB, S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* cloud.google.com/storage/quotas; no preconditions in multipart
	   uploads: cloud.google.com/storage/docs/multipart-uploads */
	{"gcs", "Google Cloud Storage", {"storage.googleapis.com"}, "auto",
	    S3_STYLE_PATH, USUAL_PARTS, 5 * TIB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_NOT},
	/* www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads */
	{"scaleway", "Scaleway", {".scw.cloud"}, NULL,
	    S3_STYLE_PATH, 5 * MIB, UINT64_C(5000000000), 64 * MIB, 1000,
	    5 * TB, S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* storj.dev/dcs/api/s3/multipart-upload/multipart-part-size: a part
	   below 64 MiB costs as much as one of 64 */
	{"storj", "Storj", {".storjshare.io"}, NULL,
	    S3_STYLE_PATH, 5 * MIB, 5 * GIB, 64 * MIB, 10000,
	    10000 * (5 * GIB), S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* docs.wasabi.com: "What are the minimum and maximum object sizes" */
	{"wasabi", "Wasabi", {".wasabisys.com"}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* docs.digitalocean.com/products/spaces/details/limits */
	{"digitalocean", "DigitalOcean Spaces", {".digitaloceanspaces.com"},
	    NULL, S3_STYLE_PATH, 5 * MIB, UINT64_C(5000000000), S3_PART_DEFAULT,
	    10000, 5 * TB, S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* github.com/rclone/rclone, backend/s3/provider/: endpoints of the
	   next four; Alibaba and Tencent take virtual host style only */
	{"hetzner", "Hetzner", {".your-objectstorage.com"}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	{"ovh", "OVHcloud", {".io.cloud.ovh.net", ".io.cloud.ovh.us"}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	{"alibaba", "Alibaba OSS", {".aliyuncs.com"}, NULL,
	    S3_STYLE_VIRTUAL, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	{"tencent", "Tencent COS", {".myqcloud.com"}, NULL,
	    S3_STYLE_VIRTUAL, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
	/* Servers of one's own have no host by which to know them. MinIO:
	   docs.min.io, "MinIO limits": 5 GiB parts, 10,000, 50 TiB */
	{"minio", "MinIO", {NULL}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS, S3_HEEDS},
	/* docs.ceph.com: rgw_multipart_part_upload_limit, rgw_max_put_size;
	   16.2 ignores If-None-Match on a completion, later ones may not */
	{"ceph", "Ceph RGW", {NULL}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS, S3_HEEDS_UNKNOWN},
	{"versitygw", "Versity S3 Gateway", {NULL}, NULL,
	    S3_STYLE_PATH, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS, S3_HEEDS},
	{"generic", "an S3 server", {NULL}, NULL,
	    S3_STYLE_AUTO, USUAL_PARTS, 10000 * (5 * GIB),
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN},
};

#define COUNT (sizeof providers / sizeof *providers)
#define HOSTS (sizeof providers->hosts / sizeof *providers->hosts)

/* The end of the host that a row knows, or NULL. name has no port. */
static const char *
known_end(const struct s3_provider *provider, const char *name)
{
	for (size_t i = 0; i < HOSTS && provider->hosts[i] != NULL; i++) {
		const char *end = provider->hosts[i];

		if (text_ends(name, end) || (end[0] == '.' &&
		    strcmp(name, end + 1) == 0))
			return end;
	}
	return NULL;
}

const struct s3_provider *
s3_provider_of(const struct s3_endpoint *endpoint)
{
	size_t i = 0;

	if (endpoint->host == NULL)
		return &providers[0];
	char *name = s3_endpoint_name(endpoint);

	while (i < COUNT - 1 && known_end(&providers[i], name) == NULL)
		i++;
	free(name);
	return &providers[i];
}

const struct s3_provider *
s3_provider_named(const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	}
	return NULL;
}

void
s3_provider_add_names(struct buf *text)
{
	for (size_t i = 0; i < COUNT; i++)
		buf_addf(text, "%s%s", i == 0 ? "" : ", ", providers[i].name);
}

/* "s3.fr-par.scw.cloud": what stands before ".scw.cloud". */
char *
s3_provider_region(const struct s3_provider *provider,
    const struct s3_endpoint *endpoint)
{
	char *name = s3_endpoint_name(endpoint);
	const char *end = known_end(provider, name);
	char *region = NULL;

	if (provider->region != NULL)
		region = xstrdup(provider->region);
	else if (end != NULL && end[0] == '.' &&
	    strlen(name) > strlen(end)) {
		name[strlen(name) - strlen(end)] = '\0';
		const char *dot = strrchr(name, '.');
		const char *label = dot == NULL ? name : dot + 1;

		/* "s3.wasabisys.com", "gateway.storjshare.io" name none. */
		if (strcspn(label, "0123456789") < strlen(label) ?
		    strcmp(label, "s3") != 0 : strchr(label, '-') != NULL)
			region = xstrdup(label);
	}
	free(name);
	return region;
}
