"""Reads a mailbox by IMAP, and logs what is new in it. Nothing in the mailbox is changed."""

import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from records import attachments
from records.provenance import By
from records.transactions import unit_of_work

from .logging import Result, Status, log_message
from .models import NAME_LENGTH, Mailbox
from .parsing import parse

BATCH = 200  # messages whose sizes are asked for at once; they themselves come one by one
SPAN = 50_000  # UIDs that are searched at once
LARGEST = 50 * 1024 * 1024  # bytes; of a larger message the beginning is read
BEGINNING = 1024 * 1024
FAILED = 1_000  # messages that could not be logged, of which a mailbox remembers which
EARLIEST = date(1971, 1, 1)  # there was no IMAP yet
TIMEOUT = SocketTimeout(connect=20, read=120)  # seconds
PORTS = {"imaps": 993, "imap": 143}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MailboxRefused(Exception):
    """The mailbox cannot be read (any further), for the reason given. What was logged stays."""


class Account(NamedTuple):
    """Where a mailbox is, and how to get in."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Return what an address says, such as imaps://user:password@host/INBOX. Raises MailboxRefused."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in PORTS or not (parts.hostname and parts.username and parts.password):
            raise MailboxRefused(_("MAIL_URL has to be like imaps://user:password@host/INBOX."))
        return cls(
            parts.scheme,
            parts.hostname,
            port or PORTS[parts.scheme],
            unquote(parts.username),
            unquote(parts.password),
            unquote(parts.path.strip("/")) or "INBOX",
        )

    def __str__(self) -> str:
        """Name the mailbox, without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:NAME_LENGTH]


class Envelope(NamedTuple):
    """A message as the server has it."""

    uid: int
    size: int
    received_at: datetime | None


@dataclass
class Report:
    """How many messages became what."""

    found: Counter[Status] = field(default_factory=Counter)
    created: int = 0  # contacts
    failed: int = 0
    waiting: int = 0  # that failed, now or before, and wait for another try

    def add(self, result: Result) -> None:
        """Count a message."""
        self.found[result.status] += 1
        self.created += len(result.created)

    def lines(self) -> list[str]:
        """Return the counts as lines for a reader."""
        found = self.found
        lines = [
            _("%(logged)s logged, %(seen)s seen before, %(nobody)s of nobody known")
            % {
                "logged": found[Status.LOGGED],
                "seen": found[Status.SEEN] + found[Status.ARCHIVED],
                "nobody": found[Status.NOBODY],
            }
        ]
        if found[Status.AUTOMATIC] or found[Status.LOOP]:
            lines.append(
                _("%(automatic)s sent by programs and %(loops)s in a loop, left out")
                % {"automatic": found[Status.AUTOMATIC], "loops": found[Status.LOOP]}
            )
        if self.created:
            text = ngettext("%(number)s contact created", "%(number)s contacts created", self.created)
            lines.append(text % {"number": self.created})
        if self.waiting:
            text = ngettext(
                "%(number)s message could not be logged and stays in the mailbox; --retry tries again",
                "%(number)s messages could not be logged and stay in the mailbox; --retry tries again",
                self.waiting,
            )
            lines.append(text % {"number": self.waiting})
        return lines


def first_day() -> date | None:
    """Return the day that MAIL_SINCE says; None where it says none. Raises MailboxRefused."""
    try:
        return date.fromisoformat(settings.MAIL_SINCE) if settings.MAIL_SINCE else None
    except ValueError as error:
        raise MailboxRefused(_("MAIL_SINCE has to be a day like 2026-01-31.")) from error


def _trusting() -> ssl.SSLContext:
    """Return how a server's certificate is checked. Raises MailboxRefused where MAIL_CA_FILE holds none."""
    context = ssl.create_default_context()
    if settings.MAIL_CA_FILE:
        try:
            context.load_verify_locations(settings.MAIL_CA_FILE)
        except OSError as error:  # of ssl's own too
            told = {"name": settings.MAIL_CA_FILE, "reason": error}
            raise MailboxRefused(_("MAIL_CA_FILE %(name)s cannot be read: %(reason)s") % told) from error
    return context


