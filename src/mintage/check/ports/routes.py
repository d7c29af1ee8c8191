"""Paths of probes against the routes in the sources of first-party images.

A route is any text in the sources that begins with `/`: what is not there at all is not served by them. Only containers
that run a script of this repository, of an image that the settings call first-party, are judged.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check.interface import WARNING, Check, Hit
from mintage.check.serving.command_line import command_lines
from mintage.errors import MintageError, did_you_mean
from mintage.tree.objects import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container
    from mintage.tree.tree import Tree

_ROUTE = re.compile(r"""(?P<quote>["'])(?P<path>/[\w./{}:<>*-]*)(?P=quote)""")
_HAS_ROUTES = re.compile(r"@\w+(?:\.\w+)*\.(?:get|post|route|api_route|head)\(|add_api_route|add_route|add_url_rule|do_GET|web\.get\(")
_ANYTHING = re.compile(r"start_http_server|make_wsgi_app|make_asgi_app|StaticFiles|FileResponse|SimpleHTTPRequestHandler|include_router\(\s*\w+\.|\.mount\(|ray\.init")
_LARGEST = 1_000_000


def _probe_path_unknown(container: Container, tree: Tree) -> Iterator[Hit]:
    if not any(fnmatchcase(_repository(container.image), _repository(pattern)) for pattern in tree.rules.first_party):
        return
    script = _script(container, tree)
    if script is None:
        return
    routes = tree.once(_routes)
    if routes is None:
        return
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        path = at(container.document, probe, "httpGet", "path")
        if isinstance(path, str) and path.startswith("/") and not _is_served(path, routes):
            yield Hit(
                f"{probe} of container `{container.name}` asks `{path}`, a route that no source of this repository names",
                did_you_mean(path, routes),
                container.owner,
                (*container.path, probe, "httpGet", "path"),
            )


def _repository(image: str) -> str:
    return re.split(r"@|:(?=[^/]*$)", image)[0]


def _script(container: Container, tree: Tree) -> str | None:
    """Return the script of this repository that a container runs."""
    words = [word.text for line in command_lines(container) for word in line.words if word.text.endswith(".py")]
    paths = tree.files.paths if tree.files is not None else ()
    for word in words:
        tail = word.lstrip("./").removeprefix("app/")
        for path in paths:
            if path == tail or path.endswith(f"/{tail}"):
                return path
    return None


def _routes(tree: Tree) -> frozenset[str] | None:
    """Return the paths that the repository's Python sources name; None where they may serve any path."""
    found: set[str] = set()
    serves = False
    for path in tree.files.paths if tree.files is not None else ():
        if not path.endswith(".py"):
            continue
        try:
            assert tree.files is not None
            text = tree.files.text(path, _LARGEST)
        except MintageError:
            return None
        if _ANYTHING.search(text):
            return None
        serves = serves or bool(_HAS_ROUTES.search(text))
        found.update(match["path"] for match in _ROUTE.finditer(text))
    return frozenset(found) if serves else None


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
