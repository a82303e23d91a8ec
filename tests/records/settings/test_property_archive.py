"""Settings → Properties: archived and restored."""

import pytest
from django.core.exceptions import ValidationError

from records import data_model, definition, schema
from records.models import Contact, CustomRecord, Property, UniqueValue
from records.services import create_record, update_record
from tests.factories import ContactFactory, UserFactory, by
from tests.records.test_definition import viewing

from .helpers import current, errors, labels

pytestmark = pytest.mark.django_db
PAGE = "/settings/objects/viewings/properties/"


def archive(client, name: str, type_name: str = "viewings"):
    return client.post(f"/settings/objects/{type_name}/properties/{name}/archive/", follow=True)


def restore(client, name: str, type_name: str = "viewings"):
    return client.post(f"/settings/objects/{type_name}/properties/{name}/restore/", follow=True)


def test_an_archived_property_leaves_every_page_and_comes_back_with_its_values(administrator, viewings):
    elm = viewing(price=100, outcome="liked")
    viewing("Oak")
    pages = (
        elm.get_absolute_url(),
        "/records/viewings/",
        "/records/viewings/new/",
        f"/admin/records/customrecord/{elm.pk}/change/",
    )
    UserFactory(username="root", is_staff=True, is_superuser=True)
    assert "1 record has a value of it" in administrator.get(f"{PAGE}price/archive/").text
    text = archive(administrator, "price").text
    assert "Asking price archived." in text
    assert text.index('id="archived"') < text.index("Restore")

    for page in pages[:3]:
        response = administrator.get(page)
        assert response.status_code == 200
        assert "Asking price" not in response.text, page
    named = administrator.get("/records/viewings/?columns=price").text
    assert "it does not exist: Asking price</p>" in named
    assert "$100" not in named
    assert CustomRecord.objects.get(pk=elm.pk).properties["price"] == "100"
    assert (
        "price" not in definition.export(["viewings"])["objects"]["viewings"]["groups"]["about"]["properties"]
    )

    assert "Asking price restored." in restore(administrator, "price").text
    assert "$100" in administrator.get(elm.get_absolute_url()).text


def test_what_names_it_goes_on_working(administrator, admin_client, viewings):
    elm = viewing(price=100)
    definition.apply({"objects": {"viewings": {"columns": ["price", "day"], "secondary": ["price"]}}})
    archive(administrator, "price")

    for page in (
        "/records/viewings/?price__gte=5&sort=-price&columns=price",
        "/records/viewings/?edit_filter=price",
        "/settings/objects/viewings/",
        elm.get_absolute_url(),
    ):
        assert administrator.get(page).status_code == 200, page
    for page in ("/admin/records/customrecord/", f"/admin/records/customrecord/{elm.pk}/change/"):
        assert admin_client.get(page).status_code == 200
    assert (
        admin_client.get(f"/admin/records/customrecord/?object_type__id__exact={viewings.pk}").status_code
        == 200
    )
    exported = definition.export(["viewings"])["objects"]["viewings"]
    assert (exported["columns"], exported.get("secondary", [])) == (["day"], [])
    definition.apply({"objects": {"viewings": exported}})
    definition.apply({"objects": {"viewings": {"singular": "Visit"}}})


def test_a_list_of_a_standard_type_in_the_admin_goes_on_working(admin_client):
    ContactFactory(jobtitle="Founder")
    data_model.archive_property(current("contacts").properties["jobtitle"])

    assert "Founder" not in admin_client.get("/admin/records/contact/").text


def test_its_values_survive_a_save_in_between(viewings):
    elm = viewing(price=100)
    data_model.archive_property(current().properties["price"])

    update_record(CustomRecord.objects.get(pk=elm.pk), {"title": "Renamed"}, by=by())
    data_model.restore_property(Property.objects.get(name="price"))

    assert CustomRecord.objects.get(pk=elm.pk).properties == {"title": "Renamed", "price": "100"}


@pytest.mark.parametrize(
    ("type_name", "name"),
    [
        ("viewings", "title"),
        ("viewings", "stage"),
        ("viewings", "pipeline"),
        ("viewings", "hubspot_owner_id"),
        ("contacts", "createdate"),
        ("contacts", "firstname"),
        ("deals", "dealstage"),
        ("deals", "dealname"),
    ],
)
def test_what_is_needed_cannot_be_archived(administrator, viewings, type_name, name):
    page = f"/settings/objects/{type_name}/properties/{name}/"

    assert administrator.post(f"{page}archive/").status_code == 404
    assert f"{page}archive/" not in administrator.get(f"{page}edit/").text
    with pytest.raises(ValidationError):
        data_model.archive_property(current(type_name).properties[name])
    assert name in current(type_name).properties


