"""The kinds of actions, by their names."""

from .associating import AssociateMatching, CopyAssociations, SetLabel
from .base import Action, ActionForm, Given, Work
from .calling import CallWebhook
from .writing import CreateRecord, CreateTask, SetProperty

__all__ = ["ACTIONS", "Action", "ActionForm", "AssociateMatching", "Given", "Work"]

ACTIONS: dict[str, Action] = {
    one.name: one
    for one in (
        AssociateMatching(),
        CopyAssociations(),
        SetLabel(),
        SetProperty(),
        CreateRecord(),
        CreateTask(),
        CallWebhook(),
    )
}
