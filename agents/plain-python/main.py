"""An agent in plain Python: standard library only."""
import http.client
import json
import os
import socket
import urllib.parse
import uuid


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket, as programs in a namespace without network have it."""

    def __init__(self, path: str) -> None:
        super().__init__("system.service")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def call(method: str, path: str, body: dict | None = None) -> dict:
    """Calls the System Service; raises RuntimeError with the problem's code when refused."""
    unix = os.environ.get("SYSTEM_SERVICE_SOCKET")
    url = urllib.parse.urlsplit(os.environ["SYSTEM_SERVICE_URL"])
    connection = SocketConnection(unix) if unix else http.client.HTTPConnection(url.hostname, url.port)
    headers = {"authorization": f"Bearer {os.environ['SYSTEM_SERVICE_TOKEN']}"}
    if os.environ.get("TRACEPARENT"):
        headers["traceparent"] = os.environ["TRACEPARENT"]
    if body is not None:
        headers |= {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"{document.get('code')}: {document.get('detail')}")
    return document


def main() -> None:
    me = call("GET", "/execution/self")
    market = [one for one in call("GET", "/market/state")["resources"] if one["capacity"] > 0]
    dearest = max(market, key=lambda one: one["price_micro_per_s"] / one["floor_micro_per_s"])
    ratio = dearest["price_micro_per_s"] / dearest["floor_micro_per_s"]
    attention = next((one for one in market if one["resource"] == "attention"), None)
    if me["prompt_id"] is None and attention is not None:
        bid = -(-attention["price_micro_per_s"] * 60 * 5 // (4 * attention["capacity"]))
        report = f"{dearest['resource']} stands at {ratio:.2f} times its floor with {dearest['utilisation_ppm'] / 10_000:.1f} % sold; I hold {me['balance_micro'] / 1e6:.3f} credits."
        call("POST", "/attention/prompts", {"amount_micro": bid, "content": {"title": f"{dearest['resource']} at {ratio:.2f} × floor", "report": report}})


main()
