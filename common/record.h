/*
 * record: the names of what stands beside a backup. Pure.
 *
 *     <object>                                    the backup
 *     <object>.json                               its manifest
 *     <object>.verified-20260129T143022.123456Z.json
 *                                                 found good then
 *     <object>.damaged-20260129T143022Z.json      found bad then: the
 *                                                 fraction may be missing
 *     <object>.restored-20260129T143022Z-2.json   restored then; "-2": the
 *                                                 name was taken
 */
#ifndef RECORD_H
#define RECORD_H

#include <stddef.h>
#include <stdint.h>

enum record_kind {
	RECORD_NONE,		/* not the name of a record */
	RECORD_VERIFIED,
	RECORD_DAMAGED,
	RECORD_RESTORED,
};

/*
 * What name is; for a record, *object_len bytes of it are the object's name
 * and *when is the time in it: microseconds since 1970, UTC.
 */
enum record_kind record_parse(const char *name, size_t *object_len,
    int64_t *when);

/* ".verified-" and so on. */
const char *record_infix(enum record_kind);

#endif
