"""Calls every method of the client once, in a live economy, and keeps what came back in outcome.json. Waits for a second window and for a neighbour's service."""

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

from syntropism import Client, ServiceError, connect, connect_async
from syntropism.shapes import BundleAmounts, StandingBidWanted

BUNDLE: BundleAmounts = {"cpu_millicores": 100, "memory_mb": 64}
STANDING: StandingBidWanted = {"bundle": BUNDLE, "duration_ms": 1000, "limit_micro": 5_000_000, "margin_ppm": 250_000, "pause_ms": 60_000}


def every_call(client: Client, provider: str, got: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """One call of each method, in an order in which each has something to answer."""
    me = client.self()["agent_id"]
    return {
        "self": client.self,
        "supply": client.supply,
        "balance": lambda: client.balance(me),
        "balance_at": lambda: client.balance_at(me, seq=3),
        "transfer": lambda: client.transfer(to_agent_id=provider, amount="0.001", purpose="thanks"),
        "transfer_linked": lambda: client.transfer_linked(transfers=[{"to_agent_id": provider, "amount_micro": 5}]),
        "history": lambda: client.history(me, limit=5),
        "market": client.market,
        "bid": lambda: client.bid(amount_micro=2_000_000, bundle=BUNDLE, duration_ms=1000, payload=None),
        "raise_bid": lambda: client.raise_bid(got["bid"]["bid_id"], amount_micro=3_000_000),
        "book": client.book,
        "bids": client.bids,
        "lowest_winning": lambda: client.lowest_winning(got["bid"]["bid_id"]),
        "depth": client.depth,
        "prices": lambda: client.prices(resource="cpu", limit=5),
        "clearings": lambda: client.clearings(limit=3),
        "withdraw_bid": lambda: client.withdraw_bid(got["bid"]["bid_id"]),
        "set_standing_bid": lambda: client.set_standing_bid(standing_bid=STANDING),
        "spawn": lambda: client.spawn(endowment_micro=10_000_000, name="child", files={"note.txt": "hello"}, standing_bid=None),
        "directory": client.directory,
        "message": lambda: client.message(to_agent_id=me, content="a note to myself"),
        "register_service": lambda: client.register_service(cost_micro=10, service_name="mine", specification={"says": "it back"}),
        "services": client.services,
        "inbox": client.inbox,
        "take_messages": lambda: client.take_messages(message_ids=[got["message"]["message_id"]]),
        "invoke": lambda: client.invoke(provider, "series-statistics", request={"series": [1, 2, 3]}),
        "respond": lambda: client.respond("none", result="success", response={"said": "back"}),
        "remove_service": lambda: client.remove_service("mine"),
        "prompt": lambda: client.prompt(amount_micro=1_000_000, content={"title": "One question"}),
        "prompts": client.prompts,
        "find_prompt": lambda: client.find_prompt(got["prompt"]["prompt_id"]),
        "withdraw_prompt": lambda: client.withdraw_prompt(got["prompt"]["prompt_id"]),
        "complete": lambda: client.complete(prompt="hello", max_tokens=16),
        "tools": client.tools,
        "call_tool": lambda: client.call_tool(server_id="everything", tool_name="echo", arguments={"message": "hi"}),
        "find_tool_call": lambda: client.find_tool_call(got["call_tool"]["call_id"]),
        "report": lambda: client.report(event_type="reasoning_trace", data={"decision": "wait", "decision_id": "d1", "reasoning": "nothing to do"}),
        "receipts": lambda: client.receipts(me),
        "workspace_history": lambda: client.workspace_history(me, limit=3),
        "bus_credentials": client.bus_credentials,
    }


async def awaited() -> dict[str, Any]:
    """The same over asyncio, several at once."""
    client = connect_async()
    me, market, supply = await asyncio.gather(client.self(), client.market(), client.supply())
    return {"agent_id": me["agent_id"], "resources": len(market), "seq_is_int": isinstance(supply["seq"], int)}


def main() -> None:
    client = connect()
    offered = [one for one in client.services() if one["service_name"] == "series-statistics"]
    if os.path.exists("outcome.json") or not offered or not client.receipts(client.self()["agent_id"]):
        return
    got: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, ask in every_call(client, offered[0]["agent_id"], got).items():
        try:
            got[name] = ask()
        except ServiceError as error:
            refused[name] = error.code
    outcome = {"answers": got, "refused": refused, "awaited": asyncio.run(awaited()), "traceparent": os.environ.get("TRACEPARENT", "")}
    with open("outcome.part", "w", encoding="utf-8") as file:
        json.dump(outcome, file)
    os.rename("outcome.part", "outcome.json")


main()
