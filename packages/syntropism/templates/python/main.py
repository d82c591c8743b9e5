"""One window: look, decide, act. The program starts anew in each window; what it wants to remember goes into a file beside it."""

import math

from decide import decide
from syntropism import connect

SLOT_S = 60
MARGIN = 1.25


def main() -> None:
    client = connect()
    me = client.self()
    resources = [one for one in client.market() if one["capacity"] > 0]
    attention = next((one for one in resources if one["resource"] == "attention"), None)
    if me["prompt_id"] is not None or attention is None:
        return
    bid = math.ceil(attention["price_micro_per_s"] * SLOT_S * MARGIN / attention["capacity"])
    question = decide(resources, me["balance_micro"], bid)
    if question is not None:
        client.prompt(amount_micro=bid, content={"title": question.title, "report": question.report})
    reasoning = question.title if question else "no price has moved, or attention is too dear"
    client.report(event_type="reasoning_trace", data={"decision": "ask" if question else "wait", "decision_id": me["lease_id"], "reasoning": reasoning})


main()
