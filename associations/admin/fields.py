"""Choosing the labels of an association in a form of Django's admin."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from associations import labels
from associations.labels import Word
from records.admin.choosing import choosable


class LabelsWidget(forms.CheckboxSelectMultiple):
    """The labels behind a line that says which are chosen.

    Which ones there are to choose follows from two records. Where a script is told the first (`one`, an id)
    or finds it in the form, it asks for the choices as soon as the other is chosen.
    """

    template_name = "admin/associations/labels_widget.html"
    one: int | None = None
    is_known = False  # whether both records are
    is_open = False

    class Media:
        css = {"all": ("css/admin.css",)}
        js = ("admin/js/jquery.init.js", "js/admin-labels.js")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = [label for key, label in self.choices if key in (value or ())]
        return {
            **context,
            "url": reverse("admin:associations_association_labels"),
            "one": self.one,
            "is_known": self.is_known,
            "is_open": self.is_open,
            "chosen": chosen,
        }


class LabelsField(forms.MultipleChoiceField):
    """Chooses labels by their keys, once `offer` has said which; what was shown first is sent along."""

    widget = LabelsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Labels"), "required": False, **kwargs})
        self.error_messages["invalid_choice"] = _(
            "A label that you chose does not exist, or has been archived."
        )

    def offer(self, from_type_id: int, to_type_id: int) -> None:
        """Offer the words that records of one type have for another's."""
        self.words = {word.key: word for word in labels.words(from_type_id, to_type_id)}
        self.choices = [(key, str(word)) for key, word in self.words.items()]
        self.widget.is_known = True

    def words_of(self, keys: Iterable[str]) -> list[Word]:
        """Return the words that a cleaned value names."""
        return [self.words[key] for key in keys]


def keys_of(words: Sequence[Word]) -> list[str]:
    """Return the keys by which a form names words."""
    return [word.key for word in words]


def labels_between(request: HttpRequest) -> HttpResponse:
    """Answer the script of `LabelsWidget`: what one record can be called on another's page, to be ticked."""
    ids = [request.GET.get(name, "") for name in ("one", "other")]
    found = {}
    if all(text.isascii() and text.isdigit() and len(text) < 19 for text in ids):
        records: Any = choosable(request.user).filter(pk__in=ids).select_related(None)
        found = {str(pk): type_id for pk, type_id in records.values_list("pk", "object_type")}
    field = LabelsField()
    if all(text in found for text in ids):
        field.offer(found[ids[0]], found[ids[1]])
        field.widget.is_open = True
    widget: Any = field.widget
    return HttpResponse(widget.render(request.GET.get("name", ""), [], {"id": "id_labels"}))
