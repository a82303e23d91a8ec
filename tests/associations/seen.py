"""What the page of a record shows of its associations, read as plainly as can be."""

from associations.models import Association, Labelling


def words_of(record) -> dict[int, set[str]]:
    """Return, by the other record's id, what each associated record is called on this record's page."""
    found: dict[int, set[str]] = {}
    for row in Association.objects.live().of(record.pk).prefetch_related("labellings__label"):
        other = row.record_b_id if row.record_a_id == record.pk else row.record_a_id
        found[other] = {one.word_for(record.pk) for one in row.labellings.all()}
    return found


def primary_of(record) -> int | None:
    """Return the id of a record's primary company."""
    return (
        Labelling.objects.filter(from_record=record.pk, is_primary=True)
        .values_list("to_record", flat=True)
        .first()
    )
