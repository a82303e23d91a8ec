"""What the middle floor does when the ground floor says that something happened."""

from collections.abc import Sequence
from typing import Any

from records.signals import records_archived, records_restored

from . import services


def connect() -> None:
    """Listen to the ground floor."""
    records_archived.connect(_archived)
    records_restored.connect(_restored)


def _archived(sender: Any, record_ids: Sequence[int], **kwargs: Any) -> None:
    services.follow_archiving(record_ids, 1)


def _restored(sender: Any, record_ids: Sequence[int], **kwargs: Any) -> None:
    services.follow_archiving(record_ids, -1)
