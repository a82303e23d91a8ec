"""What is done to drafts of imports: the pages call these, and nothing else writes them."""

import logging
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from records import jobs, schema
from records.provenance import By, Origin

from . import proposing
from .answers import Answers
from .inspecting import READING, inspect, on_disk
from .models import ImportDraft, RememberedMapping
from .models.drafts import NAME_LENGTH, digest
from .report import ImportRefused

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)  # a draft that nobody has touched
SWEPT = 20  # drafts at once
MOST_REMEMBERED = 50  # mappings that are offered


# --- Files ------------------------------------------------------------------------------------------


def clean_name(name: str) -> str:
    """Return a file's name without folders and without what is not printed."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    return "".join(letter for letter in name if letter.isprintable()).strip()[-NAME_LENGTH:] or _("file")


def look_at(upload: UploadedFile) -> dict[str, Any]:
    """Return what was found in an upload. Raises ValidationError where it cannot be imported."""
    name = clean_name(upload.name or "")
    if not upload.size:
        raise ValidationError(_("“%(name)s” is empty.") % {"name": name})
    if upload.size > settings.IMPORT_MAX_SIZE:
        said = {"name": name, "most": filesizeformat(settings.IMPORT_MAX_SIZE)}
        raise ValidationError(_("“%(name)s” is larger than %(most)s.") % said)
    try:
        if hasattr(upload, "temporary_file_path"):
            return inspect(Path(upload.temporary_file_path()), name, {})
        with NamedTemporaryFile() as copy:
            for chunk in upload.chunks():
                copy.write(chunk)
            copy.flush()
            return inspect(Path(copy.name), name, {})
    except ImportRefused as error:
        raise ValidationError(str(error)) from error


def create(
    owner: Any, kind: str, types: list[list[str]], uploads: Sequence[tuple[UploadedFile, dict[str, Any]]]
) -> ImportDraft:
    """Return a new draft of files, each given with what `look_at` found in it."""
    sweep()
    draft = ImportDraft(owner=owner, kind=kind, types=types)
    stored: list[str] = []
    try:
        with transaction.atomic():
            for prefix, (upload, facts) in zip(("", "second_"), uploads, strict=False):
                upload.seek(0)
                file = getattr(draft, f"{prefix}file")
                file.save(clean_name(upload.name or ""), File(upload), save=False)
                stored.append(file.name)
                setattr(draft, f"{prefix}name", clean_name(upload.name or ""))
                setattr(draft, f"{prefix}size", upload.size)
                draft.facts.append(facts)
                draft.reading.append({})
            propose(draft)
            draft.save()
    except BaseException:
        delete_files(stored)
        raise
    return draft


def delete_files(paths: Iterable[str]) -> None:
    """Delete files from the storage; what cannot be deleted is told to the log."""
    for path in filter(None, paths):
        try:
            default_storage.delete(path)
        except Exception:  # whatever the storage raises, the others are to go still
            logger.exception("A file could not be deleted: %s", path)


def deleted(sender: Any, instance: ImportDraft, **kwargs: Any) -> None:
    """Let the files of a draft go with it, once that is certain; also where its owner is deleted."""
    paths = [file.name for file in instance.files]
    transaction.on_commit(lambda: delete_files(paths), robust=True)


def sweep() -> None:
    """Delete some drafts that nobody has touched for long."""
    for draft in ImportDraft.objects.filter(updated_at__lt=timezone.now() - KEPT)[:SWEPT]:
        draft.delete()


# --- Answers ----------------------------------------------------------------------------------------


def propose(draft: ImportDraft) -> None:
    """Fill in the answers: as in the last import of such a file, else as guessed. Does not save."""
    if remembered := of_header(draft):
        draft.answers = {**remembered.answers, "from": remembered.pk}
        draft.reading = [
            {key: one.get(key, "") for key in ("date_format", "decimal")} for one in remembered.reading
        ] or draft.reading
        return
    guess(draft)


def guess(draft: ImportDraft) -> None:
    """Fill in the answers as they are likely. Does not save."""
    draft.answers = {}
    answers = Answers(draft)
    columns = []
    match: dict[str, list[str]] = {}
    for targets, facts in zip(answers.targets, draft.facts, strict=True):
        uses, identified = proposing.propose(targets, facts)
        columns.append(uses)
        match |= identified
    draft.answers = {"columns": columns, "match": match}
    if draft.kind == ImportDraft.Kind.TWO:
        draft.answers["join"] = _in_common(draft)


def _in_common(draft: ImportDraft) -> list[str]:
    """Return the columns that two files seem to have in common."""
    first, second = (facts["header"] for facts in draft.facts)
    by_name = {proposing.spoken(name): name for name in second if name}
    for name in first:
        if name and (other := by_name.get(proposing.spoken(name))):
            return [name, other]
    return ["", ""]


def changed(draft_id: int, change: Callable[[ImportDraft], None]) -> ImportDraft:
    """Change a draft under a lock, so that two rows saved at once keep both; return it.

    What a dry run found before holds no longer, and what was imported may be imported so once more.
    """
    with transaction.atomic():
        draft = ImportDraft.objects.select_for_update().get(pk=draft_id)
        change(draft)
        forget_check(draft)
        draft.findings, draft.check_job, draft.job = {}, None, None
        draft.updated_at = timezone.now()
        draft.save()
    return draft


def forget_check(draft: ImportDraft) -> None:
    """End the dry run of a draft that is under way: nobody waits for it any more."""
    if draft.check_job and draft.check_job.is_open:
        jobs.cancel(draft.check_job, By(draft.owner, Origin.IMPORT))


def delete(draft: ImportDraft) -> None:
    """Delete a draft and its files."""
    with transaction.atomic():
        forget_check(draft)
        draft.delete()


def set_types(draft_id: int, types: list[list[str]]) -> ImportDraft:
    """Let the files of a draft hold other object types; the answers begin anew."""

    def change(draft: ImportDraft) -> None:
        if draft.types != types:
            draft.types = types
            propose(draft)

    return changed(draft_id, change)


def read_again(draft: ImportDraft, file: int, reading: dict[str, str]) -> dict[str, Any]:
    """Return what is found in a file when it is read in another way. Raises ImportRefused."""
    with on_disk(draft.files[file]) as path:
        return inspect(path, draft.names[file], reading)


def set_reading(draft_id: int, readings: list[dict[str, str]], facts: list[dict[str, Any]]) -> ImportDraft:
    """Keep how the files are written and what is found in them so; the answers stay where the columns do."""

    def change(draft: ImportDraft) -> None:
        headers = [one["header"] for one in draft.facts]
        draft.reading = [{key: one.get(key, "") for key in READING} for one in readings]
        draft.facts = facts
        if [one["header"] for one in facts] != headers:
            guess(draft)

    return changed(draft_id, change)


# --- Remembered mappings ----------------------------------------------------------------------------


def _digest(draft: ImportDraft) -> str:
    return digest(draft.kind, draft.types, [facts["header"] for facts in draft.facts])


def of_header(draft: ImportDraft) -> RememberedMapping | None:
    """Return how the user mapped the last file of this header, if it still makes sense."""
    found = RememberedMapping.objects.filter(owner=draft.owner, digest=_digest(draft)).first()
    return found if found and _fits(draft, found) else None


def offered(draft: ImportDraft) -> list[RememberedMapping]:
    """Return the mappings that were given a name and are for files of the same object types. One query."""
    visible = RememberedMapping.objects.visible_to(draft.owner).exclude(name="").select_related("owner")
    found = visible.filter(kind=draft.kind).defer("answers", "reading", "headers")[:MOST_REMEMBERED]
    return [one for one in found if one.types == draft.types]


def _fits(draft: ImportDraft, remembered: RememberedMapping) -> bool:
    """Whether remembered answers are of the shape that a draft's have."""
    columns = remembered.answers.get("columns", [])
    return [len(one) for one in columns] == [len(facts["header"]) for facts in draft.facts]


