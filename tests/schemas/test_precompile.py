"""The packaged schemas of Kubernetes are what the package kubernetes-validate gives."""

from __future__ import annotations

import gzip

from mintage.schemas.core import FOLDER
from mintage.schemas.precompile import compressed, content


def test_the_packaged_files_are_what_the_installed_package_gives() -> None:
    """Run `python -m mintage.schemas.precompile` when this fails. Compressed bytes are those of one zlib: content counts."""
    wanted = content()
    found = {
        path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in FOLDER.glob("*.gz")
    }
    assert found.keys() == wanted.keys()
    assert [name for name in wanted if found[name] != wanted[name]] == []


def test_all_versions_together_are_small() -> None:
    """They are in every wheel and every clone."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 350_000


def test_compression_leaves_no_trace_of_time() -> None:
    """The header of the format has room for it."""
    assert compressed(b"x") == compressed(b"x")
    assert compressed(b"x")[4:8] == bytes(4)
