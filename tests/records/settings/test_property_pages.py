"""Settings → Properties: added, changed, ordered."""

import pytest

from records import definition
from records.settings_forms.properties import NewPropertyForm
from tests.factories import ContactFactory
from tests.records.test_definition import viewing

from .helpers import LONG, current, errors, labels

pytestmark = pytest.mark.django_db
NEW_PROPERTY = {"label": "Asking price", "type": "currency", "group": "about"}


def test_a_property_is_added_and_used_at_once(administrator, viewings):
    page = "/settings/objects/viewings/properties/"

    response = administrator.post(
        f"{page}new/", {**NEW_PROPERTY, "required": "always", "help": "In dollars"}, follow=True
    )

    assert "Asking price added." in response.text
    prop = current().properties["asking_price"]
    assert (prop.field_type, prop.required, prop.unique, prop.help_text) == (
        "currency",
        True,
        False,
        "In dollars",
    )
    assert "In dollars" in administrator.get("/records/viewings/new/").text
    assert labels()[-3:] == ["Asking price", "Pipeline", "Stage"]


def test_a_property_is_added_to_a_standard_type_in_a_new_group(administrator):
    page = "/settings/objects/contacts/properties/new/"
    fields = {"label": "Shoe size", "type": "number", "group": "about", "new_group": "Feet & shoes"}

    administrator.post(page, {**fields, "unique": "on", "searchable": "on"})
    administrator.post(page, {**fields, "label": "Left"})

    kind = current("contacts")
    prop = kind.properties["shoe_size"]
    assert (prop.unique, prop.searchable) == (True, True)
    groups = {group.name: group.label for group in kind.groups}
    assert groups["feet_shoes"] == groups["feet_shoes_2"] == "Feet & shoes"
    assert "Shoe size" in administrator.get(ContactFactory().get_absolute_url()).text


def test_options_are_a_line_each(administrator, viewings):
    lines = " liked | Liked it \r\n\r\nNot for them\nحسن\na | b | c"

    administrator.post(
        "/settings/objects/viewings/properties/new/",
        {"label": "Verdict", "type": "select", "group": "about", "options": lines},
    )

    assert current().properties["verdict"].choices == [
        ("liked", "Liked it"),
        ("Not for them", "Not for them"),
        ("حسن", "حسن"),
        ("a", "b | c"),
    ]


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"label": ""}, "label", "required"),
        ({"label": LONG}, "label", "at most 100"),
        ({"label": "a\x00b"}, "label", "Null characters"),
        ({"label": "سعر"}, "name", "none can be made"),
        ({"label": "Day"}, "name", "Another property has this internal name"),
        ({"name": "stage"}, "name", "Another property has this internal name"),
        ({"name": "Preis"}, "name", "Use small letters"),
        ({"name": "select"}, "name", "column of every list"),
        ({"name": "name"}, "name", "column of every list"),
        ({"name": LONG}, "name", "at most 100"),
        ({"type": "stage"}, "type", "not one of"),
        ({"type": "tune"}, "type", "not one of"),
        ({"type": ""}, "type", "required"),
        ({"type": "select", "options": ""}, "options", "Give the values"),
        ({"type": "select", "options": "a\na | b"}, "options", "stands here twice"),
        ({"type": "select", "options": " | b"}, "options", "is no option"),
        ({"type": "select", "options": "x" * 101}, "options", "is no option"),
        ({"help": LONG}, "help", "at most 300"),
        ({"group": "planet"}, "group", "not one of"),
        ({"new_group": LONG}, "new_group", "at most 100"),
    ],
)
def test_a_property_that_could_not_work_is_refused_beside_the_field(
    administrator, viewings, wrong, field, message
):
    before = definition.export()

    response = administrator.post(
        "/settings/objects/viewings/properties/new/", {**NEW_PROPERTY, "help": "Typed", **wrong}
    )

    assert message in str(errors(response)[field])
    assert list(errors(response)) == [field]
    assert "Typed" in response.text or "help" in wrong
    assert definition.export() == before


def test_a_property_is_relabelled_and_moved_to_another_group(administrator, viewings):
    page = "/settings/objects/viewings/properties/day/edit/"
    assert "Change type" in administrator.get(page).text

    fields = {
        "label": "Day of the visit",
        "group": "about",
        "new_group": "When",
        "help": "Any day",
        "type": "text",
    }
    assert administrator.post(page, {**fields, "unique": "on"}).status_code == 302

    prop = current().properties["day"]
    assert (prop.label, prop.help_text, prop.field_type, prop.unique) == (
        "Day of the visit",
        "Any day",
        "date",
        False,
    )
    assert labels("when") == ["Day of the visit"]


def test_an_option_in_use_is_relabelled_but_not_removed(administrator, viewings):
    page = "/settings/objects/viewings/properties/outcome/edit/"
    elm = viewing(outcome="liked")
    administrator.post(f"{viewing('Oak', outcome='liked').get_absolute_url()}archive/")
    fields = {"label": "Outcome", "group": "about"}

    refused = administrator.post(page, {**fields, "options": "no | No\nmaybe | Maybe"})
    assert "“Liked it” stays: 2 records have it." in str(errors(refused)["options"])
    assert "maybe | Maybe" in refused.text

    administrator.post(page, {**fields, "options": "liked | Loved it\nmaybe | Maybe"})
    assert current().properties["outcome"].choices == [("liked", "Loved it"), ("maybe", "Maybe")]
    assert "Loved it" in administrator.get(elm.get_absolute_url()).text


def test_an_option_of_a_standard_property_in_use_stays(administrator):
    ContactFactory(lifecyclestage="customer")

    refused = administrator.post(
        "/settings/objects/contacts/properties/lifecyclestage/edit/",
        {"label": "Lifecycle stage", "group": current("contacts").groups[0].name, "options": "lead | Lead"},
    )

    assert "1 record has it" in str(errors(refused)["options"])


def test_a_property_moves_within_its_group(administrator, viewings):
    page = "/settings/objects/viewings/properties/"
    first, second, *rest = labels()

    administrator.post(f"{page}day/move/", {"up": ""})
    assert labels() == [second, first, *rest]
    administrator.post(f"{page}day/move/", {"up": ""})
    assert labels() == [second, first, *rest]
    administrator.post(f"{page}day/move/", {"down": ""})
    assert labels() == [first, second, *rest]


def test_what_two_administrators_create_at_once_is_created_once(administrator, viewings, monkeypatch):
    monkeypatch.setattr(NewPropertyForm, "clean_name", lambda form: form.cleaned_data["name"])

    response = administrator.post(
        "/settings/objects/viewings/properties/new/", {**NEW_PROPERTY, "name": "day", "type": "date"}
    )

    assert "taken meanwhile" in str(errors(response)["name"])
    assert current().properties["day"].label == "Date"
