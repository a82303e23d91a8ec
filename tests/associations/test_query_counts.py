"""The number of queries of each page that shows associations: exactly this, on a few and on many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services, sidebar_layout
from records import schema
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
    make_activity,
    make_label,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FEW, MANY = 5, 60


def grow(deal, number: int) -> None:
    """Associate a deal with so many more records of each type."""
    owner = UserFactory()
    others = [
        *ContactFactory.create_batch(number, owner=owner),
        *CompanyFactory.create_batch(number, owner=owner),
        *DealFactory.create_batch(number, owner=owner),
        *TicketFactory.create_batch(number, owner=owner),
    ]
    services.associate(deal, [other.pk for other in others], by=by(owner))


def queries(send, status: int = 200) -> int:
    """Return how many queries a request takes once the data model is in memory."""
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == status
    return len(captured)


def queries_of_both(deal, send) -> tuple[int, int]:
    """Return the queries of a request when the deal has few and when it has many associations."""
    grow(deal, FEW)
    few = queries(send)
    grow(deal, MANY - FEW)
    return few, queries(send)


@pytest.fixture
def deal():
    return DealFactory()


def url(record) -> str:
    return (
        f"/records/{record.object_type_name}/{record.pk}/"  # without the query that get_absolute_url may take
    )


def picker(record) -> str:
    return f"{url(record)}associations/contacts/add/"


def test_a_record_page_with_its_sidebar(signed_in, deal):
    """Session, user and tasks due, data model; record, its twin, its stays and its files; timeline (six);
    sidebar (four)."""
    assert queries_of_both(deal, lambda: signed_in.get(url(deal))) == (18, 18)


@pytest.mark.parametrize(
    ("factory", "number"), [(ContactFactory, 17), (CompanyFactory, 17), (TicketFactory, 18)]
)
def test_a_record_page_of_each_other_type(signed_in, factory, number):
    record = factory()
    services.associate(record, [DealFactory().pk], by=by())

    assert queries(lambda: signed_in.get(url(record))) == number


def test_the_activities_tab(signed_in, deal):
    """As an overview, without the stays, but with the users to filter by."""
    assert queries_of_both(deal, lambda: signed_in.get(f"{url(deal)}?tab=activities")) == (18, 18)


def log(deal, number: int) -> None:
    """Put so many more activities of each type on a deal's timeline."""
    contacts, actor = ContactFactory.create_batch(3), UserFactory()
    for _one in range(number):
        make_activity("notes", deal, *contacts, actor=actor, hs_note_body="Note", hubspot_owner_id=actor)
        make_activity("emails", deal, *contacts, actor=actor, hs_email_subject="Email")
        make_activity("calls", deal, actor=actor, hs_call_title="Call")
        make_activity("meetings", deal, actor=actor, hs_meeting_title="Meeting")
        make_activity("tasks", deal, actor=actor, hs_task_subject="Task")


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 19),
        ("tab=activities", 19),
        ("tab=activities&type=calls&type=tasks", 13),
        ("tab=activities&q=note", 14),
    ],
)
def test_a_timeline_with_activities(signed_in, deal, query, number):
    """The activities with all that is said of them are one query, their associations and files one each."""
    log(deal, 1)
    few = queries(lambda: signed_in.get(f"{url(deal)}?{query}"))
    log(deal, 9)

    assert (few, queries(lambda: signed_in.get(f"{url(deal)}?{query}"))) == (number, number)


def test_one_section(signed_in, deal):
    section = f"{url(deal)}associations/contacts/"

    assert queries_of_both(deal, lambda: signed_in.get(section, headers=HTMX)) == (8, 8)


@pytest.mark.parametrize(("sort", "number"), [("oldest", 8), ("name", 8), ("changed", 8), ("labelled", 9)])
def test_one_section_in_each_order(signed_in, deal, sort, number):
    """By labels one query more."""
    contacts = schema.current().type("contacts")
    make_label("deals", "contacts", "Decision maker")
    names = ["email", "hubspot_owner_id", "createdate", "lifecyclestage"]
    sidebar_layout.change(deal.kind, contacts, sort=sort, properties=names)
    section = f"{url(deal)}associations/contacts/"

    assert queries_of_both(deal, lambda: signed_in.get(section, headers=HTMX)) == (number, number)


