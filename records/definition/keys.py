"""What a definition is made of: the keys of each level, and what every custom type has by itself."""

from typing import Any

from django.utils.translation import gettext_noop

from records.models import ObjectType

Definition = dict[str, Any]
LAST = 1_000  # the position of what stands behind all that users add
UNDERSTOOD = {  # the keys of each level, and the field that each of them sets
    "type": {
        "singular": "singular",
        "plural": "plural",
        "icon": "icon",
        "position": "position",
        "primary": "primary_properties",
        "secondary": "secondary_properties",
        "columns": "list_properties",
    },
    "group": {"label": "label"},
    "property": {
        "label": "label",
        "type": "field_type",
        "help": "help_text",
        "required": "required",
        "required_from": "required_from",
        "unique": "unique",
        "searchable": "searchable",
        "indexed": "indexed",
        "options": "options",
        "default": "default",
        "rules": "rules",
    },
    "pipeline": {"label": "label"},
    "stage": {
        "label": "label",
        "probability": "probability",
        "closed": "is_closed",
        "colour": "colour",
    },
}
# What stored values, names and indexes follow from cannot change under them.
FIXED = {"primary_properties", "field_type", "unique", "searchable"}
# What a custom type has by itself, always and with a pipeline: name, label, type, column, read-only.
OWN_PROPERTIES = (
    ("hubspot_owner_id", gettext_noop("Owner"), "user", "owner", False),
    ("createdate", gettext_noop("Created"), "datetime", "created_at", True),
    ("hs_lastmodifieddate", gettext_noop("Last changed"), "datetime", "updated_at", True),
)
STAGE_PROPERTIES = (
    ("pipeline", gettext_noop("Pipeline"), "pipeline", "pipeline", True),
    ("stage", gettext_noop("Stage"), "stage", "stage", False),
)


class Part:
    """A key of a type in a definition that a floor above understands."""

    key: str

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Bring a type in line with what is given; return whether that changed anything.

        Raises ValidationError.
        """
        raise AssertionError("given by each part")

    def export(self, object_type: ObjectType) -> Any:
        """Return what a definition says of a type, or None where there is nothing to say."""
        raise AssertionError("given by each part")


parts: list[Part] = []
