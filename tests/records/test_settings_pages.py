"""The settings: object types, properties and pipelines defined in the browser, while Kith runs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records import definition, schema
from records.icons import ICONS
from records.models import CustomRecord, Deal, ObjectType, Pipeline, Stage
from records.services import archive_type, create_record, move_between_stages
from records.settings_forms.properties import NewPropertyForm
from tests.factories import ContactFactory, DealFactory, UserFactory, by
from tests.records.test_definition import VIEWINGS, viewing

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000
NEW_TYPE = {
    "singular": "Property viewing",
    "plural": "Property viewings",
    "icon": "home-modern",
    "primary": "Name",
    "has_pipeline": "on",
    "stages": "Planned\r\n\r\nTook place",
}
NEW_PROPERTY = {"label": "Asking price", "type": "currency", "group": "about"}


@pytest.fixture
def administrator(client):
    """A test client of an administrator."""
    client.force_login(UserFactory(is_staff=True))
    return client


@pytest.fixture
def viewings():
    """A custom object type."""
    definition.apply(VIEWINGS)
    return schema.current().type("viewings")


def current(name: str = "viewings") -> ObjectType:
    """Return a type as it is now."""
    return schema.current().type(name)


def stage(label: str, name: str = "viewings") -> Stage:
    """Return the stage of that label."""
    return next(one for one in current(name).stages.values() if one.label == label)


def errors(response) -> dict:
    """Return the messages of a refused form, by field."""
    assert response.status_code == 422
    return response.context["form"].errors


def labels(group_name: str = "about") -> list[str]:
    """Return the labels of a group's properties, in order."""
    return [str(one) for one in next(group for group in current().groups if group.name == group_name).members]


# --- Who may --------------------------------------------------------------------------------------

PAGES = [
    "",
    "objects/",
    "objects/new/",
    "objects/contacts/",
    "objects/contacts/properties/",
    "objects/contacts/properties/new/",
    "objects/contacts/properties/email/edit/",
    "objects/deals/pipelines/",
    "objects/deals/pipelines/new/",
]


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_see_the_settings(page, client, signed_in, user):
    assert signed_in.get(f"/settings/{page}").status_code == 403
    assert signed_in.post(f"/settings/{page}", NEW_TYPE).status_code == 403
    assert "/settings/" not in signed_in.get("/records/contacts/").text

    user.is_staff = True
    user.save()
    assert signed_in.get(f"/settings/{page}", follow=True).status_code == 200
    assert 'href="/settings/"' in signed_in.get("/records/contacts/").text


def test_nothing_is_changed_for_somebody_else(signed_in, viewings):
    one = stage("Planned")
    for page in (
        "objects/viewings/archive/",
        "objects/viewings/restore/",
        "objects/viewings/properties/day/move/",
        f"objects/viewings/stages/{one.pk}/move/",
        f"objects/viewings/stages/{one.pk}/delete/",
        "objects/viewings/groups/about/",
    ):
        assert signed_in.post(f"/settings/{page}", {"label": "Mine"}).status_code == 403
    assert current().stages.keys() == viewings.stages.keys()


@pytest.mark.parametrize(
    "page",
    [
        "objects/planets/",
        "objects/planets/properties/new/",
        "objects/planets/archive/",
        "objects/contacts/archive/",
        "objects/contacts/properties/planet/edit/",
        "objects/contacts/groups/planet/",
        "objects/deals/pipelines/99999999999999999999/",
        "objects/deals/stages/99999999999999999999/",
        "objects/deals/stages/0/delete/",
    ],
)
def test_what_does_not_exist_is_not_found(administrator, page):
    assert administrator.get(f"/settings/{page}").status_code == 404
    assert administrator.post(f"/settings/{page}").status_code == 404


# --- Object types ---------------------------------------------------------------------------------


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


# --- Properties -----------------------------------------------------------------------------------


def test_a_property_is_added_and_used_at_once(administrator, viewings):
    page = "/settings/objects/viewings/properties/"

    response = administrator.post(
        f"{page}new/", {**NEW_PROPERTY, "required": "on", "help": "In dollars"}, follow=True
    )

    assert "Asking price added." in response.text
    prop = current().properties["asking_price"]
    assert (prop.field_type, prop.required, prop.unique, prop.help_text) == (
        "currency",
        True,
        False,
        "In dollars",
    )
    assert "In dollars" in administrator.get("/records/viewings/new/").text
    assert labels()[-3:] == ["Asking price", "Pipeline", "Stage"]


