"""Logging activities on a record's page, editing them there, and what else is done to them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from associations.activity_forms import log_form, working_days_later
from associations.models import Association, TimelinePin
from records import definition, schema
from records.models import Call, Change, EmailMessage, Meeting, Note, Record, Task
from tests.factories import CompanyFactory, ContactFactory, DealFactory, make_activity

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def contact():
    return ContactFactory(email="ada@example.com")


def url(record, *parts) -> str:
    return "/".join([f"/records/{record.object_type_name}/{record.pk}", *map(str, parts), ""])


def from_page(record, tab="activities") -> dict[str, str]:
    """Return the headers of a request that HTMX sends from a record's page."""
    return {**HTMX, "HX-Current-URL": f"http://testserver{url(record)}?tab={tab}"}


def values(**given) -> dict:
    return {f"activity-{name}": value for name, value in given.items()}


def about(activity) -> set[int]:
    """Return the ids of the records that an activity is associated with."""
    return {pk for row in Association.objects.of(activity.pk) for pk in row.pair} - {activity.pk}


CASES = {
    "notes": ({"hs_note_body": "<p>Rang <b>twice</b></p>"}, Note),
    "emails": ({"hs_email_subject": "Offer", "hs_email_to_email": "a@b.example, c@d.example"}, EmailMessage),
    "calls": ({"hs_call_title": "Intro", "hs_call_duration": "12"}, Call),
    "meetings": ({"hs_meeting_title": "Demo", "hs_meeting_start_time": "2026-05-04T10:00"}, Meeting),
    "tasks": ({"hs_task_subject": "Send it", "hs_task_status": "NOT_STARTED"}, Task),
}


@pytest.mark.parametrize("name", CASES)
def test_each_type_is_logged_without_script(signed_in, user, contact, name):
    given, model = CASES[name]
    page = signed_in.get(url(contact, "log", name))
    assert page.status_code == 200
    assert "<h1" in page.content.decode()

    answer = signed_in.post(url(contact, "log", name), values(**given))

    activity = model.objects.get()
    assert answer.url == f"{url(contact)}?tab=activities"
    assert about(activity) == {contact.pk}
    assert (activity.created_by, activity.origin) == (user, "page")
    assert str(activity) in signed_in.get(answer.url).content.decode()


def test_the_new_activity_stands_in_the_answer_with_a_toast_that_undoes(signed_in, contact):
    old = make_activity("notes", contact, hs_note_body="Later", hs_timestamp=timezone.now() + DAY)
    answer = signed_in.post(
        url(contact, "log", "notes"), values(hs_note_body="Hello"), headers=from_page(contact)
    )

    html = answer.content.decode()
    note = Note.objects.get(hs_note_body__contains="Hello")
    assert html.index(f'id="activity-{old.pk}"') < html.index(f'id="activity-{note.pk}"')
    assert "Note saved." in html
    assert f"activity-{note.pk}" in answer["HX-Trigger-After-Settle"]

    signed_in.post(f"/history/{Change.objects.latest('pk').pk}/undo/")
    assert Note.objects.get(pk=note.pk).archived_at


def test_it_is_logged_on_the_others_too_that_the_form_names(signed_in, contact):
    deal, company, archived = DealFactory(), CompanyFactory(), DealFactory(archived_at=timezone.now())
    others = [deal.pk, company.pk, archived.pk, 10**9, "x"]

    signed_in.post(url(contact, "log", "notes"), {**values(hs_note_body="Hello"), "others": others})

    assert about(Note.objects.get()) == {contact.pk, deal.pk, company.pk}
    assert not Association.objects.among([(contact.pk, deal.pk)]).exists()  # the activity's, not the record's


def test_a_refused_form_keeps_what_was_typed_and_makes_nothing(signed_in, contact):
    given = values(
        hs_meeting_title="Demo",
        hs_meeting_start_time="2026-05-04T10:00",
        hs_meeting_end_time="2026-05-04T09:00",
    )
    answer = signed_in.post(
        url(contact, "log", "meetings"), {**given, "others": [DealFactory().pk]}, headers=from_page(contact)
    )

    html = answer.content.decode()
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#timeline-editor"
    assert "The end is not after the start." in html
    assert 'value="Demo"' in html
    assert 'name="others"' in html
    assert not Meeting.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", ["notes", "emails", "calls", "meetings", "tasks"])
def test_nothing_is_logged_where_nothing_was_said(signed_in, contact, name):
    answer = signed_in.post(url(contact, "log", name), values(hs_timestamp="2026-05-04T10:00"))

    assert answer.status_code == 422
    assert not Record.objects.exclude(pk=contact.pk).exists()


