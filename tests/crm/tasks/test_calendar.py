"""Calendar feeds and files, read back by the library as calendar programs would."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from crm.tasks import calendar_views
from crm.tasks.models import CalendarFeed
from records import schema
from records.services import archive_records, update_record
from tests.factories import CompanyFactory, ContactFactory, UserFactory, by, make_activity

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def meet(user):
    def make(title="Demo", start=None, *about, owner=user, **values):
        values = {"hs_meeting_title": title, "hs_meeting_start_time": start or timezone.now(), **values}
        return make_activity("meetings", *about, hubspot_owner_id=owner, **values)

    return make


@pytest.fixture
def read(client, user):
    """Return a function that reads the feed of a user without signing in."""

    def get(whose=user) -> dict:
        feed = CalendarFeed.objects.filter(user=whose).first() or CalendarFeed.renew(whose)
        answer = client.get(f"/calendar/{feed.token}.ics")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
        return {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}

    return get


class TestFeed:
    def test_it_holds_my_meetings_and_open_tasks_of_its_time(self, meet, make_task, read):
        now = timezone.now()
        meet("soon", now + DAY)
        meet("long ago", now - calendar_views.BACK - HOUR)
        meet("far off", now + calendar_views.AHEAD + HOUR)
        meet("another's", now, owner=UserFactory())
        archive_records([meet("archived").pk], by=by())
        make_task("do it", now - DAY)
        make_task("done", now, hs_task_status="COMPLETED")
        assert list(read()) == ["do it", "soon"]

    def test_times_are_utc_and_texts_plain(self, meet, read):
        start = datetime.now(UTC).replace(microsecond=0) + DAY
        title = "Ünïcode; with, every\\thing " * 6
        company = CompanyFactory(name="Acme, Inc.")
        meet(
            title.strip(),
            start,
            company,
            hs_meeting_end_time=start + HOUR,
            hs_meeting_location="Room 1\nBEGIN:VEVENT",
            hs_meeting_body="<p>Bring <b>plans</b></p><p>END:VCALENDAR</p>",
            hs_internal_meeting_notes="<p>They are broke</p>",
        )
        ((summary, event),) = read().items()
        assert summary == title.strip()
        assert (event.decoded("dtstart"), event.decoded("dtend")) == (start, start + HOUR)
        assert event["dtstart"].to_ical().endswith(b"Z")
        assert event["dtstamp"].to_ical().endswith(b"Z")
        text = str(event["description"])
        assert "plans" in text
        assert "Acme, Inc." in text
        assert "<" not in text
        assert "broke" not in text

    def test_an_entry_stays_the_same_one(self, meet, read):
        meeting = meet("Demo")
        uid = read()["Demo"]["uid"]
        update_record(meeting, {"hs_meeting_title": "Other", "hs_meeting_outcome": "CANCELED"}, by=by())
        other = meet("Third")
        found = read()
        assert (found["Other"]["uid"], found["Other"]["status"]) == (uid, "CANCELLED")
        assert found["Third"]["uid"] != uid
        assert other.pk

    def test_control_characters_and_odd_ends_break_nothing(self, meet, read):
        now = timezone.now()
        meet("Bell\x07 and\x0b tab", now, hs_meeting_end_time=now - HOUR)
        (event,) = read().values()
        assert "dtend" not in event

    def test_few_and_many_entries_take_as_many_queries(self, meet, make_task, client, user):
        address = f"/calendar/{CalendarFeed.renew(user).token}.ics"

        def number() -> int:
            schema.current()
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            return len(captured)

        meet("M", None, ContactFactory())
        make_task("T", None, ContactFactory())
        few = number()
        for _number in range(8):
            meet("M", None, ContactFactory())
            make_task("T", None, ContactFactory())
        assert number() == few

    def test_it_is_bounded_to_what_is_nearest(self, meet, read, monkeypatch):
        monkeypatch.setattr(calendar_views, "MOST", 1)
        for days in (-2, -1, 1, 2):
            meet(str(days), timezone.now() + days * DAY)
        assert list(read()) == ["-1", "1"]


class TestAddress:
    def test_it_is_made_renewed_and_turned_off_on_a_page(self, signed_in, client, user):
        assert "Make an address" in signed_in.get("/tasks/calendar/").content.decode()
        signed_in.post("/tasks/calendar/", {"renew": ""})
        old = CalendarFeed.objects.get(user=user).token
        assert f"http://testserver/calendar/{old}.ics" in signed_in.get("/tasks/calendar/").content.decode()
        signed_in.post("/tasks/calendar/", {"renew": ""})
        new = CalendarFeed.objects.get(user=user).token
        client.logout()
        assert client.get(f"/calendar/{old}.ics").status_code == 404
        assert client.get(f"/calendar/{new}.ics").status_code == 200
        client.force_login(user)
        client.post("/tasks/calendar/", {"remove": ""})
        assert client.get(f"/calendar/{new}.ics").status_code == 404

    def test_who_may_no_longer_sign_in_has_none(self, client, user):
        feed = CalendarFeed.renew(user)
        user.is_active = False
        user.save()
        assert client.get(f"/calendar/{feed.token}.ics").status_code == 404

    def test_a_guess_finds_nothing(self, client, user):
        feed = CalendarFeed.renew(user)
        other = CalendarFeed.renew(UserFactory())
        assert len(feed.secret) >= 43
        for token in (f"{user.pk}-", f"{user.pk}-{other.secret}", "x", f"{user.pk}", "9" * 40 + "-a", "²-a"):
            assert client.get(f"/calendar/{token}.ics").status_code == 404


class TestFile:
    def test_those_invited_are_its_contacts_with_an_address(self, meet, signed_in, user):
        user.email = "grace@example.com"
        user.save()
        ada = ContactFactory(firstname='Ada "The"', lastname="L; O=N", email="ada@example.com")
        nobody, gone = ContactFactory(email=""), ContactFactory(email="gone@example.com")
        meeting = meet("Démo / one", None, ada, nobody, gone, CompanyFactory())
        archive_records([gone.pk], by=by())

        answer = signed_in.get(f"/records/meetings/{meeting.pk}/meeting.ics")

        assert answer["Content-Disposition"] == 'attachment; filename="demo-one.ics"'
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert event["attendee"] == "mailto:ada@example.com"
        assert event["attendee"].params["CN"] == "Ada 'The' L; O=N"
        assert event["organizer"] == "mailto:grace@example.com"

    def test_it_is_for_those_who_are_signed_in_and_of_meetings_only(self, meet, make_task, client, user):
        meeting = meet()
        assert client.get(f"/records/meetings/{meeting.pk}/meeting.ics").status_code == 302
        client.force_login(user)
        task = make_task()
        assert client.get(f"/records/meetings/{task.pk}/meeting.ics").status_code == 404
        page = client.get(meeting.get_absolute_url()).content.decode()
        assert f"/records/meetings/{meeting.pk}/meeting.ics" in page
