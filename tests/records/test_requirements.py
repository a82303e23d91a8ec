"""Properties that are required from a stage on: in the services, pages, the admin and imports."""

import pytest
from django.core.exceptions import ValidationError

from records import definition, schema
from records.models import CustomRecord, Deal, Property
from records.services import build_record, create_record, create_records, update_record, update_records
from tests.factories import DealFactory, by

pytestmark = pytest.mark.django_db
CONTRACT = "contractsent"


def stage(name: str):
    """Return the stage of deals of that name."""
    return next(one for one in deals().stages.values() if one.name == name)


def deals():
    return schema.current().type("deals")


def require(stage_name: str = CONTRACT, **properties):
    """Require the amount, or these properties, from a stage on."""
    rules = properties or {"amount": {}}
    given = {name: {**one, "required_from": {"default": stage_name}} for name, one in rules.items()}
    group = next(group.name for group in deals().groups if any(one.name == "amount" for one in group.members))
    definition.apply({"objects": {"deals": {"groups": {group: {"properties": given}}}}})


@pytest.fixture
def required():
    require()


def refused(function, *args, **kwargs) -> dict:
    with pytest.raises(ValidationError) as caught:
        function(*args, **kwargs, by=by())
    return caught.value.message_dict


# --- Services -------------------------------------------------------------------------------------


def test_what_is_created_before_the_stage_needs_no_value(required):
    deal = create_record(deals(), {"dealname": "A", "dealstage": stage("appointmentscheduled")}, by=by())

    assert deal.amount is None


def test_what_is_created_in_or_behind_the_stage_needs_it(required):
    for name in (CONTRACT, "closedwon"):
        values = {"dealname": "A", "dealstage": stage(name)}
        message = refused(create_record, deals(), values)["amount"]
        assert message == [f"Amount is required in the stage “{stage(name)}”."]
        assert create_record(deals(), {**values, "amount": 0}, by=by()).amount == 0
    assert Deal.objects.count() == 2


def test_a_lost_deal_needs_only_what_is_required_from_being_lost_on(required):
    assert create_record(deals(), {"dealname": "A", "dealstage": stage("closedlost")}, by=by())

    require("closedlost", description={})
    values = {"dealname": "B", "dealstage": stage("closedlost")}
    assert list(refused(create_record, deals(), values)) == ["description"]


def test_a_move_to_the_stage_asks_for_the_value(required):
    deal = DealFactory(amount=None)

    assert "amount" in refused(update_record, deal, {"dealstage": stage(CONTRACT)})
    assert Deal.objects.get().dealstage == deal.dealstage
    update_record(deal, {"dealstage": stage(CONTRACT), "amount": 5}, by=by())
    assert Deal.objects.get().dealstage == stage(CONTRACT)


def test_a_value_that_is_required_cannot_be_taken_away(required):
    deal = DealFactory(dealstage=stage(CONTRACT))

    assert "amount" in refused(update_record, deal, {"amount": None})
    assert Deal.objects.get().amount == 1000


def test_what_stood_there_before_can_still_be_edited_but_not_moved_on(required):
    deal = DealFactory(dealstage=stage(CONTRACT), amount=None)

    update_record(deal, {"dealname": "Renamed"}, by=by())
    assert "amount" in refused(update_record, deal, {"dealstage": stage("closedwon")})
    update_record(deal, {"dealstage": stage("closedlost")}, by=by())

    assert Deal.objects.get().dealname == "Renamed"


def test_many_at_once_obey_and_are_named(required):
    records = [
        build_record(deals(), {"dealname": f"Deal {number}", "dealstage": stage(CONTRACT)}, by=by())
        for number in range(8)
    ]
    messages = refused(create_records, records)["amount"]
    assert len(messages) == 5
    assert messages[0].startswith("Deal 0: Amount is required")

    standing = DealFactory.create_batch(2, amount=None)
    changes = {deal.pk: {"dealstage": stage(CONTRACT)} for deal in standing}
    assert "amount" in refused(update_records, deals(), changes)
    update_records(deals(), {pk: {**change, "amount": 1} for pk, change in changes.items()}, by=by())
    assert {deal.dealstage.name for deal in Deal.objects.all()} == {CONTRACT}


def test_a_json_property_of_a_custom_type_is_required_too():
    definition.apply(
        {
            "objects": {
                "visits": {
                    "singular": "Visit",
                    "plural": "Visits",
                    "groups": {
                        "about": {
                            "properties": {
                                "title": {},
                                "result": {"required_from": {"default": "done"}},
                            }
                        }
                    },
                    "pipelines": {"default": {"stages": {"planned": {}, "done": {"closed": True}}}},
                }
            }
        }
    )
    kind = schema.current().type("visits")
    done = next(one for one in kind.stages.values() if one.name == "done")

    record = create_record(kind, {"title": "Elm"}, by=by())
    assert "result" in refused(update_record, record, {"stage": done})
    update_record(record, {"stage": done, "result": "Good"}, by=by())

    assert CustomRecord.objects.get().stage == done
    assert definition.export(["visits"])["objects"]["visits"]["groups"]["about"]["properties"]["result"][
        "required_from"
    ] == {"default": "done"}