def test_an_activity_is_logged_only_where_it_may_be_associated(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="One")

    assert signed_in.get(url(note, "log", "notes")).status_code == 404
    assert signed_in.get(url(contact, "log", "deals")).status_code == 404
    assert signed_in.get(url(contact, "log", "nothing")).status_code == 404


def test_a_call_takes_minutes_and_keeps_milliseconds(signed_in, contact):
    signed_in.post(url(contact, "log", "calls"), values(hs_call_title="Call", hs_call_duration="1.5"))
    call = Call.objects.get()
    assert call.hs_call_duration == 90_000

    for wrong in ("-1", "long", "99999999999"):
        answer = signed_in.post(
            url(contact, "log", "calls"), values(hs_call_title="Call", hs_call_duration=wrong)
        )
        assert answer.status_code == 422


def test_editing_a_call_does_not_round_its_duration(signed_in, contact):
    call = make_activity("calls", contact, hs_call_title="Call", hs_call_duration=754_321)
    page = signed_in.get(url(contact, "timeline", call.pk, "edit")).content.decode()
    assert 'value="12.57"' in page

    signed_in.post(
        url(contact, "timeline", call.pk, "edit"), values(hs_call_title="Renamed", hs_call_duration="12.57")
    )

    assert (Call.objects.get().hs_call_title, Call.objects.get().hs_call_duration) == ("Renamed", 754_321)


def test_what_is_likely_is_filled_in(user, contact):
    user.email = "grace@example.com"
    now = datetime(2026, 5, 7, 15, 40, 12, tzinfo=UTC)  # a Thursday

    def initial(name):
        form = log_form(schema.current().type(name), contact, user, now=now)
        return {field.name.removeprefix("activity-"): field.initial for field in form}

    email, task, meeting = initial("emails"), initial("tasks"), initial("meetings")
    assert (email["hs_email_from_email"], email["hs_email_to_email"]) == (
        "grace@example.com",
        "ada@example.com",
    )
    assert email["hs_email_direction"] == "EMAIL"
    assert initial("notes")["hs_timestamp"] == now.replace(second=0)
    assert task["hubspot_owner_id"] == user.pk
    assert task["hs_timestamp"] == datetime(2026, 5, 12, 9, tzinfo=UTC)
    assert meeting["hs_meeting_end_time"] - meeting["hs_meeting_start_time"] == timedelta(hours=1)


@pytest.mark.parametrize(("day", "due"), [(4, 7), (8, 13), (9, 13), (10, 13)])
def test_three_working_days_leave_out_the_weekend(day, due):
    assert working_days_later(datetime(2026, 5, day, 23), 3).date().day == due


def test_properties_that_an_administrator_added_can_be_entered(signed_in, contact):
    definition.apply(
        {
            "objects": {
                "calls": {
                    "groups": {"about": {"properties": {"mood": {"label": "Mood", "type": "text"}}}},
                }
            }
        }
    )
    page = signed_in.get(url(contact, "log", "calls")).content.decode()
    assert "Mood" in page.split("activity-editor__more")[1]

    signed_in.post(url(contact, "log", "calls"), values(hs_call_title="Call", mood="Sunny"))
    assert Call.objects.get().properties["mood"] == "Sunny"


# --- Editing and the rest ---------------------------------------------------------------------------------


