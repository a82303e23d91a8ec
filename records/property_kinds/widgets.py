"""Controls that forms of properties have besides Django's own."""

from typing import Any

from django import forms
from django.templatetags.static import static


class PercentInput(forms.TextInput):
    """A box with the sign behind it."""

    template_name = "forms/widgets/percent.html"


class RichTextArea(forms.Textarea):
    """A box for rich text, out of which static/js/rich-text.js makes an editor where there is script."""

    template_name = "forms/widgets/rich_text.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Say where the script and its editor are, which are fetched only where they are needed."""
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-rich-text"] = static("js/rich-text.js")
        context["widget"]["attrs"]["data-editor"] = static("django_prose_editor/editor.js")
        return context
