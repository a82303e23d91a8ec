from .running import ImportFile, ImportKey, ImportWanted

__all__ = ["ImportFile", "ImportKey", "ImportWanted"]
