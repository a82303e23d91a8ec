"""The forms of the import pages."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import schema
from records.models import ObjectType, Property
from records.settings_forms.common import Checkbox
from records.settings_forms.properties import NewPropertyForm

from . import drafting
from .answers import DATES, Answers, Use
from .models import ImportDraft
from .models.drafts import MAPPING_NAME_LENGTH
from .reading.sniffing import DAYS, ENCODINGS, MOMENTS
from .targets import Side, Target, settable, words

Kind = ImportDraft.Kind
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.xlsm,.ods,text/csv,text/tab-separated-values"
ENCODING_NAMES = {
    "utf-8": gettext_lazy("UTF-8"),
    "utf-16": gettext_lazy("UTF-16"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "latin-1": gettext_lazy("Western European (Latin-1)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "iso8859-2": gettext_lazy("Central European (Latin-2)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "koi8-r": gettext_lazy("Cyrillic (KOI8-R)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "cp1255": gettext_lazy("Hebrew (Windows-1255)"),
    "cp1256": gettext_lazy("Arabic (Windows-1256)"),
    "cp1257": gettext_lazy("Baltic (Windows-1257)"),
    "cp850": gettext_lazy("Western European (DOS)"),
    "cp852": gettext_lazy("Central European (DOS)"),
    "mac-roman": gettext_lazy("Western European (Mac)"),
    "shift-jis": gettext_lazy("Japanese (Shift JIS)"),
    "gb18030": gettext_lazy("Chinese (GB 18030)"),
    "big5": gettext_lazy("Chinese (Big5)"),
    "euc-kr": gettext_lazy("Korean (EUC-KR)"),
}
DELIMITERS = [
    (",", gettext_lazy("Comma ,")),
    (";", gettext_lazy("Semicolon ;")),
    ("\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Bar |")),
    (":", gettext_lazy("Colon :")),
]
DECIMALS = [(".", gettext_lazy("Point: 1,234.50")), (",", gettext_lazy("Comma: 1.234,50"))]
DECIMAL_NAMES = {".": gettext_lazy("point"), ",": gettext_lazy("comma")}
FACTORS = [
    ("", gettext_lazy("as they are")),
    ("1000", gettext_lazy("in thousands")),
    ("1000000", gettext_lazy("in millions")),
    ("100", gettext_lazy("as parts of one (0.25 is 25 %)")),
]
MISSING = [("skip", gettext_lazy("only say so")), ("error", gettext_lazy("leave the row out"))]
WRITES = [
    ("both", gettext_lazy("Create new ones and change those that are there")),
    ("create", gettext_lazy("Only create new ones")),
    ("update", gettext_lazy("Only change those that are there")),
]
WITHOUT = [
    ("error", gettext_lazy("leave the row out")),
    ("create", gettext_lazy("create a record each time")),
]


EMPTY = "*empty"  # chosen for a cell that stands for no value


class Cell(NamedTuple):
    """The text of cells that is none of a property's values, and what was chosen for it."""

    text: str
    value: str
    label: str


