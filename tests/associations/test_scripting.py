"""The commands that associate and dissociate records from arguments, a file or standard input."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.models import Association
from records.models import Change
from records.provenance import Origin
from records.services import archive_records
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


@pytest.fixture
def acme():
    return CompanyFactory(name="Acme", domain="acme.com")


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@acme.com")


class Came:
    """What came of a command: what it printed, its problems and how it ended."""

    def __init__(self, name: str, *arguments: str, **options) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.status, self.error = 0, ""
        try:
            call_command(name, *map(str, arguments), stdout=out, stderr=err, **options)
        except CommandError as error:
            self.status, self.error = error.returncode, str(error)
        self.out = out.getvalue().splitlines()
        self.problems = err.getvalue().splitlines()


def file_of(tmp_path, *lines: str) -> str:
    path = tmp_path / "pairs.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def pairs() -> int:
    return Association.objects.count()


def labels_of(one, other) -> list[str]:
    """Return the labels of an association as they read on the page of `one`."""
    row = Association.objects.among([tuple(sorted((one.pk, other.pk)))]).get()
    return sorted(each.word_for(one.pk) for each in row.labellings.all())


def test_records_are_named_in_every_way(ada, acme):
    make_label("contacts", "companies", "Employer", "Employee")
    UserFactory(username="grace")
    ways = [
        f"contacts:{ada.pk}",
        "contacts:ADA@acme.com",
        "contacts:ada  lovelace",
        "contacts.email=ada@acme.com",
    ]
    others = [
        f"companies:{acme.pk}",
        "companies:https://www.acme.com/x",
        "companies:Acme",
        "companies.domain=ACME.com",
    ]
    for one, other in zip(ways, others, strict=True):
        came = Came("associate", one, other, label=["Employee"], user="grace")
        assert (came.status, came.problems) == (0, [])
        # On the page of the contact the company is the employer, whichever of the two words is said.
        assert labels_of(ada, acme) == ["Employer", "Primary"]
    assert came.out == ["Associated: 0", "Already associated: 1"]
    assert pairs() == 1
    change = Change.objects.get()  # that which did nothing is not kept
    assert (change.kind, change.origin, change.actor.username) == (Change.Kind.BULK, Origin.ADMIN, "grace")


def test_a_file_is_done_as_one_change_and_counted_exactly(ada, acme, tmp_path):
    make_label("contacts", "companies", "Employer", "Employee")
    make_label("contacts", "deals", "Decides")
    deal, friend = DealFactory(dealname="Big, one"), ContactFactory()
    services.associate(friend, [acme.pk], by=by())
    path = file_of(
        tmp_path,
        "\ufefflabel,other,record",
        "employer,companies:acme.com,contacts:ada@acme.com",
        f",companies:acme.com,contacts:{friend.pk}",
        f"Employer,companies:acme.com,contacts:{friend.pk}",
        "",
        'Decides,"deals:Big, one",contacts:ada@acme.com',
        f",contacts:{ada.pk},deals:{deal.pk}",
    )
    dry = Came("associate", file=path, dry_run=True, batch=2)
    assert dry.out[0] == "Dry run: nothing was written."
    assert pairs() == 1
    assert Change.objects.count() == 1
    came = Came("associate", file=path, batch=2)
    assert came.status == 0
    assert came.out == dry.out[1:] == ["Associated: 2", "Labelled: 1", "Already associated: 2"]
    assert labels_of(ada, deal) == ["Decides"]
    assert Change.objects.count() == 2
    change = Change.objects.latest("pk")
    assert (change.kind, change.origin) == (Change.Kind.BULK, Origin.IMPORT)
    assert change.summary == "Records associated (pairs.csv)"


def test_lines_that_are_wrong_are_told_by_number_and_stop_or_are_left_out(ada, acme, tmp_path):
    make_limit("companies", "contacts", 2)
    twins = ContactFactory.create_batch(2, firstname="Same", lastname="Name")
    archived = ContactFactory()
    archive_records([archived.pk], by=by())
    people = ContactFactory.create_batch(2)
    path = file_of(
        tmp_path,
        f"contacts:{ada.pk},companies:acme.com",
        "contacts:Same Name,companies:acme.com",
        f"contacts:{archived.pk},companies:acme.com",
        f"contacts:{acme.pk},companies:nobody.example",
        "people:1,companies:acme.com",
        "contacts.shoe=1,companies:acme.com",
        "ada,companies:acme.com",
        "contacts:ada@acme.com",
        f"contacts:{ada.pk},companies:acme.com,Cousin",
        f"contacts:{people[0].pk},companies:acme.com",
        f"contacts:{people[1].pk},companies:acme.com",
        f"contacts:{ada.pk},contacts:{ada.pk}",
        f"contacts:{ada.pk},companies:acme.com,,,",
        f"contacts:{'9' * 30},companies:acme.com",
    )
    stopped = Came("associate", file=path)
    assert stopped.status == 1
    assert "nothing was written" in stopped.error
    assert pairs() == Change.objects.count() - 1 == 0  # but for the archiving

    came = Came("associate", file=path, on_refused="skip")
    assert came.status == 3
    assert came.problems == stopped.problems
    assert came.out == ["Associated: 2", "Left out: 12"]
    assert pairs() == 2
    by_line = {}
    for problem in came.problems:
        place, _colon, text = problem.partition(": ")
        by_line.setdefault(place, []).append(text)
    told = {place: " ".join(texts) for place, texts in by_line.items()}
    for number, text in {
        2: f"may mean 2 records ({twins[0].pk}, {twins[1].pk})",
        3: "archived",
        4: "nobody.example",
        5: "no object type “people”",
        6: "no property “shoe”",
        7: "names no record",
        8: "two records are expected",
        9: "no label “Cousin”",
        11: "Acme already has 2 contacts",
        12: "cannot be associated with itself",
        13: "more cells",
        14: "number of a record",
    }.items():
        assert text in told.pop(f"line {number}")
    assert not told


def test_a_batch_that_is_refused_after_others_leaves_none_of_them(ada, acme, tmp_path):
    people = ContactFactory.create_batch(3)
    lines = [f"contacts:{one.pk},companies:acme.com" for one in people]
    path = file_of(tmp_path, *lines, "contacts:0,companies:acme.com", f"contacts:{ada.pk},companies:Acme")
    stopped = Came("associate", file=path, batch=2)
    assert (stopped.status, stopped.out) == (1, [])
    assert pairs() == Change.objects.count() == 0
    skipped = Came("associate", file=path, batch=2, on_refused="skip")
    assert (skipped.status, skipped.out) == (3, ["Associated: 4", "Left out: 1"])
    assert pairs() == 4
    assert Change.objects.count() == 1


@pytest.mark.parametrize(
    "content", [b"contacts:1,companies:1\n\xff\xfe", b'contacts:1,companies:1\n"contacts:2,x']
)
@pytest.mark.parametrize("way", ["stop", "skip"])
def test_a_file_that_breaks_off_writes_nothing(ada, acme, tmp_path, content, way):
    path = tmp_path / "pairs.csv"
    path.write_bytes(content.replace(b":1,companies:1", b":%d,companies:%d" % (ada.pk, acme.pk)))
    came = Came("associate", file=str(path), on_refused=way, batch=1)
    assert came.status == 1
    assert "Line 2" in came.error
    assert "Nothing was written" in came.error
    assert pairs() == 0


def test_associations_and_labels_are_removed_from_standard_input(ada, acme, monkeypatch):
    client = make_label("contacts", "companies", "Client")
    deal, other = DealFactory(), ContactFactory()
    services.associate(ada, [acme.pk, deal.pk], by=by())
    Came("associate", f"contacts:{ada.pk}", "companies:acme.com", label=["Client"])
    assert labels_of(ada, acme) == ["Client", "Primary"]
    lines = [
        f"contacts:{ada.pk}\tcompanies:Acme\tclient",
        f"deals:{deal.pk}\tcontacts:{ada.pk}",
        f"contacts:{other.pk}\tdeals:{deal.pk}",
    ]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode())))
    came = Came("dissociate", "-")
    assert came.out == ["Removed: 1", "Label taken off: 1", "Not associated, or without the label: 1"]
    assert labels_of(ada, acme) == ["Primary"]
    assert pairs() == 1
    assert client.labellings.count() == 0
    assert "standard input" in Change.objects.latest("pk").summary

    came = Came("dissociate", f"contacts:{ada.pk}", "companies:acme.com", dry_run=True)
    assert came.out[1] == "Removed: 1"
    assert pairs() == 1


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((), {}, "two records at least"),
        (("contacts:1",), {}, "two records at least"),
        (("contacts:1", "contacts:2"), {"file": "x.csv"}, "not both"),
        ((), {"file": "/nowhere/x.csv"}, "cannot be read"),
        (("contacts:1", "contacts:2"), {"user": "nobody"}, "no user"),
        (("contacts:1", "contacts:2"), {"batch": 0}, "--batch"),
    ],
)
def test_what_makes_no_sense_is_said(arguments, options, text):
    came = Came("associate", *arguments, **options)
    assert came.status == 1
    assert text in came.error


def test_a_batch_costs_the_same_whatever_its_size(tmp_path):
    make_label("contacts", "companies", "Client")
    found = []
    for number in (2, 30):
        company = CompanyFactory()
        people = ContactFactory.create_batch(number)
        lines = [f"contacts:{one.email},companies:{company.domain},Client" for one in people]
        path = file_of(tmp_path, *lines)
        with CaptureQueriesContext(connection) as queries:
            assert Came("associate", file=path).out == [f"Associated: {number}"]
        found.append(len(queries))
    assert found[0] == found[1]
