from .running import ImportKey, ImportWanted

__all__ = ["ImportKey", "ImportWanted"]
