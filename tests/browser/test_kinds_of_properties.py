"""Every kind of property that is added: created, edited in place, listed and filtered in a browser."""

import re

import pytest
from playwright.sync_api import expect

from records import definition
from records.models import CustomRecord
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

EVIL = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '<a href="javascript:alert(1)">click</a>',
    '<a href="java&#10;script:alert(1)">click</a>',
    "<svg/onload=alert(1)>",
    "<p onclick=alert(1) style='position:fixed;inset:0'>over</p>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<form action=/accounts/logout/><button>gift</button></form>",
    "\"><svg onload=alert(1)><p title='",
    "<x/><template><img src=x onerror=alert(1)></template>",
]


@pytest.fixture
def viewings(live_server, django_db_serialized_rollback):
    """A type whose records have a property of each kind."""
    properties = {
        "title": {"required": True},
        "when": {"type": "datetime"},
        "notes": {"type": "html", "searchable": True, "rules": {"max_length": 100}},
        "discount": {"type": "percentage", "default": 5, "rules": {"max": 100}},
        "paid": {"label": "Deposit paid", "type": "booleancheckbox", "default": False},
        "source": {"type": "radio", "options": {"web": "Our website", "friend": "A friend"}},
        "wishes": {"type": "checkbox", "options": {"garden": "Garden", "lift": "Lift", "view": "A view"}},
        "country": {"type": "country", "default": "PL"},
        "agent": {"type": "user"},
        "rooms": {"type": "number"},
        "code": {"rules": {"pattern": r"[A-Z]{2}-\d+"}},
    }
    columns = list(properties)[1:]
    definition.apply(
        {
            "objects": {
                "viewings": {
                    "singular": "Viewing",
                    "plural": "Viewings",
                    "columns": columns,
                    "groups": {"about": {"properties": properties}},
                }
            }
        }
    )


def text(page):
    """Return the editor's text; before the editor is there, a box has its name."""
    return page.locator(".rich-text-editor").get_by_role("textbox", name="Notes")


def create(page, title="Lime Street 5"):
    """Open the form and fill in what is required; return the form."""
    page.goto("/records/viewings/")
    page.get_by_role("link", name="Create viewing").first.click()
    expect(text(page)).to_be_visible()
    page.locator("[name=new-title]").fill(title)
    return page.get_by_role("dialog")


