"""Workbooks: what their cells become, and those that are damaged, or built to bring the machine down."""

import struct
from datetime import date, datetime

import pytest
import xlsxwriter

from crm.imports.exact import Exact
from crm.imports.reading import archives, open_table
from crm.imports.report import ImportRefused
from tests.crm.imports.workbooks import ods, workbook, zipped

ROWS = [
    ["Name", "Number", "Day", "Moment", "Yes", None],
    ["Ada ", 3.0, date(2024, 2, 29), datetime(2024, 1, 31, 18, 30, 15), True, "no column"],
    [None, None, None, None, None],
    ["01234", 0.1 + 0.2, None, datetime(2024, 1, 31), False],
    ["x", 1234567890123456.0, None, None, None],
    ["y", 1e21, None, None, None],
]


def cells(path, **options) -> list[tuple[int, list[str]]]:
    return [(row.line, list(row.cells.values())) for row in open_table(path, **options).rows()]


def refusal(path, **options) -> str:
    with pytest.raises(ImportRefused) as refused:
        list(open_table(path, **options).rows())
    return str(refused.value)


def test_cells_become_the_texts_that_mean_what_they_hold(file):
    found = cells(file(workbook(("People", ROWS)), "data.xlsx"))

    assert found == [
        (2, ["Ada", "3", "2024-02-29", "2024-01-31 18:30:15", "true"]),
        (4, ["01234", "0.3", "", "2024-01-31", "false"]),
        (5, ["x", "1234567890123456", "", "", ""]),
        (6, ["y", "1000000000000000000000", "", "", ""]),
    ]
    assert [type(text) is Exact for text in found[0][1]] == [False, True, True, True, True]


def test_a_sheet_is_chosen_by_name_or_is_the_first_that_is_shown(file):
    content = workbook(
        ("Notes", [["a"], ["1"]]), ("Data", [["b"], ["2"]]), ("More", [["c"], ["3"]]), hidden=("Notes",)
    )
    path = file(content, "data.csv")  # whatever it is called

    assert open_table(path).header == ["b"]
    assert open_table(path).sheets == ["Data", "More"]
    assert open_table(path, sheet="More").header == ["c"]
    assert "no sheet “Mroe”; there are: Data, More" in refusal(path, sheet="Mroe")


def test_a_table_may_begin_further_down_and_to_the_right(file):
    rows = [[None], [None, None, "Name", "City"], [None], [None, None, "Ada", "London"]]

    table = open_table(file(workbook(("One", rows))))

    assert [(row.line, row.cells["City"]) for row in table.rows()] == [(4, "London")]


def test_an_opendocument_sheet_with_its_endless_empty_cells_is_read(file):
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'

    def row(*texts: str) -> str:
        found = (
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
            for text in texts
        )
        return f"<table:table-row>{''.join(found)}{empty}</table:table-row>"

    number = '<table:table-cell office:value-type="float" office:value="2.5"/>'
    table = (
        row("Name", "Size")
        + f'<table:table-row><table:table-cell office:value-type="string"><text:p>A</text:p>'
        f"</table:table-cell>{number}{empty}</table:table-row>"
        + f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row>'
    )

    assert cells(file(ods(table))) == [(2, ["A", "2.5"])]


CORNERS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
WIDE_THEN_LONG = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>" + "<row><c><v>1</v></c></row>" * 2_000
REPEATED = (
    '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float" '
    'office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
)
SPACES = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p><text:s text:c="999999999"/>'
    "</text:p></table:table-cell></table:table-row>"
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet/>'


def lying(content: bytes) -> bytes:
    """Let an archive say that its largest part unpacks to ten bytes."""
    changed = bytearray(content)
    for mark, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            if struct.unpack_from("<I", content, at + place)[0] > 100_000:
                struct.pack_into("<I", changed, at + place, 10)
    return bytes(changed)


