"""The functions that every path goes through to associate and dissociate records.

Record page, list, admin, import, rule and API all end here. The functions take many pairs at once and run
a constant number of statements for them; they are idempotent; and they say per pair what happened.

Rules, after HubSpot's behaviour: an association is two-way, never doubled, never of a record with itself,
never with an archived record, between object types that may be associated, and within the limits that the
settings give (one company per contact by default).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from records import schema
from records import services as record_services
from records.models import ObjectType, Record
from records.provenance import By
from records.transactions import unit_of_work

from . import rollups
from .models import Association, AssociationLimit
from .models.association import Pair, canonical
from .type_pairs import may_be_associated

UNDO_SECONDS = 24 * 3600  # how long an undo that a page offers stays good


class Status(StrEnum):
    """What became of a pair."""

    ASSOCIATED = "associated"
    ALREADY = "already associated"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a pair was refused."""

    ITSELF = "itself"
    UNKNOWN = "unknown"
    ARCHIVED = "archived"
    LIMIT = "limit"
    TYPES = "types"


@dataclass(frozen=True)
class Outcome:
    """What became of one pair of records."""

    pair: Pair
    status: Status
    reason: Reason | None = None
    message: str = ""
    # A limit of one can be met by replacing: the association that would have to go.
    replaceable: Pair | None = None


@dataclass
class Report:
    """What became of each pair, in the order given; the same pair twice is one outcome."""

    outcomes: list[Outcome] = field(default_factory=list)

    def _with(self, status: Status) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def associated(self) -> list[Outcome]:
        """The pairs that were associated now."""
        return self._with(Status.ASSOCIATED)

    @property
    def already(self) -> list[Outcome]:
        """The pairs that had been associated before."""
        return self._with(Status.ALREADY)

    @property
    def refused(self) -> list[Outcome]:
        """The pairs that a rule forbids, each with its reason."""
        return self._with(Status.REFUSED)


class AssociationRefused(Exception):
    """A rule forbids at least one of the pairs; nothing was written."""

    def __init__(self, report: Report) -> None:
        super().__init__("; ".join(outcome.message for outcome in report.refused))
        self.report = report


# --- Associate ------------------------------------------------------------------------------------


def associate(record: Record, others: Iterable[int], *, by: By, replacing: Iterable[Pair] = ()) -> Report:
    """Associate a record with the records of these ids: all of them or, when one is refused, none.

    `replacing` names associations to dissolve first, in the same transaction. Raises AssociationRefused.
    """
    return associate_pairs([(record.pk, other) for other in others], by=by, replacing=replacing)


@unit_of_work
def associate_pairs(
    pairs: Iterable[Pair], *, by: By, replacing: Iterable[Pair] = (), skip_refused: bool = False
) -> Report:
    """Associate each pair of record ids, in one transaction; return what became of each.

    With `skip_refused` the pairs that the rules allow are associated and the others reported; of pairs
    that compete for the last place under a limit the earlier one has it. Otherwise a single refusal leaves
    everything as it was and raises AssociationRefused, whose report names every refused pair.
    """
    wanted = list(dict.fromkeys(canonical(*pair) for pair in pairs))
    with transaction.atomic():
        replacing = [canonical(*pair) for pair in replacing]
        records = _lock_ends([*wanted, *replacing])
        removed = _delete(replacing) if replacing else []
        report = _judge(wanted, records)
        if report.refused and not skip_refused:
            raise AssociationRefused(report)
        added = [
            Association(
                record_a_id=a,
                record_b_id=b,
                type_a_id=records[a].object_type_id,
                type_b_id=records[b].object_type_id,
                origin=by.origin,
                created_by_id=by.actor.pk if by.actor else None,
            )
            for a, b in (outcome.pair for outcome in report.associated)
        ]
        Association.objects.bulk_create(added, batch_size=record_services.BATCH)
        rollups.links_changed([*removed, *added])
    return report


@unit_of_work
def preview_pairs(pairs: Iterable[Pair]) -> Report:
    """Return what `associate_pairs` would make of these pairs now, without writing anything."""
    wanted = list(dict.fromkeys(canonical(*pair) for pair in pairs))
    with transaction.atomic():
        return _judge(wanted, _lock({pk for pair in wanted for pk in pair}))


@unit_of_work
def create_associated(
    record: Record, object_type: ObjectType, values: dict[str, Any], *, by: By, replacing: Iterable[Pair] = ()
) -> Record:
    """Create a record and associate it with `record`: both or neither.

    Raises ValidationError (by property name) or AssociationRefused.
    """
    with transaction.atomic():
        created = record_services.create_record(object_type, values, by=by)
        associate(record, [created.pk], by=by, replacing=replacing)
    return created


