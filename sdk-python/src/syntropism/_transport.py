"""How a call travels: HTTP over TCP, or over the Unix socket of a sandbox."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from ._errors import ServiceError, ServiceUnreachable
from ._values import UNSET

_TRIES = 3


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("system.service", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _new_id() -> str:
    return os.urandom(16).hex()


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Where the service is, and who asks."""

    url: str
    token: str = field(repr=False)
    """Bearer token of the execution."""
    socket_path: str | None = None
    """Unix socket of the service, as programs in a namespace without network have it."""
    traceparent: str | None = None
    """W3C trace context that every call continues."""
    timeout_s: float = 60.0
    """Longest wait for an answer."""
    create_id: Callable[[], str] = _new_id
    """Source of Idempotency-Keys."""

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        null: tuple[str, ...] = (),
    ) -> Any:
        """Carries out one operation. A change has an Idempotency-Key, so that trying again after a lost answer takes effect at most once."""
        headers = {"accept": "application/json", "authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["idempotency-key"] = self.create_id()
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        text: bytes | None = None
        if body is not None:
            headers["content-type"] = "application/json"
            given = {key: value for key, value in body.items() if value is not UNSET and (value is not None or key in null)}
            text = json.dumps(given, allow_nan=False).encode()
        asked = {key: value for key, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(asked)}" if asked else path
        for attempt in range(1, _TRIES + 1):
            try:
                status, value = self._exchange(method, target, text, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if attempt < _TRIES:
                    continue
                raise ServiceUnreachable(f"{method} {path} at {self.socket_path or self.url} had no answer after {_TRIES} tries: {error}") from error
            if status < 400:
                return value
            if status == 503 and attempt < _TRIES:
                continue
            raise ServiceError(status, value if isinstance(value, dict) else {})
        raise AssertionError("unreachable")

    def _exchange(self, method: str, target: str, text: bytes | None, headers: Mapping[str, str]) -> tuple[int, Any]:
        connection = self._connect()
        try:
            connection.request(method, urlsplit(self.url).path.rstrip("/") + target, body=text, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if self.socket_path:
            return _SocketConnection(self.socket_path, self.timeout_s)
        url = urlsplit(self.url)
        if url.scheme == "https":
            return http.client.HTTPSConnection(url.hostname or "", url.port, timeout=self.timeout_s)
        return http.client.HTTPConnection(url.hostname or "", url.port, timeout=self.timeout_s)
