"""The import pages, step by step, as a browser without script would go through them."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from associations.labels import both_ways
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
    if options:
        options["u0-asked"] = "1"
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


def test_a_file_that_cannot_be_read_is_refused_beside_its_field(signed_in, settings):
    settings.IMPORT_MAX_SIZE = 5_000
    for content, message in (
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no table but PNG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old kind"),
        (b"PK\3\4 no workbook", "cannot be unpacked"),
        (b"email,name\n", "no rows below its header"),
        (b"email,email\na,b\n", "two columns are named"),
        (b'email\n"ada', "never closed"),
        (b",".join(b"%d" % number for number in range(1_001)) + b"\n1", "1001 columns"),
        (b"email\n" + b"a" * 5_000, "larger than"),
    ):
        response = upload(signed_in, content, "companies")
        assert response.status_code == 422, content
        form = response.context["form"]
        assert list(form.errors) == ["file"], content
        assert message in str(form.errors["file"]), (message, form.errors)
        assert form["types"].value() == ["companies"]  # nothing that was chosen is lost
    assert ImportDraft.objects.count() == 0
    response = signed_in.post(reverse("imports:new"), {"kind": "two"})
    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["file", "second_file", "second_types", "types"]
    response = signed_in.post(reverse("imports:new"), {"kind": "nonsense"})
    assert response.status_code == 422


def test_what_a_preview_gets_wrong_is_corrected(signed_in):
    text = "E-Mail;Vorname;Umsatz;Tag\nu@example.com;Jürgen;1.234,50;03.04.2026\n".encode("cp1252")
    draft = draft_of(signed_in, text, name="leute.csv")
    page = signed_in.get(at("preview", draft))
    file = page.context["files"][0]
    assert file["is_guess"]
    assert file["form"]["delimiter"].value() == ";"
    assert file["rows"][0][1] == "Jürgen"
    first = {"f0-encoding": "cp1252", "f0-delimiter": ";", "f0-date_format": "", "f0-decimal": ""}

    page = signed_in.post(
        at("preview", draft), {**first, "f0-encoding": "cp1251"}, headers={"HX-Request": "true"}
    )
    assert page.status_code == 200
    assert page.context["files"][0]["rows"][0][1] == "Jьrgen"
    refused = signed_in.post(at("preview", draft), {**first, "f0-encoding": "utf-8", "next": "1"})
    assert refused.status_code == 422
    assert "is not UTF-8" in str(refused.context["files"][0]["form"].errors["encoding"])
    refused = signed_in.post(at("preview", draft), {**first, "f0-encoding": "klingon"})
    assert list(refused.context["files"][0]["form"].errors) == ["encoding"]

    data = {**first, "f0-date_format": "%d.%m.%Y", "f0-decimal": ",", "next": "1"}
    assert signed_in.post(at("preview", draft), data).status_code == 302
    draft.refresh_from_db()
    assert draft.facts[0]["rows"][0][1] == "Jürgen"
    assert draft.reading[0]["date_format"] == "%d.%m.%Y"
    assert targets(draft)["Vorname"] == ["contacts.firstname"]


def test_a_column_is_mapped_by_its_row_and_answers_with_what_depends_on_it(signed_in):
    draft = draft_of(signed_in, "Who,Firm\nada@example.com,Acme;Beta\n", name="odd.csv")
    assert targets(draft) == {"Who": [], "Firm": ["contacts>companies"]}
    htmx = {"headers": {"HX-Request": "true"}}
    page = signed_in.post(at("column", draft, 0, 0), {"target": "contacts.email"}, **htmx)
    assert page.status_code == 200
    body = page.content.decode()
    assert body.lstrip().startswith("<tr")
    assert 'id="settings" class="import__settings" hx-swap-oob="true"' in body
    draft.refresh_from_db()
    assert draft.answers["match"]["contacts"] == ["email"]  # what is unique identifies

    become(signed_in, draft, "Firm", "contacts>companies")
    draft.refresh_from_db()
    assert draft.answers["columns"][0][1] == [
        {"target": "contacts>companies", "by": "", "separator": ";", "missing": "skip"}
    ]
    become(signed_in, draft, "Firm", "contacts>companies", **{"u0-by": "domain", "u0-missing": "error"})
    draft.refresh_from_db()
    assert draft.answers["columns"][0][1][0]["by"] == "domain"
    become(signed_in, draft, "Firm", "contacts>companies", **{"u0-by": "nonsense"})
    draft.refresh_from_db()
    assert draft.answers["columns"][0][1][0]["by"] == "domain"  # what makes no sense changes nothing
    become(signed_in, draft, "Firm", "contacts.nothing", "contacts.lastname", "contacts.lastname")
    assert targets(draft)["Firm"] == ["contacts.lastname"]
    become(signed_in, draft, "Firm", "")
    assert targets(draft)["Firm"] == []
    assert signed_in.get(at("column", draft, 0, 7)).status_code == 404
    assert signed_in.get(at("column", draft, 3, 0)).status_code == 404
    alone = signed_in.get(at("column", draft, 0, 1)).content.decode()  # the page that needs no script
    assert '<option value="contacts.jobtitle">' in alone


def test_what_is_wrong_with_the_columns_stands_beside_them(signed_in):
    draft = draft_of(signed_in, "Mail,Other\na@example.com,b@example.com\n", "contacts", "deals")
    become(signed_in, draft, "Mail", "contacts.email")
    become(signed_in, draft, "Other", "contacts.email")
    response = settle(signed_in, draft)
    assert response.status_code == 422
    trouble = response.context["trouble"]
    assert list(trouble.columns) == [(0, 1)]
    assert "“Mail” is Contact › Email already." in response.content.decode()
    assert list(trouble.sides) == ["deals"]
    assert "No column is a property of Deals yet." in response.content.decode()


def test_a_property_is_added_on_the_spot_by_administrators_only(signed_in, user):
    draft = draft_of(signed_in, "Email,Shoe size\na@example.com,42\nb@example.com,43\n")
    place = at("new-property", draft, 0, 1, "contacts")
    assert signed_in.get(place).status_code == 403
    assert "New property" not in signed_in.get(at("map", draft)).content.decode()
    user.is_staff = True
    user.save()
    form = signed_in.get(place).context["form"]
    assert form["label"].value() == "Shoe size"
    assert form["type"].value() == "number"
    given = {"label": "", "type": "number", "group": form["group"].field.choices[0][0]}
    assert signed_in.post(place, given).status_code == 422
    response = signed_in.post(place, {**given, "label": "Shoe size"}, headers={"HX-Request": "true"})
    assert "added=shoe_size" in response["HX-Redirect"]
    assert targets(draft)["Shoe size"] == ["contacts.shoe_size"]
    told = checked(signed_in, draft)
    assert told["created"] == {"contacts": 2}
    imported(signed_in, draft)
    assert sorted(str(one.properties["shoe_size"]) for one in Contact.objects.all()) == ["42", "43"]


def test_cells_that_are_no_value_are_given_a_meaning(signed_in):
    text = "Deal name,Stage,Close date,Amount\nOne,Won,3/31/2026,$1,\nTwo,Odd,4/1/2026,\n".replace("$1,", "1")
    draft = draft_of(signed_in, text, "deals", name="deals.csv")
    page = signed_in.get(at("map", draft))
    stage = next(row for row in page.context["files"][0]["rows"] if row["name"] == "Stage")["uses"][0]
    assert [cell.text for cell in stage.cells] == ["Won", "Odd"]
    told = checked(signed_in, draft)
    assert told["skipped"] == 2
    won = next(value for value, label in stage.choices if label == "Closed won")
    become(
        signed_in,
        draft,
        "Stage",
        "deals.dealstage",
        **{"u0-cell": ["Won", "Odd"], "u0-value": [won, "*empty"]},
    )
    told = checked(signed_in, draft)
    assert (told["created"], told["skipped"]) == ({"deals": 2}, 0)
    imported(signed_in, draft)
    deals = {
        deal.dealname: (str(deal.dealstage), f"{deal.closedate:%Y-%m-%d}") for deal in Deal.objects.all()
    }
    assert deals["One"] == ("Closed won", "2026-03-31")
    assert deals["Two"][1] == "2026-04-01"


def test_a_dry_run_tells_problems_and_the_import_runs_once(signed_in, user):
    ContactFactory(email="old@example.com", firstname="Old", lastname="Same")
    text = "Email,First name,=cmd\nold@example.com,New,x\nbad,Ada,=1+1\nc@example.com,Cy,y\n"
    draft = draft_of(signed_in, text)
    assert "imports" in str(default_storage.listdir("")[0])
    told = checked(signed_in, draft)
    assert (told["created"], told["updated"], told["skipped"]) == ({"contacts": 1}, {"contacts": 1}, 1)
    assert told["problem_count"] == 1
    assert told["problems"][0]["row"] == 3
    sheet = b"".join(signed_in.get(at("problems", draft)).streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(sheet)))
    assert lines[0][:3] == ["Email", "First name", "'=cmd"]
    assert lines[1][:5] == ["bad", "Ada", "'=1+1", "people.csv", "3"]

    become(signed_in, draft, "First name", "contacts.firstname", "contacts.jobtitle")
    assert "Check again" in signed_in.get(at("check", draft)).content.decode()  # it is not what was tried
    signed_in.post(at("run", draft))
    assert not Job.objects.exists()
    assert signed_in.post(at("check", draft)).status_code == 302
    job = imported(signed_in, draft, remember_as="Ours", is_shared="on")
    assert imported(signed_in, draft) == job
    assert Job.objects.count() == 1
    assert job.error_count == 1
    assert Contact.objects.get(email="old@example.com").jobtitle == "New"
    page = signed_in.get(reverse("imports:list")).content.decode()
    assert reverse("history:undo", args=[job.change_id]) in page
    signed_in.post(reverse("history:undo", args=[job.change_id]))
    assert Contact.objects.filter(archived_at=None).count() == 1


def test_a_long_dry_run_is_a_job(signed_in, monkeypatch):
    monkeypatch.setattr("crm.imports.checking.AT_ONCE", 1)
    draft = draft_of(signed_in, "Email,Company\na@example.com,Acme\nbad,Acme\nc@example.com,None\n")
    CompanyFactory(name="Acme")
    told = checked(signed_in, draft)
    draft.refresh_from_db()
    assert draft.check_job.kind == "import-dry-run"
    assert (told["created"], told["skipped"], told["associated"]) == ({"contacts": 2}, 1, 1)
    assert told["problem_count"] == 2
    assert Contact.objects.count() == 0
    assert signed_in.get(at("problems", draft)).url == reverse("jobs:errors", args=[draft.check_job_id])
    imported(signed_in, draft)
    assert Contact.objects.count() == 2


def test_two_files_are_joined_by_a_column(signed_in):
    companies = SimpleUploadedFile("companies.csv", b"Id,Name\n1,Acme\n2,Beta\n")
    people = SimpleUploadedFile(
        "people.csv", b"Email,Company Id\na@example.com,1\nb@example.com,2\nc@example.com,2\n"
    )
    given = {"kind": "two", "types": ["companies"], "second_types": ["contacts"]}
    response = signed_in.post(reverse("imports:new"), {**given, "file": companies, "second_file": people})
    assert response.status_code == 302
    draft = ImportDraft.objects.get()
    response = settle(signed_in, draft, join_0="", join_1="")
    assert response.status_code == 422
    assert "Choose the column that both files have." in response.content.decode()
    told = checked(signed_in, draft, join_0="Id", join_1="Company Id")
    assert (told["created"], told["associated"]) == ({"companies": 2, "contacts": 3}, 3)
    imported(signed_in, draft)
    pairs = {frozenset(map(str, (one.record_a, one.record_b))) for one in Association.objects.all()}
    assert pairs == {
        frozenset(("Acme", "a@example.com")),
        frozenset(("Beta", "b@example.com")),
        frozenset(("Beta", "c@example.com")),
    }


def test_associations_alone_take_ids_and_a_label(signed_in):
    ada, acme = ContactFactory(email="ada@example.com"), CompanyFactory(name="Acme")
    make_label("contacts", "companies", "Advisor")
    text = f"Contact,Company,Role\n{ada.email},{acme.pk},Advisor\nnobody@example.com,{acme.pk},\n"
    draft = draft_of(signed_in, text, kind="associations", one="contacts", other="companies")
    become(signed_in, draft, "Contact", "contacts.email")
    become(signed_in, draft, "Company", "companies.*id")
    become(signed_in, draft, "Role", "contacts+companies")
    told = checked(signed_in, draft)
    assert told["associated"] == 1
    assert (told["created"], told["updated"]) == ({}, {})
    imported(signed_in, draft)
    association = Association.objects.get()
    assert {association.record_a_id, association.record_b_id} == {ada.pk, acme.pk}
    words = both_ways([association.pk])[ada.pk, acme.pk]
    assert "Advisor" in map(str, words)
    assert Contact.objects.count() == 1


def test_a_mapping_is_remembered_for_its_header_and_shared_by_name(
    signed_in, client, user, django_user_model
):
    text = "A,B\na@example.com,Ada\n"
    draft = draft_of(signed_in, text)
    become(signed_in, draft, "A", "contacts.email")
    become(signed_in, draft, "B", "contacts.firstname")
    checked(signed_in, draft)
    imported(signed_in, draft, remember_as="Fair", is_shared="on")
    assert RememberedMapping.objects.count() == 2

    again = draft_of(signed_in, "A,B\nb@example.com,Bo\n", name="more.csv")
    assert targets(again) == {"A": ["contacts.email"], "B": ["contacts.firstname"]}
    assert "Mapped as in" in signed_in.get(at("map", again)).content.decode()

    client.force_login(django_user_model.objects.create_user("alan"))
    other = draft_of(client, "B,C,A\nBo,x,b@example.com\n")
    assert targets(other) == {"B": [], "C": [], "A": []}
    page = client.get(at("map", other))
    shared = page.context["remembered"][0]
    assert shared.name == "Fair"
    client.post(at("map-again", other), {"mapping": shared.pk})
    assert targets(other) == {"B": ["contacts.firstname"], "C": [], "A": ["contacts.email"]}
    client.post(at("map-again", other), {"mapping": ""})
    assert targets(other) == {"B": [], "C": [], "A": []}
    assert client.post(at("map-again", other), {"mapping": "999"}).status_code == 404


def test_a_draft_and_its_files_are_seen_by_nobody_else_and_go_together(
    signed_in, client, user, django_user_model, django_capture_on_commit_callbacks
):
    draft = draft_of(signed_in, "Email\na@example.com\n")
    path = draft.file.name
    assert default_storage.exists(path)
    assert signed_in.get(at("draft", draft)).status_code == 302
    client.force_login(django_user_model.objects.create_user("alan"))
    for step in ("draft", "preview", "map", "check", "what", "problems"):
        assert client.get(at(step, draft)).status_code == 404
    assert "people.csv" not in client.get(reverse("imports:list")).content.decode()
    assert client.post(at("delete", draft)).status_code == 404
    client.force_login(user)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("delete", draft)).status_code == 302
    assert not ImportDraft.objects.exists()
    assert not default_storage.exists(path)


def test_pages_cost_the_same_for_few_and_for_many_columns(signed_in):
    def cost(width: int) -> tuple[int, int, int]:
        header = ",".join(["Email", "Stage", "Owner", *(f"c{number}" for number in range(width))])
        cells = ",".join(["a@example.com", "x", "y", *("v" for _ in range(width))])
        draft = draft_of(signed_in, f"{header}\n{cells}\n", name=f"w{width}.csv")
        become(signed_in, draft, "c0", "contacts.lifecyclestage")
        with CaptureQueriesContext(connection) as found:
            page = signed_in.get(at("map", draft))
        with CaptureQueriesContext(connection) as drafts:
            signed_in.get(reverse("imports:list"))
        return len(found), len(drafts), len(page.content)

    few = cost(3)
    many = cost(200)
    assert many[:2] == few[:2]
    assert many[2] < few[2] + 200 * 4_000  # bytes: the lists of choices stand there once


def test_the_list_and_the_menu_lead_to_the_import(signed_in):
    page = signed_in.get("/records/companies/").content.decode()
    assert f"{reverse('imports:new')}?type=companies" in page
    form = signed_in.get(f"{reverse('imports:new')}?type=companies").context["form"]
    assert form["types"].value() == ["companies"]
    assert reverse("imports:list") in page
    draft = draft_of(signed_in, "Name\nAcme\n", "companies")
    response = signed_in.post(at("what", draft), {"types": ["companies", "contacts"]})
    assert response.status_code == 302
    draft.refresh_from_db()
    assert draft.types == [["companies", "contacts"]]
    assert json.dumps(draft.answers)
    assert signed_in.post(at("what", draft), {"types": []}).status_code == 422
