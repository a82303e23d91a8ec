"""The import pages, step by step, as a browser without script would go through them."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from associations.models import Association
from crm.imports.models import ImportDraft, RememberedMapping
from records.models import Change, Company, Contact, Deal, Job
from tests.factories import CompanyFactory, ContactFactory, make_label

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "data"


def upload(client, text: str | bytes, *types: str, name: str = "people.csv", **more):
    """Post the first step; return the response."""
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, data, "text/csv")
    given = {"kind": "one", "types": types or ("contacts",), "file": file, **more}
    return client.post(reverse("imports:new"), given)


def draft_of(client, text: str | bytes, *types: str, **more) -> ImportDraft:
    """Return the draft that an upload begins."""
    response = upload(client, text, *types, **more)
    assert response.status_code == 302, response.context["form"].errors
    return ImportDraft.objects.latest("pk")


def at(step: str, draft: ImportDraft, *args) -> str:
    return reverse(f"imports:{step}", args=[draft.pk, *args])


def targets(draft: ImportDraft) -> dict[str, list[str]]:
    """Return what each column becomes."""
    draft.refresh_from_db()
    header, uses = draft.facts[0]["header"], draft.answers["columns"][0]
    return {name: [use["target"] for use in column] for name, column in zip(header, uses, strict=True)}


def become(client, draft: ImportDraft, name: str, *keys: str, **options):
    """Say what a column becomes; return the response."""
    place = draft.facts[0]["header"].index(name)
    return client.post(at("column", draft, 0, place), {"target": keys, **options})


def settle(client, draft: ImportDraft, **said):
    """Post what stands beside the columns, as the page shows it, but for what is said."""
    form = client.get(at("map", draft)).context["settings"]
    data = {}
    for name, field in form.fields.items():
        value = said.get(name, form.get_initial_for_field(field, name))
        if value not in (None, False):
            data[name] = "on" if value is True else value
    return client.post(at("map", draft), data)


def checked(client, draft: ImportDraft, **said) -> dict:
    """Go on to the dry run; return what its page says."""
    response = settle(client, draft, **said)
    assert response.status_code == 302, (response.context["trouble"], response.context["settings"].errors)
    context = client.get(response.url).context
    report = context["report"].as_json()
    return {**report, "problems": context["problems"], "problem_count": context["problem_count"]}


def imported(client, draft: ImportDraft, **data) -> Job:
    """Run the import that was tried; return its job."""
    response = client.post(at("run", draft), data)
    assert response.status_code == 302
    return Job.objects.get(kind="import", pk=response.url.strip("/").split("/")[-1])


def test_a_row_holds_a_company_and_its_contact(signed_in):
    text = (DATA / "northwind/customers.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(text.decode())))

    draft = draft_of(signed_in, text, "contacts", "companies", name="customers.csv")
    page = signed_in.get(at("preview", draft))
    assert [form["form"]["encoding"].value() for form in page.context["files"]] == ["utf-8"]
    assert "Alfreds Futterkiste" in page.content.decode()
    found = targets(draft)
    assert found["CompanyName"] == ["companies.name"]
    assert found["ContactName"] == ["contacts.*name"]
    assert found["ContactTitle"] == ["contacts.jobtitle"]

    become(signed_in, draft, "City", "companies.city", "contacts.city")
    told = checked(signed_in, draft)
    assert told["created"] == {"contacts": len(rows), "companies": len(rows)}
    assert told["associated"] == len(rows)
    assert told["problems"] == []
    assert Contact.objects.count() == Company.objects.count() == 0

    job = imported(signed_in, draft)
    assert job.counts["created"] == 2 * len(rows)
    pairs = {
        (str(one.record_a), str(one.record_b))
        for one in Association.objects.select_related("record_a", "record_b")
    }
    assert {frozenset(pair) for pair in pairs} == {
        frozenset((row["ContactName"].strip(), row["CompanyName"].strip())) for row in rows
    }
    cities = {(str(contact), contact.city) for contact in Contact.objects.all()}
    assert ("Maria Anders", "Berlin") in cities
    assert job.change.kind == Change.Kind.IMPORT
