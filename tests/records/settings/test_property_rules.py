"""Settings → Properties: defaults, rules, and when a value is required."""

import pytest

from records import definition
from records.models import Property
from records.property_kinds import KINDS
from records.services import create_record
from tests.factories import by

from .helpers import LONG, current, errors, stage

pytestmark = pytest.mark.django_db
PAGE = "/settings/objects/viewings/properties/"
NEW = {"label": "Rooms", "type": "number", "group": "about"}
HTMX = {"HX-Request": "true"}


def test_default_and_rules_are_given_and_shown_again(administrator, viewings):
    given = {**NEW, "default": "3", "min": "1", "max": "12", "pattern": "ignored", "indexed": "on"}

    administrator.post(f"{PAGE}new/", given)

    prop = current().properties["rooms"]
    assert (prop.default, prop.rules, prop.indexed) == (3, {"min": 1, "max": 12}, True)
    form = administrator.get(f"{PAGE}rooms/edit/").context["form"]
    assert [form[name].value() for name in ("default", "min", "max")] == ["3", "1", "12"]
    assert "pattern" not in form.fields
    fields = {"label": "Rooms", "group": "about", "default": "", "min": "2", "max": ""}
    administrator.post(f"{PAGE}rooms/edit/", fields)
    prop = current().properties["rooms"]
    assert (prop.default, prop.rules, prop.indexed) == (None, {"min": 2}, False)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"type": "text", "default": "ab", "min_length": "2", "pattern": "[a-z]+"}, "ab"),
        ({"type": "date", "default": "2026-01-31", "min": "2026-01-01"}, "2026-01-31"),
        ({"type": "currency", "default": "1.50", "max": "10"}, "1.50"),
        ({"type": "booleancheckbox", "default": "true"}, True),
        ({"type": "select", "options": "a | Anna\nb", "default": "Anna"}, "a"),
        ({"type": "radio", "options": "a | Anna\nb", "default": "b"}, "b"),
        ({"type": "checkbox", "options": "a | Anna\nb", "default": "Anna; b"}, ["a", "b"]),
        ({"type": "country", "default": "PL"}, "PL"),
    ],
)
def test_every_type_takes_a_default_and_gives_it_back(administrator, viewings, given, stored):
    assert administrator.post(f"{PAGE}new/", {**NEW, **given}).status_code == 302
    prop = current().properties["rooms"]
    assert prop.default == stored

    form = administrator.get(f"{PAGE}rooms/edit/").context["form"]
    typed = {name: form[name].value() or "" for name in form.fields if name != "indexed"}
    assert administrator.post(f"{PAGE}rooms/edit/", typed).status_code == 302
    again = current().properties["rooms"]
    assert (again.default, again.rules, again.options) == (prop.default, prop.rules, prop.options)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"min": "few"}, "min"),
        ({"min": "5", "max": "2"}, "min"),
        ({"default": "many"}, "default"),
        ({"default": "0", "min": "1"}, "default"),
        ({"type": "text", "min_length": "-1"}, "min_length"),
        ({"type": "text", "max_length": "1.5"}, "max_length"),
        ({"type": "text", "pattern": "["}, "pattern"),
        ({"type": "text", "pattern": LONG}, "pattern"),
        ({"type": "text", "pattern": "a\x00"}, "pattern"),
        ({"type": "select", "options": "a\nb", "default": "c"}, "default"),
        ({"type": "date", "min": "soon"}, "min"),
        ({"required": "sometimes"}, "required"),
    ],
)
def test_rules_that_could_not_be_are_refused_beside_the_field(administrator, viewings, wrong, field):
    response = administrator.post(f"{PAGE}new/", {**NEW, "help": "Typed", **wrong})

    assert list(errors(response)) == [field]
    assert "Typed" in response.text
    assert "rooms" not in current().properties


def test_what_means_nothing_for_the_type_is_not_shown_once_it_is_chosen(administrator, viewings):
    def fields(**typed):
        response = administrator.post(f"{PAGE}new/", {**NEW, **typed, "redraw": "1"}, headers=HTMX)
        assert response.status_code == 200
        assert 'value="Rooms"' in response.text
        return set(response.context["form"].fields)

    assert {"min", "max", "default", "unique"} <= fields(type="number")
    assert not {"options", "pattern", "min_length"} & fields(type="number")
    assert {"min_length", "max_length", "pattern"} <= fields(type="text")
    assert "options" in fields(type="checkbox")
    assert not {"unique", "min"} & fields(type="checkbox")
    assert fields(type="tune") == set(administrator.get(f"{PAGE}new/").context["form"].fields)


