"""The workspace: a folder with `dodo.py` and `specs/`, found once, read once, then immutable."""
