"""Jobs under GitOps."""

from __future__ import annotations

from typing import Any

from mintage.render.jobs import SUFFIX, once_per_change


def job(image: str, label: str = "a") -> dict[str, Any]:
    """Return a job document."""
    return {"kind": "Job", "metadata": {"name": "train", "labels": {"l": label}}, "spec": {"image": image}}


def test_a_job_has_a_new_name_exactly_when_its_spec_is_new() -> None:
    """Labels and annotations can change in place; the spec of a job cannot."""
    first = once_per_change(job("a:1"))
    assert first.name == once_per_change(job("a:1", label="b")).name
    assert first.name != once_per_change(job("a:2")).name
    assert len(first.name) == len("train") + SUFFIX


def test_a_job_keeps_its_identity() -> None:
    """Overlays and file names know a job by its plain name."""
    assert once_per_change(job("a:1")).identity == "train"
    one, other = ({**job(image), "apiVersion": "batch/v1"} for image in ("a:1", "a:2"))
    assert once_per_change(one).key == once_per_change(other).key
