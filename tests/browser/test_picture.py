"""The picture of a record's neighbourhood by keyboard, on a phone and without script; how two are related."""

import re

import pytest
from playwright.sync_api import expect

from associations import services
from tests.browser.pages import open_picker, section, tick
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by


@pytest.fixture
def deal(grace):
    deal = DealFactory(dealname="Analytical Engine")
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    acme = CompanyFactory(name="Acme")
    services.associate(ada, [acme.pk, TicketFactory(subject="Cards jam").pk], by=by())
    services.associate(deal, [ada.pk, acme.pk], by=by())
    services.associate(deal, [one.pk for one in TicketFactory.create_batch(12)], by=by())
    return deal


def focused_node(page) -> str | None:
    """Return what the focused node of the picture is called; None where the focus is elsewhere."""
    return page.evaluate("document.activeElement.closest('svg') && document.activeElement.ariaLabel")


def test_one_opens_the_tab_goes_through_the_picture_by_keyboard_and_opens_a_record(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_role("navigation", name="Views").get_by_role("link", name="Associations").press("Enter")
    expect(desktop.locator("#picture")).to_be_visible()
    expect(desktop).to_have_url(re.compile(r"\?tab=associations$"))

    desktop.locator(".picture__related").focus()
    seen = []
    for _node in range(1 + 1 + 1 + 8 + 1):
        desktop.keyboard.press("Tab")
        seen.append(focused_node(desktop))
        assert desktop.evaluate("document.activeElement.matches(':focus-visible')")
    assert seen[0] == "Analytical Engine, Deal"
    assert {"Ada Lovelace, Contact", "Acme, Company, Primary"} <= set(seen)
    assert "4 more tickets of Analytical Engine" in seen
    assert len(set(seen)) == len(seen)
    desktop.keyboard.press("Tab")
    assert focused_node(desktop) is None
    expect(desktop.locator(".picture__text > summary")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("row", name="Ada Lovelace Contact")).to_contain_text("Analytical Engine")

    ada = desktop.locator(".picture__drawing--wide").get_by_role("link", name="Ada Lovelace, Contact")
    ada.focus()
    stroke = "node => getComputedStyle(node.querySelector('rect')).strokeWidth"
    assert ada.evaluate(stroke) == "3px"
    ada.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    expect(desktop.locator("#picture")).to_contain_text("Cards jam")


def test_two_steps_are_one_press_away_and_the_picture_follows_the_sidebar(desktop, deal):
    desktop.goto(f"{deal.get_absolute_url()}?tab=associations")
    picture = desktop.locator(".picture__drawing--wide")
    expect(picture.get_by_role("link", name="Cards jam")).to_have_count(0)
    desktop.get_by_role("link", name="Two steps").click()
    expect(picture.get_by_role("link", name="Cards jam")).to_be_visible()
    expect(desktop).to_have_url(re.compile("steps=2"))

    ContactFactory(firstname="Zoe", lastname="Quark")
    open_picker(desktop, "contacts")
    tick(desktop, "quark", "Zoe Quark")
    desktop.get_by_role("button", name="Save").click()
    expect(section(desktop, "contacts")).to_contain_text("Zoe Quark")
    expect(picture.get_by_role("link", name="Zoe Quark")).to_be_visible()
    expect(picture.get_by_role("link", name="Cards jam")).to_be_visible()


def test_on_a_phone_the_picture_stands_below_the_cards_from_top_to_bottom(phone, deal):
    phone.goto(f"{deal.get_absolute_url()}?tab=associations&steps=2")
    drawing = phone.locator(".picture__drawing--narrow")
    expect(drawing).to_be_visible()
    expect(phone.locator(".picture__drawing--wide")).to_be_hidden()
    assert section(phone, "tickets").bounding_box()["y"] < drawing.bounding_box()["y"]
    size = drawing.locator("text").last.evaluate("one => one.getBoundingClientRect().height")
    assert size > 11  # it can be read
    drawing.get_by_role("link", name="Acme, Company").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Acme")


def test_one_finds_how_two_records_are_related(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_text("Actions", exact=True).click()
    desktop.get_by_role("link", name="How is it related to …").click()
    expect(desktop.get_by_role("searchbox", name="Search for the other record")).to_be_focused()
    desktop.keyboard.type("cards jam")
    desktop.locator("#related-results").get_by_role("link", name="Cards jam").click()
    expect(desktop.get_by_role("heading", name="They are 2 steps apart.")).to_be_visible()
    path = desktop.get_by_role("list", name="Path 1")
    expect(path.get_by_role("listitem")).to_have_count(3)
    path.get_by_role("link", name="Ada Lovelace").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


def test_without_script_too(no_script, deal):
    no_script.goto(f"{deal.get_absolute_url()}?tab=associations")
    no_script.get_by_role("link", name="Two steps").click()
    expect(no_script.locator(".picture__drawing--wide").get_by_role("link", name="Cards jam")).to_be_visible()
    no_script.locator(".picture__related").click()
    no_script.get_by_role("searchbox").fill("cards")
    no_script.get_by_role("button", name="Search", exact=True).click()
    no_script.locator("#related-results").get_by_role("link", name="Cards jam").click()
    expect(no_script.get_by_role("list", name="Path 1")).to_be_visible()


@pytest.mark.parametrize("page", ["desktop", "phone"])
def test_axe_finds_nothing(request, page, deal):
    page = request.getfixturevalue(page)
    cards = TicketFactory._meta.model.objects.get(subject="Cards jam")
    wrong = []
    for address in (
        f"{deal.get_absolute_url()}?tab=associations",
        f"{deal.get_absolute_url()}?tab=associations&steps=2",
        f"/records/deals/{deal.pk}/related/?q=a",
        f"/records/deals/{deal.pk}/related/?to={cards.pk}",
        f"/records/deals/{deal.pk}/related/?to=999999999",
    ):
        page.goto(address)
        if "tab=" in address:
            page.locator(".picture__text > summary").click()
        wrong += [f"{address}: {one}" for one in violations(page)]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The address of what there is not answers with 404, which a browser tells its console.
    request.getfixturevalue("problems")[:] = [
        one for one in request.getfixturevalue("problems") if "404" not in one
    ]
    assert wrong == []
