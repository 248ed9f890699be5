#define _GNU_SOURCE
#include "store_file_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog.h"
#include "store_partial.h"
#include "store_path.h"
#include "xalloc.h"

/* Names of one directory, those of directories with a '/' at the end. */
struct names {
	char **items;
	size_t count;
	size_t size;
};

struct walk {
	bool partials;		/* visit temporary files instead of objects */
	bool level;		/* visit directories, do not go down */
	/* Returns -1 (told) to stop. dir and name: where the file is. */
	int (*visit)(struct walk *, int dir, const char *name,
	    const struct store_object *);
	store_seen *seen;
	void *context;
	time_t older_than;
	size_t removed;
	struct buf url;		/* of the directory we are in, without '/' */
};

static void
names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static void
names_add(struct names *names, const char *name, bool directory)
{
	if (names->count == names->size) {
		names->size = names->size == 0 ? 64 : names->size * 2;
		names->items = xrealloc_array(names->items, names->size,
		    sizeof *names->items);
	}
	names->items[names->count++] = directory ? xasprintf("%s/", name) :
	    xstrdup(name);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_directory(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

/*
 * '/' behind a directory's name sorts whole keys as S3 does: "a.txt" comes
 * before "a/b".
 */
static int
read_names(const struct walk *walk, int dir, struct names *names)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (list == NULL) {
		io_close(&fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(list)) != NULL) {
		bool hidden = entry->d_name[0] == '.';
		bool directory = !hidden && is_directory(dir, entry);

		if (directory || (walk->partials ?
		    store_partial_is(entry->d_name) : !hidden))
			names_add(names, entry->d_name, directory);
	}
	int saved = errno;

	closedir(list);
	errno = saved;
	if (saved != 0)
		return -1;
	if (names->count > 0)
		qsort(names->items, names->count, sizeof *names->items,
		    compare_names);
	return 0;
}

static int
visit_file(struct walk *walk, int dir, const char *name)
{
	struct stat st;

	/* One that went away meanwhile was deleted: that is what it looks. */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0;
		return store_path_fail("look at object", walk->url.data,
		    walk->url.data + strlen("file://"));
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	struct store_object object = {
		.url = walk->url.data,
		.size = (uint64_t)st.st_size,
		.modified = st.st_mtim,
		.etag = (char[]){""},
	};

	return walk->visit(walk, dir, name, &object);
}

static int walk_directory(struct walk *, int dir);

static int
visit_directory(struct walk *walk, int parent, const char *name)
{
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);

	if (dir >= 0) {
		int rc = walk_directory(walk, dir);

		io_close(&dir);
		return rc;
	}
	/* Every ext4 file system has one in its root, for root alone. */
	if (errno == ENOENT || (errno == EACCES &&
	    strcmp(name, "lost+found") == 0))
		return 0;
	return store_path_fail("list directory", walk->url.data,
	    walk->url.data + strlen("file://"));
}

/* What is in it is nobody's business now. */
static int
visit_prefix(struct walk *walk, int parent, const char *name)
{
	buf_add_byte(&walk->url, '/');
	const struct store_object object = {.url = walk->url.data,
	    .etag = (char[]){""}, .prefix = true};

	return walk->visit(walk, parent, name, &object);
}

/* Append "/name" to the URL, visit it, take it off again. */
static int
visit_name(struct walk *walk, int dir, char *name)
{
	size_t len = walk->url.len;
	size_t end = strlen(name) - 1;
	bool directory = name[end] == '/';
	int rc = 0;

	if (directory)
		name[end] = '\0';
	/* The root's URL, "file:///", has its '/' already. */
	if (walk->url.data[len - 1] != '/')
		buf_add_byte(&walk->url, '/');
	buf_add_string(&walk->url, name);
	const char *problem = store_key_problem(walk->url.data +
	    strlen("file:///"));

	if (problem != NULL)
		warning("left \"%s\" out: %s", walk->url.data, problem);
	else if (directory && walk->level)
		rc = visit_prefix(walk, dir, name);
	else if (directory)
		rc = visit_directory(walk, dir, name);
	else
		rc = visit_file(walk, dir, name);
	walk->url.len = len;
	walk->url.data[len] = '\0';
	return rc;
}

static int
walk_directory(struct walk *walk, int dir)
{
	struct names names = {0};
	int rc = read_names(walk, dir, &names);

	if (rc != 0)
		store_path_fail("list directory", walk->url.data,
		    walk->url.data + strlen("file://"));
	for (size_t i = 0; rc == 0 && i < names.count; i++)
		rc = prog_stopping() ? -1 :
		    visit_name(walk, dir, names.items[i]);
	names_release(&names);
	return rc;
}

static int
walk_place(struct walk *walk, const struct store_url *place)
{
	int dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	/* As on S3, where nothing is below a name that is not there. */
	if (dir < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		info("there is no directory \"%s\"", place->path);
		return 0;
	}
	if (dir < 0)
		return store_path_fail("list directory", place->text,
		    place->path);
	walk->url = (struct buf)BUF_INIT;
	buf_add_string(&walk->url, place->text);
	rc = walk_directory(walk, dir);
	buf_release(&walk->url);
	io_close(&dir);
	return rc;
}

static int
pass_on(struct walk *walk, int dir, const char *name,
    const struct store_object *object)
{
	(void)dir;
	(void)name;
	return walk->seen(walk->context, object);
}

int
store_file_list(struct store *store, const struct store_url *place,
    enum store_kind kind, store_seen *seen, void *context)
{
	struct walk walk = {
		.visit = pass_on,
		.seen = seen,
		.context = context,
		.level = kind == STORE_LEVEL,
		.partials = kind == STORE_UPLOADS,
	};

	(void)store;
	return kind != STORE_VERSIONS ? walk_place(&walk, place) :
	    fail(PROG_PERMANENT, "cannot list versions below \"%s\": files "
	    "have none", place->text);
}

static int
remove_partial(struct walk *walk, int dir, const char *name,
    const struct store_object *object)
{
	if (object->modified.tv_sec >= walk->older_than)
		return 0;
	int rc = store_partial_remove_dead(dir, name);

	if (rc < 0)
		return store_path_fail("remove temporary file", object->url,
		    object->url + strlen("file://"));
	walk->removed += (size_t)rc;
	return 0;
}

int
store_file_abort_uploads(struct store *store, const struct store_url *place,
    time_t older_than, size_t *count)
{
	struct walk walk = {.visit = remove_partial, .partials = true,
	    .older_than = older_than};
	int rc;

	(void)store;
	rc = walk_place(&walk, place);
	*count = walk.removed;
	return rc;
}
