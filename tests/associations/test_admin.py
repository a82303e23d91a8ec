"""Associations and limits in Django's admin."""

import pytest

from associations import services
from associations.models import Association, AssociationLimit
from records.provenance import Origin
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db
ADD = "/admin/associations/association/add/"


def test_two_records_are_associated_whichever_is_named_first(admin_client):
    deal, contact = DealFactory(), ContactFactory()

    response = admin_client.post(ADD, {"record_a": contact.pk, "record_b": deal.pk})

    assert response.status_code == 302
    association = Association.objects.get()
    assert association.pair == (deal.pk, contact.pk)
    assert (association.origin, association.created_by.username) == (Origin.ADMIN, "admin")


def test_what_the_rules_forbid_is_refused_in_their_words(admin_client):
    acme, beta, ada = (
        CompanyFactory(name="Acme"),
        CompanyFactory(),
        ContactFactory(firstname="Ada", lastname="L"),
    )
    services.associate(ada, [acme.pk], by=by())
    gone = DealFactory(dealname="Gone")

    def refusal(one, other) -> str:
        response = admin_client.post(ADD, {"record_a": one.pk, "record_b": other.pk})
        return str(response.context["adminform"].form.errors["record_b"])

    assert "Ada L already has a company, Acme." in refusal(ada, beta)
    assert "associated already" in refusal(acme, ada)
    assert "cannot be associated with itself" in refusal(ada, ada)
    archive_records([gone.pk], by=by())
    assert "Gone has been archived." in refusal(ada, gone)
    assert Association.objects.count() == 1


def test_selected_associations_are_removed(admin_client):
    deal, contacts = DealFactory(), ContactFactory.create_batch(2)
    services.associate(deal, [contact.pk for contact in contacts], by=by())
    ids = list(Association.objects.values_list("pk", flat=True))

    admin_client.post(
        "/admin/associations/association/",
        {"action": "delete_selected", "_selected_action": ids, "post": "yes"},
    )

    assert not Association.objects.exists()


def test_one_association_is_looked_at_and_removed(admin_client):
    deal, contact = DealFactory(), ContactFactory(firstname="Ada")
    services.associate(deal, [contact.pk], by=by())
    url = f"/admin/associations/association/{Association.objects.get().pk}"

    assert "Ada" in admin_client.get(f"{url}/change/").text
    assert admin_client.post(f"{url}/delete/", {"post": "yes"}).status_code == 302
    assert not Association.objects.exists()


def test_records_are_found_by_part_of_their_name_when_one_is_chosen(admin_client):
    contact = ContactFactory(firstname="Ada", lastname="Lovelace")
    archive_records([ContactFactory(lastname="Loveless").pk], by=by())

    found = admin_client.get(
        "/admin/autocomplete/",
        {"term": "ovel", "app_label": "associations", "model_name": "association", "field_name": "record_a"},
    ).json()

    assert found["results"] == [{"id": str(contact.pk), "text": "Ada Lovelace"}]


def test_a_raised_limit_lets_a_contact_have_two_companies(admin_client):
    limit = AssociationLimit.objects.get()
    values = {"from_type": limit.from_type_id, "to_type": limit.to_type_id, "maximum": 2}

    admin_client.post(f"/admin/associations/associationlimit/{limit.pk}/change/", values)

    companies = CompanyFactory.create_batch(2)
    report = services.associate(ContactFactory(), [company.pk for company in companies], by=by())
    assert len(report.associated) == 2


def test_a_limit_of_none_at_all_is_refused(admin_client):
    limit = AssociationLimit.objects.get()
    values = {"from_type": limit.from_type_id, "to_type": limit.to_type_id, "maximum": 0}

    response = admin_client.post(f"/admin/associations/associationlimit/{limit.pk}/change/", values)

    assert "maximum" in response.context["adminform"].form.errors


def test_the_list_takes_as_many_queries_for_many_as_for_few(admin_client, django_assert_num_queries):
    deal = DealFactory()
    services.associate(deal, [contact.pk for contact in ContactFactory.create_batch(3)], by=by())
    admin_client.get("/admin/associations/association/")
    with django_assert_num_queries(7):
        admin_client.get("/admin/associations/association/")
    services.associate(deal, [contact.pk for contact in ContactFactory.create_batch(40)], by=by())
    with django_assert_num_queries(7):
        admin_client.get("/admin/associations/association/")
