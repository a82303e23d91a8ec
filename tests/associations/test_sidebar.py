"""The sidebar of a record page: sections, cards, counts, collapse, removal with undo."""

import re

import pytest
from django.test import Client

from associations import services
from associations.models import Association
from records.services import archive_records, update_record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def section(text: str, type_name: str) -> str:
    """Return the markup of one section of a page."""
    return text.split(f'id="section-{type_name}"')[1].split("</section>")[0]


def count(text: str, type_name: str) -> str:
    """Return the count that a section shows."""
    return re.search(r"section__count[^>]*>\s*([^<\s]+)", section(text, type_name))[1]


def cards(text: str, type_name: str) -> list[str]:
    """Return the linked names of a section's cards."""
    return re.findall(r'card__title" href="[^"]+">([^<]+)<', section(text, type_name))


def test_every_object_type_has_a_section_with_its_count_and_an_add_link(signed_in):
    deal = DealFactory()
    services.associate(deal, [ContactFactory().pk, ContactFactory().pk, CompanyFactory().pk], by=by())

    text = signed_in.get(deal.get_absolute_url()).text

    assert [count(text, name) for name in ("contacts", "companies", "deals", "tickets")] == [
        "2",
        "1",
        "0",
        "0",
    ]
    for name in ("contacts", "companies", "deals", "tickets"):
        assert f"/records/deals/{deal.pk}/associations/{name}/add/" in section(text, name)


def test_the_five_newest_are_cards_and_view_all_leads_to_the_list_of_just_these(signed_in):
    deal, stranger = DealFactory(), ContactFactory(firstname="Not", lastname="Meant")
    people = ContactFactory.create_batch(7)
    for person in people:
        services.associate(deal, [person.pk], by=by())

    text = signed_in.get(deal.get_absolute_url()).text
    assert cards(text, "contacts") == [str(person) for person in reversed(people[2:])]
    url = re.search(r'section__all" href="([^"]+)"', section(text, "contacts"))[1]

    listed = signed_in.get(url).text
    assert all(str(person) in listed for person in people)
    assert str(stranger) not in listed
    assert f"Contacts of {deal}" in listed


def test_a_section_that_shows_all_it_has_offers_no_view_all(signed_in):
    deal = DealFactory()
    services.associate(deal, [contact.pk for contact in ContactFactory.create_batch(5)], by=by())

    assert "section__all" not in signed_in.get(deal.get_absolute_url()).text


def test_a_card_shows_two_secondary_properties_and_since_when(signed_in):
    deal = DealFactory()
    ada = ContactFactory(email="ada@example.com", jobtitle="Countess", city="London")
    services.associate(deal, [ada.pk], by=by())
    Association.objects.update(created_at="2026-03-07T12:00Z")

    shown = section(signed_in.get(deal.get_absolute_url()).text, "contacts")

    assert "ada@example.com" in shown
    assert "Countess" in shown
    assert "London" not in shown
    assert "since March 7, 2026" in shown


def test_a_changed_record_is_shown_as_it_is_now_on_the_pages_of_others(signed_in):
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", lastname="Byron")
    services.associate(deal, [ada.pk], by=by())

    update_record(ada, {"lastname": "Lovelace"}, by=by())

    assert cards(signed_in.get(deal.get_absolute_url()).text, "contacts") == ["Ada Lovelace"]


def test_companies_can_be_associated_with_companies_and_both_show_it(signed_in):
    parent, child = CompanyFactory(name="Parent"), CompanyFactory(name="Child")
    services.associate(parent, [child.pk], by=by())

    assert cards(signed_in.get(parent.get_absolute_url()).text, "companies") == ["Child"]
    assert cards(signed_in.get(child.get_absolute_url()).text, "companies") == ["Parent"]


def test_archived_records_are_neither_shown_nor_counted(signed_in):
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory(firstname="Bob", lastname="B")
    services.associate(deal, [ada.pk, bob.pk], by=by())
    archive_records([ada.pk], by=by())

    text = signed_in.get(deal.get_absolute_url()).text

    assert count(text, "contacts") == "1"
    assert cards(text, "contacts") == ["Bob B"]


def test_markup_in_names_is_shown_as_text_everywhere(signed_in):
    bad = "<script>alert(1)</script>"
    deal = DealFactory(dealname=bad)
    services.associate(
        deal,
        [
            CompanyFactory(name=bad, domain="").pk,
            ContactFactory(firstname=bad).pk,
            TicketFactory(subject=bad).pk,
        ],
        by=by(),
    )

    pages = [
        deal.get_absolute_url(),
        f"{deal.get_absolute_url()}?tab=activities",
        "/records/deals/",
        "/records/contacts/",
        f"/records/contacts/?associated_with={deal.pk}",
        f"/records/deals/{deal.pk}/associations/contacts/",
        f"/records/deals/{deal.pk}/associations/companies/add/?q=script",
        "/search/?q=script",
    ]
    for page in pages:
        text = signed_in.get(page).text
        assert bad not in text
        assert "&lt;script&gt;" in text


