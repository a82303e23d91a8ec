"""Settings: where a property's value comes from, chosen in its form, and the preview of a formula."""

import pytest

from associations import services
from records import definition, schema
from tests.factories import CompanyFactory, DealFactory, UserFactory, by

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
FORMULA = {"value_from": "formula", "formula": "amount * 2"}
ROLLUP = {
    "value_from": "rollup",
    "rollup_function": "sum",
    "rollup_property": "deals.amount",
    "rollup_stage": "open",
}


@pytest.fixture
def administrator(client):
    """A test client of an administrator."""
    client.force_login(UserFactory(is_staff=True))
    return client


def add(client, kind="companies", **values):
    """Post the form that adds a property."""
    group = schema.current().type(kind).groups[0].name
    given = {"label": "Open deal amount", "type": "currency", "group": group, **values}
    return client.post(f"/settings/objects/{kind}/properties/new/", given)


def edit(client, name, kind="companies", **values):
    prop = schema.current().type(kind).properties[name]
    group = next(group.name for group in prop.object_type.groups if group.pk == prop.group_id)
    given = {"label": prop.label, "group": group, **values}
    return client.post(f"/settings/objects/{kind}/properties/{name}/edit/", given)


def derivation(name="open_deal_amount", kind="companies"):
    return schema.current().type(kind).properties[name].derivation


def messages(response) -> dict:
    """Return what is said beside the fields of the derivation."""
    assert response.status_code == 422
    return dict(response.context["form"].derivation.errors)


def test_a_roll_up_is_added_and_worked_out(administrator):
    company = CompanyFactory()
    services.associate(company, [DealFactory(amount=70).pk], by=by())

    assert add(administrator, **ROLLUP).status_code == 302

    assert derivation() == {
        "from": "rollup",
        "type": "deals",
        "function": "sum",
        "property": "amount",
        "where": {"dealstage__open": ["1"]},
    }
    assert "70.00" in administrator.get(f"/records/companies/{company.pk}/").content.decode()


def test_a_formula_is_added(administrator):
    assert add(administrator, "deals", **FORMULA, required="always").status_code == 302

    assert derivation(kind="deals") == {"from": "formula", "formula": "amount * 2"}
    assert schema.current().type("deals").properties["open_deal_amount"].required is False


def test_a_synced_property_is_added(administrator):
    values = {"value_from": "synced", "synced_property": "companies.industry", "type": "text"}

    assert add(administrator, "contacts", **values).status_code == 302

    assert derivation(kind="contacts") == {"from": "synced", "type": "companies", "property": "industry"}


def test_records_are_counted(administrator):
    values = {
        "value_from": "rollup",
        "rollup_function": "count",
        "rollup_property": "tickets.",
        "type": "number",
    }

    assert add(administrator, **values).status_code == 302

    assert derivation() == {"from": "rollup", "type": "tickets", "function": "count"}


def test_a_property_that_is_typed_in_stays_as_simple_as_it_was(administrator):
    assert add(administrator).status_code == 302
    assert derivation() == {}
    assert (
        "value_from"
        not in administrator.get(
            "/settings/objects/companies/properties/open_deal_amount/edit/"
        ).content.decode()
    )


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"value_from": "formula"}, "formula", "Write a formula."),
        ({"value_from": "formula", "formula": "amount +"}, "formula", "This cannot be read (letter 9)"),
        ({"value_from": "formula", "formula": "x" * 5000}, "formula", "at most 1000"),
        ({"value_from": "rollup"}, "rollup_property", "Choose what it comes from."),
        ({**ROLLUP, "rollup_property": "deals."}, "rollup_property", "records alone can only be counted"),
        ({**ROLLUP, "rollup_property": "contacts.createdate"}, "rollup_stage", "have no stages"),
        ({**ROLLUP, "rollup_property": "deals.nothing"}, "rollup_property", "Select a valid choice"),
        ({**ROLLUP, "rollup_property": "deals.closedate"}, "rollup_property", "a number"),
        ({**ROLLUP, "type": "text"}, "rollup_property", "does not hold"),
        ({"value_from": "synced"}, "synced_property", "Choose what it comes from."),
        ({"value_from": "synced", "synced_property": "x"}, "synced_property", "Select a valid choice"),
        ({"value_from": "nonsense"}, "value_from", "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_lost(
    administrator, values, field, message
):
    response = add(administrator, **values)

    assert message in " ".join(messages(response)[field])
    assert 'value="Open deal amount"' in response.content.decode()
    assert "open_deal_amount" not in schema.current().type("companies").properties


def test_a_derivation_is_changed(administrator):
    add(administrator, **ROLLUP)
    page = administrator.get("/settings/objects/companies/properties/open_deal_amount/edit/").content.decode()
    assert '<option value="deals.amount" selected>' in page
    assert '<option value="typed"' not in page

    assert edit(administrator, "open_deal_amount", **{**ROLLUP, "rollup_stage": "won"}).status_code == 302

    assert derivation()["where"] == {"dealstage__won": ["1"]}


def test_conditions_that_the_form_has_no_words_for_stay(administrator):
    where = {"amount__gte": 10, "dealstage__open": True}
    rollup = {"of": "deals", "function": "count", "where": where}
    group = {"properties": {"big": {"rollup": rollup}}}
    definition.apply({"objects": {"companies": {"groups": {"derived": group}}}})
    page = administrator.get("/settings/objects/companies/properties/big/edit/").content.decode()
    assert "As the definition file says" in page

    values = {
        "value_from": "rollup",
        "rollup_function": "count",
        "rollup_property": "deals.",
        "rollup_stage": "kept",
    }
    assert edit(administrator, "big", **values, label="Big deals").status_code == 302

    assert derivation("big")["where"] == {"amount__gte": ["10"], "dealstage__open": ["1"]}


def preview(client, formula, kind="deals") -> str:
    response = client.post(
        f"/settings/objects/{kind}/properties/preview/", {"formula": formula}, headers=HTMX
    )
    assert response.status_code == 200
    return response.content.decode()


def test_a_formula_is_shown_on_an_example_while_it_is_written(administrator):
    assert "no record to show it on" in preview(administrator, "amount * 2")
    DealFactory(dealname="Example", amount=1500)

    assert "<strong>3,000</strong>" in preview(administrator, "amount * 2")
    assert "Example" in preview(administrator, "amount * 2")
    assert "empty" in preview(administrator, "amount / 0")
    assert "<strong>yes</strong>" in preview(administrator, "amount > 2")
    assert "There is no property “amout” (letter 1)" in preview(administrator, "amout")
    assert "&lt;b&gt;" in preview(administrator, "'<b>'")
    assert preview(administrator, "").strip() == ""


def test_only_administrators_preview(signed_in):
    assert signed_in.post("/settings/objects/deals/properties/preview/", {}).status_code == 403
