"""Django's admin under the site's content security policy."""

import re

import pytest
from playwright.sync_api import expect

from associations import services
from associations.models import Association
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label


@pytest.mark.parametrize(
    "path",
    [
        "",
        "records/contact/",
        "records/contact/add/",
        "records/pipeline/",
        "associations/association/",
        "associations/associationlabel/",
        "associations/associationlimit/add/",
        "associations/associationevent/",
    ],
)
def test_an_admin_page_opens_without_complaint(desktop, path):
    ContactFactory()

    desktop.goto(f"/admin/{path}")

    expect(desktop.locator("#content h1").first).to_be_visible()


def choose(page, field, text: str, name: str) -> None:
    """Search in a box that chooses a record, and choose the one of that name."""
    field.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=name).click()


def test_two_records_are_associated_by_searching_for_each_and_labelled(desktop):
    deal = DealFactory(dealname="Analytical Engine")
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    make_label("contacts", "deals", "Project", "Sponsor")

    desktop.goto("/admin/associations/association/add/")
    choose(desktop, desktop.locator(".field-record_a"), "lovel", "Ada Lovelace")
    choose(desktop, desktop.locator(".field-record_b"), "engine", "Analytical Engine")
    desktop.get_by_label("Project").check()
    desktop.get_by_role("button", name="Save", exact=True).click()

    expect(desktop.locator(".messagelist .success")).to_be_visible()
    association = Association.objects.get()
    assert association.pair == (deal.pk, ada.pk)
    assert association.labellings.get().word_for(deal.pk) == "Sponsor"


def test_a_contacts_associations_are_edited_on_its_page_and_seen_on_the_others(desktop):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    boss = ContactFactory(firstname="Charles", lastname="Babbage")
    deal = DealFactory(dealname="Analytical Engine")
    services.associate(ada, [deal.pk], by=by())
    make_label("contacts", "contacts", "Manager", "Employee")
    make_label("contacts", "deals", "Project")
    contact = "/admin/records/contact/"

    desktop.goto(f"{contact}{ada.pk}/change/")
    first = desktop.locator("#associations-0")
    first.locator("summary").click()
    first.get_by_label("Project").check()
    choose(desktop, desktop.locator("#associations-1"), "babb", "Charles Babbage")
    desktop.locator("#associations-1").get_by_label("Manager").check()
    desktop.get_by_role("button", name="Add another Association").click()
    expect(desktop.locator("#associations-2 .select2-selection")).to_be_visible()
    desktop.get_by_role("button", name="Save and continue editing").click()

    expect(desktop.locator("#associations-0")).to_contain_text("Manager")
    expect(desktop.locator("#associations-1 .badge")).to_have_text("Project")
    desktop.locator("#associations-0").get_by_role("link", name="Charles Babbage").click()
    expect(desktop).to_have_url(re.compile(f"{contact}{boss.pk}/change/"))
    expect(desktop.locator("#associations-0 .badge")).to_have_text("Employee")
    desktop.locator("#associations-0-DELETE, #id_associations-0-DELETE").check()
    desktop.get_by_role("button", name="Save and continue editing").click()
    expect(desktop.locator("#associations-group")).to_contain_text("Nothing is associated with this record.")
    desktop.locator(".messagelist").get_by_role("link", name="Undo").click()
    desktop.get_by_role("button", name="Undo").click()
    expect(desktop.locator("#associations-0")).to_contain_text("Ada Lovelace")


def test_a_refused_row_keeps_what_was_chosen_and_more_labels_can_be_asked_for(desktop):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    services.associate(ada, [CompanyFactory(name="Acme").pk], by=by())
    CompanyFactory(name="Beta Works")
    deal = DealFactory(dealname="Analytical Engine")
    make_label("contacts", "companies", "Founder")
    make_label("contacts", "deals", "Project")

    desktop.goto(f"/admin/records/contact/{ada.pk}/change/")
    row = desktop.locator("#associations-1")
    choose(desktop, row, "beta", "Beta Works")
    row.get_by_label("Founder").check()
    desktop.get_by_role("button", name="Save", exact=True).click()

    expect(row.locator(".errorlist")).to_contain_text("Ada Lovelace already has a company, Acme.")
    expect(row.locator(".select2-selection")).to_contain_text("Beta Works")
    expect(row.get_by_label("Founder")).to_be_checked()
    choose(desktop, row, "engine", "Analytical Engine")
    row.get_by_label("Project").check()
    desktop.get_by_role("button", name="Save", exact=True).click()
    expect(desktop.locator(".messagelist .success")).to_be_visible()
    assert Association.objects.of(deal.pk).get().labellings.count() == 1


def test_without_script_a_record_is_named_by_its_number_and_labelled_afterwards(no_script):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    deal = DealFactory(dealname="Analytical Engine")
    make_label("contacts", "deals", "Project")

    no_script.goto(f"/admin/records/contact/{ada.pk}/change/")
    no_script.locator("#associations-0").get_by_label("Number of the record").fill(str(deal.pk))
    no_script.get_by_role("button", name="Save and continue editing").click()
    row = no_script.locator("#associations-0")
    expect(row).to_contain_text("Analytical Engine")
    row.locator("summary").click()
    row.get_by_label("Project").check()
    no_script.get_by_role("button", name="Save and continue editing").click()

    expect(no_script.locator("#associations-0 .badge")).to_have_text("Project")


def test_an_archived_contact_is_restored_with_its_associations(desktop):
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", lastname="Lovelace")
    services.associate(deal, [ada.pk], by=by())

    for path, action in (("", "Archive selected records"), ("?archived=yes", "Restore selected records")):
        desktop.goto(f"/admin/records/contact/{path}")
        desktop.get_by_label("Select this object for an action").check()
        desktop.get_by_label("Action:").select_option(label=action)
        desktop.get_by_role("button", name="Run the selected action").or_(
            desktop.get_by_role("button", name="Go")
        ).click()
        expect(desktop.locator(".messagelist .success")).to_be_visible()

    desktop.goto(deal.get_absolute_url())
    expect(desktop.locator("#section-contacts")).to_contain_text("Ada Lovelace")
