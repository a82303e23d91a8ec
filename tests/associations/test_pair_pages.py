"""Settings → Associations: the pages of labels and limits of each pair of object types."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import excess, label_pages, pair_pages, services, type_pairs
from associations.label_settings import archive_label, create_label
from associations.labels import Word, words
from associations.limit_settings import limits_between, set_limit
from associations.models import AssociationLabel
from records import definition, schema
from tests.factories import ContactFactory, DealFactory, by, make_label, make_limit

pytestmark = pytest.mark.django_db
INDEX = "/settings/associations/"
PAIR = f"{INDEX}deals/contacts/"
HTMX = {"HX-Request": "true"}


def kind(name):
    return schema.current().type(name)


def seen(from_type, to_type):
    """Return the words on the pages of one type for the records of another."""
    return [str(word) for word in words(kind(from_type).pk, kind(to_type).pk) if not word.label.is_primary]


def text_of(page) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode().partition("<main")[2]))


def row_of(page, label) -> str:
    """Return the markup of the line of a label."""
    return page.content.decode().split(f'id="label-{label.pk}"')[1].split("</li>")[0]


@pytest.fixture
def decider():
    return create_label(kind("deals"), kind("contacts"), "Decision maker", "Decides on")


def carried(label, number: int) -> list:
    """Let so many contacts of a new deal carry a label; return the deal and them."""
    deal, contacts = DealFactory(), ContactFactory.create_batch(number)
    services.associate(
        deal, [one.pk for one in contacts], by=by(), words={one.pk: [Word(label)] for one in contacts}
    )
    return [deal, *contacts]


# --- All pairs --------------------------------------------------------------------------------------


def test_the_index_lists_every_pair_once_with_labels_limits_and_whether_it_is_allowed(admin_client, decider):
    create_label(kind("contacts"), kind("contacts"), "Manager", "Employee")
    archive_label(create_label(kind("contacts"), kind("contacts"), "Old friend"))
    set_limit(kind("deals"), kind("contacts"), 1, Word(decider))
    type_pairs.set_allowed(kind("tickets"), kind("tickets"), allowed=False)

    page = admin_client.get(INDEX)

    links = re.findall(r'class="row__title" href="/settings/associations/(\w+)/(\w+)/"', page.text)
    assert len(links) == len({frozenset(pair) for pair in links}) == 10
    text = text_of(page)
    assert "Contacts – Contacts Manager / Employee 1 label " in text
    assert "Contacts – Companies Each contact: at most 1 company Primary 1 label" in text
    assert "Each deal: at most 1 contact as “Decision maker” Decision maker / Decides on 1 label" in text
    assert text.count("May not be associated") == 1
    assert "Old friend" not in text


def test_the_index_shows_the_pairs_of_one_type_with_every_other(admin_client):
    page = admin_client.get(INDEX, {"type": "deals"})

    links = re.findall(r'class="row__title" href="/settings/associations/(\w+)/(\w+)/"', page.text)
    assert links == [("deals", other.name) for other in schema.current().main_types]
    assert '<option value="deals" selected>' in page.text
    assert admin_client.get(INDEX, {"type": "planets"}).status_code == 404


def test_a_line_of_the_index_names_three_labels_and_three_limits_and_counts_the_others(admin_client):
    for number in range(5):
        row = create_label(kind("deals"), kind("contacts"), f"Word {number}")
        set_limit(kind("deals"), kind("contacts"), 9, Word(row))

    text = text_of(admin_client.get(INDEX, {"type": "deals"}))

    assert "Word 2 +2 5 labels" in text
    assert "as “Word 2” and 2 more limits Word 0 Word 1" in text


def test_settings_and_the_tab_of_each_type_lead_to_the_pages(admin_client):
    assert f'href="{INDEX}"' in admin_client.get("/settings/objects/").text
    assert f'href="{INDEX}"' in admin_client.get("/settings/deletions/").text
    tab = admin_client.get("/settings/objects/deals/associations/").text
    assert [f"{INDEX}deals/{one.name}/" in tab for one in schema.current().main_types] == [True] * 4


# --- The page of a pair -----------------------------------------------------------------------------


def test_each_side_of_a_pair_reads_its_labels_with_its_own_word_first(admin_client, decider):
    create_label(kind("contacts"), kind("deals"), "Involved")

    deals, contacts = text_of(admin_client.get(PAIR)), text_of(admin_client.get(f"{INDEX}contacts/deals/"))

    assert "Decision maker / Decides on" in deals
    assert "“Decision maker” on the deal's page, “Decides on” on the contact's" in deals
    assert "Decides on / Decision maker" in contacts
    assert "Involved involved Reads the same both ways" in contacts


def test_a_label_is_shown_with_its_uses_up_to_a_bound(admin_client, decider, monkeypatch):
    carried(decider, 3)
    once = make_label("deals", "contacts", "Once")
    carried(once, 1)
    assert "Used 3 times" in row_of(admin_client.get(PAIR), decider)
    assert "Used once" in row_of(admin_client.get(PAIR), once)

    monkeypatch.setattr("associations.label_settings.MANY_USES", 2)
    monkeypatch.setattr(pair_pages, "MANY_USES", 2)
    monkeypatch.setattr(label_pages, "MANY_USES", 2)

    assert "Used 2+ times" in row_of(admin_client.get(PAIR), decider)
    asked = admin_client.get(f"{PAIR}labels/{decider.pk}/archive/")
    assert "More than 2 associations carry it, and keep it." in asked.text


def test_a_pair_without_labels_says_what_they_are(admin_client):
    assert "A label says what one record is to the other" in admin_client.get(f"{INDEX}deals/deals/").text


def test_primary_is_shown_and_nobodys_to_change(admin_client):
    primary = AssociationLabel.objects.get(is_primary=True, from_type=kind("deals"))
    address = f"{INDEX}deals/companies/"

    row = row_of(admin_client.get(address), primary)

    assert "each record has at most one" in row
    assert "href" not in row
    assert "button" not in row
    for path in ("", "archive/", "delete/"):
        assert admin_client.get(f"{address}labels/{primary.pk}/{path}").status_code == 404
    assert admin_client.post(f"{address}labels/{primary.pk}/restore/").status_code == 404


# --- Labels: create and rename ----------------------------------------------------------------------


def test_single_and_paired_labels_are_added_from_either_side(admin_client):
    form = admin_client.get(f"{PAIR}labels/new/")
    assert "On the page of each deal, the contact is called" in form.text

    saved = admin_client.post(f"{PAIR}labels/new/", {"label": "Buyer", "inverse_label": "Buys"})
    admin_client.post(f"{INDEX}contacts/deals/labels/new/", {"label": "Uses", "inverse_label": "User"})
    admin_client.post(f"{PAIR}labels/new/", {"label": "Involved", "name": "is_in"})

    assert saved.headers["Location"] == PAIR
    assert seen("deals", "contacts") == ["Buyer", "User", "Involved"]
    assert seen("contacts", "deals") == ["Buys", "Uses", "Involved"]
    assert AssociationLabel.objects.get(label="Involved").name == "is_in"


def test_within_one_type_the_form_asks_for_both_words(admin_client):
    address = f"{INDEX}contacts/contacts/labels/new/"
    assert "On one contact&#x27;s page, the other is called" in admin_client.get(address).text

    admin_client.post(address, {"label": "Manager", "inverse_label": "Employee"})

    assert seen("contacts", "contacts") == ["Manager", "Employee"]
    assert "Who has a “Manager” is that one's “Employee”" in text_of(
        admin_client.get(f"{INDEX}contacts/contacts/")
    )


def test_words_that_are_taken_are_refused_beside_their_field_and_stay_typed(admin_client, decider):
    refused = admin_client.post(
        f"{PAIR}labels/new/", {"label": "Someone", "inverse_label": "decides ON"}, headers=HTMX
    )

    assert refused.status_code == 422
    assert refused.context["form"].errors == {"inverse_label": ["Another label has this word."]}
    assert 'value="Someone"' in refused.text
    assert 'value="decides ON"' in refused.text
    assert admin_client.post(f"{PAIR}labels/new/", {"label": ""}).status_code == 422
    taken = admin_client.post(f"{PAIR}labels/new/", {"label": "X", "name": "decision_maker"})
    assert list(taken.context["form"].errors) == ["name"]
    assert seen("deals", "contacts") == ["Decision maker"]


def test_a_label_is_renamed_from_either_side(admin_client, decider):
    address = f"labels/{decider.pk}/"
    assert 'value="Decision maker"' in admin_client.get(f"{PAIR}{address}").text

    admin_client.post(f"{PAIR}{address}", {"label": "Decides", "inverse_label": "Decided by"})
    assert (seen("deals", "contacts"), seen("contacts", "deals")) == (["Decides"], ["Decided by"])
    admin_client.post(f"{INDEX}contacts/deals/{address}", {"label": "Up to them", "inverse_label": "Decider"})
    assert (seen("deals", "contacts"), seen("contacts", "deals")) == (["Decider"], ["Up to them"])
    admin_client.post(f"{INDEX}contacts/deals/{address}", {"label": "Both", "inverse_label": ""})
    assert seen("deals", "contacts") == seen("contacts", "deals") == ["Both"]


def test_a_rename_that_is_refused_says_so_beside_the_field_of_that_side(admin_client, decider):
    create_label(kind("deals"), kind("contacts"), "Buyer", "Buys")

    refused = admin_client.post(
        f"{INDEX}contacts/deals/labels/{decider.pk}/", {"label": "buys", "inverse_label": "Someone"}
    )

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["label"]
    assert seen("contacts", "deals") == ["Decides on", "Buys"]


# --- Labels: order, archive, restore, delete --------------------------------------------------------


def test_labels_are_ordered_on_the_page(admin_client, decider):
    other = create_label(kind("contacts"), kind("deals"), "Involved")

    moved = admin_client.post(f"{PAIR}labels/{other.pk}/move/", {"up": ""})

    assert moved.headers["Location"] == f"{PAIR}#label-{other.pk}"
    assert seen("deals", "contacts") == ["Involved", "Decision maker"]
    admin_client.post(f"{PAIR}labels/{other.pk}/move/", {"down": ""})
    assert seen("deals", "contacts") == ["Decision maker", "Involved"]


def test_a_label_is_archived_after_its_uses_are_said_and_restored(admin_client, decider):
    carried(decider, 2)
    address = f"{PAIR}labels/{decider.pk}/"
    asked = admin_client.get(f"{address}archive/", headers=HTMX)
    assert "2 associations carry it, and keep it." in asked.text
    assert seen("deals", "contacts") == ["Decision maker"]

    assert admin_client.post(f"{address}archive/", headers=HTMX).headers["HX-Redirect"] == PAIR
    page = admin_client.get(PAIR)
    assert seen("deals", "contacts") == []
    assert "Archived labels" in page.text
    assert f"{address}restore/" in row_of(page, decider)
    assert f"{address}restore/" in page.text.split('id="toasts"')[1]  # to undo it

    admin_client.post(f"{address}restore/")
    assert seen("deals", "contacts") == ["Decision maker"]


def test_a_label_whose_word_was_taken_meanwhile_stays_archived_and_the_page_says_why(admin_client, decider):
    archive_label(decider)
    create_label(kind("deals"), kind("contacts"), "Decision maker")

    page = admin_client.post(f"{PAIR}labels/{decider.pk}/restore/", follow=True)

    assert "stays archived: Another label has this word." in page.text
    assert AssociationLabel.objects.get(pk=decider.pk).archived_at


def test_only_what_nothing_names_can_be_deleted(admin_client, decider):
    told, unused = (create_label(kind("deals"), kind("contacts"), word) for word in ("Told", "Unused"))
    carried(decider, 1)
    deal, ada = carried(told, 1)
    services.dissociate(deal, [ada.pk], by=by())
    page = admin_client.get(PAIR)
    assert ["/delete/" in row_of(page, label) for label in (decider, told, unused)] == [False, False, True]
    assert "Not used" in row_of(page, told)

    refused = admin_client.post(f"{PAIR}labels/{told.pk}/delete/")
    assert refused.status_code == 422
    assert "it can only be archived" in refused.text
    assert "Delete “Unused”?" in admin_client.get(f"{PAIR}labels/{unused.pk}/delete/").text
    admin_client.post(f"{PAIR}labels/{unused.pk}/delete/")
    assert set(AssociationLabel.objects.filter(is_primary=False)) == {decider, told}


# --- Limits -----------------------------------------------------------------------------------------


def limits(one="deals", other="contacts") -> dict:
    return {(bound.from_type.name, bound.key): most for bound, most in limits_between(kind(one), kind(other))}


def test_limits_of_both_directions_and_all_labels_are_saved_together(admin_client, decider):
    page = admin_client.get(PAIR)
    assert "Each deal: at most contacts as “Decision maker”" in text_of(page)
    assert "Each contact: at most deals as “Decides on”" in text_of(page)
    given = {
        "limit-deals": "9",
        "limit-contacts": "",
        f"limit-{decider.pk}": "1",
        f"limit-{decider.pk}i": "5",
    }

    saved = admin_client.post(PAIR, given)

    assert saved.headers["Location"] == f"{PAIR}#limits"
    assert limits() == {
        ("deals", "deals"): 9,
        ("deals", str(decider.pk)): 1,
        ("contacts", f"{decider.pk}i"): 5,
    }
    page = admin_client.get(PAIR)
    assert 'name="limit-deals" value="9"' in page.text
    assert "Each deal: at most contact as “Decision maker”" in text_of(page)
    admin_client.post(PAIR, {**given, "limit-deals": ""})
    assert ("deals", "deals") not in limits()


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"limit-deals": "0"}, "limit-deals", "Enter a number from 1 to 1000000."),
        ({"limit-deals": "many"}, "limit-deals", "Enter a whole number."),
        ({"limit-deals": "9" * 5000}, "limit-deals", "Enter a whole number."),
        ({"limit-deals": "9" * 30}, "limit-deals", "Enter a number from 1 to 1000000."),
        (
            {"limit-deals": "2", "limit-LABEL": "3"},
            "limit-LABEL",
            "From 1 to 2: there is a limit of 2 contacts all in all.",
        ),
        ({"limit-contacts": "5", "limit-999": "3"}, "__all__", "A label was archived or deleted meanwhile."),
    ],
)
def test_a_limit_is_refused_beside_its_field_and_none_is_saved(admin_client, decider, given, field, message):
    given = {name.replace("LABEL", str(decider.pk)): value for name, value in given.items()}

    refused = admin_client.post(PAIR, {"limit-contacts": "7", **given})

    assert refused.status_code == 422
    (found,) = refused.context["form"].errors[field.replace("LABEL", str(decider.pk))]
    assert found.startswith(message)
    assert 'name="limit-contacts" value="' in refused.text
    assert limits() == {}


def test_a_label_that_came_while_the_form_was_open_keeps_its_limit(admin_client, decider):
    set_limit(kind("deals"), kind("contacts"), 1, Word(decider))

    admin_client.post(PAIR, {"limit-deals": "5"})

    assert limits() == {("deals", "deals"): 5, ("deals", str(decider.pk)): 1}


def test_lowering_a_limit_says_who_has_more_and_lists_them(admin_client, decider):
    deal, *_contacts = carried(decider, 3)
    carried(decider, 1)

    page = admin_client.post(PAIR, {f"limit-{decider.pk}": "2"}, follow=True)
    assert "Saved. Each deal: at most 2 contacts as “Decision maker”: 1 deal has more." in page.text

    part = admin_client.get(f"{PAIR}exceeding/", headers=HTMX)
    assert "<html" not in part.text
    assert f'href="{PAIR}exceeding/{decider.pk}/">1 deal has more</a>' in part.text
    assert "Beyond the limits" in admin_client.get(f"{PAIR}exceeding/").text
    listed = admin_client.get(f"{PAIR}exceeding/{decider.pk}/")
    assert f'href="/records/deals/{deal.pk}/"' in listed.text
    assert "has 3" in listed.text
    services.dissociate(deal, [_contacts[0].pk], by=by())
    assert "No record has more than these limits allow." in admin_client.get(f"{PAIR}exceeding/").text
    assert "All records fit this limit." in admin_client.get(f"{PAIR}exceeding/{decider.pk}/").text


def test_the_list_of_those_with_more_goes_on_behind_its_last_line(admin_client, monkeypatch):
    monkeypatch.setattr(excess, "PAGE", 2)
    deals, contacts = DealFactory.create_batch(5), ContactFactory.create_batch(2)
    services.associate_pairs([(deal.pk, one.pk) for deal in deals for one in contacts], by=by())
    set_limit(kind("deals"), kind("contacts"), 1)
    address, shown = f"{PAIR}exceeding/deals/", []

    while address:
        page = admin_client.get(address)
        shown += re.findall(r'href="/records/deals/(\d+)/"', page.text)
        following = re.search(r'rel="next" href="(\?after=[^"]+)"', page.text)
        address = f"{PAIR}exceeding/deals/{following[1]}" if following else ""

    assert sorted(map(int, shown)) == [deal.pk for deal in deals]
    assert "First" in page.text
    broken = admin_client.get(f"{PAIR}exceeding/deals/?after=x")
    assert broken.status_code == 400
    assert "5 deals have more" in broken.text


def test_a_limit_that_is_not_set_has_no_list(admin_client, decider):
    for key in ("deals", "contacts", str(decider.pk), "999", "x"):
        assert admin_client.get(f"{PAIR}exceeding/{key}/").status_code == 404


# --- Whether a pair may be associated ---------------------------------------------------------------


def test_a_pair_is_forbidden_and_allowed_on_its_page(admin_client):
    said = admin_client.post(f"{PAIR}allow/", follow=True)

    assert not type_pairs.may_be_associated(kind("contacts").pk, kind("deals").pk)
    assert "Deals and Contacts may not be associated from now on." in said.text
    assert 'id="add-label"' not in said.text
    assert admin_client.post(f"{PAIR}labels/new/", {"label": "X"}).status_code == 422
    admin_client.post(f"{PAIR}allow/", {"allowed": "1"})
    assert type_pairs.may_be_associated(kind("contacts").pk, kind("deals").pk)


# --- Who, and how many queries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "",
        *(
            f"deals/contacts/{path}"
            for path in ("", "allow/", "labels/new/", "exceeding/", "exceeding/deals/")
        ),
        *(f"deals/contacts/labels/1/{path}" for path in ("", "move/", "archive/", "restore/", "delete/")),
    ],
)
def test_others_neither_see_the_pages_nor_change_anything(signed_in, client, path):
    assert signed_in.get(f"{INDEX}{path}").status_code == 403
    assert signed_in.post(f"{INDEX}{path}", {"label": "X"}).status_code == 403
    client.logout()
    assert client.get(f"{INDEX}{path}").status_code == 302


def test_an_address_of_nothing_is_a_404(admin_client, decider):
    for path in ("deals/planets/", "planets/deals/", f"deals/companies/labels/{decider.pk}/"):
        assert admin_client.get(f"{INDEX}{path}").status_code == 404
    for path in ("allow/", f"labels/{decider.pk}/move/", f"labels/{decider.pk}/restore/"):
        assert admin_client.get(f"{PAIR}{path}").status_code == 405


def queries(client, address: str) -> int:
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_pages_take_the_same_queries_for_few_and_for_many(admin_client, decider):
    """Session, user, data model; the page's labels, their uses and history; who has more, and their names."""
    carried(decider, 2)
    set_limit(kind("deals"), kind("contacts"), 1)
    addresses = [
        INDEX,
        PAIR,
        f"{PAIR}exceeding/",
        f"{PAIR}exceeding/deals/",
        "/settings/objects/deals/associations/",
    ]
    few = [queries(admin_client, address) for address in addresses]

    for number in range(12):
        thing = {"singular": "Thing", "plural": "Things", "groups": {"about": {"properties": {"title": {}}}}}
        definition.apply({"objects": {f"thing{number}": thing}})
        make_limit("deals", "contacts", 1, make_label("deals", "contacts", f"Label {number}"))
    for _number in range(12):
        carried_by = DealFactory(), *ContactFactory.create_batch(2)
        make_limit("deals", "contacts", 9)
        services.associate(carried_by[0], [one.pk for one in carried_by[1:]], by=by())
    make_limit("deals", "contacts", 1)
    many = [queries(admin_client, address) for address in addresses]

    assert few == many == [4, 7, 5, 6, 4]
