"""The files of records: what may be added, who may have them, and that none is left behind."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from records import attachments, erasing, file_types, recycle_bin, schema, undo
from records.history import recorded
from records.models import Attachment, AttachmentEvent, Change, Erasure, RecordQuerySet
from records.services import archive_records, create_record, restore_records
from tests.factories import ContactFactory, by, make_activity

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


def file(name="notes.txt", content=b"Hello") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture(autouse=True)
def storage():
    """An empty storage; gives all of its files."""
    attachments.delete_files(list(stored()))
    return stored


def stored() -> set[str]:
    return set(attachments._walk("attachments"))


@pytest.fixture
def contact():
    return ContactFactory()


def attach(record, *files, actor=None) -> Attachment:
    return attachments.add(record, files or [file()], by=by(actor))[0]


# --- What may be added ----------------------------------------------------------------------------------


def test_a_file_is_stored_under_a_name_that_nobody_can_guess(contact, user, storage):
    row = attach(contact, file("Umowa Łódź.txt", b"Hello"), actor=user)

    assert (row.name, row.size, row.content_type) == ("Umowa Łódź.txt", 5, "text/plain")
    assert row.sha256 == "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"
    assert (row.created_by, row.origin) == (user, "page")
    assert {row.file.name} == storage()
    assert f"/{timezone.now():%Y/%m/%d}/" in row.file.name
    assert len(row.file.name.rpartition("/")[2]) >= 32
    assert "Umowa" not in row.file.name


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b"x" * 101, "is larger than 100"),
        ("a.exe", b"x", "of a type"),
        ("a.html", b"x", "of a type"),
        ("a.svg", b"x", "of a type"),
        ("a.pdf.js", b"x", "of a type"),
        ("a", b"x", "of a type"),
        ("a.txt", b"MZ\x90\x00", "of a type"),
        ("a.pdf", b"#!/bin/sh", "of a type"),
    ],
)
def test_what_may_not_be_added_is_refused_with_a_reason(contact, settings, storage, name, content, why):
    settings.ATTACHMENT_MAX_SIZE = 100

    with pytest.raises(ValidationError, match=why):
        attach(contact, file(), file(name, content))

    assert storage() == set()
    assert not Attachment.objects.exists()
    assert not Change.objects.filter(attachment_events__isnull=False).exists()


def test_a_file_of_just_the_limit_may_be_added(contact, settings):
    settings.ATTACHMENT_MAX_SIZE = 100

    assert attach(contact, file("a.txt", b"x" * 100)).size == 100


@pytest.mark.parametrize("name", ["", ".", "..", "\x00", " \u202e ", "/", "a" * 252 + ".txt"])
def test_names_that_are_none_or_too_long_are_refused(name):
    with pytest.raises(ValidationError):
        attachments.clean_name(name)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Temp\\a.txt", "a.txt"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("Zo\u0065\u0308.txt", "Zoë.txt"),
        ("<b>&\"'.txt", "<b>&\"'.txt"),
    ],
)
def test_of_a_name_stays_what_can_be_read(given, name):
    assert attachments.clean_name(given) == name


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("a.png", b"<script>", file_types.UNKNOWN),
        ("a.txt", PNG, file_types.UNKNOWN),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        ("a.txt", b"a\x00b", file_types.UNKNOWN),
        ("a.html", b"<html>", file_types.UNKNOWN),
        ("a.svg", b"<svg>", file_types.UNKNOWN),
        ("a.docx", b"PK\x03\x04", file_types.BY_ENDING["docx"]),
    ],
)
def test_a_type_is_told_by_content_and_name_together(name, start, kind):
    assert file_types.content_type(name, start) == kind


def test_a_record_has_a_limited_number_of_files(contact, monkeypatch, storage):
    monkeypatch.setattr(attachments, "MOST_OF_A_RECORD", 2)
    attach(contact)

    with pytest.raises(ValidationError, match="up to 2 files"):
        attach(contact, file(), file())

    assert len(storage()) == 1


def test_nothing_is_added_to_an_archived_record(contact, storage):
    archive_records([contact.pk], by=by())

    with pytest.raises(ValidationError, match="has been archived"):
        attach(contact)

    assert storage() == set()


# --- No file without its row ----------------------------------------------------------------------------


def test_files_go_with_the_transaction_that_stored_them(contact, storage):
    def work():
        with attachments.with_files():
            attach(contact)
            with attachments.with_files():
                attach(contact)
            assert len(storage()) == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert storage() == set()

    with attachments.with_files():
        attach(contact)
        transaction.set_rollback(True)
    assert storage() == set()
    assert not Attachment.objects.exists()


def test_a_file_goes_whose_row_cannot_be_written(contact, storage, monkeypatch):
    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr(attachments, "_keep", fail)
    with pytest.raises(RuntimeError):
        attach(contact, file(), file())

    assert storage() == set()


def test_a_storage_that_fails_half_way_leaves_nothing(contact, storage, monkeypatch):
    save = default_storage.save
    calls = []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError("No space left on device")
        return save(*args, **kwargs)

    monkeypatch.setattr(default_storage, "save", failing)
    with pytest.raises(OSError, match="No space"):
        attach(contact, file(), file())

    assert storage() == set()


def test_the_command_finds_what_no_row_tells_of_and_leaves_what_is_under_way(
    contact, storage, settings, monkeypatch, capsys
):
    settings.RECYCLE_BIN_DAYS = 30
    kept, expired, recent = attach(contact), attach(contact), attach(contact)
    attachments.remove([expired, recent], by=by())
    Attachment.objects.filter(pk=expired.pk).update(archived_at=timezone.now() - timedelta(days=31))
    old = default_storage.save("attachments/2026/01/01/old", ContentFile(b"x"))
    young = default_storage.save("attachments/2026/01/01/young", ContentFile(b"x"))
    modified = default_storage.get_modified_time
    monkeypatch.setattr(
        default_storage,
        "get_modified_time",
        lambda path: timezone.now() - timedelta(days=2) if path == old else modified(path),
    )

    call_command("clean_attachments", "--dry-run")
    assert len(storage()) == 5
    call_command("clean_attachments")

    assert storage() == {kept.file.name, recent.file.name, young}
    assert "1 file without a record" in capsys.readouterr().out
    assert attachments.restore([expired, recent], by=by()) == [recent]
    assert AttachmentEvent.objects.filter(attachment=expired).count() == 2  # history still tells of it


def test_the_command_says_which_files_are_missing(contact, capsys):
    row = attach(contact)
    default_storage.delete(row.file.name)

    call_command("clean_attachments")

    assert f"{row.name} (record {contact.pk})" in capsys.readouterr().err


# --- Serving --------------------------------------------------------------------------------------------


def test_a_file_is_served_for_saving(signed_in, contact):
    row = attach(contact, file("Oferta “Łódź”.csv", b"a;b"))

    answer = signed_in.get(row.get_absolute_url())

    assert b"".join(answer.streaming_content) == b"a;b"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Oferta%20")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [
        ("a.png", PNG, "inline"),
        ("a.txt", b"<script>", "inline"),
        ("a.png", b"<script>", "attachment"),
        ("a.html", b"<script>", "attachment"),
        ("a.svg", b"<svg onload=alert(1)>", "attachment"),
        ("a.xhtml", b"<html>", "attachment"),
        ("a.pdf", b"%PDF-1.7", "attachment"),
    ],
)
def test_only_what_cannot_run_is_shown_by_the_browser(
    signed_in, contact, settings, name, content, disposition
):
    settings.ATTACHMENT_TYPES = [*settings.ATTACHMENT_TYPES, "html", "svg", "xhtml"]

    answer = signed_in.get(attach(contact, file(name, content)).get_absolute_url())

    assert answer["Content-Disposition"].startswith(disposition)
    assert "html" not in answer["Content-Type"]
    assert "svg" not in answer["Content-Type"]


def test_a_file_is_served_to_those_who_may_see_its_record_only(client, signed_in, contact, monkeypatch):
    row, note = attach(contact), make_activity("notes", contact, hs_note_body="x")
    of_note = attach(note)
    assert signed_in.get(row.get_absolute_url()).status_code == 200
    hidden = RecordQuerySet.visible_to
    monkeypatch.setattr(
        RecordQuerySet, "visible_to", lambda rows, user: hidden(rows, user).exclude(pk=contact.pk)
    )

    assert signed_in.get(row.get_absolute_url()).status_code == 404
    assert signed_in.get(of_note.get_absolute_url()).status_code == 200
    assert signed_in.post(f"/records/contacts/{contact.pk}/attachments/{row.pk}/remove/").status_code == 404
    client.logout()
    answer = client.get(of_note.get_absolute_url())
    assert answer.status_code == 302
    assert "login" in answer.url


def test_what_is_archived_removed_or_gone_is_not_served(signed_in, contact):
    rows = [attach(contact) for _number in range(2)]
    archive_records([contact.pk], by=by())
    assert signed_in.get(rows[0].get_absolute_url()).status_code == 404
    restore_records([contact.pk], by=by())
    assert signed_in.get(rows[0].get_absolute_url()).status_code == 200
    attachments.remove(rows[:1], by=by())
    assert signed_in.get(rows[0].get_absolute_url()).status_code == 404
    default_storage.delete(rows[1].file.name)
    assert signed_in.get(rows[1].get_absolute_url()).status_code == 404
    assert signed_in.get(f"/records/attachments/{2**70}/a.txt").status_code == 404


# --- History, undo, erasing -----------------------------------------------------------------------------


def test_history_tells_of_files_and_an_undo_takes_back(signed_in, user, contact):
    author = recorded(by(user))
    row = attachments.add(contact, [file("<b>plan.txt")], by=author)[0]
    removal = recorded(by(user))
    attachments.remove([row], by=removal)

    page = signed_in.get(f"{contact.get_absolute_url()}?tab=history").text
    assert "added the file “&lt;b&gt;plan.txt”" in page
    assert "removed the file “&lt;b&gt;plan.txt”" in page
    assert "File removed: &lt;b&gt;plan.txt" in signed_in.get(f"/history/{removal.change.pk}/").text

    assert undo.undo(removal.change, by=by(user)).lines == ["1 file comes back."]
    assert Attachment.objects.live().get() == row
    assert undo.undo(author.change, by=by(user)).lines == ["1 file is removed."]
    assert not Attachment.objects.live().exists()


def test_undoing_a_logged_note_takes_its_files_along_and_restoring_brings_them_back(user):
    author = recorded(by(user))
    note = create_record(schema.current().type("notes"), {"hs_note_body": "x"}, by=author)
    attachments.add(note, [file()], by=author)

    report = undo.undo(author.change, by=by(user))

    assert report.lines == ["1 record is archived."]
    assert not Attachment.objects.visible_to(user).exists()
    restore_records([note.pk], by=by(user))
    assert Attachment.objects.visible_to(user).count() == 1


def test_an_undo_leaves_what_was_created_where_files_have_come_since(user):
    author = recorded(by(user))
    note = create_record(schema.current().type("notes"), {"hs_note_body": "x"}, by=author)
    attach(note)

    report = undo.undo(author.change, by=by(user))

    assert report.change is None
    assert report.left == [(str(note), "has been worked on since it was created")]


def test_the_bin_keeps_files_and_deleting_for_good_does_not(
    contact, storage, django_capture_on_commit_callbacks
):
    rows = [attach(contact), attach(contact)]
    attachments.remove(rows[:1], by=by())
    archive_records([contact.pk], by=by())
    assert len(storage()) == 2

    with django_capture_on_commit_callbacks(execute=True):
        (erasure,) = erasing.erase([contact.pk], by=by(), kind=Erasure.Kind.MANUAL)
        assert len(storage()) == 2  # until it is certain

    assert storage() == set()
    assert not Attachment.objects.exists()
    assert not AttachmentEvent.objects.exists()
    assert erasure.counts["attachment"] == 2


def test_files_of_expired_records_go_too(contact, storage, django_capture_on_commit_callbacks, settings):
    attach(contact)
    archive_records([contact.pk], by=by())
    type(contact).objects.filter(pk=contact.pk).update(archived_at=timezone.now() - timedelta(days=400))

    with django_capture_on_commit_callbacks(execute=True):
        recycle_bin.empty()

    assert storage() == set()


def test_the_admin_shows_files_and_changes_none(admin_client, contact):
    row = attach(contact, file("<b>.txt"))

    assert "&lt;b&gt;.txt" in admin_client.get("/admin/records/attachment/?q=b").text
    page = admin_client.get(f"/admin/records/attachment/{row.pk}/change/").text
    assert row.sha256 in page
    assert f"/{row.file.name}" not in page
    assert admin_client.get(f"/admin/records/attachment/{row.pk}/delete/").status_code == 403
