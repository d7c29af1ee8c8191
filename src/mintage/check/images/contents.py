"""What a Dockerfile puts into its image, by path: the files of the repository, and where there may be others.

Follows COPY and ADD through stages. What a RUN makes is not known: commands that fetch or move files leave the image
open, and an open image is not asked what is missing in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mintage.errors import MintageError
from mintage.tree.files import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.tree.files import Files
    from mintage.tree.recipes import Instruction, Recipe

# Commands of RUN that may bring files of their own.
_FETCHES = re.compile(
    r"\b(?:git\s+clone|curl|wget|tar|unzip|mv|cp|ln|rsync|aws\s+s3|gsutil|huggingface-cli|hf\s+download|make|cmake|go\s+build|cargo|npm|yarn|pnpm)\b|>"
)
_BUILT = frozenset(
    {"dist", "build", "target", "out", "bin", "node_modules", ".next", "public", "release", "artifacts"}
)
_BUILT_SUFFIXES = (
    ".whl",
    ".jar",
    ".war",
    ".tar.gz",
    ".tgz",
    ".zip",
    ".deb",
    ".rpm",
    ".so",
    ".onnx",
    ".safetensors",
    ".gguf",
)


@dataclass
class Contents:
    """An image as far as it is known. `open` says that there may be other files anywhere."""

    workdir: str = ""  # empty where the base image says
    files: dict[str, str] = field(default_factory=dict)  # path in the image -> path in the repository
    folders: set[str] = field(default_factory=set)
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    open: bool = False

    def resolve(self, path: str, workdir: str = "") -> str:
        """Return an absolute path, or an empty one where nobody knows the working directory."""
        start = workdir or self.workdir
        if path.startswith("/"):
            return joined("/", path)
        return joined(start, path) if start else ""

    def lacks(self, path: str) -> bool:
        """Tell whether a file surely is not in the image: its folder is ours, and nothing else writes there."""
        if self.open or path in self.files:
            return False
        return any(
            str(parent) in self.folders for parent in PurePosixPath(path).parents if str(parent) != "/"
        )


def contents(recipe: Recipe, files: Files, context: str | None = None) -> Contents:
    """Return what a recipe puts into its image; `context` is the folder that the build gets, guessed if it is None."""
    done: list[tuple[str, Contents]] = []
    ignored = ignores(files, recipe.file, context if context is not None else context_of(recipe, files))
    for stage in recipe.stages:
        base = next((made for name, made in done if name and name == stage.base), None)
        made = _copy_of(base) if base else Contents()
        for instruction in stage.instructions:
            _apply(made, instruction, recipe, files, context, ignored, done)
        done.append((stage.name, made))
    return done[-1][1] if done else Contents(open=True)


def _copy_of(base: Contents) -> Contents:
    return Contents(
        base.workdir, dict(base.files), set(base.folders), base.entrypoint, base.command, base.open
    )


def _apply(
    made: Contents,
    instruction: Instruction,
    recipe: Recipe,
    files: Files,
    context: str | None,
    ignored: tuple[str, ...],
    done: list[tuple[str, Contents]],
) -> None:
    words = instruction.words
    if instruction.keyword == "WORKDIR" and words:
        made.workdir = "" if "$" in words[0] else made.resolve(words[0])
    elif instruction.keyword in {"COPY", "ADD"}:
        if "from" in instruction.flags:
            _copy_from(made, instruction, done)
        else:
            _copy(
                made,
                instruction,
                files,
                context if context is not None else context_of(recipe, files),
                ignored,
            )
    elif instruction.keyword == "RUN":
        made.open = made.open or bool(_FETCHES.search(" ".join((instruction.text, *instruction.heredocs))))
    elif instruction.keyword == "ENTRYPOINT":
        made.entrypoint, made.command = (words if instruction.exec else ("sh", "-c", instruction.text)), None
    elif instruction.keyword == "CMD":
        made.command = words if instruction.exec else ("sh", "-c", instruction.text)


def _copy_from(made: Contents, instruction: Instruction, done: list[tuple[str, Contents]]) -> None:
    wanted = instruction.flags["from"]
    source = next((stage for number, (name, stage) in enumerate(done) if wanted in {name, str(number)}), None)
    if source is None or len(instruction.words) != 2 or "$" in instruction.text:
        made.open = True
        return
    start, target = instruction.words
    start, target = source.resolve(start), made.resolve(target)
    made.open = made.open or source.open or not start or not target
    for path, own in source.files.items():
        if path == start or path.startswith(f"{start.rstrip('/')}/"):
            made.files[joined(target, path.removeprefix(start).lstrip("/")) if path != start else target] = (
                own
            )
    made.folders.add(target)


def _copy(
    made: Contents, instruction: Instruction, files: Files, context: str | None, ignored: tuple[str, ...]
) -> None:
    *sources, target = instruction.words or ("",)
    if not sources or "$" in instruction.text or instruction.heredocs or context is None:
        made.open = True
        return
    place = made.resolve(target)
    if not place:
        made.open = True
        return
    is_folder = target.endswith(("/", ".")) or len(sources) > 1 or place in {made.workdir, *made.folders}
    for source in sources:
        if "://" in source or source.startswith("git@"):
            made.open = True
            continue
        is_file = joined(context, source.lstrip("/")) in files.present
        for path, inner in matched(files, context, source):
            if not _is_ignored(path, context, ignored):
                made.files[place if is_file and not is_folder else joined(place, inner)] = path
        # A single file may lie beside others of the base image.
        if not is_file or (is_folder and made.workdir and f"{place}/".startswith(f"{made.workdir}/")):
            made.folders.add(place)


def matched(files: Files, context: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a source of COPY means: path in the repository, and path below the target if that is a folder."""
    wanted = joined(context, source.lstrip("/") or ".")
    if wanted in files.present:
        yield wanted, wanted.rpartition("/")[2]
        return
    for path in files.paths:
        if wanted == "." or path.startswith(f"{wanted}/"):
            yield path, path if wanted == "." else path.removeprefix(f"{wanted}/")
        elif "*" in wanted or "?" in wanted or "[" in wanted:
            depth = wanted.count("/") + 1
            first = "/".join(path.split("/")[:depth])
            if fnmatchcase(first, wanted):
                yield path, path.removeprefix(f"{first}/") if first != path else path.rpartition("/")[2]


