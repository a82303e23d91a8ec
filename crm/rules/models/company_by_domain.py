from django.db import models
from django.utils.translation import gettext_lazy as _


class CompanyByDomain(models.Model):
    """One row: whether contacts are associated with the company that has the domain of their address.

    Whoever creates companies for domains locks it first, so that of two contacts who come at once from a new
    domain only one brings a company.
    """

    is_on = models.BooleanField(_("associate contacts with companies"), default=False)
    creates_companies = models.BooleanField(_("create the company"), default=False)
    own_domains = models.JSONField(_("own domains"), default=list, blank=True)

    class Meta:
        verbose_name = _("companies by e-mail domain")
        verbose_name_plural = _("companies by e-mail domain")
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="rules_companybydomain_one"),)

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