def batches(uids: list[int]) -> Iterator[list[int]]:
    """Yield UIDs in pieces for one request."""
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]


class Fetcher:
    """Logs what has come into a mailbox since it was read last, oldest first, a transaction each.

    How far it has come is written in the same transaction, so that one who is stopped half-way neither
    leaves out a message nor logs it twice. A message that cannot be logged is told, remembered and passed
    over; with `retry` only those that were are read. `again` reads what has come from a day on once more,
    for those messages that were passed over because nobody in them was known. A dry run takes each
    transaction back.
    """

    def __init__(
        self,
        account: Account,
        *,
        by: By,
        dry_run: bool = False,
        retry: bool = False,
        again: date | None = None,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.account, self.by, self.dry_run, self.retry, self.tell = account, by, dry_run, retry, tell
        self.again = again
        self.report = Report()

    def run(self) -> Report:
        """Read the mailbox. Raises MailboxRefused where the server or the database breaks off."""
        try:
            with self._connected() as client:
                self._read(client)
        except LoginError as error:
            raise MailboxRefused(
                _("The server does not let us in as %(user)s: %(reason)s")
                % {"user": self.account.user, "reason": self._told(error)}
            ) from error
        except (IMAPClientError, OSError) as error:
            raise MailboxRefused(
                _("The mailbox %(name)s cannot be read: %(reason)s")
                % {"name": self.account, "reason": self._told(error)}
            ) from error
        except (OperationalError, InterfaceError) as error:
            raise MailboxRefused(_("The database broke off: %(reason)s") % {"reason": error}) from error
        return self.report

    def _told(self, error: Exception) -> str:
        """Return what went wrong, without the password."""
        return str(error).replace(self.account.password, "…")

    @contextmanager
    def _connected(self) -> Iterator[IMAPClient]:
        """Give a connection that is signed in; never with a password that others could read."""
        account = self.account
        secure = account.scheme == "imaps"
        options = {"ssl": secure, "ssl_context": _trusting() if secure else None, "timeout": TIMEOUT}
        with IMAPClient(account.host, account.port, **options) as client:
            client.normalise_times = False
            if not secure:
                self._secure(client)
            client.login(account.user, account.password)
            yield client

    def _secure(self, client: IMAPClient) -> None:
        if client.has_capability("STARTTLS"):
            client.starttls(_trusting())
        elif self.account.host not in LOOPBACK:
            text = _("%(host)s takes passwords in the clear only: use imaps://.")
            raise MailboxRefused(text % {"host": self.account.host})

    def _read(self, client: IMAPClient) -> None:
        selected = client.select_folder(self.account.folder, readonly=True)
        box = self._mailbox(int(selected[b"UIDVALIDITY"]))
        for uids in self._new(client, box, int(selected[b"UIDNEXT"])):
            envelopes = self._envelopes(client, uids, self._first_day(box))
            for one in envelopes:
                self._take(client, box, one)
            if self.retry and not self.dry_run:
                self._forget_failed(box, set(uids) - {one.uid for one in envelopes})
        if not self.dry_run:
            box.refresh_from_db()
        self.report.waiting = len(box.failed)

    def _new(self, client: IMAPClient, box: Mailbox, uid_next: int) -> Iterator[list[int]]:
        """Yield the UIDs to be read, in pieces that a server answers in one line of bearable length."""
        if self.retry:
            yield from batches(sorted(map(int, box.failed)))
            return
        since = self._first_day(box)
        # The server compares days without their time zones: one more is asked for, and left out below.
        days = ["SINCE", since - timedelta(days=1)] if since else []
        for first in range(1 if self.again else box.last_uid + 1, uid_next, SPAN):
            uids = client.search(["UID", f"{first}:{min(first + SPAN, uid_next) - 1}", *days])
            yield from batches(sorted(uids))

    def _first_day(self, box: Mailbox) -> date | None:
        """Return the first day whose messages are read; None where no day is left out."""
        since = None if self.retry else self.again or box.since
        return max(since, EARLIEST) if since else None

    def _mailbox(self, validity: int) -> Mailbox:
        """Return how far the mailbox has been read; not at all where the server has numbered it anew."""
        name, told = str(self.account), first_day()
        new = {"uid_validity": validity, "since": told or timezone.localdate()}
        if self.dry_run:
            box = Mailbox.objects.filter(name=name).first() or Mailbox(name=name, **new)
        else:
            box = Mailbox.objects.get_or_create(name=name, defaults=new)[0]
        box.since = told or box.since
        if box.uid_validity != validity:
            box.uid_validity, box.last_uid, box.failed = validity, 0, {}
            if not self.dry_run:
                box.save()
        return box

    def _envelopes(self, client: IMAPClient, uids: list[int], since: date | None) -> list[Envelope]:
        found = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        start = timezone.make_aware(datetime.combine(since, time())) if since else None
        envelopes = [
            Envelope(uid, found[uid].get(b"RFC822.SIZE", 0), found[uid].get(b"INTERNALDATE"))
            for uid in uids
            if uid in found  # it may have been deleted since
        ]
        return [one for one in envelopes if not (start and one.received_at and one.received_at < start)]

    def _take(self, client: IMAPClient, box: Mailbox, one: Envelope) -> None:
        """Log a message of the mailbox, and write down that it has been read."""
        part = "BODY.PEEK[]" if one.size <= LARGEST else f"BODY.PEEK[]<0.{BEGINNING}>"
        answer = client.fetch([one.uid], [part]).get(one.uid, {})
        data = next((value for key, value in answer.items() if key.startswith(b"BODY[]")), None)
        if data is None:
            return
        try:
            result = self._log(box, one, data)
        except (OperationalError, InterfaceError):  # not this message's fault
            raise
        except Exception as error:  # whatever it is, the others shall come in
            self.report.failed += 1
            reason = f"{type(error).__name__}: {error}"
            self.tell(_("message %(uid)s: %(reason)s") % {"uid": one.uid, "reason": reason})
            if not self.dry_run:
                self._remember_failed(box, one.uid, reason)
        else:
            if result is not None:
                self.report.add(result)

    @unit_of_work
    def _log(self, box: Mailbox, one: Envelope, data: bytes) -> Result | None:
        message = parse(data, whole=one.size <= LARGEST)
        if self.dry_run:
            message = replace(message, attachments=())  # nobody needs them stored
        with attachments.with_files():
            if not self.dry_run and not self._is_next(box, one.uid):
                return None
            result = log_message(message, by=self.by, received_at=one.received_at)
            if self.dry_run:
                transaction.set_rollback(True)
            return result

    def _is_next(self, box: Mailbox, uid: int) -> bool:
        """Write down that a message has been read; False where another process has read it meanwhile."""
        there = Mailbox.objects.select_for_update().get(pk=box.pk)
        if there.uid_validity != box.uid_validity:
            return False
        if self.again:
            if there.failed.pop(str(uid), None) is not None:
                there.save()
            return True
        if self.retry:
            if there.failed.pop(str(uid), None) is None:
                return False
        elif uid <= there.last_uid:
            return False
        there.last_uid = max(there.last_uid, uid)
        there.save()
        return True

    @transaction.atomic
    def _remember_failed(self, box: Mailbox, uid: int, reason: str) -> None:
        there = Mailbox.objects.select_for_update().get(pk=box.pk)
        if there.uid_validity == box.uid_validity:
            kept = {**there.failed, str(uid): reason[:200].replace("\x00", "")}
            there.failed = dict(list(kept.items())[-FAILED:])
            if not self.again:
                there.last_uid = max(there.last_uid, uid)
            there.save()

    @transaction.atomic
    def _forget_failed(self, box: Mailbox, gone: set[int]) -> None:
        """Forget messages that somebody has deleted from the mailbox."""
        there = Mailbox.objects.select_for_update().get(pk=box.pk)
        there.failed = {uid: why for uid, why in there.failed.items() if int(uid) not in gone}
        there.save()
