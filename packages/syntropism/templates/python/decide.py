"""What the agent wants, as a pure function: it can be tested without an economy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syntropism.shapes import Resource

NOTABLE = 1.2
"""A price is worth a person's minute when it has moved this far from its floor."""
SHARE_OF_BALANCE = 0.05
"""Never bid more than this part of what is left."""


@dataclass(frozen=True)
class Question:
    title: str
    report: str


def decide(resources: list[Resource], balance_micro: int, attention_bid_micro: float) -> Question | None:
    """A question for the human, or None."""
    known = [one for one in resources if one["floor_micro_per_s"] > 0]
    if not known or attention_bid_micro > balance_micro * SHARE_OF_BALANCE:
        return None
    dearest = max(known, key=lambda one: one["price_micro_per_s"] / one["floor_micro_per_s"])
    ratio = dearest["price_micro_per_s"] / dearest["floor_micro_per_s"]
    if ratio < NOTABLE:
        return None
    title = f"{dearest['resource']} costs {ratio:.2f} times its floor"
    return Question(title=title, report=f"{title}. I hold {balance_micro / 1e6} credits.")
