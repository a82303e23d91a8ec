"""Derived properties that tests define, and what they come to worked out naively, record by record."""

from decimal import ROUND_HALF_UP, Decimal

from associations.models import Association
from records import definition
from records.models import Company, Contact, Deal, Record

DEFINED = {
    "companies": {
        "open_amount": {
            "type": "currency",
            "rollup": {
                "of": "deals",
                "function": "sum",
                "property": "amount",
                "where": {"dealstage__open": True},
            },
        },
        "deal_count": {"rollup": {"of": "deals", "function": "count"}},
        "average_amount": {
            "type": "currency",
            "rollup": {"of": "deals", "function": "average", "property": "amount"},
        },
        "latest_close": {"rollup": {"of": "deals", "function": "max", "property": "closedate"}},
        "smallest": {
            "type": "currency",
            "rollup": {"of": "deals", "function": "min", "property": "weighted"},
        },
        "big_weighted": {
            "type": "currency",
            "rollup": {
                "of": "deals",
                "function": "sum",
                "property": "weighted",
                "where": {"weighted__gte": 100},
            },
        },
        "share": {"type": "currency", "formula": "round(open_amount / deal_count, 2)"},
        "peers": {"type": "currency", "rollup": {"of": "companies", "function": "max", "property": "share"}},
    },
    "contacts": {
        "company_industry": {"synced": {"from": "companies", "property": "industry"}},
        "company_share": {"synced": {"from": "companies", "property": "share"}},
        "greeting": {
            "formula": 'concat(firstname, " of ", coalesce(company_industry, "nowhere"))',
            "type": "text",
        },
    },
    "deals": {
        "weighted": {"type": "currency", "formula": "amount * coalesce(probability(dealstage), 0.5)"},
        "best_share": {
            "type": "currency",
            "rollup": {"of": "contacts", "function": "max", "property": "company_share"},
        },
    },
}


def define(chosen=None) -> None:
    """Define these properties (or those of some names) by a definition."""
    definition.apply(
        {
            "objects": {
                kind: {
                    "groups": {
                        "derived": {
                            "properties": {
                                name: dict(one)
                                for name, one in props.items()
                                if chosen is None or name in chosen
                            }
                        }
                    }
                }
                for kind, props in DEFINED.items()
            }
        }
    )


def stored() -> dict:
    """Return what is stored for every live record, by id and property; empty values are left out."""
    found = {}
    for model in (Company, Contact, Deal):
        for record in model.objects.live():
            for name in DEFINED[model.object_type_name]:
                if (value := record.kind.properties[name].value_of(record)) not in (None, ""):
                    found[record.pk, name] = value
    return found


def cents(value) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def expected() -> dict:
    """Return what ought to be stored."""
    live = set(Record.objects.live().values_list("pk", flat=True))
    links: dict[int, list[int]] = {pk: [] for pk in live}
    for a, b in Association.objects.order_by("pk").values_list("record_a", "record_b"):
        if a in live and b in live:
            links[a].append(b)
            links[b].append(a)
    companies, contacts, deals = (
        {one.pk: one for one in model.objects.live()} for model in (Company, Contact, Deal)
    )
    found: dict = {}

    def keep(pk, name, value):
        if value not in (None, ""):
            found[pk, name] = value

    for pk, deal in deals.items():
        probability = deal.dealstage.probability
        if deal.amount is not None:
            keep(
                pk, "weighted", cents(deal.amount * (Decimal("0.5") if probability is None else probability))
            )
    for pk in companies:
        own = [deals[other] for other in links[pk] if other in deals]
        amounts = [deal.amount for deal in own if deal.amount is not None]
        weighted = [found[deal.pk, "weighted"] for deal in own if (deal.pk, "weighted") in found]
        opened = sum(
            (deal.amount for deal in own if deal.amount is not None and not deal.dealstage.is_closed),
            Decimal(0),
        )
        keep(pk, "open_amount", cents(opened))
        keep(pk, "deal_count", len(own))
        keep(pk, "average_amount", cents(sum(amounts) / len(amounts)) if amounts else None)
        keep(pk, "latest_close", max((d.closedate for d in own if d.closedate), default=None))
        keep(pk, "smallest", min(weighted, default=None))
        keep(pk, "big_weighted", cents(sum((one for one in weighted if one >= 100), Decimal(0))))
        keep(pk, "share", cents(cents(opened) / len(own)) if own else None)
    for pk in companies:
        shares = [found[other, "share"] for other in links[pk] if (other, "share") in found]
        keep(pk, "peers", max(shares, default=None))
    for pk, contact in contacts.items():
        first = next((companies[other] for other in links[pk] if other in companies), None)
        keep(pk, "company_industry", first.industry if first else "")
        keep(pk, "company_share", found.get((first.pk, "share")) if first else None)
        if contact.firstname:
            industry = (first.industry if first else "") or "nowhere"
            keep(pk, "greeting", f"{contact.firstname} of {industry}")
    for pk in deals:
        shares = [found[other, "company_share"] for other in links[pk] if (other, "company_share") in found]
        keep(pk, "best_share", max(shares, default=None))
    return found
