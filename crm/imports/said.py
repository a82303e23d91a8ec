"""What a mapping file says, taken apart key by key; what is left over is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .report import ImportRefused

DECIMALS = (".", ",")


class Keys:
    """A table of the mapping file."""

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise ImportRefused(_("mapping: %(where)s must be a table.") % {"where": where})
        self.table, self.where = dict(table), where

    def refuse(self, message: str, **said: Any) -> ImportRefused:
        """Return a refusal that says where in the mapping something is wrong."""
        return ImportRefused(f"mapping: {self.where}: {message % said if said else message}")

    def take(self, key: str, kinds: type | tuple[type, ...], default: Any) -> Any:
        """Return the value of a key. Raises ImportRefused for one of another kind."""
        value = self.table.pop(key, default)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.refuse(_("%(key)s has the wrong kind of value."), key=key)
        return value

    def text(self, key: str, default: str = "", choices: Iterable[str] = ()) -> str:
        """Return a text, one of the choices where there are any."""
        value = self.take(key, str, default)
        if choices and value != default and value not in choices:
            raise self.refuse(_("%(key)s is one of %(choices)s."), key=key, choices=", ".join(choices))
        return value

    def texts(self, key: str) -> list[str] | None:
        """Return a text or list of texts as a list; None where the key is missing."""
        value = self.take(key, (str, list, type(None)), None)
        if value is None:
            return None
        texts = [value] if isinstance(value, str) else value
        if not all(isinstance(text, str) for text in texts):
            raise self.refuse(_("%(key)s must hold texts."), key=key)
        return texts

    def done(self) -> None:
        """Refuse what nobody took."""
        for key in self.table:
            raise self.refuse(_("there is no setting “%(key)s”."), key=key)


@dataclass(frozen=True)
class FileOptions:
    """What a mapping says about one of its files: how to open it, and how its cells are written."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    decimal: str = "."
    date_format: str = ""


def file_options(said: dict[str, Any]) -> dict[str, FileOptions]:
    """Return what a mapping says about its files, by their names; the first one's is "".

    It is needed before there are headers. Raises ImportRefused.
    """
    others = Keys(said.get("files", {}), "[files]").table
    if "" in others:
        raise ImportRefused(_("mapping: a further file needs a name, such as [files.deals]."))
    tables = {"": Keys(said.get("file", {}), "[file]")}
    tables.update({name: Keys(table, f"[files.{name}]") for name, table in others.items()})
    found = {}
    for name, keys in tables.items():
        found[name] = FileOptions(
            keys.text("encoding"),
            keys.text("delimiter"),
            keys.text("sheet"),
            keys.text("decimal", ".", DECIMALS),
            keys.text("date_format"),
        )
        keys.done()
    return found
