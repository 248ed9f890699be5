/* targets.c: the same bytes to several URLs, of which enough must hold. */
#include "targets.h"

#include <stdlib.h>

#include "prog.h"

static size_t
count_live(const struct targets *targets)
{
	size_t live = 0;

	for (size_t i = 0; i < targets->count; i++)
		live += targets->items[i].put != NULL || targets->items[i].ok;
	return live;
}

/* Whether there are enough left after one failed. The cause was told. */
static int
go_on(const struct targets *targets)
{
	size_t live = count_live(targets);

	if (prog_stopping() || live < targets->need)
		return -1;
	warning("going on with %zu of %zu URLs", live, targets->count);
	return 0;
}

int
targets_begin(struct targets *targets,
    const struct store_options *store_options)
{
	/* All of them live until one has failed. */
	size_t failed = 0;

	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];

		target->store = store_open(target->url, store_options);
		if (target->store != NULL)
			target->put = store_put_begin(target->store,
			    target->url);
		if (target->put == NULL && (prog_stopping() ||
		    ++failed > targets->count - targets->need))
			return -1;
	}
	return failed == 0 ? 0 : go_on(targets);
}

int
targets_write(struct targets *targets, const void *data, size_t len)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];

		if (target->put == NULL ||
		    store_put_write(target->put, data, len) == 0)
			continue;
		store_put_abort(target->put);
		target->put = NULL;
		if (go_on(targets) != 0)
			return -1;
	}
	return 0;
}

int
targets_commit(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];
		struct store_put *put = target->put;

		if (put == NULL)
			continue;
		target->put = NULL;
		if (prog_stopping()) {
			store_put_abort(put);
			return -1;
		}
		target->ok = store_put_commit(put, &target->object) == 0;
		if (!target->ok && go_on(targets) != 0)
			return -1;
	}
	/* Enough of them hold it; the others have said why they do not. */
	prog_forgive();
	return 0;
}

/* Too few hold it: the name must be free again for the next try. */
void
targets_undo(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->items[i];

		store_put_abort(target->put);
		target->put = NULL;
		if (!target->ok)
			continue;
		target->ok = false;
		if (store_delete(target->store, &target->url, 1) != 0)
			warning("object \"%s\" stays: it could not be deleted "
			    "again", target->url);
	}
}

void
targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		store_object_release(&targets->items[i].object);
		store_close(targets->items[i].store);
	}
	free(targets->items);
}
