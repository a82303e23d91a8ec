"""What rules there are, kept in memory with the data model: a write that triggers none costs no query."""

from dataclasses import dataclass

from django.db.models.signals import post_delete, post_save

from records import schema

from .models import CompanyByDomain, Rule

RULES, DOMAINS = "rules", "company_by_domain"


@dataclass(frozen=True)
class Setting:
    """How contacts are associated with companies by e-mail domain."""

    is_on: bool = False
    creates_companies: bool = False
    own_domains: frozenset[str] = frozenset()


def rules() -> tuple[Rule, ...]:
    """Return the rules that are on, in their order."""
    return schema.current().extras[RULES]


def company_by_domain() -> Setting:
    """Return the setting."""
    return schema.current().extras[DOMAINS]


def _load_rules() -> tuple[Rule, ...]:
    return tuple(Rule.objects.filter(is_on=True))


def _load_domains() -> Setting:
    row = CompanyByDomain.objects.first()
    if row is None:
        return Setting()
    return Setting(row.is_on, row.creates_companies, frozenset(row.own_domains))


def register() -> None:
    """Keep rules and setting with the data model."""
    schema.loaders[RULES] = _load_rules
    schema.loaders[DOMAINS] = _load_domains
    for model in (Rule, CompanyByDomain):
        post_save.connect(schema.data_model_changed, sender=model)
        post_delete.connect(schema.data_model_changed, sender=model)
