"""From single measurements to the table that is printed."""

from dataclasses import asdict, dataclass, field
from statistics import median, quantiles
from typing import Any


@dataclass
class Measured:
    """Milliseconds and queries of every request of one action, on the small and on the large world."""

    name: str
    small: list[tuple[float, int]] = field(default_factory=list)
    large: list[tuple[float, int]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return asdict(self)

    def cells(self) -> list[str]:
        """Return the action's row of the table."""
        small, large = ([ms for ms, _queries in side] for side in (self.small, self.large))
        return [
            self.name,
            f"{median(small):.1f}",
            f"{p95(small):.1f}",
            f"{median(large):.1f}",
            f"{p95(large):.1f}",
            f"{median(large) / median(small):.2f}",
            f"{p95(large) / p95(small):.2f}",
            _queries(self.small),
            _queries(self.large),
        ]


def p95(values: list[float]) -> float:
    """Return the value below which 95 of 100 lie."""
    return quantiles(values, n=20, method="inclusive")[-1]


def _queries(side: list[tuple[float, int]]) -> str:
    counts = {queries for _ms, queries in side}
    return str(max(counts)) if len(counts) == 1 else f"{min(counts)}–{max(counts)}"


HEAD = ["ms", "small p50", "p95", "large p50", "p95", "ratio p50", "p95", "queries small", "large"]


def table(measured: list[Measured]) -> str:
    """Return the measurements as a Markdown table."""
    rows = [HEAD, *(one.cells() for one in measured)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    lines = [
        "| "
        + " | ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        + " |"
        for row in rows
    ]
    lines.insert(
        1, "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    )
    return "\n".join(lines)
