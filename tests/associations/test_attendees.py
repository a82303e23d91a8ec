"""The contacts that a meeting is associated with attend it."""

import pytest
from django.urls import reverse
from icalendar import Calendar

from associations import attendees, services
from records.models import Meeting
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_activity

pytestmark = pytest.mark.django_db

MEETING = {
    "activity-hs_meeting_title": "Demonstration",
    "activity-hs_meeting_start_time": "2026-05-04T10:00",
    "activity-hs_meeting_end_time": "2026-05-04T11:00",
}


@pytest.fixture
def deal():
    """A deal with a company and a contact."""
    deal = DealFactory(dealname="Forty seats")
    deal.ada = ContactFactory(firstname="Ada", lastname="Stone", email="ada@acme.example")
    services.associate(deal, [CompanyFactory(name="Acme").pk, deal.ada.pk], by=by())
    return deal


def test_contacts_ticked_in_the_editor_are_shown_and_stand_in_the_calendar_file(signed_in, deal):
    ben = ContactFactory(firstname="Ben <b>", lastname="Stone", email="ben@acme.example")
    here = reverse("associations:log", args=["deals", deal.pk, "meetings"])
    others = reverse("associations:log-others", args=["deals", deal.pk, "meetings"])

    page = signed_in.get(here).content.decode()
    assert "Associated with 3 records · 1 attendee<" in page
    assert "Add attendees and others" in page
    assert "Contact · Associated with Forty seats · Attendee" in page
    chosen = {"others-shown": "1", "proposed": [deal.ada.pk], "others": [deal.ada.pk, ben.pk]}
    page = signed_in.post(others, {**MEETING, **chosen}).content.decode()
    assert "2 attendees" in page

    signed_in.post(here, {**MEETING, **chosen})
    meeting = Meeting.objects.get()
    page = signed_in.get(f"{deal.get_absolute_url()}?tab=activities").content.decode()
    ada_link = f'<a href="{deal.ada.get_absolute_url()}">Ada Stone</a>'
    assert f"<dt>Attendees</dt><dd>{ada_link}, " in page
    assert f'<a href="{ben.get_absolute_url()}">Ben &lt;b&gt; Stone</a></dd>' in page

    file = signed_in.get(reverse("associations:meeting-file", args=[meeting.pk])).content
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert {(str(one), one.params["CN"]) for one in event["attendee"]} == {
        ("mailto:ada@acme.example", "Ada Stone"),
        ("mailto:ben@acme.example", "Ben <b> Stone"),
    }

    # Afterwards the same list takes one away.
    listed = {"others-shown": "1", "listed": [deal.pk, deal.ada.pk, ben.pk], "others": [deal.pk, ben.pk]}
    url = reverse("associations:activity-associations", args=["deals", deal.pk, meeting.pk])
    assert " · 2 attendees" in signed_in.get(url).content.decode()
    signed_in.post(url, listed)
    page = signed_in.get(f"{deal.get_absolute_url()}?tab=activities").content.decode()
    assert "<dt>Attendees</dt><dd><a" in page
    assert f"<dt>Attendees</dt><dd>{ada_link}" not in page


def test_the_contact_that_a_meeting_is_logged_on_attends_it(signed_in, deal):
    here = reverse("associations:log", args=["contacts", deal.ada.pk, "meetings"])
    assert "1 attendee<" in signed_in.get(here).content.decode()
    calls = reverse("associations:log", args=["contacts", deal.ada.pk, "calls"])
    assert "ttendee" not in signed_in.get(calls).content.decode()


def test_of_many_attendees_the_first_are_named(signed_in, deal, monkeypatch):
    monkeypatch.setattr(attendees, "SHOWN", 2)
    make_activity("meetings", deal, *ContactFactory.create_batch(5), hs_meeting_title="Assembly")

    assert "and 3 more</dd>" in signed_in.get(f"{deal.get_absolute_url()}?tab=activities").content.decode()
