/*
 * s3_get: read a range of an object with one connection, in order, resumed
 * where it broke off. s3_read reads with several.
 */
#ifndef S3_GET_H
#define S3_GET_H

#include "io.h"
#include "s3_call.h"
#include "s3_reading.h"

/*
 * Bytes from..to-1 into the sink. It goes on with If-Match, so that no two
 * objects are mixed. from at or behind the end gives nothing. Returns 1; 0 when
 * there is no such object, nothing told; -1: told. What was compressed on the
 * way is no object's bytes: told, once HEAD has said that it is not kept so.
 */
int s3_get(struct s3_line *, struct s3_range *) MUSTUSE;

#endif
