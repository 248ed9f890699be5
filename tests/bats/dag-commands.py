"""Print the tasks of a DAG file as JSON, without Airflow: names, commands,
trigger rules and edges. The stand-ins below only note what they are given."""

import json
import sys
import types

tasks = []


class Task:
    def __init__(self, task_id, bash_command=None, env=None,
                 trigger_rule="all_success", **rest):
        self.id = task_id
        tasks.append(self)
        self.row = {"id": task_id, "command": bash_command, "env": env,
                    "trigger_rule": trigger_rule, "after": []}

    def __rshift__(self, other):
        for one in other if isinstance(other, list) else [other]:
            one.row["after"].append(self.id)
        return other


class Any:
    def __init__(self, *args, **kwargs):
        self.kwargs = kwargs
        Any.last = kwargs if "dag_id" in kwargs else getattr(Any, "last", {})

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        return False


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made


for name in ("airflow", "airflow.providers", "airflow.providers.standard",
             "airflow.providers.standard.operators"):
    module(name)
module("airflow.providers.standard.operators.bash", BashOperator=Task)
module("airflow.providers.standard.operators.empty", EmptyOperator=Task)
module("airflow.sdk", DAG=Any, Asset=Any, CronTriggerTimetable=Any, Param=Any)
module("airflow.sdk.exceptions", AirflowException=Exception,
       AirflowFailException=type("Fail", (Exception,), {}),
       AirflowSkipException=type("Skip", (Exception,), {}))

with open(sys.argv[1]) as source:
    exec(compile(source.read(), sys.argv[1], "exec"), {"__name__": "dag"})
print(json.dumps({"dag_id": Any.last.get("dag_id"),
                  "tasks": [task.row for task in tasks]}))
