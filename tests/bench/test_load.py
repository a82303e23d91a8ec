"""What the bench loads past the services equals what they would write."""

import os
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connections, models

from associations.models import Association, AssociationLimit
from bench import run
from bench.generate import Size
from records import indexes, search
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

    assert found == Size.of(RECORDS).by_type


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

    assert len(set(pairs())) == len(pairs()) == Size.of(RECORDS).associations
    for association in Association.objects.using(BENCH):
        assert association.record_a_id < association.record_b_id
        assert association.type_a_id == types[association.record_a_id]
        assert association.type_b_id == types[association.record_b_id]
        assert association.archived_ends == 0


def test_every_limit_is_kept():
    types = dict(Record.objects.using(BENCH).values_list("pk", "object_type"))
    numbers = Counter((one, types[other]) for pair in pairs() for one, other in (pair, pair[::-1]))

    for limit in AssociationLimit.objects.using(BENCH):
        held = [
            number
            for (pk, to), number in numbers.items()
            if (types[pk], to) == (limit.from_type_id, limit.to_type_id)
        ]
        assert held
        assert max(held) <= limit.maximum


def test_one_company_is_the_hub():
    numbers = Counter(pk for pair in pairs() for pk in pair)
    hub, number = numbers.most_common(1)[0]

    assert number == Size.of(RECORDS).hub
    assert Company.objects.using(BENCH).filter(pk=hub).exists()


def test_indexes_constraints_and_triggers_are_back():
    def schema(alias: str) -> dict:
        with connections[alias].cursor() as cursor:
            described = {}
            for model in (Record, *Record.concrete_models(), UniqueValue, StageEntry, Association):
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
