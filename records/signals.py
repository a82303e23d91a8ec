"""What the ground floor tells the floors above, within the transaction of the change."""

from django.dispatch import Signal

records_archived = Signal()  # record_ids: Sequence[int]
records_restored = Signal()  # record_ids: Sequence[int]
