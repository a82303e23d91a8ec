from .drafts import ImportDraft, RememberedMapping
from .running import ImportKey, ImportWanted

__all__ = ["ImportDraft", "ImportKey", "ImportWanted", "RememberedMapping"]
