"""Derived properties as they are defined: what makes sense, what is refused, what is worked out on saving."""

from decimal import Decimal

import pytest
import yaml
from django.core.exceptions import ValidationError

from associations import services as association_services
from records import data_model, definition, schema
from records import services as record_services
from records.definition import DefinitionRefused
from records.models import Deal, Property, Stage
from tests.associations import deriving
from tests.factories import CompanyFactory, DealFactory, by

pytestmark = pytest.mark.django_db


def defining(type_name, **props):
    return {"objects": {type_name: {"groups": {"derived": {"properties": props}}}}}


def apply(type_name, **props):
    return definition.apply(defining(type_name, **props))


def refusal(type_name, **props) -> str:
    """Return why these properties are refused; nothing of them may stay."""
    before = Property.objects.count()
    with pytest.raises(DefinitionRefused) as refused:
        apply(type_name, **props)
    assert Property.objects.count() == before
    return str(refused.value)


def value(record, name):
    fresh = type(record).objects.get(pk=record.pk)
    return fresh.kind.properties[name].value_of(fresh)


WEIGHTED = {"type": "currency", "formula": "amount * probability(dealstage)"}
SUM = {"type": "currency", "rollup": {"of": "deals", "function": "sum", "property": "amount"}}


def test_a_formula_is_worked_out_for_what_is_there_and_on_every_save():
    old = DealFactory(amount=1000)
    apply("deals", weighted=WEIGHTED, double={"type": "currency", "formula": "weighted * 2"})
    probability = old.dealstage.probability

    assert value(old, "weighted") == 1000 * probability
    assert value(old, "double") == 2000 * probability
    record_services.update_record(old, {"amount": Decimal(10)}, by=by())
    assert value(old, "double") == 20 * probability
    record_services.update_records(old.kind, {old.pk: {"amount": None}}, by=by())
    assert value(old, "double") is None
    assert value(DealFactory(amount=3), "weighted") == 3 * probability


def test_working_it_out_does_not_count_as_an_edit():
    deal = DealFactory(amount=1000)
    apply("deals", weighted=WEIGHTED)

    assert Deal.objects.get(pk=deal.pk).updated_at == deal.updated_at


def test_a_result_that_does_not_fit_is_empty():
    apply(
        "deals",
        huge={"formula": "amount * 10 ** 14"},
        cents={"type": "currency", "formula": "amount / 3"},
        kind={
            "type": "select",
            "options": {"big": "Big", "small": "Small"},
            "formula": "if(amount > 10, 'big', 'tiny')",
        },
    )
    big, small = DealFactory(amount=1000), DealFactory(amount=Decimal(1))

    assert value(big, "huge") is None
    assert value(small, "huge") == 10**14
    assert value(small, "cents") == Decimal("0.33")
    assert (value(big, "kind"), value(small, "kind")) == ("big", "")


def test_a_name_and_what_search_looks_at_follow():
    definition.apply(
        {
            "objects": {
                "orders": {
                    "singular": "Order",
                    "plural": "Orders",
                    "primary": ["title"],
                    "groups": {
                        "a": {
                            "properties": {
                                "number": {"type": "number"},
                                "client": {
                                    "searchable": True,
                                    "synced": {"from": "companies", "property": "name"},
                                },
                                "title": {"type": "text", "formula": 'concat("Order for ", client)'},
                            }
                        }
                    },
                }
            }
        }
    )
    kind = schema.current().type("orders")
    order = record_services.create_record(kind, {"number": 3}, by=by())
    association_services.associate(order, [CompanyFactory(name="Ärla").pk], by=by())

    order.refresh_from_db()
    assert str(order) == "Order for Ärla"
    assert "arla" in order.search_text


@pytest.mark.parametrize(
    ("one", "message"),
    [
        ({"formula": "amount +"}, "deals.properties.bad.formula: This cannot be read (letter 9)"),
        ({"formula": "nothing + 1"}, "bad.formula: There is no property “nothing” (letter 1)"),
        ({"formula": "dealname"}, "The formula gives text"),
        ({"formula": "hubspot_owner_id"}, "nothing to calculate with"),
        ({"formula": "bad + 1"}, "It would be made from itself: bad → bad"),
        ({"formula": "amount", "required": True}, "is not required"),
        ({"formula": 5}, "has to be text"),
        ({"formula": "amount", "rollup": {}}, "a value comes from one place"),
        ({"rollup": {"of": "deals"}}, "bad.rollup: “function” is missing"),
        ({"rollup": "x"}, "names with values are expected here"),
        ({"rollup": {"of": "nothing", "function": "count"}}, "There is no object type “nothing”"),
        ({"rollup": {"of": "deals", "function": "median", "property": "amount"}}, "no function “median”"),
        ({"rollup": {"of": "deals", "function": "sum", "property": "x"}}, "Deals have no property “x”"),
        (
            {"type": "number", "rollup": {"of": "deals", "function": "sum", "property": "dealname"}},
            "a number",
        ),
        ({"rollup": {"of": "deals", "function": "count", "property": "amount"}}, "leave out the property"),
        (
            {"rollup": {"of": "deals", "function": "count", "where": {"x__gte": 1}}},
            "“x__gte” is no condition",
        ),
        (
            {"rollup": {"of": "deals", "function": "count", "where": {"contacts.count__gt": 1}}},
            "“contacts.count__gt” is no condition",
        ),
        (
            {"rollup": {"of": "deals", "function": "count", "where": {"or2.amount__gt": 1}}},
            "“or2.amount__gt” is no condition",
        ),
        ({"rollup": {"of": "deals", "function": "count", "where": {"amount__gte": "x"}}}, "Enter a number"),
        ({"rollup": {"of": "deals", "function": "count", "where": 3}}, "names with values"),
        ({"rollup": {"of": "deals", "function": "count"}, "unique": True}, "cannot be unique"),
        ({"synced": {"from": "companies", "property": "x"}}, "Companies have no property “x”"),
        ({"type": "text", "synced": {"from": "companies", "property": "hubspot_owner_id"}}, "does not hold"),
        ({"type": "date", "synced": {"from": "companies", "property": "name"}}, "does not hold"),
        ({"synced": {"from": "companies"}}, "“property” is missing"),
        ({"synced": {"from": "companies", "property": "name", "x": 1}}, "“x” means nothing here"),
    ],
)
def test_what_makes_no_sense_is_refused(one, message):
    assert message in refusal("deals", bad={"type": "number", **one} if "formula" in one else one)


