"""Units of work that lose a deadlock are run again."""

import contextlib
import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from records.models import Record
from records.transactions import ATTEMPTS, unit_of_work
from tests.factories import ContactFactory


class Deadlock(Exception):
    sqlstate = "40P01"


def failing(times: int, cause: Exception):
    """Return a unit of work that fails that often, and the list of what it was called with."""
    calls = []

    @unit_of_work
    def work(numbers):
        with transaction.atomic():
            calls.append(list(numbers))
            if len(calls) <= times:
                raise OperationalError("ended") from cause
            return sum(calls[-1])

    return work, calls


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_loser_of_a_deadlock_is_run_again_with_all_it_was_given():
    work, calls = failing(2, Deadlock())

    assert work(iter([1, 2, 3])) == 6
    assert calls == [[1, 2, 3]] * 3


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_deadlock_that_does_not_end_is_told():
    work, calls = failing(99, Deadlock())

    with pytest.raises(OperationalError):
        work([1])
    assert len(calls) == ATTEMPTS


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_other_failures_are_told_at_once():
    work, calls = failing(1, Exception("disk full"))

    with pytest.raises(OperationalError):
        work([1])
    assert len(calls) == 1


@pytest.mark.django_db
def test_within_a_transaction_nothing_is_run_again():
    work, calls = failing(1, Deadlock())

    with pytest.raises(OperationalError), transaction.atomic():
        work([1])
    assert len(calls) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_that_lock_each_other_out_both_end_well():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    first, second = ContactFactory().pk, ContactFactory().pk
    meet = threading.Barrier(2)
    done = []

    @unit_of_work
    def lock(one, other):
        with transaction.atomic():
            Record.objects.select_for_update().get(pk=one)
            with contextlib.suppress(threading.BrokenBarrierError):  # the second attempt meets nobody
                meet.wait(timeout=2)
            Record.objects.select_for_update().get(pk=other)

    def run(one, other):
        try:
            lock(one, other)
            done.append(one)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [first, second]
