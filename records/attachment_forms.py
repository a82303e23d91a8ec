"""The field by which files are added."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .attachments import check
from .models import Record


class _Input(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class _FilesField(forms.FileField):
    """Takes several files, and says of each what is wrong with it."""

    widget = _Input

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files. Raises ValidationError."""
        files = data or []
        if self.required and not files:
            raise ValidationError(_("Choose a file first."))
        if len(files) > settings.ATTACHMENT_MAX_FILES:
            text = ngettext(
                "Up to %(most)s file can be added at once.",
                "Up to %(most)s files can be added at once.",
                settings.ATTACHMENT_MAX_FILES,
            )
            raise ValidationError(text % {"most": settings.ATTACHMENT_MAX_FILES})
        wrong: list[ValidationError] = []
        for file in files:
            try:
                check(file)
            except ValidationError as error:
                wrong.append(error)
        if wrong:
            raise ValidationError(wrong)
        return files


class AttachmentsForm(forms.Form):
    """Adds files to a record. It stands by itself, or within the form of an activity."""

    def __init__(self, *args: Any, required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["files"] = _FilesField(label=_("Files"), required=required)
        field.help_text = _("Up to %(number)s at once, each up to %(size)s.") % {
            "number": settings.ATTACHMENT_MAX_FILES,
            "size": filesizeformat(settings.ATTACHMENT_MAX_SIZE),
        }
        field.widget.attrs["accept"] = ",".join(f".{one}" for one in settings.ATTACHMENT_TYPES)
        field.widget.attrs["data-most"] = settings.ATTACHMENT_MAX_SIZE
        field.widget.attrs["data-too-large"] = _("Too large, choose again without:")

    @property
    def uploads(self) -> list[Any]:
        """The files, once it is valid."""
        return self.cleaned_data["files"]

    def say_gone(self) -> None:
        """Say of a refused form that the browser does not send its files again by itself."""
        if self.files and not self.errors:
            self.add_error("files", _("Choose the files again: a browser does not keep them."))
        elif self.files:
            self.add_error("files", _("None of the files was kept. Choose those again that you want to add."))

    def refuse(self, error: ValidationError) -> None:
        """Say beside the field why the files cannot be added."""
        self.add_error("files", ValidationError(error.messages))


def attachments_form(record: Record | None, *args: Any, **kwargs: Any) -> AttachmentsForm:
    """Return the form that adds files to a record (None: to one that is being made).

    Of several on a page each has ids of its own.
    """
    return AttachmentsForm(*args, auto_id=f"id_{record.pk if record else 'new'}_%s", **kwargs)
