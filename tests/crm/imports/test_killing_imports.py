"""The worker of an import is killed at any moment, again and again: nothing twice, nothing missing.

ROUNDS says how many times each worker is killed (once where nothing is said).
"""

import os
import random
import subprocess
import sys
import time

import pytest
from django.core.files.base import ContentFile

from associations.models import Association
from crm.imports import jobs
from crm.imports.models import ImportFile, ImportKey, ImportWanted
from records.jobs import queue
from records.models import Company, Contact, Job
from tests.factories import by
from tests.records.jobs.test_killing import ROOT, ROUNDS, database_url, kill

ROWS, FIRMS = 120, 25
PAUSE = 0.05 + 0.005 * ROUNDS  # seconds of each step; there are some 65
SAID = {
    "files": {"firms": {}},
    "records": {
        "contacts": {"properties": {"email": "Email", "firstname": "Name"}},
        "companies": {"file": "firms", "match": "name", "properties": {"name": "Firm"}},
    },
    "associations": [
        {"record": "contacts", "column": "Firm no", "with": "companies", "key_column": "No"},
        {"record": "contacts", "column": "Boss", "with": "contacts", "by": "email"},
    ],
}


def working(redis_url: str, media: str) -> subprocess.Popen:
    """Start `manage.py work`, in a group of its own."""
    told = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "JOBS_LEASE": "0.4",
        "JOBS_TURN": "1",
        "MEDIA_ROOT": media,
        "IMPORT_PAUSE": str(PAUSE),
        "DJANGO_SETTINGS_MODULE": "crm.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crm.imports.working", "--workers", "1"],
        cwd=ROOT,
        env={**os.environ, **told},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("backend", ["database", "redis"])
def test_an_import_whose_worker_is_killed_is_done_once_and_wholly(backend, settings, monkeypatch, tmp_path):
    redis_url = os.environ.get("REDIS_URL", "") if backend == "redis" else ""
    if backend == "redis" and not redis_url:
        pytest.skip("no REDIS_URL")
    settings.JOBS_IMMEDIATE = False
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }
    monkeypatch.setattr(queue, "enqueue", lambda pk: None)  # the workers find it by themselves
    people = "Email,Name,Firm no,Boss\n" + "".join(
        f"p{n}@example.com,P{n},{n % (FIRMS + 1)},p{(n * 7 + 1) % ROWS}@example.com\n"
        if n % 10
        else f"nobody,P{n},1,\n"
        for n in range(ROWS)
    )
    firms = "No,Firm\n" + "".join(f"{n},Firm {n}\n" for n in range(FIRMS))
    files = {
        "": ContentFile(people.encode(), "people.csv"),
        "firms": ContentFile(firms.encode(), "firms.csv"),
    }
    job = jobs.start_import(SAID, files, by=by())

    seen = set()
    for _round in range(ROUNDS):
        process = working(redis_url, str(tmp_path))
        before, until = job.cursor, time.monotonic() + 30
        while job.cursor == before and time.monotonic() < until:  # until it has begun
            time.sleep(0.05)
            job.refresh_from_db()
        time.sleep(random.uniform(0, 40 * PAUSE / (ROUNDS + 1)))
        kill(process)
        job.refresh_from_db()
        seen.add((job.done, job.cursor.get("phase")))
        if not job.is_open:
            break
    process = working(redis_url, str(tmp_path))
    try:
        until = time.monotonic() + 180
        while job.is_open and time.monotonic() < until:
            time.sleep(0.1)
            job.refresh_from_db()
    finally:
        kill(process)

    # What there must be, told without the importer.
    good = [n for n in range(ROWS) if n % 10]
    in_firm = {frozenset({f"P{n}", f"Firm {n % (FIRMS + 1)}"}) for n in good if n % (FIRMS + 1) < FIRMS}
    bosses = {frozenset({f"P{n}", f"P{(n * 7 + 1) % ROWS}"}) for n in good if (n * 7 + 1) % ROWS % 10}
    bosses = {pair for pair in bosses if len(pair) == 2}
    itself = sum((n * 7 + 1) % ROWS == n for n in good)
    assert job.state == Job.State.DONE, f"{job.state} {job.done} {job.message}"
    emails = sorted(Contact.objects.values_list("email", flat=True))
    assert emails == sorted(f"p{n}@example.com" for n in good)
    assert sorted(Company.objects.values_list("name", flat=True)) == sorted(f"Firm {n}" for n in range(FIRMS))
    links = Association.objects.select_related("record_a", "record_b")
    found = [frozenset({str(one.record_a), str(one.record_b)}) for one in links]
    assert len(found) == len(set(found))
    assert set(found) == in_firm | bosses
    assert job.counts["created"] == len(good) + FIRMS
    assert job.counts["skipped"] == ROWS - len(good)
    assert job.counts["associated"] == len(found)
    without_firm = sum(n % (FIRMS + 1) == FIRMS for n in good)
    without_boss = sum((n * 7 + 1) % ROWS % 10 == 0 for n in good)
    assert job.counts["missing"] == without_firm + without_boss
    told = ROWS - len(good) + without_firm + without_boss + itself
    assert job.errors.count() == job.error_count == told
    assert Contact.history.count() == len(good)
    assert Contact.history.values("change").distinct().count() == 1
    for model in (ImportFile, ImportKey, ImportWanted):
        assert not model.objects.exists()
    print(f"{backend}: killed {ROUNDS} times, seen at {sorted(seen, key=str)}")
