"""Logs messages: each becomes an e-mail of the CRM, once, on the timelines of those whom it concerns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from associations import automatic
from associations import services as association_services
from associations.activities import log_activity
from records import attachments, history, schema
from records import services as record_services
from records.models import Change, Contact, EmailMessage, ObjectType, Record, UniqueValue
from records.property_kinds.rich_text import LONGEST
from records.provenance import By
from records.transactions import unit_of_work

from .headers import Address, clean
from .parsing import Message, parse

PEOPLE = 100  # contacts that an e-mail is associated with for taking part in it
FOLLOWED = 20  # of them, whose companies and deals are looked for
MARK = "kith"  # in X-Loop, of what Kith itself has sent
HOPS = 50  # servers that a message has been through; RFC 5321 (6.3) takes 100 for a loop
LONGEST_NAME = 100  # characters, of a first or a last name
# Mailboxes of programs: nobody reads what is sent there.
NOBODY = re.compile(
    r"(no|donot|do-not|dont|not)[-_.]?reply|mailer[-_.]?daemon|postmaster|bounces?|notifications?|listserv",
    re.I,
)


class Status(StrEnum):
    """What became of a message."""

    LOGGED = "logged"
    SEEN = "seen"  # it has been logged before
    ASSOCIATED = "associated"  # as well, and now with one more record
    ARCHIVED = "archived"  # logged before, and in the recycle bin since
    AUTOMATIC = "automatic"
    LOOP = "loop"
    NOBODY = "nobody"  # none of those who take part is a contact


@dataclass(frozen=True)
class Result:
    """What became of a message, the e-mail that it is, and the contacts created for it."""

    status: Status
    email: Record | None = None
    created: list[Record] = field(default_factory=list)


class _Parties(NamedTuple):
    """Who takes part in a message, as the CRM sees it."""

    direction: str
    sender: Address | None
    others: list[Address]  # neither users nor mailboxes that are read here
    user: Any  # who sent it or got it, if it is a user


def own_addresses() -> frozenset[str]:
    """Return the addresses of the mailboxes that are read here."""
    user = unquote(urlsplit(settings.MAIL_URL).username or "")
    return frozenset(one.strip().lower() for one in (*settings.MAIL_BCC_ADDRESS, user) if "@" in one)


@unit_of_work
def log_message(
    message: Message, *, by: By, about: Record | None = None, received_at: datetime | None = None
) -> Result:
    """Log a message, unless it has been logged before; all of it or nothing, and one change.

    It is logged on `about` or, without, on the contacts whose addresses stand in it. Settings say whether
    contacts are created for new addresses. What programs have sent is left out, unless somebody logs it on a
    record. `received_at` stands in for a date that the message lacks. Raises AssociationRefused where a
    limit keeps it from the record.
    """
    if about is None and (status := _unwanted(message)):
        return Result(status)
    with schema.pinned():
        try:
            return _log(message, by, about, received_at)
        except (IntegrityError, ValidationError):  # logged, or a contact created, by somebody else meanwhile
            return _log(message, by, about, received_at)


@unit_of_work
def log_messages(files: Iterable[File], *, by: By, about: Record) -> tuple[list[Result], Change | None]:
    """Log messages on a record, all of them or none; return what became of each, and the change if any.

    They come as files, of which one at a time is in memory. Raises AssociationRefused.
    """
    with attachments.with_files():
        by = history.recorded(by, summary=_("Uploaded emails"))
        results = [log_message(parse(one.open().read()), by=by, about=about) for one in files]
        written = any(one.status in (Status.LOGGED, Status.ASSOCIATED) for one in results)
        if not written:
            history.forget_if_empty(by.change)
    return results, by.change if written else None


def _unwanted(message: Message) -> Status | None:
    """Return why a message is not even looked at: lest programs answer each other for ever."""
    if message.loops & {*own_addresses(), MARK} or message.hops > HOPS:
        return Status.LOOP
    return Status.AUTOMATIC if message.is_automatic else None


@attachments.with_files()
def _log(message: Message, by: By, about: Record | None, received_at: datetime | None) -> Result:
    known = EmailMessage.objects.filter(message_id=message.message_id).first()
    if known is not None:
        return _seen(known, about, by)
    parties = _parties(message)
    by = history.recorded(by, summary=message.subject)
    contacts = _contacts(parties.others, by)
    created = _create_contacts(parties.others, contacts, by) if settings.MAIL_CREATE_CONTACTS else []
    found = {**contacts, **{one.email: one for one in created}}
    people: list[Record] = [found[one.email] for one in parties.others if one.email in found][:PEOPLE]
    if about is None and not people:
        history.forget_if_empty(by.change)
        return Result(Status.NOBODY)
    kind = schema.current().type("emails")
    values = _values(message, parties, kind, received_at)
    email, _report = log_activity(about or people[0], kind, values, by=by)
    if about is None:
        _associate(email, people, kind, values, by)
    _name(email, message)
    _keep_files(email, message, by)
    return Result(Status.LOGGED, email, created)


def _seen(known: EmailMessage, about: Record | None, by: By) -> Result:
    """Say that a message has been logged; put it on the timeline of `about` too."""
    if known.archived_at is not None:
        return Result(Status.ARCHIVED, known)
    if about is None:
        return Result(Status.SEEN, known)
    report = association_services.associate(known, [about.pk], by=by)
    return Result(Status.ASSOCIATED if report.associated else Status.SEEN, known)


def _associate(email: Record, people: list[Record], kind: ObjectType, values: dict[str, Any], by: By) -> None:
    """Associate an e-mail with all who take part, and with what the rules say of each but the first."""
    others = [one.pk for one in people]
    for person in people[1:FOLLOWED]:
        proposed = automatic.proposed(person, kind, by.actor, automatic.addresses_of(values))
        others += [one.record.pk for one in proposed]
    pairs = [(email.pk, pk) for pk in dict.fromkeys(others)]
    association_services.associate_pairs(pairs, by=by, skip_refused=True)


def _name(email: Record, message: Message) -> None:
    """Write down by what a message is known, and its conversation.

    The database lets one of those who log it at once do so. Raises IntegrityError.
    """
    thread = _thread(message)
    emails = EmailMessage.objects.filter(pk=email.pk)
    emails.update(message_id=message.message_id, thread=thread)
    if thread != message.message_id:  # answers that came before it began a conversation of their own
        EmailMessage.objects.filter(thread=message.message_id).update(thread=thread)


def _keep_files(email: Record, message: Message, by: By) -> None:
    """Attach the files that came with a message; write down which are left out, and why."""
    refused: list[str] = []
    for place, one in enumerate(message.attachments):
        try:
            if place >= attachments.MOST_OF_A_RECORD:
                text = _("“%(name)s”: a record can have up to %(most)s files.")
                raise ValidationError(text % {"name": one.name, "most": attachments.MOST_OF_A_RECORD})
            if not message.is_whole:
                text = _("“%(name)s” is missing: the email is too large to be read to its end.")
                raise ValidationError(text % {"name": one.name})
            with one.file() as file:
                attachments.add(email, [file], by=by)
        except ValidationError as error:
            refused += error.messages
    if refused:
        EmailMessage.objects.filter(pk=email.pk).update(files_left_out=clean("\n".join(refused)))


def _thread(message: Message) -> str:
    """Return the id of the message that the conversation began with, by what is known of it."""
    before = [*message.references, *filter(None, [message.in_reply_to])]
    rows = EmailMessage.objects.filter(message_id__in=before).exclude(thread="")
    threads = dict(rows.values_list("message_id", "thread"))
    return next((threads[one] for one in reversed(before) if one in threads), message.root)


# --- Who takes part ---------------------------------------------------------------------------------


def _parties(message: Message) -> _Parties:
    own = own_addresses()
    everybody = [*filter(None, [message.sender]), *message.recipients]
    users = _users(one.email for one in everybody)
    sender = message.sender
    others = [one for one in message.recipients if one.email not in own and one.email not in users]
    if sender and sender.email in users:
        user = users[sender.email]
        within = message.forwarded.sender if message.forwarded else None
        if within and not others and any(one.email in own for one in message.to):
            outside = within.email not in own and within.email not in _users([within.email])
            return _Parties("FORWARDED_EMAIL", within, [within] if outside else [], user)
        return _Parties("EMAIL", sender, others, user)
    if sender and sender.email in own:
        return _Parties("EMAIL", sender, others, None)
    others = [sender, *(one for one in others if one.email != sender.email)] if sender else others
    receiving = next((users[one.email] for one in message.recipients if one.email in users), None)
    return _Parties("INCOMING_EMAIL", sender, others, receiving)


def _users(emails: Iterable[str]) -> dict[str, Any]:
    """Return the users who have some of these addresses, by address."""
    users = get_user_model().objects.filter(is_active=True).alias(lower=Lower("email"))
    return {one.email.lower(): one for one in users.filter(lower__in=set(emails)).order_by("-pk")}


def _contacts(people: list[Address], by: By) -> dict[str, Record]:
    """Return the contacts who have some of these addresses, by address; three queries at most."""
    prop = schema.current().type("contacts").properties["email"]
    holders = UniqueValue.holders(prop, [one.email for one in people])
    records = Contact.objects.visible_to(by.actor).in_bulk(list(holders.values()))
    found = {one.email: holders.get(UniqueValue.key(one.email), 0) for one in people}
    return {email: records[pk] for email, pk in found.items() if pk in records}


def _create_contacts(people: list[Address], there: dict[str, Record], by: By) -> list[Any]:
    """Create contacts for the addresses that have none, but for those of programs and of archived ones."""
    new = [one for one in people if one.email not in there and not NOBODY.match(one.email) and _is_valid(one)]
    emails = Q(email__in=[one.email for one in new])
    archived = set(Contact.objects.filter(emails, archived_at__isnull=False).values_list("email", flat=True))
    kind = schema.current().type("contacts")
    records = []
    for one in new[: PEOPLE - len(there)] if len(there) < PEOPLE else []:
        if one.email not in archived:
            first, last = _names(one)
            values = {"email": one.email, "firstname": first, "lastname": last}
            records.append(record_services.build_record(kind, values, by=by))
    record_services.create_records(records, by=by)
    return records


def _is_valid(one: Address) -> bool:
    try:
        validate_email(one.email)
    except ValidationError:
        return False
    return True


def _names(one: Address) -> tuple[str, str]:
    """Return first and last name of what stands beside an address: "Ada King" or "King, Ada".

    >>> _names(Address("ada@example.com", "Lovelace, Ada"))
    ('Ada', 'Lovelace')
    """
    if "@" in one.name:
        return "", ""
    last, comma, first = one.name.partition(",")
    if not comma:
        first, _space, last = one.name.rpartition(" ")
        first, last = (first, last) if first else (last, "")
    return first.strip()[:LONGEST_NAME], last.strip()[:LONGEST_NAME]


# --- Values -----------------------------------------------------------------------------------------


def _values(
    message: Message, parties: _Parties, kind: ObjectType, received_at: datetime | None
) -> dict[str, Any]:
    """Return the values of the e-mail that a message becomes, by property name."""
    now = timezone.now()
    values = {
        "hs_email_subject": message.subject,
        "hs_email_direction": parties.direction,
        "hs_email_status": "" if parties.direction == "INCOMING_EMAIL" else "SENT",
        "hs_email_from_email": _listed([parties.sender] if parties.sender else []),
        "hs_email_to_email": _listed(message.to),
        "hs_email_cc_email": _listed(message.cc),
        "hs_email_bcc_email": _listed(message.bcc),
        "hs_timestamp": min(message.date or received_at or now, now),
        "hs_email_html": message.html,
        "hs_email_text": message.text,
        "hs_email_headers": message.headers,
        "hubspot_owner_id": parties.user,
    }
    return {name: value for name, value in values.items() if name in kind.properties}


def _listed(people: Iterable[Address]) -> str:
    """Return addresses as HubSpot writes them, as many as fit."""
    text = "; ".join(one.email for one in people)
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition("; ")[0]
