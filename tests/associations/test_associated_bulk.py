"""What is done to many associations at once from the page of a section."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import bulk, services
from associations.labels import Word, primary_word, words
from associations.models import Association
from associations.outcomes import AssociationRefused
from records import schema
from records.models import Change, Job
from records.services import archive_records
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

from .seen import primary_of, words_of

pytestmark = pytest.mark.django_db
TO_DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}
TO_LIST = {"HX-Request": "true", "HX-Target": "list"}


def url(record, type_name: str = "contacts") -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{type_name}/"


@pytest.fixture
def deal():
    """A deal with four contacts, two of them in Berlin, and two labels."""
    deal = DealFactory(dealname="Engine")
    deal.founder = make_label("deals", "contacts", "Founder")
    deal.buyer = make_label("deals", "contacts", "Buyer")
    cities = {"Ada": "Berlin", "Bob": "Berlin", "Carl": "Rome", "Dora": "Rome"}
    deal.people = [ContactFactory(firstname=name, lastname="", city=city) for name, city in cities.items()]
    deal.ids = [person.pk for person in deal.people]
    services.associate(deal, deal.ids, by=by())
    return deal


def post(client, deal, action: str, headers=None, **fields):
    labels = fields.pop("labels", [])
    data = {"action": action, "label-bulk": [str(label.pk) for label in labels], "back": url(deal), **fields}
    return client.post(f"{url(deal)}bulk/", data, headers=headers)


def called(deal) -> list[set[str]]:
    """Return what each of the deal's contacts is called, in the order in which they were made."""
    found = words_of(deal)
    return [found.get(pk) for pk in deal.ids]


def last_change() -> Change:
    return Change.objects.order_by("pk").last()


# --- Ask first ------------------------------------------------------------------------------------


def test_what_is_to_be_removed_is_shown_and_nothing_has_happened_yet(signed_in, deal):
    answer = post(signed_in, deal, "remove", TO_DIALOG, selected=deal.ids[:2])

    assert answer.status_code == 200
    assert "These 2 records will no longer be associated with Engine." in answer.text
    assert "<span>Ada</span>" in answer.text
    assert "<span>Carl</span>" not in answer.text
    assert len(words_of(deal)) == 4


def test_of_many_the_first_are_named_and_no_ids_are_in_the_form_of_all(signed_in, deal, monkeypatch):
    monkeypatch.setattr("associations.views.associated.NAMED", 2)

    text = post(signed_in, deal, "remove", all="1", selected=deal.ids[:1]).text

    assert "These 4 records" in text
    assert "and 2 more" in text
    assert 'name="selected"' not in text
    assert 'name="all" value="1"' in text
    assert 'name="count" value="4"' in text


def test_without_a_record_or_a_known_action_there_is_nothing_to_do(signed_in, deal):
    stranger = ContactFactory()

    for fields in (
        {},
        {"selected": stranger.pk},
        {"selected": "x"},
        {"all": "1", "back": f"{url(deal)}?q=nobody"},
    ):
        answer = post(signed_in, deal, "remove", confirmed="1", **fields)
        assert answer.status_code == 422
        assert "No record was selected." in answer.text
    assert post(signed_in, deal, "explode", selected=deal.ids).status_code == 404
    assert signed_in.get(f"{url(deal)}bulk/").status_code == 405
    plain = DealFactory()
    assert post(signed_in, plain, "add", selected=deal.ids).status_code == 422
    assert signed_in.post(f"{url(plain, 'tickets')}bulk/", {"action": "add"}).status_code == 404


# --- Do it ----------------------------------------------------------------------------------------


def test_ticked_ones_are_removed_in_one_change_and_undone_as_one(signed_in, deal, user):
    services.label_pairs({(deal.pk, deal.ids[0]): [Word(deal.founder)]}, by=by())

    answer = post(signed_in, deal, "remove", TO_LIST, selected=deal.ids[:2], confirmed="1", count="2")

    assert answer.status_code == 200
    assert '<div id="list"' in answer.text
    assert "2 records removed from Engine." in answer.text
    assert "kith:done" in answer["HX-Trigger-After-Settle"]
    assert called(deal) == [None, None, set(), set()]
    change = last_change()
    assert (change.kind, change.origin, change.actor) == (Change.Kind.BULK, "list", user)
    assert change.summary == "2 associations of Engine removed"
    assert f"/history/{change.pk}/undo/" in answer.text
    undone = signed_in.post(f"/history/{change.pk}/undo/", {"back": url(deal)})
    assert undone.url == url(deal)
    assert called(deal) == [{"Founder"}, set(), set(), set()]


