"""database_backup_pipeline: back up, prove, tell. For Airflow 3.

    create_backup -> verify_backup -> send_notification
                                  \\-> outcome

The three tasks may run on three workers: they share nothing but the run's id
and the store. What to back up and where to is in PGBACKPIPE_CONFIG, a file on
the workers (see examples/minio-airflow.env), or in the workers' environment.

Exit status 111 (temporary) is retried; 1 (the backup is bad), 100 and 101 are
final. send_notification always runs; outcome fails the run when a backup did.
"""

import os
import signal
import time
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)

PGBACKPIPE = os.environ.get("PGBACKPIPE", "pgbackpipe")
CONFIG = os.environ.get("PGBACKPIPE_CONFIG", "/etc/pgbackpipe/backup.env")

TEMPORARY = 111  # exit status: a retry may help
GRACE = 8  # seconds that a stopped task has for cleaning up

# What a task may see of its worker's environment: not Airflow's connections.
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PG", "POSTGRES_",
    "AWS_", "MINIO_", "S3_", "BACKUP_", "NOTIFY_", "MIN_", "SHRINK_ACTION",
    "VERIFY_LEVEL", "RETENTION_RULE", "ENVIRONMENT", "FILE_MODE", "DIR_MODE",
    "SQL_DUMP_DIR", "bucket_name", "object_prefix", "LATEST_LINK",
    "AFTER_HOOK", "LOG_FORMAT", "SSL_CERT_", "http_proxy", "https_proxy",
    "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
    "NO_PROXY",
)


class BackupOperator(BashOperator):
    """A BashOperator that knows the exit codes of pgbackpipe."""

    def get_env(self, context):
        env = super().get_env(context)
        for name, value in os.environ.items():
            if name.startswith(PASSED_ON):
                env.setdefault(name, value)
        return env

    def execute(self, context):
        try:
            return super().execute(context)
        except (AirflowSkipException, AirflowFailException):
            raise
        except AirflowException as error:
            process = self.subprocess_hook.sub_process
            code = process.returncode if process else TEMPORARY
            if code in (0, TEMPORARY) or code < 0:
                raise
            raise AirflowFailException(
                f"the backup failed for good (exit {code}): {error}"
            ) from error

    def on_kill(self):
        """Let the filters abort their uploads before the next try starts."""
        process = self.subprocess_hook.sub_process
        if process is None or process.poll() is not None:
            return
        group = os.getpgid(process.pid)
        os.killpg(group, signal.SIGTERM)
        end = time.monotonic() + GRACE
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass


def command(words):
    # A task's stdin is Airflow's own socket: nothing may read from it. Values
    # come by the environment: in a command, Jinja would let them run.
    return f'exec </dev/null\nexec "$PGBACKPIPE" {words}'


ENV = {
    "PGBACKPIPE": PGBACKPIPE,
    "PGBACKPIPE_CONFIG": CONFIG,
    # The same for all tries and tasks of a run.
    "BACKUP_RUN_ID": "{{ dag.dag_id }}:{{ run_id }}",
    "BACKUP_TYPE": "{{ 'scheduled' if dag_run.run_type == 'scheduled'"
    " else 'manual' }}",
    "DESCRIPTION": "{{ params.description }}",
}

with DAG(
    dag_id="database_backup_pipeline",
    description="Back a PostgreSQL database up, prove the backup, tell",
    # 23:00 in Central Europe, summer and winter. Nothing starts between two
    # and three, an hour that is there twice or not at all.
    schedule=CronTriggerTimetable("0 23 * * *", timezone="Europe/Amsterdam"),
    catchup=False,
    max_active_runs=1,
    params={"description": Param("", type="string", title="Description")},
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=6),
    },
    tags=["backup"],
) as dag:
    create_backup = BackupOperator(
        task_id="create_backup",
        bash_command=command('create --description="$DESCRIPTION"'),
        env=ENV,
        outlets=[Asset(name="database_backup", uri="pgbackpipe://backup")],
    )
    verify_backup = BackupOperator(
        task_id="verify_backup", bash_command=command("verify"), env=ENV
    )
    send_notification = BackupOperator(
        task_id="send_notification",
        bash_command=command("notify"),
        env=ENV,
        trigger_rule="all_done",
    )
    # The run's state is that of its last tasks: without this one a failed
    # backup would be green, because telling it succeeded.
    outcome = EmptyOperator(task_id="outcome")

    create_backup >> verify_backup >> [send_notification, outcome]