def test_without_script_every_field_is_there(administrator, viewings):
    fields = administrator.get(f"{PAGE}new/").context["form"].fields

    assert {"options", "min", "pattern", "default", "required", "indexed"} <= set(fields)


@pytest.mark.parametrize("field_type", [one for one in Property.FieldType if KINDS[one].in_json])
def test_the_form_of_every_type_opens_and_saves(administrator, viewings, field_type):
    options = {"options": "a\nb"} if KINDS[field_type].has_options else {}
    drawn = administrator.post(f"{PAGE}new/", {**NEW, "type": field_type, "redraw": "1"}, headers=HTMX)
    assert drawn.status_code == 200

    assert administrator.post(f"{PAGE}new/", {**NEW, **options, "type": field_type}).status_code == 302
    assert administrator.get(f"{PAGE}rooms/edit/").status_code == 200


@pytest.mark.parametrize("type_name", ["contacts", "companies", "deals", "tickets"])
def test_the_form_of_every_standard_property_opens_and_saves_without_a_change(administrator, type_name):
    before = definition.export([type_name])
    for prop in current(type_name).properties.values():
        page = f"/settings/objects/{type_name}/properties/{prop.name}/edit/"
        form = administrator.get(page).context["form"]
        typed = {name: form[name].value() or "" for name in form.fields if form[name].value() is not False}
        assert administrator.post(page, typed).status_code == 302, (prop.name, typed)

    assert definition.export([type_name]) == before


# --- Required -------------------------------------------------------------------------------------


def test_a_property_is_required_from_a_stage_on(administrator, viewings):
    start = f"from_{viewings.pipelines[0].pk}"
    fields = {**NEW, "required": "stage", start: "done"}

    administrator.post(f"{PAGE}new/", fields)

    prop = current().properties["rooms"]
    assert (prop.required, prop.required_from) == (False, {"default": "done"})
    assert "Required later" in administrator.get(PAGE).text
    form = administrator.get(f"{PAGE}rooms/edit/").context["form"]
    assert (form["required"].value(), form[start].value()) == ("stage", "done")
    values = {"new-title": "Elm", "new-stage": stage("Took place").pk}
    assert "rooms" in errors(administrator.post("/records/viewings/new/", values))

    administrator.post(f"{PAGE}rooms/edit/", {"label": "Rooms", "group": "about", "required": "always"})
    prop = current().properties["rooms"]
    assert (prop.required, prop.required_from) == (True, {})
    administrator.post(f"{PAGE}rooms/edit/", {"label": "Rooms", "group": "about", "required": "never"})
    assert current().properties["rooms"].required is False


def test_from_a_stage_on_needs_a_stage(administrator, viewings):
    start = f"from_{viewings.pipelines[0].pk}"

    assert list(errors(administrator.post(f"{PAGE}new/", {**NEW, "required": "stage"}))) == [start]
    refused = administrator.post(f"{PAGE}new/", {**NEW, "required": "stage", start: "never"})
    assert start in errors(refused)
    assert "rooms" not in current().properties


def test_each_pipeline_has_a_stage_of_its_own(administrator):
    administrator.post("/settings/objects/deals/pipelines/new/", {"label": "Renewals", "stages": "Due\nDone"})
    first, second = current("deals").pipelines
    page = "/settings/objects/deals/properties/new/"
    group = current("deals").groups[0].name
    fields = {**NEW, "group": group, "required": "stage", f"from_{second.pk}": "done"}

    administrator.post(page, fields)

    assert current("deals").properties["rooms"].required_from == {second.name: "done"}
    won = next(one for one in first.stage_list if one.outcome == "won")
    assert create_record(current("deals"), {"dealname": "A", "dealstage": won}, by=by())


def test_a_type_without_a_pipeline_knows_never_and_always(administrator):
    form = administrator.get("/settings/objects/contacts/properties/new/").context["form"]

    assert [value for value, _label in form.fields["required"].choices] == ["never", "always"]
