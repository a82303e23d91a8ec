"""E-mails are put on a record's timeline as files."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from associations.models import Association
from crm.mail import forms
from records import services as record_services
from records.models import Change, EmailMessage, Record
from records.undo import undo
from tests.crm.mail.messages import GMAIL, PLAIN, message
from tests.factories import ContactFactory, DealFactory, by, make_activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal():
    return DealFactory(dealname="Big deal")


def address(record) -> str:
    return reverse("upload-email", args=[record.kind.name, record.pk])


def file(data: bytes, name: str = "offer.eml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "message/rfc822")


def upload(client, record, *files):
    return client.post(address(record), {"emails": list(files)}, follow=True)


def test_the_actions_of_a_record_lead_to_a_page_that_asks_for_files(signed_in, deal):
    assert address(deal) in signed_in.get(deal.get_absolute_url()).content.decode()

    page = signed_in.get(address(deal)).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page


def test_emails_are_logged_on_the_record_and_on_who_takes_part(signed_in, deal, user):
    ada = ContactFactory(email="ada@example.com")

    answer = upload(signed_in, deal, file(PLAIN), file(GMAIL, "lines.eml"))

    assert answer.redirect_chain == [(deal.get_absolute_url(), 302)]
    assert "2 emails logged." in answer.content.decode()
    emails = EmailMessage.objects.all()
    assert {one.created_by for one in emails} == {user}
    for one in emails:
        assert {deal.pk, ada.pk} == {
            pk for row in Association.objects.of(one.pk) for pk in (row.record_a_id, row.record_b_id)
        } - {one.pk}

    change = Change.objects.get()
    undo(change, by=by(user))
    assert not EmailMessage.objects.live().exists()


def test_an_email_that_is_there_is_put_on_this_timeline_too(signed_in, deal):
    ada = ContactFactory(email="ada@example.com")
    upload(signed_in, ada, file(PLAIN))

    assert "is on this timeline now, too" in upload(signed_in, deal, file(PLAIN)).content.decode()
    assert "is on this timeline already" in upload(signed_in, deal, file(PLAIN)).content.decode()
    email = EmailMessage.objects.get()
    assert Association.objects.of(deal.pk).count() == 1
    assert Change.objects.count() == 2

    record_services.archive_records([email.pk], by=by())
    assert "is in the recycle bin" in upload(signed_in, deal, file(PLAIN)).content.decode()


def test_what_is_no_email_is_refused_and_nothing_is_logged(signed_in, deal, monkeypatch):
    monkeypatch.setattr(forms, "LARGEST", 5_000)
    refused = {
        "offer.pdf": (b"%PDF-1.4 \x00\xff", "“offer.pdf” is no email"),
        "offer.msg": (b"\xd0\xcf\x11\xe0\xa1\xb1", "is in Outlook&#x27;s own format"),
        "large.eml": (PLAIN + b"x" * 5_000, "is larger than 25 MB"),
        "empty.eml": (b"", "“empty.eml” is no email"),
    }
    for name, (data, text) in refused.items():
        answer = upload(signed_in, deal, file(GMAIL), file(data, name))
        assert answer.status_code == 422, name
        assert text in answer.content.decode()

    answer = upload(signed_in, deal)
    assert answer.status_code == 422
    assert "Choose a file." in answer.content.decode()
    assert upload(signed_in, deal, *(file(PLAIN) for _one in range(21))).status_code == 422
    assert not Record.objects.exclude(pk=deal.pk).exists()
    assert not Change.objects.exists()


def test_markup_in_names_and_headers_is_text(signed_in, deal):
    hostile = message(
        "x@example.org", subject="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>"
    )

    page = upload(signed_in, deal, file(hostile)).content.decode()
    page += signed_in.get(EmailMessage.objects.get().get_absolute_url()).content.decode()
    page += upload(signed_in, deal, file(b"x", "<b>.eml")).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>.eml" not in page


def test_there_is_no_such_page_for_activities_nor_for_strangers(client, signed_in, deal):
    note = make_activity("notes", deal, hs_note_body="Hello")
    assert signed_in.get(address(note)).status_code == 404
    assert signed_in.get(address(deal).replace(str(deal.pk), "999999")).status_code == 404

    client.logout()
    assert client.get(address(deal)).status_code == 302


def test_a_large_file_is_read_from_disk(signed_in, deal, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
    one = BytesIO(PLAIN + b"x" * 100_000)
    one.name = "offer.eml"

    assert "1 email logged." in upload(signed_in, deal, one).content.decode()
