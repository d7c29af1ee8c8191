"""Paths of probes against the routes in the sources of first-party images.

A route is any text in the sources that begins with `/`: what is not there at all is not served by them. Only containers
that run a script of this repository, in an image that it builds, are judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.images.own import known_contents, made_for
from mintage.check.interface import WARNING, Check, Hit
from mintage.check.serving.command_line import command_lines
from mintage.errors import MintageError, did_you_mean
from mintage.tree.objects import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.images.contents import Contents
    from mintage.tree.objects import Container, Path
    from mintage.tree.tree import Tree

_ROUTE = re.compile(r"""(?P<quote>["'])(?P<path>/[\w./{}:<>*-]*)(?P=quote)""")
_HAS_ROUTES = re.compile(
    r"@\w+(?:\.\w+)*\.(?:get|post|route|api_route|head)\(|add_api_route|add_route|add_url_rule|do_GET|web\.get\("
)
_ANYTHING = re.compile(
    r"start_http_server|make_wsgi_app|make_asgi_app|StaticFiles|FileResponse|SimpleHTTPRequestHandler|include_router\(\s*\w+\.|\.mount\(|ray\.init"
)
_LARGEST = 1_000_000


def _probe_path_unknown(container: Container, tree: Tree) -> Iterator[Hit]:
    asked = [(path, value) for path, value in _asked(container) if value.startswith("/") and "$" not in value]
    image = made_for(container, tree) if asked else None
    inside = known_contents(tree, image) if image is not None else None
    if inside is None or inside.open:
        return
    routes = (
        _routes(tree, sorted(set(inside.files.values()))) if _runs_own_script(container, inside) else None
    )
    for path, value in asked if routes is not None else ():
        if not _is_served(value, routes or frozenset()):
            yield Hit(
                f"{path[-3]} of container `{container.name}` asks `{value}`, a route that no source in its image names",
                did_you_mean(value, routes or ()),
                container.owner,
                path,
            )


def _asked(container: Container) -> Iterator[tuple[Path, str]]:
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        value = at(container.document, probe, "httpGet", "path")
        if isinstance(value, str):
            yield (*container.path, probe, "httpGet", "path"), value


def _runs_own_script(container: Container, inside: Contents) -> bool:
    """Tell whether a container runs a Python file of the repository; a server that was installed has routes of its own."""
    workdir = container.document.get("workingDir")
    words = (word.text for line in command_lines(container) for word in line.words)
    return any(
        inside.resolve(text, workdir if isinstance(workdir, str) else "") in inside.files
        for text in words
        if text.endswith(".py")
    )


def _routes(tree: Tree, sources: list[str]) -> frozenset[str] | None:
    """Return the paths that Python sources name; None where they may serve any path."""
    found: set[str] = set()
    has_routes = False
    for path in sources:
        if not path.endswith(".py"):
            continue
        try:
            assert tree.files is not None
            text = tree.files.text(path, _LARGEST)
        except MintageError:
            return None
        if _ANYTHING.search(text):
            return None
        has_routes = has_routes or bool(_HAS_ROUTES.search(text))
        found.update(match["path"] for match in _ROUTE.finditer(text))
    return frozenset(found) if has_routes else None


def _is_served(path: str, routes: frozenset[str]) -> bool:
    """Tell whether a path is a route, or ends with one: a router may put a prefix before it."""
    plain = path.partition("?")[0].rstrip("/")
    return any(_serves(route.rstrip("/"), plain) for route in routes)


def _serves(route: str, path: str) -> bool:
    fixed, parameter, _ = route.partition("{")
    if parameter:
        return path.startswith(fixed)
    return route == path or (route != "" and path.endswith(route))


CHECKS = (
    Check(
        "probe-path-unknown",
        WARNING,
        "container",
        _probe_path_unknown,
        why="The server answers 404 to the probe: the container is restarted, or never gets requests.",
        fix="Ask a route that the server has.",
    ),
)
