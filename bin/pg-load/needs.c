#include "needs.h"

#include <string.h>
#include <sys/statvfs.h>

#include "choice.h"
#include "pg.h"
#include "report.h"
#include "roles.h"
#include "toc.h"

const char *
needs_name(const json_t *entry)
{
	return json_is_string(entry) ? json_string_value(entry) :
	    report_string(entry, "name");
}

static void
add_once(void *context, const char *name)
{
	json_t *names = context;
	const json_t *entry;
	size_t i;

	if (name[0] == '\0')
		return;
	json_array_foreach(names, i, entry) {
		if (strcmp(needs_name(entry), name) == 0)
			return;
	}
	json_array_append_new(names, json_string(name));
}

/* Which of the names the query (with $1) does not know. */
static int
add_missing(json_t *plan, PGconn *conn, const json_t *names, const char *key,
    const char *query)
{
	json_t *missing = json_array();
	const json_t *entry;
	int rc = 0;
	size_t i;

	json_array_foreach(names, i, entry) {
		const char *name = needs_name(entry);
		PGresult *found = rc != 0 ? NULL : pg_query(conn,
		    "look for what the dump needs", query, 1, &name);

		if (found == NULL)
			rc = -1;
		else if (PQntuples(found) == 0)
			json_array_append_new(missing, json_string(name));
		PQclear(found);
	}
	json_object_set_new(plan, key, missing);
	return rc;
}

/* Those that the server would make in another version. */
static int
add_versions(json_t *plan, PGconn *conn, const json_t *extensions)
{
	json_t *others = json_array();
	const json_t *e;
	int rc = 0;
	size_t i;

	json_array_foreach(extensions, i, e) {
		const char *parameters[] = {needs_name(e),
		    report_string(e, "version")};
		PGresult *other = rc != 0 ? NULL : pg_query(conn,
		    "look at the versions of extensions",
		    "SELECT default_version AS version FROM"
		    " pg_available_extensions WHERE name = $1 AND $2 <> ''"
		    " AND default_version <> $2", 2, parameters);

		if (other == NULL)
			rc = -1;
		else if (PQntuples(other) > 0)
			json_array_append_new(others, json_pack(
			    "{s:s, s:s, s:s}", "name", parameters[0], "dumped",
			    parameters[1], "here",
			    server_value(other, 0, "version")));
		PQclear(other);
	}
	json_object_set_new(plan, "extensions", others);
	return rc;
}

/*
 * Of the catalog: extensions, tablespaces, and roles: owners, and those of
 * privileges, if they are wanted; policies' always.
 */
static int
take_catalog(const struct object *o, bool owners, bool privileges,
    json_t *extensions, json_t *roles, json_t *tablespaces)
{
	struct toc toc = {0};

	if (choice_read_toc(&toc, o) != 0)
		return -1;
	for (size_t i = 0; i < toc.count; i++) {
		const struct toc_entry *e = &toc.entries[i];

		if (strcmp(e->type, "EXTENSION") == 0)
			add_once(extensions, e->tag);
		if (owners)
			add_once(roles, e->owner);
		if (e->commands != NULL && (privileges ||
		    !roles_are_privileges(e->type)))
			roles_find(e->type, e->commands, add_once, roles);
		add_once(tablespaces, e->tablespace);
	}
	toc_release(&toc);
	return 0;
}

/* A locale's names are written with and without a hyphen, "utf8", "UTF-8". */
#define LOCALE(name) "replace(lower(" name "), '-', '')"

static int
add_locale(json_t *plan, PGconn *conn, const json_t *header, bool new_database)
{
	bool icu = strcmp(report_string(header, "provider"), "icu") == 0;
	const char *name = report_string(header, icu ? "icu_locale" :
	    "collate");
	const char *dumped = report_string(header, "collation_version");
	const char *parameters[] = {name, icu ? "i" : "c"};

	if (name[0] == '\0' || strcmp(report_string(header, "provider"),
	    "builtin") == 0)
		return 0;
	PGresult *found = pg_query(conn, "look for the locale",
	    "SELECT max(pg_collation_actual_version(c.oid)) AS version,"
	    " count(*) > 0 AS known FROM pg_collation c, to_jsonb(c) j"
	    " WHERE collprovider = $2::\"char\" AND " LOCALE("coalesce("
	    "j->>'colllocale', j->>'colliculocale', collcollate)") " = "
	    LOCALE("$1"), 2, parameters);

	if (found == NULL)
		return -1;
	if (new_database && !server_flag(found, 0, "known") && !icu)
		json_object_set_new(plan, "missing_locales",
		    json_pack("[s]", name));
	const char *here = server_value(found, 0, "version");

	if (dumped[0] != '\0' && here != NULL && strcmp(dumped, here) != 0)
		json_object_set_new(plan, "collation_version",
		    json_pack("{s:s, s:s}", "dumped", dumped, "here", here));
	PQclear(found);
	return 0;
}

int
needs_add(json_t *plan, struct load *load, const struct object *o,
    bool new_database)
{
	const json_t *manifest = load->manifest;
	const json_t *header = o == NULL ? manifest : o->header;
	json_t *extensions = json_array(), *roles = json_array();
	json_t *tablespaces = json_array();
	bool owners = json_is_true(json_object_get(header, "owners")) &&
	    !load->no_owner;
	bool privileges = json_is_true(json_object_get(header,
	    "privileges")) && !load->no_privileges;
	int rc = o == NULL ? 0 : take_catalog(o, owners, privileges,
	    extensions, roles, tablespaces);

	json_array_extend(extensions, json_object_get(manifest, "extensions"));
	json_array_extend(roles, json_object_get(manifest, "roles"));
	if (rc == 0 && (o != NULL || json_array_size(extensions) > 0))
		rc = add_missing(plan, load->conn, extensions,
		    "missing_extensions", "SELECT FROM pg_available_extensions"
		    " WHERE name = $1");
	if (rc == 0 && (o != NULL || json_array_size(roles) > 0))
		rc = add_missing(plan, load->conn, roles, "missing_roles",
		    "SELECT FROM pg_roles WHERE rolname = $1");
	if (rc == 0 && o != NULL)
		rc = add_missing(plan, load->conn, tablespaces,
		    "missing_tablespaces",
		    "SELECT FROM pg_tablespace WHERE spcname = $1");
	if (rc == 0)
		rc = add_versions(plan, load->conn,
		    json_object_get(header, "extensions"));
	if (rc == 0)
		rc = add_locale(plan, load->conn, header, new_database);
	json_decref(extensions);
	json_decref(roles);
	json_decref(tablespaces);
	return rc;
}

int64_t
needs_free_space(struct load *load)
{
	const char *host = PQhost(load->conn);
	const char *name = load->server.database;
	struct statvfs vfs;
	int64_t bytes = -1;

	if (host == NULL || host[0] != '/')
		return -1;
	PGresult *place = pg_query(load->conn, "look for the data directory",
	    "SELECT coalesce((SELECT nullif(pg_tablespace_location("
	    "dattablespace), '') FROM pg_database WHERE datname = $1), setting)"
	    " AS path FROM pg_settings WHERE name = 'data_directory'", 1,
	    &name);

	/* Who may not see the setting gets no row of it. */
	if (PQntuples(place) == 1 && server_value(place, 0, "path") != NULL &&
	    statvfs(server_value(place, 0, "path"), &vfs) == 0)
		bytes = (int64_t)(vfs.f_bavail * vfs.f_frsize);
	PQclear(place);
	return bytes;
}
