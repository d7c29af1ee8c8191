"""What well-known servers listen on: which flag sets the port, and the port without it.

Sources: vLLM 0.6-0.11 `vllm/entrypoints/openai/cli_args.py` and `api_server.py`, SGLang `server_args.py`, the help of uvicorn 0.30,
TensorBoard 2.17, Streamlit 1.38, MLflow 2.16, Triton 24.08 (`tritonserver --help`), the llm-d routing sidecar 0.2-0.4 and Gateway
API inference extension 0.5-1.4 (flags of the endpoint picker).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.check.serving.command_line import Word, command_lines
from mintage.tree.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.command_line import CommandLine
    from mintage.tree.objects import Container, Path


@dataclass(frozen=True, slots=True)
class Listening:
    """A port that a program listens on: number, flag that says so, place of its value; `default` where no flag does."""

    program: str
    flag: str
    number: int
    path: Path
    default: bool = False


# Program (the last part of a word of its command line) -> flags that set a port.
_FLAGS: dict[str, tuple[str, ...]] = {
    "vllm": ("--port",),
    "vllm.entrypoints.openai.api_server": ("--port",),
    "vllm.entrypoints.api_server": ("--port",),
    "sglang.launch_server": ("--port",),
    "uvicorn": ("--port",),
    "hypercorn": (),
    "tensorboard": ("--port",),
    "streamlit": ("--server.port",),
    "mlflow": ("--port", "-p"),
    "text-generation-launcher": ("--port", "-p"),
    "llama-server": ("--port",),
    "tritonserver": ("--http-port", "--grpc-port", "--metrics-port"),
}
# Flags of the endpoint picker, old and new; Go takes one dash as well as two.
_PICKER = tuple(
    f"{dashes}{name}"
    for name in ("grpc-port", "grpc-health-port", "metrics-port", "grpcPort", "grpcHealthPort", "metricsPort")
    for dashes in ("--", "-")
)
# Image (the last part of its name) -> flags, where the image's entry point is the program.
_IMAGES: dict[str, tuple[str, ...]] = {
    "vllm-openai": ("--port",),
    "llm-d-routing-sidecar": ("--port", "-port"),
    "llm-d-inference-scheduler": _PICKER,
    "epp": _PICKER,
}
_DEFAULTS = {"vllm": 8000, "vllm.entrypoints.openai.api_server": 8000, "vllm-openai": 8000}
_CONFIG = "--config"
_HEADLESS = "--headless"  # a node of vLLM that computes only
_MODEL_SERVERS = (
    "vllm", "sglang", "text-generation", "tritonserver", "huggingfaceserver", "lmdeploy", "llama-server", "tgi", "tensorrt-llm",
)  # fmt: skip


def listening(container: Container) -> Iterator[Listening]:
    """Yield the ports that a container's programs are told to listen on, as far as the command line says so."""
    lines = list(command_lines(container)) if container.argv else []
    image = image_name(container)
    known = False
    for line in lines:
        program = _program(line)
        if program:
            known = True
            yield from _of_line(program, _FLAGS[program], line)
    if not known and image in _IMAGES and not container.document.get("command"):
        for line in lines:
            yield from _of_line(image, _IMAGES[image], line)


def image_name(container: Container) -> str:
    """Return the last part of the name of a container's image, without tag and digest."""
    return container.image.split("@")[0].rpartition("/")[2].partition(":")[0]


def _program(line: CommandLine) -> str:
    """Return the known program of a command line; `vllm` only where it serves."""
    names = [word.name for word in line.words]
    for index, name in enumerate(names[:4]):
        if name == "vllm" and "serve" not in names[index + 1 : index + 2]:
            continue
        if name in _FLAGS:
            return name
    return ""


def _of_line(program: str, flags: tuple[str, ...], line: CommandLine) -> Iterator[Listening]:
    if program in _DEFAULTS and any(word.text == _HEADLESS for word in line.words):
        return
    found = [each for flag in flags for each in _values(program, flag, line.words)]
    yield from found
    is_default = not found and line.complete and program in _DEFAULTS
    if is_default and not any(_sets_port(word, flags) for word in line.words):
        yield Listening(
            program, "", _DEFAULTS[program], line.words[0].path if line.words else (), default=True
        )


def _sets_port(word: Word, flags: tuple[str, ...]) -> bool:
    names = (*flags, _CONFIG)
    return word.text in names or word.text.startswith(tuple(f"{name}=" for name in names)) or "$" in word.text


def _values(program: str, flag: str, words: tuple[Word, ...]) -> Iterator[Listening]:
    for index, word in enumerate(words):
        if word.text.startswith(f"{flag}="):
            value = Word(word.text.partition("=")[2], word.path)
        elif word.text == flag and index + 1 < len(words):
            value = words[index + 1]
        else:
            continue
        if value.text.isdecimal() and len(value.text) <= 5:
            yield Listening(program, flag, int(value.text), value.path)


def is_model_server(container: Container) -> bool:
    """Tell whether a container loads a model before it answers."""
    if container.init:
        return False
    words = " ".join(text for _, text in container.argv[:8]).lower()
    image = image_name(container).lower()
    named = any(name in words or name in image for name in _MODEL_SERVERS)
    return named and _has_accelerator(container)


def _has_accelerator(container: Container) -> bool:
    resources = mapping(container.document, "resources")
    names = [name for field in ("limits", "requests") for name in mapping(resources, field)]
    return any("/" in name for name in names) or bool(resources.get("claims"))
