"""For programs that know nothing of this economy: python3 -m syntropism.run main.py.

Inside a sandbox without network the System Service is a Unix socket, which clients of OpenAI's API or of MCP do not speak. This puts it on a
port of the sandbox's own loopback, says so in the environment, and runs the program in the same process.
"""

from __future__ import annotations

import os
import runpy
import socket
import sys
import threading

_PIECE_BYTES = 65_536


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE_BYTES):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            end.close()


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            far.connect(path)
        except OSError:
            near.close()
            continue
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def bridge() -> None:
    """Puts the service's socket on a port, where there is one, and the port into the environment."""
    path = os.environ.pop("SYSTEM_SERVICE_SOCKET", "")
    # Traces of OpenAI's Agents SDK go to OpenAI, with the key of the environment: neither is to be had from here.
    os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
    if not path:
        return
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    os.environ["SYSTEM_SERVICE_URL"] = url
    os.environ["OPENAI_BASE_URL"] = f"{url}/v1"


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("syntropism.run: name a program: python3 -m syntropism.run main.py [arguments]")
    bridge()
    program = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
