"""Administrators say how the sidebar of each object type is laid out: order, sorting, properties of cards."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from associations import first_links, services, sidebar, sidebar_layout, type_pairs
from associations.models import Association, AssociationLabel, Labelling, SidebarSection
from records import data_model, definition, schema
from records.definition import DefinitionRefused
from records.models import Record
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/objects/deals/sidebar/"
HOUSE = {"singular": "House", "plural": "Houses", "groups": {"about": {"properties": {"title": {}}}}}
SEVEN = ["city", "email", "phone", "jobtitle", "firstname", "lastname", "zip"]
STANDARD = ["contacts", "companies", "deals", "tickets"]


def kind(name):
    return schema.current().type(name)


def order(name="deals"):
    return [one.other.name for one in sidebar_layout.layouts(kind(name))]


def shown(record, user, type_name="contacts"):
    """Return the section of a type as it is now."""
    return sidebar.section(record, user, kind(type_name))


def names(record, user, type_name="contacts"):
    return [str(card.record) for card in shown(record, user, type_name).cards]


def say(sort="newest", properties=("email", "jobtitle"), other="contacts", of="deals"):
    sidebar_layout.change(kind(of), kind(other), sort=sort, properties=properties)


@pytest.fixture
def people():
    """A deal with seven contacts, associated in another order than that of their names."""
    deal = DealFactory()
    people = [ContactFactory(firstname=name, lastname="") for name in "DAGCFBE"]
    for person in people:
        services.associate(deal, [person.pk], by=by())
    return deal, people


def label(deal, person, row, at=""):
    """Put a label on the association of a deal and a person, seen from the person's end with `at`."""
    one, other = (person, deal) if at == "person" else (deal, person)
    association = Association.objects.get(record_a=deal.pk, record_b=person.pk)
    Labelling.objects.create(association=association, label=row, from_record_id=one.pk, to_record_id=other.pk)


# --- Order of the sections ------------------------------------------------------------------------------


def test_at_first_the_sections_stand_in_the_order_of_the_types():
    assert order() == STANDARD
    assert sidebar_layout.is_default(kind("deals"))


def test_sections_are_moved_up_and_down_on_the_page(admin_client):
    admin_client.post(f"{ADDRESS}sections/companies/move/", {"up": ""})
    assert order() == ["companies", "contacts", "deals", "tickets"]
    admin_client.post(f"{ADDRESS}sections/contacts/move/", {"down": ""})
    assert order() == ["companies", "deals", "contacts", "tickets"]
    admin_client.post(f"{ADDRESS}sections/companies/move/", {"up": ""})
    assert order() == ["companies", "deals", "contacts", "tickets"]
    assert order("contacts") == STANDARD

    page = admin_client.get(DealFactory().get_absolute_url()).text
    found = re.findall(r'<section class="section" id="section-(\w+)"', page)
    assert found == ["companies", "deals", "contacts", "tickets"]


def test_a_section_moves_past_those_that_are_not_shown(admin_client):
    type_pairs.set_partners(kind("deals"), ["contacts", "deals", "tickets"])

    admin_client.post(f"{ADDRESS}sections/deals/move/", {"up": ""})

    assert [name for name in order() if name != "companies"] == ["deals", "contacts", "tickets"]
    assert 'id="section-companies"' not in admin_client.get(ADDRESS).text


def test_a_type_that_comes_later_stands_behind(admin_client):
    admin_client.post(f"{ADDRESS}sections/companies/move/", {"up": ""})
    definition.apply({"objects": {"houses": HOUSE}})

    assert order() == ["companies", "contacts", "deals", "tickets", "houses"]


# --- Sorting --------------------------------------------------------------------------------------------


def test_cards_are_the_first_by_the_chosen_order(people, user):
    deal, rows = people
    Record.objects.filter(pk=rows[0].pk).update(updated_at=timezone.now() + timedelta(days=1))
    Record.objects.filter(pk=rows[3].pk).update(updated_at=timezone.now() + timedelta(days=2))

    found = {}
    for sort in ("newest", "oldest", "name", "changed"):
        say(sort)
        found[sort] = "".join(names(deal, user))

    assert found == {"newest": "EBFCG", "oldest": "DAGCF", "name": "ABCDE", "changed": found["changed"]}
    assert found["changed"][:2] == "CD"


def test_names_are_sorted_from_both_ends_of_an_association(user):
    before, deal, after = [DealFactory(dealname=name) for name in ("Old", "Mid", "New")]
    services.associate(deal, [before.pk, after.pk], by=by())
    say("name", ["amount"], other="deals")

    assert names(deal, user, "deals") == ["New", "Old"]


def test_labelled_cards_come_first_and_the_newest_of_them_before_the_others(people, user):
    deal, rows = people
    decides, pays = make_label("deals", "contacts", "Decides"), make_label("contacts", "deals", "Pays")
    label(deal, rows[1], decides)
    label(deal, rows[2], decides)
    label(deal, rows[0], pays, at="person")
    label(deal, rows[0], decides)
    say("labelled")

    assert "".join(names(deal, user)) == "GADEB"