def set_uses(
    draft_id: int, file: int, place: int, uses: list[dict[str, Any]], settings_said: dict[str, Any] | None
) -> ImportDraft:
    """Keep what a column becomes, and what was said beside the columns at the same time.

    A property that comes to be mapped and is likely to identify its record does so, where nothing does yet.
    """

    def change(draft: ImportDraft) -> None:
        answers = Answers(draft)
        said = {**answers.said, **(settings_said or {})}
        answers.said = said
        before = {side.alias: {prop.name for prop in answers.mapped(side)} for side in answers.sides}
        said["columns"][file][place] = uses
        for side in answers.sides:
            mapped = answers.mapped(side)
            likely = proposing.identifying(side, mapped)
            if not answers.match(side) and set(likely) - before[side.alias]:
                said["match"][side.alias] = likely
        draft.answers = said

    return changed(draft_id, change)


def set_settings(draft_id: int, said: dict[str, Any]) -> ImportDraft:
    """Keep what was said beside the columns."""

    def change(draft: ImportDraft) -> None:
        draft.answers = {**Answers(draft).said, **said}

    return changed(draft_id, change)


def use_remembered(draft_id: int, remembered: RememberedMapping) -> ImportDraft:
    """Map columns as somebody did before: those of the same name; the others as they are."""

    def change(draft: ImportDraft) -> None:
        columns = Answers(draft).said["columns"]
        for file, (header, uses) in enumerate(
            zip(remembered.headers, remembered.answers.get("columns", []), strict=False)
        ):
            known = dict(zip(header, uses, strict=False))
            if file < len(columns):
                names = draft.facts[file]["header"]
                columns[file] = [known.get(name, old) for name, old in zip(names, columns[file], strict=True)]
        draft.answers = {**remembered.answers, "columns": columns, "from": remembered.pk}

    return changed(draft_id, change)


def remember(draft: ImportDraft, *, name: str = "", is_shared: bool = False) -> RememberedMapping:
    """Keep how a draft's columns are mapped: for the next file of this header, or under a name."""
    values = {
        "kind": draft.kind,
        "digest": _digest(draft),
        "types": draft.types,
        "headers": [facts["header"] for facts in draft.facts],
        "reading": draft.reading,
        "answers": {key: value for key, value in draft.answers.items() if key != "from"},
        "file_name": draft.name,
        "is_shared": is_shared,
        "updated_at": timezone.now(),
    }
    key = {"name": name} if name else {"name": "", "digest": values.pop("digest")}
    if name:
        values["digest"] = _digest(draft)
    kept, _created = RememberedMapping.objects.update_or_create(owner=draft.owner, **key, defaults=values)
    return kept


def still_there(draft: ImportDraft) -> bool:
    """Whether the object types of a draft are there still."""
    names = {kind.name for kind in schema.current().types}
    return all(name in names for types in draft.types for name in types)
