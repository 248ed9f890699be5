/*
 * pg_text: texts of a server's catalog as UTF-8, whatever the encoding of the
 * database is.
 */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include <jansson.h>

/*
 * SQL for a text in UTF-8, in hex, and the JSON string that it means. In
 * SQL_ASCII, where nobody knows, bytes that are not UTF-8 are taken for
 * Latin-1. The caller frees what pg_text_from_hex gives.
 */
#define UTF8_HEX(value) "pg_catalog.encode(pg_catalog.convert_to((" value \
	")::text, CASE pg_catalog.current_setting('server_encoding')" \
	" WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END), 'hex')"
json_t *json_from_hex(const char *hex);
char *pg_text_from_hex(const char *hex);

#endif
