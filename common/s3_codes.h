/*
 * s3_codes: what an error of S3 means for us. Pure. The code in the body
 * decides, the status only where there is none ("Error best practices" of the
 * S3 user guide says the same).
 */
#ifndef S3_CODES_H
#define S3_CODES_H

enum s3_class {
	S3_CLASS_FATAL,		/* trying again changes nothing */
	S3_CLASS_AGAIN,
	S3_CLASS_SLOWER,	/* again, after a longer wait */
	S3_CLASS_TWICE,		/* again, but a few times only */
	S3_CLASS_REGION,	/* once more, signed for another region */
	S3_CLASS_REDIRECT,	/* once more, to the host of Location */
	S3_CLASS_CLOCK,		/* once more, by the server's clock */
	S3_CLASS_KEYS,		/* once more, with fresh credentials */
};

/* code may be "". */
enum s3_class s3_codes_class(const char *code, long status);

/* The code to go by when a body has none (HEAD): "NotFound" for 404. */
const char *s3_codes_of_status(long status);

/* What the user can do about it, or NULL. */
const char *s3_codes_hint(const char *code);

/* Whether a later try of the whole program may help: exit 111, not 100. */
int s3_codes_exit(const char *code, long status);

#endif
