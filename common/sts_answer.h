/*
 * sts_answer: what the Security Token Service answers, in XML.
 *
 *     <AssumeRoleResponse><AssumeRoleResult><Credentials>
 *       <AccessKeyId/> <SecretAccessKey/> <SessionToken/> <Expiration/>
 *     <ErrorResponse><Error><Code/><Message/>
 *
 * AWS STS API Reference: <https://docs.aws.amazon.com/STS/latest/APIReference/>
 */
#ifndef STS_ANSWER_H
#define STS_ANSWER_H

#include "credentials.h"
#include "io.h"

/*
 * The keys of a good answer to action ("AssumeRole"). source is taken over.
 * 1: done; -1: told (exit 111).
 */
int sts_answer_read(struct credentials *, const char *action, const char *data,
    size_t len, char *source) MUSTUSE;

struct sts_error {
	char code[64];		/* "" when it is no error of STS */
	char message[256];
};

void sts_answer_error(struct sts_error *, const char *data, size_t len);

#endif
