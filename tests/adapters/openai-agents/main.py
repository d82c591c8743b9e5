"""A program as somebody has it who never heard of this economy: OpenAI's Agents SDK, and an MCP server beside it. Address, key and token come from the environment."""

import asyncio
import json
import os

from agents import Agent, Runner
from agents.mcp import MCPServerStreamableHttp


async def main() -> None:
    tools = MCPServerStreamableHttp(
        params={
            "url": os.environ["SYSTEM_SERVICE_URL"] + "/mcp",
            "headers": {"Authorization": "Bearer " + os.environ["SYSTEM_SERVICE_TOKEN"]},
        }
    )
    async with tools:
        names = [tool.name for tool in await tools.list_tools()]
        market = await tools.call_tool("market.get_prices", {})
    answer = await Runner.run(Agent(name="writer", instructions="Be brief.", model="plain"), "Say hi.")
    found = {"answer": answer.final_output, "can_bid": "market.bid" in names, "market": json.loads(market.content[0].text)["mechanism"]}
    with open("outcome.part", "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename("outcome.part", "outcome.json")


asyncio.run(main())
