"""What the bench loads past the services equals what they would write."""

import os
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connections, models

from associations.models import Association, AssociationLabel, AssociationLimit, Labelling
from bench import run
from bench.generate import Size
from records import indexes, schema, search
from records.models import Company, Record, StageEntry, UniqueValue
from records.provenance import Origin

RECORDS = run.SMALL
BENCH = "bench"

pytestmark = pytest.mark.django_db(databases=["default", BENCH])


@pytest.fixture(scope="module", autouse=True)
def world(tmp_path_factory, django_db_setup):
    """A loaded database of its own, reached under an alias."""
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        name = f"kith_bench_test_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    else:
        name = str(tmp_path_factory.mktemp("bench") / "world.sqlite3")
        url = f"sqlite:///{name}"
    run.make_ready(url, RECORDS)
    connections.settings[BENCH] = {**connections.settings["default"], "NAME": name}
    yield url
    connections[BENCH].close()
    del connections[BENCH]
    del connections.settings[BENCH]
    run.remove(url)


def specific_records() -> list[Record]:
    return [record.specific for record in Record.objects.using(BENCH).with_details()]


def columns(record: Record) -> dict:
    return {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}


def pairs() -> list[tuple[int, int]]:
    return list(Association.objects.using(BENCH).values_list("record_a", "record_b"))


def test_there_are_as_many_records_of_each_type_as_asked_for():
    found = Counter(record.kind.name for record in specific_records())

    logged = {
        kind.name: found.pop(kind.name) for kind in schema.current().activity_types if kind.name in found
    }
    assert found == Size.of(RECORDS).by_type
    assert sum(logged.values()) == Size.of(RECORDS).activities


def test_derived_columns_are_what_saving_would_write():
    for record in specific_records():
        stored = columns(record)
        record.derive()
        assert columns(record) == stored
        assert record.sort_name
        assert record.search_text
        assert record.origin == Origin.IMPORT


def test_unique_values_are_claimed_once_by_the_records_that_have_them():
    expected = {
        (prop_id, value, record.pk)
        for record in specific_records()
        for prop_id, value in record.unique_values().items()
    }

    assert set(UniqueValue.objects.using(BENCH).values_list("prop", "value", "record")) == expected
    assert len(expected) >= Size.of(RECORDS).contacts


def test_a_stage_stands_with_its_own_pipeline():
    for record in specific_records():
        if prop := record.kind.stage_property:
            pipeline = "pipeline_id" if record.kind.name == "deals" else "hs_pipeline_id"
            assert prop.value_of(record).pipeline_id == getattr(record, pipeline)


def test_every_record_with_a_stage_has_entered_it_when_it_was_made():
    expected = {
        (
            record.pk,
            prop.value_of(record).pk,
            prop.value_of(record).label,
            record.created_at,
            record.created_by_id,
        )
        for record in specific_records()
        if (prop := record.kind.stage_property)
    }
    columns = ("record", "stage", "label", "entered_at", "entered_by")
    entries = StageEntry.objects.using(BENCH).filter(left_at=None)

    assert set(entries.values_list(*columns)) == expected
    assert len(expected) == Size.of(RECORDS).deals + Size.of(RECORDS).tickets


def test_pairs_are_canonical_and_unique_and_carry_the_types_of_their_records():
    types = dict(Record.objects.using(BENCH).values_list("pk", "object_type"))

    size = Size.of(RECORDS)
    assert len(set(pairs())) == len(pairs()) == size.associations + size.activities
    happened = dict(Record.objects.using(BENCH).values_list("pk", "happened_at"))
    for association in Association.objects.using(BENCH):
        assert association.record_a_id < association.record_b_id
        assert association.type_a_id == types[association.record_a_id]
        assert association.type_b_id == types[association.record_b_id]
        assert association.archived_ends == 0
        assert association.happened_at == happened[association.record_b_id]
        assert not association.is_pending


def labellings(name: str) -> list[Labelling]:
    """Return who carries the labels of a name, the oldest associations first."""
    rows = Labelling.objects.using(BENCH).filter(label__name=name)
    return list(rows.order_by("association").select_related("association", "label"))


def numbered(from_type: str, to_type: str) -> dict[int, list[int]]:
    """Return which records of one type each of another is associated with, the oldest first."""
    types = dict(Record.objects.using(BENCH).values_list("pk", "object_type__name"))
    found: dict[int, list[int]] = {}
    for a, b in Association.objects.using(BENCH).order_by("pk").values_list("record_a", "record_b"):
        for one, other in ((a, b), (b, a)):
            if (types[one], types[other]) == (from_type, to_type):
                found.setdefault(one, []).append(other)
    return found


