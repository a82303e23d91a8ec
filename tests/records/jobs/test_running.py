"""Jobs: step by step, each wholly or not at all."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from records import jobs
from records.jobs import keeping, periodic, queue, running
from records.models import Change, Contact, Job
from records.models.job import JobError, JobInput
from tests.factories import by
from tests.records.jobs.kinds import Create, Read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(queue, "INPUTS", 3)


@pytest.fixture
def later(settings):
    """Let jobs wait until they are run by hand."""
    settings.JOBS_IMMEDIATE = False


def names() -> list[int]:
    return sorted(int(name) for name in Contact.objects.values_list("firstname", flat=True))


def test_a_job_does_its_steps_as_one_change():
    job = jobs.start(Create, by=by(), ids=range(1, 9), summary="Eight")

    assert (job.state, job.done, job.total, job.counts) == ("done", 8, 8, {"created": 8})
    assert names() == [*range(1, 9)]
    assert Contact.history.values_list("change", flat=True).distinct().get() == job.change_id
    assert (job.change.summary, job.change.kind) == ("Eight", Change.Kind.BULK)
    assert not JobInput.objects.exists()


def test_what_fails_leaves_the_steps_before_it_and_goes_on_from_there(caplog):
    job = jobs.start(Create, by=by(), ids=range(1, 9), params={"breaks_at": 5})

    assert (job.state, job.done, names()) == ("failed", 3, [1, 2, 3])
    assert "log" in job.message
    Job.objects.update(params={})
    assert jobs.resume(job)
    job.refresh_from_db()
    assert (job.state, job.message, names()) == ("done", "", [*range(1, 9)])
    assert not jobs.resume(job)


def test_a_refusal_says_why_on_the_page():
    job = jobs.start(Create, by=by(), ids=[1], params={"refuses_at": 1})

    assert (job.state, job.message, job.change) == ("failed", "No more of that.", None)
    assert not Change.objects.exists()


def test_of_two_workers_the_one_whose_lease_ran_out_writes_nothing(later):
    job = jobs.start(Create, by=by(), ids=range(1, 9))
    slow = running._claim(job.pk)
    assert running._claim(job.pk) is None
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    quick = running._claim(job.pk)

    assert running._step(job.pk, slow) is None
    assert running._step(job.pk, quick).done == 3
    assert names() == [1, 2, 3]


def test_a_turn_ends_after_its_time_and_the_next_goes_on(later, settings):
    settings.JOBS_TURN = 0
    job = jobs.start(Create, by=by(), ids=range(1, 9))

    turns = 1
    while running.take_turn(job.pk):
        turns += 1

    assert turns == 4
    assert names() == [*range(1, 9)]


def test_a_cancelled_job_ends_before_its_next_step(later):
    job = jobs.start(Create, by=by(), ids=range(1, 9))
    token = running._claim(job.pk)
    running._step(job.pk, token)

    jobs.cancel(job, by())
    assert running._step(job.pk, token).state == "cancelled"

    assert names() == [1, 2, 3]
    idle = jobs.start(Create, by=by(), ids=[9])
    jobs.cancel(idle, by())
    idle.refresh_from_db()
    assert idle.state == "cancelled"


def test_what_only_reads_runs_outside_of_a_transaction_and_leaves_a_file():
    job = jobs.start(Read, by=by())

    assert (job.state, job.done, job.result_name, job.result.read()) == ("done", 2, "two.txt", b"two")


def test_jobs_that_nobody_holds_are_asked_for_again_once(later, monkeypatch):
    asked = []
    monkeypatch.setattr(queue, "enqueue", asked.append)
    job = jobs.start(Create, by=by(), ids=[1])
    asked.clear()
    assert queue.sweep(waiting=timedelta(minutes=1)) == 0  # it may stand in the queue

    running._claim(job.pk)
    assert queue.sweep() == 0  # somebody works on it
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert queue.sweep(waiting=timedelta(minutes=1)) == 1
    assert asked == [job.pk]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_takes_what_waits_in_the_database(settings):
    settings.JOBS_IMMEDIATE = False
    if settings.REDIS_URL:
        pytest.skip("jobs wait in Redis")
    job = jobs.start(Create, by=by(), ids=range(1, 9))

    call_command("work", "--until-idle")

    job.refresh_from_db()
    assert job.state == "done"


def test_errands_are_done_once_in_each_interval(monkeypatch):
    done = []
    monkeypatch.setattr(periodic, "_errands", {})
    periodic.every(timedelta(minutes=1), "tell", lambda: done.append(1))

    assert periodic.do_due() == ["tell"]
    assert periodic.do_due() == []
    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr(periodic.timezone, "now", lambda: later)
    assert periodic.do_due() == ["tell"]
    assert len(done) == 2


def test_old_jobs_go_with_their_files_and_history_stays(settings, django_capture_on_commit_callbacks):
    job = jobs.start(Read, by=by())
    old = jobs.start(Create, by=by(), ids=[2], params={"complains_of": 2})
    Job.objects.update(ended_at=timezone.now() - timedelta(days=31))
    storage, name = job.result.storage, job.result.name

    with django_capture_on_commit_callbacks(execute=True):
        assert keeping.delete_old() == 2

    assert not storage.exists(name)
    assert not JobError.objects.exists()
    assert Change.objects.filter(pk=old.change_id).exists()
