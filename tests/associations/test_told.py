"""What history tells of associations and labels, as it reads on the page of either record."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from associations import services, told
from associations.labels import Word, primary_word
from associations.models import AssociationEvent
from associations.told import SHOWN
from records import erasing, schema
from records import services as record_services
from records.history import recorded
from records.models import Change, Erasure, Record
from records.provenance import By, Origin
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    UserFactory,
    by,
    make_label,
)

pytestmark = pytest.mark.django_db


def words(text: str) -> str:
    """Return what markup says, on one line."""
    return " ".join(strip_tags(text).split())


def entries(client, record, **query) -> list[str]:
    """Return what the entries of a record's history say, without how it came to be."""
    response = client.get(f"/records/{record.kind.name}/{record.pk}/", {"tab": "history", **query})
    assert response.status_code == 200
    found = re.findall(r'<li class="history__entry">(.*?)<div class="history__foot">', response.text, re.S)
    return [said for one in found if " created" not in (said := words(one))]


@pytest.fixture
def engine():
    return DealFactory(dealname="Engine")


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="Lovelace")


@pytest.fixture
def decider():
    return make_label("deals", "contacts", "Decision maker", "Decides on")


# --- Each action, from both records -----------------------------------------------------------------


def test_an_association_is_told_on_both_pages_when_it_comes_and_when_it_goes(signed_in, user, engine, ada):
    services.associate(engine, [ada.pk], by=by(user))
    services.dissociate(ada, [engine.pk], by=by(user))

    assert entries(signed_in, engine) == [
        "grace removed the association with the contact Ada Lovelace",
        "grace associated the contact Ada Lovelace",
    ]
    assert entries(signed_in, ada) == [
        "grace removed the association with the deal Engine",
        "grace associated the deal Engine",
    ]


def test_labels_are_told_along_with_their_association_in_the_word_of_each_page(
    signed_in, user, engine, ada, decider
):
    services.associate(engine, [ada.pk], by=by(user), words={ada.pk: [Word(decider)]})
    services.dissociate(engine, [ada.pk], by=by(user))

    assert entries(signed_in, engine) == [
        "grace removed the association with the contact Ada Lovelace Decision maker",
        "grace associated the contact Ada Lovelace Decision maker",
    ]
    assert entries(signed_in, ada) == [
        "grace removed the association with the deal Engine Decides on",
        "grace associated the deal Engine Decides on",
    ]


def test_labels_put_on_and_taken_off_are_told_on_both_pages(signed_in, user, engine, ada, decider):
    services.associate(engine, [ada.pk], by=by())
    services.set_words(engine, ada.pk, [Word(decider)], by=by(user))
    services.set_words(ada, engine.pk, [], by=by(user))

    assert entries(signed_in, engine)[:2] == [
        "grace took the label Decision maker off the contact Ada Lovelace",
        "grace labelled the contact Ada Lovelace as Decision maker",
    ]
    assert entries(signed_in, ada)[:2] == [
        "grace took the label Decides on off the deal Engine",
        "grace labelled the deal Engine as Decides on",
    ]


def test_a_paired_label_within_one_type_reads_right_from_either_end(signed_in, user, ada):
    boss = ContactFactory(firstname="Big", lastname="Boss")
    manager = make_label("contacts", "contacts", "Manager", "Employee")
    for first, second in ((ada, boss), (boss, ada)):
        services.associate(first, [second.pk], by=by(user), words={second.pk: [Word(manager)]})
        assert entries(signed_in, first)[0].endswith(f"the contact {second} Manager")
        assert entries(signed_in, second)[0].endswith(f"the contact {first} Employee")
        services.dissociate(first, [second.pk], by=by(user))


def test_a_single_label_within_one_type_is_the_same_word_on_both_pages(signed_in, user, ada):
    other = ContactFactory(firstname="Alan", lastname="Turing")
    colleague = make_label("contacts", "contacts", "Colleague")
    services.associate(ada, [other.pk], by=by(user), words={other.pk: [Word(colleague)]})

    assert entries(signed_in, ada) == ["grace associated the contact Alan Turing Colleague"]
    assert entries(signed_in, other) == ["grace associated the contact Ada Lovelace Colleague"]


def test_making_a_company_primary_is_told_for_all_three(signed_in, user, engine):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(engine, [acme.pk, beta.pk], by=by())
    word = primary_word(engine.object_type_id, beta.object_type_id)
    services.label_pairs({(engine.pk, beta.pk): [word]}, by=by(user))

    newest = entries(signed_in, engine)[0]
    assert "grace made Beta the primary company" in newest
    assert "grace took the label Primary off the company Acme" in newest
    assert (
        entries(signed_in, beta)[0] == "grace made this the primary deal of Engine"
        or entries(signed_in, beta)[0] == "grace made this the primary company of Engine"
    )
    assert "off the deal Engine" in entries(signed_in, acme)[0]


def test_an_archived_label_is_still_told(signed_in, user, engine, ada, decider):
    services.associate(engine, [ada.pk], by=by(user), words={ada.pk: [Word(decider)]})
    decider.__class__.objects.filter(pk=decider.pk).update(archived_at="2024-01-01T00:00Z")
    schema.data_model_changed()

    assert entries(signed_in, engine) == ["grace associated the contact Ada Lovelace Decision maker"]


