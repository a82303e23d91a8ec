"""Labels and limits in definition files: `define_object` and `export_data_model`."""

from pathlib import Path

import pytest
import yaml

from associations.label_settings import archive_label, create_label, move_label
from associations.labels import Word, words
from associations.limit_settings import bounds, set_limit
from associations.models import AssociationLabel, AssociationLimit
from records import definition, schema
from records.definition import DefinitionRefused
from tests.factories import make_label

pytestmark = pytest.mark.django_db
HOUSE = {"singular": "House", "plural": "Houses", "groups": {"about": {"properties": {"title": {}}}}}


def kind(name):
    return schema.current().type(name)


def seen(from_type, to_type):
    """Return the words on the pages of one type for the records of another."""
    return [str(word) for word in words(kind(from_type).pk, kind(to_type).pk) if not word.label.is_primary]


def limits_of(one, other) -> dict:
    """Return all limits of two types, each by its sentence's holder and word."""
    return {
        (bound.from_type.name, str(bound.word or "")): bound.maximum
        for bound in bounds(kind(one), kind(other))
        if bound.maximum
    }


def apply(objects) -> list[str]:
    return [str(change) for change in definition.apply({"objects": objects})]


def refused(objects) -> list[str]:
    before = list(AssociationLabel.objects.values()), list(AssociationLimit.objects.values())
    with pytest.raises(DefinitionRefused) as caught:
        apply(objects)
    assert before == (list(AssociationLabel.objects.values()), list(AssociationLimit.objects.values()))
    return caught.value.messages


# --- Labels -----------------------------------------------------------------------------------------


def test_a_definition_says_labels_from_the_side_of_its_type():
    given = {
        "deals": {
            "labels": {"contacts": {"decision_maker": None, "user": {"label": "User", "inverse": "Uses"}}}
        },
        "contacts": {"labels": {"contacts": {"manager": {"label": "Manager", "inverse": "Employee"}}}},
    }

    assert apply(given) == ["deals: labels changed", "contacts: labels changed"]
    assert apply(given) == []
    assert seen("deals", "contacts") == ["Decision maker", "User"]
    assert seen("contacts", "deals") == ["Decision maker", "Uses"]
    assert seen("contacts", "contacts") == ["Manager", "Employee"]


def test_a_label_that_there_is_gets_the_words_from_whichever_side_they_are_said():
    make_label("deals", "contacts", "User", "Uses")

    assert apply({"contacts": {"labels": {"deals": {"user": {"label": "Works with"}}}}})
    assert (seen("deals", "contacts"), seen("contacts", "deals")) == (["User"], ["Works with"])
    assert apply({"contacts": {"labels": {"deals": {"user": {"label": "Buys", "inverse": "Buyer"}}}}})
    assert (seen("deals", "contacts"), seen("contacts", "deals")) == (["Buyer"], ["Buys"])
    assert apply({"contacts": {"labels": {"deals": {"user": {"inverse": None}}}}})
    assert seen("deals", "contacts") == seen("contacts", "deals") == ["Buys"]
    assert apply({"contacts": {"labels": {"deals": {"user": {}}}}}) == []


def test_a_definition_may_name_types_and_labels_that_stand_below():
    objects = {
        "contacts": {"limits": {"houses": {"labels": {"owner": 5}}}},
        "houses": {**HOUSE, "labels": {"contacts": {"owner": {"label": "Owner", "inverse": "Owns"}}}},
    }

    apply(objects)

    assert apply(objects) == []
    assert limits_of("contacts", "houses") == {("contacts", "Owns"): 5}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"contacts": {"x": {"label": "BOSS"}}}, "contacts.x.label: Another label has this word."),
        (
            {"contacts": {"x": {"label": "X", "inverse": "boss"}}},
            "contacts.x.inverse: Another label has this word.",
        ),
        ({"contacts": {"boss": {"label": ""}}}, "contacts.boss.label: This field cannot be blank."),
        ({"contacts": {"gone": {"label": "X"}}}, "contacts.gone: This label is archived"),
        ({"contacts": {"x": {"colour": "red"}}}, "contacts.x: Of a label, “label” and “inverse”"),
        ({"contacts": {"x": ["X"]}}, "contacts.x: Of a label, “label” and “inverse”"),
        ({"contacts": {"x": {"label": ["X"]}}}, "contacts.x: Words are expected here."),
        ({"contacts": {"no name": {"label": "X"}}}, "contacts.no name: Enter a valid “slug”"),
        ({"contacts": ["x"]}, "contacts: Internal names of labels are expected"),
        ({"companies": {"primary": {"label": "Main"}}}, "companies.primary: “Primary” belongs to Kith"),
        ({"unicorns": {}}, "unicorns: There is no object type “unicorns”."),
    ],
)
def test_a_label_that_cannot_be_is_refused_with_its_place(said, message):
    make_label("contacts", "contacts", "Boss", "Aide")
    archive_label(make_label("contacts", "contacts", "Gone"))

    (found,) = refused({"contacts": {"labels": said}})

    assert found.startswith(f"contacts.labels.{message}")


