"""From files to rows: text with a delimiter, and workbooks."""

from .delimited import CsvTable
from .opening import open_table
from .sniffing import ColumnGuess, Sniffed, sniff
from .table import LONGEST_CELL, Exact, Row, Table

__all__ = [
    "LONGEST_CELL",
    "ColumnGuess",
    "CsvTable",
    "Exact",
    "Row",
    "Sniffed",
    "Table",
    "open_table",
    "sniff",
]
