"""The models of the middle floor: how records relate."""

from .association import Association, AssociationQuerySet
from .limit import AssociationLimit

__all__ = ["Association", "AssociationLimit", "AssociationQuerySet"]
