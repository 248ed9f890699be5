#include "sections.h"

#include <errno.h>

#include "buf.h"
#include "leaveout.h"
#include "memory_file.h"
#include "prog.h"
#include "script.h"

static int
write_psql(void *context, const void *data, size_t len)
{
	return psql_write(context, data, len);
}

static int
sieve(void *context, const void *data, size_t len)
{
	return leaveout_feed(context, data, len);
}

int
sections_give(const struct pgrestore *p, const char *const *sections,
    struct psql *psql)
{
	struct pgrestore archive = *p;
	struct leaveout leaveout;
	int text = memory_file("text");

	archive.text = text;
	leaveout_init(&leaveout);
	leaveout.sink = write_psql;
	leaveout.context = psql;
	int rc = text < 0 ? -1 : pgrestore_run(&archive, sections);

	if (rc == 0)
		rc = memory_file_give(text, sieve, &leaveout);
	if (rc == 0)
		rc = leaveout_end(&leaveout);
	int error = errno;

	leaveout_release(&leaveout);
	io_close(&text);
	errno = error;
	return rc;
}

static int
run_by_psql(const struct pgrestore *p, const char *const *sections)
{
	struct psql psql = PSQL_INIT;
	struct buf sql = BUF_INIT;

	info("this pg_restore sets transaction_timeout, which server %s does "
	    "not know: psql takes its text instead",
	    PQparameterStatus(p->conn, "server_version"));
	if (psql_start(&psql, p->conn, p->bin_dir, false) != 0)
		return -1;
	script_add_begin(&sql, p->conn, p->role, false);
	buf_add_byte(&sql, '\n');
	int rc = psql_write(&psql, sql.data, sql.len);

	if (rc == 0)
		rc = sections_give(p, sections, &psql);
	/* When it went before its text did, it says why. */
	if (rc == 0 || (errno == EPIPE && !prog_stopping() &&
	    !psql_is_running(&psql)))
		rc = psql_finish(&psql) == 0 ? rc : -1;
	psql_kill(&psql);
	buf_release(&sql);
	return rc;
}

int
sections_run(const struct pgrestore *p, const char *const *sections)
{
	/* Where there is none at all, pgrestore_run tells. */
	return pgrestore_must_be_text(p) ? run_by_psql(p, sections) :
	    pgrestore_run(p, sections);
}