def test_every_limit_is_kept():
    limits = list(AssociationLimit.objects.using(BENCH).select_related("from_type", "to_type", "label"))
    assert {str(limit) for limit in limits} == {"Contacts → Companies: 1", "Deals → Decision maker: 1"}

    for limit in limits:
        held = [len(others) for others in numbered(limit.from_type.name, limit.to_type.name).values()]
        if limit.label:
            held = Counter(row.from_record_id for row in labellings(limit.label.name)).values()
        assert held
        assert max(held) <= limit.maximum


def test_the_first_company_is_the_primary_one():
    expected = {
        (one, companies[0])
        for holder in ("contacts", "deals", "tickets")
        for one, companies in numbered(holder, "companies").items()
    }
    rows = labellings("primary")

    assert {(row.from_record_id, row.to_record_id) for row in rows} == expected
    assert len(rows) == len(expected) > Size.of(RECORDS).deals
    assert all(row.is_primary for row in rows)


@pytest.mark.parametrize(
    ("holder", "name", "place"),
    [("deals", "decision_maker", 0), ("deals", "budget_holder", 1), ("tickets", "reporter", 0)],
)
def test_deals_and_tickets_have_labelled_contacts(holder, name, place):
    people = numbered(holder, "contacts")
    rows = labellings(name)

    expected = {(one, others[place]) for one, others in people.items() if len(others) > place}
    assert {(row.from_record_id, row.to_record_id) for row in rows} == expected
    assert len(rows) == len(expected) > 0


def test_labels_stand_on_the_associations_of_their_records_and_fit_their_types():
    types = dict(Record.objects.using(BENCH).values_list("pk", "object_type"))
    rows = list(Labelling.objects.using(BENCH).select_related("association", "label"))

    for row in rows:
        assert {row.from_record_id, row.to_record_id} == set(row.association.pair)
        ends = (types[row.from_record_id], types[row.to_record_id])
        assert ends == (row.label.from_type_id, row.label.to_type_id)
        assert row.is_primary == row.label.is_primary
        assert row.label.is_directed or row.from_record_id < row.to_record_id
    assert {row.label.name for row in rows} == {
        *AssociationLabel.objects.using(BENCH).values_list("name", flat=True)
    } - {"manager", "headquarters", "user"}


def test_one_company_is_the_hub():
    main = {one.pk for one in specific_records() if not one.kind.is_activity}
    numbers = Counter(pk for pair in pairs() if main.issuperset(pair) for pk in pair)
    hub, number = numbers.most_common(1)[0]

    assert number == Size.of(RECORDS).hub
    assert Company.objects.using(BENCH).filter(pk=hub).exists()


def test_one_contact_has_a_tenth_of_all_activities():
    rows = Association.objects.using(BENCH).filter(happened_at__isnull=False)
    (_busy, number), (_typical, few) = Counter(rows.values_list("record_a", flat=True)).most_common(2)

    assert (number, few) == (RECORDS // 10, 20)


def test_indexes_constraints_and_triggers_are_back():
    def schema(alias: str) -> dict:
        with connections[alias].cursor() as cursor:
            described = {}
            for model in (Record, *Record.concrete_models(), UniqueValue, StageEntry, Association, Labelling):
                table = model._meta.db_table
                found = connections[alias].introspection.get_constraints(cursor, table)
                described[table] = {
                    name: facts["columns"]
                    for name, facts in found.items()
                    if "__unnamed" not in name and not name.startswith(indexes.PREFIX)
                }
            if connections[alias].vendor == "sqlite":
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                described["triggers"] = {name for (name,) in cursor.fetchall()}
        return described

    assert schema(BENCH) == schema("default")


def test_a_loaded_record_is_found_by_search(monkeypatch):
    monkeypatch.setattr(search, "connection", connections[BENCH])
    record = Company.objects.using(BENCH).first()

    found = search.matching(Company.objects.using(BENCH), record.domain)

    assert [one.pk for one in found] == [record.pk]


def test_a_new_record_gets_an_id_of_its_own():
    last = Record.objects.using(BENCH).aggregate(last=models.Max("pk"))["last"]
    company = Company(
        name="Behind the others", object_type_id=Company.objects.using(BENCH).first().object_type_id
    )
    company.derive()

    models.Model.save_base(company, using=BENCH, force_insert=True)

    assert company.pk > last


def test_a_loaded_world_is_recognised_and_one_of_another_size_is_not(world):
    assert run.is_ready(world, RECORDS)
    assert not run.is_ready(world, RECORDS + 1)
