"""CEL rules: broken ones are told, those that cannot be evaluated are counted, and nothing is guessed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mintage.schemas.cel import ABSENT
from mintage.schemas.judge import Judge

pytest.importorskip("celpy", reason="the optional package cel-python is not installed")


def judge(*rules: dict[str, Any], **fields: Any) -> Judge:
    """Return the judge of a kind with rules about its spec."""
    spec = {"type": "object", "properties": fields, "x-kubernetes-validations": list(rules)}
    return Judge({"type": "object", "properties": {"spec": spec}}, "", custom=True)


NUMBERS = {"least": {"type": "integer", "default": 1}, "most": {"type": "integer"}}


def test_a_broken_rule_is_told_in_its_own_words() -> None:
    """With the rule beneath; defaults count."""
    box = judge({"rule": "self.least <= self.most", "message": "least is at most most"}, **NUMBERS)
    (error,) = box.cel_errors({"spec": {"most": 0}})
    assert (error.path, error.message, error.custom) == (("spec",), "least is at most most", True)
    assert error.advice == "rule: self.least <= self.most"
    assert box.cel_errors({"spec": {"most": 1}}) == []


def test_a_rule_without_a_message_speaks_for_itself() -> None:
    """And `fieldPath` says where."""
    box = judge({"rule": "self.most > 0", "fieldPath": ".most"}, **NUMBERS)
    assert [(error.path, error.message) for error in box.cel_errors({"spec": {"most": 0}})] == [
        (("spec", "most"), "failed rule: self.most > 0")
    ]


def test_rules_are_asked_where_their_values_are() -> None:
    """In every item of a list, and not at all where nothing stands."""
    item = {"type": "object", "x-kubernetes-validations": [{"rule": "has(self.a)", "message": "a"}]}
    box = judge(items={"type": "array", "items": item})
    verdict = box.cel({"spec": {"items": [{"a": 1}, {}, {"b": 1}]}})
    assert [error.path for error in verdict.errors] == [("spec", "items", 1), ("spec", "items", 2)]
    assert (verdict.evaluated, verdict.not_evaluated) == (3, 0)
    assert box.cel({"spec": {}}).evaluated == 0


def test_rules_about_a_change_are_passed_over() -> None:
    """The server does not ask them of a new object either."""
    verdict = judge({"rule": "self == oldSelf"}).cel({"spec": {}})
    assert (verdict.errors, verdict.evaluated, verdict.not_evaluated) == ((), 0, 0)


@pytest.mark.parametrize("rule", ["self.(", "self.nobody.knows() > 3", "self.absent > 3", "isURL(self.a)"])
def test_what_cannot_be_evaluated_is_neither_a_pass_nor_a_failure(rule: str) -> None:
    """It is counted."""
    verdict = judge({"rule": rule}).cel({"spec": {"a": "b"}})
    assert (verdict.errors, verdict.evaluated, verdict.not_evaluated) == ((), 0, 1)


def test_functions_that_kubernetes_adds() -> None:
    """Those for strings which definitions use."""
    rule = "self.a.lowerAscii().split(',').size() == 2 && self.a.substring(0, 1) == 'X' && self.a.trim().upperAscii() == 'X,Y'"
    verdict = judge({"rule": rule}).cel({"spec": {"a": "X,y"}})
    assert (verdict.errors, verdict.evaluated, verdict.not_evaluated) == ((), 1, 0)


def test_names_that_the_language_keeps_are_escaped() -> None:
    """`namespace` and names with dashes, as Kubernetes escapes them."""
    fields = {"namespace": {"type": "string"}, "max-size": {"type": "integer"}}
    box = judge({"rule": "self.__namespace__ == 'x' && self.max__dash__size > 1", "message": "no"}, **fields)
    assert box.cel_errors({"spec": {"namespace": "x", "max-size": 2}}) == []
    assert len(box.cel_errors({"spec": {"namespace": "x", "max-size": 1}})) == 1
    assert box.cel({"spec": {"namespace": "x", "max-size": 1}}).not_evaluated == 0


def test_a_kind_without_rules_has_no_need_of_the_package() -> None:
    """Nor is it loaded."""
    code = (
        "import sys\n"
        "from mintage.schemas.store import Schemas\n"
        "judge = Schemas('1.32').judge('v1', 'Service')\n"
        "judge.cel_errors({'spec': {}})\n"
        "print('celpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_where_the_package_is_absent_this_is_said() -> None:
    """None of the rules counts as evaluated."""
    code = (
        "import sys\n"
        "sys.modules['celpy'] = None\n"
        "from mintage.schemas.judge import Judge\n"
        "box = Judge({'x-kubernetes-validations': [{'rule': 'false'}]}, '', custom=True)\n"
        "verdict = box.cel({})\n"
        "print(verdict.errors, verdict.evaluated, verdict.not_evaluated, verdict.reason)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"() 0 1 {ABSENT}\n"
