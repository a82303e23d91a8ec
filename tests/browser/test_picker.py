"""The picker behind Add, at a desk. (The main job itself: test_journey.py.)"""

from playwright.sync_api import expect

from associations import services
from records.models import Contact
from tests.browser.pages import open_picker, search_in_picker, section, tick
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by


def test_ticks_stay_through_searches_and_are_unticked_by_their_chips(desktop, grace):
    deal = DealFactory()
    ContactFactory(firstname="Ada", lastname="Lovelace")
    ContactFactory(firstname="Alan", lastname="Turing")
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    chips = desktop.locator("#picker-chips .chip")
    tick(desktop, "lovelace", "Ada Lovelace")
    tick(desktop, "turing", "Alan Turing")
    expect(chips).to_have_count(2)
    search_in_picker(desktop, "", 2)
    expect(desktop.locator(".option input:checked")).to_have_count(2)

    desktop.get_by_role("button", name="Ada Lovelace").click()
    expect(desktop.locator(".option", has_text="Ada Lovelace").locator("input")).not_to_be_checked()
    expect(chips).to_have_text(["Alan Turing"])
    search_in_picker(desktop, "lovelace", 1)
    expect(chips).to_have_text(["Alan Turing"])
    desktop.locator("#picker-chips label").click()
    expect(chips).to_have_count(0)
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_role("alert")).to_have_text("Tick at least one record.")
    expect(desktop.locator("#picker-q")).to_have_value("lovelace")


def test_those_already_associated_are_ticked_and_out_of_reach(desktop, grace):
    deal = DealFactory()
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    services.associate(deal, [ada.pk], by=by())
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    expect(desktop.locator(".option")).to_contain_text("Already associated")
    expect(desktop.get_by_role("checkbox", name="Ada Lovelace")).to_be_disabled()
    expect(desktop.get_by_role("checkbox", name="Ada Lovelace")).to_be_checked()
    search_in_picker(desktop, "zzz", 0)
    expect(desktop.locator("#picker-results")).to_contain_text("Nothing found for “zzz”.")


def test_load_more_keeps_the_ticks_and_leads_on_to_the_first_new_one(desktop, grace):
    deal = DealFactory()
    ContactFactory.create_batch(25)
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    options = desktop.locator(".option")
    expect(options).to_have_count(20)
    options.nth(3).locator("input").check()
    desktop.get_by_role("button", name="Load more").press("Enter")
    expect(options).to_have_count(25)
    expect(options.nth(3).locator("input")).to_be_checked()
    expect(options.nth(20).locator("input")).to_be_focused()
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Enter")
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("2")


def test_the_other_tab_keeps_what_was_typed_and_ticked_and_all_is_saved_at_once(desktop, grace):
    deal = DealFactory()
    ContactFactory(firstname="Ada", lastname="Lovelace")
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    tick(desktop, "lovelace", "Ada Lovelace")
    desktop.get_by_role("button", name="Create new contact").click()
    expect(desktop.get_by_label("First name")).to_be_focused()
    expect(desktop.locator("#picker-chips")).to_contain_text("Ada Lovelace")
    desktop.get_by_label("First name").fill("Charles")
    desktop.get_by_role("button", name="Add existing contact").click()
    expect(desktop.locator("#picker-q")).to_have_value("lovelace")
    expect(desktop.get_by_role("checkbox", name="Ada Lovelace")).to_be_checked()
    desktop.get_by_role("button", name="Create new contact").click()
    expect(desktop.get_by_label("First name")).to_have_value("Charles")

    desktop.get_by_label("Email").fill("nobody")
    desktop.get_by_role("button", name="Create and save").click()
    expect(desktop.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(desktop.locator("#picker-chips")).to_contain_text("Ada Lovelace")
    assert Contact.objects.count() == 1

    desktop.get_by_label("Email").fill("charles@example.com")
    desktop.get_by_role("button", name="Create and save").click()
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("2")
    expect(section(desktop, "contacts")).to_contain_text("Charles")
    expect(section(desktop, "contacts")).to_contain_text("Ada Lovelace")
    expect(desktop.locator("#add-contacts")).to_be_focused()


def test_a_limit_refused_on_creating_saves_nothing_and_is_met_by_replacing(desktop, grace):
    ada, acme = ContactFactory(firstname="Ada", lastname="Lovelace"), CompanyFactory(name="Acme")
    services.associate(ada, [acme.pk], by=by())
    desktop.goto(ada.get_absolute_url())
    open_picker(desktop, "companies")
    desktop.get_by_role("button", name="Create new company").click()
    desktop.locator("#new_new-name").fill("Beta")
    desktop.get_by_role("button", name="Create and save").click()
    expect(desktop.get_by_role("alert")).to_contain_text("Ada Lovelace already has a company, Acme.")
    expect(desktop.locator("#new_new-name")).to_have_value("Beta")
    desktop.get_by_role("button", name="Replace it").click()
    expect(section(desktop, "companies").locator(".card")).to_have_count(1)
    expect(section(desktop, "companies").get_by_role("link", name="Beta", exact=True)).to_be_visible()


def test_a_tick_made_while_a_search_is_under_way_stays(desktop, grace):
    deal = DealFactory()
    ContactFactory(firstname="Ada", lastname="Lovelace")
    ContactFactory(firstname="Alan", lastname="Turing")
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")

    def tick_meanwhile(route) -> None:
        desktop.evaluate("document.querySelector('.option input').click()")
        route.continue_()

    name = desktop.locator(".option__name").first.inner_text()
    desktop.route("**/contacts/add/", tick_meanwhile, times=1)
    with desktop.expect_response("**/contacts/add/"):
        desktop.locator("#picker-q").fill(name)
    expect(desktop.locator(".option")).to_have_count(1)
    expect(desktop.locator("#picker-chips .chip")).to_have_text([name])
    expect(desktop.locator(".option", has_text=name).locator("input")).to_be_checked()
