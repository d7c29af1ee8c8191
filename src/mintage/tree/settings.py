"""The file `mintage.yaml` at the top of a tree without specs: what exists outside of it, and how it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.errors import fail
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.validation import FILE, Validation

if TYPE_CHECKING:
    from pathlib import Path


def read_settings(folder: Path) -> Validation | None:
    """Return the settings of a folder, or None where it has none; `MintageError` with what is wrong in them."""
    try:
        data = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise fail(FILE, "file-unreadable", error.strerror or str(error), "check its rights") from None
    document = read(FILE, data)
    if not isinstance(document.value, dict):
        raise fail(
            FILE,
            "spec-invalid",
            "expected a mapping with `kind: Validation`",
            "begin with `kind: Validation`",
        )
    return decode(document.value, Validation, Layers((Layer(document),)))
