"""The picker behind Add, as a page and as a part of one."""

import pytest

from associations import services
from associations.models import Association
from records.models import Company
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db


def picker(record, type_name: str) -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{type_name}/add/"


def partners(record) -> set[int]:
    return {
        b if a == record.pk else a
        for a, b in Association.objects.of(record.pk).values_list("record_a", "record_b")
    }


def test_three_ticked_contacts_are_associated_and_both_pages_show_it(signed_in):
    deal, contacts = DealFactory(), ContactFactory.create_batch(3)

    response = signed_in.post(picker(deal, "contacts"), {"selected": [contact.pk for contact in contacts]})

    assert response.status_code == 302
    assert partners(deal) == {contact.pk for contact in contacts}
    assert str(contacts[0]) in signed_in.get(deal.get_absolute_url()).text
    for contact in contacts:
        assert str(deal) in signed_in.get(contact.get_absolute_url()).text


def test_a_new_contact_is_created_and_associated_at_once(signed_in):
    deal = DealFactory()

    signed_in.post(
        picker(deal, "contacts"), {"tab": "new", "new-firstname": "Ada", "new-lastname": "Lovelace"}
    )

    assert "Ada Lovelace" in signed_in.get(deal.get_absolute_url()).text


def test_saving_from_the_panel_answers_with_the_section_and_closes_it(signed_in):
    deal, contact = DealFactory(), ContactFactory()

    response = signed_in.post(
        picker(deal, "contacts"), {"selected": contact.pk}, headers={"HX-Request": "true"}
    )

    assert response.status_code == 200
    assert 'id="section-contacts"' in response.text
    assert "kith:done" in response["HX-Trigger-After-Settle"]


def test_one_refused_of_three_saves_nothing_names_it_and_keeps_the_ticks(signed_in):
    company, acme = CompanyFactory(name="Beta"), CompanyFactory(name="Acme")
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    others = ContactFactory.create_batch(2)
    services.associate(ada, [acme.pk], by=by())

    response = signed_in.post(
        picker(company, "contacts"), {"selected": [ada.pk, *(other.pk for other in others)]}
    )

    assert response.status_code == 422
    assert "Ada Lovelace already has a company, Acme." in response.text
    assert partners(company) == set()
    for contact in [ada, *others]:
        assert f'name="selected" value="{contact.pk}" checked' in response.text


def test_replacing_moves_the_contact_to_the_other_company_in_one_go(signed_in):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    ada = ContactFactory()
    services.associate(ada, [acme.pk], by=by())

    signed_in.post(picker(ada, "companies"), {"selected": beta.pk, "replace": f"{ada.pk}-{acme.pk}"})

    assert partners(ada) == {beta.pk}


@pytest.mark.parametrize(
    "selected", ["0", "999999999", "-1", "abc", "1e9", "99999999999999999999999", "\x00"]
)
def test_ids_of_no_record_are_refused_without_harm(signed_in, selected):
    deal = DealFactory()

    response = signed_in.post(picker(deal, "contacts"), {"selected": selected})

    assert response.status_code == 422
    assert partners(deal) == set()


def test_a_record_of_another_type_is_refused(signed_in):
    deal, ticket = DealFactory(), TicketFactory(subject="Printer on fire")

    response = signed_in.post(picker(deal, "contacts"), {"selected": ticket.pk})

    assert response.status_code == 422
    assert "Printer on fire cannot be added here" in response.text


def test_a_record_archived_meanwhile_is_refused_by_name(signed_in):
    deal, contact, other = DealFactory(), ContactFactory(firstname="Ada", lastname="L"), ContactFactory()
    archive_records([contact.pk], by=by())

    response = signed_in.post(picker(deal, "contacts"), {"selected": [contact.pk, other.pk]})

    assert response.status_code == 422
    assert "Ada L has been archived." in response.text
    assert partners(deal) == set()


def test_a_name_of_ten_thousand_letters_is_refused_beside_its_field_and_kept(signed_in):
    deal = DealFactory()
    name = "x" * 10_000

    response = signed_in.post(picker(deal, "contacts"), {"tab": "new", "new-firstname": name})

    assert response.status_code == 422
    assert name in response.text
    assert "at most 100 characters" in response.text


