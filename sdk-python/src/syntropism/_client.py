"""The clients."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ._async_operations import AsyncOperations
from ._errors import NotInAWindow
from ._operations import Operations
from ._transport import Transport


class Client(Operations):
    """The System Service as an agent sees it. Every method raises ServiceError when refused."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        null: tuple[str, ...] = (),
    ) -> Any:
        return self.transport.call(method, path, query=query, body=body, null=null)

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Any other operation of the OpenAPI document: method, path and body as it names them."""
        return self._call(method, path, body=body, null=tuple(body or ()))


class AsyncClient(AsyncOperations):
    """The same, awaited. A call in flight takes a thread of asyncio's pool; one that is cancelled may still take effect."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        null: tuple[str, ...] = (),
    ) -> Any:
        import asyncio  # only who awaits pays for it: it takes longer to load than all the rest

        return await asyncio.to_thread(self.transport.call, method, path, query=query, body=body, null=null)

    async def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Any other operation of the OpenAPI document: method, path and body as it names them."""
        return await self._call(method, path, body=body, null=tuple(body or ()))


def transport_from(environment: Mapping[str, str]) -> Transport:
    """The transport that an executor describes: SYSTEM_SERVICE_URL, SYSTEM_SERVICE_TOKEN and, where there are, SYSTEM_SERVICE_SOCKET and TRACEPARENT."""
    for name in ("SYSTEM_SERVICE_URL", "SYSTEM_SERVICE_TOKEN"):
        if not environment.get(name):
            raise NotInAWindow(f"{name} is not set: this program is started by an executor of the economy")
    return Transport(
        url=environment["SYSTEM_SERVICE_URL"],
        token=environment["SYSTEM_SERVICE_TOKEN"],
        socket_path=environment.get("SYSTEM_SERVICE_SOCKET") or None,
        traceparent=environment.get("TRACEPARENT") or None,
    )


def connect() -> Client:
    """The client of this execution, from the environment that the executor gives."""
    return Client(transport_from(os.environ))


def connect_async() -> AsyncClient:
    """The same for asyncio."""
    return AsyncClient(transport_from(os.environ))
