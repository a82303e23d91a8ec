"""Records and the data model in Django's admin."""

import pytest
from django.contrib import admin

from records import definition, schema
from records.models import Company, Contact, CustomRecord, Deal, Pipeline, Record, Stage
from records.provenance import Origin
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by
from tests.records.test_definition import VIEWINGS

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(admin_client):
    """A test client of an administrator."""
    return admin_client


def fields(response) -> dict:
    """Return what the form on an admin page would send as it stands."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    for inline in response.context["inline_admin_formsets"]:
        counts = inline.formset.management_form
        values |= {counts.add_prefix(name): counts[name].value() for name in counts.fields}
    return {name: "" if value is None else value for name, value in values.items()}


@pytest.mark.parametrize(
    "model", [model for model in admin.site._registry if model._meta.app_label != "auth"]
)
def test_every_admin_list_opens(staff, model):
    ContactFactory(), CompanyFactory(), DealFactory(), TicketFactory()

    for path in ("", "?q=a", "?o=1"):
        response = staff.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{path}")
        assert response.status_code == 200


@pytest.mark.parametrize("factory", [ContactFactory, CompanyFactory, DealFactory, TicketFactory])
def test_every_kind_of_record_can_be_saved_unchanged(staff, factory):
    record = factory()
    url = f"/admin/records/{type(record)._meta.model_name}/{record.pk}/change/"

    response = staff.post(url, fields(staff.get(url)))

    assert response.status_code == 302
    assert str(type(record).objects.get(pk=record.pk)) == str(record)


def test_a_contact_is_created_as_from_any_other_page(staff):
    values = {
        **fields(staff.get("/admin/records/contact/add/")),
        "firstname": "Ada",
        "email": "ADA@Example.com",
    }

    response = staff.post("/admin/records/contact/add/", values)

    contact = Contact.objects.get()
    assert response.status_code == 302
    assert (str(contact), contact.email, contact.origin) == ("Ada", "ada@example.com", Origin.ADMIN)
    assert contact.created_by.username == "admin"


def test_a_taken_email_is_refused_beside_its_field(staff):
    ContactFactory(email="ada@example.com")
    values = {**fields(staff.get("/admin/records/contact/add/")), "email": "Ada@example.com"}

    response = staff.post("/admin/records/contact/add/", values)

    assert "Another contact already has email" in str(response.context["adminform"].form.errors["email"])
    assert Contact.objects.count() == 1


def test_a_deal_moved_to_another_stage_follows_into_its_pipeline(staff):
    deal = DealFactory()
    other = Pipeline.objects.create(object_type=deal.object_type, name="partners", label="Partners")
    stage = Stage.objects.create(pipeline=other, name="met", label="Met")
    url = f"/admin/records/deal/{deal.pk}/change/"

    staff.post(url, {**fields(staff.get(url)), "dealstage": stage.pk})

    deal = Deal.objects.get()
    assert (deal.dealstage, deal.pipeline) == (stage, other)


def test_selected_records_are_archived_and_restored(staff):
    contacts = ContactFactory.create_batch(3)
    ids = [contact.pk for contact in contacts[:2]]

    staff.post("/admin/records/contact/", {"action": "archive", "_selected_action": ids})
    assert list(Record.objects.live().values_list("pk", flat=True)) == [contacts[2].pk]

    staff.post("/admin/records/contact/?archived=yes", {"action": "restore", "_selected_action": ids})
    assert Record.objects.live().count() == 3


def test_restoring_is_refused_where_the_email_was_taken_meanwhile(staff):
    old = ContactFactory(email="ada@example.com")
    archive_records([old.pk], by=by())
    ContactFactory(email="ada@example.com")

    response = staff.post(
        "/admin/records/contact/?archived=yes", {"action": "restore", "_selected_action": old.pk}, follow=True
    )

    assert "Another contact already has email" in response.text
    assert Record.objects.live().count() == 1


def test_records_cannot_be_deleted_for_good_here(staff):
    contact = ContactFactory()

    assert staff.post(f"/admin/records/contact/{contact.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Contact.objects.count() == 1


def test_an_archived_record_can_be_looked_at_and_not_changed(staff):
    contact = ContactFactory(firstname="Ada")
    archive_records([contact.pk], by=by())
    url = f"/admin/records/contact/{contact.pk}/change/"

    assert staff.get(url).status_code == 200
    assert staff.post(url, {"firstname": "Eve"}).status_code == 403


def test_search_finds_within_names(staff):
    CompanyFactory(name="Analytical Society")
    CompanyFactory(name="Difference Ltd")

    text = staff.get("/admin/records/company/", {"q": "alytic"}).text

    assert "Analytical Society" in text
    assert "Difference Ltd" not in text


def test_the_list_takes_as_many_queries_for_many_records_as_for_few(staff, django_assert_num_queries):
    DealFactory.create_batch(3)
    staff.get("/admin/records/deal/")
    with django_assert_num_queries(5):
        staff.get("/admin/records/deal/")
    DealFactory.create_batch(40)
    with django_assert_num_queries(5):
        staff.get("/admin/records/deal/")


def test_names_of_companies_are_required(staff):
    response = staff.post("/admin/records/company/add/", fields(staff.get("/admin/records/company/add/")))

    assert "name" in response.context["adminform"].form.errors
    assert not Company.objects.exists()


# --- Records of custom types ----------------------------------------------------------------------


def test_records_of_a_custom_type_are_added_changed_and_archived(staff):
    definition.apply(VIEWINGS)
    kind = schema.current().type("viewings")
    where = f"_changelist_filters=object_type__id__exact%3D{kind.pk}"
    url = f"/admin/records/customrecord/add/?{where}"
    values = {**fields(staff.get(url)), "value_title": "Elm Street 5", "value_price": "9.50"}

    staff.post(url, {**values, "stage": kind.pipelines[0].stage_list[0].pk})

    elm = CustomRecord.objects.get()
    assert (str(elm), elm.properties["price"], elm.kind) == ("Elm Street 5", "9.50", kind)
    change = f"/admin/records/customrecord/{elm.pk}/change/"
    staff.post(change, {**fields(staff.get(change)), "value_title": "Elm Street 6"})
    listed = staff.get(f"/admin/records/customrecord/?object_type__id__exact={kind.pk}").text
    assert "Elm Street 6" in listed
    assert "$9.50" in listed
    assert "Elm Street 6" in staff.get("/admin/records/customrecord/").text
    staff.post("/admin/records/customrecord/", {"action": "archive", "_selected_action": elm.pk})
    assert Record.objects.get(pk=elm.pk).archived_at


def test_a_custom_record_cannot_be_added_without_its_type(staff):
    assert staff.get("/admin/records/customrecord/add/").status_code == 403
