"""Automatic association: with what else an activity shall be associated that is logged on a record."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from records import schema
from records.models import Contact, ObjectType, Record

from .activity_rules import Follow, Rule, rule
from .judging import judge
from .models import Association
from .models.association import canonical
from .outcomes import Status

LOOKED_AT = 200  # of the latest associated deals and tickets, for open ones
ADDRESSES = 100  # of those who take part
ADDRESS_LENGTH = 254  # characters (RFC 5321, 4.5.3.1)
WORD = re.compile(r"[^\s<>,;:\"()]+")
# The properties of an e-mail that say who takes part.
ADDRESS_PROPERTIES = ("hs_email_from_email", "hs_email_to_email", "hs_email_cc_email", "hs_email_bcc_email")
WITH_ADDRESSES = ("emails",)
NOT_YET = 0  # stands for the id of the activity that is to be

TYPES = {
    Follow.COMPANIES: "companies",
    Follow.CONTACTS: "contacts",
    Follow.OPEN_DEALS: "deals",
    Follow.OPEN_TICKETS: "tickets",
}
OPEN = (Follow.OPEN_DEALS, Follow.OPEN_TICKETS)


class Proposal(NamedTuple):
    """A record that an activity shall be associated with too, and why."""

    record: Record
    reason: str


def proposed(
    record: Record, activity_type: ObjectType, user: Any, taking_part: Iterable[str] = ()
) -> list[Proposal]:
    """Return with what else an activity logged on a record shall be associated, by the rules.

    `taking_part` are the e-mail addresses of people who take part. A record that the limits of pairs would
    refuse, or that the user may not see, is not proposed. The number of queries does not depend on the
    number of associations.
    """
    reasons: dict[int, Follow] = {}
    for follow, ids in _followed(record, rule(activity_type, record.kind), taking_part).items():
        for pk in ids:
            reasons.setdefault(pk, follow)
    reasons.pop(record.pk, None)
    records = Record.objects.visible_to(user).in_bulk(list(reasons))
    allowed = _allowed(record, activity_type, [records[pk] for pk in reasons if pk in records])
    return [Proposal(one, reason(reasons[one.pk], record)) for one in allowed]


def reason(follow: Follow, record: Record) -> str:
    """Say why a record is proposed for an activity that is logged on another one."""
    if follow == Follow.PRIMARY_COMPANY:
        return _("Primary")
    if follow == Follow.TAKING_PART:
        return _("Takes part")
    if follow in OPEN:
        return _("Open")
    return _("Associated with %(name)s") % {"name": record}


def addresses(texts: Iterable[str]) -> list[str]:
    """Return the e-mail addresses that stand in some texts, each once, in lower case as contacts have it."""
    # Words first: to look for an address at each letter of a long text would take for ever.
    words = (one[0].replace("\x00", "").lower() for text in texts for one in WORD.finditer(text))
    found = (one for one in words if "@" in one[1:-1] and len(one) <= ADDRESS_LENGTH)
    return list(dict.fromkeys(found))[:ADDRESSES]


def addresses_of(values: Mapping[str, Any]) -> list[str]:
    """Return the e-mail addresses that stand in the values of an e-mail, by property name."""
    return addresses(str(values.get(name) or "") for name in ADDRESS_PROPERTIES)


def _followed(record: Record, follows: Rule, taking_part: Iterable[str]) -> dict[Follow, list[int]]:
    """Return the ids of the records that each thing to follow leads to, the latest associated first."""
    kinds = {follow: schema.current().type(TYPES[follow]) for follow in follows if follow in TYPES}
    latest: dict[int, list[int]] = {}
    for link in Association.objects.newest(record.pk, [kind.pk for kind in kinds.values()], LOOKED_AT):
        latest.setdefault(link.other_type_id, []).append(link.other_id)
    found: dict[Follow, list[int]] = {}
    for follow, most in follows.items():
        if follow == Follow.PRIMARY_COMPANY:
            companies = schema.current().type("companies")
            primary = Association.objects.primary_for_each([record.pk], companies.pk)
            ids = list(primary.values())
        elif follow == Follow.TAKING_PART:
            ids = _contacts_of(taking_part)
        else:
            ids = latest.get(kinds[follow].pk, [])
            ids = _open(kinds[follow], ids) if follow in OPEN else ids
        found[follow] = ids[:most]
    return found


def _open(kind: ObjectType, ids: list[int]) -> list[int]:
    """Return those of some deals or tickets that stand in a stage which is not closed."""
    stages = [pk for pk, stage in kind.stages.items() if not stage.is_closed]
    column = kind.stage_property.column if kind.stage_property else ""
    rows = kind.model.objects.filter(pk__in=ids, **{f"{column}__in": stages})
    there = set(rows.values_list("pk", flat=True)) if ids else set()
    return [pk for pk in ids if pk in there]


def _contacts_of(taking_part: Iterable[str]) -> list[int]:
    """Return the contacts that have these e-mail addresses, in the order of these."""
    wanted = addresses(taking_part)
    if not wanted:
        return []
    rows = Contact.objects.live().filter(email__in=wanted)
    found = sorted(rows.values_list("email", "pk"), key=lambda row: (wanted.index(row[0]), row[1]))
    return [pk for _email, pk in found]


def _allowed(record: Record, activity_type: ObjectType, others: list[Record]) -> list[Record]:
    """Return those of some records that an activity logged on a record may be associated with besides."""
    if not others:
        return []
    activity = Record(pk=NOT_YET, object_type_id=activity_type.pk)
    records = {one.pk: one for one in (activity, record, *others)}
    pairs = [canonical(NOT_YET, one.pk) for one in (record, *others)]
    outcomes = judge(pairs, {}, records).outcomes[1:]
    return [one for one, outcome in zip(others, outcomes, strict=True) if outcome.status == Status.ASSOCIATED]
