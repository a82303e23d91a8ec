"""The preview of a record: a panel beside the page that one is on, or a page of its own.

Its address says the way to it: `from` is the record on whose page one began, `via` the previews since, each
opened from the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from records.http import Request
from records.models import Property, PropertyGroup, Record
from records.views.common import record_or_404

from .. import sidebar

NAMES = 3  # that each section of a preview shows
LONGEST_WAY = 20  # previews that one can go back through


@dataclass(frozen=True)
class Way:
    """How one came to a preview: the record whose page it was (if it was one), and the previews since."""

    start: int | None = None
    via: tuple[int, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "Way":
        """Return the way that an address says, without what are no ids."""
        start = _ids(request.GET.get("from", ""))
        return cls(start[0] if start else None, tuple(_ids(request.GET.get("via", ""))[-LONGEST_WAY:]))

    @property
    def beside(self) -> int | None:
        """The record among whose associations one came upon this one."""
        return self.via[-1] if self.via else self.start

    def on(self, record: Record) -> "Way":
        """Return the way to what is opened from the preview of a record."""
        return Way(self.start, (*self.via, record.pk)[-LONGEST_WAY:])

    def back(self) -> "Way":
        """Return the way to the preview that one came from."""
        return Way(self.start, self.via[:-1])

    def address(self, record: Record) -> str:
        """Return the address of a record's preview, come to by this way."""
        way = {"from": self.start, "via": "-".join(map(str, self.via))}
        query = urlencode({name: value for name, value in way.items() if value})
        return f"{preview_url(record)}?{query}" if query else preview_url(record)


@dataclass(frozen=True)
class Step:
    """A record whose preview can be gone to, and where that is."""

    record: Record
    url: str


def preview_url(record: Record) -> str:
    """Return the address of a record's preview."""
    return reverse("associations:preview", args=[record.kind.name, record.pk])


def preview(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Show a record's properties, associations and last activities, to look at and not to edit."""
    record = record_or_404(request, type_name, pk)
    way = Way.of(request)
    visible = Record.objects.visible_to(request.user)
    beside = visible.filter(pk=way.beside).first() if way.beside else None
    onward = way.on(record)
    found = [one for one in sidebar.sections(record, request.user) if one.count]
    context: dict[str, Any] = {
        "record": record,
        "groups": _groups(record),
        "sections": [
            (one, [(card, onward.address(card.record)) for card in one.cards[:NAMES]]) for one in found
        ],
        "beside": beside,
        "back": way.back().address(beside) if beside and way.via else "",
        **_among_cards(request, record, beside, way),
    }
    template = "associations/_preview.html" if request.htmx else "associations/preview.html"
    return render(request, template, context)


def _among_cards(request: Request, record: Record, beside: Record | None, way: Way) -> dict[str, Any]:
    """Return what the section says that one came from: its cards' properties, the cards before and behind."""
    if beside is None:
        return {"highlights": record.values_of(record.kind.secondary)}
    section = sidebar.section(beside, request.user, record.kind)
    cards = [card.record for card in section.cards]
    place = next((place for place, one in enumerate(cards) if one.pk == record.pk), None)
    context: dict[str, Any] = {"highlights": record.values_of(section.layout.properties)}
    if place is not None and len(cards) > 1:
        context |= {
            "previous": Step(cards[place - 1], way.address(cards[place - 1])) if place else None,
            "next": Step(cards[place + 1], way.address(cards[place + 1])) if cards[place + 1 :] else None,
            "number": place + 1,
            "shown": len(cards),
        }
    return context


def _groups(record: Record) -> list[tuple[PropertyGroup, Sequence[tuple[Property, str]]]]:
    """Return the groups of properties that have values, with these."""
    groups = [(group, record.values_of(group.members)) for group in record.kind.groups]
    return [(group, values) for group, values in groups if values]


def _ids(text: str) -> list[int]:
    parts = text.split("-")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]
