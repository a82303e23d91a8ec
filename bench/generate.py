"""Draws records and associations of any number: believable, and the same on every run and machine.

Records are built by `records.services.build_record` and `Record.derive`, as on every other path; only the
way into the database is another one (see bench.load).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

from associations.models.association import Pair, canonical
from crm.sample import words
from records import schema, services
from records.models import Record
from records.provenance import By, Origin
from records.text import fold

SEED = 1815
FIRST_DAY = datetime(2024, 1, 1, 8, tzinfo=UTC)
DAYS = 730  # from the first record to the last
HUB_EVERY = 20  # one of so many records of each type is associated with the hub
HUB = 1  # which of the companies is the hub
# Half of the deals stand in one stage: a hundred in the small world, a hundred thousand in the large one.
STAGE_WEIGHTS = {"deals": [10, 9, 8, 5, 5, 50, 13], "tickets": [20, 20, 15, 45]}
LARGEST_STAGE = 5  # of the deals'; which of the stages that is
# One contact has an activity for every tenth record: 100 in the small world, 100,000 in the large one.
BUSY = 2  # which of the contacts that is
TYPICAL = slice(10, 34)  # the contacts that have a few activities,
FEW = 20  # each so many
RARE = 97  # one of so many activities is a meeting, and has the rare word
RARE_WORD = "stocktaking"


@dataclass(frozen=True)
class Size:
    """How many records of each type, and how many associations."""

    contacts: int
    companies: int
    deals: int
    tickets: int
    associations: int

    @classmethod
    def of(cls, records: int) -> "Size":
        """Return the usual mix for so many records: three associations for each."""
        contacts, companies, deals = records * 60 // 100, records * 15 // 100, records * 20 // 100
        return cls(contacts, companies, deals, records - contacts - companies - deals, records * 3)

    @property
    def by_type(self) -> dict[str, int]:
        """The number of records of each object type, by its name."""
        return {name: getattr(self, name) for name in ("contacts", "companies", "deals", "tickets")}

    @property
    def records(self) -> int:
        """The number of records of all types."""
        return sum(self.by_type.values())

    @property
    def activities(self) -> int:
        """How many activities there are."""
        return self.records // 10 + len(range(*TYPICAL.indices(self.contacts))) * FEW

    @property
    def hub(self) -> int:
        """How many records the hub is associated with."""
        return sum(-(-number // HUB_EVERY) for number in self.by_type.values())


@dataclass(frozen=True)
class Firm:
    """A company before it is a record: what its people and deals are named after."""

    name: str
    domain: str
    industry: str
    place: tuple[str, str, str, str]


FAST = "_fast"  # what the names of properties that have an index end in
ADDED: dict[str, dict[str, Any]] = {
    "tier": {"type": "select", "options": dict.fromkeys(("gold", "silver", "bronze", "tin"), "Tier")},
    "score": {"type": "number"},
    "renewal": {"type": "date"},
    "reference": {"type": "text"},
}
# The properties that contacts are given: each twice, so that one run compares with and without an index.
DEFINITION = {
    "objects": {
        "contacts": {
            "groups": {
                "added": {
                    "label": "Added",
                    "properties": {
                        name + ending: {**given, "indexed": ending == FAST}
                        for name, given in ADDED.items()
                        for ending in ("", FAST)
                    },
                }
            }
        }
    }
}


@dataclass(frozen=True)
class Logged:
    """An activity before it is a record: its type, when, and with which contact it is associated."""

    pk: int
    type_name: str
    number: int
    at: datetime
    contact_id: int


class World:
    """Records with ids from 1 on, the types mixed as they come in over the years, and who knows whom."""

    def __init__(self, size: Size, owners: list[Any]) -> None:
        self.size, self.owners = size, owners
        self.random = random.Random(SEED)
        self.types = {kind.name: kind for kind in schema.current().types}
        self.type_names = [name for name, number in size.by_type.items() for _one in range(number)]
        self.random.shuffle(self.type_names)
        self.ids: dict[str, list[int]] = {name: [] for name in size.by_type}
        for pk, name in enumerate(self.type_names, start=1):
            self.ids[name].append(pk)
        self.firms = [self._firm(number) for number in range(size.companies)]
        # The firm of each contact (None for a few) and of each deal, by their places in `ids`.
        self.employers = [
            None if number % 25 == 24 else self._firm_for(number) for number in range(size.contacts)
        ]
        self.buyers = [self._firm_for(number) for number in range(size.deals)]

    @property
    def hub_id(self) -> int:
        """The id of the record with the many associations, a company."""
        return self.ids["companies"][HUB]

    def _below(self, number: int) -> int:
        return int(self.random.random() * number)

    def _firm(self, number: int) -> Firm:
        start, second = self.random.sample(words.COMPANY_STARTS, 2)
        industry, ends = self.random.choice(words.INDUSTRIES)
        name = f"{start} {second} {self.random.choice(ends.split('|'))}"
        domain = f"{fold(name).replace(' ', '-')}-{number}.example"
        return Firm(name, domain, industry, self.random.choice(words.CITIES))

    def _firm_for(self, number: int) -> int:
        """Return the firm of the contact or deal with this number: the hub for some, else not the hub."""
        if number % HUB_EVERY == 0:
            return HUB
        while True:
            # A few firms are large and many small.
            firm = int(self.size.companies * self.random.random() ** 1.5)
            if firm != HUB:
                return firm

    # --- Records ----------------------------------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """Yield every record, in the order of ids, with all columns that its service would write."""
        made = dict.fromkeys(self.ids, 0)
        step = timedelta(days=DAYS) / len(self.type_names)
        for pk, name in enumerate(self.type_names, start=1):
            number = made[name]
            made[name] += 1
            owner = self.owners[self._below(len(self.owners))]
            values = {**getattr(self, f"_{name}")(number), "hubspot_owner_id": owner}
            record: Any = services.build_record(self.types[name], values, by=By(owner, Origin.IMPORT))
            record.pk = record.id = pk
            record.created_at = FIRST_DAY + step * pk
            record.updated_at = record.created_at + timedelta(days=DAYS) * self.random.random()
            record.derive()
            yield record

    # --- Activities -------------------------------------------------------------------------------

    @cached_property
    def logged(self) -> list[Logged]:
        """All activities: those of the busy contact, and those of the typical ones."""
        contacts = self.ids["contacts"]
        whose = [contacts[BUSY]] * (self.size.records // 10)
        whose += [pk for pk in contacts[TYPICAL] for _one in range(FEW)]
        last = FIRST_DAY + timedelta(days=DAYS)
        return [
            Logged(pk, self._activity_type(number), number, last - timedelta(minutes=10 * number), contact)
            for number, (pk, contact) in enumerate(zip(count(len(self.type_names) + 1), whose))
        ]

    @staticmethod
    def _activity_type(number: int) -> str:
        return "meetings" if number % RARE == 5 else ("notes", "calls", "emails")[number % 3]

    def activities(self) -> Iterator[Record]:
        """Yield every activity, in the order of ids, with all columns that its service would write."""
        for one in self.logged:
            owner = self.owners[one.number % len(self.owners)]
            text = f"{self.random.choice(words.DEALS)} {RARE_WORD if one.number % RARE == 5 else 'and so on'}"
            names = {
                "notes": ("hs_note_body", "hs_timestamp"),
                "calls": ("hs_call_title", "hs_timestamp"),
                "emails": ("hs_email_subject", "hs_timestamp"),
                "meetings": ("hs_meeting_title", "hs_meeting_start_time"),
            }[one.type_name]
            values = {**dict(zip(names, (text, one.at), strict=True)), "hubspot_owner_id": owner}
            record: Any = services.build_record(
                self.types[one.type_name], values, by=By(owner, Origin.IMPORT)
            )
            record.pk = record.id = one.pk
            record.created_at = record.updated_at = one.at
            record.derive()
            yield record

    def _contacts(self, number: int) -> dict[str, Any]:
        choice = self.random.choice
        employer = self.employers[number]
        firm = None if employer is None else self.firms[employer]
        if number % 140 == 7:
            first, last, mailbox = words.OTHER_SCRIPTS[number // 140 % len(words.OTHER_SCRIPTS)]
        else:
            first, last = choice(words.FIRST_NAMES), choice(words.LAST_NAMES)
            mailbox = ".".join(fold(part).replace("'", "").replace(" ", "-") for part in (first, last))
        city, country, dial, _currency = firm.place if firm else choice(words.CITIES)
        return {
            "firstname": first,
            "lastname": last,
            "email": f"{mailbox}{number}@{firm.domain if firm else 'mail.example'}",
            "phone": self._phone(dial) if number % 5 else "",
            "jobtitle": choice(words.JOB_TITLES),
            "city": city,
            "country": country,
            "lifecyclestage": choice(("subscriber", "lead", "lead", "opportunity", "customer", "customer")),
            "hs_lead_status": choice(("", "NEW", "OPEN", "IN_PROGRESS", "CONNECTED")),
            **self._added(number),
        }

    def _added(self, number: int) -> dict[str, Any]:
        """Return the values of the properties that were added, each with its twin, which has an index."""
        values = {
            "tier": "gold" if number % 200 == 3 else self.random.choice(("silver", "bronze", "tin")),
            "score": self._below(1_000_000),
            "renewal": (FIRST_DAY + timedelta(days=self._below(3 * DAYS))).date(),
            "reference": f"REF-{number:07}",
        }
        return {name + ending: value for name, value in values.items() for ending in ("", FAST)}

    def _companies(self, number: int) -> dict[str, Any]:
        firm, employees = self.firms[number], int(self.random.lognormvariate(4.6, 1.5)) + 3
        city, country, dial, _currency = firm.place
        return {
            "name": firm.name,
            "domain": firm.domain,
            "website": f"https://{firm.domain}",
            "industry": firm.industry,
            "numberofemployees": employees,
            "annualrevenue": Decimal(employees * (60 + self._below(180)) * 1000),
            "phone": self._phone(dial),
            "address": f"{self.random.choice(words.STREETS)} {1 + self._below(180)}",
            "city": city,
            "country": country,
            "type": self.random.choice(("PROSPECT", "PROSPECT", "PARTNER", "RESELLER", "VENDOR")),
            "lifecyclestage": self.random.choice(("lead", "opportunity", "customer", "customer")),
        }

    def _deals(self, number: int) -> dict[str, Any]:
        firm, choice = self.firms[self.buyers[number]], self.random.choice
        return {
            "dealname": f"{firm.name} – {choice(words.DEALS)}",
            "dealstage": self._stage("deals"),
            # One in ten has no amount yet, so that lists have their rows without a value too.
            "amount": None
            if number % 10 == 9
            else Decimal(int(self.random.lognormvariate(9.4, 1)) // 50 * 50 + 500),
            "deal_currency_code": firm.place[3],
            "closedate": (FIRST_DAY + timedelta(days=self._below(DAYS + 180))).date(),
            "dealtype": choice(("newbusiness", "newbusiness", "existingbusiness")),
            "hs_priority": choice(("", "low", "medium", "medium", "high")),
        }

    def _tickets(self, number: int) -> dict[str, Any]:
        subject, category = self.random.choice(words.TICKETS)
        return {
            "subject": subject,
            "hs_ticket_category": category,
            "hs_pipeline_stage": self._stage("tickets"),
            "hs_ticket_priority": self.random.choice(("LOW", "MEDIUM", "MEDIUM", "HIGH", "URGENT")),
            "source_type": self.random.choice(("EMAIL", "EMAIL", "PHONE", "FORM", "CHAT")),
        }

    def _stage(self, type_name: str) -> Any:
        stages = self.types[type_name].pipelines[0].stage_list
        return self.random.choices(stages, weights=STAGE_WEIGHTS[type_name])[0]

    def _phone(self, dial: str) -> str:
        return f"{dial} 555 {self._below(10_000):04d}"

    # --- Associations -----------------------------------------------------------------------------

    def pairs(self) -> list[Pair]:
        """Return `size.associations` pairs in the order of their making: within every limit, none twice."""
        contacts, companies = self.ids["contacts"], self.ids["companies"]
        deals, tickets = self.ids["deals"], self.ids["tickets"]
        found: dict[Pair, None] = {}

        def add(one: int, other: int) -> None:
            if one != other:
                found[canonical(one, other)] = None

        staff: dict[int, list[int]] = {}
        for number, employer in enumerate(self.employers):
            if employer is not None:
                add(contacts[number], companies[employer])
                staff.setdefault(employer, []).append(contacts[number])
        for number, buyer in enumerate(self.buyers):
            add(deals[number], companies[buyer])
        for number in range(0, len(companies), HUB_EVERY):
            add(companies[number], self.hub_id)
        for number, ticket in enumerate(tickets):
            asker = self._asker(number)
            employer = self.employers[asker]
            add(ticket, contacts[asker])
            if employer is not None:
                add(ticket, companies[employer])
            if self.random.random() < 0.6:
                add(ticket, deals[self._below(len(deals))])
        for number in range(len(companies) // 10):  # parents
            parent = self._firm_for(1)
            if HUB not in (number, parent):
                add(companies[number], companies[parent])
        for people in staff.values():  # colleagues
            for person in people[: len(people) // 3]:
                add(person, people[self._below(len(people))])
        while len(found) < self.size.associations:  # who takes part in a deal
            number = self._below(len(deals))
            people = staff.get(self.buyers[number], [])
            insiders = people if people and self.random.random() < 0.6 else contacts
            add(deals[number], insiders[self._below(len(insiders))])
        made = list(found)
        self.random.shuffle(made)
        return made

    def _asker(self, ticket: int) -> int:
        """Return the contact (its number) who wrote a ticket: the hub's people write the hub's tickets."""
        while True:
            asker = self._below(self.size.contacts)
            if (self.employers[asker] == HUB) == (ticket % HUB_EVERY == 0):
                return asker
