"""Who may see the settings; one rule for pages and files; many workers, many rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records import definition, schema
from records.models import Pipeline
from tests.factories import UserFactory
from tests.records.test_definition import viewing

from .helpers import NEW_TYPE, current, stage

pytestmark = pytest.mark.django_db


PAGES = [
    "",
    "objects/",
    "objects/new/",
    "objects/contacts/",
    "objects/contacts/properties/",
    "objects/contacts/properties/new/",
    "objects/contacts/properties/email/edit/",
    "objects/deals/pipelines/",
    "objects/deals/pipelines/new/",
]


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_see_the_settings(page, client, signed_in, user):
    assert signed_in.get(f"/settings/{page}").status_code == 403
    assert signed_in.post(f"/settings/{page}", NEW_TYPE).status_code == 403
    assert "/settings/" not in signed_in.get("/records/contacts/").text

    user.is_staff = True
    user.save()
    assert signed_in.get(f"/settings/{page}", follow=True).status_code == 200
    assert 'href="/settings/"' in signed_in.get("/records/contacts/").text


def test_nothing_is_changed_for_somebody_else(signed_in, viewings):
    one = stage("Planned")
    for page in (
        "objects/viewings/archive/",
        "objects/viewings/restore/",
        "objects/viewings/properties/day/move/",
        f"objects/viewings/stages/{one.pk}/move/",
        f"objects/viewings/stages/{one.pk}/delete/",
        "objects/viewings/groups/about/",
    ):
        assert signed_in.post(f"/settings/{page}", {"label": "Mine"}).status_code == 403
    assert current().stages.keys() == viewings.stages.keys()


@pytest.mark.parametrize(
    "page",
    [
        "objects/planets/",
        "objects/planets/properties/new/",
        "objects/planets/archive/",
        "objects/contacts/archive/",
        "objects/contacts/properties/planet/edit/",
        "objects/contacts/groups/planet/",
        "objects/deals/pipelines/99999999999999999999/",
        "objects/deals/stages/99999999999999999999/",
        "objects/deals/stages/0/delete/",
    ],
)
def test_what_does_not_exist_is_not_found(administrator, page):
    assert administrator.get(f"/settings/{page}").status_code == 404
    assert administrator.post(f"/settings/{page}").status_code == 404


# --- The rules are the same everywhere ------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pipelines": {"default": {"stages": {"planned": {"probability": 2}}}}}, "from 0 to 1"),
        (
            {"pipelines": {"default": {"stages": {"planned": {"probability": float("nan")}}}}},
            "decimal number",
        ),
        ({"pipelines": {"default": {"stages": {"planned": {"probability": float("inf")}}}}}, "probability"),
        ({"groups": {"about": {"properties": {"outcome": {"options": {"no": "No"}}}}}}, "1 record has it"),
    ],
)
def test_a_file_obeys_the_rules_of_the_pages(viewings, given, message):
    viewing(outcome="liked")

    with pytest.raises(definition.DefinitionRefused, match=message):
        definition.apply({"objects": {"viewings": given}})


def test_a_type_whose_property_is_named_like_the_stage_gets_no_pipeline():
    properties = {"title": {}, "stage": {}}
    given = {"singular": "A", "plural": "B", "groups": {"about": {"properties": properties}}}

    with pytest.raises(
        definition.DefinitionRefused, match=r"things.properties.stage: a type with a pipeline"
    ):
        definition.apply({"objects": {"things": {**given, "pipelines": {"p": {"stages": {"a": {}}}}}}})


# --- Many workers, many rows ----------------------------------------------------------------------


def test_what_one_worker_defines_another_serves_at_once(administrator, monkeypatch):
    other = Client()
    other.force_login(UserFactory())

    def in_the_other_worker(page: str) -> str:
        """Ask a process that has in memory what it read before."""
        with monkeypatch.context() as patched:
            patched.setattr(schema, "_latest", before)
            return other.get(page).text

    before = schema.current()
    administrator.post("/settings/objects/new/", NEW_TYPE)
    assert "Property viewings" in in_the_other_worker("/records/contacts/")

    page = "/settings/objects/property_viewings/"
    administrator.post(f"{page}properties/new/", {"label": "Price", "type": "number", "group": "about"})
    assert "new-price" in in_the_other_worker("/records/property_viewings/new/")

    before = schema.current()
    administrator.post(f"{page}properties/record_name/move/", {"down": ""})
    text = in_the_other_worker("/records/property_viewings/?q=nothing")
    assert text.index('"edit_filter" value="price"') < text.index('"edit_filter" value="record_name"')


@pytest.mark.parametrize("page", ["", "viewings/", "viewings/properties/", "viewings/pipelines/"])
def test_pages_take_the_same_number_of_queries_on_many_rows(page, administrator, viewings):
    def queries() -> int:
        administrator.get(f"/settings/objects/{page}")  # a changed data model is read anew
        with CaptureQueriesContext(connection) as captured:
            administrator.get(f"/settings/objects/{page}")
        return len(captured)

    viewing()
    few = queries()
    for number in range(8):
        given = {"singular": "A", "plural": "B", "groups": {"about": {"properties": {"title": {}}}}}
        definition.apply({"objects": {f"things{number}": given}})
        viewing(f"House {number}")
    properties = {f"extra{number}": {} for number in range(20)}
    stages = {f"stage{number}": {} for number in range(20)}
    given = {
        "groups": {f"group{number}": {"properties": {f"more{number}": {}}} for number in range(5)},
        "pipelines": {"default": {"stages": stages}, "second": {"stages": stages}},
    }
    given["groups"]["about"] = {"properties": properties}
    definition.apply({"objects": {"viewings": given}})

    assert queries() == few
    assert Pipeline.objects.filter(object_type__name="viewings").count() == 2
