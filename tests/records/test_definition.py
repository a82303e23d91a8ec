"""The data model as a definition: defined while Kith runs, applied twice without effect, exported."""

import copy
import io

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import transaction

from associations import services as associating
from records import definition, schema
from records.definition import DefinitionRefused
from records.models import CustomRecord, ObjectType, Property
from records.services import archive_type, build_record, create_record, create_records, restore_type
from tests.factories import CompanyFactory, ContactFactory, by

pytestmark = pytest.mark.django_db

VIEWINGS = {
    "objects": {
        "viewings": {
            "singular": "Property viewing",
            "plural": "Property viewings",
            "icon": "home-modern",
            "primary": ["title"],
            "secondary": ["day", "outcome"],
            "columns": ["stage", "day", "outcome", "price"],
            "groups": {
                "about": {
                    "label": "About this viewing",
                    "properties": {
                        "title": {"required": True},
                        "day": {"label": "Date", "type": "date"},
                        "price": {"label": "Asking price", "type": "currency"},
                        "outcome": {"type": "select", "options": {"liked": "Liked it", "no": "Not for them"}},
                        "reference": {"unique": True, "searchable": True},
                    },
                }
            },
            "pipelines": {
                "default": {
                    "label": "Viewings",
                    "stages": {
                        "planned": {},
                        "done": {"label": "Took place", "closed": True, "probability": 1},
                    },
                }
            },
        }
    }
}


def changed(**values) -> dict:
    """Return the definition with other values for the type."""
    other = copy.deepcopy(VIEWINGS)
    other["objects"]["viewings"].update(values)
    return other


def with_properties(type_name: str, properties: dict, **values) -> dict:
    """Return a definition that gives a type these properties."""
    return {"objects": {type_name: {**values, "groups": {"about": {"properties": properties}}}}}


def viewing(title: str = "Elm Street 5", **values):
    """Create a viewing."""
    return create_record(schema.current().type("viewings"), {"title": title, **values}, by=by())


def test_applying_creates_the_type_and_applying_again_changes_nothing():
    made = definition.apply(VIEWINGS)

    kind = schema.current().type("viewings")
    assert [change.path for change in made if change.created][:2] == ["viewings", "viewings.groups.about"]
    assert (kind.singular_label, kind.type_id, kind.is_custom) == ("Property viewing", "2-1", True)
    assert [prop.name for prop in kind.primary] == ["title"]
    assert [stage.label for stage in kind.pipelines[0].stage_list] == ["Planned", "Took place"]
    assert definition.apply(VIEWINGS) == []


def test_a_dry_run_says_the_same_and_changes_nothing():
    announced = definition.apply(VIEWINGS, dry_run=True)

    assert not ObjectType.objects.filter(name="viewings").exists()
    assert definition.apply(VIEWINGS) == announced


def test_only_what_differs_is_changed_and_what_is_not_named_stays():
    definition.apply(VIEWINGS)

    changes = definition.apply({"objects": {"viewings": {"plural": "Visits"}}})

    assert [str(change) for change in changes] == ["viewings: plural changed"]
    kind = schema.current().type("viewings")
    assert kind.plural_label == "Visits"
    assert "outcome" in kind.properties


def test_a_property_is_added_to_a_standard_type():
    definition.apply(
        {"objects": {"contacts": {"groups": {"about": {"properties": {"shoe_size": {"type": "number"}}}}}}}
    )

    prop = schema.current().type("contacts").properties["shoe_size"]
    assert (prop.label, prop.kind.numeric, prop.column) == ("Shoe size", True, "")


