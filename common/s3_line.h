/*
 * s3_line: one thread's connection to a bucket's server.
 */
#ifndef S3_LINE_H
#define S3_LINE_H

#include "http.h"
#include "s3.h"

struct s3_line {
	struct s3 *s3;
	struct http *http;
};

void s3_line_open(struct s3_line *, struct s3 *);
void s3_line_close(struct s3_line *);

#endif
