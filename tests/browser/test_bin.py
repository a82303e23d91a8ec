"""Archived, found in the recycle bin, restored; deleted for good; everything about a contact erased."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from associations import services
from records.models import Contact, Erasure
from records.services import archive_records
from tests.browser.pages import section
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by


@pytest.fixture
def ada(grace):
    """A contact with a deal."""
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    services.associate(ada, [DealFactory(dealname="Engine").pk], by=by(grace))
    return ada


def test_a_record_is_archived_found_in_the_bin_and_restored_with_its_associations(desktop, ada, problems):
    page = desktop
    page.goto(ada.get_absolute_url())
    page.get_by_text("Actions", exact=True).click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("status")).to_contain_text("1 record archived.")
    page.goto(ada.get_absolute_url())
    expect(page.get_by_role("main")).to_contain_text("by grace.")
    assert violations(page) == []
    assert all("404" in problem for problem in problems)
    problems.clear()

    page.goto("/records/contacts/")
    page.get_by_label("More", exact=True).click()
    page.get_by_role("link", name="Recycle bin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recycle bin")
    page.get_by_role("searchbox").fill("lovelace")
    page.keyboard.press("Enter")
    row = page.locator("#rows tbody tr")
    expect(row).to_contain_text("Ada Lovelace")
    expect(row.locator("td")).to_contain_text(["", "Ada Lovelace", "", "grace", "90", "1"])
    assert violations(page) == []
    page.get_by_label("Select Ada Lovelace").check()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("status")).to_contain_text("1 record restored.")

    page.goto(ada.get_absolute_url())
    expect(section(page, "deals")).to_contain_text("Engine")


def test_a_taken_email_is_said_and_nothing_is_lost(desktop, ada):
    archive_records([ada.pk], by=by())
    new = ContactFactory(firstname="New", lastname="Ada", email="ada@example.com")
    page = desktop
    page.goto("/records/contacts/bin/")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Restore").click()

    expect(page.get_by_role("alert")).to_contain_text("email “ada@example.com” belongs to New Ada")
    expect(page.get_by_label("Select Ada Lovelace")).to_be_checked()
    page.get_by_role("alert").get_by_role("link", name="New Ada").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New Ada")
    assert urlsplit(page.url).path == new.get_absolute_url()


def test_everything_about_a_contact_is_erased_without_script(no_script, ada):
    CompanyFactory(name="Friends of Ada Lovelace")
    page = no_script
    page.goto(ada.get_absolute_url())
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("link", name="Erase for data protection").click()
    expect(page.get_by_role("link", name="Friends of Ada Lovelace")).to_be_visible()
    page.get_by_label("Reason").fill("Lovelace asked")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("Leave out “Lovelace”")).to_be_visible()
    expect(page.get_by_text("Tick this to go on.")).to_be_visible()
    page.get_by_label("Reason").fill("Request 7")
    page.get_by_label("Yes, delete all of this").check()
    page.get_by_role("button", name="Erase everything").click()

    expect(page.get_by_role("status")).to_contain_text("1 record deleted for good.")
    assert not Contact.objects.exists()
    page.goto("/settings/deletions/")
    expect(page.locator("tbody tr")).to_contain_text([f"Contact {ada.pk}"])
    expect(page.locator("tbody tr")).to_contain_text(["Request 7"])


def test_ticked_records_are_deleted_for_good_on_a_phone(phone, ada):
    archive_records([ada.pk], by=by())
    page = phone
    page.goto("/records/contacts/bin/")
    page.get_by_label("Select Ada Lovelace").check()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("main")).to_contain_text("Ada Lovelace")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Yes, delete all of this").check()
    page.get_by_role("button", name="Delete permanently").click()

    expect(page.get_by_role("heading", name="The recycle bin is empty")).to_be_visible()
    assert Erasure.objects.get().record_id == ada.pk
