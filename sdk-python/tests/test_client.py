"""The client against a server that answers what a test says."""

from __future__ import annotations

import asyncio
import json
import os
import socketserver
import tempfile
import threading
import unittest
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from syntropism import AsyncClient, Client, NotInAWindow, ServiceError, ServiceUnreachable, Transport, transport_from


class _UnixServer(socketserver.UnixStreamServer):
    def get_request(self) -> tuple[Any, Any]:
        return self.socket.accept()[0], ("unix", 0)


class Service:
    """A server on a port, or on a Unix socket, that keeps what it was asked."""

    def __init__(self, answer: Callable[[int], tuple[int, object] | None], path: str | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                text = self.rfile.read(int(self.headers.get("content-length") or 0))
                asked.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": json.loads(text) if text else None})
                said = answer(len(asked))
                if said is None:  # hangs up without an answer
                    self.connection.close()
                    return
                status, value = said
                body = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server: socketserver.BaseServer
        if path is None:
            server = HTTPServer(("127.0.0.1", 0), Handler)
            self.transport = Transport(url=f"http://127.0.0.1:{server.server_port}", token="secret", traceparent="00-aa-bb-01")
            self._server = server
        else:
            self._server = _UnixServer(path, Handler)
            self.transport = Transport(url="http://system.service", token="secret", socket_path=path)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class ClientTest(unittest.TestCase):
    def service(self, answer: Callable[[int], tuple[int, object] | None], path: str | None = None) -> Service:
        service = Service(answer, path)
        self.addCleanup(service.close)
        return service

    def test_a_change_carries_token_trace_context_and_a_key(self) -> None:
        service = self.service(lambda _: (200, {"transfer_id": "t-1"}))
        self.assertEqual(Client(service.transport).transfer(to_agent_id="b", amount_micro=5)["transfer_id"], "t-1")
        asked = service.asked[0]
        self.assertEqual((asked["method"], asked["path"], asked["body"]), ("POST", "/economic/transfer", {"to_agent_id": "b", "amount_micro": 5}))
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        self.assertEqual((headers["authorization"], headers["traceparent"]), ("Bearer secret", "00-aa-bb-01"))
        self.assertEqual(len(headers["idempotency-key"]), 32)

    def test_a_lost_answer_is_asked_for_again_under_the_same_key(self) -> None:
        service = self.service(lambda time: [None, (503, {"code": "unavailable"}), (200, {"bid_id": "bid-1"})][time - 1])
        self.assertEqual(Client(service.transport).bid(bundle={"cpu": 1, "memory": 1}, duration_ms=1)["bid_id"], "bid-1")
        self.assertEqual(len({one["headers"]["idempotency-key"] for one in service.asked}), 1)
        self.assertEqual(len(service.asked), 3)

    def test_a_refusal_says_code_figures_and_words_and_is_not_repeated(self) -> None:
        service = self.service(lambda _: (402, {"code": "credits_insufficient", "detail": "Too little.", "figures": {"required_micro": 7}}))
        with self.assertRaises(ServiceError) as caught:
            Client(service.transport).message(to_agent_id="b", content="hi")
        error = caught.exception
        self.assertEqual((error.status, error.code, error.figures["required_micro"], str(error)), (402, "credits_insufficient", 7, "credits_insufficient: Too little."))
        self.assertEqual(len(service.asked), 1)

    def test_nobody_there_is_said_with_address_and_operation(self) -> None:
        service = self.service(lambda _: None)
        with self.assertRaisesRegex(ServiceUnreachable, r"GET /execution/self at http://127.0.0.1:\d+ had no answer after 3 tries"):
            Client(service.transport).self()
        page = self.service(lambda _: (200, b"<html>"))
        with self.assertRaises(ServiceUnreachable):
            Client(page.transport).self()

    def test_null_is_sent_where_it_means_something_and_nothing_where_nothing_is_given(self) -> None:
        service = self.service(lambda _: (200, {}))
        client = Client(service.transport)
        client.set_standing_bid(standing_bid=None)
        client.spawn(endowment_micro=1, name="x")
        client.spawn(endowment_micro=1, name="x", standing_bid=None)
        client.invoke("p", "s", request=None)
        bodies = [one["body"] for one in service.asked]
        self.assertEqual(bodies[0], {"standing_bid": None})
        self.assertNotIn("standing_bid", bodies[1])
        self.assertEqual(bodies[2]["standing_bid"], None)
        self.assertEqual(bodies[3], {"request": None})

    def test_parts_of_a_path_are_escaped_and_a_query_has_what_was_given(self) -> None:
        service = self.service(lambda _: (200, {"prices": [], "transfers": []}))
        client = Client(service.transport)
        client.prices(resource="cpu")
        client.history("a/../b")
        self.assertEqual([one["path"] for one in service.asked], ["/market/prices/history?resource=cpu", "/economic/history/a%2F..%2Fb"])

    def test_the_socket_of_a_sandbox(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            service = self.service(lambda _: (200, {"agent_id": "a"}), os.path.join(folder, "s"))
            self.assertEqual(Client(service.transport).self()["agent_id"], "a")

    def test_the_asynchronous_client_asks_several_at_once(self) -> None:
        service = self.service(lambda _: (200, {"resources": [{"resource": "cpu"}], "bids": []}))

        async def both() -> tuple[int, int]:
            client = AsyncClient(service.transport)
            market, book = await asyncio.gather(client.market(), client.book())
            return len(market), len(book)

        self.assertEqual(asyncio.run(both()), (1, 0))

    def test_an_environment_that_is_no_window_is_refused(self) -> None:
        with self.assertRaisesRegex(NotInAWindow, "SYSTEM_SERVICE_TOKEN is not set"):
            transport_from({"SYSTEM_SERVICE_URL": "http://x"})
        whole = {"SYSTEM_SERVICE_URL": "http://x", "SYSTEM_SERVICE_TOKEN": "t", "SYSTEM_SERVICE_SOCKET": "/s", "TRACEPARENT": ""}
        transport = transport_from(whole)
        self.assertEqual((transport.socket_path, transport.traceparent), ("/s", None))
        self.assertNotIn("'t'", repr(transport))


if __name__ == "__main__":
    unittest.main()
