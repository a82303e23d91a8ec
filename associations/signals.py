"""What the middle floor tells the floor above, within the transaction of the change."""

from django.dispatch import Signal

# record_ids: Mapping[int, set[int]], by type id those of which an association or a label came or went. by: By
links_changed = Signal()
