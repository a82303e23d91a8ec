"""What history tells of associations, as it reads on the page of either record (see `records.told`)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Subquery
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import told
from records.models import Change, Record
from records.paging import Number, any_of
from records.told import COUNTED, Line, Part, Row, author, known, mention, said_by

from .labels import Word, all_labels
from .models import AssociationEvent

Action = AssociationEvent.Action
SHOWN = 24  # events of an entry that are told for each end, where there are many
READ = 500  # events for each end of all entries of a page, up to which they are read at once
ROWS = 50  # events of a change that a page shows


class AssociationEvents:
    """Tells of associations by their events (see `records.told.Source`)."""

    place = 20
    name = "associations"
    label = gettext_lazy("Associations")

    # --- Of one record ----------------------------------------------------------------------------

    def of_record(self, record: Record, wanted: str) -> list[QuerySet]:
        """Return the events of the record's associations, by the end at which it stands."""
        if wanted not in ("", self.name):
            return []
        return [AssociationEvent.objects.filter(**{f"record_{end}": record.pk}) for end in ("a", "b")]

    def tell(self, record: Record, changes: Sequence[Change], user: Any) -> dict[int, list[Line]]:
        """Return what the changes did to the record's associations: three queries, and where there is more of
        a change than is shown up to four besides."""
        found: dict[tuple[int, str], list[AssociationEvent]] = defaultdict(list)
        for end in ("a", "b"):
            for event in _events(record, end, [change.pk for change in changes]):
                found[event.change_id, end].append(event)
        events: dict[int, list[AssociationEvent]] = defaultdict(list)
        for (pk, _end), of_end in found.items():
            events[pk] += _whole(_first(of_end, record), record)
        cut = {pk for (pk, _end), of_end in found.items() if len(of_end) > SHOWN}
        numbers = _numbers(record, cut) if cut else {}
        others = known({_other(event, record) for of_one in events.values() for event in of_one}, user)
        return {
            change.pk: _lines(record, change, events[change.pk], others, numbers.get(change.pk, {}))
            for change in changes
            if events[change.pk]
        }

    # --- Of one change ----------------------------------------------------------------------------

    def numbers(self, change: Any) -> list[Subquery]:
        """Return the number of events."""
        rows = AssociationEvent.objects.filter(change=change).order_by()
        return [Number(rows.values("pk")[: COUNTED + 1])]

    def first(self, change: Any) -> list[Subquery]:
        """Return the two records of the first event."""
        rows = AssociationEvent.objects.filter(change=change).order_by("id")
        return [Subquery(rows.values(f"record_{end}_id")[:1]) for end in ("a", "b")]

    def facts(self, change: Change) -> list[str]:
        """Say how many associations came and went, and how many labels: one query."""
        rows = change.association_events.order_by().values_list("action").annotate(Count("pk"))
        numbers: dict[str, int] = defaultdict(int, rows)
        texts = {
            Action.ADDED: ngettext(
                "%(count)s association added", "%(count)s associations added", numbers[Action.ADDED]
            ),
            Action.REMOVED: ngettext(
                "%(count)s association removed", "%(count)s associations removed", numbers[Action.REMOVED]
            ),
            Action.LABELLED: ngettext(
                "%(count)s label added", "%(count)s labels added", numbers[Action.LABELLED]
            ),
            Action.UNLABELLED: ngettext(
                "%(count)s label removed", "%(count)s labels removed", numbers[Action.UNLABELLED]
            ),
        }
        return [
            text % {"count": localize(numbers[action])} for action, text in texts.items() if numbers[action]
        ]

    def page(self, change: Change, user: Any, after: int, about: int) -> Part:
        """Return a page of the events, as they happened: two queries."""
        rows = change.association_events.filter(pk__gt=after).order_by("pk")
        if about:
            rows = rows.filter(Q(record_a=about) | Q(record_b=about))
        events = list(rows[: ROWS + 1])
        shown = events[:ROWS]
        records = known({pk for event in shown for pk in (event.record_a_id, event.record_b_id)}, user)
        found = [_row(event, records) for event in shown]
        more = shown[-1].pk if len(events) > ROWS else None
        return Part([row for row in found if row], more, hidden=found.count(None))


def _events(record: Record, end: str, changes: Sequence[int]) -> list[AssociationEvent]:
    """Return the events of the record at one end: all of each change, or the first SHOWN and one more."""
    rows = AssociationEvent.objects.filter(**{f"record_{end}": record.pk}).order_by()
    events = list(rows.filter(change__in=changes)[: READ + 1])
    if len(events) > READ:
        # What befell one other record stands together in the index, so that of 50,000 events in one change
        # only the first are read.
        other = "record_b_id" if end == "a" else "record_a_id"
        heads = [rows.filter(change=change).order_by(other)[: SHOWN + 1] for change in changes]
        events = list(any_of(AssociationEvent.objects.all(), heads))
    return events


def _other(event: AssociationEvent, record: Record) -> int:
    return event.record_b_id if event.record_a_id == record.pk else event.record_a_id


def _first(events: Sequence[AssociationEvent], record: Record) -> Sequence[AssociationEvent]:
    return sorted(events, key=lambda event: (_other(event, record), event.pk))[: SHOWN + 1]


def _whole(events: Sequence[AssociationEvent], record: Record) -> Sequence[AssociationEvent]:
    """Leave out the last other record of a limited number of events: some of its own may be missing."""
    last = max(_other(event, record) for event in events)
    whole = [event for event in events if _other(event, record) != last]
    return whole if whole and len(events) > SHOWN else events


