"""The tasks of a person, or of everybody, by when they are due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from associations.about import About, about
from associations.timeline_items import Item
from records import schema
from records.models import Record, Task
from records.paging import BadCursor, Order, Page, page
from records.property_kinds.dates import start_of
from records.property_kinds.related import UserKind

PAGE = 25
COUNTED = 99  # more than so many are not counted
OPEN, OVERDUE, TODAY, UPCOMING, DONE = "open", "overdue", "today", "upcoming", "done"
LABELS = {
    OPEN: _("Open"),
    OVERDUE: _("Overdue"),
    TODAY: _("Today"),
    UPCOMING: _("Upcoming"),
    DONE: _("Done"),
}
EVERYBODY, NOBODY = "everybody", "nobody"


@dataclass(frozen=True)
class Row:
    """A task on the page, and what it is about."""

    item: Item
    about: About
    heading: str  # of the part of the list that begins with it; "" where it goes on

    @property
    def task(self) -> Record:
        """The task itself."""
        return self.item.record

    @property
    def address(self) -> str:
        """Where its title leads: to the record that it is about, at its place there, or else to itself."""
        if not self.about.records:
            return self.task.get_absolute_url()
        return f"{self.about.records[0].get_absolute_url()}?tab=activities#activity-{self.task.pk}"


class TaskList:
    """What the page of tasks shows, as its address asks for it (`due`, `whose`, `after`, `before`)."""

    def __init__(self, user: Any, query: QueryDict, now: datetime | None = None) -> None:
        self.user = user
        self.now = now or timezone.now()
        self.tomorrow = start_of(timezone.localdate(self.now) + timedelta(days=1))
        self.due = query.get("due", "") if query.get("due") in LABELS else OPEN
        self.whose = self._whose(query.get("whose", ""))
        self._query = query

    # --- What can be chosen ---

    @cached_property
    def people(self) -> list[tuple[str, str]]:
        """Whose tasks can be shown: the value for the address, and what it is called."""
        others = [(str(one.pk), str(one)) for one in UserKind.everyone().values() if one.pk != self.user.pk]
        return [
            ("", str(_("My tasks"))),
            (EVERYBODY, str(_("Everybody’s tasks"))),
            (NOBODY, str(_("Tasks of nobody"))),
            *others,
        ]

    def _whose(self, asked: str) -> str:
        if asked in (EVERYBODY, NOBODY):
            return asked
        is_id = asked.isascii() and asked.isdigit() and len(asked) < 19
        return asked if is_id and int(asked) != self.user.pk else ""

    @property
    def is_mine(self) -> bool:
        """Whether the user's own tasks are shown."""
        return not self.whose

    @cached_property
    def tabs(self) -> list[tuple[str, Any, str, str]]:
        """Name, label, address and number ("" for none) of each tab: one query per number."""
        return [
            (
                name,
                label,
                self._address(due=name),
                number_text(self._of(name)) if name in (OVERDUE, TODAY) else "",
            )
            for name, label in LABELS.items()
        ]

    def _address(self, **changes: str) -> str:
        query = QueryDict(mutable=True)
        chosen = {"due": self.due, "whose": self.whose, **changes}
        query.update({key: value for key, value in chosen.items() if value and (key, value) != ("due", OPEN)})
        return f"?{query.urlencode()}"

    @property
    def address(self) -> str:
        """The address of the first page."""
        return self._address()

    @property
    def before(self) -> str:
        """The address of the page before; empty on the first one."""
        return self._address(before=self.page.before) if self.page.before else ""

    @property
    def after(self) -> str:
        """The address of the page after; empty on the last one."""
        return self._address(after=self.page.after) if self.page.after else ""

    # --- Reading ---

    def _of(self, due: str) -> QuerySet:
        """Return the tasks of a tab, without an order."""
        tasks = Task.objects.visible_to(self.user).order_by()
        if self.whose == NOBODY:
            tasks = tasks.filter(owner=None)
        elif self.whose != EVERYBODY:
            tasks = tasks.filter(owner=int(self.whose) if self.whose else self.user.pk)
        if due == DONE:
            kind = schema.current().type(Task.object_type_name)
            return tasks.filter(object_type=kind, is_pending=False, happened_at__isnull=False)
        conditions = {
            OPEN: Q(),
            OVERDUE: Q(happened_at__lt=self.now),
            TODAY: Q(happened_at__gte=self.now, happened_at__lt=self.tomorrow),
            UPCOMING: Q(happened_at__gte=self.tomorrow),
        }
        return tasks.filter(conditions[due], is_pending=True)

    @cached_property
    def page(self) -> Page:
        """The tasks of the page and the ways to its neighbours; an address cut by hand leads to the first."""
        tasks = self._of(self.due).select_related("owner", "created_by")
        order = Order("happened_at", descending=self.due == DONE)
        after, before = self._query.get("after", ""), self._query.get("before", "")
        try:
            return page(tasks, order, PAGE, after=after, before=before)
        except BadCursor:
            return page(tasks, order, PAGE)

    @cached_property
    def rows(self) -> list[Row]:
        """The tasks with all that the page says of them."""
        tasks = self.page.rows
        concerned = about([task.pk for task in tasks], self.user)
        found, last = [], ""
        for task in tasks:
            heading = str(LABELS[self._part(task)])
            item = Item(task, task.happened_at, self.now)
            found.append(Row(item, concerned[task.pk], "" if heading == last else heading))
            last = heading
        return found

    def _part(self, task: Any) -> str:
        if not task.is_pending:
            return DONE
        if task.happened_at < self.now:
            return OVERDUE
        return TODAY if task.happened_at < self.tomorrow else UPCOMING


def number_text(rows: QuerySet) -> str:
    """Return how many rows there are, as a short text: "" for none, "99+" for more than that. One query."""
    number = rows[: COUNTED + 1].count()
    if number > COUNTED:
        return f"{COUNTED}+"
    return str(number) if number else ""


def overdue_text(user: Any) -> str:
    """Return how many tasks of a user are overdue, as a short text: one query, a range of an index."""
    records = Record.objects.visible_to(user).order_by()
    return number_text(records.filter(owner=user, is_pending=True, happened_at__lt=timezone.now()))
