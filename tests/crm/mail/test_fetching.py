"""A mailbox on a real IMAP server is read to its end, each message once, whatever comes between."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO
from mailbox import MaildirMessage

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from crm.mail import mailbox
from crm.mail.mailbox import Account, MailboxRefused
from crm.mail.models import Mailbox
from records.models import Change, Contact, EmailMessage
from tests.associations.test_concurrency import at_once
from tests.crm.mail.messages import GMAIL, PLAIN, large, message
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def fetch(*options: str) -> str:
    out = StringIO()
    call_command("fetch_mail", *options, stdout=out, stderr=out)
    return out.getvalue()


def ids() -> list[str]:
    return sorted(EmailMessage.objects.values_list("message_id", flat=True))


def test_messages_of_all_kinds_come_in_once(dovecot, grace):
    ContactFactory(email="ada@example.com")
    odd = "From: ada@example.com\nSubject: Größe\nMessage-ID: odd@x\n\nPreis in €".encode("cp1252")
    broken = b"From: Ada <ada@example.com\nDate: yesterday\nContent-Type: multipart/mixed\n\n--\n--x"
    reply = message(message_id="auto@x", headers={"Auto-Submitted": "auto-replied"})
    loop = message(message_id="loop@x", headers={"X-Loop": "log@kith.example"})
    dovecot.put(PLAIN, GMAIL, odd, broken, reply, loop, message("x@example.org", message_id="stranger@x"))

    said = fetch()

    assert said.splitlines() == [
        "4 logged, 0 seen before, 1 of nobody known",
        "1 sent by programs and 1 in a loop, left out",
    ]
    assert ids()[1:] == ["gmail-1@mail.gmail.com", "odd@x", "offer-1@example.com"]
    email = EmailMessage.objects.get(message_id="odd@x")
    assert (email.hs_email_subject, email.hs_email_text) == ("Größe", "Preis in €")

    dovecot.put(PLAIN, message(message_id="later@x"))
    assert fetch("--once").splitlines() == ["1 logged, 1 seen before, 0 of nobody known"]
    assert fetch().splitlines() == ["0 logged, 0 seen before, 0 of nobody known"]


def test_nothing_in_the_mailbox_is_changed(dovecot):
    ContactFactory(email="ada@example.com")
    dovecot.put(PLAIN)
    fetch()

    (name,) = os.listdir(dovecot.folder / "mail" / "new") + os.listdir(dovecot.folder / "mail" / "cur")
    assert not name.endswith("S")


def test_a_mailbox_is_read_from_the_first_day_on_and_earlier_days_when_asked(dovecot, settings):
    ContactFactory(email="ada@example.com")

    def put(message_id: str, days: int, sender="ada@example.com") -> None:
        mail = MaildirMessage(message(sender, message_id=message_id))
        mail.set_date(time.time() - days * 86_400)  # when it came in
        dovecot.put(mail)

    put("years@x", 3_650)
    put("week@x", 7)
    put("stranger@x", 0, "x@example.org")
    put("now@x", 0)

    assert fetch("--dry-run").splitlines()[1] == "1 logged, 0 seen before, 1 of nobody known"
    assert fetch().splitlines() == ["1 logged, 0 seen before, 1 of nobody known"]
    assert ids() == ["now@x"]
    assert Mailbox.objects.get().since == timezone.localdate()

    # One who was a stranger is none any more, and a month ago is of interest now.
    ContactFactory(email="x@example.org")
    assert fetch().splitlines() == ["0 logged, 0 seen before, 0 of nobody known"]
    month = str(timezone.localdate() - timedelta(days=30))
    put("later@x", 0)
    before = Mailbox.objects.get().last_uid
    assert fetch("--again", month).splitlines() == ["3 logged, 1 seen before, 0 of nobody known"]
    assert ids() == ["later@x", "now@x", "stranger@x", "week@x"]
    assert Mailbox.objects.get().last_uid == before
    assert fetch("--again", month).splitlines() == ["0 logged, 4 seen before, 0 of nobody known"]
    assert fetch().splitlines() == ["0 logged, 1 seen before, 0 of nobody known"]
    assert fetch("--again", "0001-01-01").splitlines() == ["1 logged, 4 seen before, 0 of nobody known"]

    for options in (
        ("--again", "yesterday"),
        ("--again", month, "--retry"),
        ("--again", month, "--every", "9"),
    ):
        with pytest.raises(CommandError):
            fetch(*options)


def test_a_mailbox_is_read_from_the_day_that_is_set(dovecot, settings):
    ContactFactory(email="ada@example.com")
    for days in (20, 5):
        mail = MaildirMessage(message(message_id=f"{days}@x"))
        mail.set_date(time.time() - days * 86_400)
        dovecot.put(mail)
    settings.MAIL_SINCE = str(timezone.localdate() - timedelta(days=10))
    fetch()
    assert ids() == ["5@x"]

    settings.MAIL_SINCE = "last year"
    with pytest.raises(CommandError, match="MAIL_SINCE has to be a day like"):
        fetch()


def test_an_encrypted_mailbox_is_read_only_under_a_certificate_that_is_trusted(
    secure_dovecot, settings, tmp_path
):
    ContactFactory(email="ada@example.com")
    server = secure_dovecot
    server.put(PLAIN)
    for url in (server.tls_url, server.url):  # encrypted at once, and by STARTTLS
        settings.MAIL_URL, settings.MAIL_CA_FILE = url, ""
        with pytest.raises(CommandError, match=r"cannot be read: .*certificate"):
            fetch()
        settings.MAIL_CA_FILE = str(server.certificate)
        assert "seen before" in fetch()
    assert ids() == ["offer-1@example.com"]

    settings.MAIL_CA_FILE = str(tmp_path / "nothing.pem")
    with pytest.raises(CommandError, match=r"MAIL_CA_FILE .*nothing\.pem cannot be read"):
        fetch()
    settings.MAIL_CA_FILE = str(server.certificate)
    settings.MAIL_URL = server.tls_url.replace("127.0.0.1", "localhost")  # not what it was made for
    with pytest.raises(CommandError, match=r"cannot be read: .*certificate"):
        fetch()


def test_a_dry_run_says_what_would_be_and_writes_nothing(dovecot, settings):
    settings.MAIL_CREATE_CONTACTS = True
    dovecot.put(PLAIN)

    said = fetch("--dry-run").splitlines()
    assert said[:2] == ["Dry run: nothing was written.", "1 logged, 0 seen before, 0 of nobody known"]
    assert not any(model.objects.exists() for model in (EmailMessage, Contact, Change, Mailbox))

    assert "1 logged" in fetch()


def test_a_message_that_cannot_be_logged_stops_no_other_and_can_be_tried_again(dovecot, monkeypatch):
    ContactFactory(email="ada@example.com")
    dovecot.put(*(message(message_id=f"{n}@x", subject=f"Number {n}") for n in range(3)))
    real = mailbox.log_message

    def log(read, **options):
        if read.message_id == "1@x":
            raise ValueError("Odd\x00")
        return real(read, **options)

    with monkeypatch.context() as broken:
        broken.setattr(mailbox, "log_message", log)
        errors = StringIO()
        with pytest.raises(CommandError, match="Not every message"):
            call_command("fetch_mail", stdout=StringIO(), stderr=errors)
        assert "ValueError: Odd" in errors.getvalue()
        assert ids() == ["0@x", "2@x"]
        assert "1 message could not be logged" in fetch()

    assert "1 logged" in fetch("--retry")
    assert ids() == ["0@x", "1@x", "2@x"]
    assert Mailbox.objects.get().failed == {}
    assert "0 logged" in fetch("--retry")


def test_a_database_that_breaks_off_is_no_fault_of_the_message(dovecot, monkeypatch):
    ContactFactory(email="ada@example.com")
    dovecot.put(PLAIN)

    def broken(*args, **options):
        raise OperationalError("gone")

    with monkeypatch.context() as one:
        one.setattr(mailbox, "log_message", broken)
        with pytest.raises(CommandError, match="The database broke off: gone"):
            fetch()

    assert "1 logged" in fetch()


def test_a_mailbox_numbered_anew_is_read_again_without_doubling(dovecot):
    ContactFactory(email="ada@example.com")
    dovecot.put(PLAIN, GMAIL)
    fetch()
    Mailbox.objects.update(uid_validity=1)

    assert fetch().splitlines() == ["0 logged, 2 seen before, 0 of nobody known"]


def test_of_a_message_larger_than_can_be_read_the_beginning_is_logged(dovecot, monkeypatch):
    monkeypatch.setattr(mailbox, "LARGEST", 1024 * 1024)
    monkeypatch.setattr(mailbox, "BEGINNING", 64 * 1024)
    ContactFactory(email="ada@example.com")
    dovecot.put(large(2))

    assert "1 logged" in fetch()
    email = EmailMessage.objects.get()
    assert email.hs_email_text == "One\nTwo"
    assert not email.attachments.exists()
    assert email.files_left_out.startswith("“Angebot 1.pdf” is missing: the email is too large")


def test_a_message_of_20_megabytes_comes_in(dovecot):
    ContactFactory(email="ada@example.com")
    dovecot.put(large(20), PLAIN)

    assert "2 logged" in fetch()
    file = EmailMessage.objects.get(message_id="large-1@mail.gmail.com").attachments.get()
    assert (file.name, file.size) == ("Angebot 1.pdf", 15_325_305)


def test_a_wrong_password_is_said_without_telling_it(dovecot, settings):
    settings.MAIL_URL = dovecot.url.replace("p%40ss", "s3cret")

    with pytest.raises(CommandError, match=r"does not let us in as log@kith\.example") as refused:
        fetch()
    assert "s3cret" not in str(refused.value)


def test_a_mailbox_that_is_not_there_is_said(dovecot, settings):
    settings.MAIL_URL = dovecot.url.replace("INBOX", "Nowhere")
    with pytest.raises(CommandError, match=r"cannot be read: .*Nowhere"):
        fetch()

    settings.MAIL_URL = "imap://a:b@127.0.0.1:1/INBOX"
    with pytest.raises(CommandError, match="cannot be read: "):
        fetch()


@pytest.mark.parametrize("url", ["", "https://a:b@example.com", "imaps://example.com", "imaps://a:b@x:port/"])
def test_an_address_of_no_mailbox_is_refused(url):
    with pytest.raises(MailboxRefused, match="MAIL_URL has to be like"):
        Account.of(url)


def test_an_address_is_read_with_what_it_escapes():
    account = Account.of("imaps://log%40kith.example:p%40ss%2F@mail.example.com/In%20box")

    assert account == ("imaps", "mail.example.com", 993, "log@kith.example", "p@ss/", "In box")
    assert "p@ss" not in str(account)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_read_a_mailbox_at_once_log_each_message_once(dovecot):
    ContactFactory(email="ada@example.com")
    dovecot.put(*(message(message_id=f"{n}@x") for n in range(12)))

    said = at_once(fetch, fetch, fetch)

    assert all(isinstance(one, str) for one in said), said
    assert ids() == sorted(f"{n}@x" for n in range(12))
    assert sum(int(one.split()[0]) for one in said) == 12


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_who_is_killed_leaves_out_nothing_and_doubles_nothing(dovecot):
    ContactFactory(email="ada@example.com")
    dovecot.put(*(message(message_id=f"{n}@x") for n in range(40)))
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        user, password = database["USER"], database["PASSWORD"]
        at = f"{database['HOST']}:{database['PORT'] or 5432}"
        url = f"postgres://{user}:{password}@{at}/{database['NAME']}"
    there = {
        **os.environ,
        "DATABASE_URL": url,
        "MAIL_URL": dovecot.url,
        "MAIL_BCC_ADDRESS": "log@kith.example",
    }
    command = [sys.executable, str(project.BASE_DIR / "manage.py"), "fetch_mail"]

    for enough in (3, 15):
        process = subprocess.Popen(command, env=there, stdout=subprocess.DEVNULL, cwd=project.BASE_DIR)
        end = time.monotonic() + 120
        while EmailMessage.objects.count() < enough and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert EmailMessage.objects.count() >= enough
    assert len(ids()) < 40, "it was killed too late to show anything"

    fetch()
    assert ids() == sorted(f"{n}@x" for n in range(40))
