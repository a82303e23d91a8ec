"""What a definition is made of: the keys of each level, and what every custom type has by itself."""

from collections.abc import Sequence
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
    ("notes_last_contacted", gettext_noop("Last contacted"), "datetime", "last_contacted_at", True),
    ("notes_next_activity_date", gettext_noop("Next activity"), "datetime", "next_activity_at", True),
    ("num_notes", gettext_noop("Number of activities"), "number", "activity_count", True),
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

        Raises ValidationError; where it is one by field, each is the place within what is given.
        """
        raise AssertionError("given by each part")

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return what a definition of the `exported` types says of one of them, or None if nothing."""
        raise AssertionError("given by each part")


parts: list[Part] = []
