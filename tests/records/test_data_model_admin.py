"""The data model in Django's admin: what it refuses, and properties added at run time."""

import json
from decimal import Decimal

import pytest

from records import schema
from records.models import Contact, Property, Stage
from tests.factories import ContactFactory, DealFactory, first_stage
from tests.records.test_admin import fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(admin_client):
    """A test client of an administrator."""
    return admin_client


def test_a_changed_label_is_served_at_the_next_request(staff):
    prop = Property.objects.get(object_type__name="contacts", name="jobtitle")
    url = f"/admin/records/property/{prop.pk}/change/"

    response = staff.post(url, {**fields(staff.get(url)), "label": "Rank", "options": "[]"})

    assert response.status_code == 302
    assert "Rank" in staff.get(ContactFactory().get_absolute_url()).text


@pytest.mark.parametrize(
    "options",
    ['{"a": 1}', '["a"]', '[{"value": "a"}]', '[{"value": "a", "label": "A"}, {"value": "a", "label": "B"}]'],
)
def test_malformed_options_are_refused(staff, options):
    prop = Property.objects.get(object_type__name="contacts", name="lifecyclestage")
    url = f"/admin/records/property/{prop.pk}/change/"

    response = staff.post(url, {**fields(staff.get(url)), "options": options})

    assert "options" in response.context["adminform"].form.errors
    assert Property.objects.get(pk=prop.pk).options == prop.options


def test_columns_of_unknown_properties_are_refused(staff):
    kind = schema.current().type("contacts")
    url = f"/admin/records/objecttype/{kind.pk}/change/"
    values = {**fields(staff.get(url)), "secondary_properties": '["email"]'}

    response = staff.post(url, {**values, "list_properties": '["email", "shoesize"]'})
    assert "shoesize" in str(response.context["adminform"].form.errors)

    assert staff.post(url, {**values, "list_properties": '["email"]'}).status_code == 302
    assert schema.current().type("contacts").list_properties == ["email"]


def test_a_stage_that_records_stand_in_cannot_be_deleted(staff):
    DealFactory()
    stage = first_stage("deals")
    stages = list(Stage.objects.filter(pipeline=stage.pipeline))
    values = {
        "label": "Sales",
        "position": 0,
        "stages-TOTAL_FORMS": len(stages),
        "stages-INITIAL_FORMS": len(stages),
    }
    for number, one in enumerate(stages):
        for name in ("id", "name", "label", "position"):
            values[f"stages-{number}-{name}"] = getattr(one, name)
        values[f"stages-{number}-pipeline"] = one.pipeline_id
        values[f"stages-{number}-probability"] = one.probability or "0"
    values["stages-0-DELETE"] = "on"

    response = staff.post(f"/admin/records/pipeline/{stage.pipeline_id}/change/", values)

    assert response.status_code == 200
    assert "would require deleting" in json.dumps(response.context["errors"])
    assert Stage.objects.filter(pk=stage.pk).exists()


# --- Properties added at run time -----------------------------------------------------------------


def add_property(staff, **values):
    """Add a property of contacts as an administrator does."""
    kind = schema.current().type("contacts")
    given = {
        "object_type": kind.pk,
        "group": kind.groups[0].pk,
        "name": "shoe_size",
        "label": "Shoe size",
        "field_type": "number",
        "position": 99,
        "options": "[]",
    }
    return staff.post("/admin/records/property/add/", {**given, **values})


def test_a_property_added_at_run_time_is_on_every_page_at_once(staff):
    ada, bob = ContactFactory(firstname="Adelaide"), ContactFactory(firstname="Bobolink")

    assert add_property(staff).status_code == 302
    page = f"/records/contacts/{ada.pk}/properties/shoe_size/"
    assert "Shoe size" in staff.get(ada.get_absolute_url()).text
    assert staff.post(page, {"edit-shoe_size": "thirty"}).status_code == 422
    assert staff.post(page, {"edit-shoe_size": "1,037"}).status_code == 302
    staff.post(f"/records/contacts/{bob.pk}/properties/shoe_size/", {"edit-shoe_size": "9"})
    ContactFactory(firstname="Cyberdyne")

    assert "1,037" in staff.get(ada.get_absolute_url()).text
    assert 'name="new-shoe_size"' in staff.get("/records/contacts/new/").text
    listed = staff.get("/records/contacts/?columns=shoe_size&sort=-shoe_size").text
    places = [listed.index(name) for name in ("Adelaide", "Bobolink", "Cyberdyne")]
    assert "1,037" in listed
    assert places == sorted(places)
    filtered = staff.get("/records/contacts/?shoe_size__gt=10").text
    assert "Adelaide" in filtered
    assert "Bobolink" not in filtered


