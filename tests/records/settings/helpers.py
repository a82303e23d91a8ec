"""What the tests of the settings share."""

from records import schema
from records.models import ObjectType, Stage

LONG = "x" * 10_000
NEW_TYPE = {
    "singular": "Property viewing",
    "plural": "Property viewings",
    "icon": "home-modern",
    "primary": "Name",
    "has_pipeline": "on",
    "stages": "Planned\r\n\r\nTook place",
}


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


def labels(group_name: str = "about", name: str = "viewings") -> list[str]:
    """Return the labels of a group's properties, in order."""
    return [
        str(one) for one in next(group for group in current(name).groups if group.name == group_name).members
    ]


def groups(name: str = "viewings") -> list[str]:
    """Return the names of a type's groups, in order."""
    return [group.name for group in current(name).groups]
