"""Which records match which by the values of two properties: for thousands at once, from either side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from records.email_hosts import EmailHost
from records.models import ObjectType, Property, Record
from records.services import batches

from . import kept
from .domains import company_domains
from .values import FIELD, family, having, key


def can_match(one: Property, other: Property) -> bool:
    """Whether the values of two properties can be compared: of one family, or an address and a domain."""
    return bool(family(one)) and family(one) == family(other)


@dataclass(frozen=True)
class Match:
    """`prop` of the records that a rule is about, compared with `other` of another type's (or the same).

    An e-mail address matches a domain where it belongs to it: that of its company, as for companies by
    domain; never free mail. All else matches where both are the same, letters without case.
    """

    prop: Property
    other: Property

    @property
    def by_host(self) -> bool:
        """Whether an address is compared with a domain."""
        return (self.prop.field_type, self.other.field_type) == (FIELD.EMAIL, FIELD.DOMAIN)

    @property
    def by_host_reversed(self) -> bool:
        """Whether a domain is compared with addresses."""
        return (self.prop.field_type, self.other.field_type) == (FIELD.DOMAIN, FIELD.EMAIL)

    def others(self, records: Iterable[Record], user: Any) -> dict[int, list[int]]:
        """Return by record the ids of the visible others that match it, the oldest first.

        One query for each 2,000 values.
        """
        keys = {record.pk: self._keys(record) for record in records}
        wanted = list(dict.fromkeys(one for of_one in keys.values() for one in of_one))
        rows = self.other.object_type.model.objects.visible_to(user).of_type(self.other.object_type)
        found = self._find(rows, self.other, wanted, hosts=self.by_host_reversed)
        matched = {}
        for pk, of_one in keys.items():
            # The most specific domain that there is a record for; of all else there is one key.
            ids = next((found[one] for one in of_one if one in found), [])
            matched[pk] = [other for other in ids if other != pk]
        return matched

    def owners(self, kind: ObjectType, other_ids: Sequence[int], user: Any) -> QuerySet | None:
        """Return the visible records of `kind` that the others of these ids match; None where none can."""
        model = self.other.object_type.model
        values = [
            self.other.value_of(record)
            for batch in batches(other_ids)
            for record in model.objects.visible_to(user).filter(pk__in=batch)
        ]
        rows = kind.model.objects.visible_to(user).of_type(kind)
        if self.by_host:
            domains = {str(value).lower() for value in values if value}
            return _at_hosts(rows, self.prop, domains) if domains else None
        if self.by_host_reversed:
            keys: set[Any] = {one for value in values for one in _domains(value)}
        else:
            keys = {one for value in values if (one := key(self.other, value)) is not None}
        return having(rows, self.prop, keys) if keys else None

    def _keys(self, record: Record) -> list[Any]:
        value = self.prop.value_of(record)
        if self.by_host:
            return _domains(value)
        one = key(self.prop, value)
        return [] if one is None else [one]

    @staticmethod
    def _find(rows: Any, prop: Property, wanted: Sequence[Any], *, hosts: bool) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = defaultdict(list)
        for batch in batches(wanted):
            chosen = _at_hosts(rows, prop, set(batch)) if hosts else having(rows, prop, batch)
            for pk, value in chosen.order_by("pk").values_list("pk", prop.lookup):
                if hosts:
                    for one in _domains(value):
                        found[one].append(pk)
                elif (one := key(prop, value)) is not None:
                    found[one].append(pk)
        return found


def _domains(address: Any) -> list[str]:
    return company_domains(str(address or ""), kept.company_by_domain().own_domains)


def _at_hosts(rows: Any, prop: Property, hosts: set[str]) -> Any:
    """Narrow records to those whose address is at one of these hosts."""
    rows = rows.with_values([prop]).annotate(rule_host=EmailHost(prop.lookup))
    return rows.filter(rule_host__in=hosts)
