/*
 * manifest: the commit record of a backup, `<object>.json`. Pure.
 *
 * A backup exists if and only if its manifest exists, passes manifest_check()
 * and agrees with the object's size. It never changes; what happens later is
 * a record beside it (record.h). One JSON object; required:
 *
 *     schema_version  1
 *     id              run that made it: 1..200 of A-Z a-z 0-9 . _ : @ + = -
 *     urls            array of the object's URLs, at least one
 *     filename        the object's last segment
 *     database description type environment host series      strings
 *     format          sql custom json ndjson unknown
 *     compression     gzip-frame gzip zstd none
 *     encryption      none age
 *     compressed      false if and only if compression is none
 *     size_bytes      of the object as stored; size_mb: MiB, cut to 2 places
 *     sha256          of the object as stored, 64 lower-case hex digits
 *     timestamp       20260129_143022, and
 *     created_at      2026-01-29T14:30:22.123456, both in BACKUP_TIMEZONE
 *     created_at_utc  the same instant, RFC 3339 with offset
 *
 * Where they are known: uncompressed_bytes frames frame_bytes row_count
 * database_size_bytes (whole numbers), tables [{schema,name,rows,bytes}],
 * snapshot {lsn,time}, started_at, duration_seconds, server_version
 * pg_dump_version tool_version. null is the same as missing. Fields that are
 * not known here are kept and not looked at.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "buf.h"
#include "io.h"

#define MANIFEST_VERSION 1
#define MANIFEST_SUFFIX ".json"

/*
 * Whether this is a manifest that holds what the comment above promises. -1:
 * why got a phrase that names the field and says what is wrong with it.
 */
int manifest_check(const json_t *manifest, struct buf *why) MUSTUSE;

/*
 * Whether it claims to be a manifest of ours, good or not: other tools put
 * <object>.json beside their backups too, without a schema_version.
 */
bool manifest_is_ours(const json_t *manifest);

/* Of a checked manifest: created_at_utc, and whose backups it belongs to. */
struct timespec manifest_created(const json_t *manifest);
const char *manifest_series(const json_t *manifest);

/* size_mb of so many bytes: MiB, cut (not rounded) to two places. */
double manifest_size_mb(uint64_t bytes);

/* The fields' names in the order in which they are written, NULL at the end. */
extern const char *const manifest_order[];

#endif
