"""Properties, groups and pipelines in the browser: names while typing, conversion, what a stage requires."""

import pytest
from playwright.sync_api import Page, expect

from records import conversion, definition, schema
from records.models import Stage
from records.settings_forms.common import internal_name
from tests.browser.test_accessibility import violations
from tests.factories import ContactFactory, DealFactory

LABELS = (
    "Asking price",
    "  Größe der Tür (m²) ",
    "Straße & Łódź – naïve café",
    "a__b--c d",
    "3D print",
    "ﬁne Ⅳ ½ ｆｕｌｌ",
    "سعر الطلب",
    "İstanbul IĞDIR",
    "mixed_CASE-and.dots/slashes",
    "tab\tand nbsp",
    "🏠 House 🏠",
    "K (Kelvin) Å",
    "___",
    "x" * 99 + " yz",
)


def add_contact_property(page: Page, label: str, field_type: str) -> None:
    """Add a property to contacts in the panel."""
    page.goto("/settings/objects/contacts/properties/")
    page.get_by_role("link", name="Add property").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Label").fill(label)
    panel.get_by_label("Type").select_option(label=field_type)
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name=label, exact=True)).to_be_visible()


def test_the_internal_name_is_written_while_the_label_is_typed(desktop):
    desktop.goto("/settings/objects/contacts/properties/new/")
    label, name = desktop.get_by_label("Label"), desktop.get_by_label("Internal name")

    for text in LABELS:
        label.fill("")
        label.fill(text)
        assert name.input_value() == internal_name(text, 100), text
    label.fill("Shoe")
    name.fill("mine")
    label.fill("Shoe size")
    expect(name).to_have_value("mine")
    name.fill("")
    label.fill("Shoe sizes")
    expect(name).to_have_value("shoe_sizes")

    desktop.goto("/settings/objects/new/")
    desktop.get_by_label("Plural").fill("Property viewings")
    desktop.get_by_label("Singular").fill("Property viewing")
    expect(desktop.get_by_label("Internal name")).to_have_value("property_viewings")


def test_the_form_shows_what_means_something_for_the_type_and_keeps_what_is_typed(desktop):
    desktop.goto("/settings/objects/deals/properties/")
    desktop.get_by_role("link", name="Add property").click()
    panel = desktop.get_by_role("dialog")
    panel.get_by_label("Label").fill("Rooms")
    expect(panel.get_by_label("Pattern")).to_be_visible()
    expect(panel.get_by_label("Options")).to_have_count(0)

    panel.get_by_label("Type").focus()
    panel.get_by_label("Type").select_option(label="Number")
    expect(panel.get_by_label("Pattern")).to_have_count(0)
    expect(panel.get_by_label("At least")).to_be_visible()
    expect(panel.get_by_label("Label")).to_have_value("Rooms")
    expect(panel.get_by_label("Type")).to_be_focused()
    panel.get_by_label("Label").fill("Rooms wanted")
    expect(panel.get_by_label("Internal name")).to_have_value("rooms_wanted")

    expect(panel.get_by_label("From this stage on")).to_be_hidden()
    panel.get_by_label("Required").select_option(label="From a stage of the pipeline on")
    expect(panel.get_by_label("From this stage on")).to_be_visible()
    assert violations(desktop) == []
    panel.get_by_label("Default").fill("many")
    panel.get_by_label("From this stage on").select_option(label="Contract sent")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(panel.get_by_text("Enter a number.")).to_be_visible()
    panel.get_by_label("Default").fill("")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(desktop.get_by_text("Required later")).to_be_visible()


def test_a_stage_asks_for_what_it_requires_from_the_bar_and_in_place(desktop):
    group = schema.current().type("deals").groups[0].name
    given = {name: {"required_from": {"default": "contractsent"}} for name in ("amount", "description")}
    definition.apply({"objects": {"deals": {"groups": {group: {"properties": given}}}}})
    first, second = DealFactory(amount=None), DealFactory(amount=5)

    desktop.goto(first.get_absolute_url())
    desktop.get_by_role("button", name="Contract sent").click()
    expect(desktop.get_by_text("“Contract sent” needs more of this record.")).to_be_visible()
    expect(desktop.get_by_label("Amount")).to_be_focused()
    assert violations(desktop) == []
    desktop.get_by_label("Amount").fill("1200")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_text("This field is required.")).to_be_visible()
    expect(desktop.get_by_role("heading", level=1, name="Edit Deal stage")).to_be_visible()
    expect(desktop.get_by_label("Amount")).to_have_value("1200")
    desktop.get_by_label("Description").fill("A rebuild")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_role("heading", level=1, name=str(first))).to_be_visible()

    desktop.goto(second.get_absolute_url())
    box = desktop.locator("#property-dealstage")
    box.get_by_role("link", name="Edit Deal stage").click()
    box.locator("select").select_option(label="Contract sent")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_label("Amount")).to_have_count(0)
    box.get_by_label("Description").fill("Another")
    box.get_by_role("button", name="Save").click()
    expect(box).to_contain_text("Contract sent")
    expect(desktop.locator("#property-description")).to_contain_text("Another")

    for deal in (first, second):
        deal.refresh_from_db()
        assert deal.dealstage.name == "contractsent"
        assert deal.description


