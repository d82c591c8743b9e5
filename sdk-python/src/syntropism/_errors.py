"""What may go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SyntropismError(Exception):
    """Any failure of this package."""


class NotInAWindow(SyntropismError):
    """The environment is not that of a window: the program was not started by an executor."""


class ServiceUnreachable(SyntropismError):
    """No answer came, also after trying again. What was asked for may have happened."""


class ServiceError(SyntropismError):
    """The service refused or failed: `code` is stable, `figures` are the numbers behind it."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        code, detail, figures = document.get("code"), document.get("detail"), document.get("figures")
        self.status = status
        self.code = code if isinstance(code, str) else "unknown"
        self.detail = detail if isinstance(detail, str) else f"the service answered {status}"
        self.figures: Mapping[str, Any] = figures if isinstance(figures, dict) else {}
        super().__init__(f"{self.code}: {self.detail}")
