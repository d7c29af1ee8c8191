"""What a release of vLLM understands: flags of `vllm serve`, variables, metrics; and which release an image holds.

Between two releases that were looked at, whatever either of them knows is taken to exist. Outside of them nothing is
known, and the answer is None. Plugins (Gaudi, Ascend, Spyre, ...) may add flags and variables of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from mintage.check.tables.files import image_version, table
from mintage.check.tables.versions import Version, holds, spans, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Takes = Literal["value", "list", "optional", "nothing", "switch"]


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag. `takes`: one value, a list of them, an optional one, nothing, or nothing with a `--no-` form beside it."""

    name: str
    takes: Takes
    short: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    deprecated: bool = False
    json: bool = False


def vllm_version(image: str) -> Version | None:
    """Return the vLLM in an image, or None where its name and tag do not tell."""
    found = image_version(table("vllm")["images"], image)
    return found[1] if found else None


@cache
def vllm_flags(release: Version) -> Mapping[str, Flag] | None:
    """Return the flags of `vllm serve` by every spelling: `--tensor-parallel-size`, `-tp`, `--no-enforce-eager`.

    Underscores for dashes, dotted keys and unambiguous beginnings are also accepted by vLLM; see `vllm_parser`.
    """
    releases = _looked_at(release)
    if releases is None:
        return None
    known: dict[str, Flag] = {}
    for at in releases:
        for name, entry in table("vllm")["flags"].items():
            for span in spans(entry):
                if holds(span, at):
                    known |= _spellings(name, span)
    return MappingProxyType(known)


def _spellings(name: str, span: Mapping[str, Any]) -> dict[str, Flag]:
    flag = Flag(
        name,
        cast("Takes", span.get("takes", "value")),
        tuple(span.get("short", ())),
        tuple(span.get("choices", ())),
        deprecated=bool(span.get("deprecated")),
        json=name in table("vllm")["json_flags"]["names"],
    )
    names = [name, *flag.short]
    if flag.takes == "switch":
        names += [f"--no-{long.removeprefix('--')}" for long in names if long.startswith("--")]
    return dict.fromkeys(names, flag)


def vllm_flag_life(name: str) -> tuple[str | None, str | None] | None:
    """Return the first release with a long flag and the first without it again; None for what never was a flag.

    None inside the pair means: older than every release looked at, or still there.
    """
    entry = table("vllm")["flags"].get(name)
    if entry is None:
        return None
    all_spans = spans(entry)
    return all_spans[0].get("since"), all_spans[-1].get("until")


def vllm_parser() -> Mapping[str, Any]:
    """Return how the command line is read: `abbreviations`, `underscores`, `dotted_since`, `config_flag`, `joined`."""
    return MappingProxyType(table("vllm")["parser"])


@cache
def vllm_environment(release: Version) -> frozenset[str] | None:
    """Return the `VLLM_` variables that a release reads."""
    releases = _looked_at(release)
    if releases is None:
        return None
    entries = table("vllm")["environment"].items()
    return frozenset(
        name for name, entry in entries if any(holds(span, at) for span in spans(entry) for at in releases)
    )


def vllm_environment_life(name: str) -> tuple[str | None, str | None] | None:
    """Return since and until which release vLLM reads a variable; None where no release that was looked at does."""
    entry = table("vllm")["environment"].get(name)
    if entry is None:
        return None
    all_spans = spans(entry)
    return all_spans[0].get("since"), all_spans[-1].get("until")


@cache
def vllm_metrics(release: Version) -> Mapping[str, str] | None:
    """Return the metrics a release exports by default: name without suffix, and counter, gauge, histogram or unknown."""
    releases = _looked_at(release)
    if releases is None:
        return None
    return MappingProxyType({name: str(span["type"]) for at in releases for name, span in _exported(at)})


def _exported(at: Version) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, entry in table("vllm")["metrics"].items():
        for span in spans(entry):
            if holds(span, at) and ("hidden" not in span or at < version(span["hidden"])):
                yield name, span


def _looked_at(release: Version) -> tuple[Version, ...] | None:
    """Return the release itself if it was looked at, else its neighbours; None outside of what was looked at."""
    known = [version(text) for text in table("vllm")["releases"]]
    before = [at for at in known if at <= release]
    after = [at for at in known if at >= release]
    if not before:
        return None
    if not after:
        return (before[-1],) if before[-1].numbers[:2] == release.numbers[:2] else None
    return (before[-1], after[0])
