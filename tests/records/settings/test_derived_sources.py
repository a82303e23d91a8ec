"""What derived properties are made from cannot go or change under them without a word."""

import pytest

from associations import services as association_services
from records import definition, schema, services
from tests.factories import ContactFactory, UserFactory, by

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.force_login(UserFactory(is_staff=True))
    return client


def define(type_name, **properties):
    groups = {"more": {"label": "More", "properties": properties}}
    definition.apply({"objects": {type_name: {"groups": groups}}})


def properties(name, page):
    return f"/settings/objects/contacts/properties/{name}/{page}/"


@pytest.fixture
def doubled():
    define("contacts", score={"type": "number"}, twice={"type": "number", "formula": "score * 2"})
    kind = schema.current().type("contacts")
    return services.create_record(kind, {"firstname": "Ada", "score": 4}, by=by())


@pytest.mark.parametrize(("page", "data"), [("archive", {}), ("type", {"type": "date", "failing": "empty"})])
def test_a_property_that_a_formula_needs_is_not_taken_from_it(administrator, doubled, page, data):
    refused = administrator.post(properties("score", page), data, follow=True)

    assert refused.status_code in (200, 422)
    assert "score" in schema.current().type("contacts").properties
    assert schema.current().type("contacts").properties["score"].field_type == "number"
    doubled.refresh_from_db()
    assert doubled.properties["twice"] == 8
    assert administrator.get(doubled.get_absolute_url()).status_code == 200


def test_a_type_that_is_rolled_up_can_be_archived_and_others_go_on_being_written():
    viewings = {
        "singular": "Viewing",
        "plural": "Viewings",
        "groups": {"about": {"properties": {"title": {}}}},
    }
    definition.apply({"objects": {"viewings": viewings}})
    define("contacts", viewings={"type": "number", "rollup": {"of": "viewings", "function": "count"}})
    ada, bob = ContactFactory(firstname="Ada"), ContactFactory()
    kind = schema.current().type("viewings")
    viewing = services.create_record(kind, {"title": "Elm Street"}, by=by())
    association_services.associate(ada, [viewing.pk], by=by())

    services.archive_type(kind, by=by())
    services.update_record(ada, {"firstname": "Ada B"}, by=by())
    association_services.associate(ada, [bob.pk], by=by())
    services.archive_records([bob.pk], by=by())
    services.restore_type(kind, by=by())

    ada.refresh_from_db()
    assert ada.properties["viewings"] == 1
    assert ada.firstname == "Ada B"
