"""A record's page: its properties edited in place, its stage moved, the record archived and brought back."""

import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from records import schema, services
from records.models import Contact, Deal
from records.provenance import Origin
from records.services import archive_records, update_record
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LONG = "x" * 10_000


def address(record, name: str) -> str:
    return f"{record.get_absolute_url()}properties/{name}/"


def save(client, record, name: str, typed: str, **options):
    return client.post(address(record, name), {f"edit-{name}": typed}, **options)


def factory_of(type_name: str):
    return {
        "contacts": ContactFactory,
        "companies": CompanyFactory,
        "deals": DealFactory,
        "tickets": TicketFactory,
    }[type_name]


TYPES = ["contacts", "companies", "deals", "tickets"]


# --- The page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_name", TYPES)
def test_a_page_shows_every_property_under_its_group(signed_in, type_name):
    record = factory_of(type_name)()

    text = signed_in.get(record.get_absolute_url()).text

    assert f'<h1 id="record-name">{record}</h1>' in text
    for group in record.kind.groups:
        assert f"<summary>{group}</summary>" in text
    for prop in record.kind.properties.values():
        assert text.count(f'id="property-{prop.name}"') == 1
        edits = f'href="{address(record, prop.name)}?edit"' in text
        assert edits is not prop.read_only


@pytest.mark.parametrize(
    "tab", ["", "about", "overview", "activities", "associations", "nonsense", LONG, "\x00"]
)
def test_every_tab_is_answered(signed_in, tab):
    assert signed_in.get(ContactFactory().get_absolute_url(), {"tab": tab}).status_code == 200


def test_a_bare_id_leads_to_the_page(signed_in):
    deal = DealFactory()

    assert signed_in.get(f"/records/{deal.pk}/")["Location"] == deal.get_absolute_url()


def no_such_pages(record, other) -> list[str]:
    kind, foreign = record.kind.name, other.kind.name
    return [f"/records/{kind}/{pk}/" for pk in (other.pk, 0, 2**63, 10**40)] + [
        f"/records/{foreign}/{record.pk}/"
    ]


@pytest.mark.parametrize("way", ["get", "post"])
def test_ids_of_no_record_or_of_another_type_are_not_found(signed_in, way):
    deal, ticket = DealFactory(), TicketFactory()
    for page in no_such_pages(deal, ticket):
        for action in ("properties/dealname/", "properties/subject/", "stage/", "archive/"):
            expected = (404, 405) if way == "get" else (404,)
            assert getattr(signed_in, way)(page + action).status_code in expected
        assert signed_in.get(page).status_code == 404
    for pk in (0, 2**63, 10**40):
        assert signed_in.get(f"/records/{pk}/").status_code == 404
    assert Deal.objects.live().count() == 1


def test_an_archived_record_is_not_found_and_says_why(signed_in):
    deal = DealFactory()
    archive_records([deal.pk], by=by())

    for page in (deal.get_absolute_url(), f"/records/{deal.pk}/", address(deal, "dealname")):
        response = signed_in.get(page)
        assert response.status_code == 404
        assert "has been archived" in response.text


# --- Properties edited in place ---------------------------------------------------------------------

EDITS = [
    ("contacts", "firstname", "Ada", "Ada", "Ada"),
    ("contacts", "firstname", "👩‍🚀 שלום", "👩‍🚀 שלום", "👩‍🚀 שלום"),
    ("contacts", "email", "Ada@Example.com", "ada@example.com", "mailto:ada@example.com"),
    ("contacts", "phone", "+48 22 555", "+48 22 555", "tel:+48 22 555"),
    ("contacts", "website", "example.com", "https://example.com", 'href="https://example.com"'),
    ("contacts", "lifecyclestage", "lead", "lead", "Lead"),
    ("companies", "domain", "https://www.acme.example/", "acme.example", "acme.example"),
    ("companies", "numberofemployees", "1,234", 1234, "1,234"),
    ("companies", "description", "one\r\ntwo <b>", "one\r\ntwo <b>", "one<br>two &lt;b&gt;"),
    ("deals", "amount", "1,234.50", Decimal("1234.50"), "$1,234.50"),
    ("deals", "deal_currency_code", "eur", "EUR", "EUR"),
    ("deals", "closedate", "2024-02-29", "2024-02-29", "Feb. 29, 2024"),
]


