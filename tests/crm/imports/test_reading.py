"""From bytes to rows: encodings, delimiters, line numbers, and files that cannot be read."""

import codecs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.imports.reading import LONGEST_CELL, CsvTable, Row
from crm.imports.report import ImportRefused, Problem

TEXT = "Name,City\nMuñoz,Łódź\n🦉 Öl,القاهرة\n"
ROWS = [{"Name": "Muñoz", "City": "Łódź"}, {"Name": "🦉 Öl", "City": "القاهرة"}]


def cells(table: CsvTable) -> list[dict[str, str]]:
    return [row.cells for row in table.rows()]


def refusal(path, **options) -> str:
    with pytest.raises(ImportRefused) as refused:
        list(CsvTable(path, **options).rows())
    return str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
    ids=["UTF-8", "UTF-8 with mark", "UTF-16", "UTF-16 big-endian", "UTF-32"],
)
def test_unicode_is_read_by_its_mark_or_as_utf8(file, content):
    assert cells(CsvTable(file(content))) == ROWS


def test_a_named_encoding_is_used(file):
    path = file("Name\nZürich\n".encode("latin-1"))

    assert cells(CsvTable(path, encoding="latin-1")) == [{"Name": "Zürich"}]


def test_a_mark_is_no_part_of_the_first_name_even_where_the_encoding_is_named(file):
    assert CsvTable(file(codecs.BOM_UTF8 + b"Name\nx\n"), encoding="utf-8").header == ["Name"]


def test_what_is_no_utf8_is_refused_with_line_and_byte(file):
    message = refusal(file(b"Name\nAda\nZ\xfcrich\n"))

    assert message.startswith("line 3: byte 11 of the file (0xFC) is not UTF-8 text.")
    assert "--encoding latin-1" in message


def test_line_and_byte_are_right_far_into_a_file(file):
    good = "Name\r\n" + "Muñoz\r\n" * 400_000

    message = refusal(file(good.encode() + b"\xff\r\n"))

    assert message.startswith(f"line 400002: byte {len(good.encode()) + 1} ")


def test_a_character_that_is_cut_off_at_the_end_is_refused(file):
    assert refusal(file("Name\nAda\nMuñ".encode()[:-1])).startswith("line 3: byte 12 ")


@pytest.mark.parametrize("name", ["latin-99", "rot13", "hex", "a\0b"])
def test_an_encoding_that_is_none_of_text_is_refused(file, name):
    assert refusal(file(TEXT), encoding=name).startswith("There is no encoding")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out_from_the_header(file, delimiter):
    path = file(f'"Name, full"{delimiter}City\nAda{delimiter}"a{delimiter}b"\n')

    assert cells(CsvTable(path)) == [{"Name, full": "Ada", "City": f"a{delimiter}b"}]


def test_a_named_delimiter_is_used(file):
    assert CsvTable(file("a,b:c\n"), delimiter=":").header == ["a,b", "c"]


@pytest.mark.parametrize("delimiter", ["::", '"', "\n"])
def test_a_delimiter_that_cannot_be_one_is_refused(file, delimiter):
    assert "delimiter" in refusal(file(TEXT), delimiter=delimiter)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system_and_are_counted(file, end):
    path = file(end.join(["Name,Note", 'Ada,"one', 'two"', "", " , ", "Bob,x", ""]))

    assert [(row.line, row.cells["Name"]) for row in CsvTable(path).rows()] == [(2, "Ada"), (6, "Bob")]


def test_white_space_around_cells_and_names_is_dropped(file):
    assert cells(CsvTable(file(" Name ,City\n  Ada  Lovelace ,\n"))) == [
        {"Name": "Ada  Lovelace", "City": ""}
    ]


def test_a_ragged_row_is_a_problem_and_the_others_are_read(file):
    rows = list(CsvTable(file("a,b\n1,2\n3\n4,5,6\n7,8\n")).rows())

    assert [str(row) for row in rows if isinstance(row, Problem)] == [
        "line 3: cells: 1, but columns in the header: 2.",
        "line 4: cells: 3, but columns in the header: 2.",
    ]
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_a_nul_in_a_row_is_a_problem_of_that_row(file):
    _row, problem = CsvTable(file("a,b\n1,2\n3,x\0y\n")).rows()

    assert str(problem).startswith("line 3: NUL, or half of a character")


def test_half_a_character_is_a_problem_of_its_row(file):
    (problem,) = CsvTable(file(b"a\n+2AA-\n"), encoding="utf-7").rows()

    assert str(problem).startswith("line 2: NUL, or half of a character")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (",,\n", "The file is empty"),
        ("Name\nAda\n".encode("utf-16-le"), "line 1: NUL characters. If this is UTF-16"),
        (b"a,b,a\n1,2,3\n", "line 1: two columns are named “a” (1 and 3)"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "line 3: a quote is opened and never closed."),
        (b'a,b\n1,2\n"3"x,4\n', "line 3: after a closing quote"),
        (b'"a,b\n1,2\n', "line 1: a quote is opened and never closed."),
        (b'a\n1\n"' + b"x\n" * LONGEST_CELL, "line 3: a cell of more than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(file, content, message):
    assert refusal(file(content)).startswith(message)


@given(st.binary(max_size=200) | st.text("ab\"'é,;\t\r\n\0", max_size=60).map(str.encode), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused(file, content, marked):
    path = file(codecs.BOM_UTF16_LE + content if marked else content)

    try:
        table = CsvTable(path)
        rows = list(table.rows())
    except ImportRefused:
        return
    assert all(set(row.cells) == set(table.header) for row in rows if isinstance(row, Row))


def test_columns_without_a_name_do_no_harm(file):
    assert CsvTable(file("a,,\n1,2,3\n")).header == ["a", "", ""]


def test_what_an_export_has_defused_is_as_it_was(file):
    (row,) = CsvTable(file("a,b,c,d\n'+48 22 1,'=x,'tis,'-5\n")).rows()

    assert list(row.cells.values()) == ["+48 22 1", "=x", "'tis", "-5"]


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "nothing.csv")
    assert "directory" in refusal(tmp_path)
