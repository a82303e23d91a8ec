"""The primary company on pages: set from its card, and never lost in silence."""

import re

import pytest

from associations import services
from records.models import Change
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_limit

from .seen import primary_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada():
    """A contact with two companies, the first of them primary."""
    make_limit("contacts", "companies", 5)
    ada = ContactFactory(firstname="Ada", lastname="L")
    ada.acme, ada.beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(ada, [ada.acme.pk, ada.beta.pk], by=by())
    return ada


def address(record, other, what: str = "primary") -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{other.pk}/{what}/"


def test_only_the_cards_of_other_companies_offer_to_be_made_primary(signed_in, ada):
    text = signed_in.get(ada.get_absolute_url()).text
    assert address(ada, ada.beta) in text
    assert address(ada, ada.acme) not in text
    assert "Make primary" not in signed_in.get(ada.beta.get_absolute_url()).text


def test_making_another_primary_moves_it_says_so_and_can_be_undone(signed_in, ada):
    answer = signed_in.post(address(ada, ada.beta), headers=HTMX)

    assert primary_of(ada) == ada.beta.pk
    assert 'id="section-companies"' in answer.text
    assert "Beta is now the primary company of Ada L; Acme was." in answer.text
    change = Change.objects.order_by("pk").last()
    assert f"/history/{change.pk}/undo/" in answer.text
    undo(change, by=by())
    assert primary_of(ada) == ada.acme.pk


def test_it_is_not_changed_by_a_link(signed_in, ada):
    assert signed_in.get(address(ada, ada.beta)).status_code == 405


def test_a_company_that_is_not_associated_cannot_be_primary(signed_in, ada):
    answer = signed_in.post(address(ada, CompanyFactory(name="Gamma")), follow=True)

    assert "are not associated." in answer.text
    assert primary_of(ada) == ada.acme.pk


def test_what_has_no_primary_record_is_a_404(signed_in, ada):
    deal = DealFactory()
    services.associate(deal, [ada.pk], by=by())

    assert signed_in.post(address(deal, ada)).status_code == 404
    assert signed_in.post(address(ada.acme, ada)).status_code == 404


def test_removing_the_primary_company_offers_the_next_one_beside_undo(signed_in, ada):
    answer = signed_in.post(address(ada, ada.acme, "remove"), headers=HTMX)

    assert primary_of(ada) is None
    assert "Acme removed from Ada L. Ada L has no primary company now; Beta would be next." in answer.text
    assert re.findall(r'toast__action">([^<]+)<', answer.text) == ["Undo", "Make Beta primary"]
    made = signed_in.post(address(ada, ada.beta), {"back": "/records/contacts/"})
    assert made["Location"] == "/records/contacts/"
    assert primary_of(ada) == ada.beta.pk


def test_removing_it_from_the_company_s_page_leads_back_there(signed_in, ada):
    answer = signed_in.post(address(ada.acme, ada, "remove"), headers=HTMX)

    toast = answer.text.split("Make Beta primary")[0]
    assert f'action="{address(ada, ada.beta)}"' in toast
    assert f'name="back" value="{ada.acme.get_absolute_url()}"' in toast


def test_removing_the_last_company_offers_none(signed_in, ada):
    services.dissociate(ada, [ada.beta.pk], by=by())

    answer = signed_in.post(address(ada, ada.acme, "remove"), headers=HTMX)

    assert "Ada L has no primary company now." in answer.text
    assert re.findall(r'toast__action">([^<]+)<', answer.text) == ["Undo"]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\x00"])
def test_it_leads_nowhere_but_into_this_site(signed_in, ada, back):
    answer = signed_in.post(address(ada, ada.beta), {"back": back})

    assert answer["Location"] == f"{ada.get_absolute_url()}?tab=associations"
