"""A worker is killed at any moment, again and again: the job is done in the end, nothing twice or missing.

ROUNDS says how many times each worker is killed (once where nothing is said).
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from records import jobs
from records.jobs import queue
from records.models import Contact, Job
from tests.factories import by
from tests.records.jobs.kinds import Create

ROUNDS = int(os.environ.get("ROUNDS", "1"))
ROOT = Path(__file__).resolve().parents[3]
IDS = range(1, 301)


def database_url() -> str:
    """Return where the database of this test is."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    login = f"{found['USER']}:{found['PASSWORD']}" if found["PASSWORD"] else found["USER"]
    return f"postgres://{login}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


def working(redis_url: str) -> subprocess.Popen:
    """Start `manage.py work`, in a group of its own."""
    told = {"DATABASE_URL": database_url(), "REDIS_URL": redis_url, "JOBS_LEASE": "0.4", "JOBS_TURN": "1"}
    command = [sys.executable, "-m", "tests.records.jobs.working", "--workers", "1"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **told, "DJANGO_SETTINGS_MODULE": "crm.settings"},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen) -> None:
    """Kill it and all that it started, without a warning."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("backend", ["database", "redis"])
def test_a_job_whose_worker_is_killed_is_done_once_and_wholly(backend, settings, monkeypatch):
    redis_url = os.environ.get("REDIS_URL", "") if backend == "redis" else ""
    if backend == "redis" and not redis_url:
        pytest.skip("no REDIS_URL")
    settings.JOBS_IMMEDIATE = False
    monkeypatch.setattr(queue, "INPUTS", 3)
    monkeypatch.setattr(queue, "enqueue", lambda pk: None)  # the workers find it by themselves
    job = jobs.start(Create, by=by(), ids=IDS, params={"pause": 0.02 + 0.025 * ROUNDS, "complains_of": 7})

    seen = set()
    for _round in range(ROUNDS):
        process = working(redis_url)
        until = time.monotonic() + random.uniform(1.5, 6)
        while time.monotonic() < until:
            time.sleep(0.05)
        kill(process)
        job.refresh_from_db()
        seen.add(job.done)
        if not job.is_open:
            break
    process = working(redis_url)
    try:
        until = time.monotonic() + 600
        while job.is_open and time.monotonic() < until:
            time.sleep(0.1)
            job.refresh_from_db()
    finally:
        kill(process)

    assert job.state == Job.State.DONE, f"{job.state} {job.done}"
    assert sorted(int(name) for name in Contact.objects.values_list("firstname", flat=True)) == [*IDS]
    assert job.counts == {"created": len(IDS)}
    assert job.errors.count() == job.error_count == len(IDS) // 7
    assert Contact.history.values("change").distinct().count() == 1
    print(f"{backend}: killed {ROUNDS} times, seen at {sorted(seen)}")