def test_a_property_is_added_to_a_standard_type_in_a_new_group(administrator):
    page = "/settings/objects/contacts/properties/new/"
    fields = {"label": "Shoe size", "type": "number", "group": "about", "new_group": "Feet & shoes"}

    administrator.post(page, {**fields, "unique": "on", "searchable": "on"})
    administrator.post(page, {**fields, "label": "Left"})

    kind = current("contacts")
    prop = kind.properties["shoe_size"]
    assert (prop.unique, prop.searchable) == (True, True)
    groups = {group.name: group.label for group in kind.groups}
    assert groups["feet_shoes"] == groups["feet_shoes_2"] == "Feet & shoes"
    assert "Shoe size" in administrator.get(ContactFactory().get_absolute_url()).text


def test_options_are_a_line_each(administrator, viewings):
    lines = " liked | Liked it \r\n\r\nNot for them\nحسن\na | b | c"

    administrator.post(
        "/settings/objects/viewings/properties/new/",
        {"label": "Verdict", "type": "select", "group": "about", "options": lines},
    )

    assert current().properties["verdict"].choices == [
        ("liked", "Liked it"),
        ("Not for them", "Not for them"),
        ("حسن", "حسن"),
        ("a", "b | c"),
    ]


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"label": ""}, "label", "required"),
        ({"label": LONG}, "label", "at most 100"),
        ({"label": "a\x00b"}, "label", "Null characters"),
        ({"label": "سعر"}, "name", "none can be made"),
        ({"label": "Day"}, "name", "Another property has this internal name"),
        ({"name": "stage"}, "name", "Another property has this internal name"),
        ({"name": "Preis"}, "name", "Use small letters"),
        ({"name": "select"}, "name", "column of every list"),
        ({"name": "name"}, "name", "column of every list"),
        ({"name": LONG}, "name", "at most 100"),
        ({"type": "stage"}, "type", "not one of"),
        ({"type": "tune"}, "type", "not one of"),
        ({"type": ""}, "type", "required"),
        ({"type": "select", "options": ""}, "options", "Give the values"),
        ({"type": "select", "options": "a\na | b"}, "options", "stands here twice"),
        ({"type": "select", "options": " | b"}, "options", "is no option"),
        ({"type": "select", "options": "x" * 101}, "options", "is no option"),
        ({"help": LONG}, "help", "at most 300"),
        ({"group": "planet"}, "group", "not one of"),
        ({"new_group": LONG}, "new_group", "at most 100"),
    ],
)
def test_a_property_that_could_not_work_is_refused_beside_the_field(
    administrator, viewings, wrong, field, message
):
    before = definition.export()

    response = administrator.post(
        "/settings/objects/viewings/properties/new/", {**NEW_PROPERTY, "help": "Typed", **wrong}
    )

    assert message in str(errors(response)[field])
    assert list(errors(response)) == [field]
    assert "Typed" in response.text or "help" in wrong
    assert definition.export() == before


def test_a_property_is_relabelled_and_moved_to_another_group(administrator, viewings):
    page = "/settings/objects/viewings/properties/day/edit/"
    assert "cannot be changed" in administrator.get(page).text

    fields = {
        "label": "Day of the visit",
        "group": "about",
        "new_group": "When",
        "help": "Any day",
        "type": "text",
    }
    assert administrator.post(page, {**fields, "unique": "on"}).status_code == 302

    prop = current().properties["day"]
    assert (prop.label, prop.help_text, prop.field_type, prop.unique) == (
        "Day of the visit",
        "Any day",
        "date",
        False,
    )
    assert labels("when") == ["Day of the visit"]


def test_an_option_in_use_is_relabelled_but_not_removed(administrator, viewings):
    page = "/settings/objects/viewings/properties/outcome/edit/"
    elm = viewing(outcome="liked")
    administrator.post(f"{viewing('Oak', outcome='liked').get_absolute_url()}archive/")
    fields = {"label": "Outcome", "group": "about"}

    refused = administrator.post(page, {**fields, "options": "no | No\nmaybe | Maybe"})
    assert "“Liked it” stays: 2 records have it." in str(errors(refused)["options"])
    assert "maybe | Maybe" in refused.text

    administrator.post(page, {**fields, "options": "liked | Loved it\nmaybe | Maybe"})
    assert current().properties["outcome"].choices == [("liked", "Loved it"), ("maybe", "Maybe")]
    assert "Loved it" in administrator.get(elm.get_absolute_url()).text


def test_an_option_of_a_standard_property_in_use_stays(administrator):
    ContactFactory(lifecyclestage="customer")

    refused = administrator.post(
        "/settings/objects/contacts/properties/lifecyclestage/edit/",
        {"label": "Lifecycle stage", "group": current("contacts").groups[0].name, "options": "lead | Lead"},
    )

    assert "1 record has it" in str(errors(refused)["options"])