def test_a_preview(signed_in, deal):
    """Session, user, data model, record; its sidebar (four); the timeline (six)."""
    assert queries_of_both(deal, lambda: signed_in.get(f"{url(deal)}preview/", headers=HTMX)) == (14, 14)


def test_a_preview_of_a_card(signed_in, deal):
    """Besides, the record whose card it is, and its section (four)."""
    other = DealFactory()
    services.associate(deal, [other.pk], by=by())
    preview = f"{url(deal)}preview/?from={other.pk}"

    def grow_both(number: int) -> int:
        grow(deal, number)
        grow(other, number)
        return queries(lambda: signed_in.get(preview, headers=HTMX))

    assert (grow_both(FEW), grow_both(MANY)) == (19, 19)


def test_the_sidebars_settings(admin_client):
    """Session, user and tasks due, data model; whether there are records, for the tab of pipelines."""
    address = "/settings/objects/deals/sidebar/"
    few = queries(lambda: admin_client.get(address))
    sidebar_layout.change(
        schema.current().type("deals"), schema.current().type("contacts"), sort="name", properties=["city"]
    )

    assert (few, queries(lambda: admin_client.get(address))) == (4, 4)


def test_the_picker_when_it_opens(signed_in, deal):
    """Session, user, data model, record; the newest records; which of them are associated."""
    assert queries_of_both(deal, lambda: signed_in.get(picker(deal), headers=HTMX)) == (6, 6)


@pytest.mark.parametrize(("text", "number"), [("fi", 6), ("example", 7), ("person", 7)])
def test_the_picker_when_it_searches(signed_in, deal, text, number):
    """Names that begin with the text, and all else that matches where it has the three letters for that."""
    assert queries_of_both(deal, lambda: signed_in.get(picker(deal), {"q": text}, headers=HTMX)) == (
        number,
        number,
    )


def test_the_picker_with_ticks_from_earlier_searches(signed_in, deal):
    """One query more for all chips together."""
    ticked = [contact.pk for contact in ContactFactory.create_batch(30)]

    for number in (1, 30):
        query = {"q": "nobody", "selected": ticked[:number]}
        assert queries(lambda query=query: signed_in.get(picker(deal), query, headers=HTMX)) == 7


def test_the_pickers_form_for_a_new_record(signed_in, deal):
    assert queries_of_both(deal, lambda: signed_in.get(f"{picker(deal)}?tab=new", headers=HTMX)) == (5, 5)


def test_saving_one_tick_and_twenty(signed_in, deal):
    grow(deal, FEW)

    def save(number):
        ids = [contact.pk for contact in ContactFactory.create_batch(number)]
        return queries(lambda: signed_in.post(picker(deal), {"selected": ids}, headers=HTMX))

    assert (save(1), save(20)) == (22, 22)


def test_saving_under_a_limit_one_tick_and_twenty(signed_in):
    company = CompanyFactory()

    def save(number):
        ids = [contact.pk for contact in ContactFactory.create_batch(number)]
        return queries(lambda: signed_in.post(picker(company), {"selected": ids}, headers=HTMX))

    assert (save(1), save(20)) == (26, 26)


def test_creating_from_the_picker(signed_in, deal):
    numbers = iter(range(10))

    def send():
        values = {"tab": "new", "new-firstname": "Ada", "new-email": f"ada{next(numbers)}@example.com"}
        return signed_in.post(picker(deal), values, headers=HTMX)

    assert queries_of_both(deal, send) == (36, 36)


def test_removing_an_association(signed_in, deal):
    contacts = ContactFactory.create_batch(2)
    services.associate(deal, [contact.pk for contact in contacts], by=by())
    left = iter(contacts)

    def send():
        return signed_in.post(f"{url(deal)}associations/{next(left).pk}/remove/", headers=HTMX)

    assert queries_of_both(deal, send) == (26, 26)
