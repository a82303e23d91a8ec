"""The language of calculated properties: what formulas come to, what they refuse, and that none does harm."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from records.formulas import FUNCTIONS, FormulaError, operand, parse

STAGE = SimpleNamespace(name="qualified", outcome="open", probability=Decimal("0.40"))
FAMILIES = {
    "amount": "number",
    "cost": "number",
    "missing": "number",
    "closedate": "date",
    "createdate": "date",
    "dealstage": "stage",
    "dealname": "text",
    "nickname": "text",
    "paid": "boolean",
    "class": "text",
    "owner": "",
}
VALUES = {
    "amount": Decimal(1000),
    "cost": Decimal("0.1"),
    "missing": None,
    "closedate": date(2026, 3, 1),
    "createdate": date(2026, 2, 1),
    "dealstage": operand(STAGE),
    "dealname": "Ada",
    "nickname": None,
    "paid": True,
    "class": "A",
}


def value(text):
    formula = parse(text)
    formula.family(FAMILIES)
    return formula.value(VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount * 0.2", Decimal("200.0")),
        ("cost + 0.2", Decimal("0.3")),  # exact, not binary
        ("-amount % 300", Decimal(-100)),
        ("2 ** 10", Decimal(1024)),
        ("round(amount / 3, 2)", Decimal("333.33")),
        ("round(2.5)", Decimal(3)),
        ("round(1250, -2)", Decimal(1300)),
        ("min(amount, 3, cost)", Decimal("0.1")),
        ("max(closedate, createdate)", date(2026, 3, 1)),
        ("abs(cost - 1)", Decimal("0.9")),
        ("if(amount > 500, 'big', 'small')", "big"),
        ("IF(amount > 5000, 1)", None),
        ("if(paid and not amount < 5, 1, 2)", Decimal(1)),
        ("coalesce(missing, cost)", Decimal("0.1")),
        ("concat(dealname, ' (', class, ')')", "Ada (A)"),
        ("concat(dealname, coalesce(nickname, ''))", "Ada"),
        ("upper(dealname)", "ADA"),
        ("days(createdate, closedate)", Decimal(28)),
        ("closedate - createdate", Decimal(28)),
        ("closedate + 30", date(2026, 3, 31)),
        ("closedate - 1", date(2026, 2, 28)),
        ("year(closedate) * 100 + month(closedate)", Decimal(202603)),
        ("amount * probability(dealstage)", Decimal("400.00")),
        ("dealstage == 'qualified'", True),
        ('outcome(dealstage) != "open"', False),
        ("is_known(missing) or is_known(amount)", True),
        ("true", True),
        ("  amount \n + 1 ", Decimal(1001)),
        ("'if (x) else'", "if (x) else"),
    ],
)
def test_formulas_come_to_this(text, expected):
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "missing * 2",
        "amount + missing",
        "missing > 3",
        "if(missing > 3, 1, 2)",
        "min(amount, missing)",
        "concat(dealname, nickname)",
        "not (missing > 3)",
        "missing > 3 and paid",
    ],
)
def test_what_is_missing_gives_an_empty_result(text):
    assert value(text) is None


def test_what_is_known_decides_where_it_can():
    assert value("missing > 3 and not paid") is False
    assert value("missing > 3 or paid") is True


@pytest.mark.parametrize(
    "text",
    [
        "amount / 0",
        "amount % 0",
        "0 ** -1",
        "9**9**9",
        "9**9**9**9**9",
        "(-8) ** 0.5",
        "closedate + 10**300",
        "closedate + 99999999",
        "round(amount, 99)",
        "10**999 * 10",
    ],
)
def test_what_has_no_value_is_empty_and_does_not_take_long(text):
    assert value(text) is None


def test_long_texts_are_empty_instead_of_filling_the_memory():
    doubled = "dealname"
    for _step in range(5):
        doubled = f"concat({doubled}, {doubled})"
    assert value(doubled) == "Ada" * 32

    formula = parse("concat(" + ", ".join(["dealname"] * 90) + ")")

    assert formula.value({"dealname": "x" * 700}) == "x" * 63_000
    assert formula.value({"dealname": "x" * 1_000_000}) is None


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "Write a formula", None),
        ("x" * 1_001, "at most 1000 letters", None),
        ("amount +", "cannot be read", 9),
        ("amount = 3", "cannot be read", 8),
        ("(" * 500, "cannot be read", 201),
        ("-" * 900 + "1", "nested too deeply", 41),
        ("not " * 200 + "paid", "nested too deeply", None),
        ("\x00", "cannot be read", None),
        ("amout * 2", "no property “amout”", 1),
        ("  1 + amout", "no property “amout”", 7),
        ("'ł' == amout", "no property “amout”", 8),
        ("amount + dealname", "a number and text do not go together", 1),
        ("closedate * 2", "a date and a number do not go together", 1),
        ("dealname < 'x'", "cannot be compared so", 1),
        ("amount == 'x'", "a number and text cannot be compared", 1),
        ("1 < amount < 3", "means nothing", 1),
        ("if(amount, 1, 2)", "yes or no is expected here, and not a number", 4),
        ("if(paid, 1, 'x')", "do not go together", 13),
        ("lower()", "another number of values", 1),
        ("abs(1, 2)", "another number of values", 1),
        ("probability('x')", "A stage is expected", 13),
        ("owner == 'x'", "nothing to calculate with", 1),
        ("eval('1')", "no function “eval”", 1),
        ("__import__('os').system('id')", "means nothing", 1),
        ("dealname.__class__", "means nothing", 1),
        ("dealname[0]", "means nothing", 1),
        ("[amount]", "means nothing", 1),
        ("[x for x in dealname]", "cannot be read", None),
        ("lambda: 1", "cannot be read", None),
        ("f'{amount}'", "means nothing", 1),
        ("amount if paid else 1", "cannot be read", None),
        ("(amount := 3)", "means nothing", None),
        ("round(amount, digits=2)", "means nothing", 1),
        ("round(*dealname)", "means nothing", None),
        ("amount; amount", "cannot be read", None),
        ("1j", "means nothing", 1),
        ("b'x'", "means nothing", 1),
        ("None", "means nothing", 1),
        ("amount @ cost", "means nothing", 1),
        ("amount << 9999999", "means nothing", 1),
        ("'x' * 99999999", "text and a number do not go together", 1),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(text, message, position):
    with pytest.raises(FormulaError, match=message) as refused:
        value(text)

    if position:
        assert refused.value.position == position


def test_values_become_what_formulas_know():
    assert operand(3) == Decimal(3)
    assert operand(0.1) == Decimal("0.1")
    assert operand(False) is False
    assert operand("") is None
    assert operand(datetime(2026, 1, 1, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert operand(STAGE) == "qualified"


def test_properties_that_a_formula_is_about_are_known():
    assert parse("if(amount > 3, class, dealname)").names == {"amount", "class", "dealname"}


def test_no_function_has_the_name_of_something_of_pythons():
    assert not {"eval", "exec", "open", "getattr", "type", "vars"} & FUNCTIONS.keys()
