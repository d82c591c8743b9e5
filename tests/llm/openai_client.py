"""OpenAI's own Python client against the System Service: base URL and key are all that is set. Prints what it got as JSON."""
import json

from openai import APIStatusError, OpenAI

client = OpenAI(max_retries=0)
messages = [{"role": "user", "content": "hello"}]
got = {}

answer = client.chat.completions.create(model="plain", messages=messages, logprobs=True, max_completion_tokens=50)
got["text"] = answer.choices[0].message.content
got["logprobs"] = answer.choices[0].logprobs.content
got["tokens"] = answer.usage.total_tokens

stream = client.chat.completions.create(model="plain", messages=messages, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
got["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
got["streamed_tokens"] = chunks[-1].usage.total_tokens

tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
got["tool"] = client.chat.completions.create(model="plain", messages=messages, tools=tools).choices[0].message.tool_calls[0].function.name

schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
got["json"] = json.loads(client.chat.completions.create(model="plain", messages=messages, response_format=schema).choices[0].message.content)

got["response"] = client.responses.create(model="plain", input="hello", max_output_tokens=20).output_text
got["embedding"] = client.embeddings.create(model="plain", input="hello").data[0].embedding
got["models"] = [model.id for model in client.models.list()]
got["model"] = client.models.retrieve("plain").id

try:
    client.chat.completions.create(model="nobody", messages=messages)
except APIStatusError as error:
    got["refused"] = [error.status_code, error.code]

print(json.dumps(got))
