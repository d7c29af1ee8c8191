"""Mutations for acceptances: comments in a rendered file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "gitops/base/storage/minio.yaml"


def _append(folder: Path, comment: str) -> None:
    path = folder / _FILE
    path.write_text(f"{path.read_text(encoding='utf-8')}{comment}\n", encoding="utf-8")


MUTATIONS = (
    Mutation(
        "suppression-unused",
        "",
        files=lambda folder: _append(folder, "# mintage: accept[env-duplicate] it is read twice"),
    ),
    Mutation(
        "suppression-without-reason",
        "",
        files=lambda folder: _append(folder, "# mintage: accept[env-duplicate]"),
    ),
    Mutation(
        "suppression-malformed", "", files=lambda folder: _append(folder, "# mintage: accept(env-duplicate)")
    ),
    Mutation(
        "suppression-unknown-check",
        "",
        files=lambda folder: _append(folder, "# mintage: accept[env-duplicates] it is read twice"),
    ),
)
