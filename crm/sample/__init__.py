"""Believable sample data for a first look, the same on every machine."""