def test_a_record_with_every_kind_of_property(desktop, viewings, grace):
    page = desktop
    form = create(page)
    expect(form.get_by_label("Discount")).to_have_value("5")
    expect(form.get_by_label("Country")).to_have_value("PL")
    form.get_by_label("When").fill("2026-12-01T18:30")
    text(page).click()
    page.keyboard.type("Bright and ")
    page.keyboard.press("Control+b")
    page.keyboard.type("quiet")
    form.get_by_label("Discount").fill("150")
    form.get_by_role("group", name="Source").get_by_label("A friend").check()
    for wish in ("A view", "Garden"):
        form.get_by_role("group", name="Wishes").get_by_label(wish).check()
    form.get_by_label("Agent").select_option(label="grace")
    form.get_by_label("Rooms").fill("-3.5")
    form.get_by_label("Code").fill("nope")
    form.get_by_role("button", name="Create").click()

    expect(page.get_by_text("Enter 100% or less.")).to_be_visible()
    expect(page.get_by_text(re.compile("This is not written as it has to be"))).to_be_visible()
    expect(text(page)).to_have_text("Bright and quiet")  # nothing is lost
    expect(form.get_by_role("group", name="Wishes").get_by_label("A view")).to_be_checked()
    form.get_by_label("Discount").fill("12.5 %")
    form.get_by_label("Code").fill("AB-7")
    form.get_by_role("button", name="Create").click()

    page.wait_for_url(re.compile(r"/records/viewings/\d+/"))
    record = CustomRecord.objects.get(display_name="Lime Street 5")
    assert record.properties == {
        "title": "Lime Street 5",
        "when": "2026-12-01T18:30:00.000Z",
        "notes": "<p>Bright and <strong>quiet</strong></p>",
        "discount": 12.5,
        "paid": False,
        "source": "friend",
        "wishes": ["garden", "view"],
        "country": "PL",
        "agent": grace.pk,
        "rooms": -3.5,
        "code": "AB-7",
    }
    expect(page.locator("#property-notes strong")).to_have_text("quiet")

    edits = {
        "when": (lambda form: form.get_by_label("When").fill("2026-12-02T10:00"), "Dec. 2, 2026, 10 a.m."),
        "discount": (lambda form: form.get_by_label("Discount").fill("7"), "7%"),
        "paid": (lambda form: form.get_by_label("Deposit paid").select_option("true"), "Yes"),
        "source": (lambda form: form.get_by_label("Our website").check(), "Our website"),
        "wishes": (lambda form: form.get_by_label("Lift").check(), "Garden Lift A view"),
        "country": (lambda form: form.get_by_label("Country").select_option("CI"), "Côte d’Ivoire"),
        "agent": (lambda form: form.get_by_label("Agent").select_option(""), "—"),
        "notes": (lambda form: text(page).press_sequentially(" indeed"), "Bright and quiet indeed"),
    }
    for name, (change, shown) in edits.items():
        block = page.locator(f"#property-{name}")
        block.locator(".property__edit").click()
        expect(block.get_by_role("button", name="Save")).to_be_visible()
        if name == "notes":
            expect(text(page)).to_be_focused()
            page.keyboard.press("End")
        else:
            expect(block.locator(":is(input, select):focus")).to_have_count(1)
        change(block)
        block.get_by_role("button", name="Save").click()
        expect(block.locator(".property__text")).to_have_text(shown, use_inner_text=name != "wishes")

    page.goto("/records/viewings/")
    row = page.get_by_role("row", name=re.compile("Lime Street"))
    for shown in ("7%", "Yes", "Our website", "Garden", "Côte d’Ivoire", "Bright and quiet indeed", "-3.5"):
        expect(row).to_contain_text(shown)
    assert row.locator("strong").count() == 0  # a line of plain text


FILTERS = [  # property, operator, choice to tick, value to type, the filter as a phrase
    ("wishes", "has all of", "Garden", "", "Wishes has all of Garden"),
    ("paid", "is", "No", "", "Deposit paid is No"),
    ("source", "is any of", "A friend", "", "Source is any of A friend"),
    ("country", "is any of", "Poland", "", "Country is any of Poland"),
    ("agent", "is any of", "grace", "", "Agent is any of grace"),
    ("when", "is on", "", "2026-12-01", "When is on 2026-12-01"),
    ("discount", "≥", "", "5", "Discount ≥ 5"),
    ("rooms", "<", "", "-0.5", "Rooms < -0.5"),
    ("notes", "has a value", "", "", "Notes has a value"),
]


def test_a_list_is_filtered_by_every_kind(desktop, viewings, grace, client):
    client.force_login(grace)
    found = {
        "new-title": "Found",
        "new-when": "2026-12-01T18:30",
        "new-notes": "Quiet",
        "new-discount": "5",
        "new-paid": "false",
        "new-source": "friend",
        "new-wishes": ["garden", "view"],
        "new-country": "PL",
        "new-agent": str(grace.pk),
        "new-rooms": "-3.5",
    }
    assert client.post("/records/viewings/new/", found).status_code == 302
    assert client.post("/records/viewings/new/", {"new-title": "Other"}).status_code == 302
    page = desktop
    for name, operator, choice, value, phrase in FILTERS:
        page.goto(f"/records/viewings/?edit_filter={name}")
        page.get_by_label(re.compile("^Condition for")).select_option(label=operator)
        if choice:
            page.locator(".filter-editor").get_by_label(choice, exact=True).check()
        if value:
            page.get_by_label("Value", exact=True).fill(value)
        page.get_by_role("button", name="Apply").click()

        expect(page.locator(".chip.is-active")).to_have_text(phrase)
        expect(page.get_by_role("link", name="Found")).to_be_visible()
        expect(page.get_by_role("link", name="Other")).to_have_count(0)