def encrypted(content: bytes) -> bytes:
    changed = bytearray(content)
    at = content.find(b"PK\1\2")
    changed[at + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (workbook(("One", CORNERS)), "unpacks to more"),
        (workbook(("One", WIDE_THEN_LONG)), "unpacks to more"),
        (ods(REPEATED), "unpacks to more"),
        (ods(SPACES), "unpacks to more"),
        (workbook(("One", [["a" * 6_000_000]])), "a cell of more than"),
        (workbook(("One", ROWS), parts={"xl/worksheets/sheet1.xml": BOMB}), "defines entities"),
        (lying(workbook(("One", [["a", "b"]] * 9_000))), "is damaged"),
        (workbook(("One", ROWS))[:-300], "is damaged"),
        (workbook(("One", ROWS))[:40], "is damaged"),
        (encrypted(workbook(("One", ROWS))), "protected by a password"),
        (zipped({"word/document.xml": "<w/>"}), "is no table that can be read"),
        (zipped({}), "is no table that can be read"),
        (workbook(("One", ROWS), parts={"xl/workbook.xml": "<workbook"}), "no workbook that can be read"),
        (workbook(("One", ROWS), parts={"xl/workbook.xml": "<workbook/>"}), "has no sheet"),
        (workbook(("One", [])), "The sheet “One” is empty"),
        (workbook(("One", [[None], [" "]])), "is empty"),
        (workbook(("One", [[f"c{n}" for n in range(16_384)], ["1"]])), "has 16384 columns"),
        (workbook(("One", [["a", "b", "a"]])), "two columns are named “a”"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "of an old kind (.xls)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"%PDF-1.7 ...", "no table but PDF"),
        (b"\x1f\x8b\x08 ...", "no table but gzip"),
        (b"\n <!DOCTYPE html><table>", "no table but HTML"),
        (b"", "The file is empty"),
        (("a," * 16_383 + "a").encode(), "has 16384 columns"),
        (("a" * 600 + "\n1\n").encode(), "the name of column 1 is longer"),
        (b"\0\0\0\0", "NUL"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_file_that_is_no_table_or_too_much_is_refused(file, content, message):
    assert message in refusal(file(content, "data.xlsx"))


def test_a_bomb_is_refused_by_its_real_size_whatever_it_says(file, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED", 50_000)
    content = workbook(("One", ROWS), parts={"xl/media/image1.png": "0" * 60_000})

    assert "unpacks to more" in refusal(file(content))


def test_texts_and_other_parts_are_bounded_too(file, monkeypatch):
    monkeypatch.setattr(archives, "MOST_TEXTS", 10)
    monkeypatch.setattr(archives, "MOST_OF_A_PART", 5_000)
    texts = "<sst>" + "<si/>" * 11 + "</sst>"

    for name, text in (("xl/sharedStrings.xml", texts), ("xl/styles.xml", "<a/>" * 2_000)):
        assert "unpacks to more" in refusal(file(workbook(("One", ROWS), parts={name: text})))


def test_the_checks_let_an_ordinary_workbook_through(file):
    path = file(workbook(("One", [["a", "b"], *[[n, f"text {n}"] for n in range(3_000)]])))

    assert archives.check_workbook(path, "x") == "xlsx"
    assert len(cells(path)) == 3_000


def test_a_row_with_a_huge_cell_is_a_problem_of_that_row(file):
    _row, problem, last = open_table(file(workbook(("One", [["a"], ["1"], ["x" * 200_000], ["2"]])))).rows()

    assert str(problem) == "line 3: A cell has more than 131072 characters."
    assert last.cells == {"a": "2"}


def test_a_workbook_of_another_program_is_read_exactly(tmp_path):
    path = tmp_path / "data.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        moment = book.add_format({"num_format": "m/d/yy h:mm"})
        sheet.write_row(0, 0, ["Text", "Day", "Moment", "Sum", "Yes"])
        sheet.write_row(1, 0, ["Żółć & <b>"])
        sheet.write_datetime(1, 1, datetime(2024, 3, 31), day)
        sheet.write_datetime(1, 2, datetime(2024, 3, 31, 2, 30), moment)  # an hour that Warsaw has not
        sheet.write_formula(1, 3, "=1.1+2.2", None, 3.3000000000000003)
        sheet.write_boolean(1, 4, True)

    assert cells(path) == [(2, ["Żółć & <b>", "2024-03-31", "2024-03-31 02:30:00", "3.3", "true"])]


def test_tags_with_a_prefix_are_seen_too(file):
    rows = '<x:row r="1"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'

    assert "unpacks to more" in refusal(file(workbook(("One", rows))))