def test_a_property_moves_within_its_group(administrator, viewings):
    page = "/settings/objects/viewings/properties/"
    first, second, *rest = labels()

    administrator.post(f"{page}day/move/", {"up": ""})
    assert labels() == [second, first, *rest]
    administrator.post(f"{page}day/move/", {"up": ""})
    assert labels() == [second, first, *rest]
    administrator.post(f"{page}day/move/", {"down": ""})
    assert labels() == [first, second, *rest]


def test_a_group_is_renamed(administrator, viewings):
    page = "/settings/objects/viewings/groups/about/"

    assert "at most 100" in str(errors(administrator.post(page, {"label": LONG}))["label"])
    administrator.post(page, {"label": "Über die Besichtigung"})

    assert "Über die Besichtigung" in administrator.get("/settings/objects/viewings/properties/").text


# --- Pipelines ------------------------------------------------------------------------------------


def test_a_stage_is_added_changed_and_moved(administrator, viewings):
    page = "/settings/objects/viewings/"
    pipeline = viewings.pipelines[0]

    administrator.post(f"{page}pipelines/{pipeline.pk}/stages/new/", {"label": "Offer", "probability": "0.5"})
    administrator.post(
        f"{page}stages/{stage('Planned').pk}/", {"label": "Agreed", "closed": "on", "probability": "0"}
    )
    administrator.post(f"{page}stages/{stage('Offer').pk}/move/", {"up": ""})

    stages = current().pipelines[0].stage_list
    assert [one.label for one in stages] == ["Agreed", "Offer", "Took place"]
    assert stages[0].outcome == "lost"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": LONG}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"probability": "2"}, "probability"),
        ({"probability": "-0.1"}, "probability"),
        ({"probability": "NaN"}, "probability"),
        ({"probability": "likely"}, "probability"),
        ({"probability": "0.123"}, "probability"),
    ],
)
def test_a_stage_that_could_not_be_is_refused(administrator, viewings, wrong, field):
    page = f"/settings/objects/viewings/pipelines/{viewings.pipelines[0].pk}/stages/new/"

    assert field in errors(administrator.post(page, {"label": "Offer", **wrong}))
    assert len(current().stages) == 2


def test_pipelines_are_added_and_renamed(administrator):
    page = "/settings/objects/deals/pipelines/"

    administrator.post(f"{page}new/", {"label": "تجديد", "stages": "خطوة\nخطوة\nDone"})
    added = current("deals").pipelines[-1]
    administrator.post(f"{page}{added.pk}/", {"label": "Renewals"})

    assert current("deals").pipelines[-1].label == "Renewals"
    assert [one.name for one in current("deals").pipelines[-1].stage_list] == ["stage", "stage_2", "done"]
    assert "stages" in errors(administrator.post(f"{page}new/", {"label": "Empty", "stages": " \n"}))
    assert "records of this type have no stages" in str(
        errors(administrator.post("/settings/objects/contacts/pipelines/new/", {"label": "A", "stages": "B"}))
    )


def test_a_stage_that_records_stand_in_is_deleted_when_they_have_where_to_go(administrator, viewings):
    moved = [viewing(f"House {number}") for number in range(3)]
    administrator.post(f"{moved[0].get_absolute_url()}archive/")
    page = f"/settings/objects/viewings/stages/{stage('Planned').pk}/delete/"

    assert "Move its 3 records to" in administrator.get(page).text
    assert "target" in errors(administrator.post(page))
    assert "target" in errors(administrator.post(page, {"target": stage("Planned").pk}))
    response = administrator.post(page, {"target": stage("Took place").pk}, follow=True)

    assert "Planned deleted; 3 records moved." in response.text
    assert [one.label for one in current().stages.values()] == ["Took place"]
    assert {one.stage.label for one in CustomRecord.objects.all()} == {"Took place"}


def test_many_records_move_in_as_many_statements_as_few(viewings):
    statements = []
    for count in (2, 30):
        for number in range(count):
            viewing(f"House {number}")
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            assert move_between_stages(stage("Planned"), stage("Took place"), by=by()) == count
        statements.append(len(captured))

    assert statements[0] == statements[1]
    assert CustomRecord.objects.filter(stage__label="Took place").count() == 32


def test_records_move_to_a_stage_of_another_pipeline(administrator):
    deal, other = DealFactory(), current("deals").pipelines[0].stage_list[1]
    page = "/settings/objects/deals/"
    administrator.post(f"{page}pipelines/new/", {"label": "Renewals", "stages": "Due"})
    due = stage("Due", "deals")

    administrator.post(f"{page}stages/{deal.dealstage_id}/delete/", {"target": due.pk})
    administrator.post(f"{page}stages/{other.pk}/delete/")

    deal = Deal.objects.get()
    assert (deal.dealstage, deal.pipeline) == (due, due.pipeline)
    assert not Stage.objects.filter(pk=other.pk).exists()


