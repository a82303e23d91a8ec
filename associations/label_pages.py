"""The labels of a pair of object types, one at a time: add, rename, order, archive, restore, delete."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from records.http import Request
from records.models import ObjectType
from records.settings_forms.common import SettingsForm, label_field, name_field
from records.views.common import say
from records.views.settings.common import administrators_only, done, form_page, leave, posted

from .label_settings import (
    MANY_USES,
    archive_label,
    create_label,
    delete_label,
    labels_between,
    labels_in_use,
    move_label,
    restore_label,
    update_label_from,
    words_from,
)
from .models import AssociationLabel
from .pair_pages import address, pair_or_404


class LabelForm(SettingsForm):
    """The words of a label, as seen from the pages of the first of its two types."""

    label = label_field("")
    inverse_label = label_field(
        "", required=False, help_text=gettext_lazy("Leave empty where the same word reads both ways.")
    )

    def __init__(self, one: ObjectType, other: ObjectType, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        text = _("On the page of each %(holder)s, the %(other)s is called")
        ways = {"label": (one, other), "inverse_label": (other, one)}
        if one == other:
            text = _("On one %(holder)s's page, the other is called")
        for name, (holder, called) in ways.items():
            said = {"holder": holder.singular_label.lower(), "other": called.singular_label.lower()}
            self.fields[name].label = text % said
        if one == other:
            self.fields["inverse_label"].label = _("And on the other's page, the one is called")

    def accepted(self, write: Callable[..., Any], **more: Any) -> bool:
        """Give the words to a function; say whether it took them. What it refuses stands beside its field."""
        try:
            write(self.cleaned_data["label"], self.cleaned_data["inverse_label"], **more)
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True


class NewLabelForm(LabelForm):
    """A label that is to be."""

    name = name_field(
        100,
        gettext_lazy(
            "For files and scripts; made from the word unless you give one. It cannot change later."
        ),
        source="label",
    )


def label_or_404(one: ObjectType, other: ObjectType, pk: int) -> AssociationLabel:
    """Return a label of two types that can be changed, as “Primary” cannot. Raises Http404."""
    row = labels_between(one.pk, other.pk).filter(pk=pk, is_primary=False).first()
    if row is None:
        raise Http404(_("There is no such label."))
    return row


@administrators_only
def create(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Add a label."""
    one, other = pair_or_404(type_name, other_type)
    form = NewLabelForm(one, other, posted(request))
    if form.is_valid():
        given = form.cleaned_data

        def write(label: str, inverse_label: str) -> AssociationLabel:
            return create_label(one, other, label, inverse_label, given["name"])

        if form.accepted(write):
            return done(request, _("%(name)s added.") % {"name": given["label"]}, address(one, other))
    return form_page(request, form, title=_("Add label"), submit=_("Add"), back=address(one, other))


@administrators_only
def edit(request: Request, type_name: str, other_type: str, pk: int) -> HttpResponse:
    """Rename a label."""
    one, other = pair_or_404(type_name, other_type)
    row = label_or_404(one, other, pk)
    initial = dict(zip(("label", "inverse_label"), words_from(row, one), strict=True))
    form = LabelForm(one, other, posted(request), initial=initial)

    def write(label: str, inverse_label: str) -> AssociationLabel:
        return update_label_from(row, one, label, inverse_label)

    if form.is_valid() and form.accepted(write):
        return done(request, _("Saved."), address(one, other))
    return form_page(
        request,
        form,
        title=_("Rename “%(label)s”") % {"label": row},
        submit=_("Save"),
        back=address(one, other),
    )


@administrators_only
@require_POST
def move(request: Request, type_name: str, other_type: str, pk: int) -> HttpResponse:
    """Move a label up or down."""
    one, other = pair_or_404(type_name, other_type)
    row = label_or_404(one, other, pk)
    move_label(row, up="up" in request.POST)
    return redirect(f"{address(one, other)}#label-{row.pk}")


@administrators_only
def archive(request: Request, type_name: str, other_type: str, pk: int) -> HttpResponse:
    """Say how many associations carry a label, and archive it."""
    one, other = pair_or_404(type_name, other_type)
    row = label_or_404(one, other, pk)
    if request.method == "POST":
        archive_label(row)
        undo = reverse("pairs:label-restore", args=[one.name, other.name, row.pk])
        say(request, _("%(name)s archived.") % {"name": row}, undo=undo)
        return leave(request, address(one, other))
    text = _("It leaves every page and cannot be given any more. It comes back when it is restored.")
    return form_page(
        request,
        SettingsForm(),
        title=_("Archive “%(label)s”?") % {"label": row},
        submit=_("Archive"),
        back=address(one, other),
        text=f"{uses_text(labels_in_use([row.pk])[row.pk])} {text}",
        danger=True,
    )


def uses_text(uses: int) -> str:
    """Return how many associations carry a label, as a sentence."""
    if uses > MANY_USES:
        return _("More than %(count)s associations carry it, and keep it.") % {"count": MANY_USES}
    if not uses:
        return _("No association carries it.")
    text = ngettext(
        "%(count)s association carries it, and keeps it.",
        "%(count)s associations carry it, and keep it.",
        uses,
    )
    return text % {"count": uses}


@administrators_only
@require_POST
def restore(request: Request, type_name: str, other_type: str, pk: int) -> HttpResponse:
    """Bring an archived label back."""
    one, other = pair_or_404(type_name, other_type)
    row = label_or_404(one, other, pk)
    try:
        restore_label(row)
    except ValidationError as error:
        problem = " ".join(error.messages)
        messages.error(
            request, _("“%(label)s” stays archived: %(problem)s") % {"label": row, "problem": problem}
        )
    else:
        messages.success(request, _("%(name)s restored.") % {"name": row})
    return redirect(address(one, other))


@administrators_only
def delete(request: Request, type_name: str, other_type: str, pk: int) -> HttpResponse:
    """Ask whether a label that nothing names shall be gone, and delete it."""
    one, other = pair_or_404(type_name, other_type)
    row = label_or_404(one, other, pk)
    form = SettingsForm(posted(request))
    if form.is_valid():
        try:
            delete_label(row)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return done(request, _("%(name)s deleted.") % {"name": row}, address(one, other))
    return form_page(
        request,
        form,
        title=_("Delete “%(label)s”?") % {"label": row},
        submit=_("Delete"),
        back=address(one, other),
        text=_("No association carries it, and none has. Its limits go with it."),
        danger=True,
    )
