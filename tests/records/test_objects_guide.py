"""docs/objects.md: its example works, and it knows every key and every type."""

from pathlib import Path

import pytest
import yaml

from records import definition, schema
from records.formulas import FUNCTIONS
from records.models import Property
from records.property_kinds import KINDS

pytestmark = pytest.mark.django_db
GUIDE = (Path(__file__).parents[2] / "docs/objects.md").read_text(encoding="utf-8")


def test_the_example_of_the_guide_can_be_applied_as_it_stands():
    example = yaml.safe_load(GUIDE.partition("```yaml\n")[2].partition("```")[0])

    assert definition.apply(example)
    assert definition.apply(example) == []
    kind = schema.current().type("viewings")
    assert [prop.name for prop in kind.secondary] == ["day", "outcome"]
    assert [stage.outcome for stage in kind.pipelines[0].stage_list] == ["open", "won"]
    assert schema.current().type("contacts").properties["rooms"].kind.numeric


def test_the_guide_names_every_key_and_every_type():
    keys = {key for level in definition.keys.UNDERSTOOD.values() for key in level}
    types = {one.value for one in Property.FieldType if KINDS[one].in_json}

    assert {word for word in keys | types if f"`{word}`" not in GUIDE} == set()


def test_the_example_of_derived_properties_can_be_applied_as_it_stands():
    example = yaml.safe_load(
        GUIDE.partition("## Derived properties")[2].split("```")[1].removeprefix("yaml\n")
    )

    assert definition.apply(example)
    assert definition.apply(example) == []
    assert schema.current().dependencies.problems == {}


def test_the_guide_names_every_function_of_formulas():
    assert [name for name in FUNCTIONS if f"`{name}(" not in GUIDE] == []
