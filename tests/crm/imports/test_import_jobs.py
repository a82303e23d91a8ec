"""Imports in the background: step by step, from any process, with the counts and the refused rows."""

import json

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from associations.models import Association
from crm.imports import jobs, spool, steps
from crm.imports.models import ImportFile, ImportKey, ImportWanted
from crm.imports.reading import CsvTable
from crm.imports.spool import Spool
from records import schema
from records.jobs import run_job
from records.jobs.running import _claim, _step
from records.models import Change, Company, Contact, Job, Record
from records.undo import undo
from tests.factories import by

pytestmark = pytest.mark.django_db

SAID = {
    "records": {
        "contacts": {"properties": {"email": "Email", "firstname": "Name"}},
        "companies": {"match": "name", "properties": {"name": "Company"}},
    },
    "associations": [
        {"record": "contacts", "with": "companies"},
        {"record": "contacts", "column": "Boss", "with": "contacts", "key_column": "No"},
    ],
}
ROWS = 23
TEXT = "No,Email,Name,Company,Boss\n" + "".join(
    f"{n},p{n}@example.com,P{n},Firm {n % 5},{(n + 7) % ROWS}\n" if n != 9 else "9,nobody,P9,,\nx,,\n"
    for n in range(ROWS)
)


def begin(text: str = TEXT, said: dict = SAID, **options) -> Job:
    return jobs.start_import(said, {"": ContentFile(text.encode(), "people.csv")}, by=by(), **options)


def everything() -> tuple:
    """Return all that an import of TEXT makes, told without ids."""
    return (
        sorted(Contact.objects.values_list("email", "firstname")),
        sorted(Company.objects.values_list("name", flat=True)),
        sorted(
            sorted([str(one.record_a), str(one.record_b)])
            for one in Association.objects.select_related("record_a", "record_b")
        ),
    )


def test_a_job_imports_counts_and_keeps_what_it_refused():
    job = begin()

    assert job.state == Job.State.DONE, job.message
    assert (job.error_count, job.source_name) == (3, "people.csv")
    assert job.counts == {"created": 27, "unchanged": 17, "associated": 43, "missing": 1, "skipped": 2}
    assert job.cursor["report"]["created"] == {"contacts": 22, "companies": 5}
    told = {one.row: (one.message, one.cells) for one in job.errors.all()}
    assert told[11] == (
        "Email: Enter a valid email address.",
        ["9", "nobody", "P9", "", ""],
    )
    assert told[12][1] == ["x", "", ""]
    assert "nothing among the contacts is called “9”" in told[4][0]
    assert told[4][1] == ["2", "p2@example.com", "P2", "Firm 2", "9"]
    assert job.params["header"] == ["No", "Email", "Name", "Company", "Boss"]
    assert Change.objects.get().kind == Change.Kind.IMPORT
    assert not (ImportKey.objects.exists())
    assert not (ImportWanted.objects.exists())


def test_each_step_may_be_done_by_another_process(settings, monkeypatch):
    begin()
    whole = everything()
    Record.objects.all().delete()
    monkeypatch.setattr(steps, "BATCH", 4)
    monkeypatch.setattr(steps, "READ", 6)
    settings.JOBS_IMMEDIATE = False
    job = begin()
    token, done = _claim(job.pk), 0
    while job.is_open:
        spool.forget(job.params["run"])  # what a process keeps and leaves behind is gone
        job = _step(job.pk, token)
        job.refresh_from_db()
        done += 1

    assert done > 15
    assert job.state == Job.State.DONE
    assert everything() == whole
    assert job.counts == {"created": 27, "unchanged": 17, "associated": 43, "missing": 1, "skipped": 2}
    assert job.done == job.total
    assert Contact.history.values("change").distinct().count() == 1


