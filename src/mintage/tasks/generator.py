"""Which Mintage this is: a digest of everything that decides what is rendered from the same specs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import mintage
from mintage.digest import digest_of

_PACKAGE = Path(mintage.__file__).parent


def generator() -> str:
    """Return the digest of Mintage's own code and of the libraries whose output ends in files.

    An edit of the code, an upgrade of Mintage or of jsonpatch changes it, and everything is rendered again.
    """
    parts = [f"jsonpatch {version('jsonpatch')}"]
    modules = sorted(_PACKAGE.rglob("*.py"))
    parts += [f"{path.relative_to(_PACKAGE).as_posix()} {digest_of(path.read_bytes())}" for path in modules]
    return digest_of("\n".join(parts).encode())
