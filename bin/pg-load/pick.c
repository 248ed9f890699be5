#include "pick.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "report.h"
#include "text.h"
#include "xalloc.h"

#define NONE SIZE_MAX

struct place {
	uint32_t id;
	size_t index;
};

/* The search: entries by their ids, and who needs them. */
struct search {
	const struct toc *toc;
	struct pick *pick;
	const struct pick_there *there;
	bool with_needs;
	struct place *by_id;	/* sorted */
	size_t *first;		/* of each entry, in needers; count + 1 */
	size_t *needers;	/* indexes */
	size_t *queue, queued, done;
	signed char *is_there;	/* 0: not asked, 1: yes, 2: no */
};

static bool
is_one_of(const char *type, const char *const *types)
{
	for (; *types != NULL; types++) {
		if (strcmp(type, *types) == 0)
			return true;
	}
	return false;
}

static bool
is_table(const struct toc_entry *e)
{
	return strcmp(e->type, "TABLE") == 0;
}

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

static size_t
find_id(const struct search *s, uint32_t id)
{
	const struct place key = {.id = id};
	const struct place *found = bsearch(&key, s->by_id, s->toc->count,
	    sizeof key, compare_places);

	return found == NULL ? NONE : found->index;
}

/* Who needs whom, the other way round. */
static void
index_needs(struct search *s)
{
	const struct toc *toc = s->toc;
	size_t total = 0;

	s->by_id = xcalloc(toc->count + 1, sizeof *s->by_id);
	for (size_t i = 0; i < toc->count; i++) {
		s->by_id[i] = (struct place){toc->entries[i].id, i};
		total += toc->entries[i].need_count;
	}
	qsort(s->by_id, toc->count, sizeof *s->by_id, compare_places);
	s->first = xcalloc(toc->count + 2, sizeof *s->first);
	s->needers = xcalloc(total + 1, sizeof *s->needers);
	/* first[i + 2] counts, then first[i + 1] runs up to where i ends. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < toc->count; i++) {
			const struct toc_entry *e = &toc->entries[i];

			for (size_t n = 0; n < e->need_count; n++) {
				size_t j = find_id(s, e->needs[n]);

				if (j == NONE)
					continue;
				if (round == 0)
					s->first[j + 2]++;
				else
					s->needers[s->first[j + 1]++] = i;
			}
		}
		for (size_t i = 2; round == 0 && i < toc->count + 2; i++)
			s->first[i] += s->first[i - 1];
	}
}

/* 1, 0, or -1. A constraint is there when its table is. */
static int
ask_there(struct search *s, size_t i)
{
	const struct toc_entry *e = &s->toc->entries[i];
	int there = 0;

	if (s->there->ask == NULL)
		return 0;
	if (s->is_there[i] != 0)
		return s->is_there[i] == 1;
	if (strcmp(e->type, "CONSTRAINT") == 0) {
		for (size_t n = 0; n < e->need_count && there == 0; n++) {
			size_t j = find_id(s, e->needs[n]);

			if (j != NONE && is_table(&s->toc->entries[j]))
				there = ask_there(s, j);
		}
	} else {
		there = s->there->ask(s->there->context, e);
	}
	if (there >= 0)
		s->is_there[i] = there ? 1 : 2;
	return there;
}

static void
choose(struct search *s, size_t i)
{
	if (s->pick->chosen[i])
		return;
	s->pick->chosen[i] = true;
	s->queue[s->queued++] = i;
}

/* What an entry needs, unless it is there. */
static int
choose_need(struct search *s, size_t i)
{
	int there = s->pick->chosen[i] ? 1 : ask_there(s, i);

	if (there == 0)
		choose(s, i);
	return there < 0 ? -1 : 0;
}

/* Tags of parts begin with their table's: "orders orders_pkey". */
static bool
is_tagged(const struct toc_entry *part, const struct toc_entry *table)
{
	size_t len = strlen(table->tag);

	return strcmp(part->schema, table->schema) == 0 &&
	    strncmp(part->tag, table->tag, len) == 0 &&
	    (part->tag[len] == ' ' || part->tag[len] == '\0');
}

/* Whether this, which needs the entry, belongs to it. */
static bool
belongs(const struct toc_entry *part, const struct toc_entry *e)
{
	static const char *const notes[] = {"COMMENT", "ACL",
	    "SECURITY LABEL", "SEQUENCE OWNED BY", "SEQUENCE SET",
	    "MATERIALIZED VIEW DATA", NULL};
	static const char *const tagged[] = {"DEFAULT", "CONSTRAINT",
	    "CHECK CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY",
	    "ROW SECURITY", NULL};
	static const char *const owned[] = {"INDEX", "STATISTICS", "SEQUENCE",
	    "TABLE DATA", "STATISTICS DATA", NULL};

	if (is_one_of(part->type, notes))
		return true;
	return is_table(e) && (is_one_of(part->type, owned) ||
	    (is_one_of(part->type, tagged) && is_tagged(part, e)));
}

/* A partition comes with its parent; the parent with it only if needed. */
static int
follow_attachment(struct search *s, size_t attachment, size_t table)
{
	const struct toc_entry *e = &s->toc->entries[attachment];
	const struct toc_entry *t = &s->toc->entries[table];
	bool is_parent = strcmp(e->tag, t->tag) != 0 ||
	    strcmp(e->schema, t->schema) != 0;
	int rc = 0;

	if (!is_parent && !s->with_needs)
		return 0;
	for (size_t n = 0; n < e->need_count && rc == 0; n++) {
		size_t j = find_id(s, e->needs[n]);

		if (j != NONE && j != table)
			rc = choose_need(s, j);
	}
	choose(s, attachment);
	return rc;
}

static int
follow(struct search *s, size_t i)
{
	const struct toc_entry *e = &s->toc->entries[i];
	int rc = 0;

	for (size_t n = s->first[i]; n < s->first[i + 1] && rc == 0; n++) {
		size_t j = s->needers[n];
		const struct toc_entry *part = &s->toc->entries[j];

		if (is_table(e) && strcmp(part->type, "TABLE ATTACH") == 0)
			rc = follow_attachment(s, j, i);
		else if (belongs(part, e))
			choose(s, j);
	}
	for (size_t n = 0; n < e->need_count && rc == 0; n++) {
		size_t j = find_id(s, e->needs[n]);

		if (j == NONE)
			continue;
		if (s->with_needs ||
		    strcmp(s->toc->entries[j].type, "SCHEMA") == 0)
			rc = choose_need(s, j);
	}
	return rc;
}

/* 1: all that it needs comes, or is there. */
static int
is_complete(struct search *s, const struct toc_entry *e)
{
	bool attach = strcmp(e->type, "INDEX ATTACH") == 0;

	for (size_t n = 0; n < e->need_count; n++) {
		size_t j = find_id(s, e->needs[n]);
		int there = j == NONE || s->pick->chosen[j] ? 1 : attach ? 0 :
		    ask_there(s, j);

		if (there <= 0)
			return there;
	}
	return 1;
}

/*
 * Links between two things of which one is missing go, and notes on them;
 * indexes are attached where both come.
 */
static int
judge_links(struct search *s)
{
	static const char *const links[] = {"FK CONSTRAINT", "INDEX ATTACH",
	    "TABLE ATTACH", "COMMENT", NULL};

	for (size_t i = 0; i < s->toc->count; i++) {
		const struct toc_entry *e = &s->toc->entries[i];
		bool attach = strcmp(e->type, "INDEX ATTACH") == 0;

		if (!is_one_of(e->type, links) ||
		    (!s->pick->chosen[i] && !attach))
			continue;
		int complete = is_complete(s, e);

		if (complete < 0)
			return -1;
		s->pick->chosen[i] = complete;
		if (!complete && strcmp(e->type, "FK CONSTRAINT") == 0) {
			char *text = xasprintf("foreign key %s", e->tag);

			json_array_append_new(s->pick->left_out,
			    json_string(text));
			free(text);
		}
	}
	return 0;
}

bool
pick_is_named(const char *name, const char *schema, const char *table)
{
	size_t len = strlen(schema);

	return strcmp(table, name) == 0 || (strncmp(name, schema, len) == 0 &&
	    name[len] == '.' && strcmp(name + len + 1, table) == 0);
}

static int
find_table(struct search *s, const char *name)
{
	const struct toc *toc = s->toc;
	size_t found = NONE;

	for (size_t i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		if (!is_table(e) || !pick_is_named(name, e->schema, e->tag))
			continue;
		if (found != NONE)
			return fail(PROG_PERMANENT, "cannot tell which table "
			    "\"%s\" is meant: there are \"%s.%s\" and "
			    "\"%s.%s\"", name, toc->entries[found].schema,
			    toc->entries[found].tag, e->schema, e->tag);
		found = i;
	}
	if (found == NONE)
		return fail(PROG_PERMANENT, "cannot restore table \"%s\": the "
		    "backup has none of that name", name);
	s->pick->table = found;
	int there = ask_there(s, found);

	if (there > 0)
		return fail(PROG_PERMANENT, "cannot restore table \"%s.%s\": "
		    "there is one in the database",
		    toc->entries[found].schema, toc->entries[found].tag);
	return there;
}

static void
take_rows(struct search *s, const json_t *tables)
{
	const json_t *table;
	size_t n;

	json_array_foreach(tables, n, table) {
		const char *schema = report_string(table, "schema");
		const char *name = report_string(table, "name");

		for (size_t i = 0; i < s->queued; i++) {
			const struct toc_entry *e =
			    &s->toc->entries[s->queue[i]];

			if (is_table(e) && strcmp(e->schema, schema) == 0 &&
			    strcmp(e->tag, name) == 0)
				json_array_append(s->pick->tables,
				    (json_t *)table);
		}
	}
}

int
pick_table(struct pick *pick, const struct toc *toc, const json_t *tables,
    const char *name, bool with_needs, const struct pick_there *there)
{
	struct search s = {
		.toc = toc, .pick = pick, .there = there,
		.with_needs = with_needs,
	};

	*pick = (struct pick){.tables = json_array(),
	    .left_out = json_array()};
	pick->chosen = xcalloc(toc->count + 1, sizeof *pick->chosen);
	s.queue = xcalloc(toc->count + 1, sizeof *s.queue);
	s.is_there = xcalloc(toc->count + 1, 1);
	index_needs(&s);
	int rc = find_table(&s, name);

	if (rc == 0)
		choose(&s, pick->table);
	while (rc == 0 && s.done < s.queued)
		rc = follow(&s, s.queue[s.done++]);
	if (rc == 0)
		rc = judge_links(&s);
	if (rc == 0)
		take_rows(&s, tables);
	free(s.by_id);
	free(s.first);
	free(s.needers);
	free(s.queue);
	free(s.is_there);
	return rc;
}

void
pick_release(struct pick *pick)
{
	free(pick->chosen);
	json_decref(pick->tables);
	json_decref(pick->left_out);
	*pick = (struct pick){0};
}

void
pick_add_list(struct buf *out, const struct toc *toc, const struct pick *pick)
{
	for (size_t i = 0; i < toc->count; i++) {
		if (pick->chosen[i])
			buf_addf(out, "%u;\n", toc->entries[i].id);
	}
}
