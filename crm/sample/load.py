"""Makes the sample data, through the same functions that every other path uses."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from associations import services as association_services
from associations.labels import Word, all_labels
from associations.models import Association
from records import definition, schema
from records import services as record_services
from records.history import recorded
from records.models import Change, Record, StageEntry
from records.provenance import By, Origin
from records.text import fold

from . import activities, words

COMPANIES, CONTACTS, DEALS, TICKETS = 350, 1_400, 600, 250
SEED = 1815
DAYS = 730  # how far back the oldest record was made


class _Maker:
    """Draws the sample: the same on every run but for the dates, which end today."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.now = timezone.now().replace(minute=0, second=0, microsecond=0)
        model = get_user_model()
        self.owners = [
            model.objects.create_user(name, first_name=first, last_name=last)
            for name, first, last in words.OWNERS
        ]
        self.types = {kind.name: kind for kind in schema.current().types}
        self.by = recorded(By(None, Origin.IMPORT), Change.Kind.IMPORT, _("Sample data"))

    def make(self, type_name: str, rows: Sequence[dict[str, Any]]) -> list[Record]:
        """Create records of a type, made one after the other over the last two years."""
        moments = sorted(self.now - timedelta(hours=self.random.randrange(4, DAYS * 24)) for _row in rows)
        records = []
        for values, moment in zip(rows, moments, strict=True):
            owner = self.random.choice(self.owners)
            record = record_services.build_record(
                self.types[type_name], {**values, "hubspot_owner_id": owner}, by=By(owner, Origin.IMPORT)
            )
            record.created_at = moment
            record.updated_at = self.later(moment)
            records.append(record)
        record_services.create_records(records, by=self.by)
        if self.types[type_name].stage_property:
            self.stays(records)
        return records

    def stays(self, records: Sequence[Record]) -> None:
        """Let records have come to their stage by way of the open ones before it."""
        entries = []
        for record in records:
            current: Any = record.kind.stage_property.value_of(record)  # type: ignore[union-attr]
            before = [one for one in current.pipeline.stage_list if one.position < current.position]
            path = [*(one for one in before if not one.is_closed), current]
            moments = sorted(self.later(record.created_at) for _stage in path[1:])
            ends: list[datetime | None] = [*moments, None]
            for stage, entered, left in zip(path, [record.created_at, *moments], ends, strict=True):
                entry = StageEntry(record=record, stage=stage, label=stage.label, entered_at=entered)
                entry.left_at, entry.entered_by_id = left, record.owner_id
                entries.append(entry)
        StageEntry.objects.filter(record__in=[record.pk for record in records]).delete()
        StageEntry.objects.bulk_create(entries, batch_size=record_services.BATCH)

    def later(self, moment: datetime) -> datetime:
        """Return a moment between `moment` and now."""
        return moment + (self.now - moment) * self.random.random()

    def companies(self) -> list[Record]:
        names: dict[str, str] = {}
        while len(names) < COMPANIES:
            industry, ends = self.random.choice(words.INDUSTRIES)
            names[f"{self.random.choice(words.COMPANY_STARTS)} {self.random.choice(ends.split('|'))}"] = (
                industry
            )
        rows = []
        for name, industry in names.items():
            city, country, dial, _currency = self.random.choice(words.CITIES)
            size = int(self.random.lognormvariate(4.6, 1.5)) + 3
            domain = f"{fold(name).replace(' ', '-')}.example"
            rows.append(
                {
                    "name": name,
                    "domain": domain,
                    "website": f"https://{domain}",
                    "industry": industry,
                    "numberofemployees": size,
                    "annualrevenue": Decimal(size * self.random.randrange(60, 240) * 1000),
                    "phone": self.phone(dial),
                    "address": f"{self.random.choice(words.STREETS)} {self.random.randrange(1, 180)}",
                    "city": city,
                    "country": country,
                    "type": self.random.choice(["PROSPECT", "PROSPECT", "PARTNER", "RESELLER", "VENDOR"]),
                    "lifecyclestage": self.random.choice(["lead", "opportunity", "customer", "customer"]),
                }
            )
        return self.make("companies", rows)

    def contacts(self, companies: list[Record]) -> tuple[list[Record], list[Record | None]]:
        """Return contacts, and the company of each (None for a few)."""
        rows, employers, taken = [], [], set()
        for number in range(CONTACTS):
            company: Any = None if number % 25 == 24 else self.random.choice(companies)
            if number % 140 == 7:
                first, last, mailbox = words.OTHER_SCRIPTS[number // 140 % len(words.OTHER_SCRIPTS)]
            else:
                first, last = self.random.choice(words.FIRST_NAMES), self.random.choice(words.LAST_NAMES)
                mailbox = ".".join(fold(part).replace("'", "").replace(" ", "-") for part in (first, last))
            domain = company.domain if company else "mail.example"
            address = f"{mailbox}@{domain}"
            if address in taken:
                address = f"{mailbox}{number}@{domain}"
            taken.add(address)
            city, country, dial, _currency = self.random.choice(words.CITIES)
            rows.append(
                {
                    "firstname": first,
                    "lastname": last,
                    "email": address,
                    "phone": self.phone(dial) if number % 5 else "",
                    "jobtitle": self.random.choice(words.JOB_TITLES),
                    "city": company.city if company else city,
                    "country": company.country if company else country,
                    "lifecyclestage": self.random.choice(
                        [
                            "subscriber",
                            "lead",
                            "lead",
                            "marketingqualifiedlead",
                            "opportunity",
                            "customer",
                            "customer",
                        ]
                    ),
                    "hs_lead_status": self.random.choice(["", "NEW", "OPEN", "IN_PROGRESS", "CONNECTED"]),
                }
            )
            employers.append(company)
        return self.make("contacts", rows), employers

    def deals(self, companies: list[Record]) -> tuple[list[Record], list[Record]]:
        """Return deals, and the company that each is with."""
        currencies = {city: currency for city, _country, _dial, currency in words.CITIES}
        stages = self.types["deals"].pipelines[0].stage_list
        rows, buyers = [], []
        for _number in range(DEALS):
            company: Any = self.random.choice(companies)
            (stage,) = self.random.choices(stages, weights=[16, 14, 12, 8, 8, 26, 16])
            days = self.random.randrange(-400, -3) if stage.is_closed else self.random.randrange(-10, 160)
            rows.append(
                {
                    "dealname": f"{company.name} – {self.random.choice(words.DEALS)}",
                    "dealstage": stage,
                    "amount": Decimal(int(self.random.lognormvariate(9.4, 1.0)) // 50 * 50 + 500),
                    "deal_currency_code": currencies[company.city],
                    "closedate": (self.now + timedelta(days=days)).date(),
                    "dealtype": self.random.choice(["newbusiness", "newbusiness", "existingbusiness"]),
                    "hs_priority": self.random.choice(["", "low", "medium", "medium", "high"]),
                }
            )
            buyers.append(company)
        return self.make("deals", rows), buyers

    def tickets(self) -> list[Record]:
        stages = self.types["tickets"].pipelines[0].stage_list
        rows = []
        for _number in range(TICKETS):
            subject, category = self.random.choice(words.TICKETS)
            (stage,) = self.random.choices(stages, weights=[20, 20, 15, 45])
            rows.append(
                {
                    "subject": subject,
                    "hs_ticket_category": category,
                    "hs_pipeline_stage": stage,
                    "hs_ticket_priority": self.random.choice(["LOW", "MEDIUM", "MEDIUM", "HIGH", "URGENT"]),
                    "source_type": self.random.choice(["EMAIL", "EMAIL", "PHONE", "FORM", "CHAT"]),
                }
            )
        return self.make("tickets", rows)

    def phone(self, dial: str) -> str:
        """Return a phone number that nobody has: 555 numbers are for fiction."""
        return f"{dial} 555 {self.random.randrange(10_000):04d}"


@transaction.atomic
def load() -> dict[str, int]:
    """Create the sample's users, records and associations; return how many of each object type.

    All or nothing. Deterministic but for the dates, which lead up to today.
    """
    definition.apply({"objects": words.LABELS})
    with schema.pinned():
        return _load()


def _load() -> dict[str, int]:
    make = _Maker()
    label = _Labels()
    companies = make.companies()
    contacts, employers = make.contacts(companies)
    deals, buyers = make.deals(companies)
    tickets = make.tickets()

    staff: dict[int, list[Record]] = {}
    for contact, employer in zip(contacts, employers, strict=True):
        if employer is not None:
            staff.setdefault(employer.pk, []).append(contact)
    pairs = [
        (contact.pk, employer.pk) for contact, employer in zip(contacts, employers, strict=True) if employer
    ]
    stories = activities.Stories(make.random, make.now, make.later)
    planned: list[activities.Planned] = []
    open_deals: dict[int, list[Record]] = {}
    for deal, buyer in zip(deals, buyers, strict=True):
        people = staff.get(buyer.pk, [])
        chosen = make.random.sample(people, min(len(people), make.random.randrange(1, 5)))
        pairs += [(deal.pk, buyer.pk), *((deal.pk, person.pk) for person in chosen)]
        label.buyers(deal, chosen)
        if chosen and make.random.random() < activities.STORIES:
            planned += stories.of_deal(deal, buyer, chosen)
        for person in chosen:
            open_deals.setdefault(person.pk, []).append(deal)
    for ticket in tickets:
        asker = make.random.choice(contacts)
        employer = employers[contacts.index(asker)]
        pairs.append((ticket.pk, asker.pk))
        label.give("reporter", ticket, asker)
        if employer is not None:
            pairs.append((ticket.pk, employer.pk))
            colleague = make.random.choice(staff[employer.pk])
            if colleague is not asker and make.random.random() < 0.4:
                pairs.append((ticket.pk, colleague.pk))
        if make.random.random() < activities.STORIES:
            planned += stories.of_ticket(ticket, asker, [employer.pk] if employer else [])
        if asker.pk in open_deals and make.random.random() < 0.6:
            pairs.append((ticket.pk, make.random.choice(open_deals[asker.pk]).pk))
    for _number in range(25):
        one, other = make.random.sample(companies, 2)
        pairs.append((one.pk, other.pk))
        label.group(one, other)
    for people in list(staff.values())[:60]:
        if len(people) > 1:
            one, other = make.random.sample(people, 2)
            pairs.append((one.pk, other.pk))
            label.colleagues(one, other)
    logged, about = activities.create(planned, make.types, make.now, make.by)
    everyone = [*companies, *contacts, *deals, *tickets, *logged]
    _associate([*pairs, *about], label.words, everyone, replace(make.by, actor=make.owners[0]))
    counts = {"companies": COMPANIES, "contacts": CONTACTS, "deals": DEALS, "tickets": TICKETS}
    return {**counts, "activities": len(logged)}


class _Labels:
    """Chooses what associated records are to each other."""

    def __init__(self) -> None:
        self.by_name = {label.name: label for label in all_labels().values() if not label.is_primary}
        self.words: dict[tuple[int, int], list[Word]] = {}
        self.groups: dict[int, str] = {}  # companies that are one end of a group

    def give(self, name: str, one: Record, other: Record) -> None:
        """Let `other` be called so on the page of `one`."""
        self.words.setdefault((one.pk, other.pk), []).append(Word(self.by_name[name]))

    def buyers(self, deal: Record, people: Sequence[Any]) -> None:
        """Say who decides about a deal, if somebody at the table can, who pays, and who will work with it."""
        decider = next((one for one in people if one.jobtitle.startswith(words.DECIDERS)), None)
        if decider:
            self.give("decision_maker", deal, decider)
        for person in people:
            if person.jobtitle.startswith(words.PAYERS):
                self.give("budget_holder", deal, person)
            elif person is not decider and len(people) > 2:
                self.give("user", deal, person)

    def colleagues(self, one: Any, other: Any) -> None:
        """Let the one with the higher job be the other's manager, or neither."""
        senior = [person.jobtitle.startswith(words.SENIOR) for person in (one, other)]
        if senior[0] == senior[1]:
            self.give("colleague", one, other)
        else:
            self.give("manager", *((other, one) if senior[0] else (one, other)))

    def group(self, one: Any, other: Any) -> None:
        """Let the larger company be the headquarters, unless one has its part in another group."""
        branch, headquarters = sorted((one, other), key=lambda company: company.numberofemployees)
        if branch.pk not in self.groups and self.groups.get(headquarters.pk) != "branch":
            self.groups |= {branch.pk: "branch", headquarters.pk: "headquarters"}
            self.give("headquarters", branch, headquarters)


def _associate(
    pairs: list[tuple[int, int]], labels: Mapping[tuple[int, int], list[Word]], records: list[Record], by: By
) -> None:
    """Associate pairs as of the day on which the younger of both was made, the oldest first."""
    made = {record.pk: record.created_at for record in records}
    pairs.sort(key=lambda pair: max(made[pk] for pk in pair))
    association_services.associate_pairs(pairs, by=by, skip_refused=True, words=labels)
    rows = list(Association.objects.all())
    for row in rows:
        row.created_at = max(made[pk] for pk in row.pair)
    Association.objects.bulk_update(rows, ["created_at"], batch_size=record_services.BATCH)
