"""The forms by which an administrator defines object types, properties and pipelines."""
