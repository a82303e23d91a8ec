"""The page that merges two records: chosen side by side, refused with all that was chosen, undone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.models import Association
from records import schema
from records.models import Change, Pipeline, Property, Record, Stage
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by, make_limit

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "merge-results"}


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="L", email="ada@example.com", city="Rome", jobtitle="")


@pytest.fixture
def double():
    return ContactFactory(
        firstname="Ada", lastname="Byron", email="al@example.com", city="", jobtitle="Founder"
    )


def url(survivor, other=None) -> str:
    page = f"/records/{survivor.object_type_name}/merge/?a={survivor.pk}"
    return f"{page}&b={other.pk}" if other else page


def checked(page) -> set[tuple[str, str]]:
    """Return the name and the value of what is ticked."""
    found = re.findall(r'<input type="(?:radio|checkbox)" name="([^"]+)" value="(\d+)" checked', page.text)
    return set(found)


def values(*chosen) -> dict:
    """Return what the form sends, given each property with the record whose value it takes."""
    return {"merge": "1", **{f"value-{name}": record.pk for name, record in chosen}}


def associate(record, *others) -> None:
    services.associate(record, [other.pk for other in others], by=by())


# --- Choosing what to merge ---------------------------------------------------------------------------


def test_the_record_page_leads_to_a_search_for_the_other_record(signed_in, ada, double):
    assert f'href="{url(ada)}"' in signed_in.get(ada.get_absolute_url()).text
    other = ContactFactory(firstname="Grace", lastname="H")

    page = signed_in.get(url(ada))

    assert "Merge Ada L with …" in page.text
    links = [f'href="{url(ada, one)}"'.replace("&", "&amp;") for one in (double, other, ada)]
    assert [link in page.text for link in links] == [True, True, False]
    found = signed_in.get(url(ada), {"a": ada.pk, "q": "byron"}, headers=HTMX)
    assert [link in found.text for link in links] == [True, False, False]
    assert "<h1" not in found.text


def test_two_ticked_rows_of_a_list_lead_to_the_page(signed_in, ada, double):
    page = signed_in.get("/records/contacts/")
    assert 'formaction="/records/contacts/merge/" data-for-selected="2"' in page.text

    answer = signed_in.post("/records/contacts/merge/", {"selected": [ada.pk, double.pk]})
    assert answer.url == url(ada, double)
    for ids in ([], [ada.pk], [ada.pk, double.pk, ContactFactory().pk]):
        answer = signed_in.post(
            "/records/contacts/merge/", {"selected": ids, "back": "q=ada&sort=city"}, follow=True
        )
        assert answer.redirect_chain == [("/records/contacts/?q=ada&sort=city", 302)]
        assert "Select exactly two records to merge them." in answer.text


def test_what_cannot_be_merged_is_said(signed_in, ada):
    answer = signed_in.get(url(ada, ada))
    assert answer.status_code == 422
    assert "Ada L cannot be merged with itself." in answer.text
    for query in ("", "?a=x", "?a=99", f"?a={ada.pk}&b=x", f"?a={ada.pk}&b={CompanyFactory().pk}"):
        assert signed_in.get(f"/records/contacts/merge/{query}").status_code == 404
    gone = ContactFactory()
    archive_records([gone.pk], by=by())
    assert signed_in.get(url(ada, gone)).status_code == 404


def test_who_is_not_signed_in_merges_nothing(client, ada, double):
    for answer in (client.get(url(ada, double)), client.post(url(ada, double), values())):
        assert answer.url.startswith("/accounts/login/")
    assert Record.objects.live().count() == 2


# --- Side by side --------------------------------------------------------------------------------------


def test_what_differs_is_chosen_the_survivors_preferred_but_for_what_it_lacks(signed_in, ada, double):
    page = signed_in.get(url(ada, double))

    assert checked(page) == {
        ("value-lastname", str(ada.pk)),
        ("value-email", str(ada.pk)),
        ("value-city", str(ada.pk)),
        ("value-jobtitle", str(double.pk)),
    }
    assert "1 property is the same in both" in page.text
    swapped = signed_in.get(url(double, ada))
    assert url(double, ada).replace("&", "&amp;") in page.text
    assert ("value-lastname", str(double.pk)) in checked(swapped)


def test_the_page_counts_what_comes_over(signed_in, ada, double):
    deals = DealFactory.create_batch(3)
    associate(ada, deals[0], double)
    associate(double, *deals, TicketFactory())

    text = " ".join(re.sub("<[^>]+>", " ", signed_in.get(url(ada, double)).text).split())

    assert "Deals 2 come over, 1 that both have becomes one" in text
    assert "Tickets 1 comes over" in text
    assert "The association between the two goes." in text


def test_stages_of_several_pipelines_are_told_apart(signed_in):
    kind = schema.current().type("deals")
    other = Pipeline.objects.create(object_type=kind, name="second", label="Renewals")
    stage = Stage.objects.create(pipeline=other, name="asked", label="Asked")
    one, two = DealFactory(), DealFactory(pipeline=other, dealstage=stage)
    assert "Renewals: Asked" in signed_in.get(url(one, two)).text


# --- Merging -------------------------------------------------------------------------------------------


def test_merging_leads_to_the_survivor_which_offers_to_undo_it(signed_in, ada, double):
    deal = DealFactory()
    associate(double, deal)

    answer = signed_in.post(
        url(ada, double), values(("lastname", double), ("email", double), ("city", ada)), follow=True
    )

    assert answer.redirect_chain == [(ada.get_absolute_url(), 302)]
    assert "Ada Byron has been merged into Ada L." in answer.text
    ada.refresh_from_db()
    assert (ada.lastname, ada.email, ada.city, ada.jobtitle) == ("Byron", "al@example.com", "Rome", "")
    change = Change.objects.get(kind=Change.Kind.MERGE)
    assert f'action="/history/{change.pk}/undo/"' in answer.text
    assert change.actor.username == "grace"
    assert signed_in.get(double.get_absolute_url()).url == ada.get_absolute_url()
    by_id = signed_in.get(f"/records/{double.pk}/", follow=True)
    assert by_id.redirect_chain[-1] == (ada.get_absolute_url(), 302)

    undone = signed_in.post(f"/history/{change.pk}/undo/", {"back": ada.get_absolute_url()}, follow=True)
    assert "Undone." in undone.text
    assert signed_in.get(double.get_absolute_url()).status_code == 200
    assert Association.objects.of(double.pk).count() == 1


def test_it_leads_back_to_where_it_was_asked_for_but_never_elsewhere(signed_in, ada, double):
    back = "/records/contacts/?q=ada"
    page = signed_in.get(f"{url(ada, double)}&back={back}")
    assert f'name="back" value="{back}"' in page.text
    elsewhere = ContactFactory()
    assert signed_in.post(url(ada, double), {**values(), "back": back}).url == back
    answer = signed_in.post(url(ada, elsewhere), {**values(), "back": "https://example.com/"})
    assert answer.url == ada.get_absolute_url()


def test_a_conflict_is_shown_and_an_open_one_refused_with_all_that_was_chosen(signed_in, ada, double):
    acme, globex = CompanyFactory(name="Acme"), CompanyFactory(name="Globex")
    associate(ada, acme)
    associate(double, globex)
    page = signed_in.get(url(ada, double))
    assert "Ada L may have only one company." in page.text
    name = f"type-{acme.object_type_id}"
    assert (f"keep-{name}", str(acme.pk)) in checked(page)

    sent = {**values(("lastname", double), ("jobtitle", ada)), f"among-{name}": [acme.pk, globex.pk]}
    refused = signed_in.post(url(ada, double), sent)
    assert refused.status_code == 422
    assert "Nothing was merged yet:" in refused.text
    assert {("value-lastname", str(double.pk)), ("value-jobtitle", str(ada.pk))} <= checked(refused)
    assert Record.objects.live().filter(pk=double.pk).exists()

    # What somebody else has added meanwhile was not among what was chosen from.
    third = CompanyFactory(name="Third")
    make_limit("contacts", "companies", 2)
    associate(double, third)
    make_limit("contacts", "companies", 1)
    sent[f"keep-{name}"] = [globex.pk]
    refused = signed_in.post(url(ada, double), sent)
    assert refused.status_code == 422
    assert (f"keep-{name}", str(globex.pk)) in checked(refused)
    assert "Third" in refused.text

    sent[f"among-{name}"].append(third.pk)
    assert signed_in.post(url(ada, double), sent).status_code == 302
    (pair,) = Association.objects.of(ada.pk).values_list("record_a", "record_b")
    assert set(pair) == {ada.pk, globex.pk}


def test_of_several_that_may_stay_some_are_ticked(signed_in, ada, double):
    make_limit("contacts", "companies", 2)
    companies = CompanyFactory.create_batch(4)
    associate(ada, *companies[:2])
    associate(double, *companies[2:])
    page = signed_in.get(url(ada, double))
    assert "Ada L may have at most 2 companies." in page.text
    name = f"type-{companies[0].object_type_id}"
    assert {value for field, value in checked(page) if field == f"keep-{name}"} == {
        str(one.pk) for one in companies[:2]
    }
    sent = {f"among-{name}": [one.pk for one in companies]}

    too_many = signed_in.post(
        url(ada, double), {**values(), **sent, f"keep-{name}": [one.pk for one in companies[1:]]}
    )
    assert too_many.status_code == 422
    assert "Choose at most 2 of these." in too_many.text
    answer = signed_in.post(
        url(ada, double), {**values(), **sent, f"keep-{name}": [one.pk for one in companies[1:3]]}
    )
    assert answer.status_code == 302
    assert Association.objects.of(ada.pk).count() == 2


def test_an_archived_company_holds_its_place_and_says_so(signed_in, ada, double):
    acme, globex = CompanyFactory(name="Acme"), CompanyFactory(name="Globex")
    associate(ada, acme)
    associate(double, globex)
    archive_records([acme.pk], by=by())
    assert "Acme (archived)" in signed_in.get(url(ada, double)).text


def test_a_required_value_that_would_be_emptied_is_refused_beside_it(signed_in, ada, double):
    Property.objects.filter(object_type=ada.kind.pk, name="city").update(required=True)
    schema.data_model_changed()

    answer = signed_in.post(url(ada, double), values(("city", double), ("lastname", double)))

    assert answer.status_code == 422
    assert answer.text.count("City is required.") == 2  # above all, and beside the choice
    assert {("value-city", str(double.pk)), ("value-lastname", str(double.pk))} <= checked(answer)


def test_another_merge_meanwhile_is_led_to_the_survivor(signed_in, ada, double):
    assert signed_in.post(url(ada, double), values()).status_code == 302
    assert signed_in.get(url(ada, double)).status_code == 302
    assert signed_in.post(url(ada, double), values()).status_code == 404


def test_nothing_in_the_form_is_a_server_error(signed_in, ada, double):
    company = CompanyFactory()
    associate(ada, company)
    associate(double, CompanyFactory())
    for sent in (
        {"value-email": "\x00"},
        {"value-nonsense": double.pk},
        {"value-createdate": double.pk},
        {"among-type-1": ["x", "9" * 30, "-1"]},
        {"keep-type-1": company.pk},
        {"among-": company.pk},
    ):
        answer = signed_in.post(url(ada, double), {"merge": "1", **sent})
        assert answer.status_code == 422, sent
    assert Record.objects.live().filter(pk=double.pk).exists()


# --- Queries -------------------------------------------------------------------------------------------


def queries(send, status: int) -> int:
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == status
    return len(captured)


def test_page_search_and_merge_take_as_many_queries_for_many_associations_as_for_few(signed_in):
    found = []
    for number in (2, 20):
        one, other = CompanyFactory.create_batch(2)
        shared = DealFactory.create_batch(number)
        associate(one, *shared)
        associate(other, *shared, *DealFactory.create_batch(number), *TicketFactory.create_batch(number))
        found.append(
            [
                queries(lambda: signed_in.get(url(one, other)), 200),  # noqa: B023
                queries(lambda: signed_in.get(url(one)), 200),  # noqa: B023
                queries(lambda: signed_in.post(url(one, other), values()), 302),  # noqa: B023
            ]
        )
    few, many = found
    assert few == many
    assert few[0] <= 15
    assert few[1] <= 12
