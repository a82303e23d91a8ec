"""What is kept of rules: the rules, who is in the view that one waits at, their log, calls of webhooks."""

from .company_by_domain import CompanyByDomain
from .member import RuleMember
from .rule import Rule
from .run import RuleRun
from .webhook import WebhookCall

__all__ = ["CompanyByDomain", "Rule", "RuleMember", "RuleRun", "WebhookCall"]
