"""The recipes of images in a repository: Dockerfiles, folders `images/NAME` with an `image.yaml`, and what builds them.

Reads Dockerfiles as BuildKit does (Dockerfile frontend 1.7: continuation lines, comments between them, here-documents,
several stages, the exec form). Runs nothing, expands no variables but those that a file gives a plain value.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from mintage.errors import MintageError
from mintage.tree.files import joined
from mintage.tree.objects import Once, at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.files import Files

_NAME = re.compile(r"(?:(?P<first>.+)\.)?(?:Dockerfile|Containerfile|dockerfile)(?:[.-](?P<last>[^.]+))?")
_OWN = re.compile(r"(?:.*/)?images/(?P<name>[^/]+)/image\.yaml")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")
_ESCAPE = re.compile(r"^#\s*escape\s*=\s*(\S)", re.IGNORECASE)
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S+))?\s+")
_NOT_A_RECIPE = frozenset({"dockerignore", "md", "j2", "tmpl", "template", "in", "txt"})
MAX_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile; `words` are its arguments without flags, `exec` tells the JSON form."""

    keyword: str
    text: str
    line: int
    flags: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    exec: bool = False
    heredocs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """The instructions after a FROM, the FROM itself left out."""

    base: str
    name: str
    line: int
    instructions: tuple[Instruction, ...]


@dataclass(eq=False)
class Recipe(Once):
    """One recipe: its file, the name of the image as far as the path tells it, and the instructions of a Dockerfile.

    A folder `images/NAME` with an `image.yaml` has no instructions: `is_own`.
    """

    file: str
    name: str
    text: str

    @property
    def folder(self) -> str:
        """The folder of the file."""
        return str(PurePosixPath(self.file).parent)

    @property
    def is_own(self) -> bool:
        """Whether it is an image of this project's own format."""
        return self.file.endswith("image.yaml")

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions in order; none for the own format."""
        return () if self.is_own else tuple(parse(self.text))

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order; the last one is the image."""
        found: list[tuple[Instruction, list[Instruction]]] = []
        for instruction in self.instructions:
            if instruction.keyword == "FROM":
                found.append((instruction, []))
            elif found:
                found[-1][1].append(instruction)
        return tuple(_stage(first, rest) for first, rest in found)


def _stage(first: Instruction, rest: list[Instruction]) -> Stage:
    words = first.words
    is_named = len(words) > 2 and words[1].upper() == "AS"
    return Stage(words[0] if words else "", words[2] if is_named else "", first.line, tuple(rest))


