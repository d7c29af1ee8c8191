"""Dockerfiles are read as BuildKit reads them, and what builds them is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.tree.files import Files
from mintage.tree.recipes import Build, Instruction, builds, parse, recipes, repository

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **files: str) -> Files:
    """Write files; `__` in a name stands for a slash, and `_DOT_` for a dot."""
    for name, text in files.items():
        target = folder / name.replace("__", "/").replace("_DOT_", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Files(folder)


def test_instructions_go_on_over_lines_comments_and_empty_lines() -> None:
    """The place is that of the first line."""
    text = "# syntax=docker/dockerfile:1\nFROM a AS b\nRUN one \\\n  # why\n\n  && two \\\n  && three\nUSER 1000\n"
    assert [(found.keyword, found.text, found.line) for found in parse(text)] == [
        ("FROM", "a AS b", 2),
        ("RUN", "one && two && three", 3),
        ("USER", "1000", 8),
    ]


def test_the_exec_form_and_flags_are_parsed() -> None:
    """What only looks like JSON is a shell command."""
    copy, entry, broken = parse(
        'COPY --from=build --chown=1:1 ["a b", "/c"]\nENTRYPOINT ["python", "x.py"]\nCMD [ -f x ] && y\n'
    )
    assert copy == Instruction(
        "COPY", '["a b", "/c"]', 1, {"from": "build", "chown": "1:1"}, ("a b", "/c"), exec=True
    )
    assert entry.words == ("python", "x.py")
    assert entry.exec
    assert not broken.exec


def test_what_is_nested_too_deep_for_json_is_a_shell_command() -> None:
    """As is all else that only begins like JSON."""
    (found,) = parse(f"CMD {'[' * 100_000}\n")
    assert not found.exec


def test_here_documents_belong_to_their_instruction() -> None:
    """Their lines are no instructions."""
    run, copy, user = parse("RUN <<EOF\nFROM nowhere\nEOF\nCOPY <<-'A' <<B /x/\none\nA\ntwo\nB\nUSER 1\n")
    assert run.heredocs == ("FROM nowhere",)
    assert copy.heredocs == ("one", "two")
    assert (user.keyword, user.line) == ("USER", 9)


def test_another_escape_character_is_obeyed() -> None:
    """Windows paths end in a backslash."""
    assert [found.text for found in parse("# escape=`\nRUN a `\n b\nWORKDIR c:\\\n")] == ["a b", "c:\\"]


@pytest.mark.parametrize(
    "text", ["", "\n\n# only a comment\n", "RUN \\", "RUN <<EOF\nnever ends", "\\\n\\\n", "FROM"]
)
def test_broken_recipes_end(text: str) -> None:
    """Whatever is cut off is read as far as it goes."""
    assert len(list(parse(text))) <= 1


def test_recipes_are_found_by_their_names(tmp_path: Path) -> None:
    """With the name of the image that the path tells; templates and ignore files are none."""
    files = write(
        tmp_path,
        images__server__Dockerfile="FROM a\n",
        docker__Containerfile_DOT_worker="FROM a\n",
        docker__trainer_DOT_Dockerfile="FROM a\n",
        images__gym__image_DOT_yaml="name: gym\n",
        docker__Dockerfile_DOT_dockerignore="x\n",
        docker__Dockerfile_DOT_j2="FROM {{ a }}\n",
    )
    found = {recipe.file: recipe.name for recipe in recipes(files)}
    assert found == {
        "docker/Containerfile.worker": "worker",
        "docker/trainer.Dockerfile": "trainer",
        "images/gym/image.yaml": "gym",
        "images/server/Dockerfile": "server",
    }


def test_stages_know_their_base_and_name(tmp_path: Path) -> None:
    """The last stage is the image."""
    files = write(
        tmp_path, Dockerfile="ARG V=1\nFROM --platform=linux/amd64 a:$V AS build\nRUN x\nFROM build\nUSER 1\n"
    )
    found = recipes(files)[0].stages
    assert [(stage.base, stage.name, [own.keyword for own in stage.instructions]) for stage in found] == [
        ("a:$V", "build", ["RUN"]),
        ("build", "", ["USER"]),
    ]


WORKFLOW = """on: push
env:
  IMAGE: ghcr.io/acme/server
jobs:
  build:
    steps:
    - uses: docker/build-push-action@v6
      with:
        context: server
        file: server/docker/Dockerfile
        tags: |
          ${{ env.IMAGE }}:${{ github.sha }}
          ${{ env.IMAGE }}:latest
    - run: |
        docker build -t ghcr.io/acme/worker:${GITHUB_SHA} \\
          --build-arg A=b worker && echo done
      working-directory: images
"""


def test_workflows_say_what_they_build(tmp_path: Path) -> None:
    """By the action and by commands, with variables that have a plain value."""
    files = write(tmp_path, _DOT_github__workflows__ci_DOT_yaml=WORKFLOW)
    path = ".github/workflows/ci.yaml"
    assert builds(files) == (
        Build("ghcr.io/acme/server", "server/docker/Dockerfile", "server", path, 12),
        Build("ghcr.io/acme/server", "server/docker/Dockerfile", "server", path, 13),
        Build("ghcr.io/acme/worker", "images/worker/Dockerfile", "images/worker", path, 15),
    )


def test_a_makefile_says_what_it_builds(tmp_path: Path) -> None:
    """A recipe that is not where it seems to be may be found from another folder: nothing is said of it."""
    text = "IMG ?= quay.io/acme/server\n\nimage:\n\tpodman build -t $(IMG):1.0 -f Dockerfile .\n"
    assert builds(write(tmp_path, sub__Makefile=text)) == (
        Build("quay.io/acme/server", "", None, "sub/Makefile", 4),
    )
    files = write(tmp_path, sub__Dockerfile="FROM a\n")
    assert builds(files) == (Build("quay.io/acme/server", "sub/Dockerfile", "sub", "sub/Makefile", 4),)


@pytest.mark.parametrize("text", ["jobs: [", "jobs: {a: {steps: [5, {run: 7}]}}", "5", "jobs: {a: 5}", ""])
def test_a_workflow_that_is_none_builds_nothing(tmp_path: Path, text: str) -> None:
    """However it is broken."""
    assert builds(write(tmp_path, _DOT_github__workflows__ci_DOT_yaml=text)) == ()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("a", "a"),
        ("a:1", "a"),
        ("r:5000/a", "r:5000/a"),
        ("r:5000/a:1@sha256:0", "r:5000/a"),
        ("r/a@sha256:0", "r/a"),
    ],
)
def test_a_repository_has_no_tag(image: str, expected: str) -> None:
    """A port of the registry is none."""
    assert repository(image) == expected
