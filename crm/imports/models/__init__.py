from .drafts import ImportDraft, RememberedMapping

__all__ = ["ImportDraft", "RememberedMapping"]