def test_the_editor_is_used_by_keyboard_and_tab_leads_out_of_it(desktop, viewings):
    page = desktop
    form = create(page)
    text(page).focus()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Bold")).to_be_focused()
    for _press in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="List", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(text(page)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    page.keyboard.press("Tab")  # not an indent
    expect(form.get_by_label("Discount")).to_be_focused()
    expect(page.locator("textarea[name=new-notes]")).to_have_value(
        "<ul><li><p>one</p></li><li><p>two</p></li></ul>"
    )
    form.get_by_text("Notes", exact=True).click()
    expect(text(page)).to_be_focused()


def test_axe_finds_nothing_in_a_form_with_every_kind(desktop, viewings):
    page = desktop
    form = create(page)
    form.get_by_label("Discount").fill("150")
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Enter 100% or less.")).to_be_visible()
    expect(text(page)).to_be_visible()

    assert violations(page) == []


def test_a_link_is_made_and_removed(desktop, viewings):
    page = desktop
    form = create(page)
    text(page).click()
    page.keyboard.type("price")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Link", exact=True).click()
    form.get_by_label("Address of the link").fill("example.com/p?a=1&b=2")
    page.keyboard.press("Enter")
    kept = page.locator("textarea[name=new-notes]")
    expect(kept).to_have_value('<p><a href="https://example.com/p?a=1&amp;b=2">price</a></p>')

    page.get_by_role("button", name="Link", exact=True).first.click()
    page.get_by_role("button", name="Remove link").click()

    expect(kept).to_have_value("<p>price</p>")


def test_pages_without_rich_text_fetch_no_editor(desktop, viewings):
    fetched = []
    desktop.on("request", lambda request: fetched.append(request.url))

    desktop.goto("/records/contacts/new/")
    desktop.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "rich-text.js" in url or "prose_editor" in url]

    desktop.goto("/records/viewings/new/")
    expect(text(desktop)).to_be_visible()
    assert [url for url in fetched if "prose_editor" in url]


def test_nothing_that_is_written_in_rich_text_executes(desktop, viewings, grace, client):
    client.force_login(grace)
    page = desktop
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    for number, evil in enumerate(EVIL):
        answer = client.post(
            "/records/viewings/new/", {"new-title": f"Evil {number}", "new-notes": f"<p>x</p>{evil}"}
        )
        assert answer.status_code == 302, evil
        # Around the forms, as older data or another program may: it is made safe where it is shown, too.
        record = CustomRecord.objects.get(display_name=f"Evil {number}")
        record.properties["notes"] = f"<p>x</p>{evil}"
        CustomRecord.objects.filter(pk=record.pk).update(properties=record.properties)
        page.goto(record.get_absolute_url())
        shown = page.locator("#property-notes .rich-text")
        expect(shown).to_be_visible()
        assert shown.locator("script, img, svg, iframe, form, [onclick], [style], [href^=java]").count() == 0
        page.locator("#property-notes .property__edit").click()
        expect(text(page)).to_be_visible()
        for link in page.locator("#property-notes a[href]:not([data-cancel])").all():
            link.click()
    page.goto("/records/viewings/")
    expect(page.get_by_role("row")).to_have_count(len(EVIL) + 1)
    assert said == []


def test_without_script_there_is_a_box_and_lines_become_paragraphs(no_script, viewings):
    page = no_script
    page.goto("/records/viewings/new/")
    page.get_by_label("Title").fill("Plain")
    page.get_by_label("Notes").fill("Tea < coffee\n\nand cake")
    page.get_by_role("group", name="Wishes").get_by_label("Lift").check()
    page.get_by_role("button", name="Create").click()

    expect(page.locator("#property-notes .rich-text p")).to_have_text(["Tea < coffee", "and cake"])
    expect(page.locator("#property-wishes")).to_contain_text("Lift")
