"""What a rule would do with records that there are: done, looked at, and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from records.history import recorded
from records.models import Change, Record
from records.provenance import By, Origin

from . import conditions
from .actions import Work
from .chain import chained
from .models import Rule
from .running import act
from .tally import COUNTS, REASONS, Tally

TRIED = 500  # records with which it is tried
NAMED = 20  # records that are named


@dataclass
class Line:
    """What happens to a record, as a reader is told."""

    record: Record
    texts: list[str] = field(default_factory=list)


@dataclass
class DryRun:
    """How many records a rule is for, and what became of the first of them."""

    total: int
    tried: int
    tally: Tally
    first: list[Line]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The words of what was counted, with the numbers."""
        return counts_of(self.tally.counts)


def counts_of(counts: Any) -> list[tuple[str, int]]:
    """Return counts with their words, in the order of these, without those that are nought."""
    return [(str(label), counts[what]) for what, label in COUNTS.items() if counts.get(what)]


def dry_run(rule: Rule, user: Any) -> DryRun:
    """Try a rule, which need not be saved, with the first records that it is for; write nothing.

    `user` reads what is said of it. Nobody may write meanwhile on SQLite: a second at most.
    """
    rows = conditions.all_of(rule, rule.run_as)
    total = rows.order_by().count()
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:TRIED])
    tally = Tally()
    with transaction.atomic(), chained([rule.pk or 0]):
        records = conditions.records_of(rule, ids, rule.run_as)
        by = recorded(By(rule.run_as, Origin.RULE), Change.Kind.RULE)
        act(Work(rule, records, by, tally, dry=True))
        # What it created has gone when it is told of.
        names = {pk: str(one) for pk, one in Record.objects.in_bulk(_mentioned(tally.details)).items()}
        transaction.set_rollback(True)
    first = {record.pk: Line(record) for record in records[:NAMED]}
    for one in tally.details:
        if one["record"] in first:
            first[one["record"]].texts.append(text_of(one, rule, names))
    return DryRun(total, len(records), tally, list(first.values()))


def _mentioned(details: Sequence[dict[str, Any]]) -> list[int]:
    return list({one[end] for one in details for end in ("record", "other") if end in one})


def text_of(detail: dict[str, Any], rule: Rule | None, names: dict[int, str]) -> str:
    """Say what a detail of a tally says, but for the record that it is about."""
    text = str(COUNTS.get(detail["what"], detail["what"]))
    note = detail.get("note", "")
    if rule is not None and note in rule.kind.properties:
        note = rule.kind.properties[note].title
    said = [names.get(detail["other"], _("a record")) if "other" in detail else "", note]
    said.append(str(REASONS.get(detail["reason"], "")) if "reason" in detail else "")
    said = [one for one in said if one]
    return f"{text}: {', '.join(said)}" if said else text
