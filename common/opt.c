#define _GNU_SOURCE
#include "opt.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

enum { NAME_BASE = 256 };	/* getopt value of the first table row */

static bool want_help, want_version, want_quiet;
static bool want_verbose;
static const char *log_format = "text";

static const struct opt common_options[] = {
	{"quiet", 'q', OPT_FLAG, &want_quiet, NULL,
	    "print errors only", 0, 0},
	{"verbose", 'v', OPT_FLAG, &want_verbose, NULL,
	    "print what is being done", 0, 0},
	{"log-format", 0, OPT_STRING, &log_format, "text|json",
	    "messages as text or as one JSON object a line", 0, 0},
	{"help", 0, OPT_FLAG, &want_help, NULL, "print this help", 0, 0},
	{"version", 0, OPT_FLAG, &want_version, NULL,
	    "print the version", 0, 0},
};

static void __attribute__((noreturn))
usage_error(void)
{
	hint("try \"%s --help\"", prog_name());
	exit(PROG_PERMANENT);
}

static const struct opt *
row_at(const struct opt_program *program, size_t i)
{
	return i < program->option_count ? &program->options[i] :
	    &common_options[i - program->option_count];
}

static size_t
row_count(const struct opt_program *program)
{
	return program->option_count + OPT_COUNT(common_options);
}

static bool
takes_argument(const struct opt *opt)
{
	return opt->kind != OPT_FLAG && opt->kind != OPT_LEVEL;
}

static void
print_option(const struct opt *opt)
{
	char left[80];
	int width = 0;
	const char *help = opt->help;

	if (opt->kind == OPT_LEVEL) {
		width = snprintf(left, sizeof left, "  -1 .. -9");
	} else {
		if (opt->letter != 0)
			width = snprintf(left, sizeof left, "  -%c%s",
			    opt->letter, opt->name != NULL ? ", " : "");
		else
			width = snprintf(left, sizeof left, "      ");
		if (opt->name != NULL)
			width += snprintf(left + width,
			    sizeof left - (size_t)width, "--%s", opt->name);
		if (takes_argument(opt))
			width += snprintf(left + width,
			    sizeof left - (size_t)width, "=%s", opt->arg);
	}
	printf("%s", left);
	if (width > 29) {
		printf("\n");
		width = 0;
	}
	for (;;) {
		size_t len = strcspn(help, "\n");

		printf("%*s%.*s\n", 31 - width, "", (int)len, help);
		if (help[len] == '\0')
			break;
		help += len + 1;
		width = 0;
	}
}

static void __attribute__((noreturn))
print_help(const struct opt_program *program)
{
	printf("Usage: %s %s\n\n%s\n\nOptions:\n", program->name,
	    program->synopsis, program->purpose);
	for (size_t i = 0; i < row_count(program); i++)
		print_option(row_at(program, i));
	if (program->notes != NULL)
		printf("\n%s\n", program->notes);
	if (program->print_notes != NULL)
		program->print_notes();
	printf("\nExit status: 0 done, 1 the answer is no, 100 usage or other "
	    "permanent error,\n101 a bug, 111 temporary: a retry may help.\n");
	exit(prog_finish(0));
}

static void
store_number(const struct opt *opt, const char *text)
{
	uint64_t value = 0;
	int rc = opt->kind == OPT_SIZE ? text_size(text, &value) :
	    opt->kind == OPT_DURATION ? text_duration(text, &value) :
	    text_number(text, &value);

	if (rc != 0) {
		fail(PROG_PERMANENT, "cannot use --%s=%s: not a %s", opt->name,
		    text, opt->kind == OPT_SIZE ? "size (as 64M)" :
		    opt->kind == OPT_DURATION ? "duration (as 15m)" :
		    "whole number");
		usage_error();
	}
	if (value < opt->min || (opt->max != 0 && value > opt->max)) {
		fail(PROG_PERMANENT, "cannot use --%s=%s: must be %" PRIu64
		    "%s%.0" PRIu64, opt->name, text, opt->min,
		    opt->max != 0 ? " to " : " or more", opt->max);
		usage_error();
	}
	*(uint64_t *)opt->value = value;
}