def test_the_last_stage_stays(administrator):
    page = "/settings/objects/deals/"
    administrator.post(f"{page}pipelines/new/", {"label": "Renewals", "stages": "Due"})

    response = administrator.post(f"{page}stages/{stage('Due', 'deals').pk}/delete/")

    assert "A pipeline needs a stage" in str(errors(response)["__all__"])


def test_a_record_that_came_to_a_stage_meanwhile_keeps_it_from_being_deleted(administrator, monkeypatch):
    deal = DealFactory()
    monkeypatch.setattr("records.views.settings.pipelines.data_model.records_by_stage", lambda kind: {})

    response = administrator.post(f"/settings/objects/deals/stages/{deal.dealstage_id}/delete/")

    assert "choose where" in str(errors(response)["__all__"])
    assert Deal.objects.get().dealstage == deal.dealstage


# --- The rules are the same everywhere ------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pipelines": {"default": {"stages": {"planned": {"probability": 2}}}}}, "from 0 to 1"),
        (
            {"pipelines": {"default": {"stages": {"planned": {"probability": float("nan")}}}}},
            "decimal number",
        ),
        ({"pipelines": {"default": {"stages": {"planned": {"probability": float("inf")}}}}}, "probability"),
        ({"groups": {"about": {"properties": {"outcome": {"options": {"no": "No"}}}}}}, "1 record has it"),
    ],
)
def test_a_file_obeys_the_rules_of_the_pages(viewings, given, message):
    viewing(outcome="liked")

    with pytest.raises(definition.DefinitionRefused, match=message):
        definition.apply({"objects": {"viewings": given}})


def test_a_type_whose_property_is_named_like_the_stage_gets_no_pipeline():
    properties = {"title": {}, "stage": {}}
    given = {"singular": "A", "plural": "B", "groups": {"about": {"properties": properties}}}

    with pytest.raises(
        definition.DefinitionRefused, match=r"things.properties.stage: a type with a pipeline"
    ):
        definition.apply({"objects": {"things": {**given, "pipelines": {"p": {"stages": {"a": {}}}}}}})


def test_what_two_administrators_create_at_once_is_created_once(administrator, viewings, monkeypatch):
    monkeypatch.setattr(NewPropertyForm, "clean_name", lambda form: form.cleaned_data["name"])

    response = administrator.post(
        "/settings/objects/viewings/properties/new/", {**NEW_PROPERTY, "name": "day", "type": "date"}
    )

    assert "taken meanwhile" in str(errors(response)["name"])
    assert current().properties["day"].label == "Date"


# --- Many workers, many rows ----------------------------------------------------------------------


def test_what_one_worker_defines_another_serves_at_once(administrator, monkeypatch):
    other = Client()
    other.force_login(UserFactory())

    def in_the_other_worker(page: str) -> str:
        """Ask a process that has in memory what it read before."""
        with monkeypatch.context() as patched:
            patched.setattr(schema, "_latest", before)
            return other.get(page).text

    before = schema.current()
    administrator.post("/settings/objects/new/", NEW_TYPE)
    assert "Property viewings" in in_the_other_worker("/records/contacts/")

    page = "/settings/objects/property_viewings/"
    administrator.post(f"{page}properties/new/", {"label": "Price", "type": "number", "group": "about"})
    assert "new-price" in in_the_other_worker("/records/property_viewings/new/")

    before = schema.current()
    administrator.post(f"{page}properties/record_name/move/", {"down": ""})
    text = in_the_other_worker("/records/property_viewings/?q=nothing")
    assert text.index('"edit_filter" value="price"') < text.index('"edit_filter" value="record_name"')


@pytest.mark.parametrize("page", ["", "viewings/", "viewings/properties/", "viewings/pipelines/"])
def test_pages_take_the_same_number_of_queries_on_many_rows(page, administrator, viewings):
    def queries() -> int:
        administrator.get(f"/settings/objects/{page}")  # a changed data model is read anew
        with CaptureQueriesContext(connection) as captured:
            administrator.get(f"/settings/objects/{page}")
        return len(captured)

    viewing()
    few = queries()
    for number in range(8):
        given = {"singular": "A", "plural": "B", "groups": {"about": {"properties": {"title": {}}}}}
        definition.apply({"objects": {f"things{number}": given}})
        viewing(f"House {number}")
    properties = {f"extra{number}": {} for number in range(20)}
    stages = {f"stage{number}": {} for number in range(20)}
    given = {
        "groups": {f"group{number}": {"properties": {f"more{number}": {}}} for number in range(5)},
        "pipelines": {"default": {"stages": stages}, "second": {"stages": stages}},
    }
    given["groups"]["about"] = {"properties": properties}
    definition.apply({"objects": {"viewings": given}})

    assert queries() == few
    assert Pipeline.objects.filter(object_type__name="viewings").count() == 2
