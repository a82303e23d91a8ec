"""Files of activities: in the editor, on the timeline, through merges, and gone with an erased contact."""

from urllib.parse import urlencode

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from associations.merging import merge
from associations.timeline import Timeline
from records import attachments, erasing, schema, undo
from records.models import Attachment, Change, Erasure, Note
from tests.factories import ContactFactory, by, make_activity
from tests.records.test_attachments import attach, file, storage, stored

from .test_logging import from_page, url, values

__all__ = ["storage"]  # a fixture, used by all of them

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    return ContactFactory()


def posted(*files, **given) -> dict:
    return {**values(**given), "files": list(files)}


# --- In the editor --------------------------------------------------------------------------------------


def test_an_activity_is_logged_with_its_files_in_one_change(signed_in, user, contact):
    page = signed_in.get(url(contact, "log", "notes")).text
    assert 'enctype="multipart/form-data"' in page
    assert 'name="files"' in page

    data = posted(file("a.txt"), file("b.pdf", b"%PDF-1"), hs_note_body="Hello")
    answer = signed_in.post(url(contact, "log", "notes"), data)

    rows = Attachment.objects.order_by("pk")
    assert [row.name for row in rows] == ["a.txt", "b.pdf"]
    assert {row.record_id for row in rows} == {Note.objects.get().pk}
    change = Change.objects.get(attachment_events__attachment=rows[0])
    assert change.actor == user
    assert change == Change.objects.get(pk=Note.history.get().change_id)
    html = signed_in.get(answer.url).text
    assert all(row.get_absolute_url() in html for row in rows)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("a.exe", b"x")], "of a type that cannot be added"),
        ([("a.txt", b"")], "is empty"),
        ([("a.txt", b"x"), ("b.txt", b"x" * 101)], "is larger than 100"),
        ([("a.txt", b"x")] * 4, "Up to 3 files"),
    ],
)
def test_a_refused_file_keeps_all_that_was_typed(signed_in, contact, settings, files, why):
    settings.ATTACHMENT_MAX_SIZE, settings.ATTACHMENT_MAX_FILES = 100, 3
    data = posted(*(file(*one) for one in files), hs_note_body="What I typed")

    for headers in ({}, from_page(contact)):
        answer = signed_in.post(url(contact, "log", "notes"), data, headers=headers)
        for one in data["files"]:
            one.seek(0)

        assert answer.status_code == 422
        assert "What I typed" in answer.text
        assert why in answer.text
        assert "None of the files was kept" in answer.text
    assert not Note.objects.exists()
    assert stored() == set()


def test_a_form_that_is_refused_for_another_reason_says_that_files_have_to_be_chosen_again(
    signed_in, contact
):
    data = posted(file(), hs_timestamp="nonsense", hs_note_body="Hello")

    answer = signed_in.post(url(contact, "log", "notes"), data)

    assert answer.status_code == 422
    assert "Choose the files again" in answer.text
    assert stored() == set()


