"""Building a kustomization: by Kustomize on this machine, or here where a build is the sum of plain resources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from mintage.errors import fail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TIMEOUT = 120  # seconds: what takes longer is waiting for a network
_MAX_BYTES = 500_000_000  # of output, which stands in memory already
_MAX_NODES = 20_000_000
_NOWHERE = "http://127.0.0.1:9"  # the port of the discard service, where nothing listens
_CLOSED = {
    "PATH": os.devnull,  # neither git nor helm nor a plugin is found; an empty one would mean the current folder
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
    "NO_PROXY": "",
    "no_proxy": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GOMEMLIMIT": "1GiB",
}


def command() -> list[str] | None:
    """Return the command that builds a kustomization on this machine, or None where there is none."""
    if kubectl := shutil.which("kubectl"):
        return [os.path.abspath(kubectl), "kustomize"]  # noqa: PTH100 - links stay: snap tells programs by them
    if kustomize := shutil.which("kustomize"):
        return [os.path.abspath(kustomize), "build"]  # noqa: PTH100
    return None


def _environment() -> dict[str, str]:
    """Return the environment of this program, in which no program is found and no other machine answers."""
    return {**os.environ, **_CLOSED}


def build(builder: Sequence[str], folder: Path, advice: str) -> list[Any]:
    """Return the objects that Kustomize makes of a folder; `MintageError` with its words, and advice, if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - found on PATH
            [*builder, str(folder)],
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError as error:
        message = f"`{builder[0]}` cannot be run: {error.strerror or error}"
        raise fail(str(folder), "kustomize-build", message, "check the program on PATH") from None
    except subprocess.TimeoutExpired:
        raise fail(
            str(folder), "kustomize-build", f"Kustomize did not end within {_TIMEOUT} s", advice
        ) from None
    if done.returncode:
        reason = reason_of(done.stderr.decode("utf-8", "replace"))
        raise fail(str(folder), "kustomize-build", f"Kustomize cannot build it: {reason}", advice)
    from mintage.source import read_all  # noqa: PLC0415 - who only looks for the command parses nothing

    documents = read_all(str(folder), done.stdout, max_bytes=_MAX_BYTES, max_nodes=_MAX_NODES)
    return [document.value for document in documents if document.value is not None]


def reason_of(stderr: str) -> str:
    """Return what Kustomize says of a failure, without the timestamps and the quoting of kubectl's log."""
    quoted = re.search(r'err="(.*)"\s*(?:>|$)', stderr, re.DOTALL)
    text = quoted[1].replace("\\n", " ").replace('\\"', '"') if quoted else stderr
    lines = [line.strip() for line in text.splitlines() if line.strip() not in {"", ">"}]
    reason = " ".join(lines).removeprefix("Error: ").partition("; failed to find unique target")[0]
    return reason or "no reason given"
