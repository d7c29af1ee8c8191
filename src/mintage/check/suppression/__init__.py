"""Findings that somebody decided to live with: said by a comment beside the cause, or in the settings, with a reason.

    image: ghcr.io/acme/server:latest  # mintage: accept[image-latest] the registry keeps one tag only

A comment on a line of its own counts for the next line that is none; `accept-file[...]` counts for its whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.errors import Location, MintageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from mintage.finding import Finding
    from mintage.spec.validation import Accepted, Rules
    from mintage.tree.files import Files

MARK = "mintage:"
_COMMENT = re.compile(
    r"(?:^|(?<=\s))#\s*mintage:\s*accept(?P<file>-file)?\[(?P<ids>[^\]\n]*)\]\s*(?P<reason>[^\n]*)"
)


_ANY = re.compile(r"(?:^|(?<=\s))#\s*mintage:(?P<file>)(?P<ids>)(?P<reason>)[^\n]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that accepts findings: its place, the checks, the reason, and the line it is for (0: the file).

    One at the head of a file is also for what is found on the first line, where findings about a file as a whole stand.
    A comment without checks is none that anybody can read.
    """

    place: Location
    ids: tuple[str, ...]
    reason: str
    line: int
    at_head: bool = False

    def covers(self, finding: Finding) -> bool:
        """Tell whether it is about a finding: at its cause, or where the object is written."""
        if finding.id not in self.ids:
            return False
        places = [finding.location, *(other.location for other in finding.related)]
        return any(place.file == self.place.file and self._is_for(place.line) for place in places)

    def _is_for(self, line: int) -> bool:
        return self.line in {0, line} or (self.at_head and line <= self.place.line)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is accepted, why, and where that is said; `rules` are the numbers of all entries that cover it."""

    finding: Finding
    reason: str
    place: Location
    rules: tuple[int, ...] = ()


def comments(files: Files, paths: Iterable[str]) -> list[Comment]:
    """Return the comments in some files; a file that cannot be read has none."""
    found: list[Comment] = []
    for path in paths:
        try:
            text = files.text(path)
        except MintageError:
            continue
        if MARK in text:
            found += comments_in(path, text)
    return found


def comments_in(path: str, text: str) -> Iterator[Comment]:
    """Yield the comments in the text of a file."""
    lines = text.split("\n")
    at_head = True
    for number, line in enumerate(lines, 1):
        alone = line.lstrip().startswith("#")
        at_head = at_head and (alone or line.strip() in {"", "---"})
        if MARK in line and (match := _COMMENT.search(line) or _ANY.search(line)):
            ids = tuple(name.strip() for name in match["ids"].split(",") if name.strip())
            place = Location(path, number, match.start() + 1, len(match[0].rstrip()))
            target = 0 if match["file"] else _next_line(lines, number) if alone else number
            yield Comment(place, ids, match["reason"].strip(), target, at_head)


def _next_line(lines: Sequence[str], number: int) -> int:
    """Return the number of the first line after a line that holds more than a comment."""
    for later in range(number, len(lines)):
        if lines[later].strip() not in {"", "---"} and not lines[later].lstrip().startswith("#"):
            return later + 1
    return number


def accept(
    findings: Iterable[Finding],
    rules: Rules,
    said: Sequence[Comment],
    settings: str,
    environments: dict[str, str],
) -> tuple[list[Finding], list[Suppressed]]:
    """Return the findings that stand, and those that are accepted.

    `settings` is the file that the rules stand in, `environments` the names of roots by their folders.
    """
    standing: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        by_comment = next((comment for comment in said if comment.reason and comment.covers(finding)), None)
        by_rules = tuple(
            index for index, rule in enumerate(rules.accept) if _covers(rule, finding, environments)
        )
        if by_comment is not None:
            suppressed.append(Suppressed(finding, by_comment.reason, by_comment.place, by_rules))
        elif by_rules:
            reason = rules.accept[by_rules[0]].reason
            suppressed.append(Suppressed(finding, reason, Location(settings), by_rules))
        else:
            standing.append(finding)
    return standing, suppressed


def _covers(rule: Accepted, finding: Finding, environments: dict[str, str]) -> bool:
    if rule.check != finding.id:
        return False
    if rule.object is not None:
        kind, _, name = finding.subject.partition(" ")
        if not fnmatchcase(f"{kind}/{name.rpartition('/')[2]}", rule.object):
            return False
    if rule.file is not None and not fnmatchcase(finding.location.file, rule.file):
        return False
    if rule.environment is None:
        return True
    names = {*finding.roots, *(environments.get(folder, "") for folder in finding.roots)}
    return rule.environment in names and len(finding.roots) == 1


def complaints(
    rules: Rules,
    said: Sequence[Comment],
    suppressed: Sequence[Suppressed],
    place_of: Callable[[int], Location],
    known: Container[str],
    ran: Container[str],
) -> Iterator[tuple[str, Hit]]:
    """Yield what is wrong with acceptances themselves: (check, hit). Those of checks that did not run are left alone.

    `place_of` tells where an entry of the rules stands, by its number.
    """
    used = {(item.place, item.finding.id) for item in suppressed}
    names = known if isinstance(known, frozenset | set | dict) else ()
    for comment in said:
        for name in comment.ids:
            if name not in known:
                yield "suppression-unknown-check", _unknown(name, names, comment.place)
        if not comment.ids:
            message = "this comment is read as nothing, expected `mintage: accept[ID] REASON`"
            yield "suppression-malformed", Hit(message, "mend it, or remove it", place=comment.place)
        elif not comment.reason:
            yield (
                "suppression-without-reason",
                Hit(
                    "this comment accepts findings without a reason, so it does not count",
                    "say why, after the bracket",
                    place=comment.place,
                ),
            )
        else:
            yield from _of_comment(
                comment, [name for name in comment.ids if name in ran and (comment.place, name) not in used]
            )
    yield from _of_rules(rules, suppressed, place_of, names, ran)


def _of_comment(comment: Comment, unused: Sequence[str]) -> Iterator[tuple[str, Hit]]:
    """Yield a complaint about those checks of a comment that find nothing there."""
    if unused:
        shown = ", ".join(f"`{name}`" for name in dict.fromkeys(unused))
        verb = "is" if len(set(unused)) == 1 else "are"
        all_of_it = set(unused) == set(comment.ids)
        message = f"this comment accepts {shown}, which {verb} not found here"
        advice = "remove the comment" if all_of_it else f"remove {shown} from the comment"
        yield "suppression-unused", Hit(message, advice, place=comment.place)


def _of_rules(
    rules: Rules,
    suppressed: Sequence[Suppressed],
    place_of: Callable[[int], Location],
    names: Iterable[str],
    ran: Container[str],
) -> Iterator[tuple[str, Hit]]:
    used = {index for item in suppressed for index in item.rules}
    for index, rule in enumerate(rules.accept):
        place = place_of(index)
        if rule.check not in names:
            yield "suppression-unknown-check", _unknown(rule.check, names, place)
        elif rule.check in ran and index not in used:
            about = f" of `{rule.object}`" if rule.object else ""
            message = f"`accept` names `{rule.check}`{about}, which is not found"
            yield "suppression-unused", Hit(message, "remove the entry", place=place)


def _unknown(name: str, names: Iterable[str], place: Location) -> Hit:
    near = did_you_mean(name, names)
    advice = near if near.startswith("did you mean") else "take an id of docs/reference/checks.md"
    return Hit(f"no check is called `{name}`", advice, place=place)


CHECKS = (
    Check(
        "suppression-unused",
        WARNING,
        "report",
        complaints,
        why="What is accepted and no longer found hides the next finding of that kind.",
        fix="Remove the comment, or the entry of `accept`.",
    ),
    Check(
        "suppression-without-reason",
        ERROR,
        "report",
        complaints,
        why="Whoever reads a suppression must see why it is there; one without a reason does not count.",
        fix="Write the reason after the bracket.",
    ),
    Check(
        "suppression-malformed",
        ERROR,
        "report",
        complaints,
        why="A comment that begins like a suppression and is none accepts nothing, and looks as if it did.",
        fix="Write `mintage: accept[ID] REASON`, or `accept-file` for the whole file.",
    ),
    Check(
        "suppression-unknown-check",
        ERROR,
        "report",
        complaints,
        why="A misspelled id accepts nothing.",
        fix="Use an id of this page.",
    ),
)
