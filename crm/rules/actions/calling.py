"""The action that tells another program, by a webhook."""

import secrets
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import ObjectType
from records.services import batches

from ..models import WebhookCall
from .base import Action, ActionForm, Given, Work

RECORDS = 100  # of one call


class CallForm(ActionForm):
    """Says where to call, and what the call is signed with."""

    def build(self) -> None:
        self.fields["url"] = forms.CharField(
            label=_("Address"),
            max_length=2_000,
            validators=[URLValidator(schemes=["http", "https"])],
            widget=forms.URLInput(attrs={"placeholder": "https://", "dir": "ltr"}),
        )
        self.fields["secret"] = forms.CharField(
            label=_("Secret"),
            max_length=100,
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
            help_text=_(
                "Signs each call, so that the receiver knows that it comes from here. Empty makes one."
            ),
        )

    def clean_secret(self) -> str:
        """Make a secret where none was given."""
        return self.cleaned_data["secret"].strip() or secrets.token_urlsafe(24)


class CallWebhook(Action):
    """Calls an address with what the records are like."""

    name = "webhook"
    label = gettext_lazy("Call a webhook")
    form = CallForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        return _("call %(url)s") % {"url": given["url"]}

    def do(self, work: Work, given: Given) -> None:
        run: Any = work.run
        calls = []
        for batch in batches(work.ids):
            for start in range(0, len(batch), RECORDS):
                calls.append(
                    WebhookCall(
                        rule=work.rule,
                        run=run if run and run.pk else None,
                        url=given["url"],
                        secret=given["secret"],
                        trigger=run.trigger if run else "",
                        record_ids=list(batch[start : start + RECORDS]),
                    )
                )
        if not work.dry:
            WebhookCall.objects.bulk_create(calls)
        work.tally.add("calls", n=len(calls))
