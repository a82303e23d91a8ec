"""The data model as a definition: object types, groups, properties, pipelines and stages, as plain data.

A definition (see docs/objects.md) says what there shall be. Applying it creates what is missing and changes
what differs; it deletes nothing, and applied twice it changes nothing. The settings pages, the command
`define_object` and whoever else changes the data model go through `apply`.
"""

from .applying import Change, DefinitionRefused, apply
from .exporting import export
from .keys import LAST, OWN_PROPERTIES, STAGE_PROPERTIES, Definition, Part, parts

__all__ = [
    "LAST",
    "OWN_PROPERTIES",
    "STAGE_PROPERTIES",
    "Change",
    "Definition",
    "DefinitionRefused",
    "Part",
    "apply",
    "export",
    "parts",
]
