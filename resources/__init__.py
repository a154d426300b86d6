"""Data, never code: read through `explorer.paths`."""
