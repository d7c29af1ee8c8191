"""The arguments of a vLLM server in a container: flags by their full names, the model, the release.

Understands `vllm serve`, `python -m vllm.entrypoints.openai.api_server`, the same in a shell script, images whose entry
point is the server, and the models of KServe. Pure; flags of any release are understood where the release is unknown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from mintage.check.serving.command_line import CommandLine, Word, command_lines, shell_commands
from mintage.check.tables import vllm_flags, vllm_parser, vllm_version
from mintage.check.tables.files import split_image, table
from mintage.check.tables.versions import version
from mintage.tree.objects import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mintage.check.tables import Flag, Version
    from mintage.tree.objects import Container, Path

_MODULES = frozenset({"vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server"})
# Images whose entry point is the server (docker/Dockerfile of vllm-project/vllm, opendatahub-io/vllm and llm-d/llm-d), so
# that a container without a command gives it arguments only.
_ENTRY_POINT = re.compile(
    r"(?:.*/)?(?:vllm-openai(?:-\w+)?|vllm-(?:cpu-)?release-repo|vllm-\w+-rhel9|odh-vllm-\w+|modh/vllm|llm-d(?:-cuda|-aws|-gke|-rocm|-xpu|-cpu|-hpu)?)"
)
_SIGNS = ("vllm", "llm-d")
_LIKELY = re.compile(r"(?:.*[-_/])?vllm(?:[-_].*)?")
_TELLING = ("--model=", "--served-model-name=", "--model", "--served-model-name")
ADDITIONAL = "VLLM_ADDITIONAL_ARGS"  # what the containers of an LLMInferenceService append (kserve/kserve v0.16, config/llmisvcconfig)
_PLUGIN = re.compile(
    r"hpu|gaudi|spyre|tpu|neuron|ascend|npu"
)  # platforms outside of vLLM, with flags and variables of their own
_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_NEGATION = "--no-"
_FORMATS = frozenset({"vllm", "huggingface"})


@dataclass(frozen=True, slots=True)
class Argument:
    """A flag as it stands on the command line.

    `name` is its full name, that of the positive form for `--no-…`; the text as written, underscores made dashes, where
    vLLM knows no such flag (`flag` is None) or cannot tell which one is meant (`meanings` has several).
    """

    spelling: str
    name: str
    path: Path
    values: tuple[Word, ...] = ()
    flag: Flag | None = None
    key: str = ""  # behind the dot of `--compilation-config.level`
    negated: bool = False
    abbreviated: bool = False
    meanings: tuple[str, ...] = ()

    @property
    def value(self) -> str | None:
        """The value, the first of several; None where there is none or only the running pod knows it."""
        return self.values[0].text if self.values and self.values[0].is_literal else None

    @property
    def value_path(self) -> Path:
        """Where the value stands: the word itself in an argv, else the flag's place."""
        return self.values[0].path if self.values else self.path


