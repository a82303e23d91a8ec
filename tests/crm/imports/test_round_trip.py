"""What is exported from a list imports again: the same values, the same associations."""

import csv
import io
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import Word
from associations.models import Association
from records import schema
from records.models import Deal, Job
from tests.associations.seen import words_of
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    UserFactory,
    by,
    make_label,
    make_limit,
)

pytestmark = pytest.mark.django_db
PROPERTIES = {"deals": {"match": "dealname", "by_header": True}}


def export(client, kind: str, records=(), columns: str = "all", layout="joined", file="csv", **data):
    data |= {"selected": [one.pk for one in records], "step": "do"}
    data |= {"export-columns": columns, "export-layout": layout, "export-format": file}
    return client.post(f"/records/{kind}/export/", data)


def content(response) -> bytes:
    assert response.status_code == 200, response.content[-2000:]
    return b"".join(response.streaming_content)


def table(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(response).decode("utf-8-sig"))))


def state() -> tuple:
    deals = {
        deal.pk: {
            name: prop.value_of(deal) for name, prop in deal.kind.properties.items() if not prop.read_only
        }
        for deal in Deal.objects.all()
    }
    return deals, {frozenset(row) for row in Association.objects.values_list("record_a", "record_b")}


@pytest.fixture
def deals():
    """Deals with values that files tend to spoil, and two contacts and a company each."""
    make_limit("deals", "companies", 5)
    grace = UserFactory(username="hopper", first_name="Grace", last_name="Hopper")
    stages = schema.current().type("deals").pipelines[0].stage_list
    odd = ["=1+1", "'-2", "+49 30", '@x, "y"', "Ünï\nçødé", "plain"]
    made = [
        DealFactory(
            dealname=f"{name} {number}",
            description=name,
            amount=None if number == 2 else "1234.50",
            dealstage=stages[number % len(stages)],
            owner=grace if number % 2 else None,
            closedate="2026-03-04" if number else None,
        )
        for number, name in enumerate(odd)
    ]
    for number, deal in enumerate(made):
        people = [ContactFactory(firstname=f"={letter}{number}", lastname="") for letter in "ab"]
        company = CompanyFactory(name=f"-Company {number}")
        services.associate(deal, [company.pk, *(one.pk for one in people)], by=by())
    for deal in made:
        deal.refresh_from_db()
    return made


@pytest.mark.parametrize("layout", ["joined", "each"])
def test_values_and_associations_come_back(signed_in, importing, deals, layout):
    along = {"export-along": ["associated-contacts", "associated-companies"]}
    text = content(export(signed_in, "deals", deals, layout=layout, **along)).decode("utf-8-sig")
    before = state()
    assert len(list(csv.reader(io.StringIO(text)))) == (7 if layout == "joined" else 19)
    for deal in deals:
        deal.description, deal.amount, deal.owner, deal.closedate = "", 1, None, None
        deal.save()
    Association.objects.all().delete()
    said = {
        "records": PROPERTIES,
        "associations": [
            {"record": "deals", "column": f"Associated {name}", "with": name, "separator": ";"}
            for name in ("contacts", "companies")
        ],
    }

    _report, problems = importing(text, said)

    assert problems == []
    after = state()
    assert after[1] == before[1]
    for pk, values in before[0].items():
        kept = {name: value for name, value in values.items() if value not in (None, "", [])}
        # What a file leaves empty an import leaves as it is.
        assert {name: after[0][pk][name] for name in kept} == kept
    again, _problems = importing(text, said)
    assert dict(again.updated) == {}
    assert state() == after