def test_several_records_are_one_line_with_their_names(signed_in, user, engine, ada):
    others = [ada, CompanyFactory(name="Acme"), ContactFactory(firstname="Alan", lastname="Turing")]
    services.associate(engine, [other.pk for other in others], by=by(user))

    (line,) = entries(signed_in, engine)

    assert line.startswith("grace associated 3 records")
    assert all(str(other) in line for other in others)


def test_an_import_is_one_entry_however_much_it_did(signed_in, engine, ada):
    author = recorded(By(None, Origin.IMPORT), Change.Kind.IMPORT, "customers.csv")
    record_services.update_record(engine, {"dealname": "New engine"}, by=author)
    services.associate(engine, [ada.pk], by=author)

    (entry,) = entries(signed_in, engine)

    assert "Import customers.csv changed Deal name from Engine to New engine" in entry
    assert "Import customers.csv associated the contact Ada Lovelace" in entry


# --- Other records that are gone --------------------------------------------------------------------


def test_an_archived_record_is_named_as_archived(signed_in, user, engine, ada):
    services.associate(engine, [ada.pk], by=by(user))
    record_services.archive_records([ada.pk], by=by(user))

    assert entries(signed_in, engine) == ["grace associated the contact Ada Lovelace (archived)"]


def test_a_merged_record_leads_to_its_survivor(signed_in, user, engine, ada):
    services.associate(engine, [ada.pk], by=by(user))
    survivor = ContactFactory(firstname="Augusta", lastname="King")
    record_services.archive_records([ada.pk], by=by(user))
    Record.objects.filter(pk=ada.pk).update(merged_into=survivor)

    page = signed_in.get(engine.get_absolute_url(), {"tab": "history"}).text

    assert "Ada Lovelace</a> <span class=muted>(merged into Augusta King)" in page
    answer = signed_in.get(f"/records/{ada.pk}/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(survivor.get_absolute_url())


def test_an_erased_record_is_told_of_nowhere(signed_in, admin_client, user, engine, ada):
    other = CompanyFactory(name="Acme")
    services.associate(engine, [ada.pk, other.pk], by=by(user))
    change = Change.objects.first()
    erasing.erase([ada.pk], by=by(), kind=Erasure.Kind.PRIVACY)

    for page in (
        signed_in.get(engine.get_absolute_url(), {"tab": "history"}),
        admin_client.get(f"/history/{change.pk}/"),
        admin_client.get("/history/"),
    ):
        assert "Lovelace" not in page.text
    assert entries(signed_in, engine) == ["grace associated the company Acme Primary"]


# --- Filters and large sets -------------------------------------------------------------------------


def test_associations_alone_and_properties_alone(signed_in, user, engine, ada):
    services.associate(engine, [ada.pk], by=by(user))
    record_services.update_record(engine, {"dealname": "New"}, by=by(user))

    assert entries(signed_in, engine, what="associations") == ["grace associated the contact Ada Lovelace"]
    assert entries(signed_in, engine, what="properties") == ["grace changed Deal name from Engine to New"]


@pytest.mark.parametrize("read", [500, 10])
def test_of_a_great_many_records_a_few_are_named_and_the_rest_counted(
    admin_client, user, engine, decider, monkeypatch, read
):
    monkeypatch.setattr(told, "READ", read)
    people = ContactFactory.create_batch(SHOWN * 2)
    services.associate(
        engine, [one.pk for one in people], by=by(user), words={one.pk: [Word(decider)] for one in people}
    )

    (line,) = entries(admin_client, engine)

    assert line.startswith(f"grace associated {len(people)} records")
    named = [one for one in people if str(one) in line]
    assert SHOWN / 2 <= len(named) < SHOWN
    assert line.count("Decision maker") == len(named)
    assert line.endswith(f"and {len(people) - len(named)} more")


def test_a_records_part_of_a_change_is_shown_in_full(admin_client, user, engine, ada):
    other = DealFactory(dealname="Other")
    author = recorded(by(user))
    services.associate_pairs([(engine.pk, ada.pk), (other.pk, ada.pk)], by=author)
    address = f"/history/{author.change.pk}/?part=associations"

    assert "Other" in admin_client.get(address).text
    narrowed = admin_client.get(f"{address}&record={engine.pk}").text
    assert "Other" not in narrowed
    assert "Only what concerns Engine." in narrowed


def test_the_tab_takes_as_many_queries_for_many_events_as_for_few(signed_in, engine):
    owner = UserFactory()

    def grow(number: int) -> int:
        for _place in range(number):
            others = [*ContactFactory.create_batch(3, owner=owner), DealFactory()]
            services.associate(engine, [other.pk for other in others], by=by(owner))
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(engine.get_absolute_url(), {"tab": "history"}).status_code == 200
        return len(captured)

    few, many, more = grow(3), grow(20), grow(20)

    # On the last page one looks whether it ends with how the record came to be.
    assert (many, more) == (few - 1, few - 1)
    assert AssociationEvent.objects.filter(record_a=engine.pk).count() == 43 * 4