def test_without_script_it_leads_back_to_the_page_that_it_was_asked_on(signed_in, deal):
    back = f"{url(deal)}?sort=-name"

    answer = post(signed_in, deal, "remove", selected=deal.ids[:1], confirmed="1", count="1", back=back)

    assert answer.url == back


def test_labels_are_added_taken_off_and_set(signed_in, deal):
    founder, buyer = deal.founder, deal.buyer
    chosen = {"selected": deal.ids[:3], "confirmed": "1"}

    said = post(signed_in, deal, "add", TO_LIST, labels=[founder, buyer], **chosen).text
    assert "Labels of 3 records changed." in said
    assert called(deal) == [{"Founder", "Buyer"}] * 3 + [set()]
    post(signed_in, deal, "take", labels=[founder], **(chosen | {"selected": deal.ids[1:]}))
    assert called(deal) == [{"Founder", "Buyer"}, {"Buyer"}, {"Buyer"}, set()]
    undo(last_change(), by=by())
    assert called(deal) == [{"Founder", "Buyer"}] * 3 + [set()]
    post(signed_in, deal, "set", labels=[founder], **(chosen | {"selected": deal.ids[2:]}))
    assert called(deal) == [{"Founder", "Buyer"}] * 2 + [{"Founder"}] * 2
    undo(last_change(), by=by())
    assert called(deal) == [{"Founder", "Buyer"}] * 3 + [set()]
    post(signed_in, deal, "set", **chosen)
    assert called(deal) == [set()] * 4


def test_setting_labels_leaves_archived_ones(signed_in, deal):
    services.label_pairs({(deal.pk, deal.ids[0]): [Word(deal.founder)]}, by=by())
    deal.founder.archived_at = "2026-01-01T00:00Z"
    deal.founder.save()

    post(signed_in, deal, "set", labels=[deal.buyer], selected=deal.ids[:2], confirmed="1")

    assert called(deal)[:2] == [{"Founder", "Buyer"}, {"Buyer"}]


def test_what_is_so_already_is_no_change(signed_in, deal):
    services.label_pairs({(deal.pk, pk): [Word(deal.founder)] for pk in deal.ids}, by=by())
    changes = Change.objects.count()

    for action, labels in (("add", [deal.founder]), ("take", [deal.buyer]), ("set", [deal.founder])):
        answer = post(signed_in, deal, action, TO_LIST, labels=labels, selected=deal.ids, confirmed="1")
        assert "Nothing to do" in answer.text
    assert Change.objects.count() == changes


@pytest.mark.parametrize("action", ["add", "take"])
def test_a_label_has_to_be_chosen_and_to_exist(signed_in, deal, action):
    answer = post(signed_in, deal, action, TO_LIST, selected=deal.ids, confirmed="1")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#bulk-sheet"
    assert "Choose at least one label." in answer.text
    gone = make_label("deals", "deals", "Other")
    answer = post(signed_in, deal, action, selected=deal.ids, confirmed="1", labels=[deal.buyer, gone])
    assert answer.status_code == 422
    assert "does not exist" in answer.text
    assert re.search(rf'value="{deal.buyer.pk}" checked', answer.text)
    assert called(deal) == [set()] * 4


# --- All that the address asks for ----------------------------------------------------------------


def test_all_of_a_filter_are_found_anew_on_the_server(signed_in, deal):
    back = f"{url(deal)}?city__is=Berlin&per_page=25&after=x"

    asked = post(signed_in, deal, "add", TO_DIALOG, all="1", back=back).text
    assert "These 2 records" in asked
    post(signed_in, deal, "add", labels=[deal.buyer], all="1", back=back, confirmed="1", count="2")

    assert called(deal) == [{"Buyer"}, {"Buyer"}, set(), set()]
    back = f"{url(deal)}?label={deal.buyer.pk}&sort=-association-since"
    post(signed_in, deal, "remove", all="1", back=back, confirmed="1", count="2")
    assert called(deal) == [None, None, set(), set()]


def test_archived_ones_are_not_among_all(signed_in, deal):
    archive_records(deal.ids[:1], by=by())

    post(signed_in, deal, "remove", all="1", confirmed="1", count="3")

    assert list(Association.objects.of(deal.pk).values_list("record_b", flat=True)) == deal.ids[:1]


