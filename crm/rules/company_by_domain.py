"""Associates contacts with the company that has the domain of their e-mail address.

After HubSpot: when a contact comes or its address changes, and when a company comes or its domain changes.
A contact that has a company keeps it. Many at once in a constant number of statements.
https://knowledge.hubspot.com/records/automatically-create-and-associate-companies-with-contacts
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from associations import services as association_services
from associations.models import Association
from records import schema
from records import services as record_services
from records.email_hosts import EmailHost
from records.models import Company, Contact, Record
from records.provenance import By, Origin
from records.services import batches

from . import kept
from .domains import both_spellings, company_domains
from .models import CompanyByDomain
from .tally import Tally

EMAIL, DOMAIN = "email", "domain"  # the properties that count
READ = 5_000  # contacts of a count that are read at a time


class _Contact(NamedTuple):
    pk: int
    email: str
    company_name: str


def associate(ids: Iterable[int], *, by: By, tally: Tally, creating: bool) -> None:
    """Associate those contacts of these ids that have no company; create companies where that is wanted.

    In the transaction that is under way, with `by`'s change.
    """
    by = replace(by, origin=Origin.RULE)
    own = kept.company_by_domain().own_domains
    for batch in batches(sorted(set(ids))):
        contacts = _contacts(batch, tally)
        wanted = {one.pk: company_domains(one.email, own) for one in contacts}
        tally.add("left_out", n=sum(not domains for domains in wanted.values()))
        companies = _companies(wanted.values())
        missing = [one for one in contacts if wanted[one.pk] and not _best(wanted[one.pk], companies)]
        if missing and creating:
            companies |= _created(missing, wanted, by, tally)
        pairs: dict[tuple[int, int], None] = {}
        for pk, domains in wanted.items():
            if company := _best(domains, companies):
                pairs[pk, company] = None
            elif domains:
                tally.add("unknown", pk)
        if pairs:
            report = association_services.associate_pairs(pairs, by=by, skip_refused=True)
            tally.add_report(report, [pk for pk, _company in pairs])


def _contacts(ids: Sequence[int], tally: Tally) -> list[_Contact]:
    """Return the live contacts of these ids with an address and without a company. Two queries."""
    rows = Contact.objects.live().filter(pk__in=ids).exclude(email="").order_by("pk")
    rows = rows.annotate(has_company=_has_company())
    found = list(rows.values_list("pk", "email", "company_name", "has_company"))
    tally.add("kept", n=sum(has for *_facts, has in found))
    return [_Contact(*facts) for *facts, has in found if not has]


def _has_company() -> Q:
    """Return the condition "has a company", also an archived one: it comes back with its association."""
    companies = schema.current().type(Company.object_type_name).pk
    rows = Association.objects.all()
    return Q(Exists(rows.filter(record_a=OuterRef("pk"), type_b=companies))) | Q(
        Exists(rows.filter(record_b=OuterRef("pk"), type_a=companies))
    )


def _companies(domains: Iterable[Collection[str]]) -> dict[str, int]:
    """Return by domain the oldest live company that has it. One query for each 2,000 domains."""
    spelt: dict[str, str] = {}  # each domain as it was asked for
    for of_one in domains:
        for domain in of_one:
            for spelling in both_spellings(domain):
                spelt.setdefault(spelling, domain)
    found: dict[str, int] = {}
    for batch in batches(list(spelt)):
        rows = Company.objects.live().filter(domain__in=batch)
        for pk, domain in rows.order_by("pk").values_list("pk", "domain"):
            found.setdefault(domain, pk)
            found.setdefault(spelt[domain], pk)
    return found


def _best(domains: Sequence[str], companies: dict[str, int]) -> int | None:
    """Return the company with the most specific of some domains."""
    return next((companies[one] for one in domains if one in companies), None)


def _created(
    contacts: Sequence[_Contact], wanted: dict[int, list[str]], by: By, tally: Tally
) -> dict[str, int]:
    """Create a company for each domain that there is none for, once; return the companies by domain.

    Whoever creates any holds a lock until their transaction ends, and looks again when they have it: who
    came at the same moment has created some of them.
    """
    list(CompanyByDomain.objects.select_for_update().filter(pk=1))
    there = _companies(wanted[one.pk] for one in contacts)
    names: dict[str, str] = {}
    for one in contacts:
        if not _best(wanted[one.pk], there):
            domain = wanted[one.pk][-1]
            names[domain] = names.get(domain) or one.company_name
    kind = schema.current().type(Company.object_type_name)
    made = [
        record_services.build_record(kind, {"name": name or domain, DOMAIN: domain}, by=by)
        for domain, name in names.items()
    ]
    record_services.create_records(made, by=by)
    tally.add("companies", n=len(made))
    return there | {domain: record.pk for domain, record in zip(names, made, strict=True)}


def associate_with(company_ids: Sequence[int], *, by: By, tally: Tally) -> None:
    """Associate the contacts without a company whose address is at the domains of these companies.

    Those at a subdomain are found when they are written, and by the run for all contacts.
    """
    domains: set[str] = set()
    for batch in batches(company_ids):
        rows = Company.objects.live().filter(pk__in=batch).exclude(domain="")
        for domain in rows.values_list("domain", flat=True):
            domains.update(both_spellings(domain))
    for some in batches(sorted(domains)):
        contacts = Contact.objects.live().annotate(host=EmailHost("email")).filter(host__in=some)
        ids = contacts.filter(~_has_company()).order_by("pk").values_list("pk", flat=True)
        associate(list(ids), by=by, tally=tally, creating=False)


# --- All existing ones --------------------------------------------------------------------------------


def without_company() -> QuerySet:
    """Return the live contacts that have an address and no company."""
    return Contact.objects.live().exclude(email="").filter(~_has_company())


@dataclass
class Forecast:
    """What a run for all existing contacts would do."""

    associated: int = 0
    companies: int = 0
    left_out: int = 0
    unknown: int = 0
    first: list[tuple[Record, str]] = None  # type: ignore[assignment]  # contacts, with their domain


def forecast(user: Any, *, creating: bool, shown: int = 20) -> Forecast:
    """Count what a run for all existing contacts would do; nothing is written, memory grows with domains.

    Limits are not asked: a contact without a company has room for one.
    """
    told = Forecast(first=[])
    own = kept.company_by_domain().own_domains
    fresh: set[str] = set()
    first: dict[int, str] = {}
    for some in _in_pieces(without_company().order_by("pk").values_list("pk", "email")):
        wanted = {pk: company_domains(email, own) for pk, email in some}
        companies = _companies(wanted.values())
        for pk, domains in wanted.items():
            if not domains:
                told.left_out += 1
                continue
            if not _best(domains, companies):
                if not creating:
                    told.unknown += 1
                    continue
                fresh.add(domains[-1])
            told.associated += 1
            if len(first) < shown:
                first[pk] = domains[-1]
    told.companies = len(fresh)
    records = Contact.objects.visible_to(user).in_bulk(list(first))
    told.first = [(records[pk], domain) for pk, domain in first.items() if pk in records]
    return told


def _in_pieces(rows: QuerySet) -> Iterator[list[tuple[int, str]]]:
    """Yield rows of id and address by their ids, so many at a time that they fit in memory."""
    last = 0
    while some := list(rows.filter(pk__gt=last)[:READ]):
        yield some
        last = some[-1][0]


def run_existing(ids: Sequence[int], *, by: By) -> Counter[str]:
    """Associate those of these contacts that have no company; return what was done."""
    tally = Tally()
    with transaction.atomic():
        setting = kept.company_by_domain()
        associate(ids, by=by, tally=tally, creating=setting.creates_companies)
    return tally.counts
