/*
 * server: the server of --dbname, and connections to any database of it.
 */
#ifndef SERVER_H
#define SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "buf.h"
#include "io.h"
#include "pg.h"

struct server {
	struct pg_options options;	/* as given; dbname "k=v" or a name */
	char *database;		/* the name in options.dbname */
	struct buf settings;	/* the rest of it, as a conninfo */
};

#define SERVER_INIT {.settings = BUF_INIT}

/*
 * Take options.dbname apart; without it, PGDATABASE names the database. A
 * password in it goes to PGPASSWORD. -1: told.
 */
int server_parse(struct server *) MUSTUSE;
void server_release(struct server *);

/* Append the value of --dbname that means a database of this name. */
void server_add_dbname(struct buf *, const char *database);

/*
 * Connect to a database of this name, whatever bytes it is made of. The
 * session talks UTF-8, looks up names in pg_catalog only and has no time-outs.
 * NULL: told.
 */
PGconn *server_connect(const struct server *, const char *database);

/* Make the connection usable again after a call that a stop signal ended. */
void server_drain(PGconn *);

/* A column of a row by its name; NULL when null. */
const char *server_value(const PGresult *, int row, const char *column);
bool server_flag(const PGresult *, int row, const char *column);

#endif
