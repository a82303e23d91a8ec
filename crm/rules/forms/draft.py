"""What the form of a rule says while it is being built: rows are added, removed and moved by the server."""

import re
from dataclasses import dataclass, field

from django.http import QueryDict

MOST = 20  # conditions, and actions
_ROW = re.compile(r"(condition|action)-(\d{1,2})-(.+)", re.ASCII)
_COMMAND = re.compile(r"(remove-condition|remove-action|up|down)-(\d{1,2})", re.ASCII)
Row = dict[str, list[str]]


@dataclass
class Draft:
    """The fields of a form: those of the rule itself, and of each condition and action."""

    main: QueryDict = field(default_factory=lambda: QueryDict(mutable=True))
    conditions: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)

    @classmethod
    def read(cls, data: QueryDict) -> "Draft":
        """Return what a form says; rows come in the order of their numbers."""
        draft = cls()
        rows: dict[tuple[str, int], Row] = {}
        for name, given in data.lists():
            if match := _ROW.fullmatch(name):
                rows.setdefault((match[1], int(match[2])), {})[match[3]] = [str(one) for one in given]
            elif name not in ("do", "csrfmiddlewaretoken"):
                draft.main.setlist(name, given)
        for (what, _number), row in sorted(rows.items()):
            (draft.conditions if what == "condition" else draft.actions).append(row)
        del draft.conditions[MOST:], draft.actions[MOST:]
        return draft

    def follow(self, command: str) -> None:
        """Add, remove or move a row; anything else changes nothing."""
        if command == "add-condition" and len(self.conditions) < MOST:
            self.conditions.append({"subject": [self.main.get("new_condition", "")]})
        elif command == "add-action" and len(self.actions) < MOST:
            self.actions.append({"action": [self.main.get("new_action", "")]})
        elif match := _COMMAND.fullmatch(command):
            place = int(match[2])
            rows = self.conditions if match[1] == "remove-condition" else self.actions
            if place >= len(rows):
                return
            row = rows.pop(place)
            if match[1] == "up":
                rows.insert(max(0, place - 1), row)
            elif match[1] == "down":
                rows.insert(place + 1, row)

    @property
    def data(self) -> QueryDict:
        """The fields, with the rows numbered anew."""
        data = self.main.copy()
        for what, rows in (("condition", self.conditions), ("action", self.actions)):
            for number, row in enumerate(rows):
                for name, given in row.items():
                    data.setlist(f"{what}-{number}-{name}", given)
        return data
