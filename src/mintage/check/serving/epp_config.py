"""The configurations of endpoint pickers in a root: texts in ConfigMaps and arguments, and KServe's inline mappings.

A configuration knows the picker that reads it (for its release and flags) and where each part of it stands: the line of
the text in its file, if the file shows the text as it is. Texts that are no YAML, and templates, are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.check.interface import Hit, Other
from mintage.check.serving.command_line import Word, command_lines
from mintage.check.tables.epp import EppVersion, epp_version
from mintage.check.tables.files import split_image, table
from mintage.errors import Location, MintageError
from mintage.source import Document, read_all
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

_KIND = "EndpointPickerConfig"
_FILE_FLAGS = ("--config-file", "--configFile")
_TEXT_FLAGS = ("--config-text", "--configText")
_POOL_FLAGS = ("--pool-name", "--poolName")
_LIMIT = 1_000_000
_BLOCK = re.compile(r"[|>][0-9+-]*\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class PickerFlag:
    """A flag of a picker: its name with two dashes, its literal value if it has one, the places of both."""

    name: str
    value: str | None
    path: Path
    value_path: Path


@dataclass(frozen=True, eq=False)
class Picker:
    """A container that runs an endpoint picker. `release` is None where its image does not tell."""

    container: Container
    release: EppVersion | None

    @cached_property
    def flags(self) -> tuple[PickerFlag, ...]:
        """Its flags, as Go reads them: one dash or two, the value after `=` or in the next word."""
        words = [word for line in command_lines(self.container) for word in line.words]
        return tuple(_go_flags(words))

    def flag(self, *names: str) -> PickerFlag | None:
        """Return the last flag of some names."""
        return next((flag for flag in reversed(self.flags) if flag.name in names), None)

    def value(self, *names: str) -> str | None:
        """Return the literal value of the last flag of some names."""
        found = self.flag(*names)
        return found.value if found else None

    @property
    def pool(self) -> str | None:
        """The name of its InferencePool."""
        return self.value(*_POOL_FLAGS)


def _go_flags(words: list[Word]) -> Iterator[PickerFlag]:
    for index, word in enumerate(words):
        if not word.text.startswith("-") or not word.text.strip("-"):
            continue
        name, equals, value = word.text.partition("=")
        follows = words[index + 1] if index + 1 < len(words) else None
        holder = word if equals or follows is None or follows.text.startswith("-") else follows
        literal = value if equals else (holder.text if holder is not word else None)
        known = literal is not None and "$(" not in literal and "{{" not in literal
        yield PickerFlag(f"--{name.lstrip('-')}", literal if known else None, word.path, holder.path)


@dataclass(frozen=True, eq=False)
class EppConfig:
    """One configuration. `text` is None where it is no text but a part of the object itself."""

    value: dict[str, Any]
    subject: Object
    path: Path
    tree: Tree
    text: str | None = None
    document: Document | None = None
    picker: Picker | None = None
    llm_service: Object | None = None

    @property
    def release(self) -> EppVersion | None:
        """The release of the picker that reads it, if anybody knows."""
        return self.picker.release if self.picker else None

    @cached_property
    def plugins(self) -> tuple[tuple[int, dict[str, Any]], ...]:
        """The declared plugins with their indexes."""
        return tuple(items(self.value, "plugins"))

    @cached_property
    def profiles(self) -> tuple[tuple[int, dict[str, Any]], ...]:
        """The scheduling profiles with their indexes."""
        return tuple(items(self.value, "schedulingProfiles"))

    @cached_property
    def by_name(self) -> dict[str, dict[str, Any]]:
        """The plugins by the name under which profiles refer to them: their own, or their type."""
        return {name_of(plugin): plugin for _, plugin in self.plugins if name_of(plugin)}

    def of_type(self, *types: str) -> tuple[tuple[int, dict[str, Any]], ...]:
        """Return the plugins of some types."""
        return tuple((index, plugin) for index, plugin in self.plugins if plugin.get("type") in types)

    def roles(self, plugin: dict[str, Any]) -> tuple[str, ...] | None:
        """Return what a plugin does, which is the same in every release; None where its type is in none that is known."""
        found = table("epp")["plugins"].get(str(plugin.get("type")))
        return tuple(found["roles"]) if found else None

    def hit(
        self,
        message: str,
        advice: str,
        path: Path,
        *,
        on_key: bool = False,
        others: tuple[Other, ...] = (),
    ) -> Hit:
        """Return a finding about a part of the configuration."""
        if self.text is None:
            return Hit(message, advice, self.subject, (*self.path, *path), on_key, others=others)
        place = self.place(path, on_key=on_key)
        return Hit(message, advice, self.subject, self.path, place=place, others=others)

    def other(self, text: str, path: Path) -> Other:
        """Return a part of the configuration as the other end of a relation."""
        if self.text is None:
            return Other(text, self.subject, (*self.path, *path))
        return Other(text, self.subject, self.path, self.place(path))

    def place(self, path: Path, *, on_key: bool = False) -> Location | None:
        """Return where a part of the text stands in its file; None where the file does not show the text as it is."""
        if self.document is None or self.text is None:
            return None
        inner = self.document.locate_key(path) if on_key else self.document.locate(path)
        outer = next(iter(self.subject.locate(self.path)), None)
        if inner is None or outer is None or self.tree.files is None:
            return None
        source = self._source_file(outer)
        if source is not None:
            return Location(source, inner.line, inner.column, inner.width)
        return _in_block(self.tree, outer, inner, self.text)

    def _source_file(self, outer: Location) -> str | None:
        """Return the file of which a generator makes the text."""
        assert self.tree.files is not None
        for kustomization in self.tree.kustomizations.values():
            if kustomization.file != outer.file:
                continue
            for entry in kustomization.named_files:
                if entry.field != "configMapGenerator" or entry.target not in self.tree.files.present:
                    continue
                if self.tree.files.text(entry.target) == self.text:
                    return entry.target
        return None


def name_of(plugin: dict[str, Any]) -> str:
    """Return the name of a plugin: its own, or else its type; empty where it has neither."""
    found = plugin.get("name") or plugin.get("type")
    return found if isinstance(found, str) else ""


def _in_block(tree: Tree, outer: Location, inner: Location, text: str) -> Location | None:
    """Return the place in a block of text that begins at the `|` of a key."""
    assert tree.files is not None
    lines = tree.files.text(outer.file).splitlines()
    wanted = text.splitlines()
    if not (0 < outer.line <= len(lines) and 0 < inner.line <= len(wanted)):
        return None
    if not _BLOCK.match(lines[outer.line - 1][outer.column - 1 :]):
        return None
    number = outer.line + inner.line
    if number > len(lines) or lines[number - 1].strip() != wanted[inner.line - 1].strip():
        return None
    own, shown = wanted[inner.line - 1], lines[number - 1]
    indent = (len(shown) - len(shown.lstrip())) - (len(own) - len(own.lstrip()))
    return Location(outer.file, number, inner.column + indent, inner.width)


def pickers(root: Root) -> tuple[Picker, ...]:
    """Return the endpoint pickers of a root."""
    return root.once(_pickers)


def _pickers(root: Root) -> tuple[Picker, ...]:
    return tuple(
        Picker(container, epp_version(container.image)) for container in root.containers if _picks(container)
    )


def _picks(container: Container) -> bool:
    if container.init:
        return False
    repository = split_image(container.image)[0]
    if any(re.fullmatch(entry["match"], repository) for entry in table("epp")["images"]):
        return True
    if container.pod.role == "scheduler":
        return container.name == "main"
    names = {text.partition("=")[0] for _, text in container.argv}
    return bool(names & set(_POOL_FLAGS)) and bool(names & {*_FILE_FLAGS, *_TEXT_FLAGS})


def configs(root: Root) -> tuple[EppConfig, ...]:
    """Return the configurations of a root, each once for every picker that reads it, or once without any."""
    return root.once(_configs)


def _configs(root: Root) -> tuple[EppConfig, ...]:
    found = [config for picker in pickers(root) for config in _of_picker(root, picker)]
    read = {(id(config.subject), config.path) for config in found}
    found += [config for config in _inline(root) if (id(config.subject), config.path) not in read]
    for item in root.of("ConfigMap", group=""):
        for key, text in mapping(item.document, "data").items():
            if (id(item), ("data", key)) not in read and isinstance(text, str) and _KIND in text:
                found += _from_text(root, item, ("data", key), text, None)
    return tuple(found)


def _of_picker(root: Root, picker: Picker) -> Iterator[EppConfig]:
    item = picker.container.owner
    if (given := picker.flag(*_TEXT_FLAGS)) and given.value is not None:
        yield from _from_text(root, item, given.value_path, given.value, picker)
    if (given := picker.flag(*_FILE_FLAGS)) and given.value is not None:
        found = _mounted(root, picker.container, given.value)
        if found is not None:
            yield from _from_text(root, found[0], ("data", found[1]), found[2], picker)
    inline = item.at(*_INLINE)
    if picker.container.pod.role == "scheduler" and isinstance(inline, dict):
        yield EppConfig(inline, item, _INLINE, root.tree, picker=picker, llm_service=_service(item))


_SCHEDULER = ("spec", "router", "scheduler")
_INLINE = (*_SCHEDULER, "config", "inline")
# Where people put the text though the API has no such field: the schema says so, the text is judged all the same.
_TEXTS = ((*_SCHEDULER, "endpointPickerConfig"), (*_SCHEDULER, "config"), _INLINE)


def _inline(root: Root) -> Iterator[EppConfig]:
    for item in root.of("LLMInferenceService", "LLMInferenceServiceConfig"):
        inline = item.at(*_INLINE)
        if isinstance(inline, dict):
            yield EppConfig(inline, item, _INLINE, root.tree, llm_service=_service(item))
        for path in _TEXTS:
            if isinstance(text := item.at(*path), str):
                yield from _from_text(root, item, path, text, None, _service(item))
        yield from _referenced(root, item)


def _referenced(root: Root, item: Object) -> Iterator[EppConfig]:
    reference = mapping(item.spec, "router", "scheduler", "config", "ref")
    found = root.find("ConfigMap", str(reference.get("name")), item.namespace)
    key = str(reference.get("key"))
    text = at(found.document, "data", key) if found else None
    if found and isinstance(text, str):
        yield from _from_text(root, found, ("data", key), text, None, _service(item))


def _service(item: Object) -> Object | None:
    return item if item.kind == "LLMInferenceService" else None


def _from_text(
    root: Root, item: Object, path: Path, text: str, picker: Picker | None, service: Object | None = None
) -> Iterator[EppConfig]:
    if "{{" in text or len(text) > _LIMIT:
        return
    try:
        documents = read_all("", text.encode(), max_bytes=_LIMIT, max_nodes=100_000)
    except (MintageError, UnicodeEncodeError):
        return
    for document in documents[:1]:
        if isinstance(document.value, dict) and document.value.get("kind") == _KIND:
            owner = picker.container.owner if picker and picker.container.pod.role == "scheduler" else None
            service = service or (_service(owner) if owner else None)
            yield EppConfig(document.value, item, path, root.tree, text, document, picker, service)


def _mounted(root: Root, container: Container, path: str) -> tuple[Object, str, str] | None:
    """Return the ConfigMap, key and text of a file in a container."""
    for _, mount in items(container.document, "volumeMounts"):
        folder = str(mount.get("mountPath") or "").rstrip("/")
        whole = path == folder and mount.get("subPath")
        if not whole and not path.startswith(f"{folder}/"):
            continue
        inner = str(mount["subPath"]) if whole else path.removeprefix(f"{folder}/")
        for _, volume in items(container.pod.spec, "volumes"):
            if volume.get("name") == mount.get("name"):
                return _in_volume(root, container, mapping(volume, "configMap"), inner)
    return None


def _in_volume(
    root: Root, container: Container, volume: dict[str, Any], name: str
) -> tuple[Object, str, str] | None:
    found = root.find("ConfigMap", str(volume.get("name")), container.pod.namespace)
    if found is None:
        return None
    keys = {str(item.get("path")): str(item.get("key")) for _, item in items(volume, "items")}
    key = keys.get(name, name) if keys else name
    text = at(found.document, "data", key)
    return (found, key, text) if isinstance(text, str) else None
