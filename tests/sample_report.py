"""A report and the files that it speaks of, for the tests of all views; and texts that mean harm."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import bidirectional, category

from hypothesis import strategies as st

from mintage.errors import Location
from mintage.finding import Finding, Related, Severity
from mintage.report.outcome import CheckInfo, Report, Root, RootStatus, Suppressed

if TYPE_CHECKING:
    from pathlib import Path

BASE = "gitops/base/deploy ü.yaml"
PATCH = "gitops/overlays/dev/patch.yaml"
FILES = {
    BASE: "kind: Deployment\nimage: vllm\nname: 😀vision # x\n日本: image\n",
    PATCH: "a: 1\r\nenv:\r\n  - secretKeyRef: hf-token\r\n",
}
MISSING = Finding(
    Location(PATCH, 3, 19, 8),
    "ref-secret-missing",
    Severity.ERROR,
    "Secret `hf-token` is in no root that uses it",
    "add the Secret, or name it under `externals`",
    "Deployment zelda/vision",
    ("gitops/overlays/dev", "gitops/overlays/prod"),
    (Related(Location(BASE, 3, 8, 6), "the container that reads it"),),
)
LATEST = Finding(
    Location(BASE, 2, 8, 4),
    "image-latest",
    Severity.WARNING,
    "image `vllm` has no tag",
    subject="Deployment zelda/vision",
    roots=("gitops/base",),
)
ORPHAN = Finding(Location("gone.yaml"), "kust-orphan-file", Severity.INFO, "no root reaches this file")
SILENCED = Finding(Location(BASE, 4, 5, 5), "image-latest", Severity.WARNING, "image `日本` has no tag")
ROOTS = (
    Root("gitops/overlays/prod", 1064),
    Root("gitops/base", 62),
    Root("gitops/overlays/dev", 61),
    Root("gitops/overlays/edge", 0, RootStatus.FAILED),
)
CHECKS = (
    CheckInfo(
        "ref-secret-missing",
        Severity.ERROR,
        "references",
        "A pod without its Secret does not start.",
        "checks.md#ref-secret-missing",
    ),
    CheckInfo(
        "image-latest",
        Severity.WARNING,
        "images",
        "What runs changes without a change in git.",
        "https://example.org/checks#image-latest",
    ),
)
REPORT = Report(
    findings=(ORPHAN, MISSING, LATEST),
    roots=ROOTS,
    judged={"Kubernetes 1.32": 1100, "CRDs": 79},
    unjudged={"Route": 3, "LLMInferenceService": 5},
    notes=("kubectl is not on PATH: 3 kustomizations were not built", "2 Helm charts were not rendered"),
    suppressed=(Suppressed(SILENCED, "pinned by the mirror", Location("mintage.yaml", 7, 3)),),
    checks=CHECKS,
)
CLEAN = Report(roots=ROOTS[1:3], judged={"Kubernetes 1.32": 120, "CRDs": 3}, checks=CHECKS)
HARM = (
    "\x1b[31mred\x1b[0m",
    "]]><script>&amp;\"'",
    "\x00\x07\x08\x7f\x85\x9b2J",
    "half \udce9 a \ud83d character",
    "\u202etxt.exe\u2066\u2028\u2029\ufeff\ufffe",
    "\n::error::obeyed\r\n##[error]obeyed",
    "::error::obeyed ##vso[task.complete]obeyed",
    " ::error::obeyed ###[error]obeyed",
    "😀 é 日本 {0} {{x}} %s %20 [a](1) \\",
)
HARMFUL = st.one_of(
    st.sampled_from(HARM), st.text(st.characters(categories=None, exclude_categories=()), max_size=8)
)


def obeyed(text: str) -> list[str]:
    """Return what is obeyed by a terminal or a build server, changes the direction of writing, or has no encoding."""
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    letters = [
        letter
        for letter in text
        if category(letter) in {"Cc", "Cs", "Zl", "Zp"} or bidirectional(letter) in directions
    ]
    return letters + [command for command in ("##[", "##vso[") if command in text]


def tree(folder: Path) -> Path:
    """Write the files that the report speaks of."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def report_of(text: str) -> Report:
    """Return a report in which every text is this one."""
    place = Location(text, 1, 1)
    finding = Finding(place, text, Severity.ERROR, text, text, text, (text, "other"), (Related(place, text),))
    return Report(
        findings=(finding, ORPHAN),
        roots=(Root(text, 1), Root("edge", 0, RootStatus.SKIPPED)),
        judged={text: 1},
        unjudged={text: 1},
        notes=(text,),
        suppressed=(Suppressed(finding, text, place),),
        checks=(CheckInfo(text, Severity.ERROR, text, text, "https://example.org/" + text),),
    )
