"""Records as rows of a file: their properties, and what floors above add, such as associated records.

What is written reads back as the same values (`crm.imports`): choices by a name that is theirs alone, days
and numbers in one form whatever the reader's language.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol

from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import jobs, schema, spreadsheets
from .jobs import JobKind, JobRefused, Run
from .models import Job, ObjectType, Property, Record
from .property_kinds.choices import ChoiceKind
from .property_kinds.dates import DateKind
from .provenance import By

BATCH = 500  # records read at once; each may have many others
SEVERAL = ";"  # between the values of a cell
CSV, XLSX = "csv", "xlsx"
FORMATS: dict[str, tuple[str, Callable[[IO[bytes], Iterable[Sequence[Any]]], None]]] = {
    XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", spreadsheets.write_xlsx),
    CSV: ("text/csv; charset=utf-8", spreadsheets.write_csv),
}


class Source(Protocol):
    """What a floor above adds to exports: things that a record has any number of."""

    def choices(self, object_type: ObjectType) -> list[tuple[str, str]]:
        """Return key and label of what can be exported with records of a type."""

    def header(self, object_type: ObjectType, key: str, *, joined: bool) -> list[str]:
        """Return the names of the columns; `joined` ones hold several in a cell."""

    def load(
        self, object_type: ObjectType, key: str, ids: Sequence[int], user: Any, *, joined: bool
    ) -> dict[int, list[list[Any]]]:
        """Return, by record id, the cells of each thing. A constant number of queries for a batch."""


sources: list[Source] = []


@dataclass(frozen=True)
class Export:
    """What is to be written of records of one type."""

    object_type: ObjectType
    properties: list[Property]
    along: list[tuple[Source, str]]  # what else, by its key
    joined: bool  # several in a cell; or else in a row each
    format: str

    @classmethod
    def of(cls, params: dict[str, Any]) -> "Export":
        """Return what `params` describes; properties and types that went meanwhile are left out."""
        object_type = schema.current().type(params["type"])
        known = object_type.properties
        keys = set(params["along"])
        along = [(one, key) for one in sources for key, _label in one.choices(object_type) if key in keys]
        properties = [known[name] for name in params["properties"] if name in known]
        return cls(object_type, properties, along, params["joined"], params["format"])

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.object_type.name}.{self.format}"

    @property
    def content_type(self) -> str:
        """What the file is."""
        return FORMATS[self.format][0]

    def write(self, file: IO[bytes], ids: Iterable[Sequence[int]], user: Any) -> None:
        """Write the file, of records by batches of ids."""
        FORMATS[self.format][1](file, self.rows(ids, user))

    def rows(self, ids: Iterable[Sequence[int]], user: Any) -> Iterator[list[Any]]:
        """Yield the header, then the rows of records by batches of ids, in their order."""
        yield self._header()
        for batch in ids:
            for start in range(0, len(batch), BATCH):
                yield from self._batch(batch[start : start + BATCH], user)

    def _header(self) -> list[str]:
        names = [_("Record ID")]
        titles = [prop.title for prop in self.properties]
        # Of two properties of one title a file could not tell which is which.
        names += [
            prop.title if titles.count(prop.title) == 1 and prop.title not in names else prop.name
            for prop in self.properties
        ]
        for source, key in self.along:
            names += source.header(self.object_type, key, joined=self.joined)
        return names

    def _batch(self, ids: Sequence[int], user: Any) -> Iterator[list[Any]]:
        rows = self.object_type.model.objects.visible_to(user).of_type(self.object_type)
        found = rows.select_related("owner", "created_by").in_bulk(list(ids))
        loaded = [
            (
                len(source.header(self.object_type, key, joined=self.joined)),
                source.load(self.object_type, key, ids, user, joined=self.joined),
            )
            for source, key in self.along
        ]
        for pk in ids:
            if pk not in found:
                continue
            own = [pk, *(self._cell(prop, found[pk]) for prop in self.properties)]
            things = [(width, by_id.get(pk, [])) for width, by_id in loaded]
            if self.joined:
                yield own + [cell for width, cells in things for cell in _joined(cells, width)]
            else:
                yield from self._one_each(own, things)

    def _one_each(self, own: list[Any], things: list[tuple[int, list[list[Any]]]]) -> Iterator[list[Any]]:
        """Yield a row for each thing, its columns filled and those of others empty; at least one row."""
        total = sum(width for width, _cells in things)
        if not any(cells for _width, cells in things):
            yield own + [None] * total
        before = 0
        for width, several in things:
            for cells in several:
                yield own + [None] * before + cells + [None] * (total - before - width)
            before += width

    def _cell(self, prop: Property, record: Record) -> Any:
        kind = prop.kind
        if isinstance(kind, DateKind):
            return prop.value_of(record)
        value = kind.initial(record, prop)
        if value in (None, "", []):
            return None
        if isinstance(kind, ChoiceKind):
            names = self._names[prop.name]
            if kind.many:
                return SEVERAL.join(names.get(str(one), str(one)) for one in value)
            return names.get(str(value)) or prop.display(record)
        return value if kind.numeric else str(value)

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """What each choice is called, by property name and form value."""
        return {prop.name: _telling(prop) for prop in self.properties if isinstance(prop.kind, ChoiceKind)}


def _telling(prop: Property) -> dict[str, str]:
    """Return, for each choice, the name nearest to what a reader knows that no other choice has."""
    named = prop.kind.names(prop)
    owners: dict[str, set[str]] = {}
    for value, names in named.items():
        for name in names:
            owners.setdefault(name.casefold(), set()).add(value)
    found = {}
    for value, names in named.items():
        own = [one for one in reversed(names) if one and len(owners[one.casefold()]) == 1]
        own = [one for one in own if one == one.strip() and not (prop.kind.many and SEVERAL in one)]
        found[value] = next(iter(own), names[-1])
    return found


def _joined(things: Sequence[Sequence[Any]], width: int) -> list[Any]:
    """Return one cell per column, with what stands in it for each thing."""
    columns = zip(*things, strict=True) if things else [()] * width
    return [SEVERAL.join(str(cell) for cell in column) or None for column in columns]


# --- As a job -----------------------------------------------------------------------------------------


def start(params: dict[str, Any], ids: Sequence[int], by: By, summary: str) -> Job:
    """Write a file in the background; the page of the job offers it."""
    language = translation.get_language()
    return jobs.start(ExportJob, by=by, params={**params, "language": language}, ids=ids, summary=summary)


@jobs.register
class ExportJob(JobKind):
    """Writes records to a file."""

    name = "export"
    label = gettext_lazy("Export")
    change_kind = None
    icon = "arrow-down-tray"
    atomic = False
    counts = {"written": gettext_lazy("Records")}

    def step(self, run: Run) -> bool:
        """Write all of it: a file cannot be taken up where it broke off."""
        with translation.override(run.params.get("language")), tempfile.TemporaryFile() as file:
            try:
                export = Export.of(run.params)
            except schema.UnknownObjectType as error:
                raise JobRefused(_("There is no such object type any more.")) from error
            run.job.done = 0
            export.write(file, self._batches(run), run.user)
            run.count("written", run.job.done)
            file.seek(0)
            run.result_file(export.name, file)
        return True

    def _batches(self, run: Run) -> Iterator[list[int]]:
        while (ids := run.next_batch()) is not None:
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                yield batch
                run.done(len(batch))
                run.beat()
