from .drafts import ImportDraft, RememberedMapping
from .running import ImportFile, ImportKey, ImportWanted

__all__ = ["ImportDraft", "ImportFile", "ImportKey", "ImportWanted", "RememberedMapping"]
