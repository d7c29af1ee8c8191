"""Locations become paths by Go templates."""

from __future__ import annotations

import pytest

from kubeconform import template

STRUCT = (
    "struct { NormalizedKubernetesVersion string; StrictSuffix string; ResourceKind string; "
    "ResourceAPIVersion string; Group string; KindSuffix string }"
)


def path(location: str, kind: str = "Deployment", version: str = "apps/v1", **options: bool) -> str:
    """Return where a location looks for a kind."""
    fields = template.values(kind, version, "1.30.0", strict=options.get("strict", False))
    return template.fill(template.complete(location), fields)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1", "deployment-v1.json"),
        ("apps/v1", "deployment-apps-v1.json"),
        ("networking.k8s.io/v1", "deployment-networking-v1.json"),
        ("Serving.KServe.io/v1Beta1", "deployment-serving-v1beta1.json"),
    ],
)
def test_suffixes_hold_the_first_label_of_the_group_and_the_version(version: str, expected: str) -> None:
    """All in lower case."""
    assert path("{{ .ResourceKind }}{{ .KindSuffix }}.json", version=version) == expected


def test_every_field_has_its_meaning() -> None:
    """Versions get a v, the group stays whole, and a core kind has its version for a group."""
    location = "{{.NormalizedKubernetesVersion}}{{.StrictSuffix}}/{{.Group}}/{{.ResourceAPIVersion}}.json"
    assert path(location, version="a.b/v2", strict=True) == "v1.30.0-strict/a.b/v2.json"
    assert path(location, version="v1") == "v1.30.0/v1/v1.json"
    fields = template.values("Pod", "v1", "master", strict=False)
    assert fields["NormalizedKubernetesVersion"] == "master"


def test_default_is_the_kubernetes_json_schema_repository() -> None:
    """Over HTTPS, the standalone schemas."""
    root = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master"
    assert path("default", strict=True) == f"{root}/v1.30.0-standalone-strict/deployment-apps-v1.json"


def test_locations_that_do_not_end_in_json_get_the_layout_of_the_default() -> None:
    """A folder or a URL is enough."""
    assert path("schemas") == "schemas/v1.30.0-standalone/deployment-apps-v1.json"


def test_trim_markers_and_comments_work() -> None:
    """As far as Go's templates go here."""
    assert path("a {{- .ResourceKind -}} b{{/* c */}}.json") == "adeploymentb.json"


ERRORS = {
    "foo {{ .Foo }}": f"""template: tpl:1:7: executing "tpl" at <.Foo>: can't evaluate field Foo in type {STRUCT}""",
    "foo {{ .Group json": "template: tpl:1: unclosed action",
    "{{ lower .Group }}": 'template: tpl:1: function "lower" not defined',
    "{{}}": "template: tpl:1: missing value for command",
}


@pytest.mark.parametrize(("location", "text"), ERRORS.items())
def test_templates_that_cannot_be_filled_in_are_refused_at_once(location: str, text: str) -> None:
    """Before anything is read."""
    with pytest.raises(template.TemplateError) as caught:
        template.complete(location)
    assert str(caught.value) == text