@pytest.mark.parametrize(("type_name", "name", "typed", "stored", "shown"), EDITS)
def test_a_property_is_shown_edited_and_saved(signed_in, user, type_name, name, typed, stored, shown):
    record = factory_of(type_name)()
    record.refresh_from_db()
    before = record.updated_at

    form = signed_in.get(address(record, name), {"edit": ""}, headers=HTMX).text
    assert f'name="edit-{name}"' in form

    response = save(signed_in, record, name, typed, headers=HTMX)

    assert response.status_code == 200
    assert shown in response.text
    assert f'id="property-{name}"' in response.text
    assert "<form" not in response.text
    record.refresh_from_db()
    value = record.kind.properties[name].value_of(record)
    assert (value if name != "closedate" else value.isoformat()) == stored
    assert (record.updated_by, record.updated_at > before) == (user, True)
    assert shown in signed_in.get(record.get_absolute_url()).text
    assert record.kind.properties[name].title in signed_in.get(address(record, name), headers=HTMX).text


@pytest.mark.parametrize("name", ["email", "phone", "website", "lifecyclestage", "hubspot_owner_id"])
def test_a_property_can_be_emptied(signed_in, name):
    contact = ContactFactory(phone="555", website="https://x.example", lifecyclestage="lead")
    contact.owner = UserFactory()
    contact.save()

    save(signed_in, contact, name, "")

    contact.refresh_from_db()
    assert contact.kind.properties[name].value_of(contact) in ("", None)


def test_an_owner_is_chosen_from_the_users(signed_in):
    deal, owner = DealFactory(), UserFactory(username="alan")

    response = save(signed_in, deal, "hubspot_owner_id", str(owner.pk), headers=HTMX)

    assert "alan" in response.text
    assert Deal.objects.get().owner == owner


def test_a_value_that_is_no_longer_a_choice_is_kept_when_nothing_is_changed(signed_in):
    deal = DealFactory(owner=UserFactory(username="alan", is_active=False), dealtype="of old")

    for name, value, label in (
        ("hubspot_owner_id", str(deal.owner.pk), "alan"),
        ("dealtype", "of old", "of old"),
    ):
        form = signed_in.get(address(deal, name), {"edit": ""}).text
        assert f'<option value="{value}" selected>{label}</option>' in form
        assert save(signed_in, deal, name, value).status_code == 302
    assert Deal.objects.values_list("owner", "dealtype").get() == (deal.owner.pk, "of old")


def test_saving_a_name_changes_the_heading_and_when_it_was_last_changed(signed_in):
    contact = ContactFactory(firstname="Ada", lastname="Byron")

    text = save(signed_in, contact, "lastname", "Lovelace", headers=HTMX).text

    assert '<h1 id="record-name" hx-swap-oob="true">Ada Lovelace</h1>' in text
    assert 'id="property-lastmodifieddate" hx-swap-oob="true"' in text


def test_without_script_the_form_is_a_page_and_saving_leads_back(signed_in):
    contact = ContactFactory()

    page = signed_in.get(address(contact, "firstname"), {"edit": ""})
    assert "<html" in page.text
    assert 'name="edit-firstname"' in page.text

    assert save(signed_in, contact, "firstname", "Ada")["Location"] == contact.get_absolute_url()
    assert signed_in.get(address(contact, "firstname"))["Location"] == contact.get_absolute_url()


