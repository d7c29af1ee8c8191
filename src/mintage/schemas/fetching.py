"""Fetching what `schemas.lock` pins: the very bytes of a commit, or nothing.

Everything is downloaded and compared before the first file is written. It knows URLs and digests; the lock file is
read by `mintage.schemas.lock`.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mintage.digest import digest_of
from mintage.errors import MintageError, Problem, fail
from mintage.schemas.convert import definitions
from mintage.schemas.importing import write
from mintage.schemas.lock import CACHE, LOCK, read_lock
from mintage.schemas.stored import file_bytes, kinds_in

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.schemas.lock import Lock, Pin

BASE = "https://raw.githubusercontent.com"
_LONGEST = 64_000_000
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run did: names of pins, and remarks about versions that gave no schema."""

    fetched: tuple[str, ...]
    present: tuple[str, ...]
    remarks: tuple[str, ...]


def fetch(root: Path, base: str = BASE) -> Fetched:
    """Download what the lock pins and the cache lacks; `MintageError` with every problem, and then nothing is written."""
    lock = _existing(root)
    wanted = [pin for pin in lock.active if not kinds_in(pin.cached(root))]
    files: dict[str, bytes] = {}
    remarks: list[str] = []
    problems: list[Problem] = []
    kinds: dict[str, Pin] = {}
    for pin in wanted:
        try:
            files |= _converted(pin, _download(pin, base), kinds, remarks)
        except MintageError as error:
            problems += error.problems
    if problems:
        raise MintageError(problems)
    write(root / CACHE, files)
    names = tuple(pin.name for pin in wanted)
    return Fetched(names, tuple(pin.name for pin in lock.active if pin.name not in names), tuple(remarks))


def _existing(root: Path) -> Lock:
    lock = read_lock(root)
    if lock is None:
        advice = "create it: `schemas:` with a list of name, repository, commit, path and sha256"
        raise fail(LOCK, "lock-missing", "there is no lock file", advice)
    return lock


def url_of(pin: Pin, base: str = BASE) -> str:
    """Return where the file of a pin is downloaded from."""
    return f"{base.rstrip('/')}/{pin.repository}/{pin.commit}/{quote(pin.path)}"


def _download(pin: Pin, base: str) -> bytes:
    url = url_of(pin, base)
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response:  # noqa: S310 - the user names the mirror
            data: bytes = response.read(_LONGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise _complain(
            pin, "fetch-failed", f"{url} answers {error.code} {error.reason}", "check commit and path"
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        advice = "without a network, import the CRDs from files: doit schemas import FOLDER"
        raise _complain(pin, "fetch-failed", f"{url} cannot be had: {reason}", advice) from None
    if len(data) > _LONGEST:
        raise _complain(pin, "file-too-large", f"{url} has more than {_LONGEST:,} bytes", "pin a single CRD")
    if (digest := digest_of(data)) != pin.sha256:
        message = f"{pin.name}: expected sha256 {pin.sha256}, got {digest} from {url}; nothing was written"
        raise _complain(
            pin, "digest-mismatch", message, "compare the file with upstream before you change the lock"
        )
    return data


def _complain(pin: Pin, name: str, message: str, advice: str) -> MintageError:
    return MintageError([Problem(pin.place, name, message, advice)])


def _converted(pin: Pin, data: bytes, kinds: dict[str, Pin], remarks: list[str]) -> dict[str, bytes]:
    found = definitions(pin.path, data)
    if not found.schemas:
        raise _complain(pin, "crd-none", f"{pin.name}: {pin.path} holds no schema", "pin the file of a CRD")
    remarks += [f"{pin.name}: {remark}" for remark in found.remarks]
    files = {}
    for stored in found.schemas:
        other = kinds.setdefault(stored.name, pin)
        if other is not pin:
            message = f"{pin.name} and {other.name} both define {stored.kind} {stored.api_version}"
            raise _complain(pin, "crd-twice", message, "give them `profiles`, of which one is in force")
        files[f"{pin.sha256}/{stored.name}"] = file_bytes(stored, pin.source)
    return files
