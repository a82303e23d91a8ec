"""Settings → Properties: the groups."""

import pytest
from django.core.exceptions import ValidationError

from records import data_model

from .helpers import LONG, current, errors, groups, labels

pytestmark = pytest.mark.django_db


def test_a_group_is_renamed(administrator, viewings):
    page = "/settings/objects/viewings/groups/about/"

    assert "at most 100" in str(errors(administrator.post(page, {"label": LONG}))["label"])
    administrator.post(page, {"label": "Über die Besichtigung"})

    assert "Über die Besichtigung" in administrator.get("/settings/objects/viewings/properties/").text


def test_an_empty_group_is_added_and_moved(administrator, viewings):
    page = "/settings/objects/viewings/groups/"

    administrator.post(f"{page}new/", {"label": "Parking"})
    administrator.post(f"{page}new/", {"label": "New"})
    assert groups() == ["about", "parking", "new_2", "record"]
    assert "No property stands here." in administrator.get("/settings/objects/viewings/properties/").text

    administrator.post(f"{page}parking/move/", {"up": ""})
    administrator.post(f"{page}parking/move/", {"up": ""})
    assert groups() == ["parking", "about", "new_2", "record"]
    administrator.post(f"{page}new/", {"label": "Later"})
    assert groups()[-2:] == ["later", "record"]
    administrator.post(f"{page}record/move/", {"up": ""})
    assert groups()[-2:] == ["record", "later"]


@pytest.mark.parametrize("label", ["", LONG, "a\x00b"])
def test_a_group_that_could_not_be_is_refused(administrator, viewings, label):
    before = groups()

    assert "label" in errors(administrator.post("/settings/objects/viewings/groups/new/", {"label": label}))
    assert groups() == before


def test_a_group_is_deleted_when_its_properties_have_where_to_go(administrator, viewings):
    page = "/settings/objects/viewings/groups/"
    administrator.post(f"{page}new/", {"label": "Parking"})
    data_model.archive_property(viewings.properties["day"])
    before = labels()

    assert f"Move its {len(before) + 1} properties to" in administrator.get(f"{page}about/delete/").text
    assert "target" in errors(administrator.post(f"{page}about/delete/"))
    assert "target" in errors(administrator.post(f"{page}about/delete/", {"target": "about"}))
    administrator.post(f"{page}about/delete/", {"target": "parking"})

    assert groups() == ["parking", "record"]
    assert labels("parking") == before
    administrator.post("/settings/objects/viewings/properties/day/restore/")
    assert "Date" in labels("parking")


def test_an_empty_group_is_deleted_without_a_question(administrator, viewings):
    page = "/settings/objects/viewings/groups/"
    administrator.post(f"{page}new/", {"label": "Parking"})

    administrator.post(f"{page}parking/delete/")
    assert groups() == ["about", "record"]
    assert administrator.post(f"{page}parking/delete/").status_code == 404


def test_a_property_that_came_to_a_group_meanwhile_keeps_it(administrator, viewings):
    administrator.post("/settings/objects/viewings/groups/new/", {"label": "Parking"})
    group = next(one for one in current().groups if one.name == "parking")
    administrator.post(
        "/settings/objects/viewings/properties/new/",
        {"label": "Spaces", "type": "number", "group": "parking"},
    )

    with pytest.raises(ValidationError, match="choose where they go"):
        data_model.delete_group(group, target=None)
    assert labels("parking") == ["Spaces"]


def test_the_last_group_stays(viewings):
    about, record = current().groups
    data_model.delete_group(record, target=about)

    with pytest.raises(ValidationError, match="needs a group"):
        data_model.delete_group(about, target=about)