def _lock_ends(pairs: Sequence[Pair]) -> dict[int, Record]:
    """Lock the records of pairs that are to change, and those whose values may follow."""
    return _lock({pk for pair in pairs for pk in pair} | rollups.reach_of_links(pairs))


def _lock(ids: set[int]) -> dict[int, Record]:
    """Return the records of these ids, locked until the transaction ends, in one order everywhere.

    The lock is what makes limits hold when two users save at once, and what keeps a record from being
    archived between the check and the write. SQLite has one writer at a time: BEGIN IMMEDIATE is its lock.
    """
    found = {}
    for batch in record_services.batches(sorted(ids)):
        rows = Record.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        for row in rows.only("pk", "object_type_id", "display_name", "archived_at"):
            found[row.pk] = row
    return found


def _judge(pairs: Sequence[Pair], records: dict[int, Record]) -> Report:
    """Return what each pair may expect, given locked records, without writing anything."""
    existing: set[Pair] = set()
    for batch in record_services.batches(pairs):
        existing.update(Association.objects.among(batch).values_list("record_a_id", "record_b_id"))
    hindrances = {pair: _hindrance(pair, records, pair in existing) for pair in pairs}
    candidates = [pair for pair in pairs if pair not in existing and not hindrances[pair]]
    limits = _Limits(candidates, records)
    report = Report()
    for pair in pairs:
        if hindrance := hindrances[pair]:
            report.outcomes.append(hindrance)
        elif pair in existing:
            report.outcomes.append(Outcome(pair, Status.ALREADY))
        else:
            report.outcomes.append(limits.refusal(pair) or Outcome(pair, Status.ASSOCIATED))
    return report


def _hindrance(pair: Pair, records: dict[int, Record], exists: bool) -> Outcome | None:
    a, b = pair
    if a == b:
        name = str(records[a]) if a in records else str(a)
        message = _("%(name)s cannot be associated with itself.") % {"name": name}
        return Outcome(pair, Status.REFUSED, Reason.ITSELF, message)
    for pk in pair:
        if pk not in records:
            message = _("There is no record with the id %(id)s.") % {"id": pk}
            return Outcome(pair, Status.REFUSED, Reason.UNKNOWN, message)
    for pk in pair:
        if records[pk].archived_at:
            message = _("%(name)s has been archived.") % {"name": records[pk]}
            return Outcome(pair, Status.REFUSED, Reason.ARCHIVED, message)
    types = [records[pk].object_type_id for pk in pair]
    if not exists and not may_be_associated(*types):
        kinds = [schema.current().type_by_id(type_id).plural_label for type_id in types]
        message = _("The settings do not let %(one)s be associated with %(other)s.")
        message %= {"one": kinds[0].lower(), "other": kinds[1].lower()}
        return Outcome(pair, Status.REFUSED, Reason.TYPES, message)
    return None


class _Limits:
    """The limits that bear on some pairs, and how much of each is used up."""

    def __init__(self, pairs: Sequence[Pair], records: dict[int, Record]) -> None:
        self.records = records
        self.holders: dict[tuple[int, int], set[int]] = defaultdict(set)  # (record, other type) -> other ids
        self.maximum: dict[tuple[int, int], int] = {}
        directed = [(pk, other) for pair in pairs for pk, other in (pair, pair[::-1])]
        types = {self._types(pk, other) for pk, other in directed}
        if types:
            limits = AssociationLimit.objects.filter(from_type__in={from_type for from_type, _to in types})
            self.maximum = {
                key: limit.maximum
                for limit in limits
                if (key := (limit.from_type_id, limit.to_type_id)) in types
            }
        for from_type, to_type in self.maximum:
            bound = {pk for pk, other in directed if self._types(pk, other) == (from_type, to_type)}
            self._count(sorted(bound), to_type)
        self.stored = {key: set(held) for key, held in self.holders.items()}
        self.names = self._names_of_single_holders()

    def _types(self, pk: int, other: int) -> tuple[int, int]:
        return (self.records[pk].object_type_id, self.records[other].object_type_id)

    def _count(self, bound: Sequence[int], to_type: int) -> None:
        for batch in record_services.batches(bound):
            # Archived records count as well, hence no live().
            for here, there in (("a", "b"), ("b", "a")):
                rows = Association.objects.filter(**{f"record_{here}__in": batch, f"type_{there}": to_type})
                for record_id, other_id in rows.values_list(f"record_{here}_id", f"record_{there}_id"):
                    self.holders[record_id, to_type].add(other_id)

    def _names_of_single_holders(self) -> dict[int, str]:
        """Names for the message "already has a company, Acme", all in one query."""
        named: set[int] = set()
        for (pk, to_type), held in self.stored.items():
            if self.maximum[self.records[pk].object_type_id, to_type] == 1:
                named |= held
        names = {}
        for batch in record_services.batches(sorted(named)):
            for record in Record.objects.filter(pk__in=batch):
                archived = _("%(name)s (archived)") % {"name": record}
                names[record.pk] = archived if record.archived_at else str(record)
        return names

    def refusal(self, pair: Pair) -> Outcome | None:
        """Return why the limits forbid a pair; where they do not, take its place under them."""
        ends = [(pk, other) for pk, other in (pair, pair[::-1]) if self._types(pk, other) in self.maximum]
        for pk, other in ends:
            to_type = self.records[other].object_type_id
            maximum = self.maximum[self._types(pk, other)]
            if len(self.holders[pk, to_type]) >= maximum:
                return self._refused(pair, pk, to_type, maximum)
        for pk, other in ends:
            self.holders[pk, self.records[other].object_type_id].add(other)
        return None

    def _refused(self, pair: Pair, pk: int, to_type: int, maximum: int) -> Outcome:
        kind = schema.current().type_by_id(to_type)
        name = self.records[pk]
        replaceable = None
        if maximum > 1:
            message = _("%(name)s already has %(number)s %(type)s, as many as the settings allow.") % {
                "name": name,
                "number": maximum,
                "type": kind.plural_label.lower(),
            }
        elif stored := self.stored.get((pk, to_type)):
            other = min(stored)
            replaceable = canonical(pk, other)
            message = _("%(name)s already has a %(type)s, %(other)s.") % {
                "name": name,
                "type": kind.singular_label.lower(),
                "other": self.names[other],
            }
        else:  # another of the pairs at hand has taken the place
            other = min(self.holders[pk, to_type])
            message = _("%(name)s can have only one %(type)s, and %(other)s is chosen as well.") % {
                "name": name,
                "type": kind.singular_label.lower(),
                "other": self.records[other],
            }
        return Outcome(pair, Status.REFUSED, Reason.LIMIT, message, replaceable)


