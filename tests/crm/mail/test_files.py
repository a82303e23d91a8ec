"""The files that come with messages are kept with the e-mail, once; of those that are not it says why."""

from email.message import EmailMessage as Mail

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.urls import reverse

from crm.mail import logging
from crm.mail.logging import Status, log_message, log_messages
from crm.mail.parsing import parse
from records import attachments
from records.models import Attachment, AttachmentEvent, Change, EmailMessage
from records.provenance import Origin
from records.undo import undo
from tests.crm.mail.messages import GMAIL, PLAIN
from tests.crm.mail.test_uploading import file
from tests.factories import ContactFactory, by

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


@pytest.fixture(autouse=True)
def ada():
    attachments.delete_files(list(stored()))
    return ContactFactory(email="ada@example.com")


def stored() -> set[str]:
    return set(attachments._walk("attachments"))


def log(data: bytes, **options):
    return log_message(parse(data), by=by(origin=Origin.MAIL), **options)


def with_files(*files: tuple[str, str, bytes]) -> bytes:
    mail = Mail()
    mail["From"], mail["To"], mail["Message-ID"] = "ada@example.com", "grace@kith.example", "<files@x>"
    mail["Subject"] = "Files"
    mail.set_content("See the picture")
    mail.add_alternative('<p>See <img src="cid:logo"></p>', subtype="html")
    html = mail.get_payload()[1]
    html.add_related(PNG, maintype="image", subtype="png", cid="<logo>")
    for name, kind, data in files:
        maintype, _slash, subtype = kind.partition("/")
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def test_files_and_pictures_within_the_text_are_attached_and_what_is_refused_is_named(
    signed_in, ada, settings
):
    settings.ATTACHMENT_MAX_SIZE = 1_000
    hostile = "<img src=x onerror=alert(1)>.exe"
    message = with_files(
        ("Größe.pdf", "application/pdf", b"%PDF-1.4"),
        ("large.pdf", "application/pdf", bytes(1_001)),
        (hostile, "application/octet-stream", b"MZ"),
        ("empty.txt", "application/octet-stream", b""),
    )

    result = log(message)

    assert result.status == Status.LOGGED
    email = EmailMessage.objects.get()
    kept = list(email.attachments.all())
    assert [(one.name, one.content_type, one.size) for one in kept] == [
        ("image.png", "image/png", len(PNG)),
        ("Größe.pdf", "application/pdf", 8),
    ]
    assert default_storage.open(kept[0].file.name).read() == PNG
    assert {one.origin for one in kept} == {Origin.MAIL}
    assert stored() == {one.file.name for one in kept}

    for address in (f"{ada.get_absolute_url()}?tab=activities", email.get_absolute_url()):
        page = signed_in.get(address).content.decode()
        assert all(name in page for name in ("image.png", "Größe.pdf", "Came with the email"))
        assert "“large.pdf” is larger than 1000\xa0bytes." in page
        assert "onerror=alert(1)&gt;.exe” is of a type that cannot be added." in page
        assert "<img src=x" not in page
        assert "“empty.txt” is empty." in page

    change = Change.objects.get()
    assert AttachmentEvent.objects.filter(change=change).count() == 2
    undo(change, by=by())
    assert not Attachment.objects.visible_to(None).exists()


def test_more_files_than_a_record_can_have_are_named(monkeypatch):
    monkeypatch.setattr(attachments, "MOST_OF_A_RECORD", 2)
    log(with_files(("a.txt", "text/x-a", b"a"), ("b.txt", "text/x-b", b"b")))

    email = EmailMessage.objects.get()
    assert [one.name for one in email.attachments.all()] == ["image.png", "a.txt"]
    assert email.files_left_out == "“b.txt”: a record can have up to 2 files."


def test_a_message_that_comes_again_stores_nothing_again(ada):
    log(GMAIL)
    before = stored()
    assert len(before) == 2

    assert log(GMAIL).status == Status.SEEN
    assert log(GMAIL, about=ContactFactory()).status == Status.ASSOCIATED
    log_messages([file(GMAIL), file(GMAIL)], by=by(), about=ada)
    assert stored() == before
    assert Attachment.objects.count() == 2


def test_what_another_has_logged_meanwhile_leaves_no_files_behind(ada, monkeypatch):
    real = logging._keep_files
    tries = []

    def once_too_late(*args):
        real(*args)
        tries.append(len(stored()))
        if len(tries) == 1:
            raise IntegrityError

    monkeypatch.setattr(logging, "_keep_files", once_too_late)
    log_messages([file(GMAIL)], by=by(), about=ada)

    assert tries == [2, 2]
    assert stored() == {one.file.name for one in Attachment.objects.all()}


def test_files_go_where_the_messages_after_them_cannot_be_logged(ada, monkeypatch):
    def fail(*args):
        if EmailMessage.objects.count() == 2:
            assert len(stored()) == 2
            raise RuntimeError

    monkeypatch.setattr(logging, "_name", fail)
    with pytest.raises(RuntimeError):
        log_messages([file(GMAIL), file(PLAIN)], by=by(), about=ada)

    assert stored() == set()
    assert not EmailMessage.objects.exists()


def test_an_upload_stores_the_files_too(signed_in, ada):
    answer = signed_in.post(
        reverse("upload-email", args=["contacts", ada.pk]), {"emails": [file(GMAIL)]}, follow=True
    )

    assert "1 email logged." in answer.content.decode()
    assert "Angebot 1.pdf" in answer.content.decode()
    assert {one.name for one in Attachment.objects.all()} == {"Angebot 1.pdf", "notes.txt"}
