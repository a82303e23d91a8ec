"""Search finds every record in whose name, address, domain or subject all words occur, on both databases."""

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from records import schema, search
from records.models import Company, Contact, Record
from records.services import (
    archive_records,
    build_record,
    create_records,
    restore_records,
    update_record,
)
from records.text import fold
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

from .examples import few, undone

pytestmark = pytest.mark.django_db

LETTERS = "aAbcł́éÉ%_\\*\"'-:().^+🚀👩‍ß "
WORDS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=12)


def found(text: str) -> set[int]:
    return set(search.matching(Record.objects.live(), text).values_list("pk", flat=True))


def naive(text: str) -> set[int]:
    words = fold(text).split()
    if any(len(word) >= search.SHORTEST for word in words):
        fits = lambda record: all(word in record.search_text for word in words)  # noqa: E731
    else:
        fits = lambda record: record.sort_name.startswith(" ".join(words))  # noqa: E731
    return {record.pk for record in Record.objects.live() if fits(record)}


@few
@given(names=st.lists(WORDS, max_size=6), data=st.data())
def test_a_search_finds_just_what_contains_all_its_words(names, data):
    with undone():
        for name in names:
            CompanyFactory(name=name, domain="")
        texts = [data.draw(WORDS)]
        for name in names:
            start = data.draw(st.integers(0, len(name)))
            texts += [name, name.upper(), name[start:], name[:start]]
        for text in texts:
            assert found(text) == naive(text), text


@few
@given(text=st.text())
@example('"')
@example("a AND b* NEAR(c)")
@example("{search_text}: ^abc")
@example("abc\x00def")
@example("%_%_\\")
@example("x" * 10_000)
@example("👩‍🚀👩‍🚀")
@example("'; DROP TABLE records_record; --")
def test_any_text_can_be_searched_for(text):
    for records in (
        search.matching(Record.objects.all(), text),
        search.matching(Contact.objects.all(), text),
    ):
        assert not records.exists() or not fold(text)
    assert search.ranked(Record.objects.all(), text, 5) == []
    assert search.ranked_by_type(Record.objects.all(), schema.current().types, text, 5) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Łukasz Muñoz", "lukasz munoz"),
        ("Lukasz Munoz", "ŁUKASZ MUÑOZ"),
        ("Großmann", "GROSSMANN"),
        ("Ada Lovelace", "ovela"),
        ("Ada Lovelace", "lovelace ada"),
        ("Ada Lovelace", "a lovelace"),
        ("Ada Lovelace", "ad"),
        ("Ada Lovelace", "  LOVELACE   "),
        ("Ada Lovelace", "love\x00lace"),
        ("100% Tea", "100%"),
        ("a_b_c", "a_b"),
        ('The "Best" Tea', '"best"'),
        ("O'Brien", "o'brien"),
        ("Rocket 🚀🚀🚀", "🚀🚀🚀"),
        ("株式会社カネカ", "会社カ"),
        ("ℌarmony", "harmony"),
    ],
)
def test_what_people_look_for_is_found(name, text):
    company = CompanyFactory(name=name, domain="")

    assert found(text) == {company.pk}
    assert search.ranked(Record.objects.all(), text, 5) == [Record.objects.get(pk=company.pk)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1000 Tea", "100%"),
        ("axbxc", "a_b"),
        ("Tea", "tea -tea"),
        ("Tea", "tea OR milk"),
        ("Ada Lovelace", "x lovelace"),
        ("Ada Lovelace", "da"),
    ],
)
def test_signs_mean_themselves_and_every_word_counts(name, text):
    CompanyFactory(name=name, domain="")

    assert found(text) == set()


def test_names_emails_domains_and_subjects_are_found_other_properties_are_not():
    contact = ContactFactory(firstname="Ada", lastname="L", email="countess@example.com", city="Marylebone")
    company = CompanyFactory(name="Acme", domain="tea.example.org", industry="Beverages")
    deal, ticket = DealFactory(dealname="Engines"), TicketFactory(subject="On fire", content="smoke")

    assert found("countess") == {contact.pk}
    assert found("example.org") == {company.pk}
    assert found("engine") == {deal.pk}
    assert found("fire") == {ticket.pk}
    assert found("marylebone") == found("beverages") == found("smoke") == set()


def test_a_word_does_not_match_across_two_properties():
    ContactFactory(firstname="Ada", lastname="Love", email="lace@example.com")

    assert found("lovelace") == set()


def test_no_text_finds_all():
    records = {ContactFactory().pk, DealFactory().pk}

    assert found("") == found("  ") == found("\x00") == records


# --- In step ----------------------------------------------------------------------------------------