def copied(recipe: Recipe) -> Iterator[tuple[Instruction, str]]:
    """Yield the paths that a recipe copies from its context, with the instruction of each."""
    for stage in recipe.stages:
        for instruction in stage.instructions:
            if (
                instruction.keyword not in {"COPY", "ADD"}
                or "from" in instruction.flags
                or instruction.heredocs
            ):
                continue
            for source in instruction.words[:-1]:
                if not ("$" in source or "://" in source or source.startswith(("git@", "<<"))):
                    yield instruction, source


def context_of(recipe: Recipe, files: Files) -> str | None:
    """Return the folder that a recipe was written for: the nearest above it that has all it copies; None for none."""
    wanted = [source for _, source in copied(recipe) if not is_built(source)]
    for folder in (str(parent) for parent in PurePosixPath(recipe.file).parents):
        if all(_is_there(files, folder, source) for source in wanted):
            return folder
    return None


def _is_there(files: Files, context: str, source: str) -> bool:
    wanted = joined(context, source.lstrip("/") or ".")
    if wanted in files.present or wanted == "." or files.is_folder(wanted):
        return True
    return any(sign in wanted for sign in "*?[") and any(True for _ in matched(files, context, source))


def is_built(source: str) -> bool:
    """Tell whether a path looks like what a build makes before the image is built."""
    parts = source.strip("/").split("/")
    return (
        bool(_BUILT & set(parts)) or source.endswith(_BUILT_SUFFIXES) or (len(parts) > 1 and parts[0] == "")
    )


def absent(recipe: Recipe, files: Files, contexts: Iterable[str]) -> Iterator[tuple[Instruction, str, bool]]:
    """Yield the sources that a build does not find in any of its contexts, and whether a `.dockerignore` hides them."""
    found = list(contexts)
    for instruction, source in copied(recipe):
        if is_built(source):
            continue
        there = [context for context in found if _is_there(files, context, source)]
        if not there:
            yield instruction, source, False
        elif all(_is_hidden(files, recipe.file, context, source) for context in there):
            yield instruction, source, True


def _is_hidden(files: Files, recipe: str, context: str, source: str) -> bool:
    patterns = ignores(files, recipe, context)
    paths = [path for path, _ in matched(files, context, source)]
    return bool(patterns and paths) and all(_is_ignored(path, context, patterns) for path in paths)


def ignores(files: Files, recipe: str, context: str | None) -> tuple[str, ...]:
    """Return the patterns of the `.dockerignore` that a build obeys."""
    for path in (f"{recipe}.dockerignore", joined(context, ".dockerignore") if context is not None else ""):
        if path in files.present:
            try:
                lines = files.text(path, 100_000).splitlines()
            except MintageError:
                return ()
            return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    return ()


def _is_ignored(path: str, context: str, patterns: tuple[str, ...]) -> bool:
    inner = path if context == "." else path.removeprefix(f"{context}/")
    hidden = False
    for pattern in patterns:
        wanted = pattern.removeprefix("!").strip("/")
        if _covers(wanted.removeprefix("./"), inner):
            hidden = not pattern.startswith("!")
    return hidden


def _covers(pattern: str, path: str) -> bool:
    """Tell whether a pattern of Docker means a path or a folder above it; `**` is any number of folders."""
    candidates = [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]
    if pattern.startswith("**/"):
        rest = pattern.removeprefix("**/")
        return any(fnmatchcase(found, rest) or fnmatchcase(found, f"*/{rest}") for found in candidates)
    return any(
        (fnmatchcase(found, pattern) and found.count("/") == pattern.count("/")) or found == pattern
        for found in candidates
    )