def test_an_edited_activity_gets_more_files(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Hello")
    attach(note)
    address = url(contact, "timeline", note.pk, "edit")

    signed_in.post(address, posted(file("b.txt"), hs_note_body="Hello", hs_timestamp=""))

    assert [row.name for row in Attachment.objects.order_by("pk")] == ["notes.txt", "b.txt"]


def test_a_request_that_is_too_large_is_not_read(signed_in, contact, settings, monkeypatch):
    monkeypatch.setattr("records.uploads.SLACK", 1_000)
    settings.ATTACHMENT_MAX_SIZE, settings.ATTACHMENT_MAX_FILES = 100, 3
    data = posted(file("a.txt", b"x" * 2_000), hs_note_body="Hello")

    answer = signed_in.post(url(contact, "log", "notes"), data)
    assert answer.status_code == 413
    assert "This is too much at once" in answer.text
    data["files"][0].seek(0)
    answer = signed_in.post(url(contact, "log", "notes"), data, headers=from_page(contact))
    assert (answer.status_code, answer["HX-Reswap"]) == (413, "none")
    assert not Note.objects.exists()


# --- On the timeline, and on the record's page -----------------------------------------------------------


def test_files_are_added_to_an_item_and_removed_with_an_undo(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Hello")
    address = url(note, "attachments")
    page = signed_in.get(f"{url(contact)}?tab=activities").text
    assert address in page

    form = signed_in.get(address, headers=from_page(contact)).text
    assert 'name="files"' in form
    refused = signed_in.post(address, headers=from_page(contact))
    assert refused.status_code == 422
    assert "Choose a file first." in refused.text
    added = signed_in.post(address, {"files": [file("a.txt")]}, headers=from_page(contact))
    row = Attachment.objects.get()
    assert row.get_absolute_url() in added.text
    assert "1 file added." in added.text
    assert 'name="files"' not in added.text

    removed = signed_in.post(url(note, "attachments", row.pk, "remove"), headers=from_page(contact))
    assert row.get_absolute_url() not in removed.text
    assert "“a.txt” removed." in removed.text
    change = Change.objects.latest("pk")
    signed_in.post(f"/history/{change.pk}/undo/", {"back": url(contact)})
    assert Attachment.objects.live().get() == row


def test_files_are_added_and_removed_without_script(signed_in, contact):
    page = signed_in.get(url(contact)).text
    address = url(contact, "attachments")
    assert address in page
    assert "<h1" in signed_in.get(address).text

    back = f"{url(contact)}?tab=activities"
    answer = signed_in.post(address, {"files": [file("a.txt")], "back": back})
    assert answer.url == back
    row = Attachment.objects.get()
    assert row.get_absolute_url() in signed_in.get(url(contact)).text
    answer = signed_in.post(url(contact, "attachments", row.pk, "remove"), {"back": "https://evil.example/"})
    assert answer.url == url(contact)
    assert signed_in.post(url(contact, "attachments", row.pk, "remove")).status_code == 404
    assert signed_in.get(url(contact, "attachments", row.pk, "remove")).status_code == 405


def test_another_records_file_is_not_removed_by_way_of_this_one(signed_in, contact):
    row = attach(ContactFactory())

    assert signed_in.post(url(contact, "attachments", row.pk, "remove")).status_code == 404
    assert Attachment.objects.live().get() == row


def test_names_are_texts_wherever_they_stand(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Hello")
    attach(note, file("<img src=x onerror=alert(1)>'\".txt"))

    for address in (f"{url(contact)}?tab=activities", url(note), f"{url(note)}?tab=history"):
        page = signed_in.get(address).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_the_preview_tells_only_how_many(signed_in, contact):
    note = make_activity("notes", contact, hs_note_body="Hello")
    attach(note, file("a.txt"), file("b.txt"))

    page = signed_in.get(url(contact, "preview"), headers=from_page(contact)).text

    assert '2<span class="visually-hidden"> files</span>' in page
    assert "a.txt" not in page


def test_a_timeline_takes_as_many_queries_with_many_files_as_without(contact):
    def queries() -> int:
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            shown = Timeline(contact, None, QueryDict(urlencode({"tab": "activities"})), whole=True)
            assert len(shown.rows) == 11  # and how the contact came to be
        return len(captured)

    notes = [make_activity("notes", contact, hs_note_body=f"Note {number}") for number in range(10)]
    before = queries()
    for note in notes:
        attach(note, file(), file())

    assert queries() == before


# --- Merge, and erase -----------------------------------------------------------------------------------


def test_a_merge_brings_the_files_over_and_its_undo_takes_them_back(user, contact):
    other = ContactFactory()
    own, coming, removed = attach(contact), attach(other, file("b.txt")), attach(other)
    attachments.remove([removed], by=by())

    change = merge(contact, other, by=by(user))

    assert set(Attachment.objects.live().filter(record=contact)) == {own, coming}
    assert Attachment.objects.visible_to(user).count() == 2
    later = attach(contact, file("later.txt"))
    report = undo.undo(change, by=by(user))
    assert "2 files go back to their records." in report.lines
    assert set(Attachment.objects.live().filter(record=other)) == {coming}
    assert set(Attachment.objects.live().filter(record=contact)) == {own, later}


def test_files_that_came_back_by_an_undo_can_be_erased_on_either_side(
    user, contact, django_capture_on_commit_callbacks
):
    other = ContactFactory()
    attach(other)
    undo.undo(merge(contact, other, by=by(user)), by=by(user))

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase([other.pk], by=by(), kind=Erasure.Kind.PRIVACY)

    connection.check_constraints()
    assert stored() == set()
    assert not Attachment.objects.exists()


def test_nothing_in_the_storage_tells_of_an_erased_contact(contact, django_capture_on_commit_callbacks):
    secret = b"zq@secret.example"
    attach(contact, SimpleUploadedFile("Zoë.txt", secret))
    attach(ContactFactory(), file("other.txt", b"Another's"))

    def held() -> list[bytes]:
        return sorted(default_storage.open(path).read() for path in stored())

    assert secret in held()
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase([contact.pk], by=by(), kind=Erasure.Kind.PRIVACY)

    assert held() == [b"Another's"]
