"""Runs actions against one database and says how long each took; bench.run tells it what, line by line.

A process of its own per database, since settings, schema and caches belong to one. The parent lets the
small and the large one work in turns, so that whatever else the machine does hits both.
"""

import gc
import io
import json
import sys
import time
from typing import Any

import django
from django.db import connection


def measure(action: Any, times: int) -> list[tuple[float, int]]:
    """Do an action some times; return milliseconds and queries of each."""
    results = []
    for _time in range(times):
        target = action.next_target()
        queries = 0

        def count(execute: Any, *args: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*args)

        gc.collect(0)
        gc.disable()
        with connection.execute_wrapper(count):
            started = time.perf_counter()
            response = action.run(target)
            took = (time.perf_counter() - started) * 1000
        gc.enable()
        if response.status_code != 200:
            raise RuntimeError(f"{action.name}, {target}: answered with {response.status_code}")
        action.undo(target)
        results.append((took, queries))
    return results


def main() -> None:
    """Say which actions there are, then do what each line on the standard input asks for."""
    django.setup()
    from crm.management.commands.prepare import Command

    from .actions import Actions

    Command(stdout=io.StringIO()).static_files()
    actions = {action.name: action for action in Actions().all}
    gc.collect()
    gc.freeze()
    print(json.dumps(list(actions)), flush=True)
    for line in sys.stdin:
        name, times = json.loads(line)
        print(json.dumps(measure(actions[name], times)), flush=True)


if __name__ == "__main__":
    main()
