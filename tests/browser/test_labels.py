"""Labels and primary companies, in the picker and on cards. (Without script: test_without_script.py.)"""

import pytest
from playwright.sync_api import expect

from associations import services
from associations.labels import Word, words
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import focused, open_picker, search_in_picker, section, tick
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

LONG = "Whoever has to be asked before anything at all is signed or Donaudampfschifffahrtsgesellschaft"


@pytest.fixture
def deal(grace):
    """A deal whose one decision maker is Ada; Alan is associated, Charles is not."""
    deal = DealFactory(dealname="Engine")
    decider = make_label("deals", "contacts", "Decision maker", "Decides on")
    make_label("deals", "contacts", LONG[:100])
    make_limit("deals", "contacts", 1, label=decider)
    deal.ada, deal.alan, deal.charles = (
        ContactFactory(firstname=first, lastname=last)
        for first, last in (("Ada", "Lovelace"), ("Alan", "Turing"), ("Charles", "Babbage"))
    )
    services.associate(deal, [deal.ada.pk, deal.alan.pk], by=by(), words={deal.ada.pk: [Word(decider)]})
    return deal


def card(page, type_name: str, name: str):
    """Return a card of a section."""
    return section(page, type_name).locator(".card", has_text=name)


def offered(record, other) -> list[Word]:
    """Return all labels that an association could carry."""
    return words(record.object_type_id, other.object_type_id)


def choose(page, name: str, label: str) -> None:
    """Choose a label for a record in the picker."""
    group = page.get_by_role("group", name=f"Labels of {name}")
    group.get_by_text("Labels", exact=True).click()
    group.get_by_label(label).check()


def test_a_label_is_chosen_in_the_picker_and_each_page_shows_its_own_word(desktop, deal):
    services.unlabel_pairs({(deal.pk, deal.ada.pk): offered(deal, deal.ada)}, by=by())
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    expect(desktop.get_by_role("group", name="Labels of Charles Babbage")).to_be_hidden()
    tick(desktop, "babbage", "Charles Babbage")
    choose(desktop, "Charles Babbage", "Decision maker")
    search_in_picker(desktop, "lovelace", 1)  # the choice goes along to the chip
    expect(desktop.locator(".pick").get_by_label("Decision maker")).to_be_checked()
    search_in_picker(desktop, "", 3)
    expect(desktop.locator(".option", has_text="Babbage").get_by_label("Decision maker")).to_be_checked()
    desktop.get_by_role("button", name="Save").click()

    expect(card(desktop, "contacts", "Babbage").locator(".label")).to_have_text("Decision maker")
    expect(desktop.locator("#toasts")).to_contain_text("1 record associated.")
    desktop.goto(deal.charles.get_absolute_url())
    expect(card(desktop, "deals", "Engine").locator(".label")).to_have_text("Decides on")


