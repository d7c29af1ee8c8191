"""Checks of Dockerfiles and of the workflows that build them; findings point into these files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.images.contents import absent, context_of, matched
from mintage.check.images.own import builds_of, recipes_of
from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit
from mintage.errors import Location, MintageError
from mintage.tree.recipes import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.files import Files
    from mintage.tree.recipes import Instruction, Recipe
    from mintage.tree.tree import Tree

_SEPARATORS = re.compile(r"(?:(?<!\s)\s+)?(?:&&|\|\||;|\n)\s*")
_PIP = re.compile(r"(?:.*/)?pip[\d.]*")
_PINNED = re.compile(r"===?|@|\.whl$|\.tar\.gz$|\.zip$|^https?:|^git\+\S+@\w|^\.|/")
_WITH_VALUE = frozenset(
    {
        "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-c", "--constraint", "-t", "--target", "--prefix", "--root",
        "--platform", "--python-version", "--abi", "--implementation", "--no-binary", "--only-binary", "--trusted-host", "--python",
        "--timeout", "--retries", "--cache-dir", "--progress-bar", "--upgrade-strategy", "--src", "-e", "--editable", "--torch-backend",
    }
)  # fmt: skip
_UNVERIFIED = re.compile(
    r"--allow-unauthenticated|--force-yes|trusted=yes|AllowUnauthenticated[\s=\"']+(?:true|1|yes)|AllowInsecureRepositories[\s=\"']+(?:true|1|yes)|"
    r"--no-?gpg-?checks?\b|gpgcheck\s*=\s*0|--allow-untrusted|--allow-insecure-repositories",
    re.IGNORECASE,
)
_WORKFLOW = re.compile(r"(?:.*/)?\.github/(?:workflows/)?[^/]+\.ya?ml")


def _copy_missing(tree: Tree) -> Iterator[Hit]:
    files = tree.files
    if files is None:
        return
    for recipe in tree.once(recipes_of):
        contexts = _contexts(tree, recipe)
        for instruction, source, hidden in absent(recipe, files, contexts):
            reason = "is left out by `.dockerignore`" if hidden else "is not in the repository"
            yield Hit(
                f"`{instruction.keyword} {source}`: `{source}` {reason}",
                "let `.dockerignore` include it"
                if hidden
                else "add it to the repository, or correct the path",
                place=Location(recipe.file, instruction.line, 1),
            )


def _contexts(tree: Tree, recipe: Recipe) -> list[str]:
    """Return the folders that a recipe's build may get: those that a build names, else all above it."""
    named = [build.context for build in tree.once(builds_of) if build.recipe == recipe.file]
    if named and all(context is not None for context in named):
        return [context for context in named if context is not None]
    folders = [recipe.folder]
    while folders[-1] != ".":
        folders.append(folders[-1].rpartition("/")[0] or ".")
    return folders


def _unpinned(tree: Tree) -> Iterator[Hit]:
    if tree.files is None:
        return
    for recipe in tree.once(recipes_of):
        context = context_of(recipe, tree.files)
        for instruction in recipe.instructions:
            if instruction.keyword != "RUN":
                continue
            found = [
                name for command in _commands(instruction) for name in _loose(command, tree.files, context)
            ]
            if found:
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                yield Hit(
                    f"`pip install` without a version: {', '.join(f'`{name}`' for name in found[:3])}{more}",
                    "pin versions (`name==1.2.3`), best in a lock file with hashes",
                    place=Location(recipe.file, instruction.line, 1),
                )


def _commands(instruction: Instruction) -> list[list[str]]:
    if instruction.exec:
        return [list(instruction.words)]
    texts = [
        *_SEPARATORS.split(instruction.text),
        *(line for text in instruction.heredocs for line in text.splitlines()),
    ]
    return [split(text) for text in texts if text]


def _loose(words: list[str], files: Files, context: str | None) -> Iterator[str]:
    """Yield the packages that a `pip install` takes in any version."""
    if "install" not in words or not any(_PIP.fullmatch(word) for word in words[: words.index("install")]):
        return
    rest = iter(words[words.index("install") + 1 :])
    for word in rest:
        flag, _, value = word.partition("=")
        if flag in {"-r", "--requirement", "--requirements"}:
            yield from _loose_lines(value or next(rest, ""), files, context)
        elif flag in _WITH_VALUE:
            if not value:
                next(rest, None)
        elif not word.startswith("-") and not _PINNED.search(word) and "$" not in word:
            yield word


def _loose_lines(name: str, files: Files, context: str | None) -> Iterator[str]:
    if context is None or "$" in name:
        return
    for path, _ in matched(files, context, name):
        try:
            lines = files.text(path, 500_000).splitlines()
        except MintageError:
            return
        for line in lines:
            requirement = line.partition("#")[0].partition(";")[0].strip()
            if requirement and not requirement.startswith(("-", "\\")) and not _PINNED.search(requirement):
                yield requirement


def _unauthenticated(tree: Tree) -> Iterator[Hit]:
    for recipe in tree.once(recipes_of):
        for instruction in recipe.instructions:
            found = _UNVERIFIED.search(" ".join((instruction.text, *instruction.heredocs)))
            if found and instruction.keyword in {"RUN", "COPY", "ENV"}:
                yield Hit(
                    f"`{found[0]}`: packages are installed without a check of their signatures",
                    "add the key of the repository (`signed-by=`), and drop the option",
                    place=Location(recipe.file, instruction.line, 1),
                )


def _misplaced(tree: Tree) -> Iterator[Hit]:
    if tree.files is None:
        return
    for path in tree.files.paths:
        if not _WORKFLOW.fullmatch(path) or path.startswith(".github/workflows/"):
            continue
        try:
            text = tree.files.text(path, 500_000)
        except MintageError:
            continue
        if re.search(r"^jobs:", text, re.MULTILINE) and re.search(r"^[\"']?on[\"']?:", text, re.MULTILINE):
            yield Hit(
                "a workflow that never runs: GitHub reads `.github/workflows/` at the top of the repository only",
                f"move it to `.github/workflows/{path.rpartition('/')[2]}`",
                place=Location(path, 1, 1),
            )


CHECKS = (
    Check(
        "image-copy-source-missing",
        ERROR,
        "tree",
        _copy_missing,
        why="A build stops at a COPY whose source is not in its context; it works only on the machine where the file lies about.",
        fix="Add the file to the repository, or correct the path or `.dockerignore`.",
    ),
    Check(
        "image-unpinned-deps",
        INFO,
        "tree",
        _unpinned,
        why="What is installed without a version differs from build to build: the same commit makes different images.",
        fix="Pin versions, best in a lock file with hashes.",
    ),
    Check(
        "image-apt-unauthenticated",
        WARNING,
        "tree",
        _unauthenticated,
        why="Without signatures, whoever sits between the build and the mirror decides what is in the image.",
        fix="Add the key of the package repository, and drop the option.",
    ),
    Check(
        "ci-workflow-misplaced",
        WARNING,
        "tree",
        _misplaced,
        why="GitHub runs only the workflows in the folder at the top of a repository: tests and builds elsewhere never happen.",
        fix="Move the file to `.github/workflows/` at the top.",
    ),
)