def test_if_there_are_others_meanwhile_it_is_asked_again(signed_in, deal):
    answer = post(signed_in, deal, "remove", TO_LIST, all="1", confirmed="1", count="3")

    assert answer.status_code == 422
    assert "Meanwhile there are others" in answer.text
    assert 'name="count" value="4"' in answer.text
    assert len(words_of(deal)) == 4


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("createdate__on=never", "The filters of the list are wrong"),
        ("colour__is=red", "does not exist any more"),
    ],
)
def test_a_filter_that_does_not_work_never_means_all(signed_in, deal, query, said):
    answer = post(signed_in, deal, "remove", all="1", confirmed="1", back=f"{url(deal)}?{query}")

    assert answer.status_code == 422
    assert said in answer.text
    assert len(words_of(deal)) == 4


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["add", "set"])
def test_under_a_limit_nothing_is_half_done_and_the_refused_are_named(signed_in, deal, action):
    make_limit("deals", "contacts", 2, deal.founder)
    services.label_pairs({(deal.pk, deal.ids[0]): [Word(deal.buyer)]}, by=by())
    changes = Change.objects.count()

    answer = post(
        signed_in, deal, action, TO_LIST, labels=[deal.founder], selected=deal.ids, confirmed="1", count="4"
    )

    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#bulk-sheet"
    assert "Nothing was changed, because 2 records are refused:" in answer.text
    assert "Engine already has 2 × “Founder”" in answer.text
    assert "(Carl, Dora)" in answer.text
    assert "Change the other 2" in answer.text
    assert called(deal) == [{"Buyer"}, set(), set(), set()]
    assert Change.objects.count() == changes

    answer = post(
        signed_in,
        deal,
        action,
        labels=[deal.founder],
        selected=deal.ids,
        confirmed="1",
        count="4",
        leave_out="1",
    )
    assert answer.status_code == 302
    first = {"Buyer", "Founder"} if action == "add" else {"Founder"}
    assert called(deal) == [first, {"Founder"}, set(), set()]
    assert Change.objects.count() == changes + 1


def test_many_refusals_of_one_kind_are_told_once(signed_in, deal, monkeypatch):
    monkeypatch.setattr(bulk, "NAMED", 1)
    make_limit("deals", "contacts", 1, deal.founder)

    answer = post(signed_in, deal, "add", labels=[deal.founder], all="1", confirmed="1", count="4")

    assert answer.status_code == 422
    assert answer.text.count("can have only one “Founder”") == 1
    assert re.search(r"\(Bob\s+and 2 more\)", answer.text)


def test_the_other_sides_limit_names_what_each_has(deal):
    make_limit("contacts", "deals", 1, deal.founder, inverse=True)
    other = DealFactory(dealname="Other")
    services.associate(other, deal.ids[:1], by=by(), words={deal.ids[0]: [Word(deal.founder)]})

    with pytest.raises(AssociationRefused) as refused:
        bulk.act(bulk.Action.ADD, deal, deal.ids, [Word(deal.founder)], by=by())

    (told,) = bulk.refusals(refused.value.report, deal)
    assert told.message == "Ada already has a “Founder”, Other."
    assert [str(one) for one in told.records] == ["Ada"]
    assert told.more == 0


@pytest.mark.parametrize("action", ["add", "set", "remove", "take"])
def test_of_many_a_job_does_what_it_can_as_one_change(signed_in, deal, monkeypatch, action):
    monkeypatch.setattr(bulk, "DIRECT", 3)
    monkeypatch.setattr("records.jobs.queue.INPUTS", 2)
    make_limit("deals", "contacts", 3, deal.founder)
    if action == "take":
        services.label_pairs({(deal.pk, pk): [Word(deal.founder)] for pk in deal.ids[:3]}, by=by())
    before = called(deal)
    assert "in the background" in post(signed_in, deal, action, all="1").text

    answer = post(signed_in, deal, action, TO_LIST, labels=[deal.founder], all="1", confirmed="1", count="4")

    job = Job.objects.get()
    assert answer["HX-Redirect"] == job.get_absolute_url()
    gives = action in ("add", "set")
    assert job.counts == ({"done": 3, "refused": 1} if gives else {"done": 4})
    after = {"remove": [None] * 4, "take": [set()] * 4}
    assert called(deal) == after.get(action, [{"Founder"}] * 3 + [set()])
    if gives:
        assert job.errors.get().record_id == deal.ids[3]
    undo(job.change, by=by())
    assert called(deal) == before


