"""The form that takes messages as files."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .parsing import BEGINNING, parse

LARGEST = 25 * 1024 * 1024  # bytes of a file
MOST = 20  # files at once
OUTLOOK = b"\xd0\xcf\x11\xe0"  # what Outlook's own files begin with


class FilesInput(forms.FileInput):
    """A box for several files."""

    allow_multiple_selected = True


class MessagesField(forms.FileField):
    """Takes files, each of which is a message."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files. Raises ValidationError, which names each that is no message."""
        files: list[UploadedFile] = [one for one in data or [] if one]
        if not files:
            raise forms.ValidationError(_("Choose a file."), code="required")
        if len(files) > MOST:
            text = ngettext("Choose one file at most.", "Choose %(number)s files at most.", MOST)
            raise forms.ValidationError(text % {"number": MOST})
        problems = []
        for one in files:
            try:
                self._check(one)
            except forms.ValidationError as error:
                problems.append(error)
        if problems:
            raise forms.ValidationError(problems)
        return files

    def _check(self, one: UploadedFile) -> None:
        name = {"name": one.name or ""}
        if (one.size or 0) > LARGEST:
            raise forms.ValidationError(_("“%(name)s” is larger than 25 MB."), params=name)
        data = one.read(BEGINNING)
        if data.startswith(OUTLOOK):
            text = _("“%(name)s” is in Outlook's own format; save the email as .eml instead.")
            raise forms.ValidationError(text, params=name)
        if not parse(data, whole=False).is_message:
            text = _("“%(name)s” is no email: it does not say who it is from.")
            raise forms.ValidationError(text, params=name)


class UploadForm(forms.Form):
    """Takes e-mails as files."""

    emails = MessagesField(
        label=gettext_lazy("Files"),
        widget=FilesInput(attrs={"accept": ".eml,message/rfc822"}),
        help_text=gettext_lazy(
            "Files that end in .eml, as mail programs save them; 25 MB each and 20 at once at most."
        ),
    )
