"""Actions that associate: by properties that match, as an associated record is; and that set labels."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from associations import services
from associations.labels import Word
from associations.models import Association
from associations.type_pairs import partners
from records import schema
from records.models import ObjectType, Record
from records.services import batches

from ..matching import Match, can_match
from ..values import family
from .base import (
    Action,
    ActionForm,
    Given,
    Work,
    label_of,
    missing_label,
    missing_property,
    missing_type,
    type_named,
)

MOST = 100  # records that one record is associated with by one action


def main_partners(kind: ObjectType) -> list[ObjectType]:
    """Return the types, activities apart, whose records those of a type may be associated with."""
    return [one for one in partners(kind) if not one.is_activity]


def write(work: Work, pairs: Iterable[tuple[int, int]], word: Word | None) -> None:
    """Associate pairs, each given with the rule's own record first, and count what became of them."""
    wanted = list(dict.fromkeys(pairs))
    words = {pair: [word] for pair in wanted} if word else None
    for batch in batches(wanted):
        chosen = {pair: words[pair] for pair in batch} if words else None
        report = services.associate_pairs(batch, by=work.by, skip_refused=True, words=chosen)
        work.tally.add_report(report, work.ids)


def associated_ids(ids: Sequence[int], other: ObjectType, user: Any) -> dict[int, list[int]]:
    """Return by record the visible associated ones of a type, the primary one first, then the oldest.

    Three queries, however many records.
    """
    found: dict[int, dict[int, None]] = defaultdict(dict)
    first = Association.objects.primary_for_each(ids, other.pk)
    for pk, primary in first.items():
        found[pk][primary] = None
    for here, there in (("a", "b"), ("b", "a")):
        rows = Association.objects.live().filter(**{f"record_{here}__in": ids, f"type_{there}": other.pk})
        for pk, one in rows.order_by("pk").values_list(f"record_{here}_id", f"record_{there}_id"):
            found[pk][one] = None
    everyone = {one for of_one in found.values() for one in of_one}
    seen: set[int] = set()
    for batch in batches(sorted(everyone)):
        seen.update(Record.objects.visible_to(user).filter(pk__in=batch).values_list("pk", flat=True))
    return {pk: [one for one in of_one if one in seen] for pk, of_one in found.items()}


# --- By properties that match -------------------------------------------------------------------------


class MatchForm(ActionForm):
    """Says which property is compared with which of another type's records."""

    redraws = ("type", "property")

    def build(self) -> None:
        other = self.add_type("type", _("Associate with"), main_partners(self.kind))
        prop = self.add_property("property", _("where this record's"), self.kind, family)

        def suits(one: Any) -> bool:
            return prop is not None and (
                can_match(prop, one) or Match(prop, one).by_host or Match(prop, one).by_host_reversed
            )

        self.add_property("other_property", _("is the same as their"), other, suits)
        self.fields["several"] = forms.ChoiceField(
            label=_("Where several match"), required=False, choices=list(SEVERAL.items())
        )
        self.add_label("label", self.kind, other, required=False)


SEVERAL = {
    "": gettext_lazy("associate with all of them, 100 at most"),
    "oldest": gettext_lazy("associate with the oldest"),
    "none": gettext_lazy("associate with none"),
}


class AssociateMatching(Action):
    """Associates with the records whose property matches."""

    name = "match"
    label = gettext_lazy("Associate with records whose property matches")
    form = MatchForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        other = type_named(given["type"])
        if other is None or self.problem(kind, given):
            return str(self.label)
        names = {
            "type": other.plural_label.lower(),
            "other": other.properties[given["other_property"]].title,
            "own": kind.properties[given["property"]].title,
        }
        text = _("associate with %(type)s whose %(other)s matches its %(own)s") % names
        word = label_of(given, kind, other)
        return _("%(text)s, as “%(label)s”") % {"text": text, "label": word} if word else text

    def problem(self, kind: ObjectType, given: Given) -> str:
        if missing := missing_type(given) or missing_property(kind, given["property"]):
            return missing
        other: Any = type_named(given["type"])
        return missing_property(other, given["other_property"]) or missing_label(given, kind, other)

    def match(self, kind: ObjectType, given: Given) -> Match:
        """Return the comparison."""
        other = schema.current().type(given["type"])
        return Match(kind.properties[given["property"]], other.properties[given["other_property"]])

    def do(self, work: Work, given: Given) -> None:
        kind = work.rule.kind
        match = self.match(kind, given)
        if work.only_others is not None and given["type"] != work.run.kind.name:  # type: ignore[union-attr]
            return
        pairs = []
        for pk, found in match.others(work.records, work.user).items():
            if len(found) > 1 and given.get("several") == "none":
                work.tally.add("refused", pk, reason="several")
                continue
            most = 1 if given.get("several") == "oldest" else MOST
            chosen = [one for one in found[:most] if work.only_others is None or one in work.only_others]
            pairs += [(pk, one) for one in chosen]
            if not chosen:
                work.tally.add("nothing", pk)
        write(work, pairs, label_of(given, kind, match.other.object_type))