@pytest.mark.parametrize("name", ["👩‍🚀🚀", "שָׁלוֹם עולם", "محمد", "Łukasz Ñandú"])
def test_names_in_any_script_are_kept_as_typed(signed_in, name):
    deal = DealFactory()

    signed_in.post(picker(deal, "contacts"), {"tab": "new", "new-firstname": name})

    assert name in signed_in.get(deal.get_absolute_url()).text


def test_a_nul_byte_in_a_name_is_refused(signed_in):
    response = signed_in.post(picker(DealFactory(), "contacts"), {"tab": "new", "new-firstname": "a\x00b"})

    assert response.status_code == 422
    assert "Null characters are not allowed." in response.text


def test_the_associated_ones_are_shown_ticked_and_cannot_be_unticked(signed_in):
    deal, contact = DealFactory(), ContactFactory(firstname="Ada", lastname="Lovelace")
    services.associate(deal, [contact.pk], by=by())

    text = signed_in.get(picker(deal, "contacts"), {"q": "lovelace"}).text

    assert "Already associated" in text
    assert f'value="{contact.pk}" checked disabled' in text


def test_ticks_outlive_a_further_search(signed_in):
    deal, ada, bob = DealFactory(), ContactFactory(firstname="Ada"), ContactFactory(firstname="Bob")

    text = signed_in.post(picker(deal, "contacts"), {"action": "search", "q": "bob", "selected": ada.pk}).text

    assert f'name="selected" value="{ada.pk}" checked' in text
    assert f'name="selected" value="{bob.pk}">' in text
    assert partners(deal) == set()


def test_more_results_are_loaded_on_demand(signed_in):
    deal = DealFactory()
    ContactFactory.create_batch(45)

    assert signed_in.get(picker(deal, "contacts")).text.count('class="option"') == 20
    assert signed_in.get(picker(deal, "contacts"), {"shown": 40}).text.count('class="option"') == 40


@pytest.mark.parametrize(
    "text", ['"', "*", "a AND b", "NEAR(x)", "%", "_", "\\", "\x00", "a\x00b", "x" * 10_000, "👩‍🚀"]
)
def test_any_search_text_is_answered(signed_in, text):
    assert signed_in.get(picker(DealFactory(), "contacts"), {"q": text}).status_code == 200


def test_a_duplicate_email_offers_to_associate_the_existing_contact_instead(signed_in):
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", email="ada@example.com")

    refused = signed_in.post(picker(deal, "contacts"), {"tab": "new", "new-email": "ADA@example.com"})
    assert refused.status_code == 422
    assert f'name="instead" value="{ada.pk}"' in refused.text

    signed_in.post(
        picker(deal, "contacts"), {"tab": "new", "new-email": "ADA@example.com", "instead": ada.pk}
    )
    assert partners(deal) == {ada.pk}


def test_a_new_company_for_a_contact_that_has_one_is_neither_created_nor_associated(signed_in):
    acme, ada = CompanyFactory(name="Acme"), ContactFactory()
    services.associate(ada, [acme.pk], by=by())

    response = signed_in.post(picker(ada, "companies"), {"tab": "new", "new-name": "Beta"})

    assert response.status_code == 422
    assert "already has a company, Acme" in response.text
    assert not Company.objects.filter(name="Beta").exists()


def test_removing_offers_an_undo_that_restores_the_association_as_it_was(signed_in):
    deal, contact = DealFactory(), ContactFactory()
    services.associate(deal, [contact.pk], by=by())
    before = Association.objects.of(deal.pk).get()
    url = f"/records/deals/{deal.pk}/associations/{contact.pk}/remove/"

    page = signed_in.post(url, follow=True)
    assert partners(deal) == set()

    undo = page.text.split('action="/history/')[1].split('"')[0]
    signed_in.post(f"/history/{undo}", {"back": deal.get_absolute_url()})
    after = Association.objects.of(deal.pk).get()
    assert (after.pair, after.created_at, after.created_by, after.origin) == (
        before.pair,
        before.created_at,
        before.created_by,
        before.origin,
    )