def test_what_is_exported_defines_the_same_again():
    definition.apply(VIEWINGS)
    exported = yaml.safe_load(yaml.safe_dump(definition.export(), sort_keys=False))
    assert definition.apply(exported) == []
    one = definition.export(["viewings"])

    with transaction.atomic():
        ObjectType.objects.filter(name="viewings").update(name="old", type_id="2-9")
        schema.data_model_changed()
        definition.apply(one)
        assert (
            definition.export(["viewings"])["objects"]["viewings"]["groups"]
            == one["objects"]["viewings"]["groups"]
        )


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([], "names with values are expected"),
        ({"objekts": {}}, "“objekts” means nothing here"),
        ({"objects": ["viewings"]}, "objects: names with values are expected"),
        ({"objects": {True: {}}}, "“True” is no name; write it in quotes"),
        ({"objects": {"Viewings": {}}}, "Viewings: Use small letters"),
        ({"objects": {"a__b": {"singular": "A", "plural": "B"}}}, "single underscores"),
        ({"objects": {"undo": {"singular": "A", "plural": "B"}}}, "means something else in addresses"),
        ({"objects": {"things": {"singular": "Thing"}}}, "things.plural: This field cannot be blank."),
        (
            {"objects": {"things": {"singular": "A", "plural": "B"}}},
            "needs a property that names its records",
        ),
        (changed(icon="unicorn"), "viewings.icon: There is no icon “unicorn”."),
        (changed(primary=["shoe"]), "viewings.primary: There is no property “shoe”."),
        (changed(secondary="title"), "viewings.secondary: Enter a list of property names"),
        (changed(singular="x" * 101), "viewings.singular: Ensure this value has at most 100 characters"),
        (changed(pipelines={"default": {"label": "P"}}), "a pipeline needs a stage"),
        (
            changed(groups={"a": {"properties": {"title": {"type": "tune"}}}}),
            "viewings.properties.title.type",
        ),
        (
            with_properties("viewings", {"title": {"type": "stage"}}, singular="V", plural="Vs"),
            "Only standard properties",
        ),
        (
            changed(groups={"a": {"properties": {"title": {"type": "select"}}}}),
            "Give the values to choose from.",
        ),
        (
            changed(groups={"a": {"properties": {"title": {"required": "maybe"}}}}),
            "viewings.properties.title.required",
        ),
        (with_properties("viewings", {"select": {}}, singular="V", plural="Vs"), "is a column of every list"),
        (
            with_properties("viewings", {"title": {"colour": "red"}}, singular="V", plural="Vs"),
            "“colour” means nothing here",
        ),
        (
            {"objects": {"contacts": {"pipelines": {"p": {"stages": {"a": {}}}}}}},
            "records of this type have no stages",
        ),
    ],
)
def test_a_definition_that_could_not_work_is_refused_where_it_is_wrong(broken, message):
    before = definition.export()

    with pytest.raises(DefinitionRefused) as refused:
        definition.apply(broken)

    assert message in str(refused.value)
    assert definition.export() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "number"}, "the type is changed in the settings"),
        ({"unique": False}, "cannot be changed, because records depend on it"),
        ({"searchable": False}, "cannot be changed, because records depend on it"),
    ],
)
def test_what_stored_values_depend_on_cannot_change(change, message):
    definition.apply(VIEWINGS)

    with pytest.raises(DefinitionRefused, match=message):
        definition.apply(with_properties("viewings", {"reference": change}))


# --- A custom type from its first day -------------------------------------------------------------


def test_a_custom_type_has_what_a_contact_has(signed_in):
    definition.apply(VIEWINGS)
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")

    created = signed_in.post("/records/viewings/new/", {"new-title": "Elm Street 5", "new-price": "250000"})
    assert created.status_code == 422  # the stage is required
    stage = schema.current().type("viewings").pipelines[0].stage_list[0]
    signed_in.post(
        "/records/viewings/new/", {"new-title": "Elm Street 5", "new-price": "250000", "new-stage": stage.pk}
    )
    elm = CustomRecord.objects.get()

    assert str(elm) == "Elm Street 5"
    assert "Elm Street 5" in signed_in.get("/records/viewings/?price__gt=1000&sort=-price").text
    assert "$250,000" in signed_in.get(elm.get_absolute_url()).text
    assert "Elm Street 5" in signed_in.get("/search/?q=lm+stre").text
    picker = f"/records/contacts/{ada.pk}/associations/viewings/add/"
    assert "Elm Street 5" in signed_in.get(picker, {"q": "elm"}).text
    signed_in.post(picker, {"selected": elm.pk})
    assert "Elm Street 5" in signed_in.get(ada.get_absolute_url()).text
    assert "Ada Lovelace" in signed_in.get(elm.get_absolute_url()).text
    assert "Elm Street 5" in signed_in.get("/records/contacts/?columns=associated-viewings").text
    signed_in.post(f"{elm.get_absolute_url()}stage/", {"stage": stage.pk + 1})
    assert CustomRecord.objects.get().stage.label == "Took place"
    signed_in.post(picker, {"tab": "new", "new-title": "Oak Road 7", "new-stage": stage.pk})
    assert "Oak Road 7" in signed_in.get(ada.get_absolute_url()).text


