"""Settings → Object types: defined in the browser, called, shown, archived."""

import pytest

from records import definition
from records.icons import ICONS
from records.models import CustomRecord
from records.services import archive_type, create_record
from tests.factories import by
from tests.records.test_definition import viewing

from .helpers import LONG, NEW_TYPE, current, errors, stage

pytestmark = pytest.mark.django_db


def test_every_icon_that_is_offered_is_drawn(administrator):
    text = administrator.get("/settings/objects/new/").text

    assert all(f'value="{icon}"' in text for icon in ICONS)
    assert {"building-office", "chat-bubble-left-right", "puzzle-piece"} <= set(ICONS)


def test_a_type_is_created_and_used_at_once(administrator):
    response = administrator.post("/settings/objects/new/", NEW_TYPE, follow=True)

    assert "Property viewings created." in response.text
    kind = current("property_viewings")
    assert (kind.singular, kind.icon, kind.is_custom) == ("Property viewing", "home-modern", True)
    assert [(prop.name, prop.label, prop.required) for prop in kind.primary] == [
        ("record_name", "Name", True)
    ]
    assert [one.label for one in kind.pipelines[0].stage_list] == ["Planned", "Took place"]
    planned = stage("Planned", kind.name)
    created = administrator.post(
        f"/records/{kind.name}/new/",
        {"new-record_name": "Elm Street 5", "new-stage": planned.pk},
        follow=True,
    )
    assert "Elm Street 5" in created.text
    assert "Planned" in administrator.get(f"/records/{kind.name}/").text


def test_a_type_without_a_pipeline_can_be_given_one_until_there_are_records(administrator):
    administrator.post("/settings/objects/new/", {**NEW_TYPE, "has_pipeline": ""})
    page = "/settings/objects/property_viewings/"
    assert current("property_viewings").stage_property is None
    assert "Pipelines" in administrator.get(page).text

    create_record(current("property_viewings"), {"record_name": "Elm"}, by=by())
    assert "Pipelines" not in administrator.get(page).text
    refused = administrator.post(f"{page}pipelines/new/", {"label": "Visits", "stages": "A"})
    assert "there are records already" in str(errors(refused)["__all__"])

    CustomRecord.objects.all().delete()
    administrator.post(f"{page}pipelines/new/", {"label": "Visits", "stages": "A\nB"})
    assert [one.label for one in current("property_viewings").stages.values()] == ["A", "B"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ({"plural": "معاينات", "singular": "معاينة", "primary": "الاسم"}, "visits"),
        ({"plural": "🏠🏠", "singular": "🏠", "primary": "🏷️"}, "houses"),
        ({"plural": "<b>Bold</b>", "singular": "<i>", "primary": "<script>"}, "bold"),
    ],
)
def test_words_of_any_language_name_a_type(administrator, words, name):
    response = administrator.post("/settings/objects/new/", {**NEW_TYPE, **words, "name": name}, follow=True)

    assert response.status_code == 200
    assert current(name).plural == words["plural"]
    assert "<script>alert" not in response.text
    assert "<b>Bold</b>" not in response.text
    for page in (f"/settings/objects/{name}/", f"/records/{name}/", f"/records/{name}/new/"):
        assert administrator.get(page).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"singular": ""}, "singular", "required"),
        ({"singular": LONG}, "singular", "at most 100"),
        ({"plural": LONG}, "plural", "at most 100"),
        ({"plural": "معاينات"}, "name", "none can be made"),
        ({"plural": "3D prints"}, "name", "begin with a letter"),
        ({"plural": "Contacts"}, "name", "Another object type has this name"),
        ({"name": "contacts"}, "name", "Another object type has this name"),
        ({"name": "Property Viewings"}, "name", "Use small letters"),
        ({"name": "a__b"}, "name", "single underscores"),
        ({"name": LONG}, "name", "at most 60"),
        ({"name": "undo"}, "name", "means something else"),
        ({"name": "new"}, "name", "means something else"),
        ({"name": "a\x00b"}, "name", "Null characters"),
        ({"singular": "a\x00b"}, "singular", "Null characters"),
        ({"stages": "a\x00b"}, "stages", "Null characters"),
        ({"icon": "unicorn"}, "icon", "not one of"),
        ({"icon": ""}, "icon", "required"),
        ({"primary": ""}, "primary", "required"),
        ({"primary": LONG}, "primary", "at most 100"),
        ({"stages": " \n "}, "stages", "needs a stage"),
        ({"stages": "Good\n" + "x" * 101}, "stages", "at most 100"),
        ({"stages": LONG * 3}, "stages", "at most 20000"),
    ],
)
def test_a_type_that_could_not_work_is_refused_beside_the_field(administrator, wrong, field, message):
    before = definition.export()

    response = administrator.post("/settings/objects/new/", {**NEW_TYPE, **wrong})

    assert message in str(errors(response)[field])
    assert 'value="Property viewing' in response.text or "singular" in wrong
    assert definition.export() == before


def test_the_name_of_an_archived_type_is_taken(administrator, viewings):
    archive_type(viewings, by=by())

    response = administrator.post("/settings/objects/new/", {**NEW_TYPE, "name": "viewings"})

    assert "archived object type has this name" in str(errors(response)["name"])


@pytest.mark.parametrize(
    "primary", ["Stage", "pipeline", "Created", "createdate", "select", "7", "hubspot owner id"]
)
def test_a_primary_property_never_takes_a_name_that_is_needed(administrator, primary):
    response = administrator.post("/settings/objects/new/", {**NEW_TYPE, "primary": primary})

    assert response.status_code == 302
    assert [one.label for one in current("property_viewings").primary] == [primary]


def test_how_a_type_is_called_and_shown_is_changed(administrator, viewings):
    page = "/settings/objects/viewings/"
    given = {"singular": "Visit", "plural": "Visits", "icon": "key", "secondary_1": "price"}

    response = administrator.post(
        page, {**given, "columns_3": "day", "columns_0": "price", "columns_5": "day"}
    )

    assert response.status_code == 302
    kind = current()
    assert (kind.singular, kind.plural, kind.icon) == ("Visit", "Visits", "key")
    assert (kind.secondary_properties, kind.list_properties) == (["price"], ["price", "day"])
    refused = administrator.post(page, {**given, "singular": LONG, "plural": "Kept", "columns_0": "shoe"})
    assert {"singular", "columns_0"} == set(errors(refused))
    assert 'value="Kept"' in refused.text
    assert current().plural == "Visits"


def test_a_standard_type_is_renamed_but_not_archived(administrator):
    fields = administrator.get("/settings/objects/contacts/").context["form"].initial

    administrator.post("/settings/objects/contacts/", {**fields, "plural": "People"})

    assert current("contacts").plural_label == "People"
    assert "Archive this" not in administrator.get("/settings/objects/contacts/").text


def test_a_type_is_archived_with_its_records_and_restored(administrator, viewings):
    elm = viewing()
    viewing("Oak Road 7")

    assert "2 records" in administrator.get("/settings/objects/viewings/archive/").text
    listed = administrator.post("/settings/objects/viewings/archive/", follow=True).text
    assert "Restore" in listed
    assert administrator.get("/settings/objects/viewings/").status_code == 404
    assert administrator.get("/records/viewings/").status_code == 404

    restored = administrator.post("/settings/objects/viewings/restore/", follow=True)
    assert "Property viewings restored with 2 records." in restored.text
    assert administrator.get(elm.get_absolute_url()).status_code == 200
