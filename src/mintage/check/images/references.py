"""Checks of one container's image and command line that need nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit
from mintage.tree.recipes import repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container
    from mintage.tree.tree import Tree

# The grammar of image references (distribution/reference v0.6.0).
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z0-9]+)*:[0-9a-fA-F]{{32,}})?"
)
_SHA256 = re.compile(r"@sha256:(?![0-9a-f]{64}$)")
_PLACEHOLDERS = ("$", "{", "<", "%", "PLACEHOLDER", "CHANGEME")
_TRIGGERS = ("image.openshift.io/triggers", "alpha.image.policy.openshift.io/resolve-names")
_EMBEDDED = re.compile(r"(--?[A-Za-z][\w-]*)[ \t]+([^\s-]\S*)")
# Tags that are moved to every new build, by custom of those who publish images (vLLM, Triton, OpenShift, the SIGs of Kubernetes).
_MOVING = frozenset({"latest", "nightly", "main", "master", "edge"})
# Redis and its kin join their arguments into lines of a configuration (`main` of server.c, Redis 7.4): a space is none the worse.
_JOINS = re.compile(r"redis|valkey|keydb")
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})


def image_of(container: Container) -> str:
    """Return the image of a container as it is pulled; empty where something fills it in later."""
    image = container.image
    if not image.strip() or any(sign in image for sign in _PLACEHOLDERS):
        return ""
    return "" if any(key in container.owner.annotations for key in _TRIGGERS) else image


def _latest(container: Container, _: Tree) -> Iterator[Hit]:
    image = image_of(container)
    if not image or "@" in image or not _REFERENCE.fullmatch(image):
        return
    tag = image.removeprefix(repository(image)).removeprefix(":")
    if tag in {"", *_MOVING}:
        said = f"has the tag `{tag}`" if tag else "has no tag, which means `latest`"
        yield Hit(
            f"image `{image}` {said}: what runs depends on when it was pulled",
            "name a version, or better a digest",
            container.owner,
            (*container.path, "image"),
        )


def _invalid(container: Container, _: Tree) -> Iterator[Hit]:
    image = image_of(container)
    if not image or (_REFERENCE.fullmatch(image) and not _SHA256.search(image)):
        return
    yield Hit(
        f"`{image}` is no image reference: {_reason(image)}",
        "write it as `registry/repository:tag` or `registry/repository@sha256:digest`",
        container.owner,
        (*container.path, "image"),
    )


def _reason(image: str) -> str:
    if "://" in image:
        return "it begins with a scheme"
    if any(sign.isspace() for sign in image):
        return "there is white space in it"
    if _SHA256.search(image):
        return "a sha256 digest has 64 hexadecimal digits in lower case"
    if (name := repository(image).partition("/")[2] or repository(image)) != name.lower():
        return "a repository is written in lower case"
    if image.rpartition("/")[2].partition("@")[0].count(":") > 1:
        return "it has two tags"
    return "it does not follow `registry/repository:tag`"


def _never(container: Container, _: Tree) -> Iterator[Hit]:
    if container.document.get("imagePullPolicy") == "Never":
        yield Hit(
            f"container `{container.name}` is never pulled: the image must be on every node already",
            "use `IfNotPresent`",
            container.owner,
            (*container.path, "imagePullPolicy"),
        )


def _embedded_space(container: Container, _: Tree) -> Iterator[Hit]:
    words = container.argv
    if any(text.rpartition("/")[2] in _SHELLS for _, text in words[:2]):
        return
    if any(
        _JOINS.search(text.rpartition("/")[2])
        for text in (repository(container.image), *(text for _, text in words[:1]))
    ):
        return
    for path, text in words:
        if found := _EMBEDDED.fullmatch(text):
            yield Hit(
                f"`{text}` is one argument with a space in it, not a flag and its value",
                f"write two items, `{found[1]}` and `{found[2]}`"
                + (f", or `{found[1]}={found[2]}`" if text.startswith("--") else ""),
                container.owner,
                path,
            )


CHECKS = (
    Check(
        "image-latest",
        WARNING,
        "container",
        _latest,
        why="What runs under `latest`, or another tag that is moved to every new build, depends on when a node pulled it: replicas differ, and a rollback changes nothing.",
        fix="Name a version or a digest.",
    ),
    Check(
        "image-ref-invalid",
        ERROR,
        "container",
        _invalid,
        why="A reference that cannot be parsed is never pulled: the pod stays in `InvalidImageName`.",
        fix="Write `registry/repository:tag`, or a digest instead of the tag.",
    ),
    Check(
        "pull-policy-never",
        WARNING,
        "container",
        _never,
        why="With `Never` a pod starts only on nodes that happen to have the image: it is a setting of laptops.",
        fix="Use `IfNotPresent`, which pulls only what is not there.",
    ),
    Check(
        "arg-embedded-space",
        INFO,
        "container",
        _embedded_space,
        why="Without a shell nobody splits arguments: the program sees one unknown flag with a space in its name.",
        fix="Write flag and value as two items, or join them with `=`.",
    ),
)
