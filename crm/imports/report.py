"""What an import says: counts, and problems with the line they stand in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from django.utils.translation import gettext as _


class ImportRefused(Exception):
    """The import cannot be done, for the reason given; nothing (more) was written."""


class Conflict(ImportRefused):
    """Somebody else has taken a value since it was looked up: the same batch would go well by now."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of the file."""

    line: int
    message: str
    file: str = ""  # its name, where an import has several
    cells: Sequence[str] = ()  # of the row, in the order of the header
    record_id: int | None = None

    def __str__(self) -> str:
        said = {"line": self.line, "message": self.message, "file": self.file}
        if self.file:
            return _("%(file)s, line %(line)s: %(message)s") % said
        return _("line %(line)s: %(message)s") % said


@dataclass
class Report:
    """How many of what an import did, or would do. Problems are told one by one, not kept."""

    rows: int = 0
    skipped: int = 0  # rows of which nothing was imported
    created: Counter[str] = field(default_factory=Counter)  # by object type
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    associated: int = 0
    already_associated: int = 0
    labelled: int = 0  # of those that were already associated
    refused: int = 0  # associations that a rule forbids
    missing: int = 0  # associations whose other record was not found
    unused_columns: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Add the counts of another part of the same import."""
        for one in fields(self):
            value = getattr(other, one.name)
            if isinstance(value, int):
                setattr(self, one.name, getattr(self, one.name) + value)
            elif isinstance(value, Counter):
                getattr(self, one.name).update(value)

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            one.name: dict(value) if isinstance(value := getattr(self, one.name), Counter) else value
            for one in fields(self)
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """Return what `as_json` gave."""
        by_type = {name: Counter(plain[name]) for name in ("created", "updated", "unchanged")}
        return cls(**{**plain, **by_type})

    def lines(self) -> list[str]:
        """Return the counts as lines for a reader."""
        lines = [
            _("%(number)s rows read, %(skipped)s left out") % {"number": self.rows, "skipped": self.skipped}
        ]
        for name in dict.fromkeys([*self.created, *self.updated, *self.unchanged]):
            lines.append(
                _("%(type)s: %(created)s created, %(updated)s updated, %(unchanged)s unchanged")
                % {
                    "type": name,
                    "created": self.created[name],
                    "updated": self.updated[name],
                    "unchanged": self.unchanged[name],
                }
            )
        if self.associated or self.already_associated or self.refused or self.missing:
            lines.append(
                _(
                    "associations: %(associated)s made, %(already)s already there, "
                    "%(refused)s refused, %(missing)s not found"
                )
                % {
                    "associated": self.associated,
                    "already": self.already_associated,
                    "refused": self.refused,
                    "missing": self.missing,
                }
            )
        if self.labelled:
            lines.append(_("labels put on %(number)s associations") % {"number": self.labelled})
        if self.unused_columns:
            lines.append(_("columns not imported: %(names)s") % {"names": ", ".join(self.unused_columns)})
        return lines
