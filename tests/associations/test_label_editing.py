"""Labels on the cards of a record page: badges, and editing them in place."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import Word, primary_word
from associations.models import Association
from records import schema
from records.models import Change
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

from .seen import primary_of, words_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def address(record, other) -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{other.pk}/labels/"


def card(text: str, other) -> str:
    """Return the markup of the labels on a card."""
    return text.split(f'id="labels-{other.pk}"')[1].split("</div>")[0]


def badges(text: str, other) -> list[str]:
    return re.findall(r'class="badge label[^"]*">([^<]+)<', card(text, other))


@pytest.fixture
def boss():
    """A contact with an employee."""
    label = make_label("contacts", "contacts", "Manager", "Employee")
    boss, ada = ContactFactory(firstname="Boss", lastname="B"), ContactFactory(firstname="Ada", lastname="L")
    services.associate(ada, [boss.pk], by=by(), words={boss.pk: [Word(label)]})
    boss.ada, boss.label = ada, label
    return boss


def test_each_page_shows_its_own_word(signed_in, boss):
    assert badges(signed_in.get(boss.get_absolute_url()).text, boss.ada) == ["Employee"]
    assert badges(signed_in.get(boss.ada.get_absolute_url()).text, boss) == ["Manager"]


def test_the_primary_label_comes_first_and_archived_ones_are_not_shown(signed_in):
    ada, acme = ContactFactory(), CompanyFactory()
    labels = [make_label("contacts", "companies", name) for name in ("Billed", "Gone")]
    services.associate(ada, [acme.pk], by=by(), words={acme.pk: map(Word, labels)})
    labels[1].archived_at = "2026-01-01T00:00Z"
    labels[1].save()

    text = signed_in.get(ada.get_absolute_url()).text

    assert badges(text, acme) == ["Primary", "Billed"]
    assert "label--primary" in card(text, acme)


def test_types_without_labels_show_nothing_of_them(signed_in):
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())

    assert f"labels-{ada.pk}" not in signed_in.get(deal.get_absolute_url()).text
    assert signed_in.get(address(deal, ada)).status_code == 404


def test_the_form_has_the_words_of_this_side_and_ticks_what_is_carried(signed_in, boss):
    text = signed_in.get(f"{address(boss, boss.ada)}?edit", headers=HTMX).text

    key = f"{boss.label.pk}i"
    assert f'name="label-{boss.ada.pk}" value="{key}" checked> <span>Employee</span>' in text
    assert f'value="{boss.label.pk}"> <span>Manager</span>' in text
    assert "<html" not in text


def test_saving_sets_just_the_ticked_ones_and_can_be_undone(signed_in, boss):
    colleague = make_label("contacts", "contacts", "Colleague")
    names = [str(boss.label.pk), str(colleague.pk)]

    answer = signed_in.post(address(boss, boss.ada), {f"label-{boss.ada.pk}": names}, headers=HTMX)

    assert answer.status_code == 200
    assert 'id="section-contacts"' in answer.text
    assert f"edit-labels-{boss.ada.pk}" in answer["HX-Trigger-After-Settle"]
    assert "Labels of Ada L saved." in answer.text
    assert words_of(boss) == {boss.ada.pk: {"Manager", "Colleague"}}
    change = Change.objects.order_by("pk").last()
    assert f"/history/{change.pk}/undo/" in answer.text
    undo(change, by=by())
    assert words_of(boss) == {boss.ada.pk: {"Employee"}}


def test_saving_what_there_is_changes_nothing_and_says_nothing(signed_in, boss):
    changes = Change.objects.count()

    answer = signed_in.post(
        address(boss, boss.ada), {f"label-{boss.ada.pk}": f"{boss.label.pk}i"}, headers=HTMX
    )

    assert "toast" not in answer.text
    assert Change.objects.count() == changes


@pytest.mark.parametrize("key", ["0", "99999", "x", "-1", "1e3", "9" * 40, "\x00"])
def test_an_unknown_label_is_refused_and_the_others_stay_ticked(signed_in, boss, key):
    keys = [str(boss.label.pk), key]

    answer = signed_in.post(address(boss, boss.ada), {f"label-{boss.ada.pk}": keys}, headers=HTMX)

    assert answer.status_code == 422
    assert "A label that you chose does not exist, or has been archived." in answer.text
    assert f'value="{boss.label.pk}" checked' in answer.text
    assert answer["HX-Retarget"] == f"#labels-{boss.ada.pk}"
    assert words_of(boss) == {boss.ada.pk: {"Employee"}}


def test_the_limit_of_a_label_is_met_by_moving_it_here(signed_in):
    decider = make_label("deals", "contacts", "Decision maker")
    make_limit("deals", "contacts", 1, label=decider)
    deal = DealFactory(dealname="Engine")
    ada, bob = ContactFactory(firstname="Ada", lastname="L"), ContactFactory()
    services.associate(deal, [ada.pk, bob.pk], by=by(), words={ada.pk: [Word(decider)]})
    fields = {f"label-{bob.pk}": str(decider.pk)}

    refused = signed_in.post(address(deal, bob), fields, headers=HTMX)

    assert refused.status_code == 422
    assert "Engine already has a “Decision maker”, Ada L." in refused.text
    assert "Move the label here" in refused.text
    assert f'value="{decider.pk}" checked' in refused.text
    replaces = re.search(r'name="replace" value="([^"]+)"', refused.text)[1]
    changes = Change.objects.count()
    assert signed_in.post(address(deal, bob), fields | {"replace": replaces}).status_code == 302
    assert words_of(deal) == {ada.pk: set(), bob.pk: {"Decision maker"}}
    assert Change.objects.count() == changes + 1
    undo(Change.objects.order_by("pk").last(), by=by())
    assert words_of(deal) == {ada.pk: {"Decision maker"}, bob.pk: set()}


def test_what_is_no_longer_associated_has_no_labels_to_edit(signed_in, boss):
    services.dissociate(boss, [boss.ada.pk], by=by())

    assert signed_in.get(f"{address(boss, boss.ada)}?edit").status_code == 404
    answer = signed_in.post(address(boss, boss.ada), {f"label-{boss.ada.pk}": str(boss.label.pk)})
    assert answer.status_code == 422
    assert "are not associated." in answer.text
    assert not Association.objects.exists()


def test_without_script_it_is_a_page_that_leads_back(signed_in, boss):
    page = signed_in.get(f"{address(boss, boss.ada)}?edit").text

    assert "<h1>Labels of Ada L</h1>" in page
    assert signed_in.get(address(boss, boss.ada)).status_code == 302
    answer = signed_in.post(address(boss, boss.ada), {})
    assert answer["Location"] == f"{boss.get_absolute_url()}?tab=associations"
    assert words_of(boss) == {boss.ada.pk: set()}


def test_taking_off_the_primary_label_says_who_is_next_and_offers_it(signed_in):
    make_limit("contacts", "companies", 5)
    ada = ContactFactory(firstname="Ada", lastname="L")
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(ada, [acme.pk, beta.pk], by=by())

    answer = signed_in.post(address(ada, acme), {}, headers=HTMX)

    assert primary_of(ada) is None
    assert "Ada L has no primary company now; Acme would be next." in answer.text
    assert "Make Acme primary</button>" in answer.text


def test_the_form_and_the_save_cost_the_same_for_few_and_for_many(signed_in, boss):
    def queries(send) -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert send().status_code == 200
        return len(captured)

    keys = {f"label-{boss.ada.pk}": str(boss.label.pk)}
    other = {f"label-{boss.ada.pk}": f"{boss.label.pk}i"}
    numbers = []
    for number in (1, 30):
        others = [one.pk for one in ContactFactory.create_batch(number)]
        words = {pk: [Word(boss.label)] for pk in others}
        services.associate(boss, others, by=by(), words=words)
        services.associate(boss.ada, others, by=by(), words=words)
        signed_in.post(address(boss, boss.ada), other, headers=HTMX)
        numbers.append(
            (
                queries(lambda: signed_in.get(f"{address(boss, boss.ada)}?edit", headers=HTMX)),
                queries(lambda: signed_in.post(address(boss, boss.ada), keys, headers=HTMX)),
            )
        )
    assert numbers == [(8, 34)] * 2


def test_words_of_a_symmetric_label_have_one_key_from_both_sides(signed_in):
    colleague = make_label("contacts", "contacts", "Colleague")
    one, other = ContactFactory.create_batch(2)
    services.associate(one, [other.pk], by=by())

    for here, there in ((one, other), (other, one)):
        signed_in.post(address(here, there), {f"label-{there.pk}": str(colleague.pk)})
        assert words_of(one) == {other.pk: {"Colleague"}}
        assert words_of(other) == {one.pk: {"Colleague"}}
        text = signed_in.get(f"{address(there, here)}?edit").text
        assert f'value="{colleague.pk}" checked' in text


def test_from_a_company_s_page_its_contact_s_primary_company_is_moved(signed_in):
    make_limit("contacts", "companies", 5)
    ada = ContactFactory(firstname="Ada", lastname="L")
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(ada, [acme.pk, beta.pk], by=by())
    word = primary_word(ada.object_type_id, beta.object_type_id).reversed

    answer = signed_in.post(address(beta, ada), {f"label-{ada.pk}": word.key}, headers=HTMX)

    assert primary_of(ada) == beta.pk
    assert "Beta is now the primary company of Ada L; Acme was." in answer.text