def test_a_word_that_is_taken_on_the_other_side_is_refused_where_it_stands():
    make_label("deals", "contacts", "User", "Uses")
    make_label("deals", "contacts", "Buyer", "Buys")

    assert refused(
        {"contacts": {"labels": {"deals": {"user": {"label": "BUYS", "inverse": "Someone"}}}}}
    ) == ["contacts.labels.deals.user.label: Another label has this word."]
    assert refused({"contacts": {"labels": {"deals": {"user": {"label": "", "inverse": "Someone"}}}}}) == [
        "contacts.labels.deals.user.label: This field cannot be blank."
    ]
    assert refused({"contacts": {"labels": ["deals"]}}) == [
        "contacts.labels: Names of object types are expected here, with what is said of them."
    ]


# --- Limits -----------------------------------------------------------------------------------------


def test_a_definition_says_limits_of_types_and_labels():
    make_label("deals", "contacts", "Buyer", "Buys")
    make_label("contacts", "contacts", "Manager", "Employee")
    given = {
        "deals": {"limits": {"contacts": {"total": 9, "labels": {"buyer": 1}}, "companies": 3}},
        "contacts": {
            "limits": {
                "contacts": {"labels": {"manager": 1}, "inverse": {"manager": 20}},
                "deals": {"labels": {"buyer": 7}},
                "companies": None,
            }
        },
    }

    assert apply(given) == ["deals: limits changed", "contacts: limits changed"]
    assert apply(given) == []
    assert limits_of("deals", "contacts") == {
        ("deals", ""): 9,
        ("deals", "Buyer"): 1,
        ("contacts", "Buys"): 7,
    }
    assert limits_of("contacts", "contacts") == {("contacts", "Manager"): 1, ("contacts", "Employee"): 20}
    assert limits_of("contacts", "companies") == {}


def test_total_and_labels_are_judged_together():
    word = Word(make_label("deals", "contacts", "Buyer"))
    set_limit(kind("deals"), kind("contacts"), 2)

    apply({"deals": {"limits": {"contacts": {"labels": {"buyer": 3}, "total": 4}}}})

    assert limits_of("deals", "contacts") == {("deals", ""): 4, ("deals", "Buyer"): 3}
    assert word.label.limits.count() == 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"contacts": "many"}, "contacts: A whole number is expected here, or nothing for no limit."),
        ({"contacts": True}, "contacts: A whole number"),
        ({"contacts": 0}, "contacts: Enter a number from 1 to 1000000."),
        ({"contacts": {"total": -1}}, "contacts.total: Enter a number from 1"),
        ({"contacts": 2}, "contacts: “Buyer” may stand for 3"),
        ({"contacts": {"most": 2}}, "contacts: “most” means nothing here; known are inverse, labels, total."),
        (
            {"contacts": {"labels": {"seller": 2}}},
            "contacts.labels.seller: These two object types do not have",
        ),
        ({"contacts": {"inverse": {"buyer": 2}}}, "contacts.inverse.buyer: Only what reads otherwise"),
        (
            {"contacts": {"total": 5, "labels": {"buyer": 6}}},
            "contacts.labels.buyer: From 1 to 5: there is a limit of 5 contacts all in all.",
        ),
        ({"contacts": {"labels": {"buyer": "6"}}}, "contacts.labels.buyer: A whole number"),
        ({"contacts": {"labels": 6}}, "contacts.labels: Internal names of labels"),
        ({"unicorns": 1}, "unicorns: There is no object type “unicorns”."),
    ],
)
def test_a_limit_that_cannot_be_is_refused_with_its_place(said, message):
    set_limit(kind("deals"), kind("contacts"), 3, Word(make_label("deals", "contacts", "Buyer")))

    (found,) = refused({"deals": {"limits": said}})

    assert found.startswith(f"deals.limits.{message}")