@pytest.mark.parametrize(
    ("field_type", "typed", "stored", "found", "missed"),
    [
        ("text", " Red ", "Red", "contains=re", "contains=blue"),
        ("textarea", "Red\nBlue", "Red\nBlue", "contains=blue", "contains=green"),
        ("email", "ADA@Example.com", "ada@example.com", "starts=ada", "is=example.com"),
        ("phonenumber", "+44 1815", "+44 1815", "contains=1815", "empty=1"),
        ("url", "example.com", "https://example.com", "known=1", "empty=1"),
        ("domain", "https://www.Example.com/", "example.com", "is=example.com", "not=example.com"),
        ("number", "42", 42, "between=40,50", "gt=42"),
        ("currency", "12.30", "12.30", "gte=12.3", "lt=12.3"),
        ("date", "1815-12-10", "1815-12-10", "before=1815-12-11", "on=1815-12-11"),
        ("select", "b", "b", "in=b", "nin=b"),
    ],
)
def test_each_field_type_is_entered_stored_shown_filtered_and_sorted(
    staff, field_type, typed, stored, found, missed
):
    options = [{"value": "a", "label": "First"}, {"value": "b", "label": "Second"}]
    add_property(
        staff,
        name="extra",
        label="Extra",
        field_type=field_type,
        options=json.dumps(options if field_type == "select" else []),
    )
    ada = ContactFactory(firstname="Ada")
    ContactFactory.create_batch(2)

    response = staff.post(f"/records/contacts/{ada.pk}/properties/extra/", {"edit-extra": typed})

    assert response.status_code == 302
    assert Contact.objects.get(pk=ada.pk).properties == {"extra": stored}
    assert str(ada) in staff.get(f"/records/contacts/?extra__{found}").text
    assert str(ada) not in staff.get(f"/records/contacts/?extra__{missed}").text
    for sort in ("extra", "-extra"):
        first = staff.get(f"/records/contacts/?sort={sort}&columns=extra&per_page=25").text
        assert first.count('name="selected"') == 3
    staff.post(f"/records/contacts/{ada.pk}/properties/extra/", {"edit-extra": ""})
    assert Contact.objects.get(pk=ada.pk).properties == {}


def test_a_unique_and_searchable_property_is_both(staff):
    add_property(staff, name="badge", label="Badge", field_type="text", unique="on", searchable="on")
    ada, bob = ContactFactory(firstname="Ada"), ContactFactory(firstname="Bob")

    staff.post(f"/records/contacts/{ada.pk}/properties/badge/", {"edit-badge": "ZX-81"})
    refused = staff.post(f"/records/contacts/{bob.pk}/properties/badge/", {"edit-badge": "zx-81"})

    assert refused.status_code == 422
    assert "Another contact already has badge" in refused.text
    assert "Ada" in staff.get("/search/?q=x-81").text


def test_a_value_is_entered_in_the_admin_too(staff):
    add_property(staff, field_type="currency", name="salary", label="Salary")
    ada = ContactFactory(firstname="Ada")
    url = f"/admin/records/contact/{ada.pk}/change/"

    assert staff.post(url, {**fields(staff.get(url)), "value_salary": "1000.50"}).status_code == 302

    assert Contact.objects.get(pk=ada.pk).properties == {"salary": "1000.50"}
    assert fields(staff.get(url))["value_salary"] == Decimal("1000.50")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "name"}, "name"),
        ({"name": "email"}, "__all__"),
        ({"name": "a__b"}, "name"),
        ({"name": "Größe"}, "name"),
        ({"name": "a-b"}, "name"),
        ({"field_type": "stage"}, "field_type"),
        ({"field_type": "select"}, "options"),
        ({"options": '[{"value": "a", "label": "A"}]'}, "options"),
        ({"label": ""}, "label"),
    ],
)
def test_a_property_that_could_not_work_is_refused_beside_its_field(staff, wrong, field):
    response = add_property(staff, **wrong)

    assert field in response.context["adminform"].form.errors
    assert not Property.objects.filter(column="").exists()


def test_a_group_of_another_object_type_is_refused(staff):
    group = schema.current().type("deals").groups[0]

    response = add_property(staff, group=group.pk)

    assert "group" in response.context["adminform"].form.errors


def test_pages_of_a_list_sorted_by_an_added_property_follow_one_another(staff):
    add_property(staff)
    for size in range(60):
        ada = ContactFactory(properties={"shoe_size": size % 7} if size % 5 else {})
    seen = []
    url = "/records/contacts/?sort=shoe_size"
    while url:
        response = staff.get(url)
        records = response.context["records"]
        seen += [record.pk for record in records.page.rows]
        url = f"/records/contacts/?sort=shoe_size&after={records.page.after}" if records.page.after else ""

    expected = sorted(
        Contact.objects.all(),
        key=lambda one: (one.properties.get("shoe_size") is None, one.properties.get("shoe_size"), one.pk),
    )
    assert seen == [one.pk for one in expected]
    assert ada.pk in seen