def test_a_step_that_is_taken_back_is_done_again_wholly(settings, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 4)
    settings.JOBS_IMMEDIATE = False
    job = begin()
    token = _claim(job.pk)
    while job.is_open:
        with transaction.atomic():  # a worker that is killed before it commits
            _step(job.pk, token)
            transaction.set_rollback(True)
        job = _step(job.pk, token)
        job.refresh_from_db()

    assert (job.state, Contact.objects.count(), job.error_count) == (Job.State.DONE, 22, 3)
    assert job.counts["associated"] == Association.objects.count() == 43


def test_a_dry_run_counts_what_the_import_does_and_writes_nothing():
    dry = begin(dry_run=True)

    assert not Record.objects.exists()
    assert not (Change.objects.exists())
    assert not (ImportWanted.objects.exists())
    job = begin()
    assert dry.counts == job.counts
    assert dry.cursor["report"] == job.cursor["report"]
    assert [(one.row, one.message) for one in dry.errors.all()] == [
        (one.row, one.message) for one in job.errors.all()
    ]


def test_an_import_is_undone_as_one():
    job = begin()

    undo(job.change, by=by())

    assert not Record.objects.live().exists()


def test_a_file_that_breaks_off_writes_nothing(monkeypatch):
    monkeypatch.setattr(steps, "READ", 5)

    job = begin(TEXT + '"open')

    assert (job.state, job.message) == (Job.State.FAILED, "line 26: a quote is opened and never closed.")
    assert not Record.objects.exists()
    run_job(job)  # it does not take the end of what it could read for the end of the file
    assert not Record.objects.exists()


def test_two_files_are_joined_by_what_they_have_in_common(monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 2)
    said = {
        "files": {"firms": {"delimiter": "semicolon"}},
        "records": {
            "contacts": {"properties": {"email": "Email"}},
            "companies": {"file": "firms", "match": "name", "properties": {"name": "Firm"}},
        },
        "associations": [
            {
                "record": "companies",
                "column": "Key",
                "with": "contacts",
                "key_column": "Firm key",
                "several": "all",
            }
        ],
    }
    people = "Email,Firm key\n" + "".join(f"p{n}@example.com,{n % 3}\n" for n in range(9))
    files = {
        "": ContentFile(people.encode(), "people.csv"),
        "firms": ContentFile(b"Key;Firm\n0;Acme\n1;Beta\n7;Gamma\n;Delta\n", "firms.csv"),
    }

    job = jobs.start_import(said, files, by=by())

    assert job.counts == {"created": 13, "associated": 6, "missing": 1}
    firms = [str(one.record_a) for one in Association.objects.select_related("record_a", "record_b")]
    assert sorted(firms) == [f"p{n}@example.com" for n in (0, 1, 3, 4, 6, 7)]
    (error,) = job.errors.all()
    assert error.message == "firms.csv: Key: nothing among the contacts is called “7”."
    assert error.cells == ["", "", "7", "Gamma"]
    assert job.params["header"] == ["Email", "Firm key", "Key", "Firm"]
    assert not ImportFile.objects.exists()


def test_a_spool_is_found_by_another_process_only_when_it_is_complete(file, tmp_path):
    table = CsvTable(file("a,b\n1,2\n3\n" + "5,6\n" * 2_500))
    path = tmp_path / "spool"
    here = Spool(lambda: table, path)
    here.read_on(100)
    assert not path.exists()
    here.read_on(5_000)

    there = Spool(lambda: pytest.fail("read again"), path)

    assert (there.items, there.problems, there.is_complete) == (2_502, 1, True)
    assert [item.line for item in there.batch(0, 3)] == [2, 3, 4]
    assert [item.line for item in there.batch(2_400, 500)] == [*range(2_402, 2_504)]
    path.write_bytes(path.read_bytes()[:-7])
    assert Spool(lambda: table, path).items == 0


def test_what_was_deleted_meanwhile_is_said(settings):
    settings.JOBS_IMMEDIATE = False
    job = begin()
    Job.objects.update(params={})

    job = run_job(job)

    assert "deleted meanwhile" in job.message
    assert json.dumps(job.params) == "{}"
    assert schema.current()
