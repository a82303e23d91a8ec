"""Searching the records of a type for pairs that may be the same."""

import random
from io import StringIO
from itertools import combinations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import definition, duplicate_search, schema, services
from records.duplicate_search import CROWD, search
from records.likeness import Telling, judge
from records.models import Company, Contact, DuplicatePair, DuplicateSearch, Record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db
FIRST_NAMES = "Anna Bruno Clara Dieter Emil Frida Gustav Helena Ivan Johanna Konrad Lena Martin Nina"
LAST_NAMES = "Abadi Bauer Castell Dvorak Eriksen Fontaine Grabowski Hofmann Ivanov Janssen Keller"


def kind(name="contacts"):
    return schema.current().type(name)


def person(first, last, email="", **values):
    return ContactFactory(firstname=first, lastname=last, email=email, **values)


def pairs(rows=None) -> set[tuple[int, int]]:
    rows = DuplicatePair.objects.open() if rows is None else rows
    return set(rows.values_list("record_a", "record_b"))


def naively(object_type) -> set[tuple[int, int]]:
    """Return the pairs that comparing each live record with each other finds."""
    telling = Telling(object_type)
    records = object_type.model.objects.live().of_type(object_type).order_by("pk")
    traits = [(record.pk, telling.of(record)) for record in records]
    return {(a, b) for (a, one), (b, other) in combinations(traits, 2) if judge(one, other)}


