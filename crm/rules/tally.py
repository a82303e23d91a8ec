"""What a rule did, in numbers, and of the first records what it did with each.

Records are named by their ids, and reasons by words of Kith's own: the log keeps nothing of what records say.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from associations.outcomes import Reason, Report, Status

SHOWN = 50  # records of a run of which is told what became of each

COUNTS = {
    "matched": _("Records"),
    "associated": _("Associated"),
    "already": _("Associated already"),
    "labelled": _("Labels set"),
    "companies": _("Companies created"),
    "created": _("Records created"),
    "tasks": _("Tasks created"),
    "changed": _("Properties set"),
    "calls": _("Webhooks to be called"),
    "nothing": _("Nothing to be done"),
    "kept": _("Have a company already"),
    "left_out": _("Free mail, own domain or no domain"),
    "unknown": _("No company with the domain"),
    "refused": _("Refused"),
    "failed": _("Failed"),
}
REASONS = {
    Reason.ITSELF: _("a record cannot be associated with itself"),
    Reason.UNKNOWN: _("the record has gone"),
    Reason.ARCHIVED: _("the record has been archived"),
    Reason.LIMIT: _("a limit does not let it have another"),
    Reason.TYPES: _("the settings do not let these types be associated"),
    Reason.LABEL: _("they cannot have this label"),
    Reason.NOT_ASSOCIATED: _("they are not associated"),
    "several": _("more than one record matches"),
    "value": _("the property does not take the value"),
    "required": _("a value is missing or taken"),
}


@dataclass
class Tally:
    """Counts, and details of the first records."""

    counts: Counter[str] = field(default_factory=Counter)
    details: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, what: str, record_id: int = 0, *, other: int = 0, reason: str = "", note: str = "", n: int = 1
    ) -> None:
        """Count something, done with a record (and another), or refused for a reason (a key of REASONS)."""
        self.counts[what] += n
        if record_id and len(self.details) < SHOWN and what not in ("matched", "nothing"):
            one = {"what": what, "record": record_id, "other": other, "reason": str(reason), "note": note}
            self.details.append({name: value for name, value in one.items() if value})

    def add_report(self, report: Report, firsts: Iterable[int]) -> None:
        """Count what became of pairs; `firsts` are the records that the rule is about."""
        own = set(firsts)
        names = {
            Status.ASSOCIATED: "associated",
            Status.ALREADY: "already",
            Status.LABELLED: "labelled",
            Status.REFUSED: "refused",
        }
        for outcome in report.outcomes:
            one, other = outcome.pair if outcome.pair[0] in own else outcome.pair[::-1]
            what = names[outcome.status]
            self.add(what, 0 if what == "already" else one, other=other, reason=outcome.reason or "")

    def merge(self, counts: dict[str, int], details: list[dict[str, Any]]) -> None:
        """Add what an earlier part of the same run did."""
        self.counts.update(counts)
        self.details = [*details, *self.details][:SHOWN]

    @property
    def did_something(self) -> bool:
        """Whether there is anything to tell."""
        return any(number for what, number in self.counts.items() if what not in ("matched", "nothing"))
