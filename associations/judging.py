"""The rules of associating: what each pair of records may expect, given that both are locked.

After HubSpot's behaviour: never with itself nor with an archived record, only between types that may be
associated, within the limits for the pair and for each of its labels, with at most one primary company;
the first company is primary by itself, and setting another moves it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from records import schema
from records.models import Record
from records.services import batches

from .labels import Word, all_labels, limits, primary_word
from .models import Association, AssociationLabel, AssociationLimit, Labelling
from .models.association import Pair, canonical
from .outcomes import Labelled, Outcome, Reason, Replaced, Report, Status
from .type_pairs import may_be_associated

Records = Mapping[int, Record]


def judge(
    pairs: Sequence[Pair],
    wanted: Mapping[Pair, Sequence[Labelled]],
    records: Records,
    *,
    only_labels: bool = False,
    as_was: bool = False,
) -> Report:
    """Return what each pair may expect, and the labels it would get, without writing anything.

    With `only_labels` pairs that are not associated are refused. With `as_was` the pairs are what there has
    been before: archived records and labels, and types that may no longer be associated, are no hindrance,
    and no first company becomes primary by itself.
    """
    standing = Standing(pairs, wanted, records, promote=not as_was)
    report = Report()
    for pair in pairs:
        exists = pair in standing.existing
        outcome = _hindrance(pair, wanted.get(pair, ()), records, exists, only_labels, as_was)
        report.outcomes.append(outcome or standing.place(pair, wanted.get(pair, ())))
    return report


def _hindrance(
    pair: Pair, labels: Iterable[Labelled], records: Records, exists: bool, only_labels: bool, as_was: bool
) -> Outcome | None:
    """Return why a pair can have nothing at all, whatever the limits."""

    def refused(reason: Reason, message: str) -> Outcome:
        return Outcome(pair, Status.REFUSED, reason, message)

    a, b = pair
    if a == b:
        name = str(records[a]) if a in records else str(a)
        return refused(Reason.ITSELF, _("%(name)s cannot be associated with itself.") % {"name": name})
    for pk in pair:
        if pk not in records:
            return refused(Reason.UNKNOWN, _("There is no record with the id %(id)s.") % {"id": pk})
    for pk in pair:
        if records[pk].archived_at and not as_was:
            return refused(Reason.ARCHIVED, _("%(name)s has been archived.") % {"name": records[pk]})
    types = [records[pk].object_type_id for pk in pair]
    if not exists and only_labels:
        message = _("%(one)s and %(other)s are not associated.") % {"one": records[a], "other": records[b]}
        return refused(Reason.NOT_ASSOCIATED, message)
    if not exists and not as_was and not may_be_associated(*types):
        kinds = [schema.current().type_by_id(type_id).plural_label for type_id in types]
        message = _("The settings do not let %(one)s be associated with %(other)s.")
        return refused(Reason.TYPES, message % {"one": kinds[0].lower(), "other": kinds[1].lower()})
    for one in labels:
        label = all_labels().get(one.label_id)
        ends = (records[one.from_id].object_type_id, records[one.to_id].object_type_id)
        archived = label is not None and label.archived_at and not as_was
        if label is None or archived or (label.from_type_id, label.to_type_id) != ends:
            message = _("%(one)s and %(other)s cannot have the label “%(label)s”.")
            names = {"one": records[a], "other": records[b], "label": label or one.label_id}
            return refused(Reason.LABEL, message % names)
    return None


class Standing:
    """What the records at hand have already, and the places under limits that are left."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        wanted: Mapping[Pair, Sequence[Labelled]],
        records: Records,
        promote: bool,
    ) -> None:
        self.records = records
        self.promote = promote
        pairs = [pair for pair in pairs if pair[0] != pair[1] and all(pk in records for pk in pair)]
        self.wanted = wanted
        self.existing: dict[Pair, Association] = {}
        for batch in batches(pairs):
            chosen = set(batch)
            self.existing.update(
                {row.pair: row for row in Association.objects.among(batch) if row.pair in chosen}
            )
        self._read_limits(pairs)
        self._read_labels(pairs)
        self.stored = {key: set(held) for key, held in self.holders.items()}
        self.names = self._names_of_single_holders()

    # --- What there is ----------------------------------------------------------------------------

    def _types(self, pk: int, other: int) -> tuple[int, int]:
        return (self.records[pk].object_type_id, self.records[other].object_type_id)

    def _read_limits(self, pairs: Sequence[Pair]) -> None:
        """Read how many associations those have whose number matters: for a limit, or for a first company."""
        new = [pair for pair in pairs if pair not in self.existing]
        directed = [(pk, other) for pair in new for pk, other in (pair, pair[::-1])]
        types = {self._types(pk, other) for pk, other in directed}
        self.limits: dict[tuple[int, int], AssociationLimit] = {
            key: limit
            for limit in limits()
            if not limit.label_id and (key := (limit.from_type_id, limit.to_type_id)) in types
        }
        self.primary: dict[tuple[int, int], AssociationLabel] = {
            key: word.label for key in types if self.promote and (word := primary_word(*key))
        }
        # By record and type (or label and way): the records that stand at the other end.
        self.holders: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for key in {*self.limits, *self.primary}:
            bound = {pk for pk, other in directed if self._types(pk, other) == key}
            for batch in batches(sorted(bound)):
                # Archived records count as well, hence no live().
                for here, there in (("a", "b"), ("b", "a")):
                    rows = Association.objects.filter(
                        **{f"record_{here}__in": batch, f"type_{there}": key[1]}
                    )
                    for record_id, other_id in rows.values_list(f"record_{here}_id", f"record_{there}_id"):
                        self.holders[record_id, key[1]].add(other_id)

    def _read_labels(self, pairs: Sequence[Pair]) -> None:
        """Read the labels that the pairs carry, and who holds those that are limited or primary."""
        named = {one.label_id for pair in pairs for one in self.wanted.get(pair, ())}
        self.label_limits: dict[tuple[int, bool], AssociationLimit] = {
            (limit.label_id, limit.inverse): limit
            for limit in limits()
            if limit.label_id and limit.label_id in named
        }
        self.carried: set[Labelled] = set()
        if named:
            ids = [row.pk for pair, row in self.existing.items() if self.wanted.get(pair)]
            for batch in batches(ids):
                for row in Labelling.objects.filter(association__in=batch):
                    a, b = canonical(row.from_record_id, row.to_record_id)
                    self.carried.add(Labelled(a, b, row.label_id, row.from_record_id))
        for (label_id, _inverse), limit in self.label_limits.items():
            holders = {
                holder
                for pair in pairs
                for one in self.wanted.get(pair, ())
                if one.label_id == label_id
                for holder, inverse in self._ends(one)
                if inverse == limit.inverse
            }
            self._count_labelled(limit, sorted(holders))
        # By holder: the company that is primary now. Read also for those who may get their first one.
        self.primary_now: dict[int, int] = {}
        primary = {pk for pk, label in all_labels().items() if label.is_primary}
        moving = {
            one.from_id for pair in pairs for one in self.wanted.get(pair, ()) if one.label_id in primary
        }
        for batch in batches(sorted(moving)):
            rows = Labelling.objects.filter(from_record__in=batch, is_primary=True)
            self.primary_now.update(rows.values_list("from_record", "to_record"))
        self.made_primary = dict.fromkeys(moving, 0)

    def _ends(self, one: Labelled) -> list[tuple[int, bool]]:
        """Return the records that hold a label under a limit, and whether from its `to` end."""
        if all_labels()[one.label_id].is_directed:
            return [(one.from_id, False), (one.to_id, True)]
        return [(one.a, False), (one.b, False)]  # one limit for both ways

    def _count_labelled(self, limit: AssociationLimit, holders: Sequence[int]) -> None:
        here, there = ("to_record", "from_record") if limit.inverse else ("from_record", "to_record")
        symmetric = not all_labels()[limit.label_id or 0].is_directed
        ways = [(here, there), (there, here)] if symmetric else [(here, there)]
        for batch in batches(holders):
            for near, far in ways:
                rows = Labelling.objects.filter(**{f"{near}__in": batch}, label=limit.label_id)
                for holder, other in rows.values_list(near, far):
                    self.holders[holder, limit.label_id or 0, limit.inverse].add(other)

    def _names_of_single_holders(self) -> dict[int, str]:
        """Names for the message "already has a company, Acme", all in one query."""
        named: set[int] = set()
        for key, held in self.stored.items():
            limit = self._limit(key)
            if limit and limit.maximum == 1:
                named |= held
        names = {}
        for batch in batches(sorted(named)):
            for record in Record.objects.filter(pk__in=batch):
                archived = _("%(name)s (archived)") % {"name": record}
                names[record.pk] = archived if record.archived_at else str(record)
        return names

    def _limit(self, key: tuple[int, ...]) -> AssociationLimit | None:
        if len(key) == 2:
            return self.limits.get((self.records[key[0]].object_type_id, key[1]))
        return self.label_limits.get((key[1], bool(key[2])))

    # --- What a pair may have -----------------------------------------------------------------------

    def place(self, pair: Pair, wanted: Sequence[Labelled]) -> Outcome:
        """Return what the limits let a pair have; it takes its places under them."""
        exists = pair in self.existing
        labels = [one for one in wanted if one not in self.carried]
        if exists and not labels:
            return Outcome(pair, Status.ALREADY)
        taken: list[tuple[tuple[int, ...], int]] = []
        if not exists:
            for pk, other in (pair, pair[::-1]):
                taken.append(((pk, self.records[other].object_type_id), other))
        for one in labels:
            for holder, inverse in self._ends(one):
                other = one.b if holder == one.a else one.a
                taken.append(((holder, one.label_id, inverse), other))
        for key, other in taken:
            limit = self._limit(key)
            if limit and other not in self.holders[key] and len(self.holders[key]) >= limit.maximum:
                return self._refused(pair, key, limit)
        for one in labels:
            if all_labels()[one.label_id].is_primary and self.made_primary[one.from_id]:
                return self._refused_primary(pair, one)
        if not exists:
            labels += self._first_company(pair)
        moved = [self._make_primary(one) for one in labels if all_labels()[one.label_id].is_primary]
        for key, other in taken:
            self.holders[key].add(other)
        status = Status.LABELLED if exists else Status.ASSOCIATED
        return Outcome(pair, status, added=tuple(labels), moved=tuple(filter(None, moved)))

    def _first_company(self, pair: Pair) -> list[Labelled]:
        """Return the label "Primary" for a record that gets its first company, unless another is to be it."""
        found = []
        for pk, other in (pair, pair[::-1]):
            label = self.primary.get(self._types(pk, other))
            if label and pk not in self.made_primary and not self.holders[pk, self._types(pk, other)[1]]:
                found.append(Labelled.of(pk, other, Word(label)))
        return found

    def _make_primary(self, one: Labelled) -> Labelled | None:
        """Take the place of the primary company; return the label that another loses by that."""
        self.made_primary[one.from_id] = one.to_id
        before = self.primary_now.get(one.from_id)
        self.primary_now[one.from_id] = one.to_id
        if before is None or before == one.to_id:
            return None
        return Labelled(*canonical(one.from_id, before), one.label_id, one.from_id)

    # --- Why not ------------------------------------------------------------------------------------

    def _refused(self, pair: Pair, key: tuple[int, ...], limit: AssociationLimit) -> Outcome:
        pk, kind = key[0], schema.current().type_by_id(limit.to_type_id)
        replaceable: Replaced | None = None
        said = {"name": self.records[pk], "number": limit.maximum}
        if limit.label:
            said["label"] = limit.label.word(inverse=limit.inverse)
            said["type"] = kind.singular_label.lower()
        elif limit.maximum > 1:
            said["type"] = kind.plural_label.lower()
        else:
            said["type"] = kind.singular_label.lower()
        if limit.maximum > 1:
            text = _("%(name)s already has %(number)s %(type)s, as many as the settings allow.")
            with_label = _("%(name)s already has %(number)s × “%(label)s”, as many as the settings allow.")
        elif stored := self.stored.get(key):
            other = min(stored)
            said["other"] = self.names[other]
            a, b = canonical(pk, other)
            if limit.label:
                from_id = other if limit.inverse else (pk if limit.label.is_directed else a)
                replaceable = Labelled(a, b, limit.label.pk, from_id)
            else:
                replaceable = (a, b)
            text = _("%(name)s already has a %(type)s, %(other)s.")
            with_label = _("%(name)s already has a “%(label)s”, %(other)s.")
        else:  # another of the pairs at hand has taken the place
            said["other"] = self.records[min(self.holders[key])]
            text = _("%(name)s can have only one %(type)s, and %(other)s is chosen as well.")
            with_label = _("%(name)s can have only one “%(label)s”, and %(other)s is chosen as well.")
        message = (with_label if limit.label else text) % said
        return Outcome(pair, Status.REFUSED, Reason.LIMIT, message, replaceable)

    def _refused_primary(self, pair: Pair, one: Labelled) -> Outcome:
        message = _("%(name)s can have only one primary %(type)s, and %(other)s is chosen as well.") % {
            "name": self.records[one.from_id],
            "type": self.records[one.to_id].kind.singular_label.lower(),
            "other": self.records[self.made_primary[one.from_id]],
        }
        return Outcome(pair, Status.REFUSED, Reason.LIMIT, message)
