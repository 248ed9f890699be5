/*
 * roles: whom the commands of an archive's entry name. Pure.
 *
 * What pg_dump writes, keywords in capitals, names quoted where they need it:
 *
 *     ACL, DEFAULT ACL	GRANT ... TO r; REVOKE ... FROM r; SET SESSION
 *			AUTHORIZATION r; ALTER DEFAULT PRIVILEGES FOR ROLE r
 *     POLICY		CREATE POLICY ... TO r, r USING (...)
 *     USER MAPPING	CREATE USER MAPPING FOR r SERVER ...
 */
#ifndef ROLES_H
#define ROLES_H

#include <stdbool.h>

/* Whether entries of this type name roles, beside their owner. */
bool roles_in_type(const char *type);

/* Whether they are of its privileges, which can be left out. */
bool roles_are_privileges(const char *type);

/* Call found with each of them, also more than once; never with PUBLIC. */
void roles_find(const char *type, const char *commands,
    void (*found)(void *context, const char *role), void *context);

#endif
