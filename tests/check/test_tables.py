"""The data behind the checks: every fact has a source, ranges run forward, images and versions are read right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from mintage.check import tables
from mintage.check.tables.files import NAMES, image_version, split_image, table
from mintage.check.tables.versions import holds, spans, version

if TYPE_CHECKING:
    from collections.abc import Iterator


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_where_its_facts_come_from(name: str) -> None:
    """A file without a source is an opinion."""
    assert len(table(name)["source"]) > 20


def test_every_owner_exporter_and_image_says_its_source() -> None:
    """Facts about many projects in one file name the project each."""
    entries = [
        *table("operators")["owners"],
        *table("metrics")["exporters"],
        *table("vllm")["images"],
        *table("epp")["images"],
        *table("apis")["moved"],
    ]
    assert [entry for entry in entries if len(entry.get("source", "")) < 8] == []


@pytest.mark.parametrize("name", NAMES)
def test_ranges_run_forward(name: str) -> None:
    """Nothing ends before it begins."""
    for entry in _walk(table(name)):
        since, until = entry.get("since"), entry.get("until")
        if isinstance(since, str) and isinstance(until, str):
            assert version(since) < version(until), entry


@pytest.mark.parametrize("name", NAMES)
def test_patterns_compile(name: str) -> None:
    """A pattern that is none would fail in the middle of a run."""
    for entry in _walk(table(name)):
        for key in ("match", "tag", "type"):
            if isinstance(entry.get(key), str):
                re.compile(entry[key])


def test_spans_of_vllm_flags_follow_each_other() -> None:
    """No release finds a flag described twice, and every limit is a release that was looked at."""
    releases = [version(text) for text in table("vllm")["releases"]]
    for name, entry in table("vllm")["flags"].items():
        for release in releases:
            assert sum(holds(span, release) for span in spans(entry)) <= 1, (name, release)
        for span in spans(entry):
            limits = {version(span[key]) for key in ("since", "until") if key in span}
            assert limits <= set(releases), name


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("v0.10.1.1", (0, 10, 1, 1)),
        ("0.8.5.post1", (0, 8, 5, 1)),
        ("1.0.0", (1,)),
        ("v0.5.0-rc.1", (0, 5)),
        ("0.10", (0, 10)),
    ],
)
def test_versions_compare_by_their_numbers(text: str, numbers: tuple[int, ...]) -> None:
    """Trailing zeros say nothing, and what follows the numbers neither, but a post release is later."""
    assert version(text).numbers == numbers


def test_a_version_keeps_its_text() -> None:
    """Messages quote what the tag says."""
    assert str(version("v1.0.0-cuda")) == "1.0.0"


def test_a_text_without_a_version_is_refused() -> None:
    """`latest` is not version zero."""
    with pytest.raises(ValueError, match=r"^no version: 'latest'$"):
        version("latest")


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("vllm/vllm-openai:v0.10.2", ("vllm/vllm-openai", "v0.10.2")),
        ("registry:5000/vllm", ("registry:5000/vllm", "")),
        (f"a/b:v1@sha256:{'0' * 64}", ("a/b", "v1")),
        (f"a/b@sha256:{'0' * 64}", ("a/b", "")),
    ],
)
def test_images_come_apart(image: str, parts: tuple[str, str]) -> None:
    """A port is no tag and a digest no version."""
    assert split_image(image) == parts


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("vllm/vllm-openai:v0.10.2", "0.10.2"),
        ("docker.io/vllm/vllm-openai:v0.8.5.post1", "0.8.5.post1"),
        ("ghcr.io/llm-d/llm-d:v0.2.0", "0.10.0"),
        ("ghcr.io/llm-d/llm-d-cuda:v0.8.1", "0.23.0"),
        ("rocm/vllm:rocm7.0.0_vllm_0.11.1_20251024", "0.11.1"),
        ("registry.redhat.io/rhaiis/vllm-cuda-rhel9:3.0.0", "0.8.4"),
        ("vllm/vllm-openai:latest", None),
        ("ghcr.io/llm-d/llm-d:v0.20.0", None),
        ("quay.io/somebody/vllm:v0.10.2", None),
    ],
)
def test_the_vllm_of_an_image(image: str, release: str | None) -> None:
    """A known image tells its vLLM; a moving tag, a later release or somebody's own build does not."""
    found = tables.vllm_version(image)
    assert (found and str(found)) == release


def test_an_image_of_no_entry_has_no_version() -> None:
    """The table is asked, the tag alone does not count."""
    assert image_version([], "vllm/vllm-openai:v0.10.2") is None
