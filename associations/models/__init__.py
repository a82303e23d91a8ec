"""The models of the middle floor: how records relate."""

from .association import Association, AssociationQuerySet
from .event import AssociationEvent
from .label import AssociationLabel, Labelling
from .limit import AssociationLimit
from .sidebar_section import SidebarSection
from .type_pair import TypePair

__all__ = [
    "Association",
    "AssociationEvent",
    "AssociationLabel",
    "AssociationLimit",
    "AssociationQuerySet",
    "Labelling",
    "SidebarSection",
    "TypePair",
]
