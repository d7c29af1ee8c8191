"""Running `mintage` as a user would, in a process of its own (tests only)."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from mintage.testing import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def validate(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `mintage validate` in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "mintage.commands.main", "validate", *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
    )
    return Outcome(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )
