"""Saved views of a list: its tabs, which one is open, and how that differs from what was saved.

An address says which view is open (`view_id=3`) and, as every list's address, all of what is shown. So a
changed view is an address too, and whether it is changed follows from comparing the two.
"""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .lists import without_page_state
from .models import ObjectType, SavedView

OPEN = "view_id"  # the parameter that says which view is open
PINNED = "pinned_views"  # the user's preference that holds the pinned ones, by object type
LONGEST_QUERY = 6_000  # letters; an address that is longer, web servers refuse


def saved_query(query: QueryDict) -> QueryDict:
    """Return what a view keeps of an address: all but the page, the open view, and what says nothing."""
    kept = without_page_state(query)
    kept.pop(OPEN, None)
    for name, values in list(kept.lists()):
        said = [value for value in values if value]
        if said:
            kept.setlist(name, said)
        elif name != "columns":  # no column at all is a choice
            del kept[name]
    return kept


def pinned_ids(user: Any, object_type: ObjectType) -> list[int]:
    """Return the ids of the views of a type that a user pinned, in their order."""
    return list(user.preferences.get(PINNED, {}).get(object_type.name, []))


def pin(user: Any, object_type: ObjectType, ids: list[int]) -> None:
    """Remember which views of a type a user pinned; those closed to them are dropped."""
    allowed = set(
        SavedView.objects.visible_to(user)
        .filter(object_type=object_type, pk__in=ids)
        .values_list("pk", flat=True)
    )
    by_type = {**user.preferences.get(PINNED, {}), object_type.name: [pk for pk in ids if pk in allowed]}
    user.prefer(PINNED, {name: kept for name, kept in by_type.items() if kept} or None)


def move(ids: list[int], pk: int, step: int) -> list[int]:
    """Return ids with one of them moved up (-1) or down (1)."""
    ids = list(ids)
    if pk in ids:
        place = ids.index(pk)
        ids.insert(max(0, place + step), ids.pop(place))
    return ids


class ViewBar:
    """The tabs above a list: all records, the pinned views, and the open one. At most one query."""

    def __init__(self, object_type: ObjectType, query: QueryDict, user: Any) -> None:
        self.object_type = object_type
        self.query = query
        self.user = user
        text = query.get(OPEN, "")
        open_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        pinned = pinned_ids(user, object_type)
        wanted = {*pinned, *([open_id] if open_id else [])}
        found = {}
        if wanted:
            rows = SavedView.objects.visible_to(user).filter(object_type=object_type, pk__in=wanted)
            found = {view.pk: view for view in rows}
        self.open = found.get(open_id) if open_id else None
        self.is_missing = bool(text) and self.open is None
        self.views = [found[pk] for pk in pinned if pk in found]
        if self.open and self.open not in self.views:
            self.views.append(self.open)

    @property
    def tabs(self) -> list[tuple[SavedView, str]]:
        """Each view with the address that opens it."""
        return [(view, address(self.object_type, view)) for view in self.views]

    @cached_property
    def state(self) -> str:
        """What a view would keep of the address."""
        return saved_query(self.query).urlencode()

    @property
    def is_changed(self) -> bool:
        """Whether the address says something else than the open view, or than the whole list."""
        saved = saved_query(self.open.parameters) if self.open else QueryDict()
        return dict(saved.lists()) != dict(saved_query(self.query).lists())

    @property
    def may_change(self) -> bool:
        """Whether the user may change the open view."""
        return self.open is not None and self.open.may_be_changed_by(self.user)

    @property
    def open_address(self) -> str:
        """The address of the open view as it was saved."""
        return address(self.object_type, self.open)


def address(object_type: ObjectType, view: SavedView | None = None) -> str:
    """Return the address of a list, as a view has saved it."""
    url = reverse("records:list", args=[object_type.name])
    if view is None:
        return url
    query = view.parameters
    query[OPEN] = str(view.pk)
    return f"{url}?{query.urlencode()}"


class SavedViewForm(forms.ModelForm):
    """Names a view and says who may open it."""

    query = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput, strip=False)

    class Meta:
        model = SavedView
        fields = ("name", "visibility", "team", "query")
        widgets = {"visibility": forms.RadioSelect}

    prefix = "view"

    def __init__(self, data: Any, *, instance: SavedView, user: Any, initial: Any = None) -> None:
        super().__init__(data, instance=instance, initial=initial)
        # Administrators may change a view of a team that they are not in.
        teams = Group.objects.all() if user.is_staff else user.groups.all()
        teams = (teams | Group.objects.filter(pk=self.instance.team_id)).distinct().order_by("name")
        field: Any = self.fields["visibility"]
        team: Any = self.fields["team"]
        team.queryset, team.empty_label = teams, "—"
        if not teams:
            del self.fields["team"]
            field.choices = [one for one in field.choices if one[0] != SavedView.Visibility.TEAM]
        if self.instance.pk:
            del self.fields["query"]

    def clean_name(self) -> str:
        """Refuse a name that another view of the same owner has, in whatever case."""
        name = " ".join(self.cleaned_data["name"].split())
        view = self.instance
        others = SavedView.objects.filter(object_type=view.object_type_id, owner=view.owner_id)
        if view.owner_id and others.filter(name__iexact=name).exclude(pk=view.pk).exists():
            raise forms.ValidationError(_("There is already a view of this name."))
        return name

    def clean_query(self) -> str:
        """Keep what a view keeps of an address."""
        return saved_query(QueryDict(self.cleaned_data["query"])).urlencode()

    def clean(self) -> dict[str, Any]:
        """Ask for a team where a team is to see it, and for none otherwise."""
        cleaned = super().clean() or {}
        if cleaned.get("visibility") != SavedView.Visibility.TEAM:
            cleaned["team"] = None
        elif not cleaned.get("team") and "team" not in self.errors:
            self.add_error("team", _("Choose a team."))
        if "query" in self.errors:
            self.add_error(None, _("This list's address is too long to be saved: remove some filters."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if "team" not in self.fields:
            self.instance.team = None
