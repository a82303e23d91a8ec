"""Controls that forms of properties have besides Django's own."""

from typing import Any

from django import forms
from django.templatetags.static import static


class PercentInput(forms.TextInput):
    """A box with the sign behind it."""

    template_name = "forms/widgets/percent.html"


class RichTextArea(forms.Textarea):
    """A box for rich text, out of which static/js/rich-text.js makes an editor where there is script."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Say where the script finds the editor, which it fetches only where it is needed."""
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-rich-text"] = static("django_prose_editor/editor.js")
        return context
