"""From files to rows: text with a delimiter, and workbooks."""

from crm.imports.exact import Exact

from .delimited import CsvTable
from .opening import open_table
from .sniffing import ColumnGuess, Sniffed, sniff
from .table import LONGEST_CELL, Row, Table

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