def test_labels_stand_with_each_association(signed_in):
    founder = make_label("contacts", "companies", "Founder")
    make_label("contacts", "companies", "Buyer")
    ada, acme = ContactFactory(firstname="Ada"), CompanyFactory(name="Acme")
    services.associate(ada, [acme.pk], by=by(), words={acme.pk: [Word(founder)]})

    along = {"export-along": ["associated-companies", "associated-deals"]}
    (row,) = table(export(signed_in, "contacts", [ada], "shown", "each", **along))

    assert row["Record ID"] == str(ada.pk)
    assert row["First name"] == "Ada"
    assert row["Associated companies"] == "Acme"
    assert row["IDs of associated companies"] == str(acme.pk)
    assert set(row["Labels of associated companies"].split(";")) == words_of(ada)[acme.pk]
    assert row["Associated deals"] == row["IDs of associated deals"] == ""


def test_no_cell_is_a_formula_in_either_file(signed_in, deals):
    along = {"export-along": ["associated-companies"]}
    rows = table(export(signed_in, "deals", deals, **along))
    assert [row["Deal name"] for row in rows][:4] == ["'=1+1 0", "''-2 1", "'+49 30 2", '\'@x, "y" 3']
    assert rows[0]["Associated companies"] == "'-Company 0"
    assert rows[0]["Amount"] == "1234.50"

    workbook = io.BytesIO(content(export(signed_in, "deals", deals, file="xlsx", **along)))
    with zipfile.ZipFile(workbook) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1 0" in sheet
    assert "'=1+1" not in sheet
    assert "<v>1234.5</v>" in sheet


def test_a_list_is_exported_in_its_order_whole_or_as_filtered(signed_in):
    for name, city in (("Cora", "Rome"), ("Ada", "Berlin"), ("Bob", "Rome")):
        ContactFactory(firstname=name, lastname="", city=city)
    asked = signed_in.get("/records/contacts/export/?city__is=Rome&sort=-name&columns=city&after=x").text
    assert "2 records are written" in asked
    back = "city__is=Rome&sort=-name&columns=city"

    rows = table(export(signed_in, "contacts", columns="shown", all="1", back=back))

    assert [row["First name"] for row in rows] == ["Cora", "Bob"]
    assert list(rows[0]) == ["Record ID", "First name", "Last name", "City"]


def test_of_many_a_job_makes_the_file(signed_in, deals, monkeypatch):
    monkeypatch.setattr("records.views.exports.DIRECT", 2)
    monkeypatch.setattr("records.jobs.queue.INPUTS", 4)
    monkeypatch.setattr("records.exporting.BATCH", 3)

    answer = export(signed_in, "deals", deals, **{"export-along": ["associated-contacts"]})

    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    assert (job.state, job.done, job.total, job.counts) == ("done", 6, 6, {"written": 6})
    assert job.change is None
    response = signed_in.get(f"/jobs/{job.pk}/result/")
    assert response["Content-Disposition"] == 'attachment; filename="deals.csv"'
    assert [row["Record ID"] for row in table(response)] == [str(deal.pk) for deal in deals]


def test_what_cannot_be_exported_is_said(signed_in, deals):
    for data, said in (
        ({"file": "pdf", "records": deals}, "pdf is not one of the available choices"),
        ({"export-along": ["associated-nothing"], "records": deals}, "not one of the available choices"),
        ({"all": "1", "back": "closedate__on=never"}, "filters of the list are wrong"),
        ({}, "No record was selected"),
    ):
        answer = export(signed_in, "deals", **data)
        assert answer.status_code == 422
        assert said in answer.text
    assert signed_in.get("/records/nothing/export/").status_code == 404


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_the_number_of_queries_is_the_same_for_few_and_for_many(signed_in, file):
    make_label("contacts", "companies", "Founder")
    make_limit("contacts", "companies", 9)
    schema.current()

    def run(number: int) -> int:
        people = ContactFactory.create_batch(number, owner=UserFactory())
        acme = CompanyFactory.create_batch(2)
        for one in acme:
            services.associate(one, [one.pk for one in people], by=by())
        along = {"export-along": ["associated-companies", "associated-deals"]}
        with CaptureQueriesContext(connection) as captured:
            assert content(export(signed_in, "contacts", people, layout="each", file=file, **along))
        return len(captured)

    run(1)
    assert run(3) == run(30)
