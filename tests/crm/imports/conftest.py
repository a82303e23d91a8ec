"""What the tests of imports share."""

import pytest

from crm.imports.building import build
from crm.imports.reading import CsvTable
from crm.imports.running import Importer
from records.provenance import By, Origin


@pytest.fixture
def file(tmp_path):
    """Write a file to import; text is saved as UTF-8."""

    def write(content: str | bytes, name: str = "data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def importing(file):
    """Import a text by a mapping; return the report and what it told, line by line."""

    def run(text: str, said: dict, **options):
        table = CsvTable(file(text))
        problems: list[str] = []
        importer = Importer(
            table,
            build(said, table.header),
            by=By(None, Origin.IMPORT),
            tell=lambda problem: problems.append(str(problem)),
            **options,
        )
        run.told = problems  # also where it raises
        return importer.run(), problems

    return run