def test_its_name_stays_taken(administrator, viewings):
    archive(administrator, "price")

    refused = administrator.post(f"{PAGE}new/", {"label": "Price", "type": "text", "group": "about"})
    assert "An archived property has this internal name" in str(errors(refused)["name"])
    given = {"groups": {"about": {"properties": {"price": {"label": "Mine"}}}}}
    with pytest.raises(definition.DefinitionRefused, match=r"properties.price: this property is archived"):
        definition.apply({"objects": {"viewings": given}})
    assert Property.objects.get(name="price").label == "Asking price"


def test_unique_values_are_free_while_it_is_archived_and_claimed_when_it_is_back(administrator, viewings):
    elm = viewing(reference="A1")
    archive(administrator, "reference")
    assert not UniqueValue.objects.filter(record=elm).exists()

    restore(administrator, "reference")
    assert UniqueValue.objects.get(record=elm).value == "a1"
    with pytest.raises(ValidationError):
        viewing("Oak", reference="a1")


def test_it_does_not_come_back_while_two_records_have_its_value(administrator, viewings):
    elm, oak = viewing(reference="A1"), viewing("Oak")
    archive(administrator, "reference")
    CustomRecord.objects.filter(pk=oak.pk).update(properties={"title": "Oak", "reference": "a1"})

    text = restore(administrator, "reference").text
    assert "“a1” is to be unique, but more than one record has it now." in text
    assert "reference" not in current().properties

    administrator.post(f"{oak.get_absolute_url()}archive/")
    restore(administrator, "reference")
    assert UniqueValue.objects.get().record_id == elm.pk


def test_search_finds_its_values_only_while_it_is_there(administrator, viewings):
    viewing(reference="ZX-81")

    def found():
        return "Elm" in administrator.get("/records/viewings/?q=zx-81").text

    assert found()
    archive(administrator, "reference")
    assert not found()
    restore(administrator, "reference")
    assert found()


def test_names_made_of_it_follow(viewings):
    contact = ContactFactory(firstname="", lastname="", email="ada@example.com")
    assert str(contact) == "ada@example.com"

    data_model.archive_property(current("contacts").properties["email"])
    assert str(Contact.objects.get()) == "Unnamed contact"
    data_model.restore_property(Property.objects.get(name="email", object_type__name="contacts"))
    assert str(Contact.objects.get()) == "ada@example.com"


# --- Two administrators at once -------------------------------------------------------------------


def test_a_form_that_was_open_says_that_it_has_been_archived(administrator, viewings):
    archive(administrator, "price")

    for page in (f"{PAGE}price/edit/", f"{PAGE}price/move/", f"{PAGE}price/archive/", f"{PAGE}price/type/"):
        response = administrator.post(page, {"label": "Mine", "group": "about"}, follow=True)
        assert response.status_code == 200
        assert "Asking price has been archived; restore it first." in response.text
    htmx = administrator.post(f"{PAGE}price/edit/", {"label": "Mine"}, headers={"HX-Request": "true"})
    assert htmx.headers["HX-Redirect"] == PAGE
    assert Property.objects.get(name="price").label == "Asking price"


def test_archived_in_the_very_moment_the_form_says_so(administrator, viewings, monkeypatch):
    before = schema.current()
    data_model.archive_property(viewings.properties["price"])
    with monkeypatch.context() as patched:
        patched.setattr("records.views.settings.properties.object_type_or_404", before.type)
        response = administrator.post(f"{PAGE}price/edit/", {"label": "Mine", "group": "about"})

    assert "is archived" in str(errors(response))
    assert Property.objects.get(name="price").label == "Asking price"


def test_archiving_and_restoring_twice_does_nothing_more(administrator, viewings):
    prop = current().properties["price"]
    data_model.archive_property(prop)
    at = Property.objects.get(pk=prop.pk).archived_at
    data_model.archive_property(prop)
    assert Property.objects.get(pk=prop.pk).archived_at == at
    data_model.restore_property(prop)
    data_model.restore_property(prop)
    assert "Asking price" in labels()


def test_a_record_form_that_was_open_saves_without_it(administrator, viewings):
    archive(administrator, "price")

    response = administrator.post(
        "/records/viewings/new/",
        {"new-title": "Elm", "new-price": "5", "new-stage": next(iter(viewings.stages))},
    )

    assert response.status_code == 302
    assert create_record(current(), {"title": "Oak"}, by=by()).properties == {"title": "Oak"}