def test_an_edited_activity_comes_back_at_its_place(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Old", hs_timestamp=MAY)
    answer = signed_in.post(
        url(contact, "timeline", note.pk, "edit"),
        values(hs_note_body="New", hs_timestamp="2026-05-04T10:00"),
        headers=from_page(contact),
    )

    assert answer["HX-Retarget"] == f"#activity-{note.pk}"
    html = answer.content.decode()
    assert "New" in html
    assert 'id="timeline"' not in html
    assert html.count("Note saved.") == 1


def test_an_activity_that_moves_in_time_brings_the_whole_timeline(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Old", hs_timestamp=MAY)
    answer = signed_in.post(
        url(contact, "timeline", note.pk, "edit"),
        values(hs_note_body="Old", hs_timestamp="2026-06-04T10:00"),
        headers=from_page(contact),
    )

    assert 'id="timeline"' in answer.content.decode()


def test_saving_without_a_change_leaves_no_change(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Same", hs_timestamp=MAY)
    before = Change.objects.count()
    answer = signed_in.post(
        url(contact, "timeline", note.pk, "edit"),
        values(hs_note_body="<p>Same</p>", hs_timestamp="2026-05-04T10:00"),
    )

    assert answer.status_code == 302
    assert Change.objects.count() == before


def test_a_refused_edit_comes_back_with_what_was_typed(signed_in, contact):
    task = make_activity("tasks", contact, hs_task_subject="Old")
    answer = signed_in.post(
        url(contact, "timeline", task.pk, "edit"),
        values(hs_task_subject="", hs_task_body="Kept", hs_task_status="NOT_STARTED"),
        headers=from_page(contact),
    )

    assert (answer.status_code, answer["HX-Retarget"]) == (422, f"#activity-{task.pk}")
    assert "Kept" in answer.content.decode()
    assert Task.objects.get().hs_task_subject == "Old"


def test_a_task_is_ticked_off_and_reopened(signed_in, contact):
    task = make_activity("tasks", contact, hs_task_subject="Call back")
    for value, status in (("1", "COMPLETED"), ("1", "COMPLETED"), ("0", "NOT_STARTED")):
        signed_in.post(url(contact, "timeline", task.pk, "done"), {"done": value})
        assert Task.objects.get().hs_task_status == status

    note = make_activity("notes", contact, hs_note_body="One")
    assert signed_in.post(url(contact, "timeline", note.pk, "done"), {"done": "1"}).status_code == 404


def test_an_activity_is_pinned_and_unpinned(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="One")
    answer = signed_in.post(
        url(contact, "timeline", note.pk, "pin"), {"pinned": "1"}, headers=from_page(contact, "overview")
    )
    assert "Pinned" in answer.content.decode()
    assert TimelinePin.objects.exists()

    signed_in.post(url(contact, "timeline", note.pk, "pin"), {"pinned": "0"})
    assert not TimelinePin.objects.exists()


def test_an_archived_activity_leaves_its_row_alone_empty_and_comes_back_by_undo(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="One", hs_timestamp=MAY)
    answer = signed_in.post(url(contact, "timeline", note.pk, "archive"), headers=from_page(contact))

    assert answer["HX-Retarget"] == f"#activity-{note.pk}"
    assert "Note archived." in answer.content.decode()
    assert Note.objects.get().archived_at

    signed_in.post(f"/history/{Change.objects.latest('pk').pk}/undo/")
    assert Note.objects.get().archived_at is None


def test_an_activity_of_another_record_is_none_of_this_timelines(signed_in, contact):
    note = make_activity("notes", DealFactory(), hs_note_body="Secret")
    deal = DealFactory()

    for pk in (note.pk, deal.pk, 10**9, 2**70):
        assert signed_in.get(url(contact, "timeline", pk, "edit")).status_code == 404
        for action in ("pin", "done", "archive", "edit"):
            assert signed_in.post(url(contact, "timeline", pk, action)).status_code == 404
    assert Note.objects.get().archived_at is None


def test_the_filters_are_in_the_address(signed_in, contact):
    make_activity("notes", contact, hs_note_body="A note")
    make_activity("calls", contact, hs_call_title="A call")
    answer = signed_in.get(
        url(contact, "timeline"),
        {"type": "calls"},
        headers={**from_page(contact), "HX-Target": "timeline-items"},
    )

    html = answer.content.decode()
    assert answer["HX-Push-Url"] == f"{url(contact)}?type=calls&tab=activities"
    assert "A call" in html
    assert "A note" not in html
    assert (
        "A note" not in signed_in.get(answer["HX-Push-Url"]).content.decode().split('id="timeline-items"')[1]
    )
    assert signed_in.get(url(contact, "timeline"), {"type": "calls"}).url == answer["HX-Push-Url"]


def test_the_next_part_goes_on_within_its_month(signed_in, contact):
    for minute in range(30):
        make_activity(
            "notes", contact, hs_note_body=f"Note {minute}.", hs_timestamp=MAY.replace(minute=minute)
        )
    first = signed_in.get(url(contact), {"tab": "activities"}).content.decode()
    assert first.count("May 2026") >= 1
    more = first.split('class="timeline__older"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")

    part = signed_in.get(more, headers=from_page(contact)).content.decode()

    assert "Note 5." in part
    assert "Note 6." not in part  # the first page has the line that says when the contact was made
    assert "<h3>May 2026" not in part
    assert "<html" not in part


def test_an_error_beside_a_filter_is_said(signed_in, contact):
    page = signed_in.get(url(contact), {"tab": "activities", "since": "2026-05-04", "until": "2026-05-03"})

    assert "This is before the first day." in page.content.decode()
