"""Checks of disconnected installs: what an ImageSetConfiguration of oc-mirror brings into the cluster's own registry.

Sources: oc-mirror of OpenShift 4.20 (`mirror.openshift.io` v1alpha2 and v2alpha1), `config.openshift.io` mirror sets. Which
channel is a package's default is not known here: a package without channels is not judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.check.images.references import image_of
from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.errors import did_you_mean
from mintage.tree.layers import Resource
from mintage.tree.objects import Object, at, items, mapping
from mintage.tree.recipes import repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.tree import Tree

_FILE = re.compile(r"(?:image-?set|oc-?mirror|isc)[^/]*\.ya?ml$", re.IGNORECASE)
_INSIDE = ("image-registry.openshift-image-registry.svc", "localhost", "registry.local")
_MIRRORS = ("imageDigestMirrors", "imageTagMirrors", "repositoryDigestMirrors")


def _configurations(tree: Tree) -> list[Object]:
    """Return the ImageSetConfigurations: those among the objects, and those in files that are called like one."""
    found = [item for item in tree.objects if _is_configuration(item)]
    known = {place.file for item in found for place in item.locate()}
    for path in tree.files.paths if tree.files else ():
        if _FILE.search(path) and path not in known:
            assert tree.files is not None
            found += (
                Object(part.value, (Resource(tree.files, part, ()),))
                for part in tree.files.parts(path)
                if isinstance(part.value, dict)
            )
    return [item for item in found if _is_configuration(item)]


def _is_configuration(item: Object) -> bool:
    return item.kind == "ImageSetConfiguration" and item.group == "mirror.openshift.io"


def _packages(configuration: Object) -> Iterator[dict[str, Any]]:
    for _, catalog in items(configuration.document, "mirror", "operators"):
        yield from (package for _, package in items(catalog, "packages"))


def _channel_not_mirrored(tree: Tree) -> Iterator[Hit]:
    found = tree.once(_configurations)
    if not found or any(_is_full(configuration) for configuration in found):
        return
    packages: dict[str, set[str]] = {}
    for package in (package for configuration in found for package in _packages(configuration)):
        channels = {str(channel.get("name")) for _, channel in items(package, "channels")}
        packages.setdefault(str(package.get("name")), set()).update(channels or {""})
    other = (Other("the mirrored set", found[0], ("mirror", "operators")),)
    for item in tree.of("Subscription", group="operators.coreos.com"):
        name, channel = item.spec.get("name"), item.spec.get("channel")
        if not isinstance(name, str) or not packages:
            continue
        if name not in packages:
            message = f"package `{name}` is not mirrored"
            yield Hit(message, "add it to the ImageSetConfiguration", item, ("spec", "name"), others=other)
        elif isinstance(channel, str) and channel not in packages[name] and "" not in packages[name]:
            yield Hit(
                f"channel `{channel}` of `{name}` is not mirrored",
                did_you_mean(channel, packages[name]),
                item,
                ("spec", "channel"),
                others=other,
            )


def _is_full(configuration: Object) -> bool:
    """Tell whether a catalog is mirrored as a whole."""
    return any(
        catalog.get("full") is True or not items(catalog, "packages")
        for _, catalog in _catalogs(configuration)
    )


def _catalogs(configuration: Object) -> list[tuple[int, dict[str, Any]]]:
    return items(configuration.document, "mirror", "operators")


def _image_not_mirrored(tree: Tree) -> Iterator[Hit]:
    images = {repository(name) for item in tree.once(_configurations) for name in _additional(item)}
    if not images:
        return
    mirrors = tuple(_mirrors(tree))
    seen: set[str] = set()
    for root in tree.roots:
        for container in root.containers:
            image = image_of(container)
            name = repository(image)
            if not image or name in seen or name in images or name.startswith((*_INSIDE, *mirrors)):
                continue
            seen.add(name)
            yield Hit(
                f"image `{name}` is not mirrored",
                "add it to `mirror.additionalImages` of the ImageSetConfiguration",
                container.owner,
                (*container.path, "image"),
            )


def _additional(item: Object) -> Iterator[str]:
    for _, image in items(item.document, "mirror", "additionalImages"):
        if isinstance(image.get("name"), str):
            yield image["name"].removeprefix("docker://")


def _mirrors(tree: Tree) -> Iterator[str]:
    """Yield the registries that the cluster pulls from already, and those it is told to replace as a whole."""
    for item in tree.of("ImageDigestMirrorSet", "ImageTagMirrorSet", "ImageContentSourcePolicy"):
        for field in _MIRRORS:
            for _, entry in items(item.spec, field):
                found = at(entry, "mirrors")
                hosts = found if isinstance(found, list) else []
                yield from (host for host in hosts if isinstance(host, str))
    for item in tree.once(_configurations):
        url = mapping(item.document, "storageConfig", "registry").get("imageURL")
        if isinstance(url, str) and "$" not in url:
            yield url.partition("/")[0]


CHECKS = (
    Check(
        "olm-channel-not-mirrored",
        WARNING,
        "tree",
        _channel_not_mirrored,
        why="In a disconnected cluster a Subscription to a channel that was not mirrored finds no operator and waits for ever.",
        fix="Mirror the channel, or subscribe to one that is mirrored.",
    ),
    Check(
        "image-not-mirrored",
        WARNING,
        "tree",
        _image_not_mirrored,
        why="In a disconnected cluster an image that was not mirrored cannot be pulled.",
        fix="Add the image to the ImageSetConfiguration.",
    ),
)
