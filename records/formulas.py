"""The language of calculated properties: what a formula may say, what it means, what it comes to.

A formula is parsed by Python's own parser and evaluated by simpleeval, stripped of everything but numbers,
text, properties, comparisons and the functions below: no attributes, no indexing, no loops, no names of
Python's. So the time that one takes is bounded by its length, and its numbers by `ARITHMETIC`.
"""

import ast
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from simpleeval import SimpleEval

LONGEST = 1_000  # letters of a formula
DEEPEST = 40  # steps from the whole to its smallest part
LONGEST_TEXT = 65_536  # letters of a text that a formula makes
# Numbers beyond a thousand digits are errors, so that 9**9**9 fails at once instead of being worked out.
ARITHMETIC = Context(
    prec=28, rounding=ROUND_HALF_UP, Emax=999, Emin=-999, traps=[DivisionByZero, InvalidOperation, Overflow]
)
# What values are, to a formula. A stage is compared by its internal name, like text.
NUMBER, TEXT, DATE, BOOLEAN, STAGE, ANY = "number", "text", "date", "boolean", "stage", ""


class FormulaError(ValueError):
    """A formula that means nothing. `position` counts its letters from 1."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(
            f"{message} ({_('letter %(number)s') % {'number': position}})" if position else message
        )
        self.position = position


class StageName(str):
    """The internal name of a stage, with what else a formula can ask of it."""

    stage: Any = None


def operand(value: Any) -> Any:
    """Return a property's value as formulas know it; None where there is none."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool | str | Decimal):
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).date()
    if isinstance(value, date):
        return value
    if hasattr(value, "outcome"):
        name = StageName(value.name)
        name.stage = value
        return name
    return getattr(value, "name", None)


# --- Functions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Function:
    """A function that formulas can use: what it takes, what it gives, how it is worked out.

    Where something that it takes is missing it is not asked, and there is no result, unless it `minds` that
    itself. `takes` names what stands in each place; the last of them any number of times where it is `open`.
    A place of any kind takes what the others of any kind take; a result of any kind is of theirs.
    """

    takes: tuple[str, ...]
    gives: str
    work: Callable[..., Any]
    least: int | None = None
    open: bool = False
    minds: bool = False


def _round(number: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    if not -15 <= digits <= 15:
        raise ValueError(digits)
    return number.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP)


def _concat(*parts: str) -> str:
    if sum(map(len, parts)) > LONGEST_TEXT:
        raise ValueError
    return "".join(parts)


def _if(condition: bool | None, yes: Any, no: Any = None) -> Any:
    return None if condition is None else yes if condition else no


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


FUNCTIONS: dict[str, Function] = {
    "round": Function((NUMBER, NUMBER), NUMBER, _round, least=1),
    "abs": Function((NUMBER,), NUMBER, abs),
    "min": Function((ANY,), ANY, lambda *values: min(values), open=True),
    "max": Function((ANY,), ANY, lambda *values: max(values), open=True),
    "if": Function((BOOLEAN, ANY, ANY), ANY, _if, least=2, minds=True),
    "coalesce": Function((ANY,), ANY, _coalesce, open=True, minds=True),
    "is_known": Function((ANY,), BOOLEAN, lambda value: value is not None, minds=True),
    "concat": Function((TEXT,), TEXT, _concat, open=True),
    "lower": Function((TEXT,), TEXT, lambda text: text.lower()),
    "upper": Function((TEXT,), TEXT, lambda text: text.upper()),
    "days": Function((DATE, DATE), NUMBER, lambda start, end: Decimal((end - start).days)),
    "year": Function((DATE,), NUMBER, lambda day: Decimal(day.year)),
    "month": Function((DATE,), NUMBER, lambda day: Decimal(day.month)),
    "probability": Function((STAGE,), NUMBER, lambda name: name.stage.probability),
    "outcome": Function((STAGE,), TEXT, lambda name: name.stage.outcome),
}


# --- Operators ------------------------------------------------------------------------------------


def _add(left: Any, right: Any) -> Any:
    return left + timedelta(days=int(right)) if isinstance(left, date) else left + right


def _subtract(left: Any, right: Any) -> Any:
    if not isinstance(left, date):
        return left - right
    return Decimal((left - right).days) if isinstance(right, date) else left - timedelta(days=int(right))


