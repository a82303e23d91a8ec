"""What records say of their activities: columns that nobody types in, and some of which time changes."""

from typing import Any

from django.db.models import Expression

from records import activity_facts
from records.models.property import Property

from .dates import DateTimeKind
from .numbers import NumberKind


class ActivityMomentKind(DateTimeKind):
    """When an activity was or will be, as of now. Formulas and roll-ups do not follow it."""

    in_json = False
    formula_family = ""
    follows_clock = True

    def get(self, record: Any, prop: Property) -> Any:
        """Return the moment; a query where it has passed and nobody has freshened the record."""
        activity_facts.freshen([record])
        return getattr(record, prop.column)

    def normalise(self, record: Any, prop: Property) -> None:
        """Leave it: it is kept elsewhere."""

    def expression(self, prop: Property) -> Expression:
        return activity_facts.expression(prop.column)


class ActivityNumberKind(NumberKind):
    """How many activities there are. Formulas and roll-ups do not follow it."""

    in_json = False
    formula_family = ""
