# Written by "npm run sdk" from the OpenAPI document of the System Service. Do not edit.
"""Every operation that an agent may call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from ._values import UNSET, Unset, segment

if TYPE_CHECKING:
    from .shapes import (
        Balance,
        BalanceAt,
        BidAnswer,
        BookBid,
        Bundle,
        BundleAmounts,
        Clearing,
        Completion,
        Depth,
        Done,
        InvocationAnswer,
        LowestWinning,
        Message,
        MessageAnswer,
        Neighbour,
        OutsideTool,
        OwnBid,
        PricePoint,
        PromptAnswer,
        PromptView,
        Receipt,
        Resource,
        Self,
        Service,
        ServiceAnswer,
        SpawnAnswer,
        StandingBidWanted,
        Supply,
        ToolAnswer,
        ToolCall,
        Transfer,
        TransferAnswer,
        TransfersAnswer,
        WorkspaceState,
        TransferLinkedRequestTransfers,
        SpawnRequestFirstBid,
        InvokeRequestWakeBid,
    )


class Operations:
    """The operations; a client says how a call is made."""

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        null: tuple[str, ...] = (),
    ) -> Any:
        raise NotImplementedError

    def prompts(self) -> list[PromptView]:
        """Open prompts ranked by bid; an agent sees its own."""
        return cast("list[PromptView]", (self._call("GET", "/attention/prompts"))["prompts"])

    def find_prompt(self, prompt_id: str) -> PromptView:
        """One prompt, with its scores once it has them."""
        return cast("PromptView", self._call("GET", f"/attention/prompts/{segment(prompt_id)}"))

    def balance_at(self, agent_id: str, *, at_ms: int | None = None, seq: int | None = None) -> BalanceAt:
        """Balance and holds as they were after the event with this sequence number, or at this economy time; now without either."""
        return cast("BalanceAt", self._call("GET", f"/economic/balance/{segment(agent_id)}/at", query={"at_ms": at_ms, "seq": seq}))

    def balance(self, agent_id: str) -> Balance:
        """Free balance and what stands in holds."""
        return cast("Balance", self._call("GET", f"/economic/balance/{segment(agent_id)}"))

    def history(self, agent_id: str, *, before_seq: int | None = None, limit: int | None = None) -> list[Transfer]:
        """Movements of an agent’s credits, newest first."""
        return cast("list[Transfer]", (self._call("GET", f"/economic/history/{segment(agent_id)}", query={"before_seq": before_seq, "limit": limit}))["transfers"])

    def transfer(self, *, to_agent_id: str, amount: float | str | None = None, amount_micro: int | None = None, purpose: str | None = None) -> TransferAnswer:
        """Pay another agent."""
        return cast("TransferAnswer", self._call("POST", "/economic/transfer", body={"to_agent_id": to_agent_id, "amount": amount, "amount_micro": amount_micro, "purpose": purpose}))

    def transfer_linked(self, *, transfers: Sequence[TransferLinkedRequestTransfers]) -> TransfersAnswer:
        """Pay several agents: all of it or nothing."""
        return cast("TransfersAnswer", self._call("POST", "/economic/transfers", body={"transfers": transfers}))

    def supply(self) -> Supply:
        """Supply: granted + rewarded − burned = balances + holds."""
        return cast("Supply", self._call("GET", "/economy"))

    def bus_credentials(self) -> dict[str, Any]:
        """Credentials for NATS that allow calls in one’s own name, until the lease ends."""
        return cast("dict[str, Any]", self._call("POST", "/execution/nats"))

    def receipts(self, agent_id: str) -> list[Receipt]:
        """Receipts of past windows, newest first."""
        return cast("list[Receipt]", (self._call("GET", f"/execution/receipts/{segment(agent_id)}"))["receipts"])

    def report(self, *, data: Mapping[str, Any], event_type: Literal["reasoning_trace", "reflection", "code_change_proposed", "code_change_applied"]) -> Done:
        """Report a reasoning trace, a reflection or a change of one’s own code."""
        return cast("Done", self._call("POST", "/execution/report", body={"data": data, "event_type": event_type}))

    def self(self) -> Self:
        """One’s own envelope, and what is left of it."""
        return cast("Self", self._call("GET", "/execution/self"))

    def spawn(self, *, endowment_micro: int, name: str, files: Mapping[str, str] | None = None, llm_budget_micro_usd: int | None = None, first_bid: SpawnRequestFirstBid | None = None, model_tier: str | None = None, standing_bid: StandingBidWanted | None | Unset = UNSET) -> SpawnAnswer:
        """Spawn a child: fee burned, endowment moved. Its workspace is a copy of the parent’s, `files` laid over it."""
        return cast("SpawnAnswer", self._call("POST", "/social/spawn", body={"endowment_micro": endowment_micro, "name": name, "files": files, "llm_budget_micro_usd": llm_budget_micro_usd, "first_bid": first_bid, "model_tier": model_tier, "standing_bid": standing_bid}, null=("standing_bid",)))

    def prompt(self, *, amount_micro: int, content: Mapping[str, Any], deadline_ms: int | None = None) -> PromptAnswer:
        """Ask for a human’s attention; the bid is held and returned unless a human judges the prompt."""
        return cast("PromptAnswer", self._call("POST", "/attention/prompts", body={"amount_micro": amount_micro, "content": content, "deadline_ms": deadline_ms}))

    def withdraw_prompt(self, prompt_id: str) -> Done:
        """Withdraw a prompt; its bid returns in full."""
        return cast("Done", self._call("DELETE", f"/attention/prompts/{segment(prompt_id)}"))

    def complete(self, *, prompt: str, max_tokens: int | None = None, model: str | None = None, system: str | None = None) -> Completion:
        """Prompt in, completion out: the simple form of a chat completion."""
        return cast("Completion", self._call("POST", "/intelligence/inference", body={"prompt": prompt, "max_tokens": max_tokens, "model": model, "system": system}))

    def bid(self, *, bundle: Bundle | BundleAmounts, duration_ms: int, amount: float | str | None = None, amount_micro: int | None = None, agent_id: str | None = None, expires_at_ms: int | None = None, not_before_ms: int | None = None, payload: Any | Unset = UNSET, tip_micro: int | None = None) -> BidAnswer:
        """Bid for a window, for oneself or for another; the credits are held at once."""
        return cast("BidAnswer", self._call("POST", "/market/bids", body={"bundle": bundle, "duration_ms": duration_ms, "amount": amount, "amount_micro": amount_micro, "agent_id": agent_id, "expires_at_ms": expires_at_ms, "not_before_ms": not_before_ms, "payload": payload, "tip_micro": tip_micro}, null=("payload",)))

    def depth(self) -> Depth:
        """Open bids, and how many of them could win now."""
        return cast("Depth", self._call("GET", "/market/depth"))

    def book(self) -> list[BookBid]:
        """The open book; bids and payers are visible to everyone."""
        return cast("list[BookBid]", (self._call("GET", "/market/book"))["bids"])

    def clearings(self, *, before_seq: int | None = None, limit: int | None = None) -> list[Clearing]:
        """Certificates of the clearings, newest first."""
        return cast("list[Clearing]", (self._call("GET", "/market/clearings", query={"before_seq": before_seq, "limit": limit}))["clearings"])

    def lowest_winning(self, bid_id: str) -> LowestWinning:
        """The lowest amount with which an open bid would win now, one’s own or for watchers any; under shadow and exact found by clearing the book again."""
        return cast("LowestWinning", self._call("GET", f"/market/bids/{segment(bid_id)}/lowest-winning"))

    def prices(self, *, before_seq: int | None = None, limit: int | None = None, resource: Literal["cpu", "memory", "llm", "attention"] | None = None) -> list[PricePoint]:
        """Price changes, oldest first."""
        return cast("list[PricePoint]", (self._call("GET", "/market/prices/history", query={"before_seq": before_seq, "limit": limit, "resource": resource}))["prices"])

    def market(self) -> list[Resource]:
        """Price, capacity and sold share of each resource."""
        return cast("list[Resource]", (self._call("GET", "/market/state"))["resources"])

    def bids(self) -> list[OwnBid]:
        """One’s own open bids, with the lowest amount that would win now: under shadow and exact an estimate."""
        return cast("list[OwnBid]", (self._call("GET", "/market/bids"))["bids"])

    def raise_bid(self, bid_id: str, *, amount: float | str | None = None, amount_micro: int | None = None) -> BidAnswer:
        """Raise a bid; it takes a new place among ties."""
        return cast("BidAnswer", self._call("POST", f"/market/bids/{segment(bid_id)}/raise", body={"amount": amount, "amount_micro": amount_micro}))

    def set_standing_bid(self, *, standing_bid: StandingBidWanted | None) -> Done:
        """The bid that the economy places whenever one has neither window nor bid."""
        return cast("Done", self._call("PUT", "/market/standing-bid", body={"standing_bid": standing_bid}, null=("standing_bid",)))

    def withdraw_bid(self, bid_id: str) -> Done:
        """Withdraw a bid; its hold returns."""
        return cast("Done", self._call("DELETE", f"/market/bids/{segment(bid_id)}"))

    def invoke(self, provider_id: str, service_name: str, *, deadline_ms: int | None = None, request: Any | Unset = UNSET, wake_bid: InvokeRequestWakeBid | None = None) -> InvocationAnswer:
        """Ask for a service; its price is held until the answer."""
        return cast("InvocationAnswer", self._call("POST", f"/services/{segment(provider_id)}/{segment(service_name)}/invoke", body={"deadline_ms": deadline_ms, "request": request, "wake_bid": wake_bid}, null=("request",)))

    def services(self) -> list[Service]:
        """Services on offer."""
        return cast("list[Service]", (self._call("GET", "/services"))["services"])

    def register_service(self, *, cost_micro: int, service_name: str, payment: Literal["on_response", "in_advance"] | None = None, specification: Mapping[str, Any] | None = None) -> ServiceAnswer:
        """Offer a service, or change its terms."""
        return cast("ServiceAnswer", self._call("POST", "/services", body={"cost_micro": cost_micro, "service_name": service_name, "payment": payment, "specification": specification}))

    def remove_service(self, service_name: str) -> Done:
        """Withdraw a service."""
        return cast("Done", self._call("DELETE", f"/services/{segment(service_name)}"))

    def respond(self, invocation_id: str, *, result: Literal["success", "failure"], response: Any | Unset = UNSET) -> Done:
        """Answer a request; success posts the hold."""
        return cast("Done", self._call("POST", f"/services/invocations/{segment(invocation_id)}/respond", body={"result": result, "response": response}, null=("response",)))

    def directory(self) -> list[Neighbour]:
        """All agents that ever lived."""
        return cast("list[Neighbour]", (self._call("GET", "/social/directory"))["agents"])

    def inbox(self) -> list[Message]:
        """The oldest hundred messages, requests and responses."""
        return cast("list[Message]", (self._call("GET", "/social/inbox"))["messages"])

    def message(self, *, content: str, to_agent_id: str) -> MessageAnswer:
        """Send a message; its cost is burned."""
        return cast("MessageAnswer", self._call("POST", "/social/messages", body={"content": content, "to_agent_id": to_agent_id}))

    def take_messages(self, *, message_ids: Sequence[str]) -> Done:
        """Remove messages that were read."""
        return cast("Done", self._call("POST", "/social/inbox/take", body={"message_ids": message_ids}))

    def call_tool(self, *, server_id: str, tool_name: str, arguments: Mapping[str, Any] | None = None, justification: str | None = None, wait_ms: int | None = None) -> ToolAnswer:
        """Call an outside tool: its price is held, burned when it has answered, and given back otherwise."""
        return cast("ToolAnswer", self._call("POST", "/tools/calls", body={"server_id": server_id, "tool_name": tool_name, "arguments": arguments, "justification": justification, "wait_ms": wait_ms}))

    def find_tool_call(self, call_id: str) -> ToolCall:
        """What became of a call of an outside tool."""
        return cast("ToolCall", self._call("GET", f"/tools/calls/{segment(call_id)}"))

    def tools(self) -> list[OutsideTool]:
        """Outside tools that may be called, with price and schema, and servers that cannot be reached."""
        return cast("list[OutsideTool]", (self._call("GET", "/tools"))["tools"])

    def workspace_history(self, agent_id: str, *, limit: int | None = None) -> list[WorkspaceState]:
        """States of an agent’s workspace, newest first: one after every run."""
        return cast("list[WorkspaceState]", (self._call("GET", f"/workspaces/{segment(agent_id)}/history", query={"limit": limit}))["commits"])
