"""Content digests: how Mintage tells whether bytes are the same. Knows nothing of files or of time."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def digest_of(data: bytes) -> str:
    """Return the digest of these bytes: 64 lower-case hexadecimal digits of SHA-256."""
    return sha256(data, usedforsecurity=False).hexdigest()


def digest_of_value(value: Any) -> str:
    """Return the digest of a JSON value; two values that differ only in the order of keys have the same."""
    return digest_of(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