ARITHMETIC_RESULTS = {  # by operator: what it joins, and what comes of it
    ast.Add: {(NUMBER, NUMBER): NUMBER, (DATE, NUMBER): DATE},
    ast.Sub: {(NUMBER, NUMBER): NUMBER, (DATE, NUMBER): DATE, (DATE, DATE): NUMBER},
    ast.Mult: {(NUMBER, NUMBER): NUMBER},
    ast.Div: {(NUMBER, NUMBER): NUMBER},
    ast.Mod: {(NUMBER, NUMBER): NUMBER},
    ast.Pow: {(NUMBER, NUMBER): NUMBER},
}
OPERATORS: dict[Any, Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.Mod: lambda left, right: left % right,
    ast.Pow: lambda left, right: left**right,
    ast.USub: lambda value: -value,
    ast.UAdd: lambda value: +value,
    ast.Not: lambda value: not value,
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
CONSTANTS = {"true": True, "false": False}
# Words that Python's grammar keeps for itself, and that properties and functions may be called.
KEPT_WORDS = "|".join(sorted({*keyword.kwlist} - {"and", "or", "not", "True", "False", "None"}))


def _unless_missing(work: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function or an operator give nothing where something is missing."""

    def careful(*values: Any) -> Any:
        return None if any(value is None for value in values) else work(*values)

    return careful


class _Evaluator(SimpleEval):
    """simpleeval, less whatever formulas have no use for."""

    OPERATORS = {operator: _unless_missing(work) for operator, work in OPERATORS.items()}
    FUNCTIONS = {
        name: one.work if one.minds else _unless_missing(one.work) for name, one in FUNCTIONS.items()
    }

    def __init__(self, names: Mapping[str, Any]) -> None:
        # In place of SimpleEval's own, which for each evaluation sets how this process treats warnings.
        self.operators, self.functions, self.names = self.OPERATORS, self.FUNCTIONS, names
        self.nodes = {
            ast.Constant: self._eval_constant,
            ast.Name: self._eval_name,
            ast.UnaryOp: self._eval_unaryop,
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Compare: self._eval_compare,
            ast.Call: self._eval_call,
        }

    def _eval_constant(self, node: ast.Constant) -> Any:  # type: ignore[override]
        value = node.value
        return (
            Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
        )

    def _eval_name(self, node: ast.Name) -> Any:  # type: ignore[override]
        return CONSTANTS[node.id] if node.id in CONSTANTS else self.names[node.id]

    def _eval_boolop(self, node: ast.BoolOp) -> bool | None:
        """Decide as far as what is known goes: false and something missing is false."""
        values = [self._eval(value) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if any(value is decisive for value in values):
            return decisive
        return None if any(value is None for value in values) else not decisive


# --- Formulas -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Formula:
    """A formula that was understood."""

    text: str
    tree: ast.expr
    names: frozenset[str]  # of the properties that it is about

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return what the formula comes to, given what each property is; None where it comes to nothing."""
        try:
            with localcontext(ARITHMETIC):
                found = _Evaluator(values).eval(self.text, self.tree)
                return None if isinstance(found, Decimal) and not found.is_finite() else found
        except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None  # division by zero, a day beyond the calendar, and the like

    def family(self, families: Mapping[str, str]) -> str:
        """Return what the formula comes to (`NUMBER`, `TEXT`, …), given what each property is.

        Raises FormulaError where a property does not exist or things do not go together.
        """
        return _Checker(self.text, families).family(self.tree)


@lru_cache(maxsize=1_000)
def parse(text: str) -> Formula:
    """Return a formula as what it says. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(_("A formula has at most %(count)s letters.") % {"count": LONGEST})
    # Letter for letter, so that positions stay. Names have no case, so capitals free a word from its meaning.
    source = re.sub(r"[\r\n\t\x0c]", " ", text)
    source = re.sub(
        rf"""("[^"]*"|'[^']*')|\b({KEPT_WORDS})\b""", lambda found: found[1] or found[2].upper(), source
    )
    lead = len(source) - len(source.lstrip())
    if not source.strip():
        raise FormulaError(_("Write a formula."))
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        # An offset of 0 is the end, where something is missing.
        at = lead + (error.offset or len(source.strip()) + 1)
        raise FormulaError(_("This cannot be read"), at) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise FormulaError(_("This cannot be read")) from error
    names: set[str] = set()
    _inspect(tree, source, names, 1)
    return Formula(source, tree, frozenset(names))


def _position(source: str, node: Any) -> int:
    stripped = source.strip()
    lead = len(source) - len(source.lstrip())
    return lead + len(stripped.encode()[: node.col_offset].decode(errors="ignore")) + 1


def _inspect(node: ast.AST, source: str, names: set[str], depth: int) -> None:
    """Refuse whatever formulas have no use for; collect the properties. Raises FormulaError."""
    at = _position(source, node)
    if depth > DEEPEST:
        raise FormulaError(_("This is nested too deeply"), at)
    parts: list[ast.expr] = []
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            pass
        case ast.Name(id=name):
            node.id = name = name.lower()  # type: ignore[attr-defined]
            if name not in CONSTANTS:
                names.add(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=inner):
            parts = [inner]
        case ast.BinOp(left=left, right=right) if type(node.op) in ARITHMETIC_RESULTS:
            parts = [left, right]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Compare(left=left, ops=[ops], comparators=[right]) if isinstance(ops, COMPARISONS):
            parts = [left, right]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            node.func.id = name = name.lower()  # type: ignore[attr-defined]
            function = FUNCTIONS.get(name)
            if function is None:
                raise FormulaError(
                    _("There is no function “%(name)s”; there are %(known)s")
                    % {"name": name[:40], "known": ", ".join(FUNCTIONS)},
                    at,
                )
            least = function.least or len(function.takes)
            if len(args) < least or not (function.open or len(args) <= len(function.takes)):
                raise FormulaError(_("“%(name)s” takes another number of values") % {"name": name}, at)
            parts = args
        case _:
            raise FormulaError(_("This means nothing in a formula"), at)
    for part in parts:
        _inspect(part, source, names, depth + 1)


class _Checker:
    """Finds out what each part of a formula comes to."""

    def __init__(self, source: str, families: Mapping[str, str]) -> None:
        self.source = source
        self.families = families

    def family(self, node: ast.AST) -> str:
        """Return what a part comes to. Raises FormulaError where it is at odds with itself."""
        match node:
            case ast.Constant(value=value):
                return BOOLEAN if isinstance(value, bool) else TEXT if isinstance(value, str) else NUMBER
            case ast.Name(id=name):
                if name in CONSTANTS:
                    return BOOLEAN
                if name not in self.families:
                    raise self._error(node, _("There is no property “%(name)s”") % {"name": name[:40]})
                if not self.families[name]:
                    raise self._error(node, _("“%(name)s” is nothing to calculate with") % {"name": name})
                return self.families[name]
            case ast.UnaryOp(op=op, operand=inner):
                return self._need(inner, BOOLEAN if isinstance(op, ast.Not) else NUMBER)
            case ast.BinOp(op=op, left=left, right=right):
                pair = (self.family(left), self.family(right))
                if (result := ARITHMETIC_RESULTS[type(op)].get(pair)) is None:
                    raise self._error(
                        node, _("%(left)s and %(right)s do not go together here") % self._words(*pair)
                    )
                return result
            case ast.BoolOp(values=values):
                for part in values:
                    self._need(part, BOOLEAN)
                return BOOLEAN
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                pair = (_as_text(self.family(left)), _as_text(self.family(right)))
                ordered = isinstance(op, ast.Eq | ast.NotEq) or pair[0] in (NUMBER, DATE)
                if pair[0] != pair[1] or not ordered:
                    raise self._error(
                        node, _("%(left)s and %(right)s cannot be compared so") % self._words(*pair)
                    )
                return BOOLEAN
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(FUNCTIONS[name], args)
        raise self._error(node, _("This means nothing in a formula"))

    def _call(self, function: Function, args: list[ast.expr]) -> str:
        common = ""
        for place, arg in enumerate(args):
            wanted = function.takes[min(place, len(function.takes) - 1)]
            if wanted == STAGE and not isinstance(arg, ast.Name):
                raise self._error(arg, _("A stage is expected here"))
            if wanted != ANY:
                self._need(arg, wanted)
                continue
            found = _as_text(self.family(arg))
            if common and found != common:
                raise self._error(
                    arg, _("%(left)s and %(right)s do not go together here") % self._words(common, found)
                )
            common = found
        return function.gives or common

    def _need(self, node: ast.expr, wanted: str) -> str:
        found = self.family(node)
        if found != wanted and not (wanted == TEXT and found == STAGE):
            words = {"wanted": family_word(wanted), "found": family_word(found)}
            raise self._error(node, _("%(wanted)s is expected here, and not %(found)s") % words)
        return wanted

    def _error(self, node: ast.AST, message: str) -> FormulaError:
        return FormulaError(message, _position(self.source, node))

    @staticmethod
    def _words(left: str, right: str) -> dict[str, str]:
        return {"left": family_word(left), "right": family_word(right)}


def _as_text(family: str) -> str:
    return TEXT if family == STAGE else family


def family_word(family: str) -> str:
    """Return what a reader calls such values."""
    return {
        NUMBER: _("a number"),
        TEXT: _("text"),
        DATE: _("a date"),
        BOOLEAN: _("yes or no"),
        STAGE: _("a stage"),
    }.get(family, family)