class TypesField(forms.MultipleChoiceField):
    """Object types to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, label: Any, **options: Any) -> None:
        super().__init__(label=label, required=False, **options)


def type_choices() -> list[tuple[str, str]]:
    """Return the object types whose records can be imported."""
    return [(kind.name, kind.plural_label) for kind in schema.current().main_types]


def file_field(label: Any) -> forms.FileField:
    """Return a field for a table. It is looked at by the form as a whole, which knows which fields count."""
    return forms.FileField(label=label, required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED}))


class TypesForm(forms.Form):
    """What the rows of files hold."""

    types = TypesField(gettext_lazy("A row holds"))
    second_types = TypesField(gettext_lazy("A row of the second file holds"))
    one = forms.ChoiceField(label=gettext_lazy("Associate"), required=False)
    other = forms.ChoiceField(label=gettext_lazy("with"), required=False)

    def __init__(self, *args: Any, kind: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        for name in ("types", "second_types", "one", "other"):
            self.fields[name].choices = type_choices()  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(draft: ImportDraft) -> dict[str, Any]:
        """Return what the form says of a draft."""
        if draft.kind == Kind.ASSOCIATIONS:
            return dict(zip(("one", "other"), draft.types[0], strict=True))
        return dict(zip(("types", "second_types"), draft.types, strict=False))

    def chosen_kind(self) -> str:
        """Return the kind of import."""
        return self.kind or self.cleaned_data.get("kind") or Kind.ONE

    @property
    def object_types(self) -> list[list[str]]:
        """The object types of each file."""
        given = self.cleaned_data
        if self.chosen_kind() == Kind.ASSOCIATIONS:
            return [[given["one"], given["other"]]]
        found = [given["types"]]
        return [*found, given["second_types"]] if self.chosen_kind() == Kind.TWO else found

    def clean(self) -> None:
        """Refuse what is missing for the kind of import."""
        given, kind = self.cleaned_data, self.chosen_kind()
        if kind == Kind.ASSOCIATIONS:
            for name in ("one", "other"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose an object type."))
            return
        needed = ("types", "second_types") if kind == Kind.TWO else ("types",)
        for name in needed:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, _("Choose at least one object type."))
        if kind == Kind.TWO and set(given.get("types", ())) & set(given.get("second_types", ())):
            self.add_error("second_types", _("The two files hold different object types."))


class UploadForm(TypesForm):
    """What is imported, and the files."""

    kind_choices = [
        (Kind.ONE, gettext_lazy("One file")),
        (Kind.TWO, gettext_lazy("Two files with a column in common")),
        (Kind.ASSOCIATIONS, gettext_lazy("Associations between records that are there")),
    ]
    kind_field = forms.ChoiceField(
        label=gettext_lazy("Import"), choices=kind_choices, widget=forms.RadioSelect
    )
    file = file_field(gettext_lazy("File"))
    second_file = file_field(gettext_lazy("Second file"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"] = self.fields.pop("kind_field")
        self.order_fields(["kind", "types", "one", "other", "file", "second_types", "second_file"])
        self.looked_at: list[tuple[Any, dict[str, Any]]] = []

    def clean(self) -> None:
        """Look at the files, each of which is refused beside its field where it cannot be read."""
        super().clean()
        names = ("file", "second_file") if self.chosen_kind() == Kind.TWO else ("file",)
        for name in names:
            upload = self.cleaned_data.get(name)
            if upload is None:
                if name not in self.errors:
                    self.add_error(name, _("Choose a file."))
                continue
            try:
                self.looked_at.append((upload, drafting.look_at(upload)))
            except ValidationError as error:
                self.add_error(name, error)

    def add_error(self, field: str | None, error: Any) -> None:
        """Let an empty file be refused by our own words."""
        if field in ("file", "second_file") and isinstance(error, ValidationError):
            code = getattr(error, "code", "")
            error = ValidationError(_("The file is empty.")) if code == "empty" else error
        super().add_error(field, error)


class ReadingForm(forms.Form):
    """How a file is written; what is left open is found out."""

    encoding = forms.ChoiceField(label=gettext_lazy("Letters (encoding)"), required=False)
    delimiter = forms.ChoiceField(label=gettext_lazy("Between columns"), required=False)
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    date_format = forms.ChoiceField(label=gettext_lazy("Dates"), required=False)
    decimal = forms.ChoiceField(label=gettext_lazy("Decimals"), required=False)

    def __init__(
        self, facts: dict[str, Any], reading: dict[str, str], data: Any = None, **options: Any
    ) -> None:
        super().__init__(data, initial=reading, **options)
        self.facts = facts
        if facts["sheets"]:
            del self.fields["encoding"], self.fields["delimiter"]
            self._offer("sheet", [(name, name) for name in facts["sheets"]], facts["sheet"])
            if len(facts["sheets"]) == 1:
                del self.fields["sheet"]
        else:
            del self.fields["sheet"]
            known = list(dict.fromkeys([facts["encoding"], *facts["encodings"], *ENCODING_NAMES, *ENCODINGS]))
            self._offer("encoding", [(name, encoding_name(name)) for name in known], facts["encoding"])
            delimiters = DELIMITERS
            if facts["delimiter"] not in dict(delimiters):
                delimiters = [*delimiters, (facts["delimiter"], facts["delimiter"])]
            self._offer("delimiter", delimiters, facts["delimiter"])
        formats = list(dict.fromkeys(one for column in facts["columns"] for one in column["date_formats"]))
        found = ", ".join(date_example(one) for one in formats[:2]) or _("there are none")
        dates = [("", _("As found: %(found)s") % {"found": found}), *date_choices(formats)]
        self.fields["date_format"].choices = dates  # type: ignore[attr-defined]
        decimals = {column["decimal"] for column in facts["columns"]} & {".", ","}
        marks = ", ".join(str(DECIMAL_NAMES[one]) for one in sorted(decimals)) or str(DECIMAL_NAMES["."])
        self.fields["decimal"].choices = [("", _("As found: %(found)s") % {"found": marks}), *DECIMALS]  # type: ignore[attr-defined]

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]], chosen: str) -> None:
        self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
        self.initial[name] = self.initial.get(name) or chosen


def encoding_name(name: str) -> str:
    """Return what a reader knows an encoding by."""
    return str(ENCODING_NAMES.get(name.removesuffix("-sig"), name.upper()))


def date_example(date_format: str) -> str:
    """Return a date written in a format; 31 January can be taken for no other day."""
    return timezone.now().replace(month=1, day=31, hour=16, minute=5, second=0).strftime(date_format)


def date_choices(first: Iterable[str] = (), moments: bool = False) -> list[tuple[str, str]]:
    """Return formats of dates, each shown by an example."""
    formats = dict.fromkeys([*first, *DAYS, *(MOMENTS if moments else ())])
    return [(one, date_example(one)) for one in formats]


class UseForm(forms.Form):
    """The options of a column that becomes something: only those that this has."""

    date_format = forms.ChoiceField(label=gettext_lazy("Dates are written"), required=False)
    decimal = forms.ChoiceField(label=gettext_lazy("Decimals"), required=False)
    multiply = forms.ChoiceField(label=gettext_lazy("Numbers are"), choices=FACTORS, required=False)
    ignore_unknown = Checkbox(label=gettext_lazy("Leave empty where nobody is called so"))
    by = forms.ChoiceField(label=gettext_lazy("By"), required=False)
    separator = forms.CharField(
        label=gettext_lazy("Several are parted by"),
        max_length=5,
        required=False,
        widget=forms.TextInput(attrs={"size": 3, "autocomplete": "off"}),
    )
    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    missing = forms.ChoiceField(label=gettext_lazy("Where there is none"), choices=MISSING, required=False)

    def __init__(
        self, answers: Answers, file: int, place: int, number: int, use: Use, data: Any = None
    ) -> None:
        self.target: Target | None = answers.targets[file].by_key.get(use.get("target", ""))
        self.use, self.number = use, number
        self.of_several = len(answers.targets[file].sides) > 1
        super().__init__(data, prefix=f"u{number}", auto_id=f"c{file}-{place}-%s", initial=use)
        keep: set[str] = set()
        target = self.target
        self.cells: list[Cell] = []  # what is none of the property's values
        self.choices: list[tuple[str, str]] = []
        if target is not None and target.prop is not None:
            keep = self._of_property(answers, file, place, target.prop)
            self._unknown(answers, file, place, target)
        elif target is not None and target.other is not None:
            keep = {"by", "separator", "missing"} | self._of_other(target)
        for name in [name for name in self.fields if name not in keep]:
            del self.fields[name]

    @property
    def target_id(self) -> str:
        """The id of the element in which the target is chosen."""
        return str(self.auto_id) % f"u{self.number}-target"

    def _of_property(self, answers: Answers, file: int, place: int, prop: Property) -> set[str]:
        facts = answers.draft.facts[file]["columns"][place]
        keep = set()
        if prop.field_type in DATES and not facts["is_exact"]:
            keep.add("date_format")
            moments = prop.field_type == Property.FieldType.DATETIME
            choices = date_choices(facts["date_formats"], moments)
            self.fields["date_format"].choices = choices  # type: ignore[attr-defined]
            self.initial["date_format"] = answers.date_format(file, place, self.use)
        if prop.kind.numeric:
            keep.add("multiply")
            if not facts["is_exact"]:
                keep.add("decimal")
                self.fields["decimal"].choices = DECIMALS  # type: ignore[attr-defined]
                self.initial["decimal"] = answers.decimal(file, place, self.use)
        if prop.field_type == Property.FieldType.USER:
            keep.add("ignore_unknown")
        return keep

    def _of_other(self, target: Target) -> set[str]:
        assert target.other is not None  # noqa: S101
        by = [("", _("its name")), ("id", _("its record ID"))]
        by += [(prop.name, prop.title) for prop in identifiers(target.other)]
        self.fields["by"].choices = by  # type: ignore[attr-defined]
        known = words(target.side.object_type, target.other)
        self.fields["label"].choices = [("", _("none")), *known]  # type: ignore[attr-defined]
        return {"label"} if known else set()

    def _unknown(self, answers: Answers, file: int, place: int, target: Target) -> None:
        """Offer a value for each cell that is none."""
        unknown = answers.unknown_cells(file, place, target)
        if not unknown or target.prop is None:
            return
        chosen = self.use.get("values", {})
        self.choices = [(EMPTY, _("leave empty")), *value_choices(answers, target.prop)]
        known = dict(self.choices)
        for cell in unknown:
            value = (chosen[cell] or EMPTY) if cell in chosen else ""
            self.cells.append(Cell(cell, value, known.get(value, "")))

    def options(self, data: Any) -> Use:
        """Return the use that the form says; what is refused stays as it was."""
        found = {
            name: self.cleaned_data.get(name, self.use.get(name, ""))
            if self.is_valid()
            else self.use.get(name, "")
            for name in self.fields
        }
        cells, values = data.getlist(f"{self.prefix}-cell"), data.getlist(f"{self.prefix}-value")
        known = dict(self.choices)
        asked = {cell.text for cell in self.cells}
        translated = {
            cell: "" if value == EMPTY else value
            for cell, value in zip(cells, values, strict=False)
            if cell in asked and value in known
        }
        return {"target": self.use["target"], **found, **({"values": translated} if translated else {})}


def identifiers(kind: ObjectType) -> list[Property]:
    """Return the properties by which a file may name a record of a type."""
    texts = (
        *(Property.FieldType.TEXT, Property.FieldType.EMAIL, Property.FieldType.DOMAIN),
        *(Property.FieldType.PHONE, Property.FieldType.NUMBER, Property.FieldType.URL),
    )
    found = [prop for prop in settable(kind) if prop.unique or prop.field_type in texts]
    return sorted(found, key=lambda prop: not prop.unique)


def value_choices(answers: Answers, prop: Property) -> list[tuple[str, str]]:
    """Return a name by which a file may call each value of a property, and its label."""
    by_name = answers.choices(prop).by_name
    found = []
    for value, names in prop.kind.names(prop).items():
        sure = next((name for name in names if name and by_name.get(name.casefold()) == [value]), "")
        if sure:
            found.append((sure, names[-1]))
    return found


class SettingsForm(forms.Form):
    """What is asked beside the columns: what identifies records, and what associates those of a row."""

    def __init__(self, answers: Answers, data: Any = None) -> None:
        super().__init__(data, auto_id="settings-%s")
        self.answers = answers
        self.troubles: dict[str, list[str]] = {}  # by alias
        for number, side in enumerate(answers.sides):
            self._identity(number, side)
        if not answers.only_associations:
            for number, (one, other) in enumerate(answers.pairs):
                self._pair(number, one, other)
        if answers.draft.kind == Kind.TWO:
            for file in (0, 1):
                names = [(name, name) for name in answers.header(file) if name]
                chosen = answers.said["join"][file]
                self.fields[f"join_{file}"] = forms.ChoiceField(
                    label=answers.draft.names[file],
                    choices=[("", "—"), *names],
                    initial=chosen,
                    required=False,
                )

    def _identity(self, number: int, side: Side) -> None:
        mapped, column = self.answers.mapped(side), self.answers.id_column(side)
        if not (mapped or column):
            return
        if not self.answers.only_associations:
            self.fields[f"write_{number}"] = forms.ChoiceField(
                label=_("Do"), choices=WRITES, initial=self.answers.write(side), required=False
            )
            self.fields[f"without_{number}"] = forms.ChoiceField(
                label=_("Where these cells are empty"),
                choices=WITHOUT,
                initial=self.answers.without(side),
                required=False,
            )
        if column:
            return
        self.fields[f"match_{number}"] = forms.MultipleChoiceField(
            label=str(side),
            choices=[(prop.name, prop.title) for prop in mapped],
            initial=self.answers.match(side),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def _pair(self, number: int, one: Side, other: Side) -> None:
        said = self.answers.pair(one, other)
        self.fields[f"on_{number}"] = Checkbox(
            label=_("Associate the %(one)s of a row with its %(other)s")
            % {"one": str(one).lower(), "other": str(other).lower()},
            initial=said["on"],
        )
        if known := words(one.object_type, other.object_type):
            self.fields[f"label_{number}"] = forms.ChoiceField(
                label=_("Label of the %(other)s") % {"other": str(other).lower()},
                choices=[("", _("none")), *known],
                initial=said["label"],
                required=False,
            )

    @property
    def identities(self) -> list[dict[str, Any]]:
        """What is asked of each record of a row, for the page."""
        return [
            {
                "side": side,
                "errors": self.troubles.get(side.alias, []),
                "id_column": self.answers.id_column(side),
                **{
                    name: self[f"{name}_{number}"] if f"{name}_{number}" in self.fields else None
                    for name in ("match", "without", "write")
                },
            }
            for number, side in enumerate(self.answers.sides)
        ]

    @property
    def pairs(self) -> list[dict[str, Any]]:
        """What is asked of each pair of records of a row."""
        return [
            {
                "on": self[name],
                "label": self[label] if (label := name.replace("on", "label")) in self.fields else None,
            }
            for name in self.fields
            if name.startswith("on_")
        ]

    @property
    def joins(self) -> list[Any]:
        """The columns that two files have in common."""
        return [self[name] for name in self.fields if name.startswith("join_")]

    def said(self) -> dict[str, Any]:
        """Return the answers that the form gives; what it refuses or does not ask stays as it was."""
        old, given = self.answers.said, self.cleaned_data if self.is_valid() else {}
        match, without, write = dict(old["match"]), dict(old["without"]), dict(old["write"])
        pairs = dict(old["pairs"])
        for number, side in enumerate(self.answers.sides):
            if f"match_{number}" in given:
                match[side.alias] = given[f"match_{number}"]
            if f"without_{number}" in given:
                without[side.alias] = given[f"without_{number}"] or "error"
                write[side.alias] = given[f"write_{number}"] or "both"
        for number, (one, other) in enumerate(self.answers.pairs):
            if f"on_{number}" in given:
                pairs[f"{one.alias} {other.alias}"] = {
                    "on": given[f"on_{number}"],
                    "label": given.get(f"label_{number}", ""),
                }
        join = [given.get(f"join_{file}", old["join"][file]) for file in (0, 1)]
        return {"match": match, "without": without, "write": write, "pairs": pairs, "join": join}


class ColumnPropertyForm(NewPropertyForm):
    """A new property for a column: what a file can say of it; the rest is asked in the settings."""

    KEPT = ("label", "type", "options", "group", "new_group", "name", "unique")

    def __init__(self, kind: ObjectType, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(kind, data, initial)
        for name in [name for name in self.fields if name not in self.KEPT]:
            del self.fields[name]

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The visible fields, without headings."""
        return [("", [self[name] for name in self.KEPT if name in self.fields])]

    def demands(self) -> dict[str, Any]:
        """Return no rules and no default."""
        return {}


class RunForm(forms.Form):
    """The last questions before an import."""

    remember_as = forms.CharField(
        label=gettext_lazy("Keep this mapping under a name"),
        help_text=gettext_lazy(
            "For other files. The next file with the same columns is mapped like this anyway."
        ),
        max_length=MAPPING_NAME_LENGTH,
        required=False,
    )
    is_shared = Checkbox(label=gettext_lazy("Everybody may use it"))
