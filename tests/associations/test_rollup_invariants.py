"""Whatever is done in whatever order: roll-ups, synced and calculated values are what a naive recomputation
from scratch makes of the records and their associations."""

from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from associations import rollups, services
from associations.models import AssociationLimit
from associations.services import AssociationRefused
from records import schema
from records import services as record_services
from records.models import Change, Company, Contact, Deal
from records.undo import undo
from tests.examples import examples
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

from . import deriving

pytestmark = pytest.mark.django_db
places = st.integers(0, 9)
several = st.lists(st.tuples(places, places), min_size=1, max_size=5)
contacts, companies, deals = st.integers(0, 2), st.integers(3, 5), st.integers(6, 9)
amounts = st.none() | st.decimals(0, 5_000, places=2)
days = st.none() | st.integers(0, 300).map(lambda number: date(2026, 1, 1) + timedelta(number))
stages = st.integers(0, 6)


class Deriving(RuleBasedStateMachine):
    """Ten records of three types, and everything that can happen to what their values follow from."""

    @initialize(before=st.booleans())
    def start(self, before):
        """Make the records, with the properties there before them or defined afterwards."""
        self.held_open = ExitStack()
        self.held_open.enter_context(transaction.atomic())
        AssociationLimit.objects.update(maximum=2)
        if before:
            deriving.define()
        self.records = [
            *ContactFactory.create_batch(3),
            *CompanyFactory.create_batch(3, industry="Glass"),
            *DealFactory.create_batch(4, closedate=date(2026, 5, 5)),
        ]
        # Something of everything, so that the first steps already meet chains.
        services.associate_pairs(
            self.ids([(0, 3), (1, 4), (3, 4), (3, 6), (3, 7), (4, 8), (5, 9), (0, 6), (1, 8)]), by=by()
        )
        if not before:
            deriving.define()
        self.held_open.enter_context(schema.pinned())
        self.undoable: list[Change] = []

    def teardown(self):
        """Leave the database as it was."""
        if hasattr(self, "held_open"):
            transaction.set_rollback(True)
            self.held_open.close()

    def ids(self, wanted):
        return [(self.records[one].pk, self.records[other].pk) for one, other in wanted]

    def stage(self, number):
        rows = list(schema.current().type("deals").stages.values())
        return rows[number % len(rows)]

    # --- Associations -----------------------------------------------------------------------------

    @rule(wanted=several)
    def associate(self, wanted):
        """Associate as an import does."""
        services.associate_pairs(self.ids(wanted), by=by(), skip_refused=True)

    @rule(company=companies, others=st.sets(deals, min_size=1))
    def associate_deals(self, company, others):
        """Give a company deals, as the picker does."""
        try:
            with transaction.atomic():
                services.associate(self.records[company], [self.records[one].pk for one in others], by=by())
        except AssociationRefused:
            pass

    @rule(wanted=several)
    def dissociate(self, wanted):
        """Dissolve pairs, where they are associated."""
        removed = services.dissociate_pairs(
            self.ids([pair for pair in wanted if pair[0] != pair[1]]), by=by()
        )
        if removed.change:
            self.undoable.append(removed.change)

    @rule(contact=contacts, old=companies, new=companies)
    def replace(self, contact, old, new):
        """Move a contact from one company to another."""
        if old == new:
            return
        gone = services.canonical(self.records[contact].pk, self.records[old].pk)
        try:
            with transaction.atomic():
                services.associate(self.records[contact], [self.records[new].pk], by=by(), replacing=[gone])
        except AssociationRefused:
            pass

    @precondition(lambda self: getattr(self, "undoable", None))
    @rule()
    def undo_the_last(self):
        """Bring back what was dissolved last, where the rules still allow it."""
        undo(self.undoable.pop(), by=by())

    # --- Records ----------------------------------------------------------------------------------

    @rule(chosen=st.sets(places, min_size=1, max_size=3))
    def archive(self, chosen):
        """Archive records; those that are archived stay so."""
        record_services.archive_records([self.records[place].pk for place in chosen], by=by())

    @rule(chosen=st.sets(places, min_size=1, max_size=4))
    def restore(self, chosen):
        """Restore records; those that are live stay so."""
        record_services.restore_records([self.records[place].pk for place in chosen], by=by())

    @rule(place=deals, amount=amounts, stage=stages, day=days)
    def edit(self, place, amount, stage, day):
        """Edit a deal, as its page does."""
        values = {"amount": amount, "dealstage": self.stage(stage), "closedate": day}
        if Deal.objects.live().filter(pk=self.records[place].pk).exists():
            record_services.update_record(self.records[place], values, by=by())

    @rule(place=st.integers(0, 5), text=st.sampled_from(["", "Glass", "Steel"]))
    def edit_text(self, place, text):
        """Rename a contact, or give a company another industry."""
        record = self.records[place]
        name = "firstname" if isinstance(record, Contact) else "industry"
        if type(record).objects.live().filter(pk=record.pk).exists():
            record_services.update_record(record, {name: text}, by=by())

    @rule(chosen=st.dictionaries(deals, amounts, min_size=1), stage=stages)
    def edit_many(self, chosen, stage):
        """Edit several deals at once, as an import does."""
        changes = {
            self.records[place].pk: {"amount": amount, "dealstage": self.stage(stage)}
            for place, amount in chosen.items()
        }
        record_services.update_records(schema.current().type("deals"), changes, by=by())

    @rule(old=stages, new=stages)
    def move_a_stage(self, old, new):
        """Move all that stands in one stage to another."""
        record_services.move_between_stages(self.stage(old), self.stage(new), by=by())

    @rule(amount=st.decimals(0, 900, places=2), company=companies)
    def create_associated(self, amount, company):
        """Create a deal from a company's page."""
        kind = schema.current().type("deals")
        if Company.objects.live().filter(pk=self.records[company].pk).exists():
            services.create_associated(
                self.records[company], kind, {"dealname": "New", "amount": amount}, by=by()
            )

    @rule(amounts=st.lists(amounts, min_size=1, max_size=3), company=companies)
    def bring_in(self, amounts, company):
        """Create deals and associate them, as an import does."""
        kind = schema.current().type("deals")
        new = [
            record_services.build_record(kind, {"dealname": "In", "amount": one}, by=by()) for one in amounts
        ]
        record_services.create_records(new, by=by())
        pairs = [(self.records[company].pk, one.pk) for one in new]
        services.associate_pairs(pairs, by=by(), skip_refused=True)

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def every_value_is_what_it_would_be_from_scratch(self):
        """Stored and recomputed are the same, in every record and property."""
        if hasattr(self, "records"):
            assert deriving.stored() == deriving.expected()

    @invariant()
    def working_all_of_them_out_anew_changes_nothing(self):
        """The check for operators agrees."""
        if hasattr(self, "records"):
            assert not any(rollups.recalculate().values())


class TestDeriving(Deriving.TestCase, TestCase):
    """Runs the machine, each sequence in a transaction of its own."""

    settings = settings(
        max_examples=examples(6),
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def test_the_naive_model_tells_values_apart():
    """Lest both sides of the comparison be empty."""
    deriving.define()
    company, ada, deal = (
        CompanyFactory(industry="Glass"),
        ContactFactory(firstname="Ada"),
        DealFactory(amount=250),
    )
    services.associate(company, [ada.pk, deal.pk], by=by())
    services.associate(ada, [deal.pk], by=by())

    values = deriving.stored()

    assert values == deriving.expected()
    assert values[company.pk, "open_amount"] == Decimal(250)
    assert values[ada.pk, "greeting"] == "Ada of Glass"
    assert values[deal.pk, "best_share"] == Decimal(250)
