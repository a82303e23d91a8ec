"""Labels chosen in the picker, for what is ticked, for what is created and for what is associated already."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import Word, primary_word
from associations.models import Association
from records import schema
from records.models import Change, Contact
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

from .seen import primary_of, words_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def decider():
    """A label of contacts on the pages of deals."""
    return make_label("deals", "contacts", "Decision maker")


@pytest.fixture
def deal():
    return DealFactory(dealname="Engine")


def picker(record, type_name: str = "contacts") -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{type_name}/add/"


def box(text: str, name, key) -> str:
    """Return the markup of a label's checkbox; empty where it is not offered."""
    found = re.search(rf'<input type="checkbox" name="label-{name}" value="{key}"[^>]*>', text)
    return found[0] if found else ""


def test_ticked_records_get_the_labels_chosen_for_them_in_one_change(signed_in, deal, decider):
    user = make_label("deals", "contacts", "User")
    ada, bob = ContactFactory.create_batch(2)
    fields = {"selected": [ada.pk, bob.pk], f"label-{ada.pk}": [decider.pk, user.pk]}

    answer = signed_in.post(picker(deal), fields, headers=HTMX)

    assert words_of(deal) == {ada.pk: {"Decision maker", "User"}, bob.pk: set()}
    assert "2 records associated." in answer.text
    change = Change.objects.get(association_events__isnull=False, association_events__label=user)
    assert f"/history/{change.pk}/undo/" in answer.text
    undo(change, by=by())
    assert words_of(deal) == {}


def test_labels_read_as_on_the_page_at_hand(signed_in, deal):
    label = make_label("deals", "contacts", "Buyer", "Purchase")
    ada = ContactFactory()

    text = signed_in.get(picker(ada, "deals")).text
    assert re.search(r'value="\d+i"> <span>Purchase</span>', text)
    assert "Buyer" not in text

    signed_in.post(picker(ada, "deals"), {"selected": deal.pk, f"label-{deal.pk}": f"{label.pk}i"})
    assert words_of(ada) == {deal.pk: {"Purchase"}}
    assert words_of(deal) == {ada.pk: {"Buyer"}}


def test_where_two_types_have_no_labels_none_are_offered(signed_in, deal):
    ContactFactory()

    assert "label-choice" not in signed_in.get(picker(deal)).text
    assert "label-choice" not in signed_in.get(f"{picker(deal)}?tab=new").text


def test_the_record_to_be_created_gets_its_labels_along_with_the_ticked_ones(signed_in, deal, decider):
    ada = ContactFactory()
    fields = {"tab": "new", "new-firstname": "Charles", "label-new": decider.pk, "selected": ada.pk}

    answer = signed_in.post(picker(deal), fields, headers=HTMX)

    charles = Contact.objects.get(firstname="Charles")
    assert words_of(deal) == {ada.pk: set(), charles.pk: {"Decision maker"}}
    assert "1 record associated. Charles created and associated." in answer.text
    assert Change.objects.count() == 1
    undo(Change.objects.get(), by=by())
    assert words_of(deal) == {}


def test_the_one_associated_instead_of_a_new_one_gets_the_labels_of_the_new_one(signed_in, deal, decider):
    ada = ContactFactory()

    signed_in.post(picker(deal), {"tab": "new", "instead": ada.pk, "label-new": decider.pk})

    assert words_of(deal) == {ada.pk: {"Decision maker"}}


def test_an_associated_record_shows_its_labels_and_gets_others(signed_in, deal, decider):
    user = make_label("deals", "contacts", "User")
    ada = ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(decider)]})

    text = signed_in.get(picker(deal)).text
    assert '<span class="badge label">Decision maker</span>' in text
    assert box(text, ada.pk, user.pk)
    assert not box(text, ada.pk, decider.pk)
    assert f'<input type="hidden" name="associated" value="{ada.pk}">' in text

    fields = {"associated": ada.pk, f"label-{ada.pk}": user.pk}
    answer = signed_in.post(picker(deal), fields, headers=HTMX)
    assert "1 record labelled." in answer.text
    assert words_of(deal) == {ada.pk: {"Decision maker", "User"}}


def test_labels_of_what_is_not_ticked_are_passed_over(signed_in, deal, decider):
    ada, bob = ContactFactory.create_batch(2)

    signed_in.post(picker(deal), {"selected": bob.pk, f"label-{ada.pk}": decider.pk})
    assert words_of(deal) == {bob.pk: set()}

    answer = signed_in.post(picker(deal), {"associated": bob.pk, f"label-{ada.pk}": decider.pk})
    assert answer.status_code == 422
    assert "Tick at least one record." in answer.text


