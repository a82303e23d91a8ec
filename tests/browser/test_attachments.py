"""Files on a timeline, in a real browser: added, saved, removed; and none of them runs."""

from playwright.sync_api import expect

from records.models import Attachment, Note
from tests.factories import ContactFactory, make_activity
from tests.records.test_attachments import attach, file

NAME = "<img src=x onerror=\"document.title='ran'\">.txt"


def test_a_file_is_attached_to_a_note_saved_and_removed(desktop, tmp_path):
    ada = ContactFactory()
    plan = tmp_path / "Plan für Łódź.csv"
    plan.write_text("a;b", encoding="utf-8")
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    desktop.locator("#log-notes").click()
    editor = desktop.locator("#timeline-editor form")
    editor.locator("[contenteditable]").first.fill("See the plan")
    editor.get_by_label("Files").set_input_files(plan)
    editor.get_by_role("button", name="Save note").click()

    link = desktop.get_by_role("link", name=plan.name)
    expect(link).to_be_visible()
    with desktop.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == plan.name
    assert download.value.path().read_text() == "a;b"

    desktop.get_by_role("button", name=f"Remove {plan.name}").click()
    expect(link).to_have_count(0)
    desktop.get_by_role("button", name="Undo").last.click()
    expect(desktop.get_by_role("link", name=plan.name)).to_be_visible()


def drop(page, target, path) -> None:
    """Drag a file from outside the browser onto an element, as a person would."""
    box = target.bounding_box()
    at = {"x": box["x"] + 20, "y": box["y"] + 20}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    session.detach()


def test_files_are_dropped_onto_an_editor_on_the_record_page(desktop, tmp_path):
    ada = ContactFactory()
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    desktop.goto(ada.get_absolute_url())
    desktop.locator("#log-notes").click()
    editor = desktop.locator("#timeline-editor form")
    editor.locator("[contenteditable]").first.fill("See the files")
    drop(desktop, editor, tmp_path / "a.txt")
    drop(desktop, editor, tmp_path / "b.txt")  # comes to the first
    expect(editor).not_to_have_class("is-dropping")
    editor.get_by_role("button", name="Save note").click()

    for name in ("a.txt", "b.txt"):
        expect(desktop.locator(".activity").get_by_role("link", name=name, exact=True)).to_be_visible()
    assert {one.name for one in Attachment.objects.filter(record=Note.objects.get())} == {"a.txt", "b.txt"}


def test_files_are_added_to_an_item_and_refused_ones_are_said(desktop, tmp_path):
    ada = ContactFactory()
    note = make_activity("notes", ada, hs_note_body="Hello")
    desktop.goto(f"{ada.get_absolute_url()}?tab=activities")
    item = desktop.locator(f"#activity-{note.pk}")
    item.get_by_role("link", name="Add files").click()
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ\x90")
    item.get_by_label("Files").set_input_files(program)
    item.get_by_role("button", name="Add", exact=True).click()
    expect(item).to_contain_text("“setup.exe” is of a type that cannot be added.")

    text = tmp_path / "a.txt"
    text.write_text("x")
    item.get_by_label("Files").set_input_files(text)
    item.get_by_role("button", name="Add", exact=True).click()
    expect(item.get_by_role("link", name="a.txt", exact=True)).to_be_visible()
    assert Attachment.objects.get().record_id == note.pk


def test_a_file_too_large_is_said_before_it_is_sent(desktop, settings, tmp_path):
    settings.ATTACHMENT_MAX_SIZE = 10
    ada = ContactFactory()
    desktop.goto(f"{ada.get_absolute_url()}attachments/")
    large = tmp_path / "a.txt"
    large.write_text("x" * 11)
    field = desktop.get_by_label("Files")
    field.set_input_files(large)

    expect(desktop.get_by_role("alert")).to_contain_text("a.txt")
    assert field.input_value() == ""


def test_nothing_in_a_file_or_its_name_runs(desktop, settings, problems):
    settings.ATTACHMENT_TYPES = [*settings.ATTACHMENT_TYPES, "html", "svg"]
    ada = ContactFactory()
    note = make_activity("notes", ada, hs_note_body="Hello")
    script = b"<script>document.title='ran'</script>"
    attach(note, file(NAME, script), file("a.html", script))
    attach(note, file("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"/>'))
    for address in (f"{ada.get_absolute_url()}?tab=activities", note.get_absolute_url()):
        desktop.goto(address)
        expect(desktop.get_by_text(NAME).first).to_be_visible()
        assert desktop.title() != "ran"
    for name in ("a.html", "a.svg"):
        with desktop.expect_download():
            desktop.get_by_role("link", name=name).first.click()
    shown = Attachment.objects.get(name=NAME)
    answer = desktop.goto(shown.get_absolute_url())
    assert answer.headers["content-security-policy"].startswith("sandbox")
    expect(desktop.locator("body")).to_contain_text("<script>")
    assert desktop.title() != "ran"


def test_without_script_files_go_along_with_a_note(no_script, tmp_path):
    ada = ContactFactory()
    text = tmp_path / "a.txt"
    text.write_text("x")
    no_script.goto(f"{ada.get_absolute_url()}log/notes/")
    no_script.locator("textarea").first.fill("Hello")
    no_script.get_by_label("Files").set_input_files(text)
    no_script.get_by_role("button", name="Save note").click()

    expect(no_script.get_by_role("link", name="a.txt", exact=True)).to_be_visible()
    no_script.get_by_role("button", name="Remove a.txt").click()
    expect(no_script.get_by_role("link", name="a.txt", exact=True)).to_have_count(0)
    assert Note.objects.count() == 1