def test_cycles_are_refused_also_across_types():
    apply("companies", total=SUM)
    apply(
        "contacts",
        best={"type": "currency", "rollup": {"of": "companies", "function": "max", "property": "total"}},
    )

    assert "It would be made from itself: " in refusal(
        "deals", a={"type": "number", "formula": "b"}, b={"type": "number", "formula": "a"}
    )
    apply(
        "deals",
        richest={"type": "currency", "rollup": {"of": "contacts", "function": "max", "property": "best"}},
    )
    message = refusal(
        "companies", total={"rollup": {"of": "deals", "function": "sum", "property": "richest"}}
    )
    assert "companies.properties.total.rollup: It would be made from itself: total → " in message


def test_values_that_were_typed_in_do_not_become_derived():
    assert "add another property" in refusal("deals", amount={"formula": "1"})


def test_a_derivation_can_change_and_everything_follows():
    company, deal = CompanyFactory(), DealFactory(amount=100)
    association_services.associate(company, [deal.pk], by=by())
    apply("companies", total=SUM)
    apply("companies", share={"type": "currency", "formula": "total / 2"})
    assert value(company, "share") == 50

    apply("companies", total={"rollup": {"of": "deals", "function": "count"}})

    assert value(company, "share") == Decimal("0.5")


def test_a_stage_that_changes_its_meaning_changes_what_follows():
    company, deal = CompanyFactory(), DealFactory(amount=100)
    association_services.associate(company, [deal.pk], by=by())
    where = {"dealstage__open": True}
    apply("companies", total={**SUM, "rollup": {**SUM["rollup"], "where": where}})
    apply("deals", weighted=WEIGHTED)
    stage = Stage.objects.get(pk=deal.dealstage_id)
    stages = {stage.name: {"closed": True, "probability": "0.9"}}

    definition.apply({"objects": {"deals": {"pipelines": {stage.pipeline.name: {"stages": stages}}}}})

    assert value(company, "total") == 0
    assert value(deal, "weighted") == 90


def test_a_stage_that_a_condition_names_stays():
    stage = schema.current().type("deals").pipelines[0].stage_list[0]
    rollup = {"of": "deals", "function": "count", "where": {"dealstage__in": [stage.pk]}}
    apply("companies", early={"rollup": rollup})

    with pytest.raises(ValidationError, match=r"companies\.properties\.early"):
        data_model.delete_stage(stage, target=None, by=by())

    assert Stage.objects.filter(pk=stage.pk).exists()


def test_a_synced_dropdown_has_the_options_of_its_source_also_new_ones():
    apply("companies", tier={"type": "select", "options": {"a": "Gold"}})
    apply("contacts", tier={"synced": {"from": "companies", "property": "tier"}})
    apply("companies", tier={"options": {"a": "Gold", "b": "Silver"}})

    prop = schema.current().type("contacts").properties["tier"]

    assert prop.choices == [("a", "Gold"), ("b", "Silver")]
    assert prop.read_only


def test_an_export_applies_again_unchanged():
    deriving.define()
    text = yaml.safe_dump(definition.export(), sort_keys=False)

    assert "formula: amount * coalesce(probability(dealstage), 0.5)" in text
    assert definition.apply(yaml.safe_load(text)) == []


def test_a_dry_run_judges_and_changes_nothing():
    deal = DealFactory()

    assert definition.apply(defining("deals", weighted=WEIGHTED), dry_run=True)
    assert "weighted" not in Deal.objects.get(pk=deal.pk).properties
    with pytest.raises(DefinitionRefused):
        definition.apply(defining("deals", bad={"type": "number", "formula": "x"}), dry_run=True)


def test_lists_filter_and_sort_by_derived_values(signed_in):
    apply("companies", total=SUM)
    small, big = CompanyFactory(name="Small"), CompanyFactory(name="Big")
    for company, amount in ((small, 10), (big, 1000)):
        association_services.associate(company, [DealFactory(amount=amount).pk], by=by())

    def names(query):
        page = signed_in.get(f"/records/companies/?{query}")
        return [str(row.record) for row in page.context["table"].rows]

    assert names("total__gte=100") == ["Big"]
    assert names("sort=-total&columns=total") == ["Big", "Small"]


def test_a_derived_property_is_shown_and_never_a_field(signed_in):
    apply("deals", weighted=WEIGHTED)
    deal = DealFactory(amount=1000)

    assert "Weighted" in signed_in.get(f"/records/deals/{deal.pk}/").content.decode()
    assert signed_in.get(f"/records/deals/{deal.pk}/properties/weighted/?edit").status_code == 404
    assert 'name="new-weighted"' not in signed_in.get("/records/deals/new/").content.decode()
