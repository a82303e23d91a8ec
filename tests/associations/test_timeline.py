"""What a record's timeline shows, and in which order."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import timezone

from associations import services, timeline
from associations.models import Association, TimelinePin
from associations.timeline import Timeline
from associations.timeline_items import QuietLine
from records import erasing, schema
from records import services as record_services
from records.models import Erasure, Record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by, make_activity

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def contact():
    return ContactFactory()


def note(text, *about, at=MAY, **values):
    return make_activity("notes", *about, hs_note_body=text, hs_timestamp=at, **values)


def read(record, whole=True, **query) -> Timeline:
    """Return the timeline of a record under an address."""
    return Timeline(record, None, QueryDict(urlencode(query, doseq=True)), whole=whole)


def told(rows) -> list[str]:
    """Return rows as texts: activities by their names, associations as dots; not that the record was made."""
    rows = [row for row in rows if row.is_item or row.icon != "sparkles"]
    return [str(row.record) if row.is_item else "…" for row in rows]


def walk(record, **query) -> list[str]:
    """Return all rows of a timeline, a page after the other."""
    found, before = [], ""
    while True:
        page = read(record, before=before, **query)
        found += told(page.rows)
        if page.older is None:
            return found
        before = str(page.older)


def test_activities_stand_newest_first_whatever_the_order_of_their_making(contact):
    for days in (2, 5, 1, 4, 3):
        note(f"Day {days}", contact, at=MAY + days * DAY)

    assert told(read(contact).rows) == [f"Day {days}" for days in (5, 4, 3, 2, 1)]


def test_it_shows_activities_at_both_ends_of_an_association(contact):
    """An activity has a smaller id than the record where that was created later."""
    early = note("Before the deal", contact)
    deal = DealFactory()
    services.associate(deal, [early.pk], by=by())
    note("After the deal", deal, at=MAY + DAY)

    assert told(read(deal).rows) == ["After the deal", "Before the deal"]


def test_pages_follow_each_other_without_a_gap_or_a_double(contact, monkeypatch):
    monkeypatch.setattr(timeline, "PAGE", 4)
    for number in range(9):
        note(f"Note {number}", contact, at=MAY)  # all at one moment
    services.associate(contact, [deal.pk for deal in DealFactory.create_batch(5)], by=by())

    rows = walk(contact)

    assert [row for row in rows if row != "…"] == [f"Note {number}" for number in range(8, -1, -1)]
    assert rows.count("…") == 5


def test_quiet_lines_stand_between_activities_by_their_moment(contact):
    deals = DealFactory.create_batch(2)
    services.associate(contact, [deal.pk for deal in deals], by=by())
    for days, row in enumerate(Association.objects.of(contact.pk).order_by("pk")):
        Association.objects.filter(pk=row.pk).update(created_at=MAY + 2 * days * DAY)
    note("Between", contact, at=MAY + DAY)
    note("Last", contact, at=MAY + 3 * DAY)

    assert told(read(contact).rows) == ["Last", "…", "Between", "…"]


def test_changes_of_properties_stand_between_activities(contact):
    note("Before", contact, at=MAY)
    values = {"jobtitle": "Analyst", "city": "London"}
    record_services.update_record(contact, {"lastname": "Byron"}, by=by(UserFactory(username="grace")))
    record_services.update_record(contact, values, by=by())
    note("After", contact, at=timezone.now() + DAY)

    rows = [
        row for row in read(Record.objects.get(pk=contact.pk)).rows if row.is_item or row.icon == "pencil"
    ]

    assert told(rows) == ["After", "…", "…", "Before"]
    assert "City, Job title" in rows[1].text or "Job title, City" in rows[1].text
    assert "grace" in rows[2].text
    assert "Byron" in rows[2].text


def test_changes_of_properties_go_on_from_page_to_page(contact, monkeypatch):
    monkeypatch.setattr(timeline, "PAGE", 3)
    for number in range(7):
        record_services.update_record(contact, {"city": f"City {number}"}, by=by())

    found, before = [], ""
    while before is not None:
        page = read(contact, before=before)
        found += [row.text for row in page.rows if row.icon == "pencil"]
        before = page.older

    assert [f"City {number}" in text for number, text in zip(range(6, -1, -1), found, strict=True)] == [
        True
    ] * 7


def test_an_association_that_an_undo_brought_back_holds_up_no_other(contact):
    deals = DealFactory.create_batch(3)
    for deal in deals:
        services.associate(contact, [deal.pk], by=by())
    rows = list(Association.objects.of(contact.pk).order_by("pk"))
    moments = [MAY + DAY, MAY + 2 * DAY, MAY - 300 * DAY]  # the last made is the oldest by its date
    for row, moment in zip(rows, moments, strict=True):
        Association.objects.filter(pk=row.pk).update(created_at=moment)
    note("Long ago", contact, at=MAY)

    found = read(contact).rows

    assert told(found) == ["…", "…", "…", "Long ago"]
    shown = [row.shown_at for row in found if not row.is_item and row.shown_at]
    assert shown == [moments[2], moments[1], moments[0]]


def test_open_tasks_and_meetings_to_come_stand_above_and_not_again_below(contact):
    now = timezone.now()
    overdue = make_activity("tasks", contact, hs_task_subject="Overdue", hs_timestamp=now - DAY)
    make_activity("tasks", contact, hs_task_subject="Open", hs_timestamp=now + 3 * DAY)
    make_activity("meetings", contact, hs_meeting_title="Next", hs_meeting_start_time=now + DAY)
    make_activity("meetings", contact, hs_meeting_title="Was", hs_meeting_start_time=now - 2 * DAY)
    make_activity("tasks", contact, hs_task_subject="Done", hs_task_status="COMPLETED", hs_timestamp=now)

    page = read(contact)

    assert told(page.upcoming) == ["Overdue", "Next", "Open"]
    assert [item.is_overdue for item in page.upcoming] == [True, False, False]
    assert told(page.rows) == ["Done", "Was"]

    record_services.update_record(overdue, {"hs_task_status": "COMPLETED"}, by=by())
    assert told(read(contact).rows) == ["Done", "Overdue", "Was"]


def test_of_many_upcoming_ones_the_first_are_shown_until_one_asks_for_all(contact):
    soon = timezone.now() + DAY
    for number in range(timeline.UPCOMING + 2):
        make_activity("tasks", contact, hs_task_subject=f"{number}", hs_timestamp=soon + number * DAY)

    few, all_of_them = read(contact), read(contact, upcoming="all")

    assert told(few.upcoming) == [f"{number}" for number in range(timeline.UPCOMING)]
    assert few.has_more_upcoming
    assert len(all_of_them.upcoming) == timeline.UPCOMING + 2
    assert not all_of_them.has_more_upcoming


def test_a_pinned_activity_stands_first_and_only_there(contact):
    old = note("Old", contact)
    note("New", contact, at=MAY + DAY)
    assert timeline.pin(contact, old)

    page = read(contact)
    assert (str(page.pinned.record), told(page.rows)) == ("Old", ["New"])

    timeline.unpin(contact, old)
    page = read(contact)
    assert (page.pinned, told(page.rows)) == (None, ["New", "Old"])


def test_a_pinned_open_task_is_not_upcoming_too(contact):
    task = make_activity("tasks", contact, hs_task_subject="Call back", hs_timestamp=MAY)
    timeline.pin(contact, task)

    page = read(contact)

    assert (str(page.pinned.record), page.upcoming, told(page.rows)) == ("Call back", [], [])


def test_pinning_another_takes_the_place_of_the_first(contact):
    first, second = note("First", contact), note("Second", contact)

    for one in (first, second, second):
        timeline.pin(contact, one)

    assert list(TimelinePin.objects.values_list("activity", flat=True)) == [second.pk]


def test_a_pin_goes_with_the_association(contact):
    one = note("One", contact)
    timeline.pin(contact, one)
    services.dissociate(contact, [one.pk], by=by())

    assert not TimelinePin.objects.exists()
    assert not timeline.pin(contact, one)


def test_a_pinned_activity_in_the_recycle_bin_is_not_shown_until_it_comes_back(contact):
    one = note("One", contact)
    timeline.pin(contact, one)
    record_services.archive_records([one.pk], by=by())
    assert read(contact).pinned is None

    record_services.restore_records([one.pk], by=by())
    assert str(read(contact).pinned.record) == "One"


def test_erasing_a_pinned_activity_takes_the_pin_along(contact):
    one = note("One", contact)
    timeline.pin(contact, one)
    erasing.erase([one.pk], kind=Erasure.Kind.PRIVACY, by=by())

    assert not TimelinePin.objects.exists()


def test_types_narrow_it_to_one_list_of_all_that_match(contact):
    soon = timezone.now() + DAY
    note("Note", contact)
    make_activity("calls", contact, hs_call_title="Call", hs_timestamp=MAY)
    make_activity("tasks", contact, hs_task_subject="Open", hs_timestamp=soon)
    services.associate(contact, [DealFactory().pk], by=by())

    assert told(read(contact, type="calls").rows) == ["Call"]
    page = read(contact, type=["tasks", "notes"])
    assert (told(page.rows), page.upcoming) == (["Open", "Note"], [])


def test_a_person_is_who_owns_or_who_wrote(contact):
    ada, bob = UserFactory(), UserFactory()
    note("By Ada", contact, actor=ada)
    note("Of Ada", contact, actor=bob, hubspot_owner_id=ada)
    note("By Bob", contact, actor=bob)

    assert sorted(told(read(contact, person=ada.pk).rows)) == ["By Ada", "Of Ada"]


def test_days_narrow_it_from_midnight_to_midnight(contact):
    for hour in (0, 23):
        note(f"At {hour}", contact, at=MAY.replace(hour=hour))
    note("The day after", contact, at=MAY + DAY)

    assert told(read(contact, since="2026-05-04", until="2026-05-04").rows) == ["At 23", "At 0"]


def test_a_text_is_found_anywhere_in_an_activity(contact):
    make_activity(
        "calls", contact, hs_call_title="Call", hs_call_body="<p>Asked for a <b>red</b> bicycle</p>"
    )
    note("A blue one", contact)

    assert told(read(contact, q="red bicycle").rows) == ["Call"]
    assert told(read(contact, q="green").rows) == []


def test_a_text_is_looked_for_a_bounded_way_back_and_from_there_on(contact, monkeypatch):
    monkeypatch.setattr(timeline, "LOOKED_AT", 4)
    for days in range(10):
        note("needle" if days in (0, 5) else "hay", contact, at=MAY + days * DAY)

    first = read(contact, q="needle")
    assert (told(first.rows), first.looked_back_to.at) == ([], MAY + 6 * DAY)
    assert walk(contact, q="needle") == ["needle", "needle"]


def test_what_makes_no_sense_in_an_address_narrows_nothing(contact):
    note("One", contact)

    for query in (
        {"type": "nothing"},
        {"person": "x"},
        {"since": "never"},
        {"before": "x"},
        {"before": "W10"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"before": str(timeline.Cursor(at=MAY, activity=(MAY + DAY, 2**62)))},
    ):
        assert told(read(contact, **query).rows) == ["One"]


def test_archived_activities_are_not_shown(contact):
    one = note("One", contact)
    record_services.archive_records([one.pk], by=by())

    assert read(contact).is_empty


def test_an_item_says_with_how_many_records_it_is_associated(contact):
    note("One", contact, DealFactory(), CompanyFactory())

    (item,) = [row for row in read(contact).rows if row.is_item]
    assert item.associations == 3


def test_the_timeline_of_an_activity_has_lines_and_no_buttons(contact):
    page = read(note("One", contact))

    assert (told(page.rows), page.may_log) == (["…"], False)


def test_other_lines_take_their_places(contact, monkeypatch):
    def deaths(record, user, number, before):
        ids = range(3, 0, -1) if before is None else range(before - 1, 0, -1)
        return [QuietLine(MAY + pk * DAY, pk, "bolt", "", None) for pk in ids][:number]

    monkeypatch.setitem(timeline.quiet_sources, "deaths", deaths)
    monkeypatch.setattr(timeline, "PAGE", 2)
    note("Between", contact, at=MAY + 1.5 * DAY)

    assert walk(contact) == ["…", "…", "Between", "…"]


def test_an_overview_shows_the_last_few(contact):
    for number in range(timeline.RECENT + 1):
        note(f"{number}", contact)

    page = read(contact, whole=False, type="calls")  # filters are the tab's

    assert len(page.rows) == timeline.RECENT
    assert page.older


def test_it_says_when_the_record_was_made_among_the_rest(contact):
    Record.objects.filter(pk=contact.pk).update(created_at=MAY)
    note("Before", contact, at=MAY - DAY)
    note("After", contact, at=MAY + DAY)

    rows = read(Record.objects.get(pk=contact.pk)).rows

    assert [row.is_item for row in rows] == [True, False, True]
    assert "Contact created" in rows[1].text


def test_reading_takes_as_many_queries_for_many_as_for_few(contact, django_assert_num_queries):
    """The pin, what is upcoming, keys, lines (three), activities, their associations, their files,
    and who attends (three)."""
    schema.current()
    for number in (1, 30):
        for _one in range(number):
            deal = DealFactory()
            services.associate(contact, [deal.pk], by=by())
            note("One", contact, deal)
            make_activity("tasks", contact, hs_task_subject="Task")
            make_activity("meetings", contact, ContactFactory(), hs_meeting_title="Demonstration")
        record = Record.objects.get(pk=contact.pk)
        with schema.pinned(), django_assert_num_queries(12):
            read(record)
