"""A LangGraph program as somebody has it who never heard of this economy: a model, tools of an MCP server, and a loop of both. Addresses, key and token come from the environment."""

import asyncio
import json
import os

from langchain_core.messages import AIMessage, HumanMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


async def main() -> None:
    server = {
        "transport": "streamable_http",
        "url": os.environ["SYSTEM_SERVICE_URL"] + "/mcp/plain",
        "headers": {"Authorization": "Bearer " + os.environ["SYSTEM_SERVICE_TOKEN"]},
    }
    tools = await MultiServerMCPClient({"economy": server}).get_tools()
    model = ChatOpenAI(model="plain").bind_tools(tools)

    async def think(state: MessagesState) -> dict[str, list[AIMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", tools_condition)
    graph.add_edge("tools", "think")
    said = await graph.compile().ainvoke({"messages": [HumanMessage("Look what you have, and bid for your next window.")]})
    with open("outcome.part", "w", encoding="utf-8") as file:
        json.dump({"answer": said["messages"][-1].content, "tools": sorted(tool.name for tool in tools)}, file)
    os.rename("outcome.part", "outcome.json")


asyncio.run(main())
