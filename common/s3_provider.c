#include "s3_provider.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

#define MIB ((uint64_t)1024 * 1024)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define GB UINT64_C(1000000000)
#define TB (1000 * GB)

/* part_min, part_max, part_default, parts_max: of most. */
#define USUAL_PARTS 5 * MIB, 5 * GIB, S3_PART_DEFAULT, 10000
#define USUAL_MAX 10000 * (5 * GIB)

/*
 * A row: its names, how the endpoint's host ends; region and style, if none is
 * set; parts; the largest object; whether If-None-Match is heeded, on a PUT and
 * on a completion; how it lists. Where a row says S3_HEEDS without a page it
 * was tried with the server itself. Hosts, regions and lists are also those of
 * github.com/rclone/rclone, backend/s3/provider/NAME.yaml.
 */
static const struct s3_provider providers[] = {
	/* docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and
	   .../userguide/conditional-writes.html */
	{"aws", "Amazon S3", {".amazonaws.com", ".amazonaws.com.cn"},
	    NULL, S3_STYLE_AUTO, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS, S3_HEEDS, S3_LIST_V2},
	/* developers.cloudflare.com/r2/platform/limits: a part is 5 MiB short
	   of 5 GiB, an object 5 GiB short of 5 TiB; equal parts:
	   developers.cloudflare.com/r2/objects/multipart-objects; conditions
	   on PUT: developers.cloudflare.com/r2/api/s3/api */
	{"r2", "Cloudflare R2", {".r2.cloudflarestorage.com"},
	    "auto", S3_STYLE_PATH,
	    5 * MIB, 5 * GIB - 5 * MIB, S3_PART_DEFAULT, 10000,
	    5 * TIB - 5 * GIB,
	    S3_HEEDS, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* www.backblaze.com/docs/cloud-storage-large-files: 5 MB to 5 GB,
	   10,000 parts, 10 TB. (5 MB are less than ours.) */
	{"b2", "Backblaze B2", {".backblazeb2.com"},
	    NULL, S3_STYLE_PATH,
	    5 * MIB, 5 * GB, S3_PART_DEFAULT, 10000, 10 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* cloud.google.com/storage/quotas; no preconditions in multipart
	   uploads: cloud.google.com/storage/docs/multipart-uploads */
	{"gcs", "Google Cloud Storage", {"storage.googleapis.com"},
	    "auto", S3_STYLE_PATH, USUAL_PARTS, 5 * TIB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_NOT, S3_LIST_V2},
	/* 1,000 parts: rclone's Scaleway.yaml (max_upload_parts) and
	   gitlab.com/gitlab-org/gitlab/-/issues/426260; 5 GB and 5 TB are not
	   on a page that we found: the smallest of all rows */
	{"scaleway", "Scaleway", {".scw.cloud"},
	    NULL, S3_STYLE_PATH, 5 * MIB, 5 * GB, 64 * MIB, 1000, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* rclone's Storj.yaml (min_chunk_size): a part below 64 MiB costs as
	   much as one of 64; the rest as AWS */
	{"storj", "Storj", {".storjshare.io"},
	    NULL, S3_STYLE_PATH, 5 * MIB, 5 * GIB, 64 * MIB, 10000, USUAL_MAX,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* docs.wasabi.com/docs/how-does-wasabi-handle-multipart-uploads: parts
	   as AWS; docs.wasabi.com, "What are the minimum and maximum object
	   sizes": 5 TB */
	{"wasabi", "Wasabi", {".wasabisys.com"},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* docs.digitalocean.com/products/spaces/details/limits */
	{"digitalocean", "DigitalOcean Spaces", {".digitaloceanspaces.com"},
	    NULL, S3_STYLE_PATH,
	    5 * MIB, 5 * GB, S3_PART_DEFAULT, 10000, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2_PLAIN},
	/* Ceph, says docs.hetzner.com/storage/object-storage/overview; 5 TB is
	   not on a page that we found: the smallest of all rows */
	{"hetzner", "Hetzner", {".your-objectstorage.com"},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, 5 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* support.us.ovhcloud.com/hc/en-us/articles/4605467875603 */
	{"ovh", "OVHcloud", {".io.cloud.ovh.net", ".io.cloud.ovh.us"},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, 48 * TIB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* cloud.ibm.com/docs/cloud-object-storage?topic=
	   cloud-object-storage-large-objects: 10,000 parts of 5 GB, 10 TB */
	{"ibm", "IBM Cloud Object Storage",
	    {".cloud-object-storage.appdomain.cloud"},
	    NULL, S3_STYLE_PATH,
	    5 * MIB, 5 * GB, S3_PART_DEFAULT, 10000, 10 * TB,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V1_PLAIN},
	/* The next three take smaller parts than ours, too.
	   www.alibabacloud.com/help/doc-detail/54464.htm: 48.8 TB. The bucket
	   in the host's name only */
	{"alibaba", "Alibaba OSS", {".aliyuncs.com"},
	    NULL, S3_STYLE_VIRTUAL, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	/* www.tencentcloud.com/document/product/436/14112 and 14113: 10,000
	   parts to 5 GB, 50,000 GB. The bucket in the host's name only */
	{"tencent", "Tencent COS", {".myqcloud.com"},
	    NULL, S3_STYLE_VIRTUAL, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V1},
	/* support.huaweicloud.com/en-us/devg-obs/obs_06_0028.html: 48.8 TB;
	   support.huaweicloud.com/intl/en-us/api-obs_go_sdk_api_en/
	   obs_33_0512.html: 10,000 parts to 5 GB. Asked for encoded keys it
	   gives the same page for ever (rclone's HuaweiOBS.yaml) */
	{"huawei", "Huawei OBS", {".myhuaweicloud.com"},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V1_PLAIN},
	/* Servers of one's own have no host by which to know them.
	   docs.min.io/community/minio-object-store/operations/concepts/
	   thresholds.html: 10,000 parts to 5 GiB (50 TiB) */
	{"minio", "MinIO", {NULL},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS, S3_HEEDS, S3_LIST_V2},
	/* docs.ceph.com: rgw_multipart_part_upload_limit, rgw_max_put_size;
	   16.2 ignores If-None-Match on a completion, later ones may not */
	{"ceph", "Ceph RGW", {NULL},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS, S3_HEEDS_UNKNOWN, S3_LIST_V2},
	{"versitygw", "Versity S3 Gateway", {NULL},
	    NULL, S3_STYLE_PATH, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS, S3_HEEDS, S3_LIST_V2},
	/* Plain: s3s says that keys are encoded and leaves them as they are,
	   s3proxy encodes its token, too, and does not know it again. */
	{"generic", "an S3 server", {NULL},
	    NULL, S3_STYLE_AUTO, USUAL_PARTS, USUAL_MAX,
	    S3_HEEDS_UNKNOWN, S3_HEEDS_UNKNOWN, S3_LIST_V2_PLAIN},
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
