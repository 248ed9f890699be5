#include "roles.h"

#include <stddef.h>
#include <string.h>

#include "buf.h"

/* The words before a role, and those that end the search. */
static const struct grammar {
	const char *type;
	const char *before[5], *end[3];
} grammars[] = {
	{"ACL", {"TO", "FROM", "AUTHORIZATION"}, {NULL}},
	{"DEFAULT ACL", {"TO", "FROM", "ROLE", "AUTHORIZATION"}, {NULL}},
	/* Its conditions may hold anything. */
	{"POLICY", {"TO"}, {"USING", "WITH"}},
	{"USER MAPPING", {"FOR"}, {"SERVER"}},
};

static const struct grammar *
grammar_of(const char *type)
{
	for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++) {
		if (strcmp(grammars[i].type, type) == 0)
			return &grammars[i];
	}
	return NULL;
}

bool
roles_in_type(const char *type)
{
	return grammar_of(type) != NULL;
}

bool
roles_are_privileges(const char *type)
{
	return strcmp(type, "ACL") == 0 || strcmp(type, "DEFAULT ACL") == 0;
}

#define MARKS " \n\t,;()'\"."	/* between bare words */

struct word {
	struct buf text;
	bool quoted;
};

/* Behind a string 'it''s'. */
static const char *
skip_literal(const char *at)
{
	for (at++; *at != '\0'; at++) {
		if (*at == '\'' && *++at != '\'')
			break;
	}
	return at;
}

/* "a ""b""" without its quotes; behind it. */
static const char *
take_quoted(const char *at, struct word *word)
{
	word->quoted = true;
	for (at++; *at != '\0'; at++) {
		if (*at == '"' && *++at != '"')
			break;
		buf_add_byte(&word->text, *at);
	}
	return at;
}

/*
 * The next word, or mark of one byte; an empty one that is not quoted: there
 * are no more.
 */
static const char *
next_word(const char *at, struct word *word)
{
	buf_clear(&word->text);
	word->quoted = false;
	at += strspn(at, " \n\t");
	if (*at == '"')
		return take_quoted(at, word);
	if (*at == '\0')
		return at;
	size_t len = strcspn(at, MARKS);

	buf_add(&word->text, at, len == 0 ? 1 : len);
	return *at == '\'' ? skip_literal(at) : at + (len == 0 ? 1 : len);
}

static bool
is_word(const struct word *word, const char *text)
{
	return !word->quoted && word->text.len > 0 &&
	    strcmp(word->text.data, text) == 0;
}

static bool
is_any_of(const struct word *word, const char *const *texts)
{
	for (; *texts != NULL; texts++) {
		if (is_word(word, *texts))
			return true;
	}
	return false;
}

/* USER MAPPING has "public" as its catalog has it. */
static bool
is_role(const struct word *word)
{
	return word->quoted || (strchr(MARKS, word->text.data[0]) == NULL &&
	    !is_word(word, "PUBLIC") && !is_word(word, "public"));
}

void
roles_find(const char *type, const char *commands,
    void (*found)(void *context, const char *role), void *context)
{
	const struct grammar *grammar = grammar_of(type);
	struct word word = {.text = BUF_INIT};
	const char *at = commands;
	bool is_next = false, was_role = false;

	buf_add_string(&word.text, "");
	while (grammar != NULL) {
		at = next_word(at, &word);
		if (word.text.len == 0 && !word.quoted)
			break;
		if (is_next && is_role(&word))
			found(context, word.text.data);
		if (!is_next && is_any_of(&word, grammar->end))
			break;
		/* A list of them goes on behind a comma. */
		bool list = was_role && is_word(&word, ",");

		was_role = is_next;
		is_next = list || (!is_next &&
		    is_any_of(&word, grammar->before));
	}
	buf_release(&word.text);
}