# --- What a definition may say --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({"default": "never"}, "There is no stage “never” in a pipeline “default”"),
        ({"other": CONTRACT}, "There is no stage"),
        ("soon", "Name a stage for each pipeline"),
        (["default"], "Name a stage for each pipeline"),
    ],
)
def test_a_stage_that_is_not_there_is_refused(stages, message):
    group = deals().groups[0].name
    given = {"groups": {group: {"properties": {"amount": {"required_from": stages}}}}}

    with pytest.raises(
        definition.DefinitionRefused, match=rf"deals.properties.amount.required_from: {message}"
    ):
        definition.apply({"objects": {"deals": given}})


def test_what_nobody_types_in_is_not_required():
    group = deals().groups[-1].name
    given = {"groups": {group: {"properties": {"createdate": {"required_from": {"default": CONTRACT}}}}}}

    with pytest.raises(definition.DefinitionRefused, match="Nobody types this value in"):
        definition.apply({"objects": {"deals": given}})


# --- Forms ----------------------------------------------------------------------------------------


def test_the_form_that_creates_a_record_says_it_beside_the_field(signed_in, required):
    response = signed_in.post(
        "/records/deals/new/", {"new-dealname": "Typed", "new-dealstage": stage(CONTRACT).pk}
    )

    assert response.status_code == 422
    assert "required in the stage" in str(response.context["form"].errors["amount"])
    assert 'value="Typed"' in response.text
    assert not Deal.objects.exists()


def test_emptying_it_in_place_is_refused(signed_in, required):
    deal = DealFactory(dealstage=stage(CONTRACT))

    response = signed_in.post(f"{deal.get_absolute_url()}properties/amount/", {"edit-amount": ""})

    assert response.status_code == 422
    assert "required in the stage" in str(response.context["form"].errors["amount"])


def test_the_stage_bar_asks_for_what_is_missing_and_one_save_does_both(signed_in, required):
    require(CONTRACT, amount={}, description={})
    deal = DealFactory(amount=None)
    page = f"{deal.get_absolute_url()}stage/"

    asked = signed_in.post(page, {"stage": stage(CONTRACT).pk})
    assert asked.status_code == 422
    assert list(asked.context["form"].fields) == ["dealstage", "amount", "description"]
    assert not asked.context["form"].errors
    assert asked.context["form"]["dealstage"].value() == stage(CONTRACT).pk
    refused = signed_in.post(
        page, {"edit-dealstage": stage(CONTRACT).pk, "edit-amount": "", "edit-description": "Typed"}
    )
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["amount"]
    assert "Typed" in refused.text
    assert Deal.objects.get().description == ""

    fields = {"edit-dealstage": stage(CONTRACT).pk, "edit-amount": "7", "edit-description": "Done"}
    assert signed_in.post(page, fields).status_code == 302
    deal = Deal.objects.get()
    assert (deal.dealstage, deal.amount, deal.description) == (stage(CONTRACT), 7, "Done")


def test_nothing_typed_is_lost_when_another_stage_is_chosen_on_the_way(signed_in, required):
    require("closedwon", description={})
    deal = DealFactory(amount=None)
    page = f"{deal.get_absolute_url()}stage/"

    fields = {"edit-dealstage": stage("closedwon").pk, "edit-amount": "7"}
    asked = signed_in.post(page, fields)
    assert asked.status_code == 422
    assert list(asked.context["form"].errors) == ["description"]
    signed_in.post(page, {**fields, "edit-dealstage": stage("appointmentscheduled").pk})

    assert Deal.objects.get().amount == 7


def test_the_stage_edited_in_place_asks_in_place(signed_in, required):
    deal = DealFactory(amount=None)
    page = f"{deal.get_absolute_url()}properties/dealstage/"
    htmx = {"HX-Request": "true"}

    asked = signed_in.post(page, {"edit-dealstage": stage(CONTRACT).pk}, headers=htmx)
    assert asked.status_code == 422
    assert 'name="edit-amount"' in asked.text
    saved = signed_in.post(page, {"edit-dealstage": stage(CONTRACT).pk, "edit-amount": "7"}, headers=htmx)

    assert saved.status_code == 200
    assert 'id="property-amount" hx-swap-oob="true"' in saved.text
    assert Deal.objects.get().amount == 7


@pytest.mark.parametrize("stage_id", ["", "none", "0", "99999999999999999999999", "1\x00"])
def test_a_stage_that_is_none_is_refused(signed_in, required, stage_id):
    page = f"{DealFactory(amount=None).get_absolute_url()}stage/"

    assert signed_in.post(page, {"stage": stage_id}).status_code == 422
    assert signed_in.post(page, {"edit-dealstage": stage_id, "edit-amount": "7"}).status_code == 422


def test_the_admin_says_it_beside_the_field(admin_client, required):
    page = "/admin/records/deal/add/"
    fields = {"dealname": "Typed", "dealstage": stage(CONTRACT).pk}

    response = admin_client.post(page, fields)
    assert "is required in the stage" in str(response.context["errors"])
    assert 'value="Typed"' in response.text
    admin_client.post(page, {**fields, "amount": "7"})
    deal = Deal.objects.get()

    page = f"/admin/records/deal/{deal.pk}/change/"
    assert "is required in the stage" in str(admin_client.post(page, fields).context["errors"])
    assert Deal.objects.get().amount == 7


def test_a_property_that_is_archived_is_not_asked_for(required):
    Property.objects.filter(name="amount").update(archived_at="2026-01-01T00:00Z")
    schema.data_model_changed()

    assert create_record(deals(), {"dealname": "A", "dealstage": stage(CONTRACT)}, by=by())
