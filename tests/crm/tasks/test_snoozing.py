"""Putting tasks off, in whatever time zone, also when the clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone

from crm.tasks.snoozing import choices, day_of, snooze
from records import undo
from records.services import archive_records
from tests.factories import by

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def in_berlin():
    with override_settings(TIME_ZONE="Europe/Berlin"), timezone.override(BERLIN):
        yield


@pytest.mark.parametrize(
    ("now", "tomorrow", "working_days", "monday"),
    [
        # A Wednesday; a Friday; a Monday, when the next one is a week away; a Sunday.
        (at(2026, 5, 6, 15), at(2026, 5, 7, 9), at(2026, 5, 11, 9), at(2026, 5, 11, 9)),
        (at(2026, 5, 8, 15), at(2026, 5, 9, 9), at(2026, 5, 13, 9), at(2026, 5, 11, 9)),
        (at(2026, 5, 4, 8), at(2026, 5, 5, 9), at(2026, 5, 7, 9), at(2026, 5, 11, 9)),
        (at(2026, 5, 10, 23), at(2026, 5, 11, 9), at(2026, 5, 13, 9), at(2026, 5, 11, 9)),
        # The night in which an hour is left out, and the one that has it twice.
        (at(2026, 3, 28, 23, 30), at(2026, 3, 29, 9), at(2026, 4, 1, 9), at(2026, 3, 30, 9)),
        (at(2026, 10, 24, 23, 30), at(2026, 10, 25, 9), at(2026, 10, 28, 9), at(2026, 10, 26, 9)),
        # In UTC it is still the day before.
        (datetime(2026, 5, 6, 22, 30, tzinfo=UTC), at(2026, 5, 8, 9), at(2026, 5, 12, 9), at(2026, 5, 11, 9)),
    ],
)
def test_it_is_put_off_to_nine_by_the_clock_on_the_wall(now, tomorrow, working_days, monday):
    assert choices(now) == {"tomorrow": tomorrow, "working-days": working_days, "monday": monday}


def test_nine_is_another_moment_after_the_clocks_changed():
    assert choices(at(2026, 3, 28, 12))["tomorrow"].astimezone(UTC).hour == 7
    assert choices(at(2026, 3, 27, 12))["tomorrow"].astimezone(UTC).hour == 8


def test_a_picked_day_has_to_come_yet():
    now = at(2026, 5, 6, 15)
    assert day_of("2026-05-07", now) == at(2026, 5, 7, 9)
    for wrong in ("", "2026-05-06", "2025-01-01", "soon", "2026-02-30", "9999-12-31"):
        with pytest.raises(ValidationError):
            day_of(wrong, now)


def test_the_reminder_keeps_its_distance_by_the_clock_on_the_wall(make_task):
    task = make_task(due=at(2026, 3, 27, 9), hs_task_reminders=at(2026, 3, 26, 8))

    snooze(task, at(2026, 3, 30, 9), by=by(), now=at(2026, 3, 27, 9))

    task.refresh_from_db()
    assert task.happened_at == at(2026, 3, 30, 9)
    assert task.hs_task_reminders == at(2026, 3, 29, 8)


def test_a_reminder_that_would_be_over_comes_when_the_task_is_due(make_task):
    task = make_task(due=at(2026, 5, 6, 9), hs_task_reminders=at(2026, 5, 3, 9))
    snooze(task, at(2026, 5, 7, 9), by=by(), now=at(2026, 5, 6, 9))
    task.refresh_from_db()
    assert task.hs_task_reminders == at(2026, 5, 7, 9)


def test_it_is_one_change_which_can_be_undone(make_task, user):
    task = make_task(due=at(2026, 5, 6, 9), hs_task_reminders=at(2026, 5, 6, 8))
    change = snooze(task, at(2026, 5, 7, 9), by=by(user), now=at(2026, 5, 6, 9))

    undo.undo(change, by=by(user))

    task.refresh_from_db()
    assert (task.happened_at, task.hs_task_reminders) == (at(2026, 5, 6, 9), at(2026, 5, 6, 8))


def test_what_is_done_or_archived_is_not_put_off(make_task):
    done = make_task(hs_task_status="COMPLETED")
    with pytest.raises(ValidationError, match="has been completed"):
        snooze(done, at(2026, 5, 7, 9), by=by())
    gone = make_task()
    archive_records([gone.pk], by=by())
    with pytest.raises(ValidationError, match="has been archived"):
        snooze(gone, at(2026, 5, 7, 9), by=by())
