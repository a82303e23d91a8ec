"""The page of possible duplicates, dismissing pairs and taking them up again, and the notice on a record."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services as association_services
from records import duplicate_pages, schema, services
from records.duplicate_search import search
from records.models import DuplicatePair, DuplicateSearch, Record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by
from tests.records.settings.conftest import administrator

__all__ = ["administrator"]  # a fixture

pytestmark = pytest.mark.django_db
PAGE = "/records/contacts/possible-duplicates/"
HTMX = {"HX-Request": "true"}


def kind(name="contacts"):
    return schema.current().type(name)


def twins(first="Ada", last="King", **values):
    """Return two contacts of one name."""
    return [ContactFactory(firstname=first, lastname=last, **values) for _number in range(2)]


def found(*args, **kwargs) -> DuplicatePair:
    """Return the pair that a search finds of new twins."""
    one, other = twins(*args, **kwargs)
    search(kind())
    return DuplicatePair.objects.get(record_a=one.pk, record_b=other.pk)


def shown(response) -> list[int]:
    return [one.pair.pk for one in response.context["pairs"].shown]


# --- The page -----------------------------------------------------------------------------------------


def test_a_pair_stands_side_by_side_with_what_says_so(signed_in):
    owner = UserFactory(username="linda")
    one, other = twins(phone="601 234 567", owner=owner)
    association_services.associate(one, [DealFactory().pk, DealFactory().pk], by=by())
    search(kind())

    page = signed_in.get(PAGE)

    (pair,) = page.context["pairs"].shown
    assert [record.pk for record in pair.records] == [one.pk, other.pk]
    assert pair.likeness.signs == ("phone", "name")
    facts = {str(fact.label): fact for fact in pair.facts}
    assert facts["Email"].texts[0] != facts["Email"].texts[1]
    assert [facts[label].is_same for label in ("Email", "Phone")] == [False, True]
    assert "linda" in facts["Owner"].texts[0]
    assert not facts["Owner"].is_same
    assert facts["Associations"].texts == ["2", "0"]
    for text in ("Almost certainly the same", "100 of 100", "Same phone", "Similar name"):
        assert text in page.text
    assert f'href="/records/contacts/merge/?a={one.pk}&amp;b={other.pk}"' in page.text


def test_the_likeliest_pairs_come_first_and_reasons_narrow_them(signed_in):
    by_name, by_phone = found("Ada", "King"), found("Eve", "Adams", phone="601 234 567")

    assert shown(signed_in.get(PAGE)) == [by_phone.pk, by_name.pk]
    assert shown(signed_in.get(PAGE, {"reason": "name"})) == [by_name.pk]
    assert shown(signed_in.get(PAGE, {"reason": "email"})) == []
    assert shown(signed_in.get(PAGE, {"reason": "nonsense"})) == [by_phone.pk, by_name.pk]
    assert shown(signed_in.get(PAGE, {"record": by_name.record_a_id})) == [by_name.pk]
    for record in ("x", "9" * 30):
        assert signed_in.get(PAGE, {"record": record}).status_code == 200


def test_pairs_are_paged_by_key(signed_in, monkeypatch):
    monkeypatch.setattr(duplicate_pages, "PAGE_SIZE", 2)
    for letters in ("aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee"):
        twins(letters)
    search(kind())

    seen, address = [], f"{PAGE}?reason=name"
    while address:
        page = signed_in.get(address)
        seen += shown(page)
        address = page.context["pairs"].next
    assert seen == list(DuplicatePair.objects.order_by("-score", "-id").values_list("pk", flat=True))
    assert len(seen) == 5
    back = signed_in.get(page.context["pairs"].previous)
    assert shown(back) == seen[2:4]
    assert signed_in.get(PAGE, {"after": "nonsense"}).status_code == 400


def test_archived_merged_and_changed_records_leave_at_once(signed_in):
    archived, merged, changed = found("Ada", "King"), found("Eve", "Adams"), found("Bob", "Miles")
    services.archive_records([archived.record_b_id, merged.record_b_id], by=by())
    Record.objects.filter(pk=merged.record_b_id).update(merged_into=merged.record_a_id)
    services.update_record(changed.record_a.specific, {"firstname": "Robert"}, by=by())

    page = signed_in.get(PAGE)

    assert shown(page) == []
    assert "1 pair on this page has changed since the search" in page.text
    services.restore_records([archived.record_b_id], by=by())
    assert shown(signed_in.get(PAGE)) == [archived.pk]


def test_pairs_of_other_types_are_not_on_the_page(signed_in):
    CompanyFactory(name="Acme Ltd")
    CompanyFactory(name="Acme Inc")
    search(kind("companies"))

    assert shown(signed_in.get(PAGE)) == []
    assert len(shown(signed_in.get("/records/companies/possible-duplicates/"))) == 1
    assert signed_in.get("/records/nonsense/possible-duplicates/").status_code == 404


def test_an_empty_page_says_how_to_search_to_who_may(administrator):
    page = administrator.get(PAGE)

    assert "Not searched yet" in page.text
    assert "manage.py find_duplicates" in page.text


def test_an_empty_page_says_who_may_search(signed_in):
    page = signed_in.get(PAGE)
    assert "Not searched yet" in page.text
    assert "An administrator can start the search." in page.text

    search(kind())

    assert "No possible duplicates" in signed_in.get(PAGE).text
    assert "No pair was dismissed" in signed_in.get(PAGE, {"shown": "dismissed"}).text


@pytest.mark.parametrize("name", ["contacts", "companies", "deals"])
def test_a_page_takes_as_many_queries_with_few_as_with_many(signed_in, name):
    """Session, user, data model; the pairs, their number, the last search; the associations at either end."""
    make = {
        "contacts": lambda word: ContactFactory(firstname=word, lastname="King", owner=UserFactory()),
        "companies": lambda word: CompanyFactory(name=word, owner=UserFactory()),
        "deals": lambda word: DealFactory(dealname=word, owner=UserFactory()),
    }[name]

    def queries(words) -> int:
        for word in words:
            deals = [DealFactory().pk]
            for _twice in range(2):
                association_services.associate(make(word * 6), deals, by=by())
        search(kind(name))
        with CaptureQueriesContext(connection) as captured:
            page = signed_in.get(f"/records/{name}/possible-duplicates/")
        assert len(shown(page)) >= len(words)
        return len(captured)

    assert (queries("ab"), queries("cdefghijklm")) == (9, 9)


# --- Not a duplicate ----------------------------------------------------------------------------------


def test_a_dismissed_pair_leaves_and_a_toast_offers_to_take_it_back(signed_in, user):
    pair = found()

    page = signed_in.post(f"{PAGE}{pair.pk}/dismiss/", {"back": "reason=name"}, follow=True)

    assert page.redirect_chain == [(f"{PAGE}?reason=name", 302)]
    assert shown(page) == []
    assert f'action="{PAGE}{pair.pk}/reopen/"' in page.text
    pair.refresh_from_db()
    assert (pair.dismissed_by, pair.dismissed_at is None) == (user, False)
    back = signed_in.post(f"{PAGE}{pair.pk}/reopen/", {"back": "reason=name"}, follow=True)
    assert shown(back) == [pair.pk]
    pair.refresh_from_db()
    assert (pair.dismissed_by, pair.dismissed_at) == (None, None)


def test_dismissed_pairs_are_listed_with_who_said_so_though_they_are_no_longer_alike(signed_in, user):
    first, second = found("Ada", "King"), found("Eve", "Adams")
    for pair in (first, second):
        signed_in.post(f"{PAGE}{pair.pk}/dismiss/")
    services.update_record(first.record_a.specific, {"firstname": "Robert"}, by=by())

    page = signed_in.get(PAGE, {"shown": "dismissed"})

    assert shown(page) == [second.pk, first.pk]
    assert "by grace" in page.text
    assert "Take up again" in page.text
    assert "Merge" not in page.text


def test_htmx_gets_the_pairs_that_are_left_with_the_focus_on_the_next_one(signed_in):
    found("Ada", "King")
    found("Eve", "Adams")
    last, first = DuplicatePair.objects.order_by("id")

    page = signed_in.post(f"{PAGE}{first.pk}/dismiss/", {"back": "", "place": "0"}, headers=HTMX)

    assert shown(page) == [last.pk]
    assert page.text.count("autofocus") == 1
    assert 'hx-swap-oob="beforeend:#toasts"' in page.text
    assert "<html" not in page.text
    last_one = signed_in.post(f"{PAGE}{last.pk}/dismiss/", {"place": "x"}, headers=HTMX)
    assert (last_one.status_code, shown(last_one)) == (200, [])


def test_who_dismissed_first_stays(signed_in, user, client):
    pair = found()
    signed_in.post(f"{PAGE}{pair.pk}/dismiss/")
    client.force_login(UserFactory())

    assert client.post(f"{PAGE}{pair.pk}/dismiss/").status_code == 302
    assert DuplicatePair.objects.get().dismissed_by == user


def test_pairs_that_are_not_there_cannot_be_dismissed(signed_in):
    pair = found()
    services.archive_records([pair.record_a_id], by=by())

    for pk in (pair.pk, pair.pk + 99, 2**63):
        for action in ("dismiss", "reopen"):
            assert signed_in.post(f"{PAGE}{pk}/{action}/").status_code == 404
    services.restore_records([pair.record_a_id], by=by())
    assert signed_in.get(f"{PAGE}{pair.pk}/dismiss/").status_code == 405
    assert signed_in.post(f"/records/deals/possible-duplicates/{pair.pk}/dismiss/").status_code == 404


# --- Search again -------------------------------------------------------------------------------------


def test_administrators_search_again(administrator):
    twins()

    page = administrator.post(f"{PAGE}search/", follow=True)

    assert "1 new pair found." in page.text
    assert len(shown(page)) == 1
    assert DuplicateSearch.objects.get().searched_by.is_staff
    assert "No new pairs found." in administrator.post(f"{PAGE}search/", follow=True).text


def test_others_cannot_search(signed_in):
    twins()

    assert signed_in.post(f"{PAGE}search/").status_code == 403
    assert "Search now" not in signed_in.get(PAGE).text
    assert not DuplicatePair.objects.exists()


def test_many_records_are_left_to_the_command(administrator, monkeypatch):
    monkeypatch.setattr(duplicate_pages, "SEARCHED_AT_ONCE", 1)
    twins()

    page = administrator.get(PAGE)
    assert "Search now" not in page.text
    assert "manage.py find_duplicates contacts" in page.text
    refused = administrator.post(f"{PAGE}search/")
    assert refused.status_code == 422
    assert "There are too many records to search them from this page." in refused.text
    assert not DuplicatePair.objects.exists()


# --- On a record --------------------------------------------------------------------------------------


def test_a_record_says_what_it_looks_like_until_somebody_says_no(signed_in):
    pair = found()
    ada, twin = pair.record_a.specific, pair.record_b.specific

    for record, other in ((ada, twin), (twin, ada)):
        page = signed_in.get(record.get_absolute_url())
        assert f'Looks like a duplicate of <a href="{other.get_absolute_url()}">Ada King</a>' in page.text
        assert f'href="{PAGE}?record={record.pk}"' in page.text
    services.update_record(twin, {"lastname": "Queen"}, by=by())
    assert "Looks like" not in signed_in.get(ada.get_absolute_url()).text
    services.update_record(twin, {"lastname": "King"}, by=by())
    signed_in.post(f"{PAGE}{pair.pk}/dismiss/")
    assert "Looks like" not in signed_in.get(ada.get_absolute_url()).text


def test_the_notice_names_the_likeliest_and_takes_one_query(user, django_assert_num_queries):
    pair = found()
    nearer = ContactFactory(firstname="Ada", lastname="King", phone="601 234 567")
    services.update_record(pair.record_a.specific, {"phone": "601 234 567"}, by=by())
    search(kind())
    record = pair.record_a.specific
    record.refresh_from_db()

    with schema.pinned(), django_assert_num_queries(1):
        twin = duplicate_pages.twin_of(record, user)

    assert (twin.record.pk, twin.has_more) == (nearer.pk, True)


def test_the_list_and_the_settings_lead_to_the_page(administrator):
    for address in ("/records/contacts/", "/settings/objects/contacts/"):
        assert f'href="{PAGE}"' in administrator.get(address).text