def test_records_of_two_custom_types_are_not_mistaken_for_each_other(signed_in):
    definition.apply(VIEWINGS)
    definition.apply(
        {
            "objects": {
                "pets": {
                    "singular": "Pet",
                    "plural": "Pets",
                    "groups": {"about": {"properties": {"nick": {}}}},
                }
            }
        }
    )
    elm = viewing()

    definition.apply({"objects": {"pets": {"pipelines": {"life": {"stages": {"young": {}}}}}}})
    for query in (
        "",
        "?q=elm",
        "?q=elm&sort=-createdate",
        "?sort=stage",
        "?sort=hubspot_owner_id",
        "?sort=nick",
    ):
        assert "Elm Street 5" not in signed_in.get(f"/records/pets/{query}").text
    assert signed_in.get(f"/records/pets/{elm.pk}/").status_code == 404
    assert signed_in.get(f"/records/{elm.pk}/").headers["Location"] == f"/records/viewings/{elm.pk}/"


def test_an_archived_type_leaves_every_page_and_comes_back_with_its_records(signed_in):
    definition.apply(VIEWINGS)
    acme, elm, oak = CompanyFactory(), viewing(), viewing("Oak Road 7")
    associating.associate(acme, [elm.pk, oak.pk], by=by())
    signed_in.post(f"{oak.get_absolute_url()}archive/")
    kind = schema.current().type("viewings")

    assert archive_type(kind, by=by()) == 1
    for path in ("/records/viewings/", elm.get_absolute_url(), f"/records/{elm.pk}/"):
        assert signed_in.get(path).status_code == 404
    for path in (
        acme.get_absolute_url(),
        f"{acme.get_absolute_url()}?tab=activities",
        "/search/?q=elm",
        "/records/contacts/",
    ):
        text = signed_in.get(path).text
        assert "Elm Street 5" not in text
        assert "viewings" not in text

    assert restore_type(kind, by=by()) == 1
    text = signed_in.get(acme.get_absolute_url()).text
    assert "Elm Street 5" in text
    assert "Oak Road 7" not in text


def test_many_records_of_a_custom_type_are_written_in_a_few_statements(django_assert_max_num_queries):
    definition.apply(VIEWINGS)
    with schema.pinned() as model, django_assert_max_num_queries(12):
        create_records(
            [build_record(model.type("viewings"), {"title": f"House {n}"}, by=by()) for n in range(100)],
            by=by(),
        )

    assert CustomRecord.objects.filter(stage__name="planned").count() == 100


def test_help_that_administrators_write_is_shown_as_text(signed_in):
    definition.apply(with_properties("contacts", {"shoe_size": {"help": "<b>Continental</b>"}}))

    text = signed_in.get("/records/contacts/new/").text

    assert "<b>Continental" not in text
    assert "&lt;b&gt;Continental" in text


# --- Commands -------------------------------------------------------------------------------------


def test_the_command_applies_a_file_and_says_what_changed(tmp_path):
    file, out = tmp_path / "viewings.yaml", io.StringIO()
    file.write_text(yaml.safe_dump(VIEWINGS))

    call_command("define_object", file, "--dry-run", stdout=out)
    assert "dry run" in out.getvalue()
    assert not ObjectType.objects.filter(name="viewings").exists()

    call_command("define_object", file, stdout=out)
    assert "viewings.properties.outcome: created" in out.getvalue()
    call_command("define_object", file, stdout=out)
    assert out.getvalue().endswith("Nothing to change.\n")

    exported = io.StringIO()
    call_command("export_data_model", "viewings", stdout=exported)
    assert yaml.safe_load(exported.getvalue())["objects"]["viewings"]["plural"] == "Property viewings"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"objects: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"", "Nothing"),
        (b"a: 1", "means nothing"),
    ],
)
def test_the_command_refuses_a_broken_file_with_a_word(tmp_path, content, message):
    file = tmp_path / "broken.yaml"
    file.write_bytes(content)

    if content:
        with pytest.raises(CommandError, match=message):
            call_command("define_object", file)
    else:
        call_command("define_object", file)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("define_object", tmp_path / "missing.yaml")
    with pytest.raises(CommandError, match="There is no object type"):
        call_command("export_data_model", "planets")
    assert not Property.objects.filter(column="").exists()
