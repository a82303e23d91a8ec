"""Rules for tests, said by what matters."""

from crm.rules.models import Rule
from records import schema
from tests.factories import UserFactory


def kind(name):
    return schema.current().type(name)


def make_rule(type_name, *actions, run_as=None, is_on=True, **values):
    """Return a saved rule of a type; actions are given by name and what they need."""
    return Rule.objects.create(
        name=values.pop("name", "A rule"),
        object_type=kind(type_name),
        actions=[{"action": name, **given} for name, given in actions],
        run_as=run_as or UserFactory(),
        is_on=is_on,
        **values,
    )
