#include "s3_line.h"

#include <stddef.h>

void
s3_line_open(struct s3_line *line, struct s3 *s3)
{
	line->s3 = s3;
	const struct http_options options = {
		.ca_bundle = aws_config_get(&s3->config, AWS_CA_BUNDLE),
		.no_verify_tls = s3->no_verify_tls,
		.pace = s3->pace,
	};

	line->http = http_new(&options);
}

void
s3_line_close(struct s3_line *line)
{
	http_free(line->http);
	line->http = NULL;
}
