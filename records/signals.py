"""What the ground floor tells the floors above, within the transaction of the change."""

from django.dispatch import Signal

# object_type: ObjectType, changes: Mapping[int, set[str]], created: bool, by: By
# `changes` gives by record id the names of the properties whose value is another than before.
records_written = Signal()
# Asked before records are locked; each receiver answers with the ids of records to lock along with them.
writing_locks = Signal()  # object_type: ObjectType, changes: Mapping[int, set[str]]
archiving_locks = Signal()  # record_ids: Sequence[int]
# nodes: Sequence[tuple[str, str]]; type and name of each derived property that means something else now.
derivations_changed = Signal()
records_archived = Signal()  # record_ids: Sequence[int]
records_restored = Signal()  # record_ids: Sequence[int]
# records: Sequence[Record]; about to be deleted for good. A receiver answers with what is to be called once
# they are gone, or with None.
records_erasing = Signal()
