"""Where everything in a picture is drawn: the same for the same picture, and no name over another one.

There are two drawings of each. The wide one has a column per step: of one step, the record in the middle and
the others to its left and right; of two, from left to right. The narrow one, for phones, goes from top to
bottom.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.formats import localize
from django.utils.translation import gettext as _

from records.models import ObjectType

from .picture import Edge, More, Node, Picture

BOX, HEIGHT, ROW, HEADING = 156, 30, 36, 26  # width and height of a box, and the heights of rows
GAP, MARGIN = 100, 34  # between columns, where labels stand; beside them, where associations within one pass
INDENT, NARROW, TALL = 30, 344, 46  # of the narrow drawing: a step, its width, a box with labels
NAME_SIZE, LABEL_SIZE = 13, 11  # of letters, as in picture.css
ICON = 30  # what a box has before its name
ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)  # where on a line its label may stand


# About how wide letters are, of a sans serif that is rather wide.
_EMS = (("iIjl.,:;'|!()[] -·", 0.3), ("frt", 0.36), ("MWmw@%&…—", 0.95))
Group = tuple[ObjectType, list[Node | More]]  # those of a type, one step away


class Rect(NamedTuple):
    """A part of a drawing, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def middle(self) -> float:
        """How far down its middle is."""
        return self.y + self.height / 2

    def overlaps(self, other: "Rect") -> bool:
        """Whether it has a point in common with another one."""
        beside = self.right <= other.x or other.right <= self.x
        return not (beside or self.y + self.height <= other.y or other.y + other.height <= self.y)


@dataclass(frozen=True)
class Box:
    """A record, or a number of them, as a link."""

    rect: Rect
    of: Node | More
    name: str  # as much of it as there is room for
    said: str = ""  # its labels
    under: str = ""  # as much of them as there is room for, where they stand in the box

    @property
    def is_more(self) -> bool:
        """Whether it stands for records that are not shown."""
        return isinstance(self.of, More)

    @property
    def icon_x(self) -> float:
        """Where its icon is, and below where its texts are."""
        return self.rect.x + 9

    @property
    def icon_y(self) -> float:
        return self.rect.middle - 8

    @property
    def text_x(self) -> float:
        return self.rect.x + (10 if self.is_more else ICON)

    @property
    def name_y(self) -> float:
        return self.rect.middle + (-3 if self.under else 4.5)

    @property
    def under_y(self) -> float:
        return self.rect.middle + 13


@dataclass(frozen=True)
class Line:
    """An association, or what leads to a number of them."""

    path: str
    kind: ObjectType | None = None  # whose colour it has
    is_cross: bool = False  # beside those that lead from step to step


@dataclass(frozen=True)
class Text:
    """A label beside a line, or the heading of records of a type."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    is_heading: bool = False


@dataclass
class Drawing:
    """All that is drawn, the boxes in the order in which one goes through them."""

    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def width_of(text: str, size: float) -> float:
    """Return about how wide text is, rather too much than too little."""
    return size * sum(map(_em, text))


def shortened(text: str, room: float, size: float) -> str:
    """Return as much of a text as there is room for, with an ellipsis where that is not all."""
    if width_of(text, size) <= room:
        return text
    room -= width_of("…", size)
    kept = ""
    for letter in text:
        room -= size * _em(letter)
        if room < 0:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def _em(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0
    for letters, em in _EMS:
        if letter in letters:
            return em
    return 0.72 if letter.isupper() else 0.58


def wide(picture: Picture) -> Drawing:
    """Return the drawing for a wide screen."""
    return _Wide(picture).drawing


def narrow(picture: Picture) -> Drawing:
    """Return the drawing for a phone."""
    return _Narrow(picture).drawing


class _Layout:
    """What both drawings share: the groups of records by type, and the boxes placed so far."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.drawing = Drawing()
        self.rects: dict[int, Rect] = {}
        self.further: dict[int, list[Node]] = {}
        for node in picture.nodes:
            if node.step > 1:
                self.further.setdefault(node.via, []).append(node)
        self.more = {(one.via, one.kind): one for one in picture.more}

    def _groups(self) -> list[Group]:
        """Return what is one step away, by type, the number of those not shown behind them."""
        groups: dict[ObjectType, list[Node | More]] = {kind: [] for kind in self.picture.counts}
        for node in self.picture.near:
            groups[node.kind].append(node)
        for kind, members in groups.items():
            if more := self.more.get((self.picture.centre.pk, kind)):
                members.append(more)
        return [(kind, members) for kind, members in groups.items() if members]

    def _behind(self, one: Node | More) -> list[Node | More]:
        """Return what is drawn behind something."""
        if isinstance(one, More):
            return []
        more = self.more.get((one.pk, None))
        return [*self.further.get(one.pk, []), *([more] if more else [])]

    def _said(self, of: Node | More) -> str:
        return ", ".join(map(str, self.picture.words(of))) if isinstance(of, Node) else ""

    def _heading(self, kind: ObjectType, x: float, y: float, room: float) -> None:
        number = localize(self.picture.counts[kind])
        name = shortened(kind.plural_label, room - width_of(f" · {number}", LABEL_SIZE), LABEL_SIZE)
        self.drawing.texts.append(Text(x, y, f"{name} · {number}", is_heading=True))

    def _place(self, of: Node | More, rect: Rect, under: str = "") -> None:
        if isinstance(of, More):
            text = _("%(number)s+ more") if of.and_more else _("+%(number)s more")
            text %= {"number": localize(of.number)}
            self.drawing.boxes.append(Box(rect, of, shortened(text, rect.width - 20, NAME_SIZE)))
            return
        self.rects[of.pk] = rect
        room = rect.width - ICON - 8
        name = shortened(str(of.record), room, NAME_SIZE)
        self.drawing.boxes.append(Box(rect, of, name, self._said(of), shortened(under, room, LABEL_SIZE)))

    def _crossing(self) -> list[Edge]:
        """Return the associations that do not lead from a step to what is drawn behind it."""
        return [edge for edge in self.picture.edges if edge.other.via != edge.one.pk]


