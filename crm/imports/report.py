"""What an import says: counts, and problems with the line they stand in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _


class ImportRefused(Exception):
    """The import cannot be done, for the reason given; nothing (more) was written."""


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
    refused: int = 0  # associations that a rule forbids
    missing: int = 0  # associations whose other record was not found
    unused_columns: list[str] = field(default_factory=list)

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
        if self.unused_columns:
            lines.append(_("columns not imported: %(names)s") % {"names": ", ".join(self.unused_columns)})
        return lines