# --- As an associated record --------------------------------------------------------------------------


class CopyForm(ActionForm):
    """Says whose associations with what are copied."""

    redraws = ("type",)

    def build(self) -> None:
        types = main_partners(self.kind)
        other = self.add_type("type", _("Associate with"), types)
        sources = [one for one in types if other is None or one.pk != other.pk]
        self.add_type("source", _("that are associated with its"), sources or types)
        self.fields["source_which"] = forms.ChoiceField(
            label=_("Of these"), required=False, choices=list(WHICH.items())
        )
        self.fields["which"] = forms.ChoiceField(
            label=_("Which to take"), required=False, choices=list(WHICH.items())
        )
        self.add_label("label", self.kind, other, required=False)


WHICH = {
    "": gettext_lazy("the primary or oldest one of each"),
    "all": gettext_lazy("all of them, 100 at most"),
}


class CopyAssociations(Action):
    """Associates a record as an associated one is: a deal with its contact's company."""

    name = "copy"
    label = gettext_lazy("Copy associations from an associated record")
    form = CopyForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        other, source = type_named(given["type"]), type_named(given["source"])
        if other is None or source is None:
            return str(self.label)
        every = given.get("which") == "all"
        text = (
            _("associate with all %(type)s of its %(source)s")
            if every
            else _("associate with the %(type)s of its %(source)s")
        ) % {
            "type": (other.plural_label if every else other.singular_label).lower(),
            "source": (
                source.plural_label if given.get("source_which") == "all" else source.singular_label
            ).lower(),
        }
        word = label_of(given, kind, other)
        return _("%(text)s, as “%(label)s”") % {"text": text, "label": word} if word else text

    def problem(self, kind: ObjectType, given: Given) -> str:
        if missing := missing_type(given) or missing_type(given, "source"):
            return missing
        return missing_label(given, kind, schema.current().type(given["type"]))

    def do(self, work: Work, given: Given) -> None:
        other, source = (schema.current().type(given[name]) for name in ("type", "source"))
        sources = associated_ids(work.ids, source, work.user)
        most = MOST if given.get("source_which") == "all" else 1
        sources = {pk: found[:most] for pk, found in sources.items()}
        between = sorted({one for found in sources.values() for one in found})
        far: dict[int, list[int]] = {}
        for batch in batches(between):
            far |= associated_ids(batch, other, work.user)
        most = MOST if given.get("which") == "all" else 1
        pairs = []
        for pk in work.ids:
            found = [one for near in sources.get(pk, ()) for one in far.get(near, ())[:most] if one != pk]
            pairs += [(pk, one) for one in list(dict.fromkeys(found))[:MOST]]
            if not found:
                work.tally.add("nothing", pk)
        write(work, pairs, label_of(given, work.rule.kind, other))


# --- Labels -------------------------------------------------------------------------------------------


class LabelForm(ActionForm):
    """Says which associated records get which label."""

    redraws = ("type",)

    def build(self) -> None:
        other = self.add_type("type", _("Of its associated"), main_partners(self.kind))
        self.fields["which"] = forms.ChoiceField(
            label=_("Which"),
            required=False,
            choices=[("", _("all of them")), ("first", _("the primary or oldest one"))],
        )
        self.add_label("label", self.kind, other, required=True)


class SetLabel(Action):
    """Puts a label on associations that a record has."""

    name = "label"
    label = gettext_lazy("Set a label")
    form = LabelForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        other = type_named(given["type"])
        word = label_of(given, kind, other) if other else None
        if other is None or word is None:
            return str(self.label)
        if given.get("which") == "first":
            text = _("label its %(type)s “%(label)s”")
            return text % {"type": other.singular_label.lower(), "label": word}
        return _("label all its %(type)s “%(label)s”") % {"type": other.plural_label.lower(), "label": word}

    def problem(self, kind: ObjectType, given: Given) -> str:
        return missing_type(given) or missing_label(given, kind, schema.current().type(given["type"]))

    def do(self, work: Work, given: Given) -> None:
        other = schema.current().type(given["type"])
        word: Any = label_of(given, work.rule.kind, other)
        wanted: dict[tuple[int, int], list[Word]] = {}
        found = associated_ids(work.ids, other, work.user)
        for pk in work.ids:
            chosen = found.get(pk, [])[: 1 if given.get("which") == "first" else None]
            wanted |= {(pk, one): [word] for one in chosen}
            if not chosen:
                work.tally.add("nothing", pk)
        for batch in batches(list(wanted)):
            report = services.label_pairs(
                {pair: wanted[pair] for pair in batch}, by=work.by, skip_refused=True
            )
            work.tally.add_report(report, work.ids)
