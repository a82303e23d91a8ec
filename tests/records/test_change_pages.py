"""The list of changes and the page of each: who sees which, filters, pages, undo; and the admin's."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import services as association_services
from records import change_log, erasing, schema, told_snapshots
from records import services as record_services
from records.history import recorded
from records.models import Change, Erasure
from records.provenance import By, Origin
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def update(record, actor=None, origin=Origin.PAGE, **values) -> Change:
    """Change a record; return the change."""
    author = recorded(by(actor, origin))
    record_services.update_record(record, values, by=author)
    return author.change


def listed(client, **query) -> list[int]:
    """Return the ids of the changes that the list shows."""
    response = client.get("/history/", query)
    assert response.status_code == 200
    return [int(pk) for pk in re.findall(r'changes__title" href="/history/(\d+)/"', response.text)]


@pytest.fixture
def imported(user):
    """An import that created two people, changed one and associated her."""
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", city="Rome")
    author = recorded(By(user, Origin.IMPORT), Change.Kind.IMPORT, "people.csv")
    people = [
        record_services.build_record(contacts(), {"firstname": name}, by=author) for name in ("Eve", "Bob")
    ]
    record_services.create_records(people, by=author)
    record_services.update_record(ada, {"city": "Oslo"}, by=author)
    association_services.associate(ada, [CompanyFactory(name="Acme").pk], by=author)
    return author.change


# --- The list -----------------------------------------------------------------------------------------


def test_users_see_their_own_changes_and_administrators_all(signed_in, admin_client, user):
    ada = ContactFactory()
    own, others, nobodys = (
        update(ada, user, city="A"),
        update(ada, UserFactory(), city="B"),
        update(ada, city="C"),
    )

    assert listed(signed_in) == [own.pk]
    assert listed(admin_client) == [nobodys.pk, others.pk, own.pk]
    assert listed(signed_in, origin="page") == [own.pk]


def test_a_row_says_what_was_done_to_how_much_by_whom(admin_client, imported):
    page = admin_client.get("/history/").text
    row = " ".join(re.sub(r"<[^>]+>", " ", page.split("<tbody>")[1]).split())

    assert row.startswith("Import: people.csv Ada Lovelace , Acme …")
    assert re.search(r"… 3 2 0 grace import", row)  # three records; an association and its label; no file


def test_the_list_is_filtered_by_kind_person_whence_and_day(admin_client, user):
    ada, anna = ContactFactory(), UserFactory()
    edit, other, system = (
        update(ada, user, city="A"),
        update(ada, anna, Origin.API, city="B"),
        update(ada, city="C"),
    )
    Change.objects.filter(pk=edit.pk).update(at=timezone.now() - timedelta(days=10))
    undone = undo(system, by=by(anna)).change
    day = timezone.localdate()

    assert listed(admin_client, kind="undo") == [undone.pk]
    assert listed(admin_client, who=anna.pk) == [undone.pk, other.pk]
    assert listed(admin_client, who="none") == [system.pk]
    assert listed(admin_client, origin="api") == [other.pk]
    assert listed(admin_client, until=day - timedelta(days=9)) == [edit.pk]
    assert listed(admin_client, since=day) == [undone.pk, system.pk, other.pk]


@pytest.mark.parametrize(
    ("query", "status"),
    [({"kind": "x"}, 422), ({"since": "x"}, 422), ({"after": "x"}, 400), ({"who": "1" * 30}, 422)],
)
def test_an_address_that_cannot_be_is_said(admin_client, query, status):
    assert admin_client.get("/history/", query).status_code == status


def test_the_list_goes_on_by_key_and_keeps_its_filters(admin_client, monkeypatch):
    monkeypatch.setattr(change_log, "PAGE_SIZE", 3)
    ada = ContactFactory()
    changes = [update(ada, city=str(number)).pk for number in range(5)]

    first = admin_client.get("/history/?kind=edit").text
    older = re.search(r'href="(\?[^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    second = admin_client.get(f"/history/{older}").text

    assert "kind=edit" in older
    assert [int(pk) for pk in re.findall(r'changes__title" href="/history/(\d+)/"', second)] == changes[1::-1]
    assert "Newest" in second


def test_an_empty_list_says_so(admin_client):
    assert "Nothing was changed yet" in admin_client.get("/history/").text
    assert "No change matches these filters." in admin_client.get("/history/?kind=merge").text


# --- One change ---------------------------------------------------------------------------------------


def test_a_change_shows_all_it_did(signed_in, imported):
    page = signed_in.get(f"/history/{imported.pk}/").text

    assert "2 records created" in page
    assert "1 record changed" in page
    assert "1 association added" in page
    assert re.search(r"City</dt>\s*<dd><del>Rome</del> .*<ins>Oslo</ins>", page)
    assert ">Eve</a>" in page
    assert "Undo this change" in page
    associations = signed_in.get(f"/history/{imported.pk}/?part=associations").text
    assert re.search(r">Ada Lovelace</a> ↔ <a [^>]*>Acme</a>", associations)


def test_others_changes_are_a_404_and_so_is_one_that_is_none(client, imported, admin_client):
    client.force_login(UserFactory())

    assert client.get(f"/history/{imported.pk}/").status_code == 404
    assert client.get("/history/999999999/").status_code == 404
    assert client.get(f"/history/{'9' * 30}/").status_code == 404


def test_records_that_a_user_may_not_see_are_counted_and_not_named(signed_in, imported, monkeypatch):
    queryset = type(told_snapshots.Record.objects.all())
    monkeypatch.setattr(queryset, "known_to", lambda self, user: self.exclude(display_name="Eve"))

    page = signed_in.get(f"/history/{imported.pk}/").text

    assert "Eve" not in page
    assert "1 more that you may not see." in page
    assert "Ada Lovelace" in page


def test_a_change_and_its_undo_name_each_other(signed_in, user, imported):
    undone = undo(imported, by=by(user)).change

    page = signed_in.get(f"/history/{imported.pk}/").text
    assert "Undone by grace" in page
    assert "Undo this change" not in page
    assert f'href="/history/{undone.pk}/"' in page

    page = signed_in.get(f"/history/{undone.pk}/").text
    assert "Undoes what was done on" in page
    assert f'href="/history/{imported.pk}/"' in page
    assert "Archived" in page


def test_a_page_of_a_change_follows_the_other(signed_in, user, monkeypatch):
    monkeypatch.setattr(told_snapshots, "ROWS", 3)
    people = [*ContactFactory.create_batch(3), *DealFactory.create_batch(2)]
    author = recorded(by(user))
    record_services.archive_records([one.pk for one in people], by=author)

    url = f"/history/{author.change.pk}/"
    first = signed_in.get(url).text
    following = re.search(r'href="(\?[^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    second = signed_in.get(url + following).text

    assert [str(one) in first for one in people] == [True, True, True, False, False]
    assert [str(one) in second for one in people] == [False, False, False, True, True]


def test_of_erased_records_nothing_is_left_in_a_change(admin_client, imported):
    eve = record_services.Record.objects.get(display_name="Eve")
    erasing.erase([eve.pk], by=by(), kind=Erasure.Kind.PRIVACY)

    page = admin_client.get(f"/history/{imported.pk}/").text

    assert "Eve" not in page
    assert "1 record created" in page


@pytest.mark.parametrize("query", ["part=nothing", "after=x", "record=x", "record=99999999", "after=-1"])
def test_an_address_changed_by_hand_is_no_trouble(signed_in, imported, query):
    assert signed_in.get(f"/history/{imported.pk}/?{query}").status_code == 200


def queries(send) -> int:
    """Return how many queries a request takes once the data model is in memory."""
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == 200
    return len(captured)


def test_the_pages_take_as_many_queries_for_much_as_for_little(admin_client):
    def grow(number: int) -> list[int]:
        owner = UserFactory()
        author = recorded(by(owner), Change.Kind.BULK)
        people, deals = ContactFactory.create_batch(number), DealFactory.create_batch(number)
        record_services.update_records(contacts(), {one.pk: {"city": "Rome"} for one in people}, by=author)
        record_services.archive_records([one.pk for one in deals[1:]], by=author)
        association_services.associate(deals[0], [one.pk for one in people], by=author)
        for one in people:
            update(one, owner, hubspot_owner_id=owner)
        url = f"/history/{author.change.pk}/"
        return [
            queries(lambda: admin_client.get("/history/")),
            queries(lambda: admin_client.get(url)),
            queries(lambda: admin_client.get(f"{url}?part=associations")),
        ]

    assert grow(3) == grow(12) == grow(24)


# --- The admin ----------------------------------------------------------------------------------------


def test_the_admin_shows_changes_and_lets_nobody_touch_them(admin_client, imported):
    base = "/admin/records/change/"

    assert "people.csv" in admin_client.get(base, {"q": "people"}).text
    page = admin_client.get(f"{base}{imported.pk}/change/").text
    assert f'href="/history/{imported.pk}/"' in page
    assert "2 records created" in page
    assert admin_client.get(f"{base}add/").status_code == 403
    assert admin_client.post(f"{base}{imported.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"{base}{imported.pk}/change/", {"summary": "x"}).status_code == 403
    imported.refresh_from_db()
    assert imported.summary == "people.csv"
