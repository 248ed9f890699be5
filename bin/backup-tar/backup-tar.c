/*
 * backup-tar: carry backups with their manifests as one pax tar.
 *
 * --create:  stdin is not read; stdout is the tar.
 * --extract: stdin is the tar; stdout gets one JSON line for each backup.
 *
 * Each object is held against its manifest on the way, in both directions. A
 * backup is published as everywhere: the object whole or not at all, its
 * manifest last. One that is there already and is the same is left alone; a
 * different one of that name is a failure, and stays as it is.
 */
#include "backup-tar.h"

#include <locale.h>
#include <string.h>

#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "store_url.h"
#include "text.h"

static bool create, extract;
static const char *store_url;

static const struct opt options[] = {
	{"create", 'c', OPT_FLAG, &create, NULL,
	    "write the backups of these manifests as tar", 0, 0},
	{"extract", 'x', OPT_FLAG, &extract, NULL,
	    "read a tar, publish its backups below --store", 0, 0},
	{"store", 0, OPT_STRING, &store_url, "URL",
	    "where to (--extract); what the names in the tar are\n"
	    "relative to (--create; default: bare names)", 0, 0},
};

static const struct opt_program program = {
	.name = "backup-tar",
	.synopsis = "--create [--store=URL] MANIFEST-URL... > tar\n"
	    "       backup-tar --extract --store=URL < tar",
	.purpose = "Carry backups with their manifests as one tar.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = -1,
};

bool
tar_is_record(const char *name, const char *object)
{
	static const char *const kinds[] = {
		".verified-", ".damaged-", ".restored-",
	};
	size_t len = strlen(object);

	if (strncmp(name, object, len) != 0 || !text_ends(name, ".json") ||
	    strchr(name + len, '/') != NULL)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (text_starts(name + len, kinds[i]))
			return true;
	}
	return false;
}

static int
check_usage(char **operands)
{
	if (create == extract)
		return fail(PROG_PERMANENT, "cannot do without one of --create "
		    "and --extract");
	if (create && operands[0] == NULL)
		return fail(PROG_PERMANENT, "missing operand: the URL of a "
		    "manifest");
	if (extract && operands[0] != NULL)
		return fail(PROG_PERMANENT, "unexpected operand \"%s\"",
		    operands[0]);
	if (extract && store_url == NULL)
		return fail(PROG_PERMANENT, "cannot extract without --store");
	return 0;
}

int
main(int argc, char **argv)
{
	int rc = -1;
	char **operands = opt_parse(&program, argc, argv);
	struct store_url *base = NULL;
	const char *problem;

	if (check_usage(operands) != 0)
		goto out;
	if (store_url != NULL && (base = store_url_parse(store_url,
	    STORE_URL_PLACE, &problem)) == NULL) {
		fail(PROG_PERMANENT, "cannot use --store=%s: %s", store_url,
		    problem);
		goto out;
	}
	/* libarchive converts names by the locale; ours are UTF-8 always. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	prog_catch_stop();
	if (flow_begin() != 0 || (create ?
	    tar_create(base == NULL ? NULL : base->text, operands) :
	    tar_extract(base->text)) != 0)
		goto out;
	rc = flow_complete();
out:
	store_url_free(base);
	return prog_finish(rc);
}