def parse(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile; what is no instruction is left out."""
    lines = text.splitlines()
    escape = next((found[1] for line in lines[:5] if (found := _ESCAPE.match(line))), "\\")
    number = 0
    while number < len(lines):
        start = number
        joined_text, number = _logical(lines, number, escape)
        if not joined_text:
            continue
        keyword, _, rest = joined_text.partition(" ")
        documents: list[str] = []
        if keyword.upper() in {"RUN", "COPY", "ADD"}:
            for _, end in _HEREDOC.findall(rest):
                document, number = _heredoc(lines, number, end)
                documents.append(document)
        yield _instruction(keyword.upper(), rest.strip(), start + 1, tuple(documents))


def _logical(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """Return the text of the instruction that begins at a line, empty for none, and the number of the line after it."""
    parts: list[str] = []
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if line.startswith("#") or (parts and not line):
            if parts:
                continue
            return "", number
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line.removesuffix(escape).strip())
    return " ".join(part for part in parts if part).replace("\t", " "), number


def _heredoc(lines: list[str], number: int, end: str) -> tuple[str, int]:
    body = []
    while number < len(lines) and lines[number].strip() != end:
        body.append(lines[number])
        number += 1
    return "\n".join(body), number + 1


def _instruction(keyword: str, rest: str, line: int, heredocs: tuple[str, ...]) -> Instruction:
    flags: dict[str, str] = {}
    text = f"{rest} "
    while found := _FLAG.match(text):
        flags[found[1]] = found[2] or ""
        text = text[found.end() :].lstrip()
    text = text.strip()
    if text.startswith("["):
        try:
            words = json.loads(text)
        except (ValueError, RecursionError):
            words = None
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return Instruction(keyword, text, line, flags, tuple(words), exec=True, heredocs=heredocs)
    return Instruction(keyword, text, line, flags, tuple(split(text)), heredocs=heredocs)


def split(text: str) -> list[str]:
    """Return the words of a shell command, or those between spaces where its quotes do not match."""
    try:
        return shlex.split(text, posix=True)
    except ValueError:
        return text.split()


def recipes(files: Files) -> tuple[Recipe, ...]:
    """Return the recipes among files."""
    found = []
    for path in files.paths:
        name = _recipe_name(path)
        if name is not None:
            try:
                found.append(Recipe(path, name, files.text(path, MAX_BYTES)))
            except MintageError:
                continue  # too large for a recipe, or not readable: other checks say so
    return tuple(found)


def _recipe_name(path: str) -> str | None:
    """Return the name of the image that a file is the recipe of, empty at the top; None for other files."""
    if own := _OWN.fullmatch(path):
        return own["name"]
    file = PurePosixPath(path)
    found = _NAME.fullmatch(file.name)
    if found is None or (found["last"] or "") in _NOT_A_RECIPE:
        return None
    return found["first"] or found["last"] or file.parent.name


@dataclass(frozen=True, slots=True)
class Build:
    """Something in the repository that builds an image: its repository without a tag, Dockerfile, and context.

    `recipe` is the file it names, whether it exists or not; empty where nobody can tell. `context` is None where nobody can tell.
    """

    image: str
    recipe: str
    context: str | None
    file: str
    line: int


_BUILDER = re.compile(
    r"\b(?:docker|podman|nerdctl)(?:\s+buildx|\s+image)?\s+build\b|\bbuildah\s+(?:bud|build)\b"
)
_ASSIGNED = re.compile(
    r"^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*[:?]?=[^\S\n]*[\"']?([^\s\"'$`]+)[\"']?[^\S\n]*$",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:\{\{\s*env\.(\w+)\s*\}\}|\{(\w+)\}|\((\w+)\)|(\w+))")
_WITH_VALUE = frozenset(
    {
        "-t", "--tag", "-f", "--file", "--build-arg", "--platform", "--target", "--cache-from", "--cache-to", "--label", "--secret",
        "--ssh", "--output", "-o", "--progress", "--network", "--iidfile", "--format", "--build-context", "--annotation",
    }
)  # fmt: skip


def builds(files: Files) -> tuple[Build, ...]:
    """Return what GitHub workflows, Makefiles and shell scripts build."""
    found: list[Build] = []
    for path in files.paths:
        name = PurePosixPath(path)
        is_workflow = path.startswith(".github/workflows/") and name.suffix in {".yaml", ".yml"}
        if not (is_workflow or name.name in {"Makefile", "justfile"} or name.suffix in {".sh", ".mk"}):
            continue
        try:
            text = files.text(path, MAX_BYTES)
        except MintageError:
            continue
        if is_workflow:
            found += _of_workflow(path, text)
        elif _BUILDER.search(text):
            found += _of_script(path, text, dict(_ASSIGNED.findall(text)), str(name.parent), files)
    return tuple(found)


def _of_workflow(path: str, text: str) -> Iterator[Build]:
    try:
        document = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - makes text only
    except (yaml.YAMLError, RecursionError):
        return
    for job in mapping(document, "jobs").values():
        values = {**mapping(document, "env"), **mapping(job, "env")}
        steps = at(job, "steps")
        for step in steps if isinstance(steps, list) else ():
            known = {**values, **mapping(step, "env")}
            if str(at(step, "uses", default="")).startswith("docker/build-push-action"):
                yield from _of_action(path, text, mapping(step, "with"), known)
            elif isinstance(run := at(step, "run"), str) and _BUILDER.search(run):
                folder = at(step, "working-directory", default=".")
                yield from _of_script(path, run, known, str(folder), None, text)


def _of_action(path: str, text: str, inputs: dict[str, Any], values: dict[str, Any]) -> Iterator[Build]:
    context = filled(str(inputs.get("context", ".")), values)
    recipe = filled(str(inputs["file"]), values) if "file" in inputs else joined(context, "Dockerfile")
    is_known = "$" not in f"{context}{recipe}" and "://" not in context
    for tag in re.split(r"[,\n]", str(inputs.get("tags", ""))):
        image = repository(filled(tag.strip(), values))
        if image and "$" not in image:
            place = joined("", recipe) if is_known else ""
            yield Build(
                image, place, joined("", context) if is_known else None, path, _line(text, tag.strip())
            )


def _line(text: str, part: str) -> int:
    return text[: text.find(part)].count("\n") + 1 if part in text else 1


def _of_script(
    path: str, text: str, values: dict[str, Any], folder: str, files: Files | None, whole: str = ""
) -> Iterator[Build]:
    for line in re.sub(r"\\\n", " ", text).splitlines():
        found = _BUILDER.search(line)
        if found is None or line.lstrip().startswith("#"):
            continue
        command = re.split(r"\s(?:&&|\|\||[|;&])(?:\s|$)", line[found.end() :])[0]
        yield from _of_command(
            path, split(filled(command, values)), folder, files, _line(whole or text, found[0])
        )


def _of_command(path: str, words: list[str], folder: str, files: Files | None, line: int) -> Iterator[Build]:
    options, operands = _options(words)
    context = joined(folder, operands[-1]) if operands and "$" not in operands[-1] else None
    named = [joined(folder, value) for flag, value in options if flag in {"-f", "--file"}]
    recipe = named[0] if named else joined(context, "Dockerfile") if context else ""
    if files is not None and recipe not in files.present:
        recipe, context = "", None  # scripts may run in any folder
    for flag, value in options:
        if flag in {"-t", "--tag"} and "$" not in (image := repository(value)) and image:
            yield Build(image, "" if "$" in recipe else recipe, context, path, line)


def _options(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    options, operands = [], []
    rest = iter(words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            operands.append(word)
        elif equals:
            options.append((flag, value))
        else:
            options.append((flag, next(rest, "") if flag in _WITH_VALUE else ""))
    return options, operands


def filled(text: str, values: dict[str, Any]) -> str:
    """Return a text with the variables that have a plain value; the others stay."""

    def value(found: re.Match[str]) -> str:
        name = next(group for group in found.groups() if group)
        return (
            str(values[name]) if isinstance(values.get(name), str) and "$" not in values[name] else found[0]
        )

    return _VARIABLE.sub(value, text)


def repository(image: str) -> str:
    """Return an image reference without tag and digest."""
    return re.sub(r":[^/]*$", "", image.partition("@")[0])