def _numbers(record: Record, changes: Iterable[int]) -> dict[int, Counter[str]]:
    """Return by change how many events of the record there are of which action. Two queries."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for end in ("a", "b"):
        rows = AssociationEvent.objects.filter(**{f"record_{end}": record.pk}, change__in=changes)
        for pk, action, number in rows.order_by().values_list("change_id", "action").annotate(Count("pk")):
            found[pk][action] += number
    return found


def _word(event: AssociationEvent, record_id: int) -> Word | None:
    """Return the label of an event as it reads on the page of one of its records."""
    label = all_labels().get(event.label_id or 0)
    from_id = event.record_a_id if event.from_a else event.record_b_id
    return Word(label, inverse=from_id != record_id and label.is_directed) if label else None


# --- In words ---------------------------------------------------------------------------------------

ICONS = {
    Action.ADDED: "link",
    Action.REMOVED: "link-slash",
    Action.LABELLED: "tag",
    Action.UNLABELLED: "tag",
}
# What a label does along with its association is told together.
TOGETHER = {Action.LABELLED: Action.ADDED, Action.UNLABELLED: Action.REMOVED}
Told = tuple[Record | None, list[Word]]  # the other record, and the labels that it is about


def _lines(
    record: Record,
    change: Change,
    events: Iterable[AssociationEvent],
    others: Mapping[int, Record],
    numbers: Mapping[str, int],
) -> list[Line]:
    """Say what happened, the records that the same befell together; `numbers` says how many those are,
    where not all of the events are there."""
    befell: dict[int, dict[Action, list[Word]]] = defaultdict(dict)
    for event in events:
        words = befell[_other(event, record)].setdefault(Action(event.action), [])
        if word := _word(event, record.pk):
            words.append(word)
    parts: dict[Action, list[Told]] = defaultdict(list)
    for pk, actions in befell.items():
        for label_action, whole in TOGETHER.items():
            if whole in actions:
                actions[whole] = actions.pop(label_action, [])
        for action, words in actions.items():
            parts[action].append((others.get(pk), words))
    lines = []
    for action, icon in ICONS.items():
        if part := parts[action]:
            together = TOGETHER.get(action)
            number = 0 if together and numbers.get(together) else numbers.get(action, 0)
            lines.append(_line(record, author(change), icon, action, part, max(number, len(part))))
    return lines


def _line(record: Record, who: str, icon: str, action: Action, part: Sequence[Told], number: int) -> Line:
    if number == 1:
        ((other, words),) = part
        return Line(icon, _sentence(record, who, action, other, words))
    text = {
        Action.ADDED: _("{who} associated {count} records"),
        Action.REMOVED: _("{who} removed the associations with {count} records"),
        Action.LABELLED: _("{who} labelled {count} associated records"),
        Action.UNLABELLED: _("{who} took labels off {count} associated records"),
    }[action]
    sentence = format_html(text, who=said_by(who), count=localize(number))
    items = [format_html("{} {}", mention(other), _badges(words)) for other, words in part]
    return Line(icon, sentence, items=items, more=number - len(items))


def _sentence(
    record: Record, who: str, action: Action, other: Record | None, words: list[Word]
) -> SafeString:
    """Say what happened to one association."""
    if other is None:
        named: Any = mention(other)
    else:
        kind = other.kind.singular_label.lower()
        named = format_html(_("the {type} {name}"), type=kind, name=mention(other))
    primary = any(word.label.is_primary for word in words) and action == Action.LABELLED
    if primary and len(words) == 1:
        if words[0].inverse:
            kind = record.kind.singular_label.lower()
            text = _("{who} made this the primary {type} of {other}")
        else:
            kind = other.kind.singular_label.lower() if other else ""
            text = _("{who} made {other} the primary {type}")
        return format_html(text, who=said_by(who), type=kind, other=mention(other))
    text = {
        Action.ADDED: _("{who} associated {other} {labels}"),
        Action.REMOVED: _("{who} removed the association with {other} {labels}"),
        Action.LABELLED: _("{who} labelled {other} as {labels}"),
        Action.UNLABELLED: _("{who} took the label {labels} off {other}"),
    }[action]
    return format_html(text, who=said_by(who), other=named, labels=_badges(words))


def _badges(words: Iterable[Word]) -> SafeString:
    return format_html_join(" ", '<span class="badge label">{}</span>', ((word,) for word in words))


def _row(event: AssociationEvent, records: Mapping[int, Record]) -> Row | None:
    """Return an event as a row of its change, read from the `from` end of its label; None where the reader
    may see neither record."""
    ids = [event.record_a_id, event.record_b_id]
    if not event.from_a:
        ids.reverse()
    ends = [records.get(pk) for pk in ids]
    if not any(ends):
        return None
    action = Action(event.action)
    word = _word(event, ids[0])
    text = {
        Action.ADDED: _("Associated"),
        Action.REMOVED: _("Association removed"),
        Action.LABELLED: _("Label added"),
        Action.UNLABELLED: _("Label removed"),
    }[action]
    short = format_html("{} {}", text, _badges([word] if word else []))
    return Row(format_html("{} ↔ {}", *map(mention, ends)), [Line(ICONS[action], short, short)])


def register() -> None:
    """Take part in telling of history."""
    told.register(AssociationEvents())
