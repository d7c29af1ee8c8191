"""Values that somebody was meant to replace: `<your-bucket>`, `CHANGE_ME`, `URL_PLACEHOLDER`.

Looks at what a root builds to, so that a base whose overlays fill it in is right. Long texts are left alone: a script or a
description may speak of a placeholder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, Check, Hit
from mintage.source import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Path
    from mintage.tree.tree import Root

_NOUNS = (
    "access|account|api|app|aws|bucket|client|cluster|company|customer|docker|domain|email|endpoint|git|github|gitlab|gcp"
    "|hf|host|hostname|hugging|image|ip|key|model|name|namespace|org|organisation|organization|password|project|quay|region"
    "|registry|repo|repository|s3|secret|server|team|tenant|token|url|user|username"
)
_PLACEHOLDER = re.compile(
    rf"""(?:
    <(?:your|my|insert|replace|change|add|enter|put|fill)[-_ ][^<>]*>
  | ^<[A-Za-z][A-Za-z0-9_ -]*>$
  | (?<![A-Za-z0-9])(?:change|replace|patch|fill|edit)[-_]?me(?![A-Za-z0-9])
  | (?<![A-Za-z0-9])your[-_](?:{_NOUNS})(?![A-Za-z0-9])
  | (?<![A-Za-z0-9])(?:replace|insert)_(?:with|your)_[A-Za-z0-9_]+
  | ^(?:to[-_]?be[-_]?(?:replaced|patched|filled|defined|set)(?:[-_ ]\w+)*|todo|tbd|xxx+|placeholder)$
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_SHOUTED = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z0-9]+_)+PLACEHOLDER(?![A-Za-z0-9])|(?<![A-Za-z0-9])PLACEHOLDER(?:_[A-Z0-9]+)*(?![A-Za-z0-9])"
)
_NOTHING = frozenset({"<none>", "<nil>", "<unknown>", "<no value>", "<all>", "<any>"})
_PROSE = frozenset(
    {
        "description",
        "summary",
        "message",
        "documentation",
        "title",
        "example",
        "comment",
        "help",
        "displayName",
    }
)
_TEMPLATES = frozenset(
    {
        "CustomResourceDefinition",
        "Template",
        "ConsoleQuickStart",
        "ClusterServiceVersion",
        "ConsoleYAMLSample",
    }
)
_LONGEST = 512
_REMEMBERED = 20_000  # texts repeat in the roots of a tree


@lru_cache(_REMEMBERED)
def placeholder_in(text: str) -> str | None:
    """Return the placeholder in a value, or None where there is none."""
    if "\n" in text or len(text) > _LONGEST or text in _NOTHING:
        return None
    found = _PLACEHOLDER.search(text) or _SHOUTED.search(text)
    return found[0] if found else None


def _placeholder_value(root: Root) -> Iterator[Hit]:
    for item in root.objects:
        if item.kind in _TEMPLATES:
            continue
        for path, value in walk(item.document):
            found = placeholder_in(value) if isinstance(value, str) else None
            if found and not _is_prose(path):
                yield Hit(
                    f"`{found}` is a placeholder that nothing replaces",
                    f"put the value in, or patch it in the overlay: {_shown(value)}",
                    item,
                    path,
                )


def _is_prose(path: Path) -> bool:
    last = path[-1] if path else ""
    return isinstance(last, str) and last.rpartition("/")[2].rpartition(".")[2] in _PROSE


def _shown(value: Any) -> str:
    text = str(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"


CHECKS = (
    Check(
        "placeholder-value",
        ERROR,
        "root",
        _placeholder_value,
        why="The value is what somebody was meant to replace: the cluster gets it as it stands.",
        fix="Put the value in, or patch it in every overlay.",
    ),
)
