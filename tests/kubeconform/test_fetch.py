"""Schemas come over HTTP from a real server on this machine: cache, retries, redirects, proxies, errors."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING, Any

import pytest

from kubeconform.fetch import Cache, Fetcher, FetchError, NotHereError, file_url

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def closed_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_documents_are_loaded_and_redirects_followed(site: Any) -> None:
    """As many requests as pages."""
    site.put("/old.json", "", status=302, Location="/new.json")
    site.put("/new.json", {"type": "object"})
    assert Fetcher().load(f"{site.url}/old.json") == {"type": "object"}
    assert site.asked == ["/old.json", "/new.json"]


def test_a_document_is_cached_under_the_hash_of_its_url(site: Any, tmp_path: Path) -> None:
    """Byte for byte, and not asked for again."""
    site.put("/a.json", '{ "type" : "object" }')
    url = f"{site.url}/a.json"
    fetcher = Fetcher(Cache(tmp_path))
    assert fetcher.load(url) == fetcher.load(url) == {"type": "object"}
    assert site.asked == ["/a.json"]
    (kept,) = tmp_path.iterdir()
    assert kept.name == hashlib.sha256(url.encode()).hexdigest()
    assert kept.read_bytes() == b'{ "type" : "object" }'


def test_the_name_in_the_cache_is_kubeconforms(tmp_path: Path) -> None:
    """A cache of the Go program can be used here, and the other way round."""
    url = (
        "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master/"
        "master-standalone/replicationcontroller-v1.json"
    )
    name = "6dd0c06492c957fe2118a16dae1c5b9e76be072b527a9a45fd1044bd54237334"
    assert Cache(tmp_path).path(url).name == name


def test_what_is_not_there_is_not_cached(site: Any, tmp_path: Path) -> None:
    """Neither a 404 nor a page that is no JSON."""
    site.put("/page.json", "<html>log in</html>")
    for path in ("missing.json", "page.json"):
        with pytest.raises(NotHereError):
            Fetcher(Cache(tmp_path)).load(f"{site.url}/{path}")
    assert list(tmp_path.iterdir()) == []


def test_failing_servers_are_asked_three_times(site: Any) -> None:
    """Then the status is the reason; one that recovers is believed."""
    site.put("/down.json", "no", status=503)
    with pytest.raises(FetchError) as caught:
        Fetcher(retry_wait=0).load(f"{site.url}/down.json")
    assert (
        str(caught.value)
        == f"error while downloading schema at {site.url}/down.json - received HTTP status 503"
    )
    assert len(site.asked) == 3
    site.put("/up.json", "no", status=500)
    site.put("/up.json", {})
    assert Fetcher(retry_wait=0).load(f"{site.url}/up.json") == {}


@pytest.mark.parametrize("status", [401, 403, 501])
def test_refusals_are_not_repeated(site: Any, status: int) -> None:
    """Nor taken for a missing schema."""
    site.put("/a.json", "no", status=status)
    with pytest.raises(FetchError, match=f"received HTTP status {status}$") as caught:
        Fetcher(retry_wait=0).load(f"{site.url}/a.json")
    assert not isinstance(caught.value, NotHereError)
    assert len(site.asked) == 1


def test_servers_that_are_not_there_are_named(closed_port: int) -> None:
    """With what the network said."""
    url = f"http://127.0.0.1:{closed_port}/a.json"
    with pytest.raises(FetchError) as caught:
        Fetcher(retry_wait=0).load(url)
    get = f'Get "{url}"'
    refused = f"dial tcp 127.0.0.1:{closed_port}: connect: connection refused"
    expected = (
        f"failed downloading schema at {url}: {get}: GET {url} giving up after 3 attempt(s): {get}: {refused}"
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_the_proxy_of_the_environment_is_used(
    closed_port: int, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """With or without a scheme; what fails then is the proxy."""
    for address in (f"127.0.0.1:{closed_port}", f"http://127.0.0.1:{closed_port}"):
        monkeypatch.setenv(variable, address)
        with pytest.raises(FetchError) as caught:
            Fetcher(retry_wait=0).load("https://example.invalid/a.json")
        refused = f"proxyconnect tcp: dial tcp 127.0.0.1:{closed_port}: connect: connection refused"
        assert str(caught.value).endswith(refused)


def test_http_goes_through_a_proxy_as_well(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is asked for the whole URL."""
    monkeypatch.setenv("http_proxy", site.url)
    site.put("http://example.invalid/a.json", {"proxied": True})
    assert Fetcher().load("http://example.invalid/a.json") == {"proxied": True}


def test_files_are_documents_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths start at the working directory; names need no care."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b#c.json").write_text("[1]")
    assert Fetcher().load(file_url("./x/../a b#c.json")) == [1]
    with pytest.raises(NotHereError, match="could not open file"):
        Fetcher().load(file_url("nope.json"))
    with pytest.raises(FetchError, match="failed to open schema") as caught:
        Fetcher().load(file_url("."))
    assert not isinstance(caught.value, NotHereError)


def test_a_cache_that_cannot_be_written_is_an_error(site: Any, tmp_path: Path) -> None:
    """And says so, as kubeconform does."""
    site.put("/a.json", {})
    with pytest.raises(FetchError, match=r"^failed to write cache to disk: "):
        Fetcher(Cache(tmp_path / "gone")).load(f"{site.url}/a.json")


def test_other_schemes_are_refused() -> None:
    """A schema cannot make the program read from anywhere."""
    with pytest.raises(FetchError, match=r"^no loader for ftp://x/y\.json$"):
        Fetcher().load("ftp://x/y.json")
