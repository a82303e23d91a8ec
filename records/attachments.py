"""What is done to the files of records. Every path that writes them (page, mail, API) calls these.

A file is stored before the row that tells of it is committed: whoever writes does so within `with_files`,
which takes files back where the transaction is. What a crash leaves behind, `clean_attachments` finds.
"""

import hashlib
import logging
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from . import file_types
from .history import recorded
from .models import Attachment, AttachmentEvent, Record
from .models.attachment import FOLDER, NAME_LENGTH, new_path
from .provenance import By
from .services import batches
from .services import lock as lock_records
from .transactions import unit_of_work

logger = logging.getLogger(__name__)
Action = AttachmentEvent.Action
MOST_OF_A_RECORD = 100
UNDER_WAY = timedelta(days=1)  # so young a file may belong to a transaction that is not committed yet

_stored: ContextVar[list[str] | None] = ContextVar("stored", default=None)


@contextmanager
def with_files() -> Iterator[None]:
    """A transaction that also takes back the files that were stored in it. One may stand within another."""
    outer, stored = _stored.get(), list[str]()
    token = _stored.set(stored)
    try:
        with transaction.atomic():
            yield
            if transaction.get_rollback():  # without an error, as a dry run asks for
                delete_files(stored)
                stored.clear()
    except BaseException:
        delete_files(stored)
        raise
    finally:
        _stored.reset(token)
    if outer is not None:  # which may yet be rolled back
        outer += stored


def delete_files(paths: Iterable[str]) -> None:
    """Delete files from the storage; one that cannot be deleted now is left to `clean_attachments`."""
    for path in paths:
        try:
            default_storage.delete(path)
        except Exception:  # whatever the storage raises, others are to go still
            logger.exception("A file could not be deleted: %s", path)


# --- What may be added ----------------------------------------------------------------------------------


def clean_name(name: str) -> str:
    """Return a file's name without folders and without what is not printed. Raises ValidationError."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter for letter in name if letter.isprintable()).strip()
    if name.strip(".") == "":
        raise ValidationError(_("A file without a name cannot be added."))
    if len(name) > NAME_LENGTH:
        said = {"name": f"{name[:40]}…", "most": NAME_LENGTH}
        raise ValidationError(_("The name of “%(name)s” is longer than %(most)s characters.") % said)
    return name


def check(upload: File) -> str:
    """Refuse a file that may not be added; return its name. Raises ValidationError."""
    name = clean_name(upload.name or "")
    if not upload.size:
        raise ValidationError(_("“%(name)s” is empty.") % {"name": name})
    if upload.size > settings.ATTACHMENT_MAX_SIZE:
        said = {"name": name, "most": filesizeformat(settings.ATTACHMENT_MAX_SIZE)}
        raise ValidationError(_("“%(name)s” is larger than %(most)s.") % said)
    start = _start(upload)
    if file_types.ending(name) not in settings.ATTACHMENT_TYPES or file_types.is_program(start):
        raise ValidationError(_("“%(name)s” is of a type that cannot be added.") % {"name": name})
    return name


def _start(upload: File) -> bytes:
    upload.seek(0)
    start = upload.read(file_types.LOOKED_AT)
    upload.seek(0)
    return start


# --- Add, remove, move ----------------------------------------------------------------------------------


def add(record: Record, uploads: Sequence[File], *, by: By) -> list[Attachment]:
    """Store files and attach them to a record: all of them or none, and one change.

    Raises ValidationError where one may not be added, or where the record has been archived meanwhile.
    """
    if not uploads:
        return []
    names = [check(upload) for upload in uploads]
    with with_files():
        if not lock_records([record.pk], archived=False):
            raise ValidationError(_("%(name)s has been archived.") % {"name": record})
        if Attachment.objects.live().filter(record=record).count() + len(uploads) > MOST_OF_A_RECORD:
            said = {"most": MOST_OF_A_RECORD}
            raise ValidationError(_("A record can have up to %(most)s files.") % said)
        by = recorded(by)
        rows = [_store(record, upload, name, by) for upload, name in zip(uploads, names, strict=True)]
        Attachment.objects.bulk_create(rows)
        _keep(rows, Action.ADDED, by)
    return rows


def _store(record: Record, upload: File, name: str, by: By) -> Attachment:
    start = _start(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    path = default_storage.save(new_path(), upload)
    stored = _stored.get()
    assert stored is not None  # noqa: S101  (within `with_files`)
    stored.append(path)
    return Attachment(
        record_id=record.pk,
        file=path,
        name=name,
        content_type=file_types.content_type(name, start),
        size=upload.size,
        sha256=digest.hexdigest(),
        origin=by.origin,
        created_by=by.actor,
    )


@unit_of_work
def remove(attachments: Iterable[Attachment], *, by: By) -> list[Attachment]:
    """Remove attachments from their records, in one change; return those that were there still."""
    return _toggle(attachments, Action.REMOVED, by)


@unit_of_work
def restore(attachments: Iterable[Attachment], *, by: By) -> list[Attachment]:
    """Bring attachments back that were removed, as long as their files are kept."""
    return _toggle(attachments, Action.ADDED, by)


def _toggle(attachments: Iterable[Attachment], action: Action, by: By) -> list[Attachment]:
    removes = action == Action.REMOVED
    ids = [one.pk for one in attachments]
    with transaction.atomic():
        rows = Attachment.objects.select_for_update().filter(pk__in=ids, archived_at__isnull=removes)
        found = list(rows.exclude(file="").order_by("pk"))
        if found:
            at = timezone.now() if removes else None
            Attachment.objects.filter(pk__in=[one.pk for one in found]).update(archived_at=at)
            _keep(found, action, recorded(by))
    return found


def move(source_id: int, target_id: int, *, by: By) -> int:
    """Let the files of one record, also removed ones, be another's; return how many. By a merge, which
    holds both records locked and has a change."""
    rows = list(Attachment.objects.filter(record=source_id))
    return _move(rows, target_id, by)


def move_back(events: Iterable[AttachmentEvent], *, by: By) -> int:
    """Let files be those records' again that they left (events of a merge); return how many."""
    by_record: dict[int, list[Attachment]] = {}
    for event in events:
        by_record.setdefault(event.record_id, []).append(event.attachment)
    return sum(_move(rows, record_id, by) for record_id, rows in by_record.items())