@dataclass(frozen=True)
class VllmArgs:
    """What a vLLM server is told.

    `release` is None where the image does not tell. `complete` is False where more arguments may come from elsewhere: a
    shell's variables, a template, a runtime, a file named by `--config`. `plain` is False for servers that may know further
    flags and variables (KServe's Hugging Face server, platform plugins, images that only look like vLLM).
    """

    container: Container
    arguments: tuple[Argument, ...]
    positional: tuple[Word, ...]
    release: Version | None
    complete: bool
    plain: bool

    @cached_property
    def flags(self) -> Mapping[str, Argument]:
        """The arguments by full name; the last of a name wins. Dotted ones are left out."""
        return {argument.name: argument for argument in self.arguments if not argument.key}

    def get(self, name: str) -> Argument | None:
        """Return a flag by its full name, such as `--tensor-parallel-size`, or None where it is not given."""
        return self.flags.get(name)

    def text(self, name: str) -> str | None:
        """Return a flag's literal value, or None."""
        found = self.get(name)
        return found.value if found else None

    def integer(self, name: str) -> int | None:
        """Return a flag's value as a number, or None where it is not given or is no literal whole number."""
        found = self.text(name)
        return int(found) if found is not None and re.fullmatch(r"[-+]?\d{1,15}", found) else None

    def switch(self, name: str) -> bool | None:
        """Return whether a flag without a value is on (`--no-…` is off), or None where it is not given."""
        found = self.get(name)
        return None if found is None else not found.negated

    def json(self, name: str) -> dict[str, Any] | None:
        """Return a flag's JSON mapping with the keys that follow after dots, or None where nobody can read it."""
        found: dict[str, Any] = {}
        given = [argument for argument in self.arguments if argument.name == name]
        for argument in given:
            if argument.value is None:
                return None
            if argument.key:
                found[argument.key] = argument.value
                continue
            try:
                loaded = json.loads(argument.value)
            except (ValueError, RecursionError):
                return None
            if not isinstance(loaded, dict):
                return None
            found |= loaded
        return found if given else None

    @cached_property
    def model_word(self) -> Word | None:
        """The word that names the model: the first operand, or the value of `--model`."""
        named = self.get("--model")
        if named is not None and named.values:
            return named.values[0]
        return self.positional[0] if self.positional else None

    @property
    def model(self) -> str | None:
        """The model's name or folder; None where it is not given or only the running pod knows it."""
        return self.model_word.text if self.model_word and self.model_word.is_literal else None

    @property
    def served_names(self) -> tuple[str, ...] | None:
        """The names that clients may ask for; None where nobody knows them."""
        given = self.get("--served-model-name")
        if given is not None:
            texts = tuple(word.text for word in given.values)
            return texts if texts and all(word.is_literal for word in given.values) else None
        return (self.model,) if self.model and self.complete else None


def parse(container: Container) -> VllmArgs | None:
    """Return the arguments of the vLLM server in a container, or None where it is not known to be one."""
    answers: dict[Container, VllmArgs | None] = container.owner.once(_answers)
    if container not in answers:
        answers[container] = _parse(container)
    return answers[container]


def _answers(_: Any) -> dict[Container, VllmArgs | None]:
    return {}


def _parse(container: Container) -> VllmArgs | None:
    found = _server(container) if _may_be(container) else None
    if found is None:
        return None
    line, plain, module = found
    release = vllm_version(container.image)
    known = (vllm_flags(release) if release else None) or any_flags()
    arguments, positional = _arguments(line.words, known)
    operands = () if module else tuple(positional)  # the module takes none
    complete = line.complete and "--config" not in {argument.name for argument in arguments}
    plain = plain and _PLUGIN.search(split_image(container.image)[0]) is None
    return VllmArgs(container, tuple(arguments), operands, release, complete, plain)


def _may_be(container: Container) -> bool:
    """Tell whether a container may be a server at all; most are none, and their scripts need not be read."""
    if container.owner.group == "serving.kserve.io" or any(sign in container.image for sign in _SIGNS):
        return True
    return any("vllm" in text for _, text in container.argv)


@cache
def any_flags() -> Mapping[str, Flag]:
    """Return the flags of all releases by every spelling; the latest meaning of each."""
    known: dict[str, Flag] = {}
    for release in table("vllm")["releases"]:
        known |= vllm_flags(version(release)) or {}
    return known


def _server(container: Container) -> tuple[CommandLine, bool, bool] | None:
    """Return the words after the server's name, whether it is vLLM's own server, and whether it is run as a module."""
    if container.pod.role == "predictor" and container.path[-1] in {"model", "huggingface"}:
        return _kserve_model(container)
    found = [after for line in command_lines(container) if (after := _after_name(line)) is not None]
    if found:
        line, module = found[0]
        return CommandLine(line.words, line.complete and len(found) == 1), True, module
    if container.document.get("command"):
        return None
    if container.owner.kind.startswith("LLMInferenceService"):
        return _kserve_template(container)
    return _entry_point(container)


def _after_name(line: CommandLine) -> tuple[CommandLine, bool] | None:
    words = line.words
    for index, word in enumerate(words):
        following = words[index + 1].text if index + 1 < len(words) else ""
        if word.name == "vllm" and following == "serve":
            return CommandLine(words[index + 2 :], line.complete), False
        if word.text == "-m" and following in _MODULES:
            return CommandLine(words[index + 2 :], line.complete), True
    return None


