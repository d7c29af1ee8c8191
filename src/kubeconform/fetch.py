"""Schemas from URLs and files, with kubeconform's cache, retries and error texts. It does not know what a schema is."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

_ATTEMPTS = 3
_TIMEOUT = 60.0


class FetchError(Exception):
    """A schema could not be had, and no other location should be asked."""


class NotHereError(FetchError):
    """This location has no such schema (404, no such file, or no JSON); the next one may."""


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of schemas under the SHA-256 of their URLs."""

    folder: Path

    def path(self, url: str) -> Path:
        """Return where the schema of a URL is kept."""
        return self.folder / hashlib.sha256(url.encode()).hexdigest()

    def get(self, url: str) -> bytes | None:
        """Return the schema of a URL, if it is kept."""
        try:
            return self.path(url).read_bytes()
        except OSError:
            return None

    def put(self, url: str, body: bytes) -> None:
        """Keep a schema; another process sees all of it or nothing."""
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
                file.write(body)
            Path(file.name).chmod(0o644)
            os.replace(file.name, self.path(url))  # noqa: PTH105 - a str and a Path
        except OSError as error:
            raise FetchError(f"failed to write cache to disk: {error}") from None


class Fetcher:
    """Loads JSON documents by URL (http, https, file); a proxy of the environment is used."""

    def __init__(
        self, cache: Cache | None = None, *, skip_tls: bool = False, retry_wait: float = 1.0
    ) -> None:
        self.cache = cache
        self.retry_wait = retry_wait
        context = ssl.create_default_context()
        if skip_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)

    def load(self, url: str) -> Any:
        """Return the JSON document at a URL; `NotHereError` where there is none."""
        if url.startswith("file:"):
            return _json(url, _read(unquote(urlsplit(url).path)))
        if not url.startswith(("http://", "https://")):
            raise FetchError(f"no loader for {url}")
        kept = self.cache.get(url) if self.cache else None
        if kept is not None:
            return _json(url, kept)
        body = self._download(url)
        document = _json(url, body)
        if self.cache:
            self.cache.put(url, body)
        return document

    def _download(self, url: str) -> bytes:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._opener.open(url, timeout=_TIMEOUT) as response:
                    body: bytes = response.read()
                    return body
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 404:
                    raise NotHereError(f"could not find schema at {url}") from None
                passing = error.code == 429 or (error.code >= 500 and error.code != 501)
                problem = f"error while downloading schema at {url} - received HTTP status {error.code}"
            except (OSError, http.client.HTTPException, ValueError) as error:
                passing = True
                problem = f"failed downloading schema at {url}: {self._reason(url, error)}"
            if not passing or attempt == _ATTEMPTS:
                break
            time.sleep(self.retry_wait * 2 ** (attempt - 1))
        raise FetchError(problem)

    def _reason(self, url: str, error: Exception) -> str:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        parts = urlsplit(url)
        proxy = urllib.request.getproxies().get(parts.scheme, "")
        if proxy and urllib.request.proxy_bypass(parts.hostname or ""):
            proxy = ""
        address = proxy.rpartition("/")[2].rpartition("@")[2] if proxy else parts.netloc.rpartition("@")[2]
        if ":" not in address:
            address += ":443" if parts.scheme == "https" else ":80"
        first = "proxyconnect tcp: " if proxy else ""
        if isinstance(cause, ConnectionRefusedError):
            text = f"{first}dial tcp {address}: connect: connection refused"
        elif isinstance(cause, socket.gaierror):
            text = f"{first}dial tcp: lookup {address.rpartition(':')[0]}: no such host"
        else:
            text = str(cause) or type(cause).__name__
        return f'Get "{url}": GET {url} giving up after {_ATTEMPTS} attempt(s): Get "{url}": {text}'


def file_url(path: str) -> str:
    """Return the URL of a file, relative paths from the working directory."""
    absolute = os.path.normpath(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118 - links stay as they are
    return f"file://{quote(absolute)}"


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotHereError(f"could not open file {path}") from None
    except (OSError, ValueError) as error:
        raise FetchError(f"failed to open schema at {path}: {error}") from None


def _json(url: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotHereError(f"no JSON at {url}") from None