def test_the_primary_company_comes_before_labelled_ones(user):
    deal, companies = DealFactory(), CompanyFactory.create_batch(7)
    services.associate(deal, [companies[0].pk], by=by())  # primary, since it is the first
    for company in companies[1:]:
        services.associate(deal, [company.pk], by=by())
    label(deal, companies[3], make_label("deals", "companies", "Partner"))
    say("labelled", ["domain"], other="companies")

    assert Labelling.objects.filter(is_primary=True, to_record=companies[0].pk).exists()
    expected = [companies[number] for number in (0, 3, 6, 5, 4)]
    assert names(deal, user, "companies") == [str(company) for company in expected]


def test_that_it_is_somebodys_primary_company_puts_nobody_first_on_its_page(user):
    company, people = CompanyFactory(), ContactFactory.create_batch(3)
    for person in people:
        services.associate(person, [company.pk], by=by())
    Labelling.objects.filter(from_record=people[2].pk).delete()
    say("labelled", of="companies")

    assert names(company, user) == [str(person) for person in reversed(people)]


def test_labels_between_records_of_one_type_count_at_both_ends(user):
    deals = DealFactory.create_batch(8)
    one = deals[3]
    services.associate(one, [deal.pk for deal in deals if deal != one], by=by())
    row = make_label("deals", "deals", "Renews", "Renewed by")
    for other, (first, second) in {0: (deals[0], one), 6: (one, deals[6])}.items():
        pair = sorted((deals[other].pk, one.pk))
        association = Association.objects.get(record_a=pair[0], record_b=pair[1])
        Labelling.objects.create(
            association=association, label=row, from_record_id=first.pk, to_record_id=second.pk
        )
    say("labelled", ["amount"], other="deals")

    assert set(names(one, user, "deals")[:2]) == {str(deals[0]), str(deals[6])}


def test_archived_labels_and_archived_records_are_not_put_first(people, user):
    deal, rows = people
    gone, stays = make_label("deals", "contacts", "Gone"), make_label("deals", "contacts", "Stays")
    label(deal, rows[0], gone)
    label(deal, rows[1], stays)
    AssociationLabel.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    schema.data_model_changed()
    archive_records([rows[1].pk], by=by())
    say("labelled")

    assert "".join(names(deal, user)) == "EBFCG"


def test_of_too_many_to_sort_the_newest_are_shown_and_the_page_says_so(people, user, signed_in, monkeypatch):
    deal, _rows = people
    say("name")
    assert not shown(deal, user).too_many_to_sort

    monkeypatch.setattr(first_links, "MANY", 6)

    assert "".join(names(deal, user)) == "EBFCG"
    assert "Too many to sort: the newest are shown." in signed_in.get(deal.get_absolute_url()).text


# --- Properties on cards --------------------------------------------------------------------------------


def test_cards_show_the_chosen_properties_with_their_names(signed_in, user):
    deal = DealFactory()
    services.associate(
        deal, [ContactFactory(city="London", phone="+44 1", jobtitle="Countess", owner=user).pk], by=by()
    )
    say(properties=["city", "hubspot_owner_id"])

    text = (
        signed_in.get(deal.get_absolute_url()).text.split('id="section-contacts"')[1].split("</section>")[0]
    )

    assert "<dt>City</dt><dd>London</dd>" in text
    assert "<dt>Owner</dt>" in text
    assert "grace" in text
    assert "Countess" not in text


def test_no_property_is_a_choice_too(signed_in, user):
    deal = DealFactory()
    services.associate(deal, [ContactFactory(jobtitle="Countess").pk], by=by())
    say(properties=[])

    assert shown(deal, user).cards[0].values == []


def test_an_archived_property_leaves_the_cards_and_comes_back(user):
    deal = DealFactory()
    services.associate(deal, [ContactFactory(city="London", phone="1").pk], by=by())
    say(properties=["city", "phone"])

    data_model.archive_property(kind("contacts").properties["city"])
    assert [prop.name for prop, _text in shown(deal, user).cards[0].values] == ["phone"]
    data_model.restore_property(kind("contacts").archived_properties["city"])
    assert [prop.name for prop, _text in shown(deal, user).cards[0].values] == ["city", "phone"]


# --- The pages ------------------------------------------------------------------------------------------


def test_a_section_is_changed_on_the_page(admin_client):
    page = admin_client.get(f"{ADDRESS}sections/contacts/")
    assert '<option value="email" selected>' in page.text

    given = {"sort": "name", "property_0": "city", "property_2": "phone", "property_3": "city"}
    saved = admin_client.post(f"{ADDRESS}sections/contacts/", given)

    assert saved.headers["Location"] == ADDRESS
    (row,) = SidebarSection.objects.exclude(properties=None)
    assert (row.sort, row.properties) == ("name", ["city", "phone"])
    assert "City, Phone" in admin_client.get(ADDRESS).text