def test_known_pairs_are_found_with_score_and_reason_and_known_strangers_are_not():
    ada, twin = person("Ada", "King", "ada@gmail.com"), person("Ada", "King", "a.da+x@gmail.com")
    jon, john = person("Jon", "Smith", "jon@a.example"), person("Smith", "John", "john@b.example")
    phoned = person("Bob", "Miles", phone="+48 601 234 567"), person("Bobby", "Miles", phone="601234567")
    person("Mario", "Rossi")
    person("Maria", "Rossi")
    person("", "", "nobody@a.example")
    person("", "", "nobodi@a.example")

    report = search(kind())

    found = {
        (one.record_a_id, one.record_b_id): (one.reason, one.score) for one in DuplicatePair.objects.all()
    }
    assert found == {
        (ada.pk, twin.pk): ("email", 100),
        (jon.pk, john.pk): ("name", 84),
        (phoned[0].pk, phoned[1].pk): ("phone", 55 + 78 * 2 // 5),
    }
    assert (report.records, report.pairs, report.new, report.gone, report.crowds) == (10, 3, 3, 0, 0)


def test_searching_again_changes_nothing_and_follows_what_has_changed():
    ada, twin = person("Ada", "King"), person("Ada", "King")
    eve, shadow = person("Eve", "Adams"), person("Eve", "Adams")
    search(kind())
    before = list(DuplicatePair.objects.order_by("pk").values())

    report = search(kind())

    assert (report.new, report.gone) == (0, 0)
    assert list(DuplicatePair.objects.order_by("pk").values()) == before
    services.update_record(ada, {"phone": "601 234 567"}, by=by())
    services.update_record(twin, {"phone": "601 234 567"}, by=by())
    services.update_record(eve, {"firstname": "Victoria"}, by=by())
    report = search(kind())
    assert (report.new, report.gone) == (0, 1)
    pair = DuplicatePair.objects.get()
    assert (pair.pk, pair.reason, pair.score) == (before[0]["id"], "phone", 95)
    assert shadow.pk not in {pair.record_a_id, pair.record_b_id}


def test_dismissed_pairs_stay_dismissed_whatever_the_records_become(user):
    ada, twin = person("Ada", "King"), person("Ada", "King")
    search(kind())
    pair = DuplicatePair.objects.get()
    pair.dismissed_at, pair.dismissed_by = pair.found_at, user
    pair.save()

    services.update_record(ada, {"phone": "601 234 567"}, by=by())
    services.update_record(twin, {"phone": "601 234 567"}, by=by())
    report = search(kind())
    assert (report.pairs, report.new) == (0, 0)
    services.update_record(ada, {"firstname": "Victoria", "phone": ""}, by=by())
    search(kind())

    assert DuplicatePair.objects.get().dismissed_by == user


def test_archived_and_merged_records_leave_and_come_back():
    ada, twin = person("Ada", "King"), person("Ada", "King")
    search(kind())
    services.archive_records([twin.pk], by=by())
    Record.objects.filter(pk=twin.pk).update(merged_into=ada)

    assert search(kind()).gone == 1
    services.restore_records([twin.pk], by=by())
    assert search(kind()).new == 1


def test_a_record_archived_while_the_search_runs_gets_no_pair(monkeypatch):
    _ada, twin = person("Ada", "King"), person("Ada", "King")
    keep = duplicate_search._keep

    def archive_first(*args):
        services.archive_records([twin.pk], by=by())
        return keep(*args)

    monkeypatch.setattr(duplicate_search, "_keep", archive_first)

    assert search(kind()).new == 0
    assert not DuplicatePair.objects.exists()


def test_companies_are_found_by_domain_and_by_name_without_legal_form():
    acme, limited = CompanyFactory(name="Acme Ltd"), CompanyFactory(name="ACME Limited")
    site = CompanyFactory(name="Widgets", domain="", website="https://widgets.example/")
    domain = CompanyFactory(name="Gadgets", domain="widgets.example")
    spaced, joined = CompanyFactory(name="Reggiani Caseifici"), CompanyFactory(name="ReggianiCaseifici")
    CompanyFactory(name="One", domain="gmail.com")
    CompanyFactory(name="Two", domain="gmail.com")

    search(kind("companies"))

    reasons = DuplicatePair.objects.values_list("record_a", "record_b", "reason")
    assert set(reasons) == {
        (acme.pk, limited.pk, "name"),
        (site.pk, domain.pk, "domain"),
        (spaced.pk, joined.pk, "name"),
    }


def test_deals_are_compared_without_failing_on_amounts_and_dates():
    one, other, _third = (DealFactory(dealname="Acme: renewal", amount=amount) for amount in (10, 10, 99))

    search(kind("deals"))

    assert pairs() == {(one.pk, other.pk)}


@pytest.fixture
def vendors():
    """An object type of an administrator's own, with an email, a phone and a domain of its own."""
    properties = {
        "vendor_name": {},
        "mailbox": {"type": "email"},
        "hotline": {"type": "phonenumber"},
        "site": {"type": "url"},
    }
    groups = {"about": {"properties": properties}}
    vendors = {"singular": "Vendor", "plural": "Vendors", "primary": ["vendor_name"], "groups": groups}
    definition.apply({"objects": {"vendors": vendors}})
    return kind("vendors")


def test_types_that_users_defined_are_searched_by_their_own_properties(vendors):
    def vendor(name, **values):
        return services.create_record(vendors, {"vendor_name": name, **values}, by=by())

    one, other = vendor("Acme", mailbox="info@acme.example"), vendor("Zeta", mailbox="INFO+x@acme.example")
    third, fourth = (
        vendor("Bolt", site="https://bolt.example"),
        vendor("Nuts", site="http://www.bolt.example/"),
    )
    fifth, sixth = vendor("Carl Inc", hotline="601 234 567"), vendor("Carl", hotline="+48601234567")
    vendor("Lone")

    search(vendors)

    assert pairs() == {(one.pk, other.pk), (third.pk, fourth.pk), (fifth.pk, sixth.pk)}
    assert set(DuplicatePair.objects.values_list("reason", flat=True)) == {"email", "domain", "phone"}
    assert pairs() == naively(vendors)


def test_what_a_crowd_shares_is_left_out_but_those_who_work_together_are_found():
    many = CROWD + 5
    for number in range(many):
        person("Info", "Desk", f"info@firm{number}.example", phone="601 234 567")
    together = person("Info", "Desk", "a@same.example"), person("Info", "Desk", "b@same.example")

    report = search(kind())

    assert pairs() == {(together[0].pk, together[1].pk)}
    assert report.crowds == 2  # the name and the number


def test_a_name_that_many_share_costs_no_more_than_so_many_neighbours(monkeypatch):
    contacts = [Contact(object_type=kind(), firstname="Info", lastname=f"Desk {n:04}") for n in range(1_500)]
    for contact in contacts:
        contact.derive()
    telling, compared = Telling(kind()), []
    monkeypatch.setattr(duplicate_search, "judge", lambda one, other: compared.append(1))

    with duplicate_search.Workshop() as workshop:
        workshop.add([(number, telling.of(contact)) for number, contact in enumerate(contacts, 1)])
        workshop.leave_out_crowds()
        workshop.compare()

    keys = 8  # at most, of a name of three words
    assert len(compared) <= keys * duplicate_search.WINDOW * len(contacts)


def test_blocks_find_what_comparing_each_with_each_finds():
    """Typos of every sort in names that stand among many others."""
    rng = random.Random(7)
    firsts, lasts = FIRST_NAMES.split(), LAST_NAMES.split()
    values = []
    for first in firsts:
        for last in lasts:
            if rng.random() < 0.5:
                values.append((first, last))
            if rng.random() < 0.5:
                place = rng.randrange(1, len(last) - 1)
                values.append(
                    rng.choice(
                        [
                            (first, last[:place] + last[place + 1 :]),
                            (first, last[:place] + "x" + last[place:]),
                            (first, last[:place] + last[place + 1] + last[place] + last[place + 2 :]),
                            (last, first),
                            (f"{first} M.", last),
                        ]
                    )
                )
    for first, last in values:
        person(first, last)

    search(kind())

    expected = naively(kind())
    assert len(expected) > 20
    assert pairs() == expected


def test_the_command_says_what_it_found_and_is_idempotent():
    person("Ada", "King")
    person("Ada", "King")
    CompanyFactory()

    def run(*types) -> list[str]:
        out = StringIO()
        call_command("find_duplicates", *types, stdout=out)
        return out.getvalue().splitlines()

    assert run("contacts", "companies") == [
        "contacts: 2 records, 1 pairs (1 new, 0 gone)",
        "companies: 1 records, 0 pairs (0 new, 0 gone)",
    ]
    assert run("contacts") == ["contacts: 2 records, 1 pairs (0 new, 0 gone)"]
    assert len(run()) == len(schema.current().main_types)
    assert DuplicateSearch.objects.count() == len(schema.current().main_types)
    with pytest.raises(CommandError, match="nonsense"):
        run("nonsense")


def test_a_search_takes_as_many_queries_with_few_as_with_many():
    def queries(number) -> list[str]:
        for index in range(number):
            for _twice in range(2):
                person(chr(97 + index) * 5, "King", phone=f"60123456{index}")
        with CaptureQueriesContext(connection) as captured:
            search(kind())
        assert DuplicatePair.objects.count() >= number
        DuplicatePair.objects.all().delete()
        return [query["sql"][:90] for query in captured.captured_queries]

    DuplicateSearch.objects.create(object_type=kind())
    few, many = queries(2), queries(9)
    assert len(few) == len(many), [*few, *many]


def test_records_that_go_for_good_take_their_pairs_along():
    ada, _twin = person("Ada", "King"), person("Ada", "King")
    search(kind())

    Contact.objects.get(pk=ada.pk).delete()

    assert not DuplicatePair.objects.exists()
    assert not Company.objects.exists()
