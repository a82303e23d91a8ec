"""Administrators say which object types may be associated with which."""

import pytest

from associations import services, sidebar, type_pairs
from associations.models import Association, TypePair
from associations.services import AssociationRefused, Reason
from records import definition, schema
from records.definition import DefinitionRefused
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/objects/tickets/associations/"


def kind(name):
    return schema.current().type(name)


def main_partners(name) -> list[str]:
    """Return the types, but for activities, that records of a type may be associated with."""
    return [other.name for other in type_pairs.partners(kind(name)) if not other.is_activity]


def forbid(name, *others):
    names = [other.name for other in schema.current().main_types if other.name not in others]
    type_pairs.set_partners(kind(name), names)


def test_every_type_may_be_associated_with_every_one_at_first():
    current = schema.current()

    assert all(type_pairs.partners(one) == current.types for one in current.main_types)
    assert all(type_pairs.partners(one) == current.main_types for one in current.activity_types)


def test_what_is_forbidden_is_forbidden_from_both_sides():
    forbid("tickets", "companies")
    ticket, company = TicketFactory(), CompanyFactory(name="Acme")

    for one, other in ((ticket, company), (company, ticket)):
        with pytest.raises(AssociationRefused, match="do not let") as refused:
            services.associate(one, [other.pk], by=by())
        assert [outcome.reason for outcome in refused.value.report.refused] == [Reason.TYPES]
    assert not Association.objects.exists()


def test_a_type_can_be_forbidden_to_itself_only():
    forbid("contacts", "contacts")
    one, other, deal = ContactFactory(), ContactFactory(), DealFactory()

    report = services.associate_pairs([(one.pk, other.pk), (one.pk, deal.pk)], by=by(), skip_refused=True)

    assert [outcome.pair for outcome in report.associated] == [(one.pk, deal.pk)]
    assert kind("contacts") not in type_pairs.partners(kind("contacts"))


def test_associations_that_there_are_stay_and_can_be_removed(user):
    ticket, company = TicketFactory(), CompanyFactory()
    services.associate(ticket, [company.pk], by=by())
    forbid("tickets", "companies")

    (companies,) = [one for one in sidebar.sections(ticket, user) if one.object_type.name == "companies"]
    assert (companies.count, companies.may_add) == (1, False)
    assert services.associate(ticket, [company.pk], by=by()).already
    services.dissociate(ticket, [company.pk], by=by())
    assert "companies" not in {one.object_type.name for one in sidebar.sections(ticket, user)}


def test_the_sidebar_the_picker_and_the_lists_leave_a_forbidden_type_out(signed_in):
    forbid("tickets", "companies")
    ticket = TicketFactory()

    assert 'id="section-companies"' not in signed_in.get(ticket.get_absolute_url()).text
    assert 'id="section-contacts"' in signed_in.get(ticket.get_absolute_url()).text
    assert signed_in.get(f"{ticket.get_absolute_url()}associations/companies/add/").status_code == 404
    assert 'value="associated-companies"' not in signed_in.get("/records/tickets/").text


def test_administrators_choose_the_types_on_a_page(admin_client):
    page = admin_client.get(ADDRESS)
    assert page.text.count("checked") == len(schema.current().main_types)

    saved = admin_client.post(ADDRESS, {"associations": ["contacts", "deals"]})

    assert saved.headers["Location"] == ADDRESS
    assert main_partners("tickets") == ["contacts", "deals"]
    assert kind("tickets") not in type_pairs.partners(kind("companies"))
    admin_client.post(ADDRESS, {"associations": [other.name for other in schema.current().main_types]})
    assert type_pairs.partners(kind("tickets")) == schema.current().types


def test_a_type_that_is_none_is_refused_and_nothing_changes(admin_client):
    refused = admin_client.post(ADDRESS, {"associations": ["contacts", "unicorns"]})

    assert refused.status_code == 422
    assert "unicorns is not one of the available choices" in refused.text
    assert not TypePair.objects.exists()


def test_others_do_not_see_the_page(signed_in):
    assert signed_in.get(ADDRESS).status_code == 403


def test_a_definition_says_the_types_and_an_export_says_them_again():
    given = {
        "objects": {
            "viewings": {
                "singular": "Viewing",
                "plural": "Viewings",
                "groups": {"about": {"properties": {"title": {}}}},
                "associations": ["contacts", "houses"],
            },
            "houses": {
                "singular": "House",
                "plural": "Houses",
                "groups": {"about": {"properties": {"title": {}}}},
            },
        }
    }

    changes = [str(change) for change in definition.apply(given)]

    assert "viewings: associations changed" in changes
    assert main_partners("viewings") == ["contacts", "houses"]
    assert definition.apply(given) == []
    exported = definition.export(["viewings", "houses"])
    assert exported["objects"]["viewings"]["associations"] == ["contacts", "houses"]
    assert definition.apply(exported) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["unicorns"], "tickets.associations: There is no object type “unicorns”."),
        ("contacts", "tickets.associations: A list of names of object types is expected here."),
        ([1], "tickets.associations: A list of names of object types is expected here."),
    ],
)
def test_a_definition_that_names_no_types_is_refused(given, message):
    with pytest.raises(DefinitionRefused) as refused:
        definition.apply({"objects": {"tickets": {"associations": given}}})

    assert refused.value.messages == [message]
    assert not TypePair.objects.exists()