def test_cards_that_show_what_the_type_says_follow_it(admin_client):
    given = {"sort": "oldest", "property_0": "email", "property_1": "jobtitle"}
    admin_client.post(f"{ADDRESS}sections/contacts/", given)
    definition.apply({"objects": {"contacts": {"secondary": ["city", "phone"]}}})

    (contacts,) = [one for one in sidebar_layout.layouts(kind("deals")) if one.other.name == "contacts"]
    assert (contacts.sort, [prop.name for prop in contacts.properties]) == ("oldest", ["city", "phone"])


@pytest.mark.parametrize("given", [{"sort": "fate"}, {}, {"sort": "name", "property_0": "shoe_size"}])
def test_what_does_not_exist_is_refused_beside_its_field(admin_client, given):
    refused = admin_client.post(f"{ADDRESS}sections/contacts/", {"property_1": "city", **given})

    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert '<option value="city" selected>' in refused.text
    assert not SidebarSection.objects.exists()


def test_everything_is_reset_after_a_question(admin_client):
    say("name")
    assert 'id="reset-sidebar"' in admin_client.get(ADDRESS).text
    assert "Reset the sidebar of deals?" in admin_client.get(f"{ADDRESS}reset/").text
    assert not sidebar_layout.is_default(kind("deals"))

    admin_client.post(f"{ADDRESS}reset/")

    assert sidebar_layout.is_default(kind("deals"))
    assert 'id="reset-sidebar"' not in admin_client.get(ADDRESS).text


@pytest.mark.parametrize("path", ["", "reset/", "sections/contacts/", "sections/contacts/move/"])
def test_others_do_not_see_the_pages(signed_in, path):
    assert signed_in.get(f"{ADDRESS}{path}").status_code == 403


def test_an_address_of_nothing_is_a_404(admin_client):
    type_pairs.set_partners(kind("deals"), ["contacts"])

    for other in ("planets", "companies"):
        assert admin_client.get(f"{ADDRESS}sections/{other}/").status_code == 404
        assert admin_client.post(f"{ADDRESS}sections/{other}/move/", {"up": ""}).status_code == 404
    assert admin_client.get(f"{ADDRESS}sections/contacts/move/").status_code == 405
    assert admin_client.get("/settings/objects/planets/sidebar/").status_code == 404


# --- Definitions ----------------------------------------------------------------------------------------


def test_a_definition_says_the_sidebar_and_an_export_says_it_again():
    given = {
        "tickets": {"sort": "oldest"},
        "contacts": {"properties": ["city"], "sort": "name"},
        "deals": None,
    }

    changes = definition.apply({"objects": {"deals": {"sidebar": given}}})

    assert [str(change) for change in changes] == ["deals: sidebar changed"]
    assert order() == ["tickets", "contacts", "deals", "companies"]
    assert definition.apply({"objects": {"deals": {"sidebar": given}}}) == []
    exported = definition.export(["deals"])
    assert exported["objects"]["deals"]["sidebar"]["contacts"] == {"sort": "name", "properties": ["city"]}
    definition.apply(exported)
    assert definition.apply(exported) == []
    assert [(one.other.name, one.sort) for one in sidebar_layout.layouts(kind("deals"))][:2] == [
        ("tickets", "oldest"),
        ("contacts", "name"),
    ]
    definition.apply({"objects": {"deals": {"sidebar": {}}}})
    assert order() == STANDARD
    assert "sidebar" not in definition.export(["deals"])["objects"]["deals"]


def test_a_definition_may_name_a_type_that_it_creates():
    tickets = {"sidebar": {"houses": {"properties": ["title"]}}}

    definition.apply({"objects": {"tickets": tickets, "houses": HOUSE}})

    assert order("tickets")[0] == "houses"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["contacts"], "Sections by the name of their object type are expected here."),
        ({"unicorns": {}}, "There is no object type “unicorns”."),
        ({"contacts": {"sort": "fate"}}, "“fate” is none of newest, oldest, name, changed, labelled."),
        ({"contacts": {"sort": ["name"]}}, "“['name']” is none of newest, oldest, name, changed, labelled."),
        ({"contacts": {"properties": ["shoe_size"]}}, "There is no property “shoe_size”."),
        ({"contacts": {"properties": "email"}}, "A list of names of properties is expected here."),
        ({"contacts": {"colour": "red"}}, "Of a section, “sort” and “properties” can be said."),
        ({"contacts": "name"}, "Of a section, “sort” and “properties” can be said."),
        ({"contacts": {"properties": SEVEN}}, "A card shows at most 6 properties."),
    ],
)
def test_a_definition_of_what_cannot_be_is_refused(given, message):
    with pytest.raises(DefinitionRefused) as refused:
        definition.apply({"objects": {"deals": {"sidebar": given}}})

    assert refused.value.messages == [f"deals.sidebar: {message}"]
    assert not SidebarSection.objects.exists()
