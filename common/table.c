#include "table.h"

#include <stdlib.h>

void
table_release(struct table *t)
{
	free(t->schema);
	free(t->name);
	free(t->relation);
	free(t->head);
	free(t->columns);
	free(t->where_sql);
	json_decref(t->root);
}
