"""Promise: no text in a foreign file makes a regular expression take long."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mintage.check.tables.security import secret_token

_SECONDS = 5
# Where the pattern is, how it is used, and a text over which it once took from seconds to hours.
_CASES = (
    ("mintage.check.gitops.applications", "_PARAMETER.sub('*', {})", "'{' * 100_000"),
    ("mintage.check.gitops.applications", "_REMOTE.findall({})", "'\\n' * 100_000"),
    ("mintage.check.images.recipes", "_SEPARATORS.split({})", "' ' * 100_000"),
    ("mintage.check.network.queries", "_LABEL_VALUES.fullmatch({})", "'label_values(' + ' ' * 100_000"),
    ("mintage.check.serving.command_line", "_ARITHMETIC.sub('', {})", "'$((' * 33_000"),
    ("mintage.check.gitops.surroundings", "_is_made({}, 'a/b')", "'-o ' * 33_000"),
    ("mintage.tree.blame", "_NAMED_PATH.findall({})", "'path(' * 20_000"),
    ("mintage.tree.blame", "_MALFORMED.search({})", "'yaml: line 1: ' * 7_000"),
    ("mintage.tree.kustomization", "_REMOTE.search({})", "'/' * 100_000"),
    ("mintage.tree.recipes", "_ASSIGNED.findall({})", "'\\n' * 100_000"),
    ("mintage.check.tables.security", "secret_token({})", "'0a' * 150_000"),
    ("mintage.check.tables.security", "secret_token({})", "'0a' * 150_000 + '://'"),
    ("mintage.check.tables.security", "secret_token({})", "'://' + 'a' * 300_000"),
)


@pytest.mark.parametrize(("module", "use", "text"), _CASES)
def test_a_long_text_is_searched_quickly(module: str, use: str, text: str) -> None:
    """Each in a process of its own, as nothing else ends a match that takes long."""
    name = use.split("(", maxsplit=1)[0].split(".", maxsplit=1)[0]
    code = f"from {module} import {name}; {use.format(text)}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=_SECONDS)


@pytest.mark.parametrize(
    "value",
    ["postgres://u:secret1@db/x", "X=1redis://u:secret1@h", "Amqp://u:secret1@h", ".a+b://u:secret1@h"],
)
def test_a_password_in_a_url_is_found(value: str) -> None:
    """Whatever stands before the scheme."""
    assert secret_token(value) == "password in a URL"
    assert secret_token(value.replace(":secret1", "")) is None
