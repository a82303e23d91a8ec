"""The models of the ground floor: what a record is."""

from .activities import Call, EmailMessage, Meeting, Note, Task
from .attachment import Attachment, AttachmentEvent, AttachmentQuerySet
from .change import Change
from .custom import CustomRecord
from .duplicate_pair import DuplicatePair, DuplicatePairQuerySet, DuplicateSearch
from .erasure import Erasure
from .job import Cancellation, Job, JobError, JobInput, JobQuerySet, Periodic
from .object_type import DataModelStamp, ObjectType
from .pipeline import Pipeline, Stage
from .property import Property, PropertyGroup
from .record import Record, RecordQuerySet, UniqueValue
from .saved_view import SavedView
from .stage_entry import StageEntry
from .standard import Company, Contact, Deal, Ticket

__all__ = [
    "Attachment",
    "AttachmentEvent",
    "AttachmentQuerySet",
    "Call",
    "Cancellation",
    "Change",
    "Company",
    "Contact",
    "CustomRecord",
    "DataModelStamp",
    "Deal",
    "DuplicatePair",
    "DuplicatePairQuerySet",
    "DuplicateSearch",
    "EmailMessage",
    "Erasure",
    "Job",
    "JobError",
    "JobInput",
    "JobQuerySet",
    "Meeting",
    "Note",
    "ObjectType",
    "Periodic",
    "Pipeline",
    "Property",
    "PropertyGroup",
    "Record",
    "RecordQuerySet",
    "SavedView",
    "Stage",
    "StageEntry",
    "Task",
    "Ticket",
    "UniqueValue",
]