# --- Collapse -------------------------------------------------------------------------------------


def test_a_collapsed_section_stays_so_on_every_record_for_this_user_only(signed_in, client):
    deal, other = DealFactory(), DealFactory()
    ada = ContactFactory(firstname="Ada", lastname="L")
    services.associate(deal, [ada.pk], by=by())
    services.associate(other, [ada.pk], by=by())
    url = f"/records/deals/{deal.pk}/associations/contacts/toggle/"

    answer = signed_in.post(url, headers=HTMX).text
    assert 'aria-expanded="false"' in answer
    text = signed_in.get(other.get_absolute_url()).text
    assert cards(text, "contacts") == []
    assert count(text, "contacts") == "1"

    assert signed_in.post(url).status_code == 302
    assert cards(signed_in.get(other.get_absolute_url()).text, "contacts") == ["Ada L"]

    signed_in.post(url)
    client.force_login(UserFactory())
    assert cards(client.get(deal.get_absolute_url()).text, "contacts") == ["Ada L"]


# --- Save ----------------------------------------------------------------------------------------


def test_a_save_also_brings_the_last_activities_where_the_page_shows_them(signed_in):
    deal, ada, bob = DealFactory(), ContactFactory(firstname="Ada", lastname="L"), ContactFactory()
    url = f"/records/deals/{deal.pk}/associations/contacts/add/"

    def save(contact, page: str) -> str:
        headers = {**HTMX, "HX-Current-URL": f"http://testserver{deal.get_absolute_url()}{page}"}
        return signed_in.post(url, {"selected": contact.pk}, headers=headers).text

    answer = save(ada, "")
    assert "Ada L" in answer.split('id="timeline-items"')[1]
    assert 'id="timeline-items" hx-swap-oob="true"' in answer
    assert 'id="timeline-items"' not in save(bob, "?tab=activities&before=9")


# --- Remove ---------------------------------------------------------------------------------------


def test_without_script_removal_is_asked_about_first(signed_in):
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", lastname="L")
    services.associate(deal, [ada.pk], by=by())
    url = f"/records/deals/{deal.pk}/associations/{ada.pk}/remove/"

    assert "Ada L will no longer be associated with" in signed_in.get(url).text
    assert Association.objects.count() == 1


def test_removing_answers_with_the_section_and_an_undo(signed_in):
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())

    answer = signed_in.post(f"/records/deals/{deal.pk}/associations/{ada.pk}/remove/", headers=HTMX).text

    assert count(answer, "contacts") == "0"
    assert "Undo" in answer
    assert not Association.objects.exists()


def test_removing_twice_is_no_error(signed_in):
    deal, ada = DealFactory(), ContactFactory()

    response = signed_in.post(f"/records/deals/{deal.pk}/associations/{ada.pk}/remove/", follow=True)

    assert response.status_code == 200
    assert "Undo" not in response.text


def test_an_undo_of_nothing_is_a_404(signed_in):
    assert signed_in.post("/history/999999999/undo/", {"back": "/records/deals/"}).status_code == 404


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "\x00"]
)
def test_an_undo_leads_nowhere_but_into_this_site(signed_in, user, back):
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())
    removal = services.dissociate(deal, [ada.pk], by=by(user))

    response = signed_in.post(f"/history/{removal.change.pk}/undo/", {"back": back})

    assert response.status_code == 302
    assert response["Location"] == "/"


# --- Addresses that lead nowhere ------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "deals/{deal}/associations/planets/",
        "deals/{deal}/associations/planets/add/",
        "deals/999999999/associations/contacts/add/",
        "contacts/{deal}/associations/contacts/add/",
        "deals/99999999999999999999999/associations/contacts/add/",
        "deals/{deal}/associations/99999999999999999999999/remove/",
        "deals/{deal}/associations/999999999/remove/",
    ],
)
def test_an_address_of_nothing_is_a_404(signed_in, path):
    assert signed_in.get(f"/records/{path.format(deal=DealFactory().pk)}").status_code == 404


def test_an_archived_record_has_no_picker(signed_in):
    deal = DealFactory()
    archive_records([deal.pk], by=by())

    assert signed_in.get(f"/records/deals/{deal.pk}/associations/contacts/add/").status_code == 404


@pytest.mark.parametrize("path", ["associations/contacts/toggle/", "associations/{other}/remove/"])
def test_nothing_is_changed_without_a_form_token(client, user, path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())

    assert strict.post(f"/records/deals/{deal.pk}/{path.format(other=ada.pk)}").status_code == 403
    assert Association.objects.count() == 1
