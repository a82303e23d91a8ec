"""Django's admin under the site's content security policy."""

import pytest
from playwright.sync_api import expect

from associations import services
from associations.models import Association
from tests.factories import ContactFactory, DealFactory, by


@pytest.mark.parametrize(
    "path",
    ["", "records/contact/", "records/contact/add/", "records/pipeline/", "associations/associationlimit/"],
)
def test_an_admin_page_opens_without_complaint(desktop, path):
    ContactFactory()

    desktop.goto(f"/admin/{path}")

    expect(desktop.locator("#content h1").first).to_be_visible()


def test_two_records_are_associated_by_searching_for_each(desktop):
    deal, ada = (
        DealFactory(dealname="Analytical Engine"),
        ContactFactory(firstname="Ada", lastname="Lovelace"),
    )

    desktop.goto("/admin/associations/association/add/")
    for field, text, name in (
        ("record_a", "lovel", "Ada Lovelace"),
        ("record_b", "engine", "Analytical Engine"),
    ):
        desktop.locator(f".field-{field} .select2-selection").click()
        desktop.locator(".select2-search__field").fill(text)
        desktop.locator(".select2-results__option", has_text=name).click()
    desktop.get_by_role("button", name="Save", exact=True).click()

    expect(desktop.locator(".messagelist .success")).to_be_visible()
    assert Association.objects.get().pair == (deal.pk, ada.pk)


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
