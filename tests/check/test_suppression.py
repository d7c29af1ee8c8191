"""Findings are accepted by a comment beside the cause or in the settings, with a reason."""

from __future__ import annotations

import pytest

from mintage.check.suppression import accept, comments_in, complaints
from mintage.errors import Location
from mintage.finding import Finding, Related, Severity
from mintage.spec.validation import Accepted, Rules

TEXT = """\
# mintage: accept-file[a] the whole file is generated
image: one  # mintage: accept[b, c] the registry keeps one tag

# mintage: accept[d] said above the line
# and explained further

level: debug
quiet: "# mintage"
"""


def finding(line: int, id: str = "b", file: str = "x.yaml", roots: tuple[str, ...] = ()) -> Finding:  # noqa: A002
    """Return a finding on a line."""
    return Finding(Location(file, line, 1), id, Severity.ERROR, "m", "", "Pod dev/one", roots)


def test_a_comment_is_for_its_own_line_or_the_next_one() -> None:
    """Or for its file."""
    found = list(comments_in("x.yaml", TEXT))
    assert [(comment.ids, comment.line, comment.reason) for comment in found] == [
        (("a",), 0, "the whole file is generated"),
        (("b", "c"), 2, "the registry keeps one tag"),
        (("d",), 7, "said above the line"),
    ]
    assert str(found[1].place) == "x.yaml:2:13"


@pytest.mark.parametrize(
    ("hit", "accepted"),
    [
        (finding(2), True),
        (finding(2, "c"), True),
        (finding(2, "d"), False),
        (finding(3), False),
        (finding(2, file="y.yaml"), False),
        (finding(7, "d"), True),
        (finding(99, "a"), True),
    ],
)
def test_a_comment_accepts_what_it_names(hit: Finding, accepted: bool) -> None:
    """Nothing else."""
    standing, suppressed = accept([hit], Rules(), list(comments_in("x.yaml", TEXT)), "s", {})
    assert (standing, [item.finding for item in suppressed]) == (([], [hit]) if accepted else ([hit], []))


def test_a_comment_beside_the_rendered_object_counts_too() -> None:
    """The cause may be in a base that somebody else keeps."""
    other = Finding(
        Location("base.yaml", 1),
        "b",
        Severity.ERROR,
        "m",
        related=(Related(Location("x.yaml", 2), "written"),),
    )
    assert accept([other], Rules(), list(comments_in("x.yaml", TEXT)), "s", {})[0] == []


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        (Accepted(check="b", reason="r"), True),
        (Accepted(check="c", reason="r"), False),
        (Accepted(check="b", reason="r", object="Pod/one"), True),
        (Accepted(check="b", reason="r", object="Pod/o*"), True),
        (Accepted(check="b", reason="r", object="Job/*"), False),
        (Accepted(check="b", reason="r", file="*.yaml"), True),
        (Accepted(check="b", reason="r", file="y*"), False),
        (Accepted(check="b", reason="r", environment="dev"), True),
        (Accepted(check="b", reason="r", environment="gitops/overlays/dev"), True),
        (Accepted(check="b", reason="r", environment="prod"), False),
    ],
)
def test_a_rule_accepts_what_it_describes(rule: Accepted, accepted: bool) -> None:
    """By check, object, file and environment."""
    hit = finding(1, roots=("gitops/overlays/dev",))
    standing, _ = accept([hit], Rules(accept=(rule,)), [], "s", {"gitops/overlays/dev": "dev"})
    assert standing == ([] if accepted else [hit])


def test_a_finding_of_two_environments_is_not_accepted_for_one() -> None:
    """It would be gone from the other, too."""
    hit = finding(1, roots=("dev", "prod"))
    rule = Accepted(check="b", reason="r", environment="dev")
    assert accept([hit], Rules(accept=(rule,)), [], "s", {})[0] == [hit]


def test_acceptances_themselves_are_checked() -> None:
    """Unknown checks, no reason, nothing to accept; those of checks that did not run are left alone."""
    said = list(
        comments_in(
            "x.yaml",
            "a: 1 # mintage: accept[b]\nc: 1 # mintage: accept[bb, c] r\nd: 1 # mintage: accept[b] r\n",
        )
    )
    rules = Rules(accept=(Accepted(check="c", reason="r"), Accepted(check="e", reason="r")))
    known = {"b": 1, "c": 1}
    found = [
        (name, hit.message, str(hit.place))
        for name, hit in complaints(
            rules, said, [], lambda index: Location("s.yaml", index + 1), known, {"b"}
        )
    ]
    assert found == [
        (
            "suppression-without-reason",
            "this comment accepts findings without a reason, so it does not count",
            "x.yaml:1:6",
        ),
        ("suppression-unknown-check", "no check is called `bb`", "x.yaml:2:6"),
        ("suppression-unused", "this comment accepts `b`, which is not found here", "x.yaml:3:6"),
        ("suppression-unknown-check", "no check is called `e`", "s.yaml:2:0"),
    ]


def test_a_comment_at_the_head_of_a_file_is_for_the_file_as_well() -> None:
    """What is found of a whole file stands on its first line, which may be the comment's own."""
    said = list(
        comments_in(
            "x.yaml", "# generated\n# mintage: accept[b] it is so\n---\nkind: A\n# mintage: accept[c] r\n"
        )
    )
    assert [said[0].covers(finding(line)) for line in (1, 2, 4, 5)] == [True, True, True, False]
    assert not said[1].covers(finding(1, "c"))


def unused(text: str, rules: Rules, *found: Finding) -> list[tuple[str, str]]:
    """Return what is said of acceptances that are not used, and what to do; `a`, `b` and `c` ran."""
    said = list(comments_in("x.yaml", text))
    suppressed = accept(found, rules, said, "s.yaml", {})[1]
    ran = dict.fromkeys("abc", 1)
    told = complaints(rules, said, suppressed, lambda index: Location("s.yaml", index + 1), ran, ran)
    return [(hit.message, hit.advice) for name, hit in told if name == "suppression-unused"]


def test_each_rule_is_judged_by_itself() -> None:
    """Another one with the same check and reason does not make it a used one."""
    used, idle = (Accepted(check="b", reason="r", object=name) for name in ("Pod/one", "Pod/two"))
    complaint = ("`accept` names `b` of `Pod/two`, which is not found", "remove the entry")
    assert unused("", Rules(accept=(used, idle)), finding(1)) == [complaint]
    assert unused("", Rules(accept=(idle, used)), finding(1)) == [complaint]


def test_of_two_rules_for_one_finding_none_is_unused() -> None:
    """What they name is found; nor where a comment says the same."""
    rules = Rules(accept=(Accepted(check="b", reason="r"), Accepted(check="b", reason="s", object="Pod/*")))
    assert unused("", rules, finding(1)) == []
    assert unused("a: 1 # mintage: accept[b] r\n", rules, finding(1)) == []


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [
        ("b", []),
        ("a, b", [("this comment accepts `a`, which is not found here", "remove `a` from the comment")]),
        ("b, a, c", [("this comment accepts `a`, `c`, which are not found here", "remove `a`, `c` from the comment")]),
        ("a, c", [("this comment accepts `a`, `c`, which are not found here", "remove the comment")]),
    ],
)  # fmt: skip
def test_each_check_of_a_comment_is_judged_by_itself(ids: str, complaint: list[tuple[str, str]]) -> None:
    """The next finding of a check that is named for nothing would be hidden."""
    assert unused(f"a: 1 # mintage: accept[{ids}] r\n", Rules(), finding(1)) == complaint