def test_an_update_is_found_at_once_and_the_old_name_no_longer():
    contact = ContactFactory(firstname="Ada", lastname="Byron", email="")

    update_record(contact, {"lastname": "Lovelace"}, by=by())

    assert found("lovelace") == {contact.pk}
    assert found("byron") == set()


def test_archived_records_are_not_found_and_restored_ones_are():
    company = CompanyFactory(name="Acme Tea")

    archive_records([company.pk], by=by())
    assert found("acme") == set()

    restore_records([company.pk], by=by())
    assert found("acme") == {company.pk}


def test_deleted_records_leave_the_index():
    first, second = CompanyFactory(name="Acme Tea"), CompanyFactory(name="Acme Milk")

    first.delete()
    assert found("acme") == {second.pk}

    Company.objects.all().delete()
    assert found("acme") == set()


def test_records_made_many_at_once_are_found():
    kind = schema.current().type("companies")
    records = [build_record(kind, {"name": f"Acme {number}"}, by=by()) for number in range(5)]

    create_records(records, by=by())

    assert found("acme") == {record.pk for record in records}


def test_a_rolled_back_change_is_not_found():
    with undone():
        CompanyFactory(name="Acme Tea")

    assert found("acme") == set()


def test_a_rebuild_changes_nothing_that_is_found():
    company = CompanyFactory(name="Acme Tea")

    search.rebuild()

    assert found("acme") == {company.pk}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite rebuilds tables")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_index_survives_a_migration_that_rebuilds_the_table():
    before = CompanyFactory(name="Acme Tea")
    with connection.schema_editor() as editor:
        editor._remake_table(Record)
    meanwhile = CompanyFactory(name="Acme Milk")

    call_command("migrate", verbosity=0)
    after = CompanyFactory(name="Acme Coffee")
    Record.objects.filter(pk=before.pk).update(search_text="acme water")

    assert found("acme") == {before.pk, meanwhile.pk, after.pk}
    assert found("acme water") == {before.pk}
    assert found("acme tea") == set()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an index of PostgreSQL")
def test_a_lost_index_is_made_again_by_migrate():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX records_search")

    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'records_search'")
        assert cursor.fetchone() == (1,)


# --- The best first ---------------------------------------------------------------------------------


def test_names_that_begin_so_come_first_then_those_with_a_word_that_does_then_the_others():
    names = ["Xtea", "Green tea", "Tea b", "Tea a", "Black tea"]
    for name in names:
        CompanyFactory(name=name, domain="")

    ranked = search.ranked(Record.objects.live(), "tea", 10)

    assert [str(record) for record in ranked] == ["Tea a", "Tea b", "Black tea", "Green tea", "Xtea"]
    assert [str(record) for record in search.ranked(Record.objects.live(), "tea", 3)] == [
        "Tea a",
        "Tea b",
        "Black tea",
    ]


def test_matches_come_by_type_each_with_its_best(django_assert_max_num_queries):
    for number in range(4):
        CompanyFactory(name=f"Tea {number}", domain="")
        DealFactory(dealname=f"Green tea {number}")
    archive_records([CompanyFactory(name="Tea", domain="").pk], by=by())
    types = schema.current().types

    with django_assert_max_num_queries(2):
        groups = search.ranked_by_type(Record.objects.live(), types, "tea", 2)
    assert [(kind.name, [str(record) for record in records]) for kind, records in groups] == [
        ("companies", ["Tea 0", "Tea 1"]),
        ("deals", ["Green tea 0", "Green tea 1"]),
    ]


def test_matches_of_types_that_are_not_asked_for_are_left_out():
    CompanyFactory(name="Green tea", domain="")
    DealFactory(dealname="Green tea")

    groups = search.ranked_by_type(Record.objects.live(), [schema.current().type("deals")], "tea", 2)

    assert [kind.name for kind, _records in groups] == ["deals"]


def test_no_text_ranks_the_latest_first():
    first, second = CompanyFactory(), CompanyFactory()
    update_record(first, {"city": "London"}, by=by())

    assert [record.pk for record in search.ranked(Record.objects.live(), "", 5)] == [first.pk, second.pk]


@few
@given(names=st.lists(WORDS, max_size=6), text=WORDS)
def test_what_is_ranked_is_what_matches(names, text):
    with undone():
        for name in names:
            CompanyFactory(name=name, domain="")
        expected = naive(text) if fold(text) else {record.pk for record in Record.objects.all()}

        ranked = search.ranked(Record.objects.live(), text, 100)

        assert len(ranked) == len({record.pk for record in ranked})
        assert {record.pk for record in ranked} == expected | {
            record.pk for record in Record.objects.live() if record.sort_name.startswith(fold(text))
        }
