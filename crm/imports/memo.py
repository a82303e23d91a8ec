"""What an import has to remember until all rows are in: rows of the database, so that memory stays flat and
that what a step remembers stands or falls with what it wrote.

An association that a cell names can only be made when every record is there: a parent company may stand
further down than its child, or in another file.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from records.models import Job
from records.services import batches

from .models import ImportFile, ImportKey, ImportWanted
from .models.running import new_run

KEY_LENGTH = 64
CLEANED = 20_000  # rows at once
YOUNG = timedelta(days=1)
RESUMABLE = (Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED)


def key_of(name: str) -> str:
    """Return what a key of the file is compared by; a digest of a long one, which no short one can equal."""
    return name if len(name) < KEY_LENGTH else sha256(name.encode()).hexdigest()


class Memo:
    """What one import remembers."""

    def __init__(self, run: UUID) -> None:
        self.run = run

    def want(self, wanted: Iterable[ImportWanted]) -> None:
        """Remember names that stand in cells."""
        ImportWanted.objects.bulk_create(wanted, batch_size=2_000)

    def wanted(self, place: int, after: int, number: int) -> list[ImportWanted]:
        """Return what was remembered for an association behind an id, in the order of the file."""
        rows = ImportWanted.objects.filter(run=self.run, place=place, pk__gt=after)
        return list(rows.order_by("pk")[:number])

    def hold(self, place: int, keys: Iterable[tuple[str, int]]) -> None:
        """Remember which record each key of the file stands for."""
        rows = {(key_of(name), record_id) for name, record_id in keys if name}
        ImportKey.objects.bulk_create(
            [ImportKey(run=self.run, place=place, key=key, record_id=pk) for key, pk in sorted(rows)],
            batch_size=2_000,
            ignore_conflicts=True,
        )

    def held(self, place: int, keys: Sequence[str]) -> dict[str, list[int]]:
        """Return the ids of the records that each key stands for."""
        found: dict[str, list[int]] = {}
        for batch in batches(keys):
            rows = ImportKey.objects.filter(run=self.run, place=place, key__in=batch)
            for key, pk in rows.order_by("record_id").values_list("key", "record_id"):
                found.setdefault(key, []).append(pk)
        return found

    def joined(self, place: int, after: tuple[int, int], number: int) -> list[tuple[ImportWanted, int]]:
        """Return what was remembered with each record that has its key, behind an id and a record's id.

        A key may stand for any number of records, so this goes by pairs; (0, 0) begins.
        """
        quote = connection.ops.quote_name
        fields = [field.column or "" for field in ImportWanted._meta.concrete_fields]
        columns = ", ".join(f"w.{quote(column)}" for column in fields)
        statement = f"""
            SELECT {columns}, k.record_id FROM {quote(ImportWanted._meta.db_table)} w
            JOIN {quote(ImportKey._meta.db_table)} k ON k.run = w.run AND k.place = w.place AND k.key = w.key
            WHERE w.run = %s AND w.place = %s AND w.id >= %s AND (w.id > %s OR k.record_id > %s)
            ORDER BY w.id, k.record_id LIMIT %s
        """  # noqa: S608
        run = ImportKey._meta.get_field("run").get_db_prep_value(self.run, connection)
        with connection.cursor() as cursor:
            cursor.execute(statement, [run, place, after[0], after[0], after[1], number])
            rows = cursor.fetchall()
        return [(ImportWanted.from_db(connection.alias, fields, row[:-1]), row[-1]) for row in rows]

    def alone(self, place: int, after: int, number: int) -> list[ImportWanted]:
        """Return what was remembered behind an id whose key no row has."""
        keys = ImportKey.objects.filter(run=self.run, place=place).values("key")
        rows = ImportWanted.objects.filter(run=self.run, place=place, pk__gt=after).exclude(key__in=keys)
        return list(rows.order_by("pk")[:number])

    def forget_some(self) -> bool:
        """Forget a part of it; return whether that was all."""
        count = 0
        for model in (ImportWanted, ImportKey):
            rows = model.objects.filter(run=self.run).order_by().values_list("pk", flat=True)[:CLEANED]
            for batch in batches(list(rows)):
                count += len(batch)
                model.objects.filter(pk__in=batch).delete()
        return not count

    def forget(self) -> None:
        """Forget all of it, further files too."""
        for model in (ImportWanted, ImportKey):
            model.objects.filter(run=self.run).delete()
        _forget_files(ImportFile.objects.filter(run=self.run))


def forget_left() -> None:
    """Forget what imports left behind that nobody can take up again.

    For data protection too: an erasure deletes what ended jobs were to do, and this what they remember. What
    is less than a day old may belong to an import from the command line that is under way.
    """
    resumable = Job.objects.filter(kind__startswith="import", state__in=RESUMABLE).values_list(
        "params", flat=True
    )
    runs = [UUID(params["run"]) for params in resumable if "run" in params]
    limit = new_run((timezone.now() - YOUNG).timestamp())
    for model in (ImportWanted, ImportKey):
        model.objects.filter(run__lt=limit).exclude(run__in=runs).delete()
    _forget_files(ImportFile.objects.filter(run__lt=limit).exclude(run__in=runs))


def _forget_files(files: "Iterable[ImportFile]") -> None:
    for one in files:
        name, storage = one.file.name, one.file.storage
        one.delete()
        transaction.on_commit(lambda name=name, storage=storage: storage.delete(name))  # type: ignore[misc]
