"""Which companies' domains an e-mail address may belong to; never by the network."""

import doctest
import socket

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.rules import domains

CASES = {
    "ada@acme.com": ["acme.com"],
    "Ada@Mail.ACME.co.uk": ["mail.acme.co.uk", "acme.co.uk"],
    "a@x.y.acme.com.pl": ["x.y.acme.com.pl", "y.acme.com.pl", "acme.com.pl"],
    "ada@lovelace.github.io": ["lovelace.github.io"],  # a suffix that GitHub's customers share
    "ada@github.io": [],
    "ada@co.uk": [],
    "ada@gmail.com": [],
    "ada@mail.yahoo.co.uk": [],
    "ada@wp.pl": [],
    "ada@mailinator.com": [],
    "ada@localhost": [],
    "ada@[10.0.0.1]": [],
    "ada@10.0.0.1": [],
    "ada": [],
    "": [],
    "ada@kith.example.org": [],  # ours
    "ada@müller.de": ["müller.de"],
    "ada@xn--mller-kva.de": ["xn--mller-kva.de"],
}


@pytest.mark.parametrize(("address", "expected"), CASES.items())
def test_the_domains_of_an_address_go_from_the_host_to_what_was_registered(address, expected):
    assert domains.company_domains(address, {"example.org"}) == expected


def test_the_lists_come_with_packages_and_the_network_is_never_asked(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    domains._extract.cache_clear()
    assert domains.registrable("shop.acme.co.jp") == "acme.co.jp"


def test_an_international_domain_is_known_in_both_spellings():
    assert domains.both_spellings("müller.de") == ["müller.de", "xn--mller-kva.de"]
    assert domains.both_spellings("acme.com") == ["acme.com"]


def test_own_domains_are_cleaned_and_what_is_none_is_named():
    assert domains.cleaned(["@Acme.com", " acme.com ", "", "kith.io."]) == ["acme.com", "kith.io"]
    with pytest.raises(ValidationError, match="no domain"):
        domains.cleaned(["acme.com", "no domain"])


@given(st.text(max_size=80))
def test_any_text_at_all_has_domains_or_none(text):
    found = domains.company_domains(text)
    host = domains.host_of(text)
    assert all(host.endswith(one) for one in found)
    assert all(domains.both_spellings(one) for one in found)


def test_examples_in_the_documentation_hold():
    assert doctest.testmod(domains).failed == 0
