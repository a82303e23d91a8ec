"""An import knows what a record's stage requires before it writes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import definition, schema
from records.models import Deal
from tests.factories import DealFactory

pytestmark = pytest.mark.django_db
DEALS = {
    "records": {
        "deals": {
            "match": "dealname",
            "properties": {"dealname": "Name", "dealstage": "Stage", "amount": "Amount"},
        }
    }
}


@pytest.fixture(autouse=True)
def required():
    """Require the amount from "Contract sent" on."""
    group = schema.current().type("deals").groups[0].name
    prop = {"amount": {"required_from": {"default": "contractsent"}}}
    definition.apply({"objects": {"deals": {"groups": {group: {"properties": prop}}}}})


def test_rows_that_lack_it_are_refused_with_the_reason_and_the_others_stand(importing):
    DealFactory(dealname="Known", amount=None)
    DealFactory(dealname="Rich", amount=9)
    text = (
        "Name,Stage,Amount\n"
        "New,contractsent,\n"
        "Early,appointmentscheduled,\n"
        "Full,closedwon,5\n"
        "Known,contractsent,\n"
        "Rich,contractsent,\n"
        "Known,,7\n"
        "Lost,closedlost,\n"
    )

    report, problems = importing(text, DEALS, on_error="skip")

    assert [problem.partition(":")[0] for problem in problems] == ["line 2", "line 5"]
    assert all("Amount is required in the stage “Contract sent”." in problem for problem in problems)
    stages = {deal.dealname: deal.dealstage.name for deal in Deal.objects.select_related("dealstage")}
    assert stages == {
        "Early": "appointmentscheduled",
        "Full": "closedwon",
        "Known": "appointmentscheduled",
        "Rich": "contractsent",
        "Lost": "closedlost",
    }
    assert Deal.objects.get(dealname="Known").amount == 7
    assert report.skipped == 2


def test_two_rows_of_one_record_may_complete_each_other_in_order(importing):
    _report, problems = importing(
        "Name,Stage,Amount\nA,,5\nA,contractsent,\nB,,\nB,contractsent,\n", DEALS, on_error="skip"
    )

    assert len(problems) == 1
    assert Deal.objects.get(dealname="A").dealstage.name == "contractsent"


def test_looking_takes_no_queries(importing):
    numbers = []
    for count in (3, 40):
        rows = "".join(f"Deal {count} {number},contractsent,5\n" for number in range(count))
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            importing(f"Name,Stage,Amount\n{rows}", DEALS)
        numbers.append(len(captured))

    assert numbers[0] == numbers[1]