def test_companies_without_primary_label_limits():
    assert refused({"contacts": {"limits": {"companies": {"labels": {"primary": 1}}}}}) == [
        "contacts.limits.companies.labels.primary: “Primary” belongs to Kith: it cannot be changed."
    ]


# --- Export -----------------------------------------------------------------------------------------


def fill() -> None:
    """Define labels and limits of every shape."""
    contacts, companies, deals = kind("contacts"), kind("companies"), kind("deals")
    buyer = create_label(deals, contacts, "Buyer", "Buys")
    user = create_label(contacts, deals, "Uses", "User", "user")
    archive_label(create_label(contacts, deals, "Gone"))
    manager = create_label(contacts, contacts, "Manager", "Employee")
    create_label(contacts, contacts, "Colleague")
    create_label(companies, companies, "Headquarters", "Branch")
    move_label(user, up=True)
    set_limit(contacts, companies, None)
    set_limit(deals, contacts, 9)
    set_limit(deals, contacts, 1, Word(buyer))
    set_limit(contacts, deals, 4, Word(user))
    set_limit(contacts, contacts, 1, Word(manager))
    set_limit(contacts, contacts, 20, Word(manager, inverse=True))


def everything() -> dict:
    """Return all words in order, and all limits."""
    names = [one.name for one in schema.current().types]
    pairs = [(one, other) for one in names for other in names]
    return {pair: (seen(*pair), limits_of(*pair)) for pair in pairs}


def test_what_is_exported_gives_an_empty_installation_the_same_labels_and_limits():
    fill()
    before = everything()
    exported = yaml.safe_load(yaml.safe_dump(definition.export(), sort_keys=False))
    assert definition.apply(exported) == []

    AssociationLabel.objects.filter(is_primary=False).delete()
    AssociationLimit.objects.all().delete()
    set_limit(kind("contacts"), kind("companies"), 1)  # as at first
    assert everything() != before
    definition.apply(exported)

    assert everything() == before
    assert definition.export() == exported
    assert definition.apply(exported) == []


def test_labels_are_exported_once_and_with_a_single_type_all_of_its_labels():
    fill()

    every = definition.export()["objects"]
    assert list(every["contacts"]["labels"]["deals"]) == ["user", "buyer"]
    assert every["contacts"]["labels"]["deals"]["buyer"] == {"label": "Buys", "inverse": "Buyer"}
    assert "labels" not in every["deals"]
    assert every["contacts"]["limits"] == {
        "contacts": {"labels": {"manager": 1}, "inverse": {"manager": 20}},
        "companies": None,
        "deals": {"labels": {"user": 4}},
    }
    assert every["deals"]["limits"] == {"contacts": {"total": 9, "labels": {"buyer": 1}}}
    deals = definition.export(["deals"])["objects"]["deals"]
    assert list(deals["labels"]["contacts"]) == ["user", "buyer"]


def test_without_labels_only_limits_are_said():
    objects = definition.export()["objects"]

    assert [name for name, one in objects.items() if "labels" in one] == []
    assert {name: one["limits"] for name, one in objects.items() if "limits" in one} == {
        "contacts": {"companies": 1}
    }


def test_the_example_of_the_guide_can_be_applied_as_it_stands():
    guide = (Path(__file__).parents[2] / "docs/labels.md").read_text(encoding="utf-8")
    example = yaml.safe_load(guide.partition("```yaml\n")[2].partition("```")[0])

    assert definition.apply(example)
    assert definition.apply(example) == []
    assert limits_of("contacts", "contacts") == {("contacts", "Manager"): 1, ("contacts", "Employee"): 50}
    assert limits_of("contacts", "companies") == {}
