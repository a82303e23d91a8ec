"""The models of the ground floor: what a record is."""

from .change import Change
from .custom import CustomRecord
from .duplicate_pair import DuplicatePair
from .erasure import Erasure
from .object_type import DataModelStamp, ObjectType
from .pipeline import Pipeline, Stage
from .property import Property, PropertyGroup
from .record import Record, RecordQuerySet, UniqueValue
from .saved_view import SavedView
from .stage_entry import StageEntry
from .standard import Company, Contact, Deal, Ticket

__all__ = [
    "Change",
    "Company",
    "Contact",
    "CustomRecord",
    "DataModelStamp",
    "Deal",
    "DuplicatePair",
    "Erasure",
    "ObjectType",
    "Pipeline",
    "Property",
    "PropertyGroup",
    "Record",
    "RecordQuerySet",
    "SavedView",
    "Stage",
    "StageEntry",
    "Ticket",
    "UniqueValue",
]
