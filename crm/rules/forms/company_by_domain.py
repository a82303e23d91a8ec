from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.settings_forms.common import Checkbox, SettingsForm, lines_field

from ..domains import cleaned
from ..models import CompanyByDomain

MOST = 500  # own domains


class CompanyByDomainForm(SettingsForm):
    """Says whether contacts are associated with companies by e-mail domain, and how."""

    is_on: forms.Field = Checkbox(
        label=gettext_lazy("Associate contacts with the company of their e-mail domain")
    )
    creates_companies: forms.Field = Checkbox(
        label=gettext_lazy("Create the company where there is none with the domain")
    )
    own_domains = lines_field(
        gettext_lazy("Own domains"),
        gettext_lazy("One in each line. Contacts with an address there are your own people, and left out."),
        required=False,
    )

    def __init__(self, row: CompanyByDomain, data: Any = None) -> None:
        self.row = row
        initial = {
            "is_on": row.is_on,
            "creates_companies": row.creates_companies,
            "own_domains": "\n".join(row.own_domains),
        }
        super().__init__(data, initial=initial)

    def clean_own_domains(self) -> list[str]:
        """Return the domains, each once."""
        try:
            found = cleaned(self.cleaned_data["own_domains"].replace(",", "\n").splitlines())
        except ValidationError as error:
            raise ValidationError(
                _("These are no domains: %(names)s.") % {"names": ", ".join(error.messages)}
            ) from error
        if len(found) > MOST:
            raise ValidationError(_("%(most)s domains at most.") % {"most": MOST})
        return found

    def save(self) -> None:
        """Keep what was said."""
        for name in ("is_on", "creates_companies", "own_domains"):
            setattr(self.row, name, self.cleaned_data[name])
        self.row.save()
