"""Input that nobody should write gives a finding or an error, and never a traceback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mintage_command import validate

if TYPE_CHECKING:
    from pathlib import Path

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: shop}\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{','.join([f'*{chr(97 + step)}'] * 9)}]\n" for step in range(12)
)
# name -> files, exit code, what is said
FILES: dict[str, tuple[dict[str, str | bytes], int, str]] = {
    "broken": ({"a.yaml": MAP + "data: {a: [1,\n"}, 1, "a.yaml:5:1: error[yaml-invalid]"),
    "no manifest": ({"a.yaml": "a: [1,\nb: {\n"}, 2, "a.yaml:3:1: error[yaml-syntax]"),
    "binary": (
        {"a.yaml": bytes(range(256))},
        2,
        "a.yaml:2:118: error[yaml-encoding]: byte 0x80 is not UTF-8",
    ),
    "UTF-16": ({"a.yaml": MAP.encode("utf-16")}, 2, "error[yaml-encoding]"),
    "beside others": (
        {"a.yaml": MAP, "b.yaml": b"\xff"},
        0,
        "not read, since no YAML and no manifest by its looks: b.yaml",
    ),
    "deep": ({"a.yaml": MAP + "data: " + "{a: " * 3000 + "1" + "}" * 3000}, 1, "nested more than 64 deep"),
    "deeper": ({"a.yaml": "[" * 100_000}, 2, "nested more than 64 deep"),
    "bomb": ({"a.yaml": MAP + BOMB}, 1, "error[yaml-"),
    "in itself": ({"a.yaml": MAP + "data: &x {a: *x}\n"}, 1, "this value holds itself through an alias"),
    "tags": ({"a.yaml": MAP + "data: !!python/object:os.system {}\n"}, 1, "means nothing here"),
    "NUL": ({"a.yaml": MAP + "data: {a: 'x\0y'}\n"}, 1, "error[yaml-"),
    "types": ({"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: [1]\nspec: 3\n"}, 1, "error[schema-invalid]"),
    "does not build": (
        {"kustomization.yaml": "resources: [gone.yaml]\n"},
        1,
        "kustomization.yaml:1:13: error[kust-resource-missing]",
    ),
    "junk": (
        {"kustomization.yaml": "resources: 3\npatches: {a: 1}\nimages: [1]\n"},
        1,
        "error[kustomize-build]",
    ),
    "circle": (
        {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"},
        1,
        "error[kustomize-build]: Kustomize cannot build it",
    ),
    "remote": (
        {"kustomization.yaml": "resources: ['https://git.test/a//b?ref=v1']\n"},
        2,
        "warning[kust-remote-resource]",
    ),
    "chart": ({"kustomization.yaml": "helmCharts: [{name: a}]\n"}, 2, "warning[kust-helm-offline]"),
    "folder": ({"kustomization.yaml/a.yaml": MAP + "datum: 1\n"}, 1, "error[schema-unknown-field]"),
    "lock": ({"schemas.lock": "a: [", "a.yaml": MAP}, 2, "schemas.lock:2:1: error[yaml-syntax]"),
}


@pytest.mark.kustomize
@pytest.mark.parametrize("name", FILES)
def test_files_that_nobody_should_write(tmp_path: Path, name: str) -> None:
    """The exit code tells findings from a tree that cannot be checked."""
    files, code, said = FILES[name]
    for path, content in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = validate(tmp_path)
    assert "Traceback" not in outcome.stderr
    assert (outcome.code, said in outcome.stdout + outcome.stderr) == (code, True), outcome


def test_a_file_of_a_hundred_megabytes_is_not_read(tmp_path: Path) -> None:
    """Its size is enough."""
    (tmp_path / "a.yaml").write_text(MAP)
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    outcome = validate(tmp_path)
    assert outcome.code == 0
    assert (
        "huge.yaml: warning[file-too-large]: the file has 100,000,000 bytes; at most 20,000,000 are read"
        in (outcome.stdout)
    )


def test_odd_links_and_names(tmp_path: Path) -> None:
    """Circles, links to nothing, names that are no text, pipes."""
    (tmp_path / "a.yaml").write_text(MAP)
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    (tmp_path / "kustomization.yaml").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe.yaml")
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)  # noqa: PTH102 - a name that is no text
    with open(folder + b"/\xe9\n\x1b[31m.yaml", "w") as file:  # noqa: PTH123
        file.write(MAP.replace("one", "two") + "datum: 1\n")
    outcome = validate(tmp_path)
    assert (outcome.code, outcome.stderr) == (1, "")
    assert "2 objects in 1 root" in outcome.stdout
    assert "error[schema-unknown-field]: unknown field `datum`" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    for name in ("json", "sarif", "junit"):
        assert validate(tmp_path, "--format", name).code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root: run as somebody else")
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    """What cannot be read cannot be checked."""
    (tmp_path / "a.yaml").write_text(MAP)
    (tmp_path / "b.yaml").write_text(MAP)
    (tmp_path / "b.yaml").chmod(0)
    assert "b.yaml: error[file-unreadable]" in validate(tmp_path).stdout


def test_without_kustomize_the_rest_is_checked(tmp_path: Path) -> None:
    """That something was not built is a warning; where nothing at all was looked at, the exit code says so."""
    for folder, more in (("one", "namePrefix: x-\n"), ("two", "")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(MAP)
        (tmp_path / folder / "kustomization.yaml").write_text(f"{more}resources: [a.yaml]\n")
    nothing = validate(tmp_path, "one", env={"PATH": "/nowhere"})
    assert nothing.code == 2
    outcome = validate(tmp_path, "--only", "kustomize-missing", env={"PATH": "/nowhere"})
    assert outcome.code == 0
    assert outcome.stdout.startswith("one/kustomization.yaml: warning[kustomize-missing]: ")
    assert "no findings" not in outcome.stdout
