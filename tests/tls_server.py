"""TLS in front of the tests' Postgres server, which is built without it."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

_TLS_WANTED = 80877103
_REQUEST_BYTES = 8
_CHUNK_BYTES = 1 << 16


@contextmanager
def tls_in_front_of(path: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """Give the port of `localhost` that leads to the socket at `path`, and the file of its authority."""
    authority = trustme.CA()
    root = folder / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with socket.create_server(("localhost", 0)) as server:
        threading.Thread(target=_serve, args=(server, context, path), daemon=True).start()
        yield server.getsockname()[1], root


def _serve(server: socket.socket, context: ssl.SSLContext, path: str) -> None:
    # the server's end is the test's
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_answer, args=(client, context, path), daemon=True).start()


def _answer(client: socket.socket, context: ssl.SSLContext, path: str) -> None:
    # a client that trusts nobody here hangs up
    with client, suppress(OSError):
        if struct.unpack("!ii", client.recv(_REQUEST_BYTES))[1] != _TLS_WANTED:
            return
        client.sendall(b"S")
        with (
            context.wrap_socket(client, server_side=True) as inside,
            socket.socket(socket.AF_UNIX) as behind,
        ):
            behind.connect(path)
            answers = threading.Thread(target=_pass_on, args=(behind, inside), daemon=True)
            answers.start()
            _pass_on(inside, behind)
            answers.join()


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            to.sendall(chunk)
        to.shutdown(socket.SHUT_WR)
