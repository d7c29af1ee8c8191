"""What is said of images and arguments, and of which nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.images import CHECKS
from mintage.check.run import findings
from mintage.tree.tree import of_documents


def said(id: str, image: str, **container: Any) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of a pod with one container."""
    spec = {"containers": [{"name": "main", "image": image, **container}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return [hit.message for hit in findings(of_documents({"a": [pod]}), CHECKS) if hit.id == id]


@pytest.mark.parametrize("tag", ["latest", "nightly", "main"])
def test_tags_that_move_are_named(tag: str) -> None:
    """Not only `latest` is moved to every new build."""
    message = f"image `vllm/vllm-openai:{tag}` has the tag `{tag}`: what runs depends on when it was pulled"
    assert said("image-latest", f"vllm/vllm-openai:{tag}") == [message]
    assert said("image-latest", f"vllm/vllm-openai:v0.11.0-{tag}") == []
    assert said("image-latest", f"vllm/vllm-openai:{tag}@sha256:{'0' * 64}") == []


def test_an_invalid_reference_is_reported_once() -> None:
    """That it has no tag is then of no interest: llm-d/llm-d, guides/pd-disaggregation/baseline."""
    assert said("image-latest", "REPLACE_MODEL_SERVER_IMAGE") == []
    assert len(said("image-ref-invalid", "REPLACE_MODEL_SERVER_IMAGE")) == 1


@pytest.mark.parametrize(
    ("image", "argv"),
    [
        ("registry.redhat.io/rhel9/redis-7:1", {"args": ["/usr/bin/run-redis", "--appendonly no"]}),
        ("ghcr.io/acme/cache:1", {"command": ["valkey-server"], "args": ["--maxmemory 100mb"]}),
        ("docker.io/library/redis:7", {"args": ["--maxmemory 100mb"]}),
    ],
)
def test_redis_takes_arguments_with_spaces(image: str, argv: dict[str, list[str]]) -> None:
    """It joins its arguments into a configuration: rh-aiservices-bu/rhoai-maas-guide, manifests/07-observability/redis."""
    assert said("arg-embedded-space", image, **argv) == []
    assert len(said("arg-embedded-space", "ghcr.io/acme/server:1", args=["--maxmemory 100mb"])) == 1
