"""The validator: resources in, results out, in the order of the input.

Schemas are fetched by several threads ahead of the resources that need them; judging is fast and stays on one.
"""

from __future__ import annotations

import io
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from kubeconform import discovery
from kubeconform.fetch import Cache, Fetcher, FetchError
from kubeconform.resources import Resource, Signature, from_stream
from kubeconform.schemas import Schema, Schemas
from kubeconform.template import TemplateError
from kubeconform.wording import pointer, quote

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence

_LOOKAHEAD = 256


class Status(Enum):
    """What became of a resource."""

    VALID = "valid"
    INVALID = "invalid"
    ERROR = "error"
    SKIPPED = "skipped"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class ValidationError:
    """One thing wrong with a resource, and where in it."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one resource."""

    path: str
    status: Status
    signature: Signature = field(default_factory=Signature)
    message: str = ""
    errors: tuple[ValidationError, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a validator may be told; names are those of the command line."""

    schema_locations: Sequence[str] = ()
    cache: str = ""
    skip: frozenset[str] = frozenset()
    reject: frozenset[str] = frozenset()
    kubernetes_version: str = "master"
    strict: bool = False
    ignore_missing_schemas: bool = False
    skip_tls: bool = False
    workers: int = 4
    retry_wait: float = 1.0
    log: Callable[[str], None] = field(default=lambda _message: None)


class SetupError(Exception):
    """The options cannot work; the message is kubeconform's."""


class Validator:
    """Judges Kubernetes resources by JSON schemas, as kubeconform does."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        fetcher = Fetcher(
            _cache(self.options.cache), skip_tls=self.options.skip_tls, retry_wait=self.options.retry_wait
        )
        try:
            self._schemas = Schemas(
                self.options.schema_locations,
                fetcher,
                kubernetes_version=self.options.kubernetes_version,
                strict=self.options.strict,
                log=self.options.log,
            )
        except TemplateError as error:
            raise SetupError(f"failed initialising schema location registry: {error}") from None

    def validate(self, name: str, data: bytes | BinaryIO) -> Iterator[Result]:
        """Judge the resources of a text or a stream; `name` is what results call it."""
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        yield from self._judge(from_stream(name, stream, strict=self.options.strict))

    def validate_files(
        self, operands: Sequence[str], ignored: Sequence[re.Pattern[str]] = ()
    ) -> Iterator[Result]:
        """Judge the resources of files, and of the manifest files in folders."""
        yield from self._judge(self._read(operands, ignored))

    def validate_resource(self, resource: Resource) -> Result:
        """Judge one resource that is already read."""
        return self._settled(resource) or self._by_schema(resource)

    def _read(self, operands: Sequence[str], ignored: Sequence[re.Pattern[str]]) -> Iterator[Resource]:
        for found in discovery.find(operands, ignored):
            if isinstance(found, discovery.Unreadable):
                yield Resource(found.path, None, error=found.reason)
                continue
            action = "open"
            try:
                with Path(found).open("rb") as file:
                    action = "read"
                    yield from from_stream(found, file, strict=self.options.strict)
            except IsADirectoryError as error:
                yield Resource(found, None, error=discovery.go_reason("read", found, error))
            except OSError as error:
                yield Resource(found, None, error=discovery.go_reason(action, found, error))

    def _judge(self, resources: Iterable[Resource]) -> Iterator[Result]:
        waiting: deque[tuple[Resource, Result | Future[Any] | None]] = deque()
        asked: dict[tuple[str, str], Future[Any]] = {}
        with ThreadPoolExecutor(max(1, self.options.workers)) as pool:
            try:
                for resource in resources:
                    settled = self._settled(resource)
                    waiting.append((resource, settled or self._ask(resource, asked, pool)))
                    if len(waiting) > _LOOKAHEAD:
                        yield self._finish(*waiting.popleft())
                while waiting:
                    yield self._finish(*waiting.popleft())
            finally:
                pool.shutdown(cancel_futures=True)

    def _ask(
        self, resource: Resource, asked: dict[tuple[str, str], Future[Any]], pool: ThreadPoolExecutor
    ) -> Future[Any] | None:
        key = resource.signature.kind, resource.signature.version
        if self._schemas.known(*key):
            return None
        if key not in asked:
            asked[key] = pool.submit(self._schemas.find, *key)
        return asked[key]

    def _finish(self, resource: Resource, pending: Result | Future[Any] | None) -> Result:
        if isinstance(pending, Result):
            return pending
        if pending is not None:
            pending.exception()  # waits; `_by_schema` asks again and gets the same answer
        return self._by_schema(resource)

    def _settled(self, resource: Resource) -> Result | None:
        """Return the verdict on a resource that needs no schema."""
        signature = resource.signature
        names = {signature.kind, signature.group_version_kind}
        if resource.error:
            return Result(resource.path, Status.ERROR, signature, resource.error)
        if resource.value is None:
            return Result(resource.path, Status.EMPTY)
        if names & self.options.skip:
            return Result(resource.path, Status.SKIPPED, signature)
        if names & self.options.reject:
            message = f"prohibited resource kind {signature.kind}"
            return Result(resource.path, Status.ERROR, signature, message)
        return None

    def _by_schema(self, resource: Resource) -> Result:
        path, signature = resource.path, resource.signature
        try:
            schema = self._schemas.find(signature.kind, signature.version)
        except FetchError as error:
            return Result(path, Status.ERROR, signature, str(error))
        if schema is None:
            if self.options.ignore_missing_schemas:
                return Result(path, Status.SKIPPED, signature)
            message = f"could not find schema for {signature.kind}"
            return Result(path, Status.ERROR, signature, message)
        return _by(schema, resource)


def _by(schema: Schema, resource: Resource) -> Result:
    try:
        problems = schema.problems(resource.value)
    except (ValueError, RecursionError) as error:
        message = f"problem validating schema. Check JSON formatting: {error}"
        return Result(resource.path, Status.ERROR, resource.signature, message)
    if not problems:
        return Result(resource.path, Status.VALID, resource.signature)
    lines = [line for problem in problems for line in problem.lines()]
    text = " ".join([f"jsonschema validation failed with {quote(schema.url + '#')}", *lines])
    leaves = [leaf for problem in problems for leaf in problem.leaves()]
    return Result(
        resource.path,
        Status.INVALID,
        resource.signature,
        f"problem validating schema. Check JSON formatting: {text}",
        tuple(ValidationError(pointer(leaf.path), leaf.message) for leaf in leaves),
    )


def _cache(folder: str) -> Cache | None:
    if not folder:
        return None
    path = Path(folder)
    try:
        path.stat()
    except OSError as error:
        reason = discovery.go_reason("stat", folder, error)
        raise SetupError(f"failed opening cache folder {folder}: {reason}") from None
    if not path.is_dir():
        raise SetupError(f"cache folder {folder} is not a directory")
    return Cache(path)