def _entry_point(container: Container) -> tuple[CommandLine, bool, bool] | None:
    repository = split_image(container.image)[0]
    plain = _ENTRY_POINT.fullmatch(repository) is not None
    words = tuple(word for line in command_lines(container) for word in line.words)
    told = any(word.text.startswith(_TELLING) for word in words)
    if not plain and not (told and _LIKELY.fullmatch(repository) and "sim" not in repository):
        return None
    if words and words[0].text == "serve":
        words = words[1:]
    elif not words or not words[0].text.startswith("-"):
        plain = plain and bool(words) and not container.init
        if not told:
            return None  # some other command of an image that has no entry point
    return CommandLine(words, all("{{" not in word.text for word in words)), plain, False


def _kserve_model(container: Container) -> tuple[CommandLine, bool, bool] | None:
    name = at(container.document, "modelFormat", "name")
    named = str(name).lower() if container.path[-1] == "model" else "huggingface"
    if named not in _FORMATS:
        return None
    words = tuple(word for line in command_lines(container) for word in line.words)
    return CommandLine(words, complete=False), named == "vllm", True


def _kserve_template(container: Container) -> tuple[CommandLine, bool, bool] | None:
    if container.name != "main":
        return None
    words = [word for line in command_lines(container) for word in line.words]
    if (more := container.env.get(ADDITIONAL)) and isinstance(more[1].get("value"), str):
        for line in shell_commands(more[1]["value"], (*more[0], "value")):
            words += line.words
    return CommandLine(tuple(words), complete=False), True, True


def _arguments(words: Sequence[Word], known: Mapping[str, Flag]) -> tuple[list[Argument], list[Word]]:
    arguments: list[Argument] = []
    positional: list[Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if not _is_flag(word.text):
            positional.append(word)
            continue
        argument, joined = _recognised(word, known)
        rest = () if joined else tuple(_values(argument, words[index:]))
        index += len(rest)
        values = (Word(joined.text, word.path),) if joined else rest
        arguments.append(replace(argument, values=values))
    return arguments, positional


def _is_flag(text: str) -> bool:
    if not text.startswith("-") or text == "-" or _NEGATIVE_NUMBER.fullmatch(text):
        return False
    return " " not in text.partition("=")[0]


def _values(argument: Argument, words: Sequence[Word]) -> Iterator[Word]:
    takes = argument.flag.takes if argument.flag else "optional"
    if takes in {"nothing", "switch"} and not argument.key:
        return
    for word in words:
        if _is_flag(word.text):
            return
        yield word
        if takes != "list":
            return


def _recognised(word: Word, known: Mapping[str, Flag]) -> tuple[Argument, Word | None]:
    """Return the flag of a word, and the value that is joined to it."""
    spelling, equals, value = word.text.partition("=")
    joined = Word(value, word.path) if equals else None
    if not spelling.startswith("--"):
        short = vllm_parser()["joined"]
        if spelling not in known and spelling.startswith(short) and short in known:
            joined, spelling = Word(spelling.removeprefix(short), word.path), short
        flag = known.get(spelling)
        return Argument(spelling, flag.name if flag else spelling, word.path, flag=flag), joined
    long, _, key = spelling.partition(".")
    long = long.replace("_", "-")
    if flag := known.get(long):
        negated = long != flag.name and long.startswith(_NEGATION)
        return Argument(spelling, flag.name, word.path, flag=flag, key=key, negated=negated), joined
    meanings = _meanings(long, known)
    if len(meanings) != 1:
        return Argument(spelling, long, word.path, key=key, meanings=meanings), joined
    flag = known[meanings[0]]
    negated = meanings[0] != flag.name and meanings[0].startswith(_NEGATION)
    return Argument(
        spelling,
        flag.name,
        word.path,
        flag=flag,
        key=key,
        negated=negated,
        abbreviated=True,
        meanings=meanings,
    ), joined


def _meanings(long: str, known: Mapping[str, Flag]) -> tuple[str, ...]:
    """Return the long flags that a text is the beginning of."""
    if long == "--":
        return ()
    return tuple(sorted(name for name in known if name.startswith(long)))
