"""What the style guide shows: the tokens as the style sheet has them, and records of no database.

The page is put together from the partials of the real pages, so it cannot drift from them.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import QueryDict
from django.utils.translation import gettext as _

from associations.label_forms import choices
from associations.labels import Word
from associations.models import AssociationLabel
from associations.picker import Option, Options
from associations.services import Outcome, Reason, Status
from associations.sidebar import Card, Section
from associations.sidebar_layout import Layout
from records import schema
from records.filter_editing import FilterEditor
from records.forms import PropertiesForm, create_form
from records.lists import PAGE_SIZES, RecordList
from records.models import Record, Stage
from records.named_filters import Subject
from records.paging import Page
from records.tables import record_table

# No database hands out such an id: whatever is pressed in the style guide touches no record.
NOBODY = 2**62
SINCE = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class TokenGroup:
    """Tokens that stand under one comment in tokens.css."""

    title: str
    names: list[str]
    shown_as: str  # colour, space, text or radius


def token_groups() -> list[TokenGroup]:
    """Read the tokens that can be shown from the style sheet itself."""
    path = finders.find("css/tokens.css")
    if not isinstance(path, str):
        return []
    groups: dict[str, dict[str, str]] = {}
    title = ""
    for line in Path(path).read_text().partition(":root {")[2].splitlines():
        if heading := re.match(r"\s+/\* (.+?)(:.*)? \*/$", line):
            title = heading[1]
        elif token := re.match(r"\s+(--[\w-]+): (.+)", line):
            groups.setdefault(title, {})[token[1]] = token[2]
        elif line.startswith("}"):
            break
    shown = [
        TokenGroup(
            title,
            [name for name, value in tokens.items() if _shown_as(name, value)],
            next(filter(None, (_shown_as(name, value) for name, value in tokens.items())), ""),
        )
        for title, tokens in groups.items()
    ]
    return [group for group in shown if group.names]


def _shown_as(name: str, value: str) -> str:
    for kind in ("space", "text", "radius"):
        if name.startswith(f"--{kind}-"):
            return kind
    return "colour" if re.fullmatch(r"light-dark\(#\w+, #\w+\);.*", value) else ""


def context(user: Any) -> dict[str, Any]:
    """Return all that the page shows."""
    types = schema.current()
    contacts, companies, deals = types.type("contacts"), types.type("companies"), types.type("deals")
    people = [
        _sample(1, "contacts", firstname="Ada", lastname="Lovelace", email="ada@example.com"),
        _sample(2, "contacts", firstname="محمد", lastname="عبد الرحمن", jobtitle="مدير المبيعات"),
        _sample(
            3,
            "contacts",
            firstname="Hubert Blaine",
            lastname="Wolfeschlegelsteinhausenbergerdorff",
            email="somebody.with.a.very.long.name@subdomain.of.a.long.domain.example.com",
            jobtitle=_("Vice president of whatever has the longest job title in the whole company"),
        ),
    ]
    stage = deals.pipelines[0].stage_list[2]
    sold = [
        _sample(4 + number, "deals", dealname=name, amount=amount, dealstage=stage, closedate=day)
        for number, (name, amount, day) in enumerate(
            [(_("Analytical Engine"), 48_000, date(2026, 5, 4)), (_("Difference Engine"), 1_250, None)]
        )
    ]
    deal = sold[0]
    pair = (NOBODY, NOBODY + 1)
    primary, other, long = (
        Word(AssociationLabel(pk=NOBODY + number, label=text, is_primary=number == 0))
        for number, text in enumerate(
            [
                _("Primary"),
                _("Decision maker"),
                _("Whoever has to be asked before anything at all is signed, paid or even talked about"),
            ]
        )
    )
    called = [[primary, other], [], [other, long]]
    refused = create_form(contacts, QueryDict("new-email=nobody&new-firstname=Ada"))
    refused.is_valid()
    return {
        "token_groups": token_groups(),
        "stage_colours": Stage.Colour.choices,
        "record": deal,
        "object_type": deals,
        **_list_context(sold, user),
        "form": create_form(deals),
        "refused": refused,
        "people": people,
        "kinds": types.main_types,
        "prop": deals.properties["dealname"],
        "edited": deals.properties["amount"],
        "fixed": deals.properties["createdate"],
        "edit_form": PropertiesForm(deals, [deals.properties["amount"]], record=deal, prefix="edit"),
        "sections": [
            Section(
                deal,
                contacts,
                Layout(contacts),
                12,
                cards=[
                    Card(person, SINCE, contacts.secondary, words)
                    for person, words in zip(people, called, strict=True)
                ],
            ),
            Section(deal, companies, Layout(companies)),
            Section(deal, types.type("tickets"), Layout(types.type("tickets")), 4, collapsed=True),
        ],
        "results": Options(
            [
                Option(people[0], True, False, choices=choices([other, long], other.key)),
                Option(people[1], False, True, [other], choices([long], ())),
                Option(people[2], is_ticked=False, is_associated=False),
            ],
            chips=[Option(people[2], True, False, choices=choices([other, long], ()))],
            shown=20,
            has_more=True,
            is_capped=False,
        ),
        "other": people[0],
        "choices": choices([primary, other, long], other.key),
        "refusals": [
            Outcome(
                pair,
                Status.REFUSED,
                Reason.LIMIT,
                _("%(name)s already has a company, %(other)s.") % {"name": people[0], "other": _("Acme")},
                replaceable=pair,
            )
        ],
        "no_results": Options([], [], 20, has_more=False, is_capped=False),
        "groups": [{"object_type": contacts, "records": people}, {"object_type": deals, "records": sold}],
    }


def _sample(number: int, type_name: str, **values: Any) -> Record:
    object_type = schema.current().type(type_name)
    record = object_type.model(
        pk=NOBODY + number, object_type=object_type, created_at=SINCE, updated_at=SINCE
    )
    for name, value in values.items():
        prop = object_type.properties[name]
        prop.kind.set(record, prop, value)
    record.derive()
    return record


def _list_context(rows: list[Record], user: Any) -> dict[str, Any]:
    """Return what a list's partial needs, its page made of these rows."""
    deals = schema.current().type("deals")
    records = RecordList(deals, QueryDict("amount__gte=1000&sort=-amount"), user)
    records.page = Page(rows, before="x", after="x")
    records.count = len(rows)
    return {
        "records": records,
        "table": record_table(records),
        "editor": FilterEditor(
            Subject(deals.properties["amount"]), initial={"operator": "between", "value": "1000"}
        ),
        "page_sizes": PAGE_SIZES,
    }
