"""The models of the middle floor: how records relate."""

from .association import Association, AssociationQuerySet
from .limit import AssociationLimit
from .type_pair import TypePair

__all__ = ["Association", "AssociationLimit", "AssociationQuerySet", "TypePair"]
