"""The standard object types. Columns carry HubSpot's property names, so the API is a mapping only.

Text columns are empty rather than null; an index stands where lists are commonly sorted or filtered.
"""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.email_hosts import EmailHost

from .change import Snapshots
from .pipeline import Pipeline, RankField, Stage
from .record import Record


def text(label: Any, length: int = 100, **options: Any) -> models.CharField:
    """Return a column for one line of text."""
    return models.CharField(label, max_length=length, blank=True, default="", **options)


def long_text(label: Any) -> models.TextField:
    """Return a column for text of several lines."""
    return models.TextField(label, max_length=65_536, blank=True, default="")


def sorted_by(model: str, *columns: str) -> tuple[models.Index, ...]:
    """Return an index per column; the key behind it makes it serve paging by key as well."""
    return tuple(
        models.Index(fields=(column, "record_ptr"), name=f"records_{model}_{column}"[:30])
        for column in columns
    )


def board_index(model: str, stage: str) -> models.Index:
    """Return the index that a board's columns are read by."""
    return models.Index(fields=(stage, "rank", "record_ptr"), name=f"records_{model}_board")


class Contact(Record):
    """A person."""

    object_type_name = "contacts"

    email = text(_("email"), 254)
    firstname = text(_("first name"))
    lastname = text(_("last name"))
    phone = text(_("phone"), 60)
    mobilephone = text(_("mobile phone"), 60)
    jobtitle = text(_("job title"), 150)
    company_name = text(_("company name"), 255)
    website = text(_("website"), 500)
    address = text(_("street address"), 255)
    city = text(_("city"))
    state = text(_("state or region"))
    zip = text(_("postal code"), 30)
    country = text(_("country"))
    lifecyclestage = text(_("lifecycle stage"))
    hs_lead_status = text(_("lead status"))

    history = Snapshots()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = (
            *sorted_by(
                "contact",
                "email",
                "lastname",
                "firstname",
                "jobtitle",
                "city",
                "country",
                "lifecyclestage",
                "hs_lead_status",
            ),
            models.Index(EmailHost("email"), name="records_contact_email_host"),  # who works at a company
        )


class Company(Record):
    """An organisation."""

    object_type_name = "companies"

    name = text(_("name"), 255)
    domain = text(_("domain"), 253)
    industry = text(_("industry"))
    numberofemployees = models.PositiveBigIntegerField(_("number of employees"), null=True, blank=True)
    annualrevenue = models.DecimalField(
        _("annual revenue"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    phone = text(_("phone"), 60)
    website = text(_("website"), 500)
    address = text(_("street address"), 255)
    city = text(_("city"))
    state = text(_("state or region"))
    zip = text(_("postal code"), 30)
    country = text(_("country"))
    type = text(_("type"))
    lifecyclestage = text(_("lifecycle stage"))
    description = long_text(_("description"))

    history = Snapshots()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        indexes = sorted_by(
            "company", "domain", "industry", "numberofemployees", "annualrevenue", "city", "country", "type"
        )


class Deal(Record):
    """A sale that may come about, on its way through a pipeline."""

    object_type_name = "deals"
    currency_column = "deal_currency_code"

    dealname = text(_("deal name"), 255)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+", verbose_name=_("pipeline"))
    dealstage = models.ForeignKey(
        Stage, models.PROTECT, related_name="+", db_index=False, verbose_name=_("stage")
    )
    rank = RankField()
    amount = models.DecimalField(
        _("amount"), max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    deal_currency_code = text(_("currency"), 3)
    closedate = models.DateField(_("close date"), null=True, blank=True)
    dealtype = text(_("deal type"))
    hs_priority = text(_("priority"))
    description = long_text(_("description"))

    history = Snapshots()

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        indexes = (
            *sorted_by("deal", "dealstage", "amount", "closedate", "dealtype", "hs_priority"),
            board_index("deal", "dealstage"),
        )


class Ticket(Record):
    """A request for help, on its way through a pipeline."""

    object_type_name = "tickets"

    subject = text(_("subject"), 255)
    content = long_text(_("description"))
    hs_pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+", verbose_name=_("pipeline"))
    hs_pipeline_stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="+", db_index=False, verbose_name=_("stage")
    )
    rank = RankField()
    hs_ticket_priority = text(_("priority"))
    hs_ticket_category = text(_("category"))
    source_type = text(_("source"))

    history = Snapshots()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = (
            *sorted_by(
                "ticket", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category", "source_type"
            ),
            board_index("ticket", "hs_pipeline_stage"),
        )
