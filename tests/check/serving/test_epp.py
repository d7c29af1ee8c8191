"""The checks of endpoint pickers: what depends on the release, where a text stands, what stays unsaid."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from check.serving.trees import HEAD, deployment, found, ids, picker, pool, server
from mintage.check.run import findings
from mintage.check.serving import CHECKS
from mintage.spec.validation import Rules
from mintage.tree.load import load

if TYPE_CHECKING:
    from pathlib import Path

QUEUE = """\
plugins:
- type: queue-scorer
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: queue-scorer
"""
PD = """\
plugins:
- type: prefill-header-handler
- type: pd-profile-handler
- type: prefill-filter
- type: decode-filter
schedulingProfiles:
- name: prefill
  plugins:
  - pluginRef: prefill-filter
- name: decode
  plugins:
  - pluginRef: decode-filter
"""
CUSTOM = "ghcr.io/acme/scheduler:7"


def test_a_right_configuration_is_not_reported() -> None:
    """In every release that is known."""
    for image in ("v0.3.0", "v0.4.0", "v0.5.0", "v0.8.0"):
        assert ids(picker(QUEUE, image=f"ghcr.io/llm-d/llm-d-inference-scheduler:{image}")) == []
        if image != "v0.8.0":
            assert ids(picker(PD, image=f"ghcr.io/llm-d/llm-d-inference-scheduler:{image}")) == []


@pytest.mark.parametrize("image", [CUSTOM, "ghcr.io/llm-d/llm-d-inference-scheduler:latest"])
def test_of_an_unknown_release_only_what_always_holds_is_said(image: str) -> None:
    """Not that a plugin is unknown, but that a reference leads nowhere and a key is in no release."""
    config = QUEUE.replace("type: queue-scorer", "type: my-scorer\n  config: {}")
    assert ids(picker(config, image=image)) == ["epp-ref-undefined", "epp-unknown-field"]


def test_a_plugin_of_a_release_whose_plugins_are_not_all_known_is_let_pass() -> None:
    """A new name may exist; one that went is reported all the same."""
    image = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.8.0"
    assert ids(picker(QUEUE.replace("queue-scorer", "brand-new-scorer"), image=image)) == []
    assert found(picker(QUEUE.replace("queue-scorer", "kv-cache-scorer"), image=image)) == [
        ("epp-unknown-plugin", "`kv-cache-scorer` is no type of plugin in llm-d 0.8.0 (GIE 1.5)")
    ]


def test_plugins_of_llmd_are_unknown_to_the_plain_extension() -> None:
    """Its image has not got them."""
    image = "registry.k8s.io/gateway-api-inference-extension/epp:v1.2.0"
    assert ids(picker(QUEUE.replace("queue-scorer", "load-aware-scorer"), image=image)) == [
        "epp-unknown-plugin"
    ]


@pytest.mark.parametrize(
    ("weight", "image", "reported"),
    [
        ("2", "v0.4.0", False),
        ("2.0", "v0.4.0", False),
        ("1.5", "v0.4.0", True),
        ("1.5", "v0.8.0", False),
        ('"2"', "v0.8.0", True),
        ("true", "v0.8.0", True),
        ("null", "v0.4.0", False),
    ],
)
def test_weights_are_what_the_release_reads(weight: str, image: str, *, reported: bool) -> None:
    """Whole numbers first, numbers later, texts never."""
    config = f"{QUEUE}    weight: {weight}\n"
    found_ids = ids(picker(config, image=f"ghcr.io/llm-d/llm-d-inference-scheduler:{image}"))
    assert found_ids == (["epp-weight-type"] if reported else [])


def test_the_picker_that_the_release_adds_need_not_be_declared() -> None:
    """A profile may refer to `max-score-picker` without declaring it."""
    assert ids(picker(f"{QUEUE}  - pluginRef: max-score-picker\n")) == []


def test_profiles_of_one_name_are_reported_like_plugins() -> None:
    """Names must differ among profiles, too."""
    config = "plugins:\n- type: queue-scorer\nschedulingProfiles:\n- name: a\n  plugins: []\n- name: a\n  plugins: []\n"
    assert "several profiles are called `a`, and names must differ" in [
        message for _, message in found(picker(config))
    ]


def test_a_decode_profile_alone_is_enough_for_the_newer_handler() -> None:
    """`disagg-profile-handler` runs a prefill profile only if a decider for it is named."""
    image = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.8.0"
    config = """\
    plugins:
    - type: disagg-profile-handler
    - type: decode-filter
    schedulingProfiles:
    - name: decode
      plugins:
      - pluginRef: decode-filter
    """
    assert ids(picker(config, image=image)) == []
    decided = config.replace(
        "handler\n", "handler\n      parameters: {deciders: {prefill: always-disagg-pd-decider}}\n", 1
    )
    assert ids(picker(decided, image=image)) == ["epp-pd-profiles"]


def test_a_profile_with_a_plugin_nobody_knows_may_have_a_filter() -> None:
    """Only what is known to be no filter is reported."""
    image = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.5.0"
    bare = PD.replace("  - pluginRef: decode-filter\n", "  - pluginRef: mine\n")
    known = bare.replace("- type: decode-filter", "- type: queue-scorer\n  name: mine")
    unknown = bare.replace("- type: decode-filter", "- type: acme-filter\n  name: mine")
    assert ids(picker(known, image=image)) == ["epp-pd-profiles"]
    assert ids(picker(unknown, image=CUSTOM)) == []


@pytest.mark.parametrize(
    ("config", "roles", "reported"),
    [
        (PD, ["decode"], True),
        (PD, ["decode", "prefill"], False),
        (PD, ["both"], True),
        (QUEUE, ["decode"], False),
        (QUEUE, ["decode", "prefill"], True),
        (QUEUE, ["prefill"], False),
        (QUEUE.replace("queue-scorer", "decode-filter"), ["decode", "prefill"], False),
    ],
)
def test_configuration_and_pods_agree_on_roles(config: str, roles: list[str], *, reported: bool) -> None:
    """Prefill pods and a configuration for them come together."""
    servers = [server(role, role=role) for role in roles]
    assert ids(picker(config), pool(), *servers) == (["epp-pd-without-prefill"] if reported else [])


def test_without_the_pool_nothing_is_said_of_its_pods() -> None:
    """It may be in another tree."""
    assert ids(picker(PD), server("decode", role="decode")) == []


def test_role_filters_of_ones_own_are_not_judged_by_the_label_of_llmd() -> None:
    """`by-label` may look for another label."""
    config = PD.replace("- type: prefill-filter", "- type: by-label\n  name: prefill-filter")
    assert ids(picker(config), pool(), server("decode", role="decode")) == []


def test_the_kv_metric_is_that_of_the_servers_release() -> None:
    """VLLM 0.11.0 exports the new name only."""
    args = ["--pool-name=pool", f"--config-text={HEAD}{QUEUE}"]
    image = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0"
    default = deployment("epp", {"image": image, "args": args})
    assert found(default, pool(), server("s")) == [
        (
            "epp-kv-metric-flag",
            "the picker reads the use of the KV cache from `vllm:gpu_cache_usage_perc`, the default of llm-d 0.4.0 (GIE 1.2), which vLLM 0.11.0 does not export",
        )
    ]
    newer = deployment("epp", {"image": image.replace("0.4", "0.5"), "args": args})
    assert ids(newer, pool(), server("s")) == []
    assert ids(default, pool()) == []


def test_flags_of_another_generation_are_reported_with_their_successor() -> None:
    """CamelCase before 1.0, kebab-case later, either between."""
    old = deployment("epp", {"image": "registry.k8s.io/gateway-api-inference-extension/epp:v0.5.1", "args": ["--pool-name", "x", "-poolNamespace=y"]})  # fmt: skip
    assert found(old) == [("epp-flag-generation", "`--pool-name` is no flag of GIE 0.5.1")]
    between = deployment("epp", {"image": "registry.k8s.io/gateway-api-inference-extension/epp:v1.0.0", "args": ["--pool-name=x", "--poolNamespace=y", "--v=4", "--acme"]})  # fmt: skip
    assert ids(between) == []


@pytest.mark.parametrize(
    ("parameters", "block", "reported"),
    [
        ("blockSize: 256", 16, False),  # the server's own size is taken
        ("{blockSize: 256, autoTune: false}", 16, True),
        ("{blockSize: 64, autoTune: false}", 16, False),  # characters
        ("{blockSize: 64, autoTune: false}", 64, False),
    ],
)
def test_blocks_of_the_approximate_scorer_matter_without_tuning(
    parameters: str, block: int, *, reported: bool
) -> None:
    """They are characters, four of which make a token."""
    config = (
        QUEUE.replace("queue-scorer", "prefix-cache-scorer", 1)
        .replace("prefix-cache-scorer\n", f"prefix-cache-scorer\n  parameters: {parameters}\n", 1)
        .replace("pluginRef: queue-scorer", "pluginRef: prefix-cache-scorer")
    )
    config = config.replace("parameters: blockSize: 256", "parameters: {blockSize: 256}")
    assert ids(picker(config), pool(), server("s", f"--block-size={block}")) == (
        ["epp-blocksize-mismatch"] if reported else []
    )


def test_the_precise_scorer_counts_in_sixteen_tokens_unless_told() -> None:
    """Its default must be the server's, too."""
    config = QUEUE.replace("queue-scorer", "precise-prefix-cache-scorer")
    assert ids(picker(config), pool(), server("s", "--block-size=64")) == ["epp-blocksize-mismatch"]
    assert ids(picker(config), pool(), server("s", "--block-size=16")) == []
    assert ids(picker(config), pool(), server("s")) == []


