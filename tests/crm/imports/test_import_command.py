"""`manage.py import_records`, as it is typed."""

import re

import pytest
from django.core.management import CommandError, call_command

from associations.models import Association
from records.models import Company, Contact, Record
from tests.factories import CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments) -> None:
    call_command("import_records", *map(str, arguments))


def refusal(*arguments) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    return str(refused.value)


def test_columns_named_like_properties_need_a_type_only(file, capsys):
    run(file("Email,First name,Shoe size\nada@example.com,Ada,37\n"), "--type", "contacts")

    assert Contact.objects.values_list("email", "firstname").get() == ("ada@example.com", "Ada")
    assert capsys.readouterr().out.splitlines() == [
        "1 rows read, 0 left out",
        "contacts: 1 created, 0 updated, 0 unchanged",
        "columns not imported: Shoe size",
    ]


def test_a_mapping_made_of_options(file, capsys):
    CompanyFactory(name="Acme")
    path = file("Firm;Turnover;a=b;Owner\nBeta;1.234,50;5 000;Acme\n")

    run(
        path,
        *("--type", "companies", "--map", "Firm=name", "--map", "Turnover=annualrevenue"),
        *("--map", "a=b=numberofemployees", "--match", "name", "--decimal", ","),
        *("--associate", "Owner=companies.name"),
    )

    beta = Company.objects.get(name="Beta")
    assert (str(beta.annualrevenue), beta.numberofemployees) == ("1234.50", 5000)
    assert Association.objects.count() == 1
    assert "associations: 1 made" in capsys.readouterr().out


def test_a_date_format_as_an_option(file):
    run(
        file("Deal name,Close date\nBig,31.12.2026\n"),
        *("--type", "deals", "--match", "dealname", "--date-format", "%d.%m.%Y"),
    )

    assert Record.objects.get().specific.deal.closedate.isoformat() == "2026-12-31"


def test_a_mapping_file_states_encoding_and_delimiter(file):
    mapping = file(
        '[file]\nencoding = "latin-1"\ndelimiter = "tab"\n[records.companies]\nmatch = "name"\n', "map.toml"
    )

    run(file("Name\tCity\nMüller\tKöln\n".encode("latin-1")), "--mapping", mapping)

    assert Company.objects.values_list("name", "city").get() == ("Müller", "Köln")


def test_options_for_encoding_and_delimiter(file):
    run(
        file("Name|City\nMüller|Köln\n".encode("cp1252")),
        *("--type", "companies", "--match", "name", "--encoding", "cp1252", "--delimiter", "pipe"),
    )

    assert Company.objects.get().city == "Köln"


def test_the_author_is_who_is_named(file):
    user = UserFactory(username="ada")

    run(file("Name\nAcme\n"), "--type", "companies", "--match", "name", "--user", "ada")

    assert Company.objects.get().created_by == user


def test_a_dry_run_says_so_and_writes_nothing(file, capsys):
    run(file("Name\nAcme\n"), "--type", "companies", "--match", "name", "--dry-run")

    shown = capsys.readouterr().out
    assert shown.startswith("Dry run: nothing was written.\n")
    assert "companies: 1 created" in shown
    assert not Record.objects.exists()


def test_a_dry_run_that_meets_problems_fails_as_the_import_would(file, capsys):
    path = file("Email\nada@example.com\nnobody\n")

    assert "would stop" in refusal(path, "--type", "contacts", "--dry-run")
    shown = capsys.readouterr()
    assert "contacts: 1 created" in shown.out
    assert shown.err.startswith("line 3: Email: Enter a valid email address.")
    run(path, "--type", "contacts", "--dry-run", "--on-error", "skip")
    assert not Record.objects.exists()


def test_skipping_imports_the_rest_and_tells_the_lines_on_standard_error(file, capsys):
    run(
        file("Email,First name\nada@example.com,Ada\nnobody,X\nbob@example.com\n"),
        *("--type", "contacts", "--on-error", "skip"),
    )

    shown = capsys.readouterr()
    assert Contact.objects.get().email == "ada@example.com"
    assert "3 rows read, 2 left out" in shown.out
    assert re.findall(r"^line (\d+):", shown.err, re.M) == ["4", "3"]


def test_text_of_any_script_survives(file):
    run(
        file("Email,First name,Last name\nn@example.com,نادية,🦉 𝔘𝔫𝔦 עברית\n"),
        *("--type", "contacts"),
    )

    assert Contact.objects.values_list("firstname", "lastname").get() == ("نادية", "🦉 𝔘𝔫𝔦 עברית")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"Email,First name\n", "no rows below its header"),
        (b"Email,First name\na@example.com,Z\xfcrich\n", "line 2: byte 33"),
        (b"Email,First name\na@example.com,Ada\nb@example.com\n", "Nothing was imported."),
        (b"Email,First name\na@example.com,A\0da\n", "Nothing was imported."),
        (b'Email,First name\na@example.com,Ada\nb@example.com,"Bob\n', "line 3: a quote is opened"),
        (b"Email,Email\na@example.com,x\n", "line 1: two columns are named “Email”"),
        (b"Email,First name\na@example.com," + b"x" * 10_000, "Nothing was imported."),
        (b"Shoe size\n37\n", "No column is named like a property of contacts"),
        ("Email\na@example.com\n".encode("utf-16-le"), "utf-16-le"),
    ],
    ids=[
        "empty",
        "header only",
        "Latin-1",
        "ragged",
        "NUL",
        "open quote",
        "doubled column",
        "10,000 characters",
        "no column",
        "UTF-16 without mark",
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_written(file, content, message):
    assert message in refusal(file(content), "--type", "contacts")
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say what the rows are"),
        (["--type", "contcts"], "did you mean “contacts”?"),
        (["--type", "contacts", "--map", "Email"], "“Email” lacks one of: COLUMN, =, NAME."),
        (["--type", "contacts", "--map", "Emial=email"], "did you mean “Email”?"),
        (["--type", "contacts", "--match", "lastname"], "matched by lastname, but no column"),
        (["--type", "contacts", "--user", "nobody"], "There is no user “nobody”."),
        (["--type", "contacts", "--encoding", "latin-99"], "There is no encoding “latin-99”."),
        (["--type", "contacts", "--delimiter", "::"], "A delimiter is one character"),
        (["--type", "contacts", "--mapping", "x.toml"], "--type: give either a mapping file or options."),
        (["--mapping", "/nowhere/x.toml"], "/nowhere/x.toml cannot be read"),
    ],
)
def test_wrong_options_are_refused(file, arguments, message):
    assert message in refusal(file("Email\na@example.com\n"), *arguments)
