"""Secrets in plain sight: in variables, arguments, ConfigMaps, and in Secrets whose values stand in the repository.

What a secret looks like is a table; placeholders, references and names of Secrets are none. Encrypted files are left alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.check.structure.placeholders import placeholder_in
from mintage.check.tables.security import secret_key, secret_token, secret_value
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Tree

_NO_SECRETS = frozenset({"empty", "not-needed", "not_needed", "notneeded", "unused", "fake", "test", "n/a", "na", "any", "default", "dummy-key", "token-abc123", "sk-no-key-required"})  # fmt: skip
_SHORTEST = 4
_REMEMBERED = 20_000  # texts repeat in the roots of a tree
_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")  # of a Secret, which a key such as `authSecret` holds
_ENCRYPTED = re.compile(r"^ENC\[|^\$ANSIBLE_VAULT|^AQICA|^vault:")
_FLAG = re.compile(r"^--?(?P<name>[A-Za-z][\w-]*)=(?P<value>.+)$")
_WHOLE_SECRETS = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}
_SYNCED = re.compile(r"replicat|reflect|external-secrets|vault|inject|sync-from|kubed")
_REFERENCE_ADVICE = (
    "put it into a Secret made outside of Git (ExternalSecret, SealedSecret) and use `valueFrom.secretKeyRef`"
)
_OUT_OF_GIT = "make the Secret by an ExternalSecret or SealedSecret, or encrypt the file; and change the secret, since it was in Git"


@lru_cache(_REMEMBERED)
def _what(key: str, value: str) -> str | None:
    """Return what kind of secret a value is, by its form or by its key; None where it is none."""
    text = value.strip()
    if _ENCRYPTED.match(text) or placeholder_in(text):
        return None
    token = secret_token(text)
    if token:
        return token
    if not secret_key(key) or len(text) < _SHORTEST or text.lower() in _NO_SECRETS or "\n" in text:
        return None
    if "$(" in text or "${" in text or "{{" in text or _NAME.fullmatch(text):
        return None
    return "value" if secret_value(text) else None


def _is_encrypted(item: Object) -> bool:
    return "sops" in item.document


def _secret_plaintext(item: Object, _: Tree) -> Iterator[Hit]:
    if _is_encrypted(item):
        return
    if item.is_a("Secret", ""):
        yield from _in_secret(item)
    for container in item.containers:
        yield from _in_env(container)
        yield from _in_argv(container)


def _in_secret(item: Object) -> Iterator[Hit]:
    if known.is_filled(item):
        return
    whole = _WHOLE_SECRETS.get(str(item.document.get("type") or ""))
    for path, key, value in _values(item):
        found = _what(key, value)
        if found is None and key == whole and '"auth"' in value:
            found = "registry login"
        if found:
            yield Hit(
                f"the {found} of `{key}` stands in the repository, readable for everyone who can read it",
                _OUT_OF_GIT,
                item,
                path,
                confidential=True,
            )


def _values(item: Object) -> Iterator[tuple[Path, str, str]]:
    """Yield the values of a Secret as they are meant, with the path of each."""
    for key, value in mapping(item.document, "stringData").items():
        if isinstance(value, str):
            yield ("stringData", key), key, value
    for key, value in mapping(item.document, "data").items():
        text = _decoded(value)
        if text is not None:
            yield ("data", key), key, text


def _decoded(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=False).decode()
    except (binascii.Error, ValueError):
        return None


def _in_env(container: Container) -> Iterator[Hit]:
    for index, entry in items(container.document, "env"):
        name, value = entry.get("name"), entry.get("value")
        if isinstance(name, str) and isinstance(value, str) and (found := _what(name, value)):
            yield Hit(
                f"container `{container.name}` gets the {found} of `{name}` in plain text",
                _REFERENCE_ADVICE,
                container.owner,
                (*container.path, "env", index, "value"),
                confidential=True,
            )


def _in_argv(container: Container) -> Iterator[Hit]:
    for path, text in container.argv:
        flag = _FLAG.match(text)
        name, value = (flag["name"], flag["value"]) if flag else ("", text)
        found = _what(name, value)
        if found:
            yield Hit(
                f"an argument of container `{container.name}` holds a {found if found != 'value' else 'secret: `--' + name + '`'}",
                _REFERENCE_ADVICE,
                container.owner,
                path,
                confidential=True,
            )


def _secret_in_configmap(item: Object, _: Tree) -> Iterator[Hit]:
    if _is_encrypted(item):
        return
    for key, value in mapping(item.document, "data").items():
        found = _what(key, value) if isinstance(key, str) and isinstance(value, str) else None
        if found:
            yield Hit(
                f"the {found} of `{key}` stands in a ConfigMap, which everyone who may list ConfigMaps can read",
                _REFERENCE_ADVICE.replace("use `valueFrom.secretKeyRef`", "mount it, or use `secretKeyRef`"),
                item,
                ("data", key),
                confidential=True,
            )


def _secret_empty(item: Object, _: Tree) -> Iterator[Hit]:
    if _is_encrypted(item) or known.is_filled(item) or any(map(_SYNCED.search, item.annotations)):
        return
    for path, key, value in _values(item):
        if value.strip() == "":
            message = f"`{key}` is empty: every sync puts this over the real value"
        elif path[0] == "data" and (found := placeholder_in(value.strip())):
            message = (
                f"`{key}` holds the placeholder `{found}` in base64: every sync puts this over the real value"
            )
        else:
            continue
        yield Hit(
            message,
            "leave the Secret out of Git and declare it under `externals.secrets`, or make it by an ExternalSecret",
            item,
            path,
        )


CHECKS = (
    Check(
        "secret-plaintext",
        ERROR,
        "object",
        _secret_plaintext,
        why="Whoever can read the repository, its forks or its history has the secret; base64 hides nothing.",
        fix="Keep the value in a secret store (ExternalSecret), or encrypt it (SealedSecret, SOPS); and replace it, since it was public.",
    ),
    Check(
        "secret-in-configmap",
        ERROR,
        "object",
        _secret_in_configmap,
        why="ConfigMaps are neither encrypted at rest nor protected by the rights on Secrets.",
        fix="Move the value to a Secret.",
        kinds=frozenset({"ConfigMap"}),
    ),
    Check(
        "secret-empty",
        WARNING,
        "object",
        _secret_empty,
        why="A Secret with an empty value in Git replaces the one that somebody filled in by hand, at every sync.",
        fix="Leave the Secret out of Git and declare it as external, or make it by an ExternalSecret.",
        kinds=frozenset({"Secret"}),
    ),
)
