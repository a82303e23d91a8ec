"""The rules of associations once more, as plainly as can be: places for records, sets for tables."""

HOLDERS = ("contacts", "deals", "tickets")  # whose records may have a primary company

Pair = tuple[int, int]  # two places, the smaller first
Label = tuple[str, int]  # its name, and the place at its `from` end


class Naive:
    """Pairs with their labels, and what is archived."""

    def __init__(self, kinds: list[str]) -> None:
        self.kinds = kinds
        self.pairs: dict[Pair, set[Label]] = {}
        self.archived: set[int] = set()
        self.limits: dict[tuple[str, str], int] = {}
        self.label_limits: dict[str, int] = {}  # of managers, spouses and billing contacts

    def copy(self) -> "Naive":
        """Return a model that can be changed without this one."""
        other = Naive(self.kinds)
        other.pairs = {pair: set(labels) for pair, labels in self.pairs.items()}
        other.archived = set(self.archived)
        other.limits, other.label_limits = self.limits, self.label_limits
        return other

    def holder(self, pair: Pair) -> int | None:
        """Return which of two places may have the other one as its primary company."""
        for one, other in (pair, pair[::-1]):
            if self.kinds[one] in HOLDERS and self.kinds[other] == "companies":
                return one
        return None

    def partners(self, place: int, kind: str) -> set[int]:
        """Return the places of one kind that a place is associated with."""
        others = [next(iter({*pair} - {place})) for pair in self.pairs if place in pair]
        return {other for other in others if self.kinds[other] == kind}

    def held(self, place: int, name: str) -> int:
        """Return how many labels of a name count for a place, archived records included."""
        return sum(
            label == name and place in (pair if name == "spouse" else (from_place,))
            for pair, labels in self.pairs.items()
            for label, from_place in labels
        )

    def broken_rules(self) -> list[str]:
        """Return the rules that do not hold."""
        broken = []
        for place, kind in enumerate(self.kinds):
            for (from_type, to_type), maximum in self.limits.items():
                if kind == from_type and len(self.partners(place, to_type)) > maximum:
                    broken.append(f"{place}: more than {maximum} {to_type}")
            for name, maximum in {**self.label_limits, "primary": 1}.items():
                if self.held(place, name) > maximum:
                    broken.append(f"{place}: more than {maximum} {name}")
        return broken

    def associated(
        self, asked: dict[Pair, set[Label]], *, only_labels: bool = False
    ) -> tuple["Naive", list[Pair]]:
        """Return the model once these pairs are associated, where the rules allow it, and those refused."""
        after, refused = self.copy(), []
        named = {holder for labels in asked.values() for name, holder in labels if name == "primary"}
        moved: set[int] = set()
        for pair, labels in asked.items():
            one, other = pair
            exists = pair in after.pairs
            if one == other or self.archived & {*pair} or (only_labels and not exists):
                refused.append(pair)
                continue
            trial = after.copy()
            had = trial.pairs.get(pair, set())
            new = labels - had
            holder = self.holder(pair)
            first = holder is not None and not exists and not after.partners(holder, "companies")
            if any(name == "primary" and place in moved for name, place in new):
                refused.append(pair)
                continue
            if ("primary", holder) in new:
                for others in trial.pairs.values():
                    others.discard(("primary", holder))
            trial.pairs[pair] = had | new
            if first and holder not in named:
                trial.pairs[pair].add(("primary", holder))
            if trial.worse_than(after):
                refused.append(pair)
                continue
            moved |= {place for name, place in new if name == "primary"}
            after = trial
        return after, refused

    def merged(self, survivor: int, other: int, *, last: bool) -> "Naive":
        """Return the model once one place is merged into another.

        Of more partners than there may be the first are kept, or the last; of more labels just so.
        """
        after = self.copy()
        has: dict[int, set[Label]] = {}
        for pair, labels in self.pairs.items():
            if survivor not in pair and other not in pair:
                continue
            del after.pairs[pair]
            partners = {*pair} - {survivor, other}
            for partner in partners:
                first = min(survivor, partner)
                has.setdefault(partner, set()).update(
                    (name, first if name == "spouse" else survivor if place == other else place)
                    for name, place in labels
                )

        def chosen(partners: list[int], maximum: int) -> set[int]:
            return set(sorted(partners, reverse=last)[:maximum])

        for (from_type, to_type), maximum in self.limits.items():
            if self.kinds[survivor] == from_type:
                alike = [partner for partner in has if self.kinds[partner] == to_type]
                for partner in set(alike) - chosen(alike, maximum):
                    del has[partner]
        for name, maximum in {**self.label_limits, "primary": 1}.items():
            ends = {partner: min(survivor, partner) if name == "spouse" else survivor for partner in has}
            called = [partner for partner in has if (name, ends[partner]) in has[partner]]
            for partner in set(called) - chosen(called, maximum):
                has[partner].discard((name, ends[partner]))
        after.pairs.update({(min(survivor, one), max(survivor, one)): labels for one, labels in has.items()})
        after.archived.add(other)
        return after

    def worse_than(self, other: "Naive") -> bool:
        """Whether a rule is broken here that the other keeps."""
        return bool(set(self.broken_rules()) - set(other.broken_rules()))

    def read(self, label: Label, place: int) -> str:
        """Return how a label reads on the page of the record at a place."""
        name, from_place = label
        words = {
            "manager": ("Manager", "Employee"),
            "spouse": ("Spouse", "Spouse"),
            "billing": ("Billing contact", "Billing contact"),
            "primary": ("Primary", "Primary"),
        }
        return words[name][place != from_place]