def test_a_tokenizer_in_the_cluster_is_enough_for_a_disconnected_one() -> None:
    """A mirror, a volume, or a tokenizer service."""
    config = QUEUE.replace("queue-scorer", "precise-prefix-cache-scorer")
    rules = Rules(disconnected=True)
    assert ids(picker(config), rules=rules) == ["epp-tokenizer-offline"]
    assert ids(picker(config)) == []
    mirror = picker(config)
    mirror["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "HF_ENDPOINT", "value": "http://hub"}
    ]
    assert ids(mirror, rules=rules) == []
    volume = picker(config)
    volume["spec"]["template"]["spec"]["volumes"] = [
        {"name": "t", "persistentVolumeClaim": {"claimName": "t"}}
    ]
    assert ids(volume, rules=rules) == []
    local = "    parameters: {indexerConfig: {tokenizersPoolConfig: {local: {a: b}}}}\n"
    served = config.replace(
        "- type: precise-prefix-cache-scorer\n", f"- type: precise-prefix-cache-scorer\n{local[2:]}"
    )
    assert ids(picker(served), rules=rules) == []


def test_an_inline_configuration_of_kserve_is_read_in_place() -> None:
    """It is part of the object; its pods are those of the service."""
    inline = {"plugins": [{"type": "queue-scorer"}], "schedulingProfiles": [{"name": "a", "plugins": [{"pluginRef": "x"}]}]}  # fmt: skip
    service = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "s"},
        "spec": {"router": {"scheduler": {"config": {"inline": inline}}}},
    }
    assert found(service) == [("epp-ref-undefined", "`pluginRef: x` names none of the plugins of this file")]


