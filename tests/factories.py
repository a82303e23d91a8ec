"""Factories for records and users. They go through `save`, so that derived columns are right."""

import factory
from django.contrib.auth import get_user_model
from django.db import transaction

from associations import services as association_services
from associations.models import AssociationLabel, AssociationLimit
from records import schema
from records import services as record_services
from records.models import Company, Contact, Deal, Ticket
from records.provenance import By, Origin


def by(user=None, origin=Origin.PAGE) -> By:
    """Return an author of changes."""
    return By(user, origin)


def first_stage(type_name: str):
    """Return the first stage of a type's first pipeline."""
    return schema.current().type(type_name).pipelines[0].stage_list[0]


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"user{n}")


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    firstname = factory.Sequence(lambda n: f"First{n}")
    lastname = factory.Sequence(lambda n: f"Last{n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")
    domain = factory.Sequence(lambda n: f"company{n}.example.com")


class DealFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Deal

    dealname = factory.Sequence(lambda n: f"Deal {n}")
    pipeline = factory.LazyFunction(lambda: first_stage("deals").pipeline)
    dealstage = factory.LazyFunction(lambda: first_stage("deals"))
    amount = 1000


class TicketFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Ticket

    subject = factory.Sequence(lambda n: f"Ticket {n}")
    hs_pipeline = factory.LazyFunction(lambda: first_stage("tickets").pipeline)
    hs_pipeline_stage = factory.LazyFunction(lambda: first_stage("tickets"))


def make_label(from_type: str, to_type: str, label: str, inverse_label: str = "") -> AssociationLabel:
    """Return a new label of two object types, given by their names."""
    return AssociationLabel.objects.create(
        from_type=schema.current().type(from_type),
        to_type=schema.current().type(to_type),
        name=label.lower().replace(" ", "-"),
        label=label,
        inverse_label=inverse_label,
    )


def make_limit(from_type: str, to_type: str, maximum: int, label=None, inverse: bool = False) -> None:
    """Set how many records of a type, or with a label, a record of another may have."""
    AssociationLimit.objects.update_or_create(
        from_type=schema.current().type(from_type),
        to_type=schema.current().type(to_type),
        label=label,
        inverse=inverse,
        defaults={"maximum": maximum},
    )


def make_activity(type_name: str, *about, actor=None, **values):
    """Return a new activity of a type, associated with the records that it is about."""
    with transaction.atomic():
        activity = record_services.create_record(schema.current().type(type_name), values, by=by(actor))
        association_services.associate(activity, [record.pk for record in about], by=by(actor))
    return activity