# --- The primary company --------------------------------------------------------------------------


@pytest.fixture
def acme():
    acme = CompanyFactory(name="Acme")
    acme.people = [ContactFactory(firstname=name, lastname="") for name in ("Ada", "Bob")]
    services.associate(acme, [one.pk for one in acme.people], by=by())
    return acme


def test_of_many_who_lose_their_primary_company_the_number_is_told(signed_in, acme):
    ids = [one.pk for one in acme.people]

    answer = post(signed_in, acme, "remove", TO_LIST, selected=ids, confirmed="1")

    assert "2 records removed from Acme. 2 records have no primary company now." in answer.text
    undo(last_change(), by=by())
    assert [primary_of(one) for one in acme.people] == [acme.pk, acme.pk]


def test_one_who_loses_it_is_offered_the_next(signed_in, acme):
    ada = acme.people[0]
    make_limit("contacts", "companies", 5)
    services.associate(ada, [CompanyFactory(name="Next").pk], by=by())

    answer = post(signed_in, acme, "remove", TO_LIST, selected=[ada.pk], confirmed="1")

    assert "Ada has no primary company now; Next would be next." in answer.text
    assert "Make Next primary" in answer.text


def test_a_company_becomes_the_primary_one_of_many(signed_in, acme):
    make_limit("contacts", "companies", 5)
    beta = CompanyFactory(name="Beta")
    ids = [one.pk for one in acme.people]
    services.associate(beta, ids, by=by())
    word = next(one for one in words(beta.kind.pk, acme.people[0].kind.pk) if one.label.is_primary)

    data = {"action": "add", "label-bulk": word.key, "selected": ids, "confirmed": "1", "back": url(beta)}
    answer = signed_in.post(f"{url(beta)}bulk/", data, headers=TO_LIST)

    assert "Labels of 2 records changed." in answer.text
    assert "no primary company" not in answer.text
    assert [primary_of(one) for one in acme.people] == [beta.pk, beta.pk]


def test_setting_labels_leaves_who_is_primary(signed_in, acme):
    founder = make_label("companies", "contacts", "Founder")
    ids = [one.pk for one in acme.people]

    asked = post(signed_in, acme, "set", selected=ids).text
    assert "Who is primary stays as it is." in asked
    assert re.findall(r'name="label-bulk" value="(\d+)"', asked) == [str(founder.pk)]
    post(signed_in, acme, "set", selected=ids, labels=[founder], confirmed="1")

    assert [primary_of(one) for one in acme.people] == [acme.pk, acme.pk]
    assert words_of(acme) == {pk: {"Primary", "Founder"} for pk in ids}


def test_with_no_other_label_than_primary_there_is_nothing_to_set(signed_in, acme):
    assert 'value="set"' not in signed_in.get(f"{url(acme)}?per_page=25").text
    assert post(signed_in, acme, "set", selected=[acme.people[0].pk]).status_code == 404


def test_two_primary_companies_are_refused(signed_in):
    ada = ContactFactory(firstname="Ada", lastname="")
    make_limit("contacts", "companies", 5)
    ids = [one.pk for one in CompanyFactory.create_batch(2)]
    services.associate(ada, ids, by=by())
    key = primary_word(ada.kind.pk, schema.current().type("companies").pk).key

    data = {"action": "add", "label-bulk": key, "selected": ids, "confirmed": "1"}
    answer = signed_in.post(f"{url(ada, 'companies')}bulk/", data)

    assert answer.status_code == 422
    assert "Ada can have only one primary record." in answer.text
    assert primary_of(ada) == ids[0]


# --- Queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["remove", "add", "take", "set"])
def test_the_number_of_queries_is_the_same_for_few_and_for_many(signed_in, deal, action):
    schema.current()

    def run(number: int) -> int:
        ids = [one.pk for one in ContactFactory.create_batch(number)]
        services.associate(deal, ids, by=by())
        services.label_pairs({(deal.pk, pk): [Word(deal.buyer)] for pk in ids}, by=by())
        fields = {"labels": [deal.buyer if action == "take" else deal.founder], "selected": ids}
        with CaptureQueriesContext(connection) as captured:
            assert post(signed_in, deal, action, confirmed="1", **fields).status_code == 302
        return len(captured)

    assert run(3) == run(25)
