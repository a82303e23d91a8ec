"""Properties that are said to be fast get an index, which lists then use."""

from datetime import date
from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict

from records import data_model, definition, indexes, schema
from records.definition import DefinitionRefused
from records.lists import RecordList
from records.models import PropertyGroup, Record
from records.services import build_record, create_records
from tests.associations.test_concurrency import at_once
from tests.factories import by

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NUMBER = 2_000  # so many that reading them all is dearer than an index
PROPERTIES = {
    "reference": {"type": "text", "indexed": True},
    "score": {"type": "number", "indexed": True},
    "price": {"type": "currency", "indexed": True},
    "renewal": {"type": "date", "indexed": True},
    "tier": {"type": "select", "indexed": True, "options": {"gold": "Gold", "tin": "Tin"}},
    "remark": {"type": "text"},
}


@pytest.fixture
def contacts():
    """Contacts with values, whose type has fast properties."""
    define(PROPERTIES)
    kind = schema.current().type("contacts")
    create_records(
        [
            build_record(
                kind,
                {
                    "firstname": f"Person {n}",
                    "reference": f"Ref-{n}",
                    "score": n,
                    "price": Decimal(f"{n}.50"),
                    "renewal": date(2026, n % 12 + 1, n % 28 + 1),
                    "tier": "gold" if n == 500 else "tin",
                },
                by=by(),
            )
            for n in range(NUMBER)
        ],
        by=by(),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    yield kind
    define({name: {**given, "indexed": False} for name, given in PROPERTIES.items()})
    indexes.sync()


def define(properties):
    definition.apply(
        {"objects": {"contacts": {"groups": {"more": {"label": "More", "properties": properties}}}}}
    )


def names(prop_name):
    return {
        index.name for index in indexes.indexes_of(schema.current().type("contacts").properties[prop_name])
    }


def plan(query: str, user) -> str:
    """Return how the database reads a page of the list."""
    records = RecordList(schema.current().type("contacts"), QueryDict(query), user)
    order = records.order
    rows = records.rows.with_values(
        prop for name, prop in records.object_type.properties.items() if name == records.sort.lstrip("-")
    )
    sign = "-" if order.descending else ""
    return rows.order_by(f"{sign}{order.lookup}", f"{sign}{order.key}")[:25].explain()


def test_a_property_said_to_be_fast_gets_its_indexes_and_loses_them_again(contacts):
    assert indexes.standing() == {}

    built = indexes.sync()

    assert set(built) == set(indexes.standing()) == set().union(*map(names, PROPERTIES))
    assert names("reference")
    assert not names("remark")
    assert indexes.sync() == []
    define({"score": {"type": "number", "indexed": False}})
    (dropped,) = indexes.sync()
    assert "number" in dropped
    assert dropped not in indexes.standing()


@pytest.mark.parametrize(
    ("query", "prop"),
    [
        ("tier__in=gold", "tier"),
        ("score__between=10,12", "score"),
        ("score__eq=7", "score"),
        ("price__gte=1995.50", "price"),
        ("renewal__on=2026-03-03", "renewal"),
        ("reference__is=REF-77", "reference"),
        ("sort=score", "score"),
        ("sort=-renewal", "renewal"),
        ("sort=price", "price"),
        ("sort=reference", "reference"),
    ],
)
def test_lists_are_read_by_the_index(contacts, user, query, prop):
    indexes.sync()

    assert any(name in plan(query, user) for name in names(prop))


def test_what_is_found_is_the_same_with_and_without_the_index(contacts, user):
    queries = (
        "tier__in=gold",
        "score__between=10,12",
        "price__gte=1990.50&sort=-score",
        "reference__is=ref-5",
    )

    def found():
        return [
            [row.pk for row in RecordList(contacts, QueryDict(query), user).page.rows] for query in queries
        ]

    before = found()
    indexes.sync()
    assert found() == before
    assert all(before)


def test_a_build_that_broke_off_is_made_good_by_the_next_start(contacts, user, settings, tmp_path):
    indexes.sync()
    (name,) = names("score")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
        else:
            cursor.execute(f"DROP INDEX {name}")
    score = contacts.properties["score"]
    assert indexes.missing([score, contacts.properties["tier"]]) == {"score"}

    settings.STATIC_ROOT = tmp_path
    call_command("prepare", verbosity=0)

    assert indexes.missing([score]) == set()


def test_what_has_no_order_cannot_be_fast():
    with pytest.raises(DefinitionRefused) as refused:
        define({"story": {"type": "textarea", "indexed": True}})

    assert refused.value.messages == [
        "contacts.properties.story.indexed: Such values cannot be given an index."
    ]
    assert Record.objects.count() == 0


def test_those_who_sync_at_once_wait_for_each_other_and_all_indexes_are_built():
    define(PROPERTIES)

    results = at_once(*[indexes.sync] * 4)

    assert not [result for result in results if isinstance(result, Exception)], results
    assert indexes.standing() == dict.fromkeys(indexes.wanted(), True)
    define({name: {**given, "indexed": False} for name, given in PROPERTIES.items()})
    indexes.sync()


def test_many_changes_of_the_data_model_in_one_transaction_sync_once(monkeypatch):
    started = []
    monkeypatch.setattr(indexes.threading, "Thread", lambda **options: started.append(options) or Mock())

    with transaction.atomic():
        define({"fast": {"type": "text", "indexed": True}})
        for number in range(3):
            with data_model.changing():
                PropertyGroup.objects.create(
                    object_type=schema.current().type("contacts"), name=f"group_{number}", label="Group"
                )

    assert len(started) == 1
    define({"fast": {"type": "text", "indexed": False}})