@pytest.mark.parametrize(
    ("type_name", "name", "typed", "message"),
    [
        ("contacts", "firstname", LONG, "at most 100 characters"),
        ("contacts", "firstname", "a\x00b", "Null characters are not allowed."),
        ("contacts", "email", "nonsense", "Enter a valid email address."),
        ("contacts", "website", "javascript:alert(1)", "Enter a valid URL."),
        ("contacts", "phone", "5" * 61, "at most 60 characters"),
        ("companies", "name", "", "This field is required."),
        ("companies", "domain", "<i>", "Enter a domain name such as example.com."),
        ("companies", "numberofemployees", "1.5", "Enter a whole number."),
        ("companies", "numberofemployees", "-1", "greater than or equal to 0"),
        ("deals", "amount", "9" * 40, "no more than"),
        ("deals", "amount", "<script>", "Enter a number."),
        ("deals", "closedate", "31/31/2024", "Enter a valid date."),
        ("deals", "deal_currency_code", "€", "Enter the three letters of a currency"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "in place"])
def test_a_refused_value_comes_back_beside_its_message(signed_in, type_name, name, typed, message, headers):
    record = factory_of(type_name)()
    before = type(record).objects.values().get()

    response = save(signed_in, record, name, typed, headers=headers)

    assert response.status_code == 422
    assert response.text.count('class="field__error"') == 1
    assert message in response.text
    if typed:
        kept = typed.replace("<", "&lt;").replace(">", "&gt;")
        assert f'value="{kept}"' in response.text
    assert "<script>" not in response.text
    assert type(record).objects.values().get() == before


@pytest.mark.parametrize(
    ("type_name", "name"),
    [("deals", "dealstage"), ("contacts", "lifecyclestage"), ("contacts", "hubspot_owner_id")],
)
@pytest.mark.parametrize("typed", ["nonsense", "0", "-1", "9" * 40, "\x00", LONG])
def test_what_is_no_choice_is_refused(signed_in, type_name, name, typed):
    record = factory_of(type_name)()

    response = save(signed_in, record, name, typed)

    assert response.status_code == 422
    assert "Select a valid choice." in response.text


def test_a_taken_email_is_refused_with_a_link_to_who_has_it(signed_in):
    holder, contact = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")

    response = save(signed_in, contact, "email", "ADA@example.com", headers=HTMX)

    assert response.status_code == 422
    assert "Another contact already has email" in response.text
    assert holder.get_absolute_url() in response.text
    assert 'value="ADA@example.com"' in response.text
    contact.refresh_from_db()
    assert contact.email == "bob@example.com"


def test_a_value_taken_between_check_and_save_is_refused_all_the_same(signed_in, monkeypatch):
    ContactFactory(email="ada@example.com")
    contact = ContactFactory(email="bob@example.com")
    monkeypatch.setattr("records.models.UniqueValue.holders", lambda *args: {})

    response = save(signed_in, contact, "email", "ada@example.com")

    assert response.status_code == 422
    assert "Another contact already has email" in response.text


@pytest.mark.parametrize("type_name", TYPES)
def test_read_only_properties_can_be_looked_at_and_not_edited(signed_in, type_name):
    record = factory_of(type_name)()
    before = type(record).objects.values().get()
    for prop in record.kind.properties.values():
        if prop.read_only:
            assert signed_in.get(address(record, prop.name), headers=HTMX).status_code == 200
            assert signed_in.get(address(record, prop.name), {"edit": ""}).status_code == 404
            assert save(signed_in, record, prop.name, "2020-01-01").status_code == 404
    assert type(record).objects.values().get() == before


@pytest.mark.parametrize("name", ["nonsense", "id", "archived_at", "owner", "properties", "object_type"])
def test_what_is_no_property_cannot_be_edited(signed_in, name):
    contact = ContactFactory()

    assert save(signed_in, contact, name, "1").status_code == 404
    assert signed_in.get(address(contact, name), {"edit": ""}).status_code == 404


def test_saving_one_property_leaves_what_else_was_sent_alone(signed_in):
    contact = ContactFactory(firstname="Ada", lastname="Lovelace")

    typed = {"edit-firstname": ["x", "Augusta"], "edit-lastname": "Byron", "lastname": "Byron"}
    signed_in.post(address(contact, "firstname"), typed)

    assert str(Contact.objects.get()) == "Augusta Lovelace"


def test_two_who_edit_different_properties_at_once_lose_nothing():
    contact = ContactFactory(firstname="A", lastname="B", city="")
    mine, hers = Contact.objects.get(), Contact.objects.get()

    update_record(mine, {"firstname": "Ada"}, by=by())
    update_record(hers, {"lastname": "Lovelace"}, by=by())
    update_record(contact, {"city": "London"}, by=by())

    contact.refresh_from_db()
    assert (str(contact), contact.city) == ("Ada Lovelace", "London")
    assert contact.search_text.startswith("ada lovelace")


def test_a_record_archived_while_it_is_edited_is_said_to_be_and_stays_as_it_was(signed_in):
    contact = ContactFactory(firstname="Ada", email="ada@example.com")
    archive_records([contact.pk], by=by())

    for headers in ({}, HTMX):
        response = save(signed_in, contact, "firstname", "Augusta", headers=headers)
        assert response.status_code == 404
        assert "has been archived" in response.text
    contact.refresh_from_db()
    assert (contact.firstname, contact.archived_at is not None) == ("Ada", True)
    assert ContactFactory(email="ada@example.com").pk


# --- Stages -----------------------------------------------------------------------------------------


def stages(type_name: str):
    return schema.current().type(type_name).pipelines[0].stage_list


@pytest.mark.parametrize(("type_name", "name"), [("deals", "dealstage"), ("tickets", "hs_pipeline_stage")])
def test_a_record_is_moved_to_a_stage_from_its_bar(signed_in, user, type_name, name):
    record, third = factory_of(type_name)(), stages(type_name)[2]

    page = signed_in.post(f"{record.get_absolute_url()}stage/", {"stage": third.pk}, follow=True)

    moved = type(record).objects.get()
    assert (getattr(moved, name), moved.updated_by) == (third, user)
    current = re.findall(r'<li class="stage is-current">\s*<button.*?>(.*?)</button>', page.text)
    assert current == [str(third)]
    assert page.text.count('class="stage is-done"') == 2


@pytest.mark.parametrize("stage", ["", "0", "abc", "9" * 40, "\x00", "of a ticket"])
def test_what_is_no_stage_of_its_pipelines_is_refused(signed_in, stage):
    deal = DealFactory()
    if stage == "of a ticket":
        stage = stages("tickets")[0].pk

    response = signed_in.post(f"{deal.get_absolute_url()}stage/", {"stage": stage})

    assert response.status_code == 422
    assert "Select a valid choice." in response.text or "This field is required." in response.text
    assert Deal.objects.get().dealstage == deal.dealstage


@pytest.mark.parametrize("view", ["stage", "property"])
def test_a_change_that_the_rules_refuse_at_the_last_moment_is_a_message(signed_in, monkeypatch, view):
    def refuse(*args, **kwargs):
        raise ValidationError("This record has been archived.")

    deal = DealFactory()
    monkeypatch.setattr(services, "update_record", refuse)

    if view == "stage":
        typed = {"stage": stages("deals")[1].pk}
        response = signed_in.post(f"{deal.get_absolute_url()}stage/", typed)
    else:
        response = save(signed_in, deal, "dealname", "Bigger")

    assert response.status_code == 422
    assert "This record has been archived." in response.text


def test_only_records_with_a_pipeline_have_stages(signed_in):
    contact = ContactFactory()

    assert 'class="stages"' not in signed_in.get(contact.get_absolute_url()).text
    assert signed_in.post(f"{contact.get_absolute_url()}stage/", {"stage": "1"}).status_code == 404


# --- Archive ----------------------------------------------------------------------------------------


def test_an_archived_record_leaves_the_lists_and_undo_brings_it_back(signed_in, user):
    deal = DealFactory(dealname="Big one")

    page = signed_in.post(f"{deal.get_absolute_url()}archive/", follow=True)

    assert page.redirect_chain == [("/records/deals/", 302)]
    assert "1 record archived." in page.text
    assert "Big one" not in page.text
    deal.refresh_from_db()
    assert (deal.archived_at is not None, deal.updated_by) == (True, user)

    undo = re.findall(r'<form method="post" action="(/records/deals/restore/)">', page.text)
    (pk,) = re.findall(r'type="hidden" name="selected" value="(\d+)"', page.text)
    restored = signed_in.post(undo[0], {"selected": pk}, follow=True)
    assert restored.redirect_chain == [(deal.get_absolute_url(), 302)]
    assert "1 record restored." in restored.text


def test_looking_at_an_address_changes_nothing(signed_in):
    deal = DealFactory()

    for action in ("archive/", "stage/"):
        assert signed_in.get(deal.get_absolute_url() + action).status_code == 405
    assert Deal.objects.live().exists()


def test_the_page_as_origin_is_told_to_the_services(signed_in, user, monkeypatch):
    told = []
    deal = DealFactory()
    monkeypatch.setattr(services, "archive_records", lambda ids, by: told.append(by) or list(ids))

    signed_in.post(f"{deal.get_absolute_url()}archive/")

    assert [(one.actor, one.origin) for one in told] == [(user, Origin.PAGE)]
