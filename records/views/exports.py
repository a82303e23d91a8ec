"""Exporting the records of a list: choose what, then a file or, of many, a job that makes it."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import exporting
from records.exporting import CSV, XLSX, Export
from records.http import Request
from records.list_actions import DIRECT
from records.models import ObjectType, Property
from records.provenance import Origin
from records.selections import Selection
from records.spreadsheets import csv_lines

from .common import UNPROCESSABLE, by, object_type_or_404

SHOWN, ALL = "shown", "all"
JOINED, EACH = "joined", "each"


class ExportForm(forms.Form):
    """What of the records is written, and how."""

    columns = forms.ChoiceField(
        label=gettext_lazy("Properties"),
        choices=[(SHOWN, gettext_lazy("Those that the list shows")), (ALL, gettext_lazy("All of them"))],
        widget=forms.RadioSelect,
        initial=SHOWN,
    )
    along = forms.MultipleChoiceField(
        label=gettext_lazy("Associated records"), widget=forms.CheckboxSelectMultiple, required=False
    )
    layout = forms.ChoiceField(
        label=gettext_lazy("Several associated records"),
        choices=[
            (JOINED, gettext_lazy("in one cell, with ; between them")),
            (EACH, gettext_lazy("in a row each, with their labels")),
        ],
        widget=forms.RadioSelect,
        initial=JOINED,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[(XLSX, gettext_lazy("Excel (XLSX)")), (CSV, "CSV")],
        widget=forms.RadioSelect,
        initial=XLSX,
    )

    def __init__(self, object_type: ObjectType, selection: Selection, data: QueryDict | None) -> None:
        super().__init__(data, prefix="export", auto_id="export_%s")
        self.object_type, self.selection = object_type, selection
        choices = [choice for one in exporting.sources for choice in one.choices(object_type)]
        self.fields["along"].choices = choices  # type: ignore[attr-defined]
        shown = {column.name for column in selection.records.columns}
        self.fields["along"].initial = [key for key, _label in choices if key in shown]

    @property
    def params(self) -> dict[str, Any]:
        """What was chosen, as JSON (see `Export.of`)."""
        return {
            "type": self.object_type.name,
            "properties": [prop.name for prop in self._properties()],
            "along": self.cleaned_data["along"],
            "joined": self.cleaned_data["layout"] == JOINED,
            "format": self.cleaned_data["format"],
        }

    def _properties(self) -> list[Property]:
        known = self.object_type.properties
        if self.cleaned_data["columns"] == ALL:
            return list(known.values())
        # What makes the name stands for it: a file with the name alone could not be imported.
        shown = [column for column in self.selection.records.columns if isinstance(column, Property)]
        return list(dict.fromkeys([*self.object_type.primary, *shown]))


def export(request: Request, type_name: str) -> HttpResponseBase:
    """Ask what is to be written of the chosen records (all of the list, by GET), then give the file."""
    object_type = object_type_or_404(type_name)
    data: QueryDict = request.POST
    if request.method != "POST":
        data = QueryDict(mutable=True)
        data.update({"all": "1", "back": request.GET.urlencode()})
    try:
        selection = Selection(object_type, data, request.user)
    except ValidationError as error:
        leave = reverse("records:list", args=[type_name])
        back = QueryDict(data.get("back", "")).urlencode()
        context: dict[str, Any] = {
            "message": " ".join(error.messages),
            "leave": f"{leave}?{back}" if back else leave,
        }
        return _show(request, object_type, context, UNPROCESSABLE)
    is_sent = request.POST.get("step") == "do"
    form = ExportForm(object_type, selection, request.POST if is_sent else None)
    if is_sent and form.is_valid():
        return _file(request, selection, form)
    context = {
        "form": form,
        "selection": selection,
        "leave": selection.address,
        "is_job": selection.count > DIRECT,
    }
    return _show(request, object_type, context, UNPROCESSABLE if is_sent else 200)


def _show(request: Request, object_type: ObjectType, context: dict[str, Any], status: int) -> HttpResponse:
    context |= {
        "object_type": object_type,
        "title": _("Export %(type)s") % {"type": object_type.plural_label},
    }
    template = "records/_export.html" if request.htmx else "records/export.html"
    return render(request, template, context, status=status)


def _file(request: Request, selection: Selection, form: ExportForm) -> HttpResponseBase:
    if selection.count > DIRECT:
        text = ngettext("%(count)s of %(type)s exported", "%(count)s %(type)s exported", selection.count)
        names = {"count": selection.count, "type": selection.object_type.plural_label}
        author = by(request, Origin.LIST)
        return redirect(exporting.start(form.params, selection.ids, author, text % names))
    made = Export.of(form.params)
    if made.format == CSV:
        lines: Iterator[str] = csv_lines(made.rows([selection.ids], request.user))
        response = StreamingHttpResponse(lines, content_type=made.content_type)
        response["Content-Disposition"] = f'attachment; filename="{made.name}"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    made.write(file, [selection.ids], request.user)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=made.name, content_type=made.content_type)