def test_a_property_gets_another_type_is_archived_and_restored(desktop):
    add_contact_property(desktop, "Budget", "Single-line text")
    for value in ("12", "a lot"):
        ContactFactory(properties={"budget": value})

    desktop.get_by_role("link", name="Budget", exact=True).click()
    panel = desktop.get_by_role("dialog")
    panel.get_by_role("link", name="Change type").click()
    desktop.get_by_label("New type").select_option(label="Number")
    desktop.get_by_role("button", name="Preview").click()
    expect(desktop.get_by_role("cell", name="a lot")).to_be_visible()
    assert violations(desktop) == []
    desktop.get_by_role("button", name="Change type").click()
    expect(desktop.get_by_text("1 value does not convert, so nothing was changed.")).to_be_visible()
    desktop.get_by_label("Is emptied").check()
    desktop.get_by_role("button", name="Change type").click()
    expect(desktop.locator(".toast")).to_contain_text("1 value converted")
    assert schema.current().type("contacts").properties["budget"].field_type == "number"

    desktop.get_by_role("link", name="Budget", exact=True).click()
    panel.get_by_role("link", name="Archive").click()
    expect(panel).to_contain_text("1 record has a value of it")
    panel.locator(".sheet__foot").get_by_role("button", name="Archive").click()
    expect(desktop.get_by_role("heading", name="Archived")).to_be_visible()
    assert violations(desktop) == []
    desktop.get_by_role("button", name="Restore Budget").click()
    expect(desktop.get_by_role("link", name="Budget", exact=True)).to_be_visible()


def test_groups_and_pipelines_are_ordered_and_deleted(desktop, phone):
    panel = desktop.get_by_role("dialog")
    desktop.goto("/settings/objects/deals/properties/")
    desktop.get_by_role("link", name="Add group").click()
    panel.get_by_label("Name").fill("Parking")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    desktop.get_by_role("button", name="Move Parking up").click()
    desktop.get_by_role("link", name="Delete About this deal").click()
    panel.get_by_label("Move its").select_option(label="Parking")
    panel.locator(".sheet__foot").get_by_role("button", name="Delete").click()
    expect(desktop.get_by_role("heading", name="About this deal")).to_have_count(0)
    expect(desktop.get_by_role("link", name="Amount", exact=True)).to_be_visible()

    deal = DealFactory()
    desktop.goto("/settings/objects/deals/pipelines/")
    desktop.get_by_role("link", name="Add pipeline").click()
    panel.get_by_label("Name").fill("Renewals")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    desktop.get_by_role("link", name="In progress", exact=True).click()
    panel.get_by_label("What it means", exact=True).select_option(label="Closed: won")
    expect(panel.get_by_label("Probability")).to_be_hidden()
    panel.get_by_label("Purple").check()
    assert violations(desktop) == []
    panel.locator(".sheet__foot").get_by_role("button", name="Save").click()
    expect(desktop.locator(".tint--purple")).to_be_visible()
    desktop.get_by_role("button", name="Move Renewals up").click()
    assert violations(desktop) == []
    desktop.get_by_role("link", name="Delete Sales pipeline").click()
    panel.get_by_label("Move its 1 record to").select_option(label="Renewals – In progress")
    panel.locator(".sheet__foot").get_by_role("button", name="Delete").click()
    expect(desktop.get_by_role("heading", name="Sales pipeline")).to_have_count(0)
    deal.refresh_from_db()
    assert str(deal.dealstage) == "In progress"

    for page in ("properties/", "properties/new/", "pipelines/"):
        phone.goto(f"/settings/objects/deals/{page}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("colour", Stage.Colour.values)
def test_every_colour_is_readable_as_badge_and_in_the_bar(desktop, colour):
    deal = DealFactory()
    Stage.objects.filter(pk=deal.dealstage_id).update(colour=colour)
    schema.data_model_changed()

    desktop.goto(deal.get_absolute_url())
    expect(desktop.locator(f".stage.tint--{colour}.is-current")).to_be_visible()
    assert violations(desktop) == []


def test_without_script_a_type_is_changed_and_a_stage_asks(no_script):
    group = schema.current().type("deals").groups[0].name
    given = {"description": {"required_from": {"default": "contractsent"}}, "size": {"type": "text"}}
    definition.apply({"objects": {"deals": {"groups": {group: {"properties": given}}}}})
    deal = DealFactory(properties={"size": "7"})

    no_script.goto("/settings/objects/deals/properties/size/edit/")
    no_script.get_by_role("link", name="Change type").click()
    no_script.get_by_label("New type").select_option(label="Number")
    no_script.get_by_role("button", name="Preview").click()
    no_script.get_by_role("button", name="Change type").click()
    assert not conversion.targets(schema.current().type("deals").properties["size"]).count("number")

    no_script.goto(deal.get_absolute_url())
    no_script.get_by_role("button", name="Contract sent").click()
    no_script.get_by_label("Description").fill("Done")
    no_script.get_by_role("button", name="Save").click()
    deal.refresh_from_db()
    assert deal.dealstage.name == "contractsent"