@pytest.mark.parametrize("field", ["endpointPickerConfig", "config"])
def test_a_configuration_in_a_field_that_is_none_is_read_all_the_same(field: str) -> None:
    """Of a release that nobody knows: two handlers and a wrong key are wrong in all."""
    plugins = "plugins:\n- type: single-profile-handler\n- type: pd-profile-handler\n  config: {}\n"
    text = f"{HEAD}{plugins}schedulingProfiles: []\n"
    service = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "s"},
        "spec": {"router": {"scheduler": {field: text}}},
    }
    assert sorted(ids(service)) == [
        "epp-handler-count",
        "epp-pd-profiles",
        "epp-pd-profiles",
        "epp-unknown-field",
    ]


@pytest.mark.parametrize("text", ["plugins: [", "{{ .Values.config }}", "a: &a [*a]", "- 1", "kind: Other"])
def test_texts_that_are_no_configuration_are_left_alone(text: str) -> None:
    """Broken YAML is another check's business, a template is nobody's."""
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": f"EndpointPickerConfig\n{text}"}}  # fmt: skip
    assert ids(document) == []


def placed(folder: Path, files: dict[str, str]) -> list[str]:
    """Return the places of what this group finds in some files."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [str(hit.location) for hit in findings(load(folder), CHECKS)]


BROKEN = HEAD + QUEUE.replace("pluginRef: queue-scorer", "pluginRef: queue")
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n"


def test_a_finding_in_a_block_of_text_stands_at_its_line(tmp_path: Path) -> None:
    """The line of the block and the line inside it make the line of the file."""
    indented = "".join(f"    {line}\n" for line in BROKEN.splitlines())
    assert placed(tmp_path, {"a.yaml": f"{MAP}  a.yaml: |\n{indented}"}) == ["a.yaml:14:20"]
    assert placed(tmp_path, {"a.yaml": f"{MAP}  a.yaml: |-  # text\n{indented}"}) == ["a.yaml:14:20"]


def test_a_finding_in_a_quoted_text_stands_at_the_text(tmp_path: Path) -> None:
    """The file does not show the lines of the text."""
    quoted = BROKEN.replace("\n", "\\n")
    assert placed(tmp_path, {"a.yaml": f'{MAP}  a.yaml: "{quoted}"\n'}) == ["a.yaml:6:11"]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH")
def test_a_finding_in_a_generated_config_map_stands_in_the_file_it_is_made_of(tmp_path: Path) -> None:
    """Not at the generator."""
    kustomization = "configMapGenerator:\n- name: c\n  files: [epp.yaml]\n"
    assert placed(tmp_path, {"kustomization.yaml": kustomization, "epp.yaml": BROKEN}) == ["epp.yaml:8:16"]


def test_a_mounted_file_is_read_for_the_picker_that_mounts_it() -> None:
    """By folder, by subPath and by an item's path."""
    broken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "llm"}, "data": {"k": HEAD + QUEUE.replace("type: queue-scorer", "type: kv-cache-scorer")}}  # fmt: skip
    for mount, items in (
        ({"mountPath": "/etc/epp"}, [{"key": "k", "path": "f.yaml"}]),
        ({"mountPath": "/etc/epp/f.yaml", "subPath": "k"}, None),
    ):
        container = {
            "image": "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0",
            "args": ["--pool-name", "p", "--config-file", "/etc/epp/f.yaml"],
            "volumeMounts": [{"name": "v", **mount}],
        }
        volume = {"name": "v", "configMap": {"name": "c", **({"items": items} if items else {})}}
        assert "epp-unknown-plugin" in ids(deployment("epp", container, volumes=[volume]), broken)
