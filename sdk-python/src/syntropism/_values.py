"""Small parts of a request."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias
from urllib.parse import quote


class _Unset(Enum):
    UNSET = "unset"


Unset: TypeAlias = Literal[_Unset.UNSET]
"""Type of an argument that was not given, where None is a value of its own."""
UNSET: Final = _Unset.UNSET


def segment(value: str) -> str:
    """A part of a path, whatever it holds."""
    return quote(value, safe="")
