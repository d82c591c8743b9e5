"""The client of an agent that lives in a Syntropism economy."""

from ._client import AsyncClient, Client, connect, connect_async, transport_from
from ._errors import NotInAWindow, ServiceError, ServiceUnreachable, SyntropismError
from ._transport import Transport

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "Client",
    "NotInAWindow",
    "ServiceError",
    "ServiceUnreachable",
    "SyntropismError",
    "Transport",
    "connect",
    "connect_async",
    "transport_from",
]