class _Wide(_Layout):
    """A column per step; of one step, half of the types to the left of the record and half to its right."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(picture)
        sides = self._sides()
        heights = [sum(map(self._height, side)) for side in sides]
        height = max(*heights, 2 * HEIGHT)
        start = MARGIN + BOX + GAP if sides[0] else 2
        centre = Rect(start, (height - HEIGHT) / 2 - 5, BOX, HEIGHT + 10)
        self._place(picture.centre, centre)
        columns = 2 if picture.steps > 1 else 1
        self.drawing.width = centre.right + columns * (GAP + BOX) + MARGIN
        self.drawing.height = height
        for side, used, sign in zip(sides, heights, (-1, 1), strict=True):
            y = (height - used) / 2
            for kind, members in side:
                y = self._group(kind, members, centre.x + sign * (BOX + GAP), y)
        self._draw_lines(centre)

    def _sides(self) -> tuple[list[Group], list[Group]]:
        """Return the groups to the left and to the right, so that both are about as high."""
        left: list[Group] = []
        right: list[Group] = []
        for group in self._groups():
            lower = sum(map(self._height, left)) < sum(map(self._height, right))
            (left if self.picture.steps == 1 and lower else right).append(group)
        return left, right

    def _height(self, group: Group) -> float:
        return HEADING + sum(ROW * max(1, len(self._behind(one))) for one in group[1]) + HEADING / 2

    def _group(self, kind: ObjectType, members: Sequence[Node | More], x: float, y: float) -> float:
        """Place records of a type below each other, each beside what is behind it; return where they end."""
        self._heading(kind, x, y + HEADING - 9, BOX)
        y += HEADING
        for one in members:
            behind = self._behind(one)
            rows = max(1, len(behind))
            self._place(one, Rect(x, y + (rows * ROW - HEIGHT) / 2, BOX, HEIGHT))
            for row, further in enumerate(behind):
                self._place(further, Rect(x + BOX + GAP, y + row * ROW + (ROW - HEIGHT) / 2, BOX, HEIGHT))
            y += rows * ROW
        return y + HEADING / 2

    # --- Lines ------------------------------------------------------------------------------------

    def _draw_lines(self, centre: Rect) -> None:
        crossing = self._crossing()
        curves = [
            (edge, self._curve(self.rects[edge.one.pk], self.rects[edge.other.pk])) for edge in crossing
        ]
        for edge, curve in curves:
            self.drawing.lines.append(Line(_path(curve), edge.other.kind, is_cross=True))
        for box in self.drawing.boxes[1:]:
            one = self.rects[box.of.via]
            self.drawing.lines.append(Line(_path(self._curve(one, box.rect)), box.of.kind))
            if said := self._said(box.of):
                self._label(box, said)
        for edge, curve in curves:
            self._label_crossing(edge, curve)

    def _curve(self, one: Rect, other: Rect) -> list[tuple[float, float]]:
        """Return the four points of the curve from one box to another."""
        if one.x == other.x:  # in one column: round the side that is further from the middle
            outside = other.x < self.rects[self.picture.centre.pk].x
            edge = other.x if outside else other.right
            bend = min(MARGIN * 1.25, 10 + abs(one.middle - other.middle) / 12) * (-1 if outside else 1)
            return [
                (edge, one.middle),
                (edge + bend, one.middle),
                (edge + bend, other.middle),
                (edge, other.middle),
            ]
        first, second = (one.right, other.x) if one.x < other.x else (one.x, other.right)
        half = (second - first) * 0.55
        return [
            (first, one.middle),
            (first + half, one.middle),
            (second - half, other.middle),
            (second, other.middle),
        ]

    def _label(self, box: Box, said: str) -> None:
        """Write above the end of a line what its record is called."""
        text = shortened(said, GAP - 14, LABEL_SIZE)
        is_left = box.rect.x < self.rects[self.picture.centre.pk].x
        x, anchor = (box.rect.right + 8, "start") if is_left else (box.rect.x - 8, "end")
        self.drawing.texts.append(Text(x, box.rect.middle - 5, text, anchor))

    def _label_crossing(self, edge: Edge, curve: Sequence[tuple[float, float]]) -> None:
        """Write on a line what the further record is called there, if there is room; the table has it too."""
        # That a company is a contact's primary one says little where neither is in the middle.
        said = ", ".join(str(word) for word in edge.words if not word.label.is_primary)
        if not said:
            return
        text = shortened(said, GAP, LABEL_SIZE)
        width = width_of(text, LABEL_SIZE)
        taken = [box.rect for box in self.drawing.boxes] + [_bounds(one) for one in self.drawing.texts]
        for part in ALONG:
            x, y = _point(curve, part)
            text_here = Text(x, y + 4, text, "middle")
            bounds = _bounds(text_here)
            inside = bounds.x >= 0 and x + width / 2 <= self.drawing.width
            if inside and not any(bounds.overlaps(other) for other in taken):
                self.drawing.texts.append(text_here)
                return


class _Narrow(_Layout):
    """From top to bottom, each step further in, with the labels in the boxes."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(picture)
        self.drawing.width = NARROW
        self._place(picture.centre, Rect(2, 2, NARROW - MARGIN - 14, HEIGHT + 10))
        y = HEIGHT + 18.0
        for kind, members in self._groups():
            self._heading(kind, INDENT, y + HEADING - 9, NARROW - INDENT - MARGIN)
            y += HEADING
            for one in members:
                y = self._row(one, 1, y)
                for further in self._behind(one):
                    y = self._row(further, 2, y)
        self.drawing.height = y
        self._draw_lines()

    def _row(self, one: Node | More, step: int, y: float) -> float:
        under = self._said(one)
        height = TALL if under else HEIGHT
        x = step * INDENT
        self._place(one, Rect(x, y, NARROW - MARGIN - 12 - x, height), under)
        return y + height + ROW - HEIGHT

    def _draw_lines(self) -> None:
        for edge in self._crossing():
            one, other = self.rects[edge.one.pk], self.rects[edge.other.pk]
            bend = one.right + min(MARGIN * 1.3, 12 + abs(one.middle - other.middle) / 12)
            curve = [
                (one.right, one.middle),
                (bend, one.middle),
                (bend, other.middle),
                (other.right, other.middle),
            ]
            self.drawing.lines.append(Line(_path(curve), edge.other.kind, is_cross=True))
        for box in self.drawing.boxes[1:]:
            one = self.rects[box.of.via]
            x = one.x + INDENT / 2 - 2
            path = f"M{x:.1f} {one.y + one.height:.1f}V{box.rect.middle:.1f}H{box.rect.x:.1f}"
            self.drawing.lines.append(Line(path, box.of.kind))


def _path(curve: Sequence[tuple[float, float]]) -> str:
    start, *rest = (f"{x:.1f} {y:.1f}" for x, y in curve)
    return f"M{start}C{' '.join(rest)}"


def _point(curve: Sequence[tuple[float, float]], part: float) -> tuple[float, float]:
    """Return the point of a cubic Bézier curve at a part of its way."""
    shares = ((1 - part) ** 3, 3 * (1 - part) ** 2 * part, 3 * (1 - part) * part**2, part**3)
    return (
        sum(share * x for share, (x, _y) in zip(shares, curve, strict=True)),
        sum(share * y for share, (_x, y) in zip(shares, curve, strict=True)),
    )


def _bounds(text: Text) -> Rect:
    """Return about the room that a text takes."""
    width = width_of(text.text, LABEL_SIZE)
    start = {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return Rect(text.x - start, text.y - LABEL_SIZE, width, LABEL_SIZE + 4)
