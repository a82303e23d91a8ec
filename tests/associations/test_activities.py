"""Associations with activities: what they know of the activity, and with what it may be associated."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.models import Association
from associations.outcomes import AssociationRefused
from associations.type_pairs import partners
from records import schema
from records import services as record_services
from tests.factories import ContactFactory, DealFactory, by, make_activity

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)


def stood(record) -> list[tuple]:
    """Return when the activities of a record happened and whether they are to be done, for its timeline."""
    return [(row.happened_at, row.is_pending) for row in Association.objects.of(record.pk).order_by("pk")]


def test_an_association_says_when_its_activity_happened():
    contact = ContactFactory()
    make_activity("notes", contact, hs_note_body="Rang twice", hs_timestamp=MAY)

    assert stood(contact) == [(MAY, False)]


def test_an_activity_without_a_moment_happened_when_it_was_created():
    note = make_activity("notes", hs_note_body="Now")

    assert note.happened_at == note.created_at


def test_an_association_of_an_open_task_is_pending_until_it_is_done():
    deal = DealFactory()
    task = make_activity("tasks", deal, hs_task_subject="Send the offer", hs_timestamp=MAY)
    assert stood(deal) == [(MAY, True)]

    record_services.update_record(task, {"hs_task_status": "COMPLETED"}, by=by())

    assert stood(deal) == [(MAY, False)]


def test_moving_an_activity_in_time_moves_it_on_every_timeline():
    deal, contact = DealFactory(), ContactFactory()
    meeting = make_activity("meetings", deal, contact, hs_meeting_title="Demo", hs_meeting_start_time=MAY)

    record_services.update_records(meeting.kind, {meeting.pk: {"hs_meeting_start_time": JUNE}}, by=by())

    assert stood(deal) == stood(contact) == [(JUNE, False)]


def test_an_association_without_an_activity_has_no_moment():
    deal, contact = DealFactory(), ContactFactory()
    services.associate(deal, [contact.pk], by=by())

    assert stood(deal) == [(None, False)]


def test_following_many_activities_takes_as_many_statements_as_following_one():
    numbers = []
    for number in (1, 20):
        contact = ContactFactory()
        calls = [make_activity("calls", contact, hs_call_title="Call") for _ in range(number)]
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            services.follow_activities([call.pk for call in calls])
        numbers.append(len(captured))

    assert numbers[0] == numbers[1]


def test_two_activities_are_not_associated():
    note, call = make_activity("notes", hs_note_body="A"), make_activity("calls", hs_call_title="B")

    with pytest.raises(AssociationRefused):
        services.associate(note, [call.pk], by=by())


def test_activities_may_be_associated_with_every_other_type():
    types = schema.current()

    for kind in types.activity_types:
        assert partners(kind) == types.main_types


def test_an_undone_removal_stands_on_the_timeline_again():
    contact = ContactFactory()
    note = make_activity("notes", contact, hs_note_body="Back", hs_timestamp=MAY)
    services.dissociate(contact, [note.pk], by=by())
    services.associate(contact, [note.pk], by=by())

    assert stood(contact) == [(MAY, False)]


def test_activities_are_not_merged(signed_in):
    note = make_activity("notes", hs_note_body="One")

    assert signed_in.get(f"/records/notes/merge/?a={note.pk}").status_code == 404
    assert signed_in.get("/records/notes/possible-duplicates/").status_code == 404
    for page in ("/records/notes/", note.get_absolute_url()):
        assert "/merge/" not in signed_in.get(page).text
        assert "possible-duplicates" not in signed_in.get(page).text
