# Written by "npm run sdk" from the OpenAPI document of the System Service. Do not edit.
"""Shapes of what the System Service takes and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict


class Balance(TypedDict):
    agent_id: str
    balance: float
    balance_micro: int
    held_micro: int


class BalanceAt(TypedDict):
    agent_id: str
    balance_micro: int
    held_micro: int
    seq: int


class BidAnswer(TypedDict):
    bid_id: str
    repeated: bool
    seq: int


class BookBid(TypedDict):
    agent_id: str
    amount_micro: int
    bid_id: str
    bundle: Shares
    duration_ms: int
    expires_at_ms: int | None
    margin_ppm: int | None
    not_before_ms: int
    offered_micro: int
    order: int
    payer_id: str
    payload: NotRequired[Any]
    prompt_id: str | None
    reserve_micro: int
    standing: bool
    tip_micro: int
    traceparent: str


class Bundle(TypedDict):
    attention: NotRequired[int]
    cpu: NotRequired[int]
    llm: NotRequired[int]
    memory: NotRequired[int]


class BundleAmounts(TypedDict):
    cpu_millicores: NotRequired[int]
    llm_micro_usd_per_minute: NotRequired[int]
    memory_mb: NotRequired[int]


class CertificatePricesAfter(TypedDict):
    attention: int
    cpu: int
    llm: int
    memory: int


class CertificatePricesBefore(TypedDict):
    attention: int
    cpu: int
    llm: int
    memory: int


class CertificateReserved(TypedDict):
    bid_id: str
    executor_id: str | None
    starts_at_ms: int


class CertificateShadowPricesMicro(TypedDict):
    attention: int
    cpu: int
    llm: int
    memory: int


class CertificateSupplyExecutors(TypedDict):
    cpu: int
    memory: int


class CertificateSupply(TypedDict):
    attention: int
    executors: dict[str, CertificateSupplyExecutors]
    llm: int


class CertificateWinnersQuantities(TypedDict):
    attention: int
    cpu: int
    llm: int
    memory: int


class CertificateWinners(TypedDict):
    agent_id: str
    bid_id: str
    executor_id: str | None
    lease_id: str
    offered_micro: int
    payer_id: str
    payment_micro: int
    quantities: CertificateWinnersQuantities
    reserve_micro: int


class Certificate(TypedDict):
    bids_count: int
    bound_micro: int | None
    book_hash: str
    clearing_id: str
    eligible_count: int
    fallback: str | None
    hash: str
    lowest_winning_micro: int | None
    mechanism: str
    payment_rule: str
    prices_after: CertificatePricesAfter
    prices_before: CertificatePricesBefore
    reserved: CertificateReserved | None
    shadow_prices_micro: CertificateShadowPricesMicro | None
    supply: CertificateSupply
    welfare_micro: int
    winners: list[CertificateWinners]


class Clearing(TypedDict):
    at_ms: int
    certificate: Certificate
    seq: int


class Completion(TypedDict):
    call_id: str
    completion: str
    finish_reason: str
    tokens_used: int


class Depth(TypedDict):
    eligible: int
    open: int


class Done(TypedDict):
    repeated: bool
    seq: int


class InvocationAnswer(TypedDict):
    deadline_at_ms: int
    invocation_id: str
    repeated: bool
    seq: int


class LowestWinning(TypedDict):
    at_ms: int
    bid_id: str
    clearings: int
    lowest_winning_is_estimate: bool
    lowest_winning_micro: int | None
    mechanism: str
    offered_micro: int


class MarketStatePricesMicroPerS(TypedDict):
    attention: int
    cpu: int
    llm: int
    memory: int


class MarketState(TypedDict):
    at_ms: int
    mechanism: str
    payment_rule: str
    prices_micro_per_s: MarketStatePricesMicroPerS
    resources: list[Resource]


class Message(TypedDict):
    at_ms: NotRequired[int]
    content: NotRequired[str]
    cost_micro: NotRequired[int]
    deadline_at_ms: NotRequired[int]
    from_agent: str
    invocation_id: str
    kind: Literal["message", "request", "response"]
    message_id: str
    request: NotRequired[Any]
    response: NotRequired[Any]
    result: NotRequired[Literal["success", "failure"]]
    service_name: NotRequired[str]


class MessageAnswer(TypedDict):
    message_id: str
    repeated: bool
    seq: int


class Neighbour(TypedDict):
    agent_id: str
    balance_micro: int
    lineage: list[str]
    name: str
    parent_id: str | None
    services: list[str]
    status: str


class OutsideTool(TypedDict):
    price_micro: int
    retries: int
    timeout_ms: int
    cache_ttl_ms: int
    description: str
    input_schema: dict[str, Any]
    price: float
    server_id: str
    tool_name: str


class OwnBid(TypedDict):
    agent_id: str
    amount_micro: int
    bid_id: str
    bundle: Shares
    duration_ms: int
    expires_at_ms: int | None
    margin_ppm: int | None
    not_before_ms: int
    offered_micro: int
    order: int
    payer_id: str
    payload: NotRequired[Any]
    prompt_id: str | None
    reserve_micro: int
    standing: bool
    tip_micro: int
    traceparent: str
    lowest_winning_is_estimate: bool
    lowest_winning_micro: int | None


class PricePoint(TypedDict):
    at_ms: int
    new_price_micro_per_s: int
    old_price_micro_per_s: int
    reason: str
    resource: Literal["cpu", "memory", "llm", "attention"]
    seq: int
    utilisation_ppm: int


class PromptAnswer(TypedDict):
    deadline_at_ms: int
    prompt_id: str
    repeated: bool
    seq: int


class PromptView(TypedDict):
    agent_id: str
    bid_micro: int
    content: dict[str, Any]
    credits_awarded_micro: int | None
    deadline_at_ms: int
    ended_at_ms: int | None
    filed_at_ms: int
    human_id: str | None
    prompt_id: str
    reason: str | None
    scores: Scores | None
    seq: int
    status: str


class Receipt(TypedDict):
    agent_id: str
    bid_id: str
    cause: str
    cpu_ms_granted: int
    cpu_ms_used: int
    detail: str
    elapsed_ms: int
    entry_ids: list[int]
    execution_id: str
    exit_code: int | None
    memory_mb_ms_granted: int
    memory_mb_ms_used: int
    memory_peak_mb: int
    offered_micro: int
    paid: float
    paid_micro: int
    reason: str
    refunded: float
    refunded_micro: int
    sandbox: NotRequired[str]
    spend_micro_usd: int
    tokens: int


class Resource(TypedDict):
    capacity: int
    floor_micro_per_s: int
    price_micro_per_s: int
    resource: Literal["cpu", "memory", "llm", "attention"]
    sold: int
    utilisation_ppm: int


class Scores(TypedDict):
    interesting: int
    understandable: int
    useful: int


class Self(TypedDict):
    agent_id: str
    balance_micro: int
    bid_id: str
    cpu_millicores: int
    cpu_ms_granted: int
    ends_at_ms: int
    held_micro: int
    lease_id: str
    llm_micro_usd_left: int
    memory_mb: int
    models: list[str]
    now_ms: int
    paid_micro: int
    payer_id: str
    prompt_id: str | None
    remaining_ms: int
    standing_bid: StandingBid | None


class Service(TypedDict):
    agent_id: str
    cost_micro: int
    payment: Literal["on_response", "in_advance"]
    service_name: str
    specification: dict[str, Any]


class ServiceAnswer(TypedDict):
    service_name: str
    repeated: bool
    seq: int


class Shares(TypedDict):
    """A share of each resource, in parts per million."""

    attention: NotRequired[int]
    cpu: NotRequired[int]
    llm: NotRequired[int]
    memory: NotRequired[int]


class SpawnAnswer(TypedDict):
    child_id: str
    repeated: bool
    seq: int


class StandingBid(TypedDict):
    bundle: Shares
    duration_ms: int
    limit_micro: int
    margin_ppm: int
    pause_ms: int


class StandingBidWanted(TypedDict):
    bundle: Bundle | BundleAmounts
    duration_ms: int
    limit_micro: int
    margin_ppm: int
    pause_ms: int


class Supply(TypedDict):
    agents_micro: int
    at_ms: int
    burned_micro: int
    circulating_micro: int
    economy_id: str
    granted_micro: int
    held_micro: int
    living_agents: int
    rewarded_micro: int
    seq: int


class ToolAnswerResult(TypedDict):
    content: NotRequired[list[dict[str, Any]]]
    structuredContent: NotRequired[dict[str, Any]]


class ToolAnswer(TypedDict):
    cached: bool
    call_id: str | None
    charged_micro: int
    is_error: bool
    result: ToolAnswerResult | None
    status: Literal["answered", "open"]


class ToolCall(TypedDict):
    agent_id: str
    arguments: dict[str, Any]
    at_ms: int
    call_id: str
    charged_micro: int | None
    elapsed_ms: int | None
    price_micro: int
    reason: str | None
    result: NotRequired[Any]
    seq: int
    server_id: str
    status: Literal["answered", "failed", "open"]
    tool_name: str


class ToolsUnreachable(TypedDict):
    reason: str
    server_id: str


class Tools(TypedDict):
    tools: list[OutsideTool]
    unreachable: list[ToolsUnreachable]


class Transfer(TypedDict):
    amount_micro: int
    at_ms: int
    entry_id: int
    from_account: str
    from_agent: str
    hold_id: str | None
    number: int
    purpose: str
    seq: int
    to_account: str
    to_agent: str
    transfer_id: str


class TransferAnswer(TypedDict):
    entry_id: int
    transfer_id: str
    repeated: bool
    seq: int


class TransfersAnswer(TypedDict):
    transfer_ids: list[str]
    repeated: bool
    seq: int


class WorkspaceState(TypedDict):
    at_ms: int
    commit: str
    message: str


class TransferRequest(TypedDict):
    amount: NotRequired[float | str]
    amount_micro: NotRequired[int]
    purpose: NotRequired[str]
    to_agent_id: str


class TransferLinkedRequestTransfers(TypedDict):
    amount: NotRequired[float | str]
    amount_micro: NotRequired[int]
    purpose: NotRequired[str]
    to_agent_id: str


class TransferLinkedRequest(TypedDict):
    transfers: Sequence[TransferLinkedRequestTransfers]


class ReportRequest(TypedDict):
    data: Mapping[str, Any]
    event_type: Literal["reasoning_trace", "reflection", "code_change_proposed", "code_change_applied"]


class SpawnRequestFirstBid(TypedDict):
    amount_micro: int
    paid_by: Literal["parent", "child"]


class SpawnRequest(TypedDict):
    endowment_micro: int
    files: NotRequired[Mapping[str, str]]
    llm_budget_micro_usd: NotRequired[int]
    first_bid: NotRequired[SpawnRequestFirstBid]
    model_tier: NotRequired[str]
    name: str
    standing_bid: NotRequired[StandingBidWanted | None]


class PromptRequest(TypedDict):
    amount_micro: int
    content: Mapping[str, Any]
    deadline_ms: NotRequired[int]


class CompleteRequest(TypedDict):
    max_tokens: NotRequired[int]
    model: NotRequired[str]
    prompt: str
    system: NotRequired[str]


class BidRequest(TypedDict):
    amount: NotRequired[float | str]
    amount_micro: NotRequired[int]
    agent_id: NotRequired[str]
    bundle: Bundle | BundleAmounts
    duration_ms: int
    expires_at_ms: NotRequired[int]
    not_before_ms: NotRequired[int]
    payload: NotRequired[Any]
    tip_micro: NotRequired[int]


class RaiseBidRequest(TypedDict):
    amount: NotRequired[float | str]
    amount_micro: NotRequired[int]


class SetStandingBidRequest(TypedDict):
    standing_bid: StandingBidWanted | None


class InvokeRequestWakeBid(TypedDict):
    amount_micro: int
    bundle: Bundle | BundleAmounts
    duration_ms: int


class InvokeRequest(TypedDict):
    deadline_ms: NotRequired[int]
    request: NotRequired[Any]
    wake_bid: NotRequired[InvokeRequestWakeBid]


class RegisterServiceRequest(TypedDict):
    cost_micro: int
    payment: NotRequired[Literal["on_response", "in_advance"]]
    service_name: str
    specification: NotRequired[Mapping[str, Any]]


class RespondRequest(TypedDict):
    response: NotRequired[Any]
    result: Literal["success", "failure"]


class MessageRequest(TypedDict):
    content: str
    to_agent_id: str


class TakeMessagesRequest(TypedDict):
    message_ids: Sequence[str]


class CallToolRequest(TypedDict):
    arguments: NotRequired[Mapping[str, Any]]
    justification: NotRequired[str]
    server_id: str
    tool_name: str
    wait_ms: NotRequired[int]
