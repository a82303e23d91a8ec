"""The timeline of a record: logging, drafts, what stands above, filters; at a desk and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from records import schema
from records.models import Call, Meeting, Note, Property, Record, Task
from tests.factories import ContactFactory, make_activity

DAY = timedelta(days=1)
RICH = "[role=textbox]"


def open_editor(page: Page, name: str):
    """Press the button of a type; return its editor."""
    page.locator(f"#log-{name}").click()
    editor = page.locator("#timeline-editor [data-activity-editor]")
    expect(editor).to_have_attribute("data-opener", f"log-{name}")
    return editor


def field(editor, name: str):
    """Return a field of an editor."""
    return editor.locator(f"[name=activity-{name}]")


def save(editor) -> None:
    editor.locator(".activity-editor__foot button").click()


def item(page: Page, record):
    """Return an activity on the timeline."""
    return page.locator(f"#activity-{record.pk}")


@pytest.fixture
def ada(grace):
    return ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")


def test_each_type_is_logged_in_place(desktop, ada):
    desktop.goto(ada.get_absolute_url())
    titles = {"emails": "hs_email_subject", "meetings": "hs_meeting_title", "tasks": "hs_task_subject"}
    for name, title in titles.items():
        editor = open_editor(desktop, name)
        expect(field(editor, title)).to_be_focused()
        field(editor, title).fill(f"About {name}")
        save(editor)
        expect(desktop.locator("#timeline")).to_contain_text(f"About {name}")
        expect(desktop.locator(".toast", has_text="saved.").last).to_be_visible()
        expect(desktop.locator("[data-activity-editor]")).to_have_count(0)
    record = Record.objects.get(display_name="About emails").specific
    assert record.hs_email_to_email == "ada@example.com"

    editor = open_editor(desktop, "notes")
    expect(editor.locator(RICH)).to_be_focused()
    desktop.keyboard.press("Control+b")
    desktop.keyboard.type("Rang twice")
    save(editor)
    note = desktop.locator(".activity--notes")
    expect(note.locator("strong")).to_have_text("Rang twice")
    expect(note).to_be_focused()

    editor = open_editor(desktop, "calls")
    save(editor)
    expect(editor.get_by_role("alert")).to_contain_text("Fill in at least one of")
    field(editor, "hs_call_title").fill("Introduction")
    field(editor, "hs_call_duration").fill("12")
    editor.locator(".activity-editor__more > summary").click()
    field(editor, "hs_call_to_number").fill("+44 20 555 0101")
    field(editor, "hs_call_title").press("Enter")
    call = desktop.locator(".activity--calls")
    expect(call).to_contain_text("12 min")
    expect(call).to_contain_text("+44 20 555 0101")
    assert Call.objects.get().hs_call_duration == 720_000

    desktop.locator(".toast", has_text="Call saved.").get_by_role("button", name="Undo").click()
    expect(desktop.locator("#timeline-items")).not_to_contain_text("Introduction")
    expect(desktop.locator("#timeline-items")).to_contain_text("About emails")


def test_escape_closes_an_editor_and_leads_back(desktop, ada):
    desktop.goto(ada.get_absolute_url())
    for name in ("notes", "tasks"):
        editor = open_editor(desktop, name)
        expect(editor.locator(RICH).first).to_be_visible()
        desktop.keyboard.press("Escape")
        expect(editor).to_have_count(0)
        expect(desktop.locator(f"#log-{name}")).to_be_focused()


def test_a_draft_survives_a_reload_until_it_is_saved(desktop, ada):
    desktop.goto(ada.get_absolute_url())
    editor = open_editor(desktop, "meetings")
    field(editor, "hs_meeting_title").fill("Half a thought")
    editor.locator(RICH).first.click()
    desktop.keyboard.type("and its rest")
    desktop.reload()

    editor = open_editor(desktop, "meetings")
    expect(field(editor, "hs_meeting_title")).to_have_value("Half a thought")
    expect(editor.locator(RICH).first).to_contain_text("and its rest")
    expect(editor).to_contain_text("Your draft is back.")
    editor = open_editor(desktop, "notes")
    expect(editor.locator(RICH)).to_have_text("")  # each type has a draft of its own
    editor = open_editor(desktop, "meetings")
    save(editor)
    expect(desktop.locator(".activity--meetings")).to_contain_text("and its rest")
    assert "and its rest" in Meeting.objects.get().hs_meeting_body

    editor = open_editor(desktop, "meetings")
    expect(field(editor, "hs_meeting_title")).to_have_value("")


def test_a_draft_can_be_discarded_and_goes_with_the_session(desktop, ada):
    desktop.goto(ada.get_absolute_url())
    for leave in ("discard", "sign out"):
        editor = open_editor(desktop, "tasks")
        field(editor, "hs_task_subject").fill("Half")
        desktop.keyboard.press("Escape")
        editor = open_editor(desktop, "tasks")
        expect(field(editor, "hs_task_subject")).to_have_value("Half")
        if leave == "discard":
            editor.get_by_role("button", name="Discard it").click()
            expect(field(editor, "hs_task_subject")).to_have_value("")
            desktop.keyboard.press("Escape")
    assert desktop.evaluate("Object.keys(localStorage).length") == 1
    desktop.locator(".topbar__user summary").click()
    desktop.get_by_role("button", name="Sign out").click()
    desktop.wait_for_url("**/accounts/login/**")
    assert desktop.evaluate("Object.keys(localStorage).length") == 0


def test_activities_are_completed_pinned_edited_and_archived_in_place(desktop, ada):
    now = timezone.now()
    task = make_activity("tasks", ada, hs_task_subject="Call back", hs_timestamp=now - DAY)
    note = make_activity("notes", ada, hs_note_body="Old news", hs_timestamp=now - 40 * DAY)
    make_activity("calls", ada, hs_call_title="Recent", hs_timestamp=now - 2 * DAY)
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    expect(desktop.locator(".timeline__heading")).to_have_text(["Upcoming"])
    expect(item(desktop, task)).to_contain_text("Overdue")

    desktop.get_by_role("button", name="Complete Call back").click()
    expect(desktop.locator(".timeline__heading")).to_have_count(0)
    expect(item(desktop, task)).to_have_class("activity activity--tasks is-done")
    assert Task.objects.get().hs_task_status == "COMPLETED"
    desktop.get_by_role("button", name="Reopen Call back").click()
    expect(desktop.locator(".timeline__heading")).to_have_text(["Upcoming"])

    item(desktop, note).locator(".activity__menu summary").press("Enter")
    desktop.get_by_role("button", name="Pin", exact=True).press("Enter")
    expect(desktop.locator(".timeline__heading")).to_have_text(["Pinned", "Upcoming"])
    expect(item(desktop, note)).to_be_focused()
    expect(item(desktop, note)).to_have_count(1)

    item(desktop, note).locator(".activity__menu summary").click()
    item(desktop, note).get_by_role("link", name="Edit").click()
    expect(item(desktop, note).locator(RICH)).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(item(desktop, note)).to_contain_text("Old news")
    item(desktop, note).locator(".activity__menu summary").click()
    item(desktop, note).get_by_role("link", name="Edit").click()
    item(desktop, note).locator(RICH).fill("Good news")
    save(item(desktop, note))
    expect(desktop.locator(".toast", has_text="Note saved.")).to_be_visible()
    expect(item(desktop, note)).to_contain_text("Good news")
    assert "Good news" in Note.objects.get().hs_note_body

    item(desktop, note).locator(".activity__menu summary").click()
    item(desktop, note).get_by_role("button", name="Archive").click()
    expect(item(desktop, note)).to_have_count(0)
    desktop.get_by_role("button", name="Undo").last.click()
    expect(item(desktop, note)).to_contain_text("Good news")
    expect(desktop).to_have_url(f"{desktop.url.split('/records')[0]}{ada.get_absolute_url()}?tab=activities")


def test_filters_narrow_the_timeline_and_stand_in_the_address(desktop, ada, grace):
    for number in range(3):
        make_activity("calls", ada, hs_call_title=f"Call {number}", hs_call_body="bicycles" * (number == 1))
    make_activity("notes", ada, actor=grace, hs_note_body="By Grace")
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    items = desktop.locator(".activity")
    expect(items).to_have_count(4)

    desktop.locator(".timeline__types label", has_text="Calls").click()
    expect(items).to_have_count(3)
    desktop.get_by_text("More filters").click()
    desktop.get_by_label("Text").fill("bicycle")
    expect(items).to_have_count(1)
    expect(desktop.get_by_label("Text")).to_be_focused()
    assert "type=calls" in desktop.url
    assert "q=bicycle" in desktop.url

    desktop.reload()
    expect(items).to_have_count(1)
    desktop.get_by_role("link", name="Clear filters").click()
    expect(items).to_have_count(4)
    desktop.get_by_text("More filters").click()
    desktop.get_by_label("Person").select_option(label="grace")
    expect(items).to_have_count(1)
    desktop.go_back()
    expect(items).to_have_count(4)


def test_a_long_timeline_goes_on_by_itself(desktop, ada):
    now = timezone.now()
    for number in range(60):
        make_activity("notes", ada, hs_note_body=f"Note {number}.", hs_timestamp=now - number * DAY)
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    items = desktop.locator(".activity")
    expect(items).to_have_count(24)  # and the line that says when the contact was made
    for count in (49, 60):
        desktop.keyboard.press("End")
        expect(items).to_have_count(count)
    months = desktop.locator(".timeline__month").all_text_contents()
    assert len(months) == len(set(months))
    expect(desktop.locator("#timeline-items")).to_contain_text("Contact created")


def test_a_note_is_written_on_a_phone(phone, ada):
    phone.goto(ada.get_absolute_url())
    phone.get_by_role("link", name="Activity", exact=True).click()
    editor = open_editor(phone, "notes")
    editor.locator(RICH).fill("From the train")
    save(editor)
    expect(phone.locator(".activity--notes")).to_contain_text("From the train")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_activity_is_logged_without_script(no_script, ada):
    no_script.goto(f"{ada.get_absolute_url()}?tab=activities")
    no_script.locator("#log-tasks").click()
    no_script.locator("[name=activity-hs_task_subject]").fill("Send the offer")
    no_script.get_by_role("button", name="Save task").click()
    expect(no_script.locator(".activity--tasks")).to_contain_text("Send the offer")
    no_script.get_by_role("button", name="Complete Send the offer").click()
    expect(no_script.locator(".activity--tasks.is-done")).to_have_count(1)


# --- Markup that somebody else wrote ----------------------------------------------------------------------

ATTACKS = (
    "<script>window.pwned = 1; alert(1)</script>",
    '"><img src=x onerror="window.pwned = 1; alert(1)">',
    "<svg onload='window.pwned = 1'></svg><a href='javascript:window.pwned=1'>x</a>",
    "'-window.pwned=1-'</textarea><iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "{{ 7|add:7 }}</style><math><mi xlink:href='javascript:alert(1)'>",
)
WRITTEN = (Property.FieldType.TEXT, Property.FieldType.TEXTAREA, Property.FieldType.HTML)
HARM = """() => [...document.querySelectorAll(
    'main :is(script, iframe, math, img[src=x], [onload], [onerror], [href^="javascript:"])'
)].map((one) => one.outerHTML)"""


def test_markup_in_any_text_of_any_activity_does_nothing(desktop, ada):
    said = []
    desktop.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    activities = []
    for kind in schema.current().activity_types:
        written = [prop for prop in kind.properties.values() if prop.field_type in WRITTEN]
        assert written
        for number, attack in enumerate(ATTACKS):
            values = {prop.name: f"before {attack} after" for prop in written}
            at = "hs_meeting_start_time" if kind.name == "meetings" else "hs_timestamp"
            values[at] = timezone.now() - number * DAY
            activities.append(make_activity(kind.name, ada, **values))
    pages = [f"{ada.get_absolute_url()}{query}" for query in ("", "?tab=activities", "preview/")]
    for activity in activities[:: len(ATTACKS)] + activities[1 :: len(ATTACKS)]:
        own = f"{ada.get_absolute_url()}timeline/{activity.pk}/edit/"
        pages += [activity.get_absolute_url(), own]
    for address in pages:
        desktop.goto(address)
        for fold in desktop.locator("main details:not(.menu) > summary").all()[:4]:
            if fold.is_visible():
                fold.click()
        assert desktop.evaluate(HARM) == [], address
        assert desktop.evaluate("window.pwned") is None, address
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    expect(desktop.locator(".activity").first).to_contain_text("before")

    editor = open_editor(desktop, "notes")
    desktop.evaluate(
        "(text) => { const box = document.querySelector('#timeline-editor textarea'); box.value = text; }",
        f"<p>typed {ATTACKS[1]}</p>",
    )
    save(editor)
    expect(desktop.locator(".activity", has_text="typed")).to_have_count(1)
    assert desktop.evaluate(HARM) == []
    assert said == []