# --- Dissociate -----------------------------------------------------------------------------------


def dissociate(record: Record, others: Iterable[int], *, by: By) -> list[Association]:
    """Dissolve the associations of a record with the records of these ids; return what they were."""
    return dissociate_pairs([(record.pk, other) for other in others], by=by)


@unit_of_work
def dissociate_pairs(pairs: Iterable[Pair], *, by: By) -> list[Association]:
    """Dissolve the association of each pair, where there is one; return what they were.

    `by` says who and from where; history will keep it.
    """
    with transaction.atomic():
        wanted = [canonical(*pair) for pair in pairs]
        _lock_ends(wanted)
        removed = _delete(wanted)
        rollups.links_changed(removed)
    return removed


def _delete(pairs: Sequence[Pair]) -> list[Association]:
    removed = []
    for batch in record_services.batches(pairs):
        chosen = set(batch)
        removed += [row for row in Association.objects.among(batch) if row.pair in chosen]
    for gone in record_services.batches([row.pk for row in removed]):
        Association.objects.filter(pk__in=gone).delete()
    return removed


def undo_token(removed: Iterable[Association]) -> str:
    """Return a signed text by which a page can offer to bring dissolved associations back."""
    facts = [[*row.pair, row.origin, row.created_at.isoformat(), row.created_by_id] for row in removed]
    return signing.dumps(facts, salt="associations.undo", compress=True)


@unit_of_work
def undo_dissociate(token: str, *, by: By) -> Report:
    """Bring back what `undo_token` describes, with the "since" and the author that it had.

    Raises signing.BadSignature for a token that is forged or too old, AssociationRefused where the rules
    no longer allow it.
    """
    facts = {
        tuple(row[:2]): row[2:]
        for row in signing.loads(token, salt="associations.undo", max_age=UNDO_SECONDS)
    }
    with transaction.atomic():
        report = associate_pairs(facts, by=by)
        rows = [row for row in Association.objects.among(facts) if row.pair in facts]
        for row in rows:
            row.origin, since, row.created_by_id = facts[row.pair]
            row.created_at = parse_datetime(since) or row.created_at
        Association.objects.bulk_update(
            rows, ["origin", "created_at", "created_by"], batch_size=record_services.BATCH
        )
    return report


# --- Archived records -----------------------------------------------------------------------------


def follow_archiving(record_ids: Sequence[int], step: int) -> None:
    """Hide (`step` 1) or show (-1) associations after the records of these ids were archived or restored.

    Called in the transaction that archives, with just the records whose state it changes.
    """
    for batch in record_services.batches(record_ids):
        for end in ("record_a", "record_b"):
            Association.objects.filter(**{f"{end}__in": batch}).update(
                archived_ends=F("archived_ends") + step
            )
    rollups.archived_ends_changed(record_ids, restored=step < 0)