static void
store(const struct opt *opt, char *argument)
{
	struct opt_list *list;

	switch (opt->kind) {
	case OPT_FLAG:
		if (opt->value == &want_verbose)
			prog_verbosity++;
		*(bool *)opt->value = true;
		break;
	case OPT_STRING:
		*(const char **)opt->value = argument;
		break;
	case OPT_LIST:
		list = opt->value;
		list->items = xrealloc_array(list->items, list->count + 1,
		    sizeof *list->items);
		list->items[list->count++] = argument;
		break;
	default:
		store_number(opt, argument);
	}
}

/* getopt's two tables out of ours. */
static struct option *
long_options(const struct opt_program *program, char *letters)
{
	struct option *table = xcalloc(row_count(program) + 1, sizeof *table);
	size_t n = 0;

	/* '+': stop at the first operand; ':': tell a missing argument. */
	letters += sprintf(letters, "%s:", program->stop_at_operand ? "+" : "");
	for (size_t i = 0; i < row_count(program); i++) {
		const struct opt *opt = row_at(program, i);

		if (opt->kind == OPT_LEVEL)
			letters += sprintf(letters, "123456789");
		else if (opt->letter != 0)
			letters += sprintf(letters, "%c%s", opt->letter,
			    takes_argument(opt) ? ":" : "");
		if (opt->name != NULL)
			table[n++] = (struct option){opt->name,
			    takes_argument(opt) ? required_argument :
			    no_argument, NULL, NAME_BASE + (int)i};
	}
	return table;
}

static const struct opt *
find(const struct opt_program *program, int got)
{
	if (got >= NAME_BASE)
		return row_at(program, (size_t)(got - NAME_BASE));
	for (size_t i = 0; i < row_count(program); i++) {
		const struct opt *opt = row_at(program, i);

		if (opt->kind == OPT_LEVEL && got >= '1' && got <= '9')
			*(int *)opt->value = got - '0';
		if (opt->kind == OPT_LEVEL ? got >= '1' && got <= '9' :
		    opt->letter == got)
			return opt;
	}
	return NULL;
}

static void
check_operands(const struct opt_program *program, int count, char **operands)
{
	if (count < program->operands_min) {
		fail(PROG_PERMANENT, "missing operand");
		usage_error();
	}
	if (program->operands_max >= 0 && count > program->operands_max) {
		fail(PROG_PERMANENT, "unexpected operand \"%s\"",
		    operands[program->operands_max]);
		usage_error();
	}
}

char **
opt_parse(const struct opt_program *program, int argc, char **argv)
{
	char letters[256];
	int got;

	prog_init(program->name);
	struct option *table = long_options(program, letters);

	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		const struct opt *opt = got == '?' || got == ':' ? NULL :
		    find(program, got);

		if (opt == NULL) {
			fail(PROG_PERMANENT, got == ':' ?
			    "option \"%s\" needs a value" :
			    "unknown option \"%s\"", argv[optind - 1]);
			usage_error();
		}
		if (opt->kind != OPT_LEVEL)
			store(opt, optarg);
	}
	free(table);
	if (want_help)
		print_help(program);
	if (want_version) {
		printf("%s (pgbackpipe) %s\n", program->name,
		    PGBACKPIPE_VERSION);
		exit(prog_finish(0));
	}
	if (prog_log_format(log_format) != 0) {
		fail(PROG_PERMANENT, "cannot use --log-format=%s: text or json",
		    log_format);
		usage_error();
	}
	if (want_quiet)
		prog_verbosity = -1;
	check_operands(program, argc - optind, argv + optind);
	return argv + optind;
}
