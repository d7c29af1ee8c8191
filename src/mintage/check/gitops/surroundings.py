"""What a tree counts on around it: definitions of its custom kinds, paths in its pages, models behind its names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mintage.check.gitops.applications import applications
from mintage.check.gitops.providers import names_for, on_platform
from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.errors import Location, MintageError
from mintage.tree.files import joined
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.files import Files
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Tree

_LONGEST = 1_000_000
_OF_ARGO = frozenset({"Application", "ApplicationSet", "AppProject"})  # for whoever delivers the tree
_COMMAND = re.compile(
    r"\b(?:kubectl|oc|kustomize)\s+(?:\S+\s+)*?(?:(?:-f|-k|--filename|--kustomize)[ =]|build\s+)(?P<path>[\w./-]+)(?=[\s`;|&)]|$)"
)
_MAKES = r"(?:>|-o|--output|-O|clone|mkdir|cp|tee|-d)"
_WIDEST = 2000  # the characters of a line that are looked at
_FENCE = re.compile(r"^\s*(```|~~~)")
_PATH = re.compile(r"^(?:\./)?[\w.-]+(?:/[\w.-]+)+/?$")


def _crd_provider_missing(tree: Tree) -> Iterator[Hit]:
    providers = tree.once(_providers)
    if not providers:
        return  # a tree that installs nothing, and says nothing of operators, counts on others for all
    defined = {
        str(item.at("spec", "group")) for item in tree.objects if item.kind == "CustomResourceDefinition"
    }
    first: dict[str, Object] = {}
    for root in tree.roots:
        for item in root.objects:
            if item.kind not in _OF_ARGO:
                first.setdefault(item.group, item)
    for group, item in sorted(first.items()):
        words = names_for(group)
        if words and group not in defined | on_platform() and not _brings(providers, words):
            yield Hit(
                f"nothing here installs what defines `{group}`, the group of `{item.kind}/{item.name}`",
                f"install it, or name its operator under `externals.operators`, such as `{words[0]}`",
                item,
                ("apiVersion",),
            )


def _brings(providers: frozenset[str], words: tuple[str, ...]) -> bool:
    return any(word in provider for provider in providers for word in words)


def _providers(tree: Tree) -> frozenset[str]:
    """Return the names of what a tree installs or is told to be installed; none where neither is the case."""
    found = set(tree.externals.operators)
    installs = False
    for item in tree.objects:
        if item.is_a("Subscription", "operators.coreos.com"):
            installs = True
            found.add(str(item.spec.get("name")))
        elif item.is_a("HelmRelease") or item.is_a("HelmChart"):
            installs = True
            found.update((item.name, str(item.at("spec", "chart", "spec", "chart", default=""))))
    for application in applications(tree):
        for source in application.sources:
            installs = installs or "chart" in source.document
            found.update((application.name, source.repository, str(source.document.get("chart", ""))))
    for kustomization in tree.kustomizations.values():
        charts = (chart for _, chart in items(kustomization.document, "helmCharts"))
        found.update(str(chart.get("name")) for chart in charts)
        found.update(entry.name for entry in kustomization.resources if entry.is_remote)
    known = installs or bool(tree.externals.operators)
    return frozenset(name.lower() for name in found if name) if known else frozenset()


def _docs_path_missing(tree: Tree) -> Iterator[Hit]:
    files = tree.files
    for page in files.paths if files else ():
        if page.endswith(".md"):
            assert files is not None
            try:
                lines = files.text(page, _LONGEST).split("\n")
            except MintageError:
                continue  # another check says that it cannot be read
            yield from _dead_commands(files, page, lines)


def _dead_commands(files: Files, page: str, lines: list[str]) -> Iterator[Hit]:
    """Report commands in the code of a page that apply a path which is nowhere in the tree, nor made by the page."""
    text = "\n".join(lines)
    fenced = False
    for number, line in enumerate(lines, start=1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        for found in _COMMAND.finditer(line[:_WIDEST]) if fenced else ():
            path = found["path"]
            made = _is_made(text, path)
            if (
                _PATH.match(path)
                and not path.startswith("..")
                and not made
                and not _is_anywhere(files, page, path)
            ):
                yield Hit(
                    f"the page applies `{path}`, which does not exist",
                    "correct the path",
                    place=Location(page, number, found.start("path") + 1, len(path)),
                )


def _is_made(text: str, path: str) -> bool:
    """Tell whether a page itself makes, fetches or writes what a path leads to, or the folder it begins with."""
    parts = path.removeprefix("./").rstrip("/").split("/")
    names = "|".join(re.escape(part) for part in (parts[0], parts[-1]))
    return re.search(rf"{_MAKES}\s+(?:-\S+\s+){{0,20}}\S*(?:{names})\b", text) is not None


def _is_anywhere(files: Files, page: str, path: str) -> bool:
    """Tell whether a path leads somewhere from the top, from the page, or from any folder a reader may stand in."""
    tail = joined(".", path)
    places = (tail, joined(page.rpartition("/")[0] or ".", path))
    if any(os.path.lexists(files.root / place) for place in places):
        return True
    known = (*files.folders, *files.present)
    return any(place.endswith(f"/{tail}") for place in known)


# Families of models by the names that their publishers use on Hugging Face.
_FAMILIES = (
    "llama", "mixtral", "mistral", "qwen", "gemma", "deepseek", "granite", "falcon", "phi", "nemotron", "gpt-oss", "starcoder",
    "olmo", "glm", "kimi", "minimax", "smollm", "whisper",
)  # fmt: skip
_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:[.]\d+)?)b(?![a-z0-9])", re.IGNORECASE)
_URI = re.compile(r"^(?:hf|oci|s3|gs|pvc|modelcar)://")
_SERVERS = frozenset({"vllm", "vllm-openai"})


def _name_model_mismatch(item: Object, tree: Tree) -> Iterator[Hit]:
    """Report servers whose name says another family or size of model than the one that they load.

    A smaller model that stands in for the named one in one environment is no mistake.
    """
    for path, model in _models(item):
        what = _mismatch(item.name, model)
        if not what or _is_stand_in(item, tree):
            continue
        yield Hit(
            f"`{item.kind}/{item.name}` is named after another {what} of model than the one it loads, `{model}`",
            "rename it, or correct the model",
            item,
            path,
            others=(Other("the name", item, ("metadata", "name")),),
        )


def _mismatch(name: str, model: str) -> str:
    """Return in what a name and a model differ; empty where they fit, or do not say."""
    for what, read in (("family", _families), ("size", _sizes)):
        named, loaded = read(name.lower()), read(model.lower())
        if named & {size.replace(".", "") for size in loaded}:  # `06b` is 0.6: names of objects have no dots
            continue
        if named and loaded and not named & loaded:
            return what
    return ""


def _is_stand_in(item: Object, tree: Tree) -> bool:
    """Tell whether another environment loads the model that the name says."""
    twins = (other for other in tree.of(item.kind, group=item.group) if other.name == item.name)
    return any(not _mismatch(item.name, model) for twin in twins for _, model in _models(twin))


def _families(text: str) -> set[str]:
    return {family for family in _FAMILIES if re.search(rf"(?<![a-z]){family}", text)}


def _sizes(text: str) -> set[str]:
    """Return the sizes in billions that a text names; `0-5b` in a name is 0.5 or 5, the dot is not allowed there."""
    dashed = re.sub(r"(?<=[0-9])[-p](?=[0-9]+b)", ".", text)
    return {
        f"{found[1] + 'x' if found[1] else ''}{found[2]}"
        for candidate in (text, dashed)
        for found in _SIZE.finditer(candidate)
    }


def _models(item: Object) -> Iterator[tuple[Path, str]]:
    """Yield the models that an object says it serves, with the path of each."""
    for field in (("spec", "model", "uri"), ("spec", "predictor", "model", "storageUri")):
        value = item.at(*field)
        if isinstance(value, str) and "{" not in value and "$" not in value:
            yield field, _URI.sub("", value)
    containers = [container for container in item.containers if not container.init]
    found = [each for container in containers for each in _served(container)]
    if len(found) == 1:
        yield from found


def _served(container: Container) -> Iterator[tuple[Path, str]]:
    argv = container.argv
    for position, (path, text) in enumerate(argv):
        value = text.removeprefix("--model=") if text.startswith("--model=") else ""
        before = argv[position - 1][1] if position else ""
        after_serve = (
            before == "serve" and position > 1 and argv[position - 2][1].rpartition("/")[2] in _SERVERS
        )
        if before == "--model" or after_serve:
            value = text
        if value and not value.startswith(("-", "/")) and "$" not in value and "{" not in value:
            yield path, value


CHECKS = (
    Check(
        "crd-provider-missing",
        WARNING,
        "tree",
        _crd_provider_missing,
        why="The API server refuses objects of a kind that nothing has defined, and the sync of the application with them.",
        fix="Install the operator, or declare that the cluster has it.",
    ),
    Check(
        "docs-path-missing",
        WARNING,
        "tree",
        _docs_path_missing,
        why="Whoever follows the page stops at the first command.",
        fix="Correct the path in the page.",
    ),
    Check(
        "name-model-mismatch",
        WARNING,
        "object",
        _name_model_mismatch,
        why="Clients, dashboards and people go by the name: they talk to another model than they believe.",
        fix="Name the server after the model that it loads.",
    ),
)
