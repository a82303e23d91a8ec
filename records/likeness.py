"""Whether two records of a type may be the same: what tells of a record, and what two of them share.

Signs are the same mailbox, the same phone number, the same domain (of organisations) and a name that is
nearly the same. Nothing here asks the database.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from .models import DuplicatePair, ObjectType, Property, Record
from .property_kinds.text import normalise_domain
from .text import fold

NEAR = 88  # likeness of names, of 100, from which on they are nearly the same
INITIAL = 80  # the likeness of "J. Smith" and "John Smith"; enough for two who work at one place
UNLIKE = 70  # below it names speak against what else is the same
FURTHER = 5  # what each further sign adds to the score
DAYS_APART = 7  # between two entries of the same deal or ticket
MOST_TYPOS = 2
VOWELS = "aeiouy"
PHONE_DIGITS = (7, 9)  # how many a number has at least, and how many of its last ones are compared
GMAIL = ("gmail.com", "googlemail.com")
_FREE_MAIL = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com"
    " mac.com aol.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.ru"
    " yandex.ru yandex.com proton.me protonmail.com pm.me zoho.com hey.com fastmail.com wp.pl o2.pl onet.pl"
    " interia.pl op.pl orange.fr free.fr laposte.net wanadoo.fr libero.it hotmail.co.uk yahoo.co.uk qq.com"
    " 163.com 126.com naver.com rediffmail.com"
)
_LEGAL_FORMS = (
    "ltd limited llc llp lp plc inc incorporated corp corporation co company gmbh mbh ag kg kgaa ohg gbr ug"
    " ev eg se sa sas sarl sasu eurl spa srl sl slu lda ltda bv nv vof ab as asa aps oy oyj sro doo dd kft"
    " zrt bt pty pte pvt bhd sdn spj spk und and et"
)
FREE_MAIL, LEGAL_FORMS = frozenset(_FREE_MAIL.split()), frozenset(_LEGAL_FORMS.split())
Reason = DuplicatePair.Reason


@dataclass(frozen=True)
class Traits:
    """What tells of a record, made comparable."""

    words: tuple[str, ...]  # of its name
    is_person: bool
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    employer: str = ""  # the domain of a person's mailbox, unless anybody can have one there
    # Of what goes through stages: the day it was entered, and its amounts and dates. Many have one name.
    entered: int = 0
    facts: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """The words of the name, in whatever order they were written."""
        return " ".join(sorted(self.words))

    @cached_property
    def without_spaces(self) -> str:
        """The words of the name as one, in their order."""
        return "".join(self.words)

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers in the name: “Store 12” is no other way to write “Store 13”."""
        return sorted(re.findall(r"\d+", self.name))

    @property
    def is_loose(self) -> bool:
        """Whether a name may be the same by more than a typo: it has an initial or a middle name."""
        return self.is_person and (len(self.words) > 2 or any(len(word) == 1 for word in self.words))

    @property
    def has_telling_name(self) -> bool:
        """Whether the name can tell by itself; a person's first name alone cannot."""
        return len(self.words) > self.is_person

    def dumps(self) -> str:
        """Return this as text."""
        sets = map(sorted, (self.emails, self.phones, self.domains))
        rest = (self.employer, self.entered, self.facts)
        return json.dumps([self.words, self.is_person, *sets, *rest], ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Self:
        """Return what `dumps` made a text of."""
        words, is_person, emails, phones, domains, employer, entered, facts = json.loads(text)
        sets = (frozenset(emails), frozenset(phones), frozenset(domains))
        return cls(tuple(words), is_person, *sets, employer, entered, tuple(facts))


class Likeness(NamedTuple):
    """How likely two records are the same, from 0 to 100, and what says so, the strongest sign first."""

    score: int
    signs: tuple[DuplicatePair.Reason, ...]

    @property
    def verdict(self) -> str:
        """The score in words."""
        return verdict(self.score)


def verdict(score: int) -> str:
    """Return a score in words."""
    if score >= 95:
        return _("Almost certainly the same")
    if score >= 85:
        return _("Very likely the same")
    return _("Probably the same") if score >= 75 else _("Possibly the same")


def judge(one: Traits, other: Traits) -> Likeness | None:
    """Return how two records are alike; None where nothing says that they are the same."""
    names = _name_likeness(one, other)
    signs = []
    if not one.emails.isdisjoint(other.emails):
        signs.append(Reason.EMAIL)
    if not one.domains.isdisjoint(other.domains):
        signs.append(Reason.DOMAIN)
    # Colleagues share a switchboard: a number tells only where the names do not say otherwise.
    if not one.phones.isdisjoint(other.phones) and names >= UNLIKE:
        signs.append(Reason.PHONE)
    together = bool(one.employer) and one.employer == other.employer
    if _names_tell(one, other, names, together):
        signs.append(Reason.NAME)
    if not signs:
        return None
    score = {
        Reason.EMAIL: 75 + names // 4,
        Reason.DOMAIN: 65 + names * 3 // 10,
        Reason.PHONE: 55 + names * 2 // 5,
        Reason.NAME: names - 10,
    }[signs[0]]
    # A near name is in the score already.
    further = len([sign for sign in signs[1:] if sign != Reason.NAME]) + together
    return Likeness(min(100, score + FURTHER * further), tuple(signs))


def _names_tell(one: Traits, other: Traits, names: int, together: bool) -> bool:
    """Whether names of this likeness say that two records are the same."""
    if not one.words or not other.words or abs(one.entered - other.entered) > DAYS_APART:
        return False
    if any(mine and yours and mine != yours for mine, yours in zip(one.facts, other.facts, strict=True)):
        return False
    if together:
        return names >= INITIAL
    return names >= NEAR and one.has_telling_name and other.has_telling_name


def _name_likeness(one: Traits, other: Traits) -> int:
    """Return how alike two names are, from 0 to 100; undecided where there is none to compare."""
    if not one.words or not other.words:
        return UNLIKE
    if one.name == other.name:
        return 100
    if one.numbers != other.numbers:
        return 0
    if one.without_spaces == other.without_spaces:
        return 99
    ratio = int(fuzz.ratio(one.name, other.name))
    common = set(one.words).intersection(other.words)
    if not common and ratio < UNLIKE:
        return ratio
    mine, yours = (
        "".join(word for word in words if word not in common) for words in (one.words, other.words)
    )
    if one.is_person and not (mine and yours):
        return 90 if len(common) > 1 else min(ratio, INITIAL - 1)  # a middle name
    if one.is_person and common and mine[0] == yours[0] and 1 in (len(mine), len(yours)):
        return INITIAL
    if _is_typo(mine, yours, shortest=4 if common else 5, is_person=one.is_person):
        return max(NEAR, ratio)
    return min(ratio, INITIAL - 1)


def _is_typo(mine: str, yours: str, *, shortest: int, is_person: bool) -> bool:
    """Whether what two names do not share may be one word, mistyped; the first letter seldom is."""
    longest = max(len(mine), len(yours))
    if mine[:1] != yours[:1] or longest < shortest:
        return False
    if is_person and mine.rstrip(VOWELS) == yours.rstrip(VOWELS):
        return False  # Mario and Maria, Kowalski and Kowalska
    return OSA.distance(mine, yours) <= (1 if longest < 9 else MOST_TYPOS)


def may_be_near(one: str, other: str) -> bool:
    """Whether the names (as `Traits.name`) can be one, mistyped: quick, and never wrong where it says no."""
    return OSA.distance(one, other, score_cutoff=MOST_TYPOS) <= MOST_TYPOS


# --- What tells of a record ---------------------------------------------------------------------------


class Telling:
    """The properties of a type that tell of its records, and what they say."""

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        types = Property.FieldType
        # Colleagues have one website. What comes from an associated record says nothing of this one.
        wanted = [types.EMAIL, types.PHONE, *([] if kind.is_person else [types.DOMAIN, types.URL])]
        self.properties = [
            prop for prop in kind.properties.values() if prop.field_type in wanted and not prop.derivation
        ]
        self.facts = [prop for prop in kind.properties.values() if self._is_fact(prop)]

    def _is_fact(self, prop: Property) -> bool:
        amounts = (Property.FieldType.CURRENCY, Property.FieldType.DATE)
        own = not prop.derivation and not prop.read_only
        return self.kind.stage_property is not None and own and prop.field_type in amounts

    def lookups(self) -> list[str]:
        """Return the values that `traits` takes, as a query names them."""
        return ["display_name", "created_at", *(prop.lookup for prop in (*self.properties, *self.facts))]

    @property
    def reasons(self) -> list[DuplicatePair.Reason]:
        """The reasons that pairs of this type can have."""
        types = {prop.field_type for prop in self.properties}
        has = {
            Reason.EMAIL: types & {Property.FieldType.EMAIL},
            Reason.DOMAIN: types & {Property.FieldType.DOMAIN, Property.FieldType.URL},
            Reason.PHONE: types & {Property.FieldType.PHONE},
            Reason.NAME: True,
        }
        return [reason for reason, there in has.items() if there]

    def of(self, record: Record) -> Traits:
        """Return what tells of a record that is an instance of its own model."""
        values = [prop.value_of(record) for prop in (*self.properties, *self.facts)]
        return self.traits(record.display_name, record.created_at, *values)

    def traits(self, name: str, created_at: datetime, *values: Any) -> Traits:
        """Return what the values that `lookups` names tell of a record."""
        said: dict[str, set[str]] = {}
        for prop, value in zip(self.properties, values, strict=False):
            if text := str(value or "").strip():
                said.setdefault(prop.field_type, set()).add(text)
        types = Property.FieldType
        mailboxes = said.get(types.EMAIL, set())
        # A record without a name of its own goes by a unique value.
        words = () if name in mailboxes else name_words(name, is_person=self.kind.is_person)
        hosts = sorted({host for one in mailboxes if (host := one.rpartition("@")[2]) not in FREE_MAIL})
        return Traits(
            words,
            self.kind.is_person,
            emails=frozenset(filter(None, map(mailbox, mailboxes))),
            phones=frozenset(filter(None, map(phone_number, said.get(types.PHONE, ())))),
            domains=frozenset(
                filter(None, map(site, said.get(types.DOMAIN, set()) | said.get(types.URL, set())))
            ),
            employer=hosts[0] if hosts and self.kind.is_person else "",
            entered=created_at.toordinal() if self.kind.stage_property else 0,
            facts=tuple(map(_plain, values[len(self.properties) :])),
        )


def _plain(value: Any) -> str:
    """Return an amount or a date as text, however precisely it is written; "" for none."""
    if value in (None, ""):
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def name_words(name: str, *, is_person: bool) -> tuple[str, ...]:
    """Return the words of a name without case, accents and signs; of an organisation without its legal form.

    >>> name_words("Müller & Söhne Sp. z o.o.", is_person=False)
    ('muller', 'sohne')
    """
    text = re.sub(r"['’.]", "", fold(name))
    text = re.sub(r"\bsp z oo$|\ba/s$", "", text)
    words = re.findall(r"\w+", text.replace("_", " "))
    while not is_person and len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    if not is_person and len(words) > 1 and words[0] == "the":
        words.pop(0)
    return tuple(words)


def mailbox(email: str) -> str:
    """Return the mailbox that an address reaches: without a tag behind a plus, Gmail's without its dots.

    >>> mailbox("A.da+crm@GoogleMail.com")
    'ada@gmail.com'
    """
    local, _at, host = email.lower().rpartition("@")
    local = local.split("+")[0] or local
    if host in GMAIL:
        local, host = local.replace(".", ""), GMAIL[0]
    return f"{local}@{host}" if local and host else ""


def phone_number(text: str) -> str:
    """Return the last digits of a number, which are the same with and without its country, and its extension.

    Empty for what is no number: too short, or one digit over and over.

    >>> phone_number("+44 (0)20 7946 0958 ext. 12") == phone_number("020 7946-0958 x12")
    True
    """
    number, *extension = re.split(r"(?:ext\.?|extension|x|#|;)", text.lower(), maxsplit=1)
    digits = re.sub(r"\D", "", number.replace("(0)", ""))
    shortest, compared = PHONE_DIGITS
    if len(digits) < shortest or len(set(digits)) < 3:
        return ""
    inner = re.sub(r"\D", "", extension[0]) if extension else ""
    return digits[-compared:] + (f"x{inner}" if inner else "")


def site(address: str) -> str:
    """Return the domain of an organisation, or the page by which it is known elsewhere; "" for free mail.

    >>> site("https://www.Example.com/"), site("http://facebook.com/Example/")
    ('example.com', 'facebook.com/example')
    """
    domain = normalise_domain(address)
    try:
        path = urlsplit(address if "//" in address else f"//{address}").path.strip("/").lower()
    except ValueError:
        path = ""
    if "." not in domain or domain in FREE_MAIL:
        return ""
    return f"{domain}/{path}" if path else domain


# --- Where near names meet ----------------------------------------------------------------------------


SKELETON = "~"  # what the blocks of one skeleton begin with


def name_keys(traits: Traits) -> Iterator[tuple[str, str]]:
    """Yield the blocks in which nearly the same names stand together, each with the place within it.

    A typo at an end of the name, within a word, in vowels or between words leaves at least one of them.
    """
    words, name = sorted(traits.words), traits.name
    yield "", name
    yield "reversed", name[::-1]
    yield f"={name}", ""
    yield f"{SKELETON}{skeleton(traits.without_spaces)}", name
    for place, word in enumerate(words[:6]):
        others = " ".join(words[:place] + words[place + 1 :])
        if len(words) == 2:
            yield f"{others}|{word[0]}", word
        elif len(words) > 2:
            yield f"={others}", word


def skeleton(text: str) -> str:
    """Return the first letter and the consonants behind it, each once in a row.

    >>> skeleton("initech") == skeleton("inittech") == skeleton("initach")
    True
    """
    return text[:1] + re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyh]", "", text[1:]))
