"""What the ground floor tells the floors above, within the transaction of the change."""

from django.dispatch import Signal

# object_type: ObjectType, changes: Mapping[int, set[str]], created: bool, by: By
# `changes` gives by record id the names of the properties whose value is another than before.
records_written = Signal()
records_archived = Signal()  # record_ids: Sequence[int]
records_restored = Signal()  # record_ids: Sequence[int]
