"""The command line of `mintage validate`: options, formats, settings, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mintage_command import validate

if TYPE_CHECKING:
    from pathlib import Path

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: one
  namespace: shop
spec:
  containers:
  - name: one
    image: registry.test/one:latest
"""
LATEST = ("--only", "image-latest")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with a pod that gives a warning."""
    (tmp_path / "pod.yaml").write_text(POD)
    return tmp_path


def test_the_exit_code_is_as_bad_as_the_findings(tree: Path) -> None:
    """By default errors fail."""
    assert [validate(tree, *LATEST, "--fail-on", level).code for level in ("error", "warning", "info")] == [
        0,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            ("--format", "jsn"),
            "--format: error[option-unknown]: `jsn` is not a value of --format\n  = did you mean `json`?\n",
        ),
        (
            ("--only", "image-latst"),
            "--only, --skip: error[check-unknown]: no check is called `image-latst`\n  = did you mean `image-latest`?\n",
        ),
        (
            ("--skip", "image/*"),
            "--only, --skip: error[check-unknown]: no check is called `image/*`\n  = did you mean `images/*`?\n",
        ),
        (
            ("--kubernetes-version", "1.99"),
            (
                "--kubernetes-version: error[kubernetes-version-unknown]: no schemas of Kubernetes 1.99: 1.25 to 1.37 are packaged\n"
                "  = name one of them; the newest is `1.37`\n"
            ),
        ),
        (
            ("--output", "."),
            (
                ".: error[write-failed]: cannot write: is a directory; nothing was changed\n"
                "  = name a file that can be written\n"
            ),
        ),
        (("--onyl", "x"), "mintage: error: unrecognized arguments: --onyl x\n  = did you mean `--only`?\n"),
    ],
)
def test_words_that_mean_nothing_are_refused(tree: Path, options: tuple[str, ...], text: str) -> None:
    """Exit code 2, with the nearest word that does."""
    outcome = validate(tree, ".", *options)
    assert (outcome.code, outcome.stderr) == (2, text)


def test_formats_are_printed_or_written(tree: Path) -> None:
    """A file gets the same text, and the terminal one line."""
    for name in ("json", "sarif", "junit", "text"):
        printed = validate(tree, *LATEST, "--format", name)
        written = validate(tree, *LATEST, "--format", name, "--output", "reports/out")
        assert (written.code, written.stdout) == (0, "reports/out: 1 finding\n")
        assert (tree / "reports/out").read_text() == printed.stdout
        assert "image-latest" in printed.stdout


def test_sarif_has_places_relative_to_the_repository(tree: Path) -> None:
    """As code scanning wants them, wherever one stands."""
    (tree / ".git").mkdir()
    (tree / "deploy").mkdir()
    (tree / "pod.yaml").rename(tree / "deploy/pod.yaml")
    (run,) = json.loads(validate(tree / "deploy", *LATEST, "--format", "sarif").stdout)["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "deploy/pod.yaml"


def test_a_reader_that_has_seen_enough_is_no_error(tree: Path) -> None:
    """As with `| head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mintage.commands.main", "validate", *LATEST]
    with os.fdopen(writer, "w") as stdout:
        done = subprocess.run(command, cwd=tree, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_colours_are_for_terminals(tree: Path) -> None:
    """Or for who asks for them."""
    assert "\x1b" not in validate(tree, *LATEST).stdout
    assert "\x1b" in validate(tree, *LATEST, "--color", "always", env={"NO_COLOR": "1"}).stdout


def test_an_encoding_that_lacks_a_letter_is_no_obstacle(tmp_path: Path) -> None:
    """A question mark takes its place."""
    (tmp_path / "ü.yaml").write_text(POD)
    outcome = validate(tmp_path, *LATEST, env={"PYTHONIOENCODING": "ascii"})
    assert (outcome.code, outcome.stdout.partition(":")[0]) == (0, "?.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kind: Validation\nvalidation:\n  failon: error\n",
            (
                "tree/mintage.yaml:3:3: error[spec-unknown-field]: unknown field `failon`\n"
                " 3 |   failon: error\n   |   ^^^^^^\n  = did you mean `failOn`?\n"
            ),
        ),
        (
            "kind: Validation\nvalidation: {skip: [image-latst]}\n",
            (
                "tree/mintage.yaml: error[check-unknown]: no check is called `image-latst`\n"
                "  = did you mean `image-latest`?\n"
            ),
        ),
        (
            "kind: Validation\nkubernetesVersion: '1.99'\n",
            (
                "tree/mintage.yaml: error[kubernetes-version-unknown]: no schemas of Kubernetes 1.99: 1.25 to 1.37 are packaged\n"
                "  = name one of them; the newest is `1.37`\n"
            ),
        ),
    ],
)
def test_broken_settings_are_told_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    """Seen from where one stands."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/pod.yaml").write_text(POD)
    (tmp_path / "tree/mintage.yaml").write_text(text)
    assert validate(tmp_path, "tree") == (2, "", said)


def test_a_file_that_is_called_like_settings_of_mintage_is_left_alone(tree: Path) -> None:
    """Another tool may have `specs/system.yaml`, too."""
    (tree / "specs").mkdir()
    (tree / "specs/system.yaml").write_text("openapi: 3.0.0\n")
    assert validate(tree, *LATEST).code == 0