def test_an_associated_record_gets_a_label_from_the_picker(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    ada = desktop.locator(".option", has_text="Ada Lovelace")
    expect(ada.locator(".badge")).to_have_text("Decision maker")
    choose(desktop, "Ada Lovelace", LONG[:100])
    desktop.get_by_role("button", name="Save").click()
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_count(2)
    expect(desktop.locator("#toasts")).to_contain_text("1 record labelled.")


def test_labels_are_edited_on_the_card_by_keyboard(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    edit = desktop.get_by_role("link", name="Edit labels of Ada Lovelace")
    edit.press("Enter")
    box = desktop.get_by_role("group", name="Labels of Ada Lovelace").get_by_label("Decision maker")
    expect(box).to_be_focused()
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Escape")
    expect(edit).to_be_focused()
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_text("Decision maker")

    desktop.keyboard.press("Enter")
    expect(box).to_be_focused()
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Space")
    desktop.keyboard.press("Enter")
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_text(LONG[:100])
    assert focused(desktop) == f"edit-labels-{deal.ada.pk}"
    desktop.get_by_role("button", name="Undo").press("Enter")
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_text("Decision maker")


def test_a_limit_refuses_a_label_which_is_moved_here_from_the_menu(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_label("Actions for Alan Turing").click()
    desktop.get_by_role("link", name="Edit labels", exact=True).click()
    turing = card(desktop, "contacts", "Turing")
    turing.get_by_label("Decision maker").check()
    turing.get_by_role("button", name="Save").click()
    expect(turing.get_by_role("alert")).to_contain_text(
        "Engine already has a “Decision maker”, Ada Lovelace."
    )
    expect(turing.get_by_label("Decision maker")).to_be_checked()
    turing.get_by_role("button", name="Move the label here").click()
    expect(turing.locator(".label")).to_have_text("Decision maker")
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_count(0)


def test_a_limit_refuses_a_label_in_the_picker_which_is_moved(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    tick(desktop, "babbage", "Charles Babbage")
    choose(desktop, "Charles Babbage", "Decision maker")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("alert")).to_contain_text("already has a “Decision maker”, Ada Lovelace.")
    expect(desktop.locator(".option").get_by_label("Decision maker")).to_be_checked()
    desktop.get_by_role("button", name="Move the label here").click()
    expect(card(desktop, "contacts", "Babbage").locator(".label")).to_have_text("Decision maker")
    expect(card(desktop, "contacts", "Lovelace").locator(".label")).to_have_count(0)


def test_a_new_contact_is_created_with_a_label(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    desktop.get_by_role("button", name="Create new contact").click()
    desktop.get_by_label("First name").fill("Grace")
    choose(desktop, "the new record", LONG[:100])
    desktop.get_by_role("button", name="Add existing contact").click()
    expect(desktop.locator("#picker-q")).to_be_focused()
    desktop.get_by_role("button", name="Create new contact").click()
    expect(
        desktop.get_by_role("group", name="Labels of the new record").get_by_label(LONG[:100])
    ).to_be_checked()
    desktop.get_by_role("button", name="Create and save").click()
    expect(card(desktop, "contacts", "Grace").locator(".label")).to_have_text(LONG[:100])


def test_another_company_is_made_primary_and_the_next_one_offered_when_it_goes(desktop, deal):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(deal, [acme.pk, beta.pk], by=by())
    desktop.goto(deal.get_absolute_url())
    badge = ".label--primary"
    expect(card(desktop, "companies", "Acme").locator(badge)).to_have_text("Primary")
    desktop.get_by_label("Actions for Acme").click()
    expect(desktop.get_by_role("button", name="Make primary")).to_be_hidden()
    desktop.keyboard.press("Escape")
    desktop.get_by_label("Actions for Beta").click()
    desktop.get_by_role("button", name="Make primary").click()
    expect(card(desktop, "companies", "Beta").locator(badge)).to_have_text("Primary")
    expect(desktop.locator("#toasts")).to_contain_text("Beta is now the primary company of Engine; Acme was.")
    assert focused(desktop) == f"edit-labels-{beta.pk}"

    desktop.get_by_label("Actions for Beta").click()
    desktop.get_by_role("button", name="Remove association").click()
    expect(desktop.locator("#toasts")).to_contain_text(
        "Engine has no primary company now; Acme would be next."
    )
    expect(section(desktop, "companies").locator(badge)).to_have_count(0)
    desktop.get_by_role("button", name="Make Acme primary").click()
    expect(card(desktop, "companies", "Acme").locator(badge)).to_have_text("Primary")


def test_axe_finds_nothing_wrong_with_labels(open_page, deal):
    page = open_page(**DESKTOP)
    found = {}
    page.goto(deal.get_absolute_url())
    found["badges"] = violations(page)
    page.get_by_role("link", name="Add label to Alan Turing").click()
    turing = card(page, "contacts", "Turing")
    turing.get_by_label("Decision maker").check()
    turing.get_by_role("button", name="Save").click()
    expect(turing.get_by_role("alert")).to_be_visible()
    found["form, refused"] = violations(page)
    open_picker(page, "contacts")
    page.get_by_role("checkbox", name="Charles Babbage").check()
    choose(page, "Charles Babbage", "Decision maker")
    found["picker"] = violations(page)
    page.goto(f"/records/deals/{deal.pk}/associations/{deal.ada.pk}/labels/?edit")
    found["page"] = violations(page)
    assert not any(found.values()), found


def test_on_a_phone_labels_are_large_enough_and_nothing_is_wider(open_page, deal):
    page = open_page(**PHONE)
    long = [word for word in offered(deal, deal.ada) if word.label.label == LONG[:100]]
    services.label_pairs({(deal.pk, deal.ada.pk): long}, by=by())

    def fits() -> bool:
        return page.evaluate("document.documentElement.scrollWidth") <= 390

    page.goto(f"{deal.get_absolute_url()}?tab=associations")
    assert fits()
    page.get_by_role("link", name="Edit labels of Ada Lovelace").tap()
    box = page.get_by_role("group", name="Labels of Ada Lovelace").locator(".chip").first
    expect(box).to_be_visible()
    assert fits()
    assert box.bounding_box()["height"] >= 40
    open_picker(page, "contacts")
    page.get_by_role("checkbox", name="Charles Babbage").tap()
    choose(page, "Charles Babbage", LONG[:100])
    assert fits()
    assert page.locator(".sheet__body").evaluate("one => one.scrollWidth <= one.clientWidth")
    page.get_by_role("button", name="Done").tap()
    expect(card(page, "contacts", "Babbage").locator(".label")).to_have_count(1)
