"""From a list: tick rows, associate them with a company, see who is refused, undo; export."""

from playwright.sync_api import Page, expect

from associations import services
from tests.associations.seen import words_of
from tests.browser.pages import focused
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, by, make_limit


def bar(page: Page):
    return page.get_by_role("region", name="Selected records")


def test_ticked_rows_are_associated_but_those_that_the_limit_refuses(desktop, grace):
    make_limit("contacts", "companies", 1)
    people = [ContactFactory(firstname=f"Ada{number:02}", lastname="") for number in range(30)]
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(beta, [people[2].pk, people[3].pk], by=by(grace))
    desktop.goto("/records/contacts/")
    for number in range(5):
        desktop.get_by_label(f"Select Ada{number:02}").check()

    bar(desktop).get_by_role("button", name="Associate with").click()
    panel = desktop.get_by_role("dialog", name="Associate with")
    panel.get_by_label("Search records of all types").press_sequentially("acm")
    panel.get_by_role("radio", name="Acme").check()
    assert violations(desktop) == []
    panel.get_by_role("button", name="Preview").click()
    expect(panel).to_contain_text("These 5 records will be associated with Acme:")
    panel.get_by_text("2 will be refused: see them").click()
    expect(panel.get_by_role("link", name="Ada02")).to_be_visible()
    expect(panel).to_contain_text("Beta")
    assert violations(desktop) == []
    assert words_of(acme) == {}
    panel.get_by_role("button", name="Associate (3)").click()

    expect(panel).to_be_hidden()
    toast = desktop.locator(
        "[data-toast]", has_text="3 records associated with Acme. 2 records were refused."
    )
    expect(desktop.locator("#rows tbody tr", has_text="Acme")).to_have_count(3)
    assert focused(desktop) == "rows"
    toast.get_by_role("button", name="Undo").click()
    expect(desktop.locator("#rows tbody tr", has_text="Acme")).to_have_count(0)
    assert words_of(acme) == {}


def test_a_property_of_all_matching_is_set_and_they_are_exported(phone, grace):
    people = [ContactFactory(firstname=f"Ada{number:02}", lastname="", city="Rome") for number in range(30)]
    phone.goto("/records/contacts/?city__is=Rome")
    phone.get_by_label("Select Ada00").check()
    bar(phone).get_by_label("All 30").check()
    bar(phone).get_by_role("button", name="Edit property").click()
    panel = phone.get_by_role("dialog", name="Edit property")
    panel.get_by_label("Property").select_option(label="Job title")
    panel.get_by_label("Job title").fill("Pilot")
    panel.get_by_role("button", name="Preview").click()
    expect(panel).to_contain_text("Job title of these 30 records becomes “Pilot”")
    panel.get_by_role("button", name="Back").click()
    expect(panel.get_by_label("Job title")).to_have_value("Pilot")
    panel.get_by_role("button", name="Preview").click()
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_be_hidden()
    assert {type(one).objects.get(pk=one.pk).jobtitle for one in people} == {"Pilot"}

    phone.get_by_role("link", name="Export").click()
    panel = phone.get_by_role("dialog", name="Export Contacts")
    panel.get_by_label("CSV").check()
    assert violations(phone) == []
    with phone.expect_download() as download:
        panel.get_by_role("button", name="Export").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 31
    assert lines[0].startswith("Record ID,First name,Last name")