def _move(rows: Sequence[Attachment], target_id: int, by: By) -> int:
    _keep(rows, Action.LEFT, by)
    for batch in batches([row.pk for row in rows]):
        Attachment.objects.filter(pk__in=batch).update(record=target_id)
    for row in rows:
        row.record_id = target_id
    _keep(rows, Action.CAME, by)
    return len(rows)


def _keep(rows: Iterable[Attachment], action: Action, by: By) -> None:
    """Write down for history what befell attachments."""
    AttachmentEvent.objects.bulk_create(
        AttachmentEvent(change=by.change, record_id=row.record_id, attachment=row, action=action)
        for row in rows
    )


def of_records(ids: Sequence[int], user: Any) -> dict[int, list[Attachment]]:
    """Return the files of some records, by record, in the order in which they were added: one query."""
    found: dict[int, list[Attachment]] = {}
    if ids:
        for row in Attachment.objects.visible_to(user).filter(record__in=ids).order_by("pk"):
            found.setdefault(row.record_id, []).append(row)
    return found


# --- For good -------------------------------------------------------------------------------------------


def erasing(sender: Any, records: Sequence[Record], **kwargs: Any) -> None:
    """Let the files of records that are deleted for good go with them, once that is certain."""
    rows = Attachment.objects.filter(record__in=[record.pk for record in records]).order_by()
    # A file that was merged away and back has left its mark on the other record too.
    AttachmentEvent.objects.filter(attachment__in=rows.values("pk")).delete()
    paths = list(rows.exclude(file="").values_list("file", flat=True))
    transaction.on_commit(lambda: delete_files(paths), robust=True)


def deleted(sender: Any, instance: Attachment, **kwargs: Any) -> None:
    """Let the file of a row go that a shell deletes."""
    if path := instance.file.name:
        transaction.on_commit(lambda: delete_files([path]), robust=True)


@dataclass
class Cleaning:
    """What `clean` found: paths of files that no row tells of, and rows."""

    orphans: list[str]
    expired: list[Attachment]
    missing: list[Attachment]  # whose file is gone from the storage


def clean(*, dry_run: bool = False) -> Cleaning:
    """Delete the files that no row tells of, and those that were removed longer ago than RECYCLE_BIN_DAYS."""
    paths = dict.fromkeys(_walk(FOLDER))
    known: set[str] = set()
    for batch in batches(list(paths)):
        known.update(Attachment.objects.filter(file__in=batch).values_list("file", flat=True))
    before = timezone.now() - UNDER_WAY
    orphans = [
        path for path in paths if path not in known and default_storage.get_modified_time(path) < before
    ]
    missing = [
        row
        for row in Attachment.objects.exclude(file="").iterator()
        if (path := str(row.file)) not in paths and not default_storage.exists(path)
    ]
    expired: list[Attachment] = []
    if days := settings.RECYCLE_BIN_DAYS:
        over = timezone.now() - timedelta(days=days)
        expired = list(Attachment.objects.filter(archived_at__lt=over).exclude(file=""))
    if not dry_run:
        delete_files([*orphans, *(str(row.file) for row in expired)])
        for batch in batches([row.pk for row in expired]):
            Attachment.objects.filter(pk__in=batch).update(file="")
    return Cleaning(orphans, expired, missing)


def _walk(folder: str) -> Iterator[str]:
    """Yield the paths of all files of the storage in a folder."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk(f"{folder}/{name}")