def test_choices_outlive_searches_and_tabs(signed_in, deal, decider):
    ada, bob = ContactFactory(firstname="Ada"), ContactFactory(firstname="Bob")
    linked = ContactFactory(firstname="Linked")
    services.associate(deal, [linked.pk], by=by())
    fields = {
        "selected": ada.pk,
        "associated": linked.pk,
        f"label-{ada.pk}": decider.pk,
        f"label-{linked.pk}": decider.pk,
        "label-new": decider.pk,
    }

    text = signed_in.post(picker(deal), fields | {"action": "search", "q": "bob"}).text
    assert "checked" in box(text, ada.pk, decider.pk)
    assert "checked" in box(text, linked.pk, decider.pk)
    assert f'name="associated" value="{linked.pk}" checked' in text
    assert "checked" not in box(text, bob.pk, decider.pk)
    assert f'<input type="hidden" name="label-new" value="{decider.pk}">' in text

    text = signed_in.post(picker(deal), fields | {"tab": "existing", "switch": "new"}).text
    assert all("checked" in box(text, name, decider.pk) for name in (ada.pk, linked.pk, "new"))
    text = signed_in.post(picker(deal), fields | {"tab": "new", "switch": "existing"}).text
    assert "checked" in box(text, ada.pk, decider.pk)
    assert "checked" in box(text, linked.pk, decider.pk)
    assert list(words_of(deal).values()) == [set()]


@pytest.mark.parametrize("key", ["0", "99999", "x", "-1", "9" * 40, "\x00", ""])
@pytest.mark.parametrize("tab", ["existing", "new"])
def test_an_unknown_label_saves_nothing_and_says_so(signed_in, deal, decider, tab, key):
    ada = ContactFactory()
    fields = {"tab": tab, "selected": ada.pk, f"label-{ada.pk}": [decider.pk, key]}

    answer = signed_in.post(picker(deal), fields | {"new-firstname": "Charles"})

    assert answer.status_code == 422
    assert "A label that you chose does not exist, or has been archived." in answer.text
    assert "checked" in box(answer.text, ada.pk, decider.pk)
    assert "Charles" in answer.text
    assert not Association.objects.exists()
    assert Contact.objects.count() == 1


def test_the_limit_of_a_label_is_met_by_moving_it(signed_in, deal, decider):
    make_limit("deals", "contacts", 1, label=decider)
    ada, bob = ContactFactory(firstname="Ada", lastname="L"), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(decider)]})
    fields = {"selected": bob.pk, f"label-{bob.pk}": decider.pk}

    refused = signed_in.post(picker(deal), fields)

    assert refused.status_code == 422
    assert "Engine already has a “Decision maker”, Ada L." in refused.text
    assert "Move the label here</button>" in refused.text
    assert "checked" in box(refused.text, bob.pk, decider.pk)
    assert words_of(deal) == {ada.pk: {"Decision maker"}}
    replaces = re.search(r'name="replace" value="([^"]+)"', refused.text)[1]
    signed_in.post(picker(deal), fields | {"replace": replaces})
    assert words_of(deal) == {ada.pk: set(), bob.pk: {"Decision maker"}}


def test_an_association_that_has_to_go_is_replaced_as_before(signed_in):
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())

    refused = signed_in.post(picker(ada, "companies"), {"selected": beta.pk}).text

    assert "Replace it</button>" in refused
    assert "Move the label here" not in refused


def test_choosing_primary_moves_it_and_says_from_where(signed_in):
    make_limit("contacts", "companies", 5)
    ada = ContactFactory(firstname="Ada", lastname="L")
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(ada, [acme.pk], by=by())
    key = primary_word(ada.object_type_id, acme.object_type_id).key

    answer = signed_in.post(
        picker(ada, "companies"), {"selected": beta.pk, f"label-{beta.pk}": key}, headers=HTMX
    )

    assert primary_of(ada) == beta.pk
    assert "Beta is now the primary company of Ada L; Acme was." in answer.text


def test_many_moved_at_once_are_counted(signed_in):
    make_limit("contacts", "companies", 5)
    acme, beta = CompanyFactory.create_batch(2)
    people = [one.pk for one in ContactFactory.create_batch(3)]
    services.associate(acme, people, by=by())
    key = primary_word(schema.current().type("contacts").pk, acme.object_type_id).reversed.key
    fields = {"selected": people} | {f"label-{pk}": key for pk in people}

    answer = signed_in.post(picker(beta), fields, headers=HTMX)

    assert "3 records have another primary company now." in answer.text


def test_ticking_what_is_associated_meanwhile_says_so(signed_in, deal):
    ada = ContactFactory()
    services.associate(deal, [ada.pk], by=by())

    answer = signed_in.post(picker(deal), {"selected": ada.pk}, headers=HTMX)

    assert "Nothing to do: they are associated already." in answer.text
    assert "Undo" not in answer.text


def test_the_picker_with_labels_costs_the_same_for_few_and_for_many(signed_in, deal, decider):
    """Session, user, data model, record; the newest; which are associated; their labels. And the save."""
    numbers = []
    for number in (2, 30):
        new = [one.pk for one in ContactFactory.create_batch(number)]
        people = [one.pk for one in ContactFactory.create_batch(number)]
        words = {pk: [Word(decider)] for pk in people}
        services.associate(deal, people, by=by(), words=words)
        fields = {"selected": new} | {f"label-{pk}": decider.pk for pk in new}
        signed_in.get(picker(deal))  # now the data model is in memory
        with CaptureQueriesContext(connection) as shown:
            assert signed_in.get(picker(deal), headers=HTMX).status_code == 200
        with CaptureQueriesContext(connection) as saved:
            assert signed_in.post(picker(deal), fields, headers=HTMX).status_code == 200
        numbers.append((len(shown), len(saved)))
    assert numbers == [(8, 25)] * 2
