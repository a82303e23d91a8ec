"""What is measured: each action against many records, pages and texts, drawn alike for every size."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpResponse, QueryDict
from django.test import Client

from associations import services as association_services
from associations import timeline as timelines
from associations.models import Association
from crm.sample import words
from records import paging, schema
from records.board import RANK
from records.lists import RecordList
from records.models import Contact, Deal, Note, Record, Stage
from records.provenance import By, Origin
from records.text import fold

from .generate import BUSY, FAST, LARGEST_STAGE, RARE_WORD, TYPICAL
from .hub_pages import hub_pages
from .load import USER

TARGETS = 24  # different ones for an action; taken in turn
COMMON = ("maria", "anna", "freight", "labs", "lucia", "logistics", "media", "erik", "example", "renewal")
HTMX = {"HX-Request": "true"}


@dataclass
class Action:
    """Something a user does: the request for a target, and what undoes it afterwards, untimed."""

    name: str
    targets: Sequence[Any]
    run: Callable[[Any], HttpResponse]
    undo: Callable[[Any], None] = lambda target: None
    turn: int = field(default=0)

    def next_target(self) -> Any:
        """Return the targets one after the other, round and round."""
        self.turn += 1
        return self.targets[self.turn % len(self.targets)]


class Actions:
    """Every action, with targets drawn from the database at hand."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.user = get_user_model().objects.get(username=USER)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(self.user)
        self.ids = {
            kind.name: self._sample(kind.model.objects.live().of_type(kind))
            for kind in schema.current().main_types
        }
        self.hub = Record.objects.get(pk=self._hub())
        self.all = [
            *self._lists(),
            *self._boards(),
            *self._searches(),
            *(self._gets(name, paths) for name, paths in hub_pages(self.hub, self.user).items()),
            *self._pages(),
            *self._timelines(),
            *self._writes(),
            *self._moves(),
        ]

    def _sample(self, rows: Any) -> list[int]:
        last = rows.order_by("-pk").values_list("pk", flat=True)[0]
        wanted = [self.random.randrange(1, last + 1) for _one in range(TARGETS)]
        return [rows.filter(pk__gte=pk).order_by("pk").values_list("pk", flat=True)[0] for pk in wanted]

    def _hub(self) -> int:
        companies = Record.objects.of_type(schema.current().type("companies")).order_by("pk")
        # The second company by id: see bench.generate.
        return companies.values_list("pk", flat=True)[1]

    def _get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(path, headers=headers)

    def _gets(self, name: str, paths: Sequence[str]) -> Action:
        return Action(name, paths, self._get)

    def _types(self) -> list[str]:
        return list(self.ids)

    # --- Lists ------------------------------------------------------------------------------------

    def _lists(self) -> list[Action]:
        lists = [
            self._gets(
                "List by name, page 1",
                [_list(name, sort=f"{sign}name") for sign in ("", "-") for name in self._types()],
            ),
            self._middle("List by name, middle", "contacts", sort="name"),
            self._gets("List by name, last page", [_list(name, last=1) for name in self._types()]),
        ]
        for label, name, sort in (
            ("amount", "deals", "amount"),
            ("creation", "contacts", "createdate"),
            ("job title", "contacts", "jobtitle"),
            ("stage", "deals", "dealstage"),
            ("owner", "contacts", "hubspot_owner_id"),
            ("phone", "contacts", "phone"),
        ):
            lists += [
                self._gets(
                    f"List by {label}, page 1", [_list(name, sort=sort), _list(name, sort=f"-{sort}")]
                ),
                self._middle(f"List by {label}, middle", name, sort=f"-{sort}"),
                self._gets(
                    f"List by {label}, last page",
                    [_list(name, sort=sort, last=1), _list(name, sort=f"-{sort}", last=1)],
                ),
            ]
        filters = [
            ("contacts", {"lifecyclestage__in": "customer"}),
            ("contacts", {"city__is": "Berlin"}),
            ("contacts", {"jobtitle__contains": "manager"}),
            ("companies", {"industry__is": "Software"}),
            ("companies", {"numberofemployees__gte": "1000"}),
            ("deals", {"amount__gte": "20000"}),
            ("deals", {"dealtype__in": "newbusiness"}),
            ("tickets", {"hs_ticket_priority__in": "URGENT"}),
        ]
        lists += [
            self._gets("List filtered, page 1", [_list(name, **query) for name, query in filters]),
            self._middle("List filtered, middle", "contacts", lifecyclestage__in="customer"),
            self._gets(
                "List filtered, by amount",
                [
                    _list("deals", sort="-amount", dealtype__in="newbusiness"),
                    _list("deals", sort="amount", hs_priority__in="high"),
                ],
            ),
            *self._added_properties(),
            self._gets(
                "List filtered, few found",
                [_list("contacts", email__is=email) for email in self._emails()],
            ),
            self._gets(
                "List filtered, two groups",
                [
                    _list("deals", **{"amount__gte": "40000", "or2.dealtype__in": "newbusiness"}),
                    _list("contacts", **{"city__is": "Berlin", "or2.lifecyclestage__in": "customer"}),
                ],
            ),
            self._gets(
                "List filtered, by company's industry",
                [
                    _list("contacts", **{"companies.industry__is": industry})
                    for industry, _ends in words.INDUSTRIES
                ],
            ),
            self._gets(
                "List filtered, by company's industry, few left",
                [
                    _list("contacts", **{"companies.industry__is": "Software", "email__is": email})
                    for email in self._emails()
                ],
            ),
            self._gets(
                "List filtered, by number of open tickets",
                [
                    _list(name, **{"tickets.hs_pipeline_stage__open": "1", "tickets.count__gt": "3"})
                    for name in ("companies", "contacts")
                ],
            ),
            self._gets("List filtered, without a contact", [_list("deals", **{"contacts.count__eq": "0"})]),
            self._gets(
                "List searched, common word",
                [_list(name, q=word) for word in COMMON for name in ("contacts", "companies")],
            ),
            self._gets(
                "List searched, common word, by creation",
                [_list("contacts", q=word, sort="-createdate") for word in COMMON],
            ),
            self._gets(
                "List searched, rare word",
                [_list("contacts", q=email.split("@")[0]) for email in self._emails()],
            ),
        ]
        return lists

    def _added_properties(self) -> list[Action]:
        """Return filters and orders by properties that were added, without an index and with one."""
        score = [self.random.randrange(990_000) for _one in range(TARGETS)]
        number = [self.random.randrange(1_000) for _one in range(TARGETS)]
        queries: dict[str, list[dict[str, str]]] = {
            "a rare option": [{"tier{}__in": "gold"}, {"tier{}__in": "gold", "sort": "-name"}],
            "a narrow range": [{"score{}__between": f"{low},{low + 50}"} for low in score],
            "text, few found": [{"reference{}__is": f"ref-{one:07}"} for one in number],
            "a day": [{"renewal{}__on": f"2026-{one % 12 + 1:02}-{one % 28 + 1:02}"} for one in number],
            "none, by number": [{"sort": "score{}"}, {"sort": "-score{}"}],
            "none, by day": [{"sort": "renewal{}"}, {"sort": "-renewal{}"}],
        }
        return [
            self._gets(
                f"Added properties, {what}, {how}",
                [
                    _list("contacts", **{key.format(ending): to.format(ending) for key, to in query.items()})
                    for query in given
                ],
            )
            for what, given in queries.items()
            for how, ending in (("read through", ""), ("by index", FAST))
        ]

    def _middle(self, name: str, type_name: str, **query: str) -> Action:
        """Return the action that opens pages around the middle of a list."""
        paths = []
        records = RecordList(schema.current().type(type_name), _query(query), self.user)
        rows, order = records.rows, records.order
        sign = "-" if order.descending else ""
        valued = rows.exclude(order.blank) if order.blank else rows
        keys = valued.order_by(f"{sign}{order.lookup}", f"{sign}{order.key}").values_list("pk", flat=True)
        keys = list(keys)
        for _one in range(TARGETS):
            pk = keys[int(len(keys) * (0.4 + 0.2 * self.random.random()))]
            row = rows.model.objects.get(pk=pk)
            paths.append(_list(type_name, after=paging.cursor(row, order), **query))
        return self._gets(name, paths)

    def _emails(self) -> list[str]:
        return list(Contact.objects.filter(pk__in=self.ids["contacts"]).values_list("email", flat=True))

    # --- Boards -----------------------------------------------------------------------------------

    @property
    def _largest(self) -> Stage:
        """The stage in which half of the deals stand."""
        return schema.current().type("deals").pipelines[0].stage_list[LARGEST_STAGE]

    def _in_largest(self) -> Any:
        return Deal.objects.live().filter(dealstage=self._largest).order_by("rank", "pk")

    def _boards(self) -> list[Action]:
        keys = list(self._in_largest().values_list("pk", flat=True))
        middle = [keys[int(len(keys) * (0.4 + 0.2 * self.random.random()))] for _one in range(TARGETS)]
        cursors = [paging.cursor(deal, RANK) for deal in Deal.objects.filter(pk__in=middle)]
        more = [_list("deals", view="board", column=self._largest.pk, after=cursor) for cursor in cursors]
        return [
            self._gets("Board", [_list("deals", view="board")]),
            self._gets("Board sorted by amount", [_list("deals", view="board", sort="-amount")]),
            self._gets(
                "Board filtered",
                [
                    _list("deals", view="board", hs_priority__in="high"),
                    _list("deals", view="board", dealtype__in="newbusiness"),
                    _list("deals", view="board", amount__gte=20_000),
                ],
            ),
            self._gets("Board searched", [_list("deals", view="board", q=word) for word in COMMON]),
            Action("More of the largest column", more, partial(self._get, **HTMX)),
        ]

    # --- Searches ---------------------------------------------------------------------------------

    def _searches(self) -> list[Action]:
        firsts = [fold(name) for name in self.random.sample(words.FIRST_NAMES, TARGETS)]
        texts = {
            "2 letters": [name[:2] for name in firsts],
            "4 letters": [name[:4] for name in firsts],
            "9 letters": [email[:9] for email in self._emails()],
            "common word": COMMON,
        }
        pickers = [f"/records/deals/{deal}/associations/contacts/add/" for deal in self.ids["deals"]]
        actions = [Action("Picker opened", pickers, partial(self._get, **HTMX))]
        for label, ones in texts.items():
            paths = [f"{path}?{urlencode({'q': text})}" for path, text in zip(pickers, ones, strict=False)]
            actions.append(
                Action(
                    f"Picker search, {label}",
                    paths,
                    partial(self._get, **HTMX, **{"HX-Target": "picker-results"}),
                )
            )
        for label, ones in texts.items():
            paths = [f"/search/?{urlencode({'q': text})}" for text in ones]
            actions.append(
                Action(
                    f"Global search, {label}",
                    paths,
                    partial(self._get, **HTMX, **{"HX-Target": "palette-results"}),
                )
            )
        return actions

    # --- Record pages -----------------------------------------------------------------------------

    def _pages(self) -> list[Action]:
        typical = [
            f"/records/{name}/{pk}/"
            for ones in zip(*self.ids.values(), strict=True)
            for name, pk in zip(self.ids, ones, strict=True)
        ]
        hub = self.hub.get_absolute_url()
        return [
            self._gets("Record page, typical", typical),
            self._gets("Record page, hub", [hub]),
            self._gets("Record page, hub, activities", [f"{hub}?tab=activities"]),
            self._gets("Picture, typical", [f"{page}?tab=associations" for page in typical]),
            self._gets("Picture, hub", [f"{hub}?tab=associations"]),
            self._gets(
                "Picture of two steps, typical", [f"{page}?tab=associations&steps=2" for page in typical]
            ),
            self._gets("Picture of two steps, hub", [f"{hub}?tab=associations&steps=2"]),
            self._gets("Paths between two records", self._paths()),
            self._gets(
                "Paths to the hub", [f"{page}related/?to={self.hub.pk}" for page in typical if page != hub]
            ),
            Action(
                "Section of the hub",
                [f"{hub}associations/{name}/" for name in self._types()],
                partial(self._get, **HTMX),
            ),
        ]

    def _paths(self) -> list[str]:
        """Return the pages that say how two records of all types are related."""
        ends = [(name, pk) for name, ids in self.ids.items() for pk in ids]
        pairs = zip(ends, self.random.sample(ends, len(ends)), strict=True)
        return [f"/records/{name}/{pk}/related/?to={to}" for (name, pk), (_name, to) in pairs if pk != to]

    # --- Timelines --------------------------------------------------------------------------------

    def _timelines(self) -> list[Action]:
        contacts = Record.objects.of_type(schema.current().type("contacts")).order_by("pk")
        pks = list(contacts.values_list("pk", flat=True)[: TYPICAL.stop])
        self.busy = pks[BUSY]
        hub = f"/records/contacts/{self.busy}/"

        def actions(name: str, **query: Any) -> Action:
            return self._gets(f"Timeline of the busy contact, {name}", [_tab(hub, **query)])

        spans = dict.fromkeys(schema.current().activity_types, timelines.Span())
        keys = timelines.newest(self.busy, spans, self._count(self.busy))
        middle = [keys[int(len(keys) * (0.4 + 0.2 * self.random.random()))] for _one in range(TARGETS)]
        cursors = [timelines.Cursor(key.at, (key.at, key.association_id)) for key in middle]
        return [
            self._gets("Timeline, typical", [_tab(f"/records/contacts/{pk}/") for pk in pks[TYPICAL]]),
            self._gets("Timeline of the busy contact", [_tab(hub)]),
            Action(
                "Timeline of the busy contact, part from the middle",
                [f"{hub}timeline/?{urlencode({'before': str(cursor)})}" for cursor in cursors],
                partial(self._get, **HTMX),
            ),
            actions("a type", type="calls"),
            actions("a rare type", type="meetings"),
            actions("a month", since="2025-11-01", until="2025-11-30"),
            actions("a person", person=self.user.pk),
            actions("a rare word", q=RARE_WORD),
            Action("Note logged on the busy contact", range(TARGETS), self._log, self._unlog),
        ]

    @staticmethod
    def _count(pk: int) -> int:
        return sum(Association.objects.counts_by_type(pk).values())

    def _log(self, target: int) -> HttpResponse:
        values = {"activity-hs_note_body": f"Bench {target}"}
        return self.client.post(f"/records/contacts/{self.busy}/log/notes/", values, headers=HTMX)

    def _unlog(self, target: int) -> None:
        Note.objects.filter(search_text__startswith="bench ").delete()

    # --- Writes -----------------------------------------------------------------------------------

    def _writes(self) -> list[Action]:
        contacts, deals = self.ids["contacts"], self.ids["deals"]
        saves = []
        for place, deal in enumerate(deals):
            taken = {
                b if a == deal else a
                for a, b in Association.objects.of(deal).values_list("record_a", "record_b")
            }
            free = [pk for pk in contacts[place:] + contacts[:place] if pk not in taken]
            saves.append((deal, free[:3]))
        hub_saves = [(self.hub.pk, self._new_to_hub(place)) for place in range(TARGETS)]
        return [
            Action(
                "Save of three from the picker", saves, partial(self._save, "deals", "contacts"), self._unsave
            ),
            Action(
                "Save of three from the hub's picker",
                hub_saves,
                partial(self._save, "companies", "deals"),
                self._unsave,
            ),
            Action("Property edited in place", list(enumerate(contacts)), self._edit),
            Action("Contact created", range(TARGETS), self._create, self._uncreate),
        ]

    def _moves(self) -> list[Action]:
        """Moves of cards, each back to where it was afterwards."""
        inside = list(self._in_largest().values_list("pk", flat=True))
        behind = self.random.sample(inside, TARGETS)
        outside = list(
            Deal.objects.live().exclude(dealstage=self._largest).order_by("pk").values_list("pk", flat=True)
        )
        arriving = list(zip(self.random.sample(outside, TARGETS), behind, strict=True))
        within = list(zip(reversed(behind), behind, strict=True))
        return [
            Action("Card moved into the largest column", arriving, self._move, self._unmove),
            Action("Card moved within the largest column", within, self._move, self._unmove),
        ]

    def _move(self, target: tuple[int, int]) -> HttpResponse:
        pk, after = target
        self.place = Deal.objects.values_list("dealstage", "rank").get(pk=pk)
        values = {"stage": self._largest.pk, "after": after}
        return self.client.post(f"/records/deals/{pk}/move/?view=board", values, headers=HTMX)

    def _unmove(self, target: tuple[int, int]) -> None:
        stage, rank = self.place
        Deal.objects.filter(pk=target[0]).update(dealstage=stage, rank=rank)

    def _new_to_hub(self, place: int) -> list[int]:
        deals = self.ids["deals"]
        taken = Association.objects.associated_among(self.hub.pk, deals)
        return [pk for pk in deals[place:] + deals[:place] if pk not in taken][:3]

    def _save(self, type_name: str, other: str, target: tuple[int, list[int]]) -> HttpResponse:
        pk, ids = target
        path = f"/records/{type_name}/{pk}/associations/{other}/add/"
        return self.client.post(path, {"selected": ids, "action": "save"}, headers=HTMX)

    def _unsave(self, target: tuple[int, list[int]]) -> None:
        pk, ids = target
        association_services.dissociate(Record.objects.get(pk=pk), ids, by=By(self.user, Origin.PAGE))

    def _edit(self, target: tuple[int, int]) -> HttpResponse:
        _place, pk = target
        # Another title on every turn, so that there is always something to write.
        title = words.JOB_TITLES[self.random.randrange(len(words.JOB_TITLES))]
        return self.client.post(
            f"/records/contacts/{pk}/properties/jobtitle/", {"edit-jobtitle": title}, headers=HTMX
        )

    def _create(self, target: int) -> HttpResponse:
        values = {
            "new-firstname": "Ada",
            "new-lastname": f"Lovelace {target}",
            "new-email": f"ada.{target}@bench.example",
        }
        return self.client.post("/records/contacts/new/", values, headers=HTMX)

    def _uncreate(self, target: int) -> None:
        Contact.objects.get(email=f"ada.{target}@bench.example").delete()


def _query(query: dict[str, Any]) -> QueryDict:
    return QueryDict(urlencode(query))


def _tab(path: str, **query: Any) -> str:
    return f"{path}?{urlencode({'tab': 'activities', **query})}"


def _list(type_name: str, **query: Any) -> str:
    return f"/records/{type_name}/?{urlencode(query)}"
