"""The list of records that an activity is associated with: in its editor, and on the timeline."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.activities import log_activity
from associations.models import Association
from records import schema
from records import services as record_services
from records.models import Change, Note, Record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_activity, make_limit

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
IN_LIST = {**HTMX, "HX-Target": "others-list"}
SHOWN = {"others-shown": "1"}


@pytest.fixture
def deal():
    return DealFactory(dealname="Big deal")


@pytest.fixture
def around(deal):
    """Return a company and two contacts of the deal."""
    found = [CompanyFactory(name="Acme"), *ContactFactory.create_batch(2)]
    for one in found:
        services.associate(deal, [one.pk], by=by())
    return found


def url(record, *parts) -> str:
    return "/".join([f"/records/{record.object_type_name}/{record.pk}", *map(str, parts), ""])


def note(**given) -> dict:
    return {"activity-hs_note_body": "<p>Rang</p>", **given}


def email(to="", **given) -> dict:
    return {"activity-hs_email_subject": "Offer", "activity-hs_email_to_email": to, **given}


def ids(*records) -> list[int]:
    return sorted(record.pk for record in records)


def about(activity) -> list[int]:
    """Return the ids of the records that an activity is associated with."""
    return sorted(row.other_end(activity.pk) for row in Association.objects.of(activity.pk))


def logged() -> Record:
    return Record.objects.filter(happened_at__isnull=False).latest("pk")


def boxes(page: str, checked: bool = True) -> list[int]:
    """Return the records that a page has a box for, ticked or not."""
    found = re.findall(r'<input type="checkbox"[^>]*? name="others" value="(\d+)"( checked)?>', page)
    return sorted(int(pk) for pk, mark in found if bool(mark) == checked)


def count(page: str) -> str:
    return re.search(r'id="others-count"[^>]*>([^<]+)<', page).group(1)


# --- In the editor ----------------------------------------------------------------------------------


def test_the_editor_ticks_what_the_rules_propose(signed_in, deal, around):
    page = signed_in.get(url(deal, "log", "notes")).text

    assert boxes(page) == ids(*around)
    assert boxes(page, checked=False) == []
    assert count(page) == "Associated with 4 records"
    assert "Company · Primary" in page


def test_what_is_unticked_is_not_associated(signed_in, deal, around):
    signed_in.post(url(deal, "log", "notes"), note(**SHOWN, proposed=ids(*around), others=[around[0].pk]))

    assert about(logged()) == ids(deal, around[0])


def test_with_nothing_ticked_an_activity_stands_on_its_record_alone(signed_in, deal, around):
    signed_in.post(url(deal, "log", "notes"), note(**SHOWN, proposed=ids(*around)))

    assert about(logged()) == [deal.pk]


def test_without_the_list_the_rules_decide(signed_in, deal, around):
    signed_in.post(url(deal, "log", "notes"), note())

    assert about(logged()) == ids(deal, *around)


def test_the_number_follows_the_ticks(signed_in, deal, around):
    data = note(**SHOWN, proposed=ids(*around), others=[around[0].pk])

    page = signed_in.post(url(deal, "log", "notes", "others"), data, headers=IN_LIST).text

    assert count(page) == "Associated with 2 records"
    assert 'id="others-count" hx-swap-oob="true"' in page
    assert boxes(page) == [around[0].pk]
    assert boxes(page, checked=False) == ids(*around[1:])


def test_who_takes_part_follows_the_addresses(signed_in, deal):
    ada, grace = ContactFactory(email="ada@example.com"), ContactFactory(email="grace@example.com")
    here = url(deal, "log", "emails", "others")

    first = signed_in.post(here, email("Ada <ada@example.com>", **SHOWN), headers=IN_LIST).text
    then = email("grace@example.com", **SHOWN, proposed=[ada.pk], others=[ada.pk], **{"others-follow": "1"})
    second = signed_in.post(here, then, headers=IN_LIST).text

    assert boxes(first) == [ada.pk]
    assert "Contact · Takes part" in first
    assert boxes(second) == [grace.pk]


def test_a_tick_that_was_taken_away_stays_away_when_addresses_change(signed_in, deal, around):
    data = email("x@example.com", **SHOWN, proposed=ids(*around), others=[], **{"others-follow": "1"})

    page = signed_in.post(url(deal, "log", "emails", "others"), data, headers=IN_LIST).text

    assert boxes(page) == []
    assert boxes(page, checked=False) == ids(*around)


def test_who_takes_part_is_associated_where_no_script_has_proposed_them(signed_in, deal, around):
    ada = ContactFactory(email="ada@example.com")
    data = email("ada@example.com", **SHOWN, proposed=ids(*around), others=[around[0].pk])

    signed_in.post(url(deal, "log", "emails"), data)

    assert about(logged()) == ids(deal, around[0], ada)


def test_what_was_ticked_is_associated_though_the_rules_have_come_to_leave_it_out(signed_in, deal, around):
    services.dissociate(deal, [around[1].pk], by=by())

    signed_in.post(url(deal, "log", "notes"), note(**SHOWN, proposed=ids(*around), others=ids(*around)))

    assert about(logged()) == ids(deal, *around)


@pytest.mark.parametrize("action", ["search", "enter"])
def test_a_search_without_script_keeps_what_was_typed(signed_in, deal, around, action):
    other = DealFactory(dealname="Quite another thing")
    data = email("half an addr", **SHOWN, proposed=ids(*around), others=[around[0].pk], action=action)
    data |= {
        "activity-hs_timestamp": "2026-05-04T10:00",
        "others-q": "another",
        "activity-hs_email_html": "<p>Dear</p>",
    }

    answer = signed_in.post(url(deal, "log", "emails"), data)

    assert answer.status_code == 200
    assert boxes(answer.text) == [around[0].pk]
    assert other.pk in boxes(answer.text, checked=False)
    assert "half an addr" in answer.text
    assert "Dear" in answer.text
    assert "2026-05-04T10:00" in answer.text
    assert "has-error" not in answer.text
    assert not Association.objects.filter(happened_at__isnull=False).exists()


def test_enter_saves_once_the_search_has_been_answered(signed_in, deal):
    other = CompanyFactory()
    data = note(**SHOWN, others=[other.pk], action="enter", **{"others-q": "com", "others-q-was": "com"})

    signed_in.post(url(deal, "log", "notes"), data)

    assert about(logged()) == ids(deal, other)


def test_a_search_finds_records_of_all_types_but_activities(signed_in, deal, around):
    found = [
        maker(**{name: "Zebra"}) for maker, name in ((CompanyFactory, "name"), (DealFactory, "dealname"))
    ]
    make_activity("tasks", hs_task_subject="Zebra")

    data = note(**SHOWN, proposed=ids(*around), **{"others-q": "zebra"})
    page = signed_in.post(url(deal, "log", "notes", "others"), data, headers=IN_LIST).text

    assert set(boxes(page, checked=False)) - set(ids(*around)) == set(ids(*found))


def test_a_refusal_is_said_in_place_and_keeps_the_ticks(signed_in, deal, around):
    full = ContactFactory(firstname="Full", lastname="")
    make_limit("contacts", "notes", 1)
    log_activity(full, schema.current().type("notes"), {"hs_note_body": "A"}, by=by())
    before = Note.objects.count(), Change.objects.count()

    answer = signed_in.post(
        url(deal, "log", "notes"), note(**SHOWN, proposed=ids(*around), others=[full.pk]), headers=HTMX
    )

    assert answer.status_code == 422
    assert "Full already has a note" in answer.text
    assert boxes(answer.text) == [full.pk]
    assert "Rang" in answer.text
    assert before == (Note.objects.count(), Change.objects.count())


def test_what_no_record_can_be_is_left_out(signed_in, deal):
    archived, call = ContactFactory(), make_activity("calls", hs_call_title="Call")
    record_services.archive_records([archived.pk], by=by())
    wrong = ["x", "-1", "9" * 30, "99999999", "1\x00", archived.pk, call.pk, deal.pk]

    answer = signed_in.post(url(deal, "log", "notes"), note(**SHOWN, others=wrong))

    assert answer.status_code == 302
    assert about(logged()) == [deal.pk]


def test_names_are_shown_as_text(signed_in, deal):
    services.associate(deal, [CompanyFactory(name="<script>alert(1)</script>").pk], by=by())

    page = signed_in.get(url(deal, "log", "notes")).text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("address", ["log/contacts/others", "log/x/others"])
def test_there_is_no_list_for_what_cannot_be_logged(signed_in, deal, address):
    assert signed_in.get(url(deal, address)).status_code == 404


def test_the_list_takes_the_same_queries_for_few_and_for_many(signed_in, deal):
    taken = []
    for number in (2, 20):
        services.associate(deal, [one.pk for one in ContactFactory.create_batch(number)], by=by())
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            page = signed_in.post(url(deal, "log", "emails", "others"), email(), headers=IN_LIST)
        assert len(boxes(page.text)) >= number
        taken.append(len(captured))

    assert taken[0] == taken[1]


# --- On the timeline ----------------------------------------------------------------------------------


@pytest.fixture
def call(deal, around):
    return make_activity("calls", deal, *around, hs_call_title="Intro")


def test_an_item_leads_to_its_associations(signed_in, deal, around, call):
    page = signed_in.get(url(deal) + "?tab=activities").text
    here = url(deal, "timeline", call.pk, "associations")
    assert f'href="{here}"' in page
    assert "4 associations" in page

    listed = signed_in.get(here).text

    assert boxes(listed) == ids(deal, *around)
    assert count(listed) == "Associated with 4 records"


def test_associations_of_an_activity_are_changed_and_undone_as_one(signed_in, deal, around, call):
    new = ContactFactory()
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(deal, new), "action": "save"}

    page = signed_in.post(url(deal, "timeline", call.pk, "associations"), data, follow=True).text

    assert about(call) == ids(deal, new)
    assert "Associations of the call changed." in page
    signed_in.post(re.search(r'action="(/history/\d+/undo/)"', page).group(1))
    assert about(call) == ids(deal, *around)


def test_an_item_is_renewed_in_its_place(signed_in, deal, around, call):
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(deal), "action": "save"}

    answer = signed_in.post(url(deal, "timeline", call.pk, "associations"), data, headers=HTMX)

    assert answer["HX-Retarget"] == f"#activity-{call.pk}"
    assert "1 association" in answer.text
    assert "Associations of the call changed." in answer.text


def test_an_activity_that_leaves_a_record_leaves_its_timeline(signed_in, deal, around, call):
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(*around), "action": "save"}

    answer = signed_in.post(url(deal, "timeline", call.pk, "associations"), data, headers=HTMX)

    assert 'id="timeline"' in answer.text
    assert f"activity-{call.pk}" not in answer.text
    assert about(call) == ids(*around)


def test_an_activity_keeps_one_record(signed_in, deal, around, call):
    data = {**SHOWN, "listed": ids(deal, *around), "action": "save"}

    answer = signed_in.post(url(deal, "timeline", call.pk, "associations"), data, headers=HTMX)

    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#activity-associated"
    assert "Tick at least one record" in answer.text
    assert about(call) == ids(deal, *around)


def test_a_refused_association_leaves_all_as_it_was(signed_in, deal, around, call):
    full = ContactFactory(firstname="Full", lastname="")
    make_activity("calls", full, hs_call_title="B")
    make_limit("contacts", "calls", 1)
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(deal, full), "action": "save"}

    answer = signed_in.post(url(deal, "timeline", call.pk, "associations"), data)

    assert answer.status_code == 422
    assert "Full already has a call" in answer.text
    assert boxes(answer.text) == ids(deal, full)
    assert boxes(answer.text, checked=False) == ids(*around)
    assert about(call) == ids(deal, *around)


@pytest.mark.parametrize("headers", [{}, IN_LIST])
def test_ticking_and_searching_change_nothing_yet(signed_in, deal, around, call, headers):
    other = CompanyFactory(name="Zebra")
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(deal), "action": "search", "others-q": "zeb"}

    page = signed_in.post(url(deal, "timeline", call.pk, "associations"), data, headers=headers).text

    assert count(page) == "Associated with 1 record"
    assert boxes(page, checked=False) == ids(*around, other)
    assert about(call) == ids(deal, *around)


def test_nothing_to_change_is_no_change(signed_in, deal, around, call):
    before = Change.objects.count()
    data = {**SHOWN, "listed": ids(deal, *around), "others": ids(deal, *around), "action": "save"}

    assert signed_in.post(url(deal, "timeline", call.pk, "associations"), data).status_code == 302
    assert Change.objects.count() == before


def test_only_activities_of_a_record_have_the_list(signed_in, deal, around):
    elsewhere = make_activity("calls", CompanyFactory(), hs_call_title="A")

    for pk in (elsewhere.pk, around[0].pk, 99999999):
        assert signed_in.get(url(deal, "timeline", pk, "associations")).status_code == 404
