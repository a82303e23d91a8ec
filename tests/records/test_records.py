"""What a record makes of its properties: its name, what sorts and finds it, values that only one may have."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from records import schema
from records.models import Contact, Record, UniqueValue
from records.services import archive_records, create_record, restore_records, update_record
from records.text import fold
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db

WORKERS = 8
TAKEN = "Another contact already has email “ada@example.com”."
TAKEN_MEANWHILE = "Another record has taken one of these values meanwhile."


def contacts():
    return schema.current().type("contacts")


# --- Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"firstname": "Ada", "lastname": "Lovelace"}, "Ada Lovelace"),
        ({"firstname": "  Ada ", "lastname": ""}, "Ada"),
        ({"firstname": "", "lastname": "Lovelace"}, "Lovelace"),
        ({"firstname": "", "lastname": "", "email": "Ada@Example.com"}, "ada@example.com"),
        ({"firstname": " ", "lastname": " ", "email": ""}, "Unnamed contact"),
    ],
)
def test_a_contact_is_called_by_its_names_else_its_email(values, name):
    assert str(ContactFactory(**values)) == name


def test_other_records_are_called_by_their_name_or_subject():
    assert str(CompanyFactory(name="Acme")) == "Acme"
    assert str(DealFactory(dealname="Big one")) == "Big one"
    assert str(TicketFactory(subject="On fire")) == "On fire"


def test_a_record_is_called_the_same_through_the_table_of_all_records():
    contact = ContactFactory(firstname="Ada", lastname="Lovelace")

    record = Record.objects.get(pk=contact.pk)

    assert str(record) == "Ada Lovelace"
    assert record.specific == contact


def test_the_name_follows_a_change_of_the_properties():
    contact = ContactFactory(firstname="Ada", lastname="Byron")

    contact = update_record(contact, {"lastname": "Lovelace"}, by=by())

    assert (str(contact), contact.sort_name) == ("Ada Lovelace", "ada lovelace")
    assert "lovelace" in contact.search_text
    assert "byron" not in contact.search_text


def test_the_sort_key_has_neither_case_nor_accents():
    assert CompanyFactory(name="Łódź  ÉCLAIR").sort_name == "lodz eclair"


def test_the_longest_names_fit_on_both_databases():
    contact = ContactFactory(firstname="Æ" * 100, lastname="ﷺ" * 100)  # each sign folds to several letters

    contact.refresh_from_db()

    assert len(contact.display_name) == 201
    assert len(contact.sort_name) == 255


def test_search_text_holds_names_and_searchable_properties_a_line_each():
    contact = ContactFactory(firstname="Ada", lastname="L", email="ada@example.com", phone="555")
    company = CompanyFactory(name="Acme", domain="https://www.acme.example/shop")

    assert contact.search_text == "ada l\nada@example.com"
    assert company.search_text == "acme\nacme.example"


def test_white_space_around_values_is_dropped_email_and_domain_are_normalised():
    contact = ContactFactory(firstname=" Ada\t", email="  ADA@Example.COM ")
    company = CompanyFactory(domain="HTTPS://WWW.Acme.Example:443/about?x=1")

    assert (contact.firstname, contact.email) == ("Ada", "ada@example.com")
    assert company.domain == "acme.example"


# --- Folding ----------------------------------------------------------------------------------------


@given(st.text())
@example("ℌello")
@example("ͅ")
@example("Ⅷ İstanbul ẞ ǅ")
def test_what_is_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
@example("ℌello")
def test_what_is_folded_has_no_case_marks_or_surplus_white_space(text):
    folded = fold(text)

    assert folded == folded.casefold()
    assert folded == " ".join(folded.split())
    assert not any(unicodedata.combining(char) for char in unicodedata.normalize("NFKD", folded))


# --- Unique values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "  Ada@Example.com "])
def test_a_second_live_contact_with_an_email_is_refused_whatever_the_case(email):
    ContactFactory(email="ada@example.com")

    with pytest.raises(ValidationError) as refused:
        create_record(contacts(), {"firstname": "Other", "email": email}, by=by())

    assert refused.value.message_dict == {"email": [TAKEN]}
    assert Contact.objects.count() == UniqueValue.objects.count() == 1


def test_a_contact_keeps_its_own_email_and_may_change_its_case():
    contact = ContactFactory(email="ada@example.com")

    update_record(contact, {"email": "Ada@Example.com", "firstname": "Ada"}, by=by())

    assert Contact.objects.get().email == "ada@example.com"


def test_any_number_of_contacts_may_have_no_email():
    ContactFactory.create_batch(3, email="")

    assert UniqueValue.objects.count() == 0


def test_an_email_given_up_is_free_for_others():
    first = ContactFactory(email="ada@example.com")

    update_record(first, {"email": ""}, by=by())
    second = ContactFactory(email="ada@example.com")

    assert UniqueValue.objects.get().record_id == second.pk


def test_an_archived_contact_frees_its_email():
    archive_records([ContactFactory(email="ada@example.com").pk], by=by())

    assert ContactFactory(email="ada@example.com").pk


def test_restoring_is_refused_where_the_email_is_taken_and_restores_none():
    first, other = ContactFactory(email="ada@example.com"), ContactFactory()
    archive_records([first.pk, other.pk], by=by())
    ContactFactory(email="Ada@example.com")

    with pytest.raises(ValidationError) as refused:
        restore_records([first.pk, other.pk], by=by())

    assert refused.value.message_dict == {"email": [TAKEN]}
    assert Contact.objects.live().count() == 1


def test_a_restored_contact_claims_its_email_again():
    contact = ContactFactory(email="ada@example.com")
    archive_records([contact.pk], by=by())
    restore_records([contact.pk], by=by())

    with pytest.raises(ValidationError):
        ContactFactory(email="ada@example.com")


def test_two_archived_contacts_with_one_email_cannot_both_come_back():
    first = ContactFactory(email="ada@example.com")
    archive_records([first.pk], by=by())
    second = ContactFactory(email="ada@example.com")
    archive_records([second.pk], by=by())

    with pytest.raises(ValidationError):
        restore_records([first.pk, second.pk], by=by())

    assert restore_records([second.pk], by=by()) == [second.pk]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("act", ["create", "update", "restore"])
def test_of_contacts_that_claim_one_email_at_once_exactly_one_gets_it(act):
    kind = contacts()
    records = []
    if act == "update":
        records = ContactFactory.create_batch(WORKERS)
    if act == "restore":
        for _ in range(WORKERS):
            records.append(ContactFactory(email="ada@example.com"))
            archive_records([records[-1].pk], by=by())
    together = Barrier(WORKERS)

    def claim(number: int) -> str:
        try:
            together.wait(timeout=20)
            if act == "create":
                create_record(kind, {"firstname": str(number), "email": "Ada@example.com"}, by=by())
            elif act == "update":
                update_record(records[number], {"email": "Ada@example.com"}, by=by())
            else:
                restore_records([records[number].pk], by=by())
        except ValidationError as error:
            return error.messages[0]
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = list(pool.map(claim, range(WORKERS)))

    assert outcomes.count("won") == 1
    assert {outcome for outcome in outcomes if outcome != "won"} <= {TAKEN, TAKEN_MEANWHILE}
    assert Contact.objects.live().filter(email="ada@example.com").count() == 1
    assert Contact.objects.count() == (1 if act == "create" else WORKERS)


# --- Amounts ----------------------------------------------------------------------------------------


def test_amounts_are_exact_decimals():
    deal = DealFactory(amount=Decimal("9999999999999.99"))
    company = CompanyFactory(annualrevenue=Decimal("0.10"))

    deal.refresh_from_db()
    company.refresh_from_db()

    assert deal.amount == Decimal("9999999999999.99")
    assert company.annualrevenue == Decimal("0.10")


@override_settings(DEFAULT_CURRENCY="PLN")
def test_an_amount_is_in_the_deals_currency_else_in_that_of_the_installation():
    assert DealFactory(deal_currency_code="EUR").currency == "EUR"
    assert DealFactory(deal_currency_code="").currency == "PLN"
    assert CompanyFactory().currency == "PLN"


def test_addresses_that_differ_by_an_accent_are_two():
    ContactFactory(email="ada@müller.example")

    ContactFactory(email="ada@muller.example")
    with pytest.raises(ValidationError):
        ContactFactory(email="ADA@MÜLLER.example")
