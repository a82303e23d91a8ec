"""Settings → Pipelines: stages, and where records go when one is deleted."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import data_model, definition, schema
from records.models import CustomRecord, Deal, Stage
from records.services import create_record, move_between_stages
from tests.factories import DealFactory, by
from tests.records.test_definition import viewing

from .helpers import LONG, current, errors, stage

pytestmark = pytest.mark.django_db


def test_a_stage_is_added_changed_and_moved(administrator, viewings):
    page = "/settings/objects/viewings/"
    pipeline = viewings.pipelines[0]

    administrator.post(f"{page}pipelines/{pipeline.pk}/stages/new/", {"label": "Offer", "probability": "0.5"})
    administrator.post(
        f"{page}stages/{stage('Planned').pk}/", {"label": "Agreed", "outcome": "lost", "probability": "0.7"}
    )
    administrator.post(f"{page}stages/{stage('Offer').pk}/move/", {"up": ""})

    stages = current().pipelines[0].stage_list
    assert [one.label for one in stages] == ["Agreed", "Offer", "Took place"]
    assert (stages[0].outcome, stages[0].probability) == ("lost", 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": LONG}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"probability": "2"}, "probability"),
        ({"probability": "-0.1"}, "probability"),
        ({"probability": "NaN"}, "probability"),
        ({"probability": "likely"}, "probability"),
        ({"probability": "0.123"}, "probability"),
    ],
)
def test_a_stage_that_could_not_be_is_refused(administrator, viewings, wrong, field):
    page = f"/settings/objects/viewings/pipelines/{viewings.pipelines[0].pk}/stages/new/"

    assert field in errors(administrator.post(page, {"label": "Offer", **wrong}))
    assert len(current().stages) == 2


def test_pipelines_are_added_and_renamed(administrator):
    page = "/settings/objects/deals/pipelines/"

    administrator.post(f"{page}new/", {"label": "تجديد", "stages": "خطوة\nخطوة\nDone"})
    added = current("deals").pipelines[-1]
    administrator.post(f"{page}{added.pk}/", {"label": "Renewals"})

    assert current("deals").pipelines[-1].label == "Renewals"
    assert [one.name for one in current("deals").pipelines[-1].stage_list] == ["stage", "stage_2", "done"]
    assert "stages" in errors(administrator.post(f"{page}new/", {"label": "Empty", "stages": " \n"}))
    assert "records of this type have no stages" in str(
        errors(administrator.post("/settings/objects/contacts/pipelines/new/", {"label": "A", "stages": "B"}))
    )


def test_a_stage_that_records_stand_in_is_deleted_when_they_have_where_to_go(administrator, viewings):
    moved = [viewing(f"House {number}") for number in range(3)]
    administrator.post(f"{moved[0].get_absolute_url()}archive/")
    page = f"/settings/objects/viewings/stages/{stage('Planned').pk}/delete/"

    assert "Move its 3 records to" in administrator.get(page).text
    assert "target" in errors(administrator.post(page))
    assert "target" in errors(administrator.post(page, {"target": stage("Planned").pk}))
    response = administrator.post(page, {"target": stage("Took place").pk}, follow=True)

    assert "Planned deleted; 3 records moved." in response.text
    assert [one.label for one in current().stages.values()] == ["Took place"]
    assert {one.stage.label for one in CustomRecord.objects.all()} == {"Took place"}


def test_many_records_move_in_as_many_statements_as_few(viewings):
    statements = []
    for count in (2, 30):
        for number in range(count):
            viewing(f"House {number}")
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            assert move_between_stages(stage("Planned"), stage("Took place"), by=by()) == count
        statements.append(len(captured))

    assert statements[0] == statements[1]
    assert CustomRecord.objects.filter(stage__label="Took place").count() == 32


def test_records_move_to_a_stage_of_another_pipeline(administrator):
    deal, other = DealFactory(), current("deals").pipelines[0].stage_list[1]
    page = "/settings/objects/deals/"
    administrator.post(f"{page}pipelines/new/", {"label": "Renewals", "stages": "Due"})
    due = stage("Due", "deals")

    administrator.post(f"{page}stages/{deal.dealstage_id}/delete/", {"target": due.pk})
    administrator.post(f"{page}stages/{other.pk}/delete/")

    deal = Deal.objects.get()
    assert (deal.dealstage, deal.pipeline) == (due, due.pipeline)
    assert not Stage.objects.filter(pk=other.pk).exists()


def test_the_last_stage_stays(administrator):
    page = "/settings/objects/deals/"
    administrator.post(f"{page}pipelines/new/", {"label": "Renewals", "stages": "Due"})

    response = administrator.post(f"{page}stages/{stage('Due', 'deals').pk}/delete/")

    assert "A pipeline needs a stage" in str(errors(response)["__all__"])


def test_a_record_that_came_to_a_stage_meanwhile_keeps_it_from_being_deleted(administrator, monkeypatch):
    deal = DealFactory()
    monkeypatch.setattr("records.views.settings.pipelines.data_model.records_by_stage", lambda kind: {})

    response = administrator.post(f"/settings/objects/deals/stages/{deal.dealstage_id}/delete/")

    assert "choose where" in str(errors(response)["__all__"])
    assert Deal.objects.get().dealstage == deal.dealstage


# --- What a stage means, and its colour -----------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "given", "closed", "probability"),
    [
        ("open", "0.4", False, Decimal("0.4")),
        ("open", "", False, None),
        ("won", "0.4", True, 1),
        ("lost", "0.4", True, 0),
        ("closed", "0.4", True, None),
    ],
)
def test_what_a_stage_means_says_whether_it_is_closed_and_how_likely(
    administrator, viewings, outcome, given, closed, probability
):
    page = f"/settings/objects/viewings/stages/{stage('Planned').pk}/"

    administrator.post(page, {"label": "Planned", "outcome": outcome, "probability": given})

    row = stage("Planned")
    assert (row.outcome, row.is_closed, row.probability) == (outcome, closed, probability)
    assert administrator.get(page).context["form"]["outcome"].value() == outcome


def test_a_stage_wears_its_colour_wherever_it_is_shown(administrator, viewings):
    page = f"/settings/objects/viewings/stages/{stage('Planned').pk}/"
    elm = viewing()
    assert 'class="badge tint--blue">Planned' in administrator.get("/records/viewings/").text

    administrator.post(page, {"label": "Planned", "outcome": "open", "colour": "purple"})

    assert 'class="badge tint--purple">Planned' in administrator.get("/records/viewings/").text
    assert "is-current tint--purple" in administrator.get(elm.get_absolute_url()).text
    assert (
        definition.export(["viewings"])["objects"]["viewings"]["pipelines"]["default"]["stages"]["planned"][
            "colour"
        ]
        == "purple"
    )
    assert "colour" in errors(administrator.post(page, {"label": "Planned", "colour": "plaid"}))
    administrator.post(page, {"label": "Planned", "outcome": "lost"})
    assert stage("Planned").tint == "red"


def test_a_file_gives_a_stage_its_colour(viewings):
    def apply(colour):
        stages = {"planned": {"colour": colour}}
        definition.apply({"objects": {"viewings": {"pipelines": {"default": {"stages": stages}}}}})

    apply("teal")
    assert stage("Planned").colour == "teal"
    with pytest.raises(definition.DefinitionRefused, match=r"planned.colour: .*plaid"):
        apply("plaid")


# --- Pipelines: order and deletion ----------------------------------------------------------------


def test_pipelines_are_ordered_and_new_records_begin_in_the_first(administrator):
    page = "/settings/objects/deals/pipelines/"
    administrator.post(f"{page}new/", {"label": "Renewals", "stages": "Due\nDone"})
    renewals = current("deals").pipelines[-1]

    administrator.post(f"{page}{renewals.pk}/move/", {"up": ""})

    assert current("deals").pipelines[0] == renewals
    deal = create_record(current("deals"), {"dealname": "A"}, by=by())
    assert str(deal.dealstage) == "Due"


def test_a_pipeline_is_deleted_when_its_records_have_where_to_go(administrator):
    page = "/settings/objects/deals/pipelines/"
    administrator.post(f"{page}new/", {"label": "Renewals", "stages": "Due\nDone"})
    renewals = current("deals").pipelines[-1]
    first = current("deals").pipelines[0].stage_list[0]
    for name in ("Due", "Done"):
        create_record(current("deals"), {"dealname": name, "dealstage": stage(name, "deals")}, by=by())
    administrator.post(f"{Deal.objects.get(dealname='Due').get_absolute_url()}archive/")

    assert "Move its 2 records to" in administrator.get(f"{page}{renewals.pk}/delete/").text
    assert "target" in errors(administrator.post(f"{page}{renewals.pk}/delete/"))
    own = {"target": stage("Done", "deals").pk}
    assert "target" in errors(administrator.post(f"{page}{renewals.pk}/delete/", own))
    response = administrator.post(f"{page}{renewals.pk}/delete/", {"target": first.pk}, follow=True)

    assert "Renewals deleted; 2 records moved." in response.text
    assert {deal.dealstage for deal in Deal.objects.all()} == {first}
    assert {deal.pipeline for deal in Deal.objects.all()} == {first.pipeline}
    assert [str(one) for one in current("deals").pipelines] == [str(first.pipeline)]


def test_the_last_pipeline_of_a_standard_type_stays(administrator):
    pipeline = current("deals").pipelines[0]

    response = administrator.post(f"/settings/objects/deals/pipelines/{pipeline.pk}/delete/")

    assert "Deals need a pipeline" in str(errors(response)["__all__"])
    assert "delete-pipeline" not in administrator.get("/settings/objects/deals/pipelines/").text


def test_the_last_pipeline_of_a_custom_type_goes_where_there_are_no_records(administrator, viewings):
    page = f"/settings/objects/viewings/pipelines/{viewings.pipelines[0].pk}/delete/"
    elm = viewing()
    assert "add another first" in administrator.get(page).text
    assert "choose where it goes" in str(errors(administrator.post(page))["__all__"])

    elm.delete()
    administrator.post(page)

    assert current().pipelines == []
    assert current().stage_property is None
    assert "stage" not in current().list_properties
    assert administrator.get("/records/viewings/").status_code == 200
    definition.apply({"objects": {"viewings": {"plural": "Visits"}}})
    viewing("Oak")


def test_what_was_required_from_a_deleted_stage_on_is_so_from_the_next(administrator, viewings):
    definition.apply(
        {
            "objects": {
                "viewings": {
                    "groups": {"about": {"properties": {"price": {"required_from": {"default": "planned"}}}}}
                }
            }
        }
    )
    page = f"/settings/objects/viewings/stages/{stage('Planned').pk}/delete/"

    assert "from the next stage: Asking price" in administrator.get(page).text
    administrator.post(page)
    assert current().properties["price"].required_from == {"default": "done"}

    pipeline = current().pipelines[0]
    administrator.post(f"/settings/objects/viewings/pipelines/{pipeline.pk}/stages/new/", {"label": "First"})
    administrator.post(f"/settings/objects/viewings/stages/{stage('Took place').pk}/delete/")
    assert current().properties["price"].required_from == {"default": "first"}
    administrator.post(f"/settings/objects/viewings/pipelines/{pipeline.pk}/stages/new/", {"label": "Second"})
    data_model.delete_stage(stage("First"), target=None, by=by())
    assert current().properties["price"].required_from == {"default": "second"}


def test_what_was_required_in_a_deleted_pipeline_is_so_no_longer(administrator):
    page = "/settings/objects/deals/pipelines/"
    administrator.post(f"{page}new/", {"label": "Renewals", "stages": "Due\nDone"})
    renewals = current("deals").pipelines[-1]
    group = current("deals").groups[0].name
    given = {"amount": {"required_from": {renewals.name: "done", "default": "closedwon"}}}
    definition.apply({"objects": {"deals": {"groups": {group: {"properties": given}}}}})

    administrator.post(f"{page}{renewals.pk}/delete/")

    assert current("deals").properties["amount"].required_from == {"default": "closedwon"}
