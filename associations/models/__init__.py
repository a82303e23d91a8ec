"""The models of the middle floor: how records relate."""

from .activity_rule import ActivityRule
from .association import Association, AssociationQuerySet
from .event import AssociationEvent
from .label import AssociationLabel, Labelling
from .limit import AssociationLimit
from .sidebar_section import SidebarSection
from .timeline_pin import TimelinePin
from .type_pair import TypePair

__all__ = [
    "ActivityRule",
    "Association",
    "AssociationEvent",
    "AssociationLabel",
    "AssociationLimit",
    "AssociationQuerySet",
    "Labelling",
    "SidebarSection",
    "TimelinePin",
    "TypePair",
]
