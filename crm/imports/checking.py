"""The dry run of a draft and what it found, and the import itself."""

from typing import Any

from .answers import Answers, Trouble, refused
from .building import build
from .models import ImportDraft
from .report import ImportRefused


def trouble(answers: Answers) -> Trouble:
    """Return what is wrong with the answers, found by the pages or by the engine."""
    found = answers.trouble()
    if found:
        return found
    try:
        for file in range(len(answers.draft.facts)):
            build(answers.mapping(file), answers.header(file))
    except ImportRefused as error:
        return refused(error)
    return found


def begin(draft: ImportDraft, user: Any) -> None:
    """Do the dry run."""
    raise NotImplementedError
