"""`uptier serve`: binds the address, and answers with one process or several."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import ConfigError
from models.settings import Settings
from serving.keys import open_keys
from serving.logs import set_up_logs
from serving.worker import run_worker
from serving.workers import Workers

Say = Callable[[str], None]
_BACKLOG = 2048


@dataclass(frozen=True)
class Address:
    """Where the service listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets there."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def serve(
    settings: Settings, config: Path, address: Address, workers: int, say: Say = lambda _: None
) -> None:
    """Answer until the process is told to stop; requests that were accepted are answered then.

    Parameters
    ----------
    settings : Settings
    config : Path
        The file that they come from.
    address : Address
        Port 0 is any that is free.
    workers : int
        Processes.
    say : callable
        Is told where the service listens, and what its user should know.

    Raises
    ------
    ConfigError
        When the address is in use or not this machine's, or others could reach it without a key.
    """
    notes = _check_keys(settings, address)
    with bind(address) as listener:
        for line in (f"serving on http://{_name(listener)}", *notes):
            say(line)
        if workers == 1:
            run_worker(settings, listener)
        else:
            _run_workers(settings, config, listener, workers)


def _run_workers(settings: Settings, config: Path, listener: socket.socket, workers: int) -> None:
    set_up_logs(access=False)
    with tempfile.TemporaryDirectory(prefix="uptier-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        # All workers hash ids alike.
        os.environ["UPTIER_SERVING__LOG_SALT"] = settings.serving.log_salt or secrets.token_hex(16)
        Workers(workers, config, listener, settings.serving.timeout_s + 2).run()


def bind(address: Address) -> socket.socket:
    """Return a socket that listens at an address.

    Raises
    ------
    ConfigError
        Says why it can't be.
    """
    where = f"{address.host}:{address.port}"
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return _listen(*found[0])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"{where} is in use by another program; choose another with --port") from None
        raise ConfigError(f"{where}: cannot listen there ({error.strerror or error})") from error


def _listen(family: int, kind: int, protocol: int, _: str, name: Any) -> socket.socket:
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(name)
        listener.listen(_BACKLOG)  # who asks before the workers are up is answered once they are
    except OSError:
        listener.close()
        raise
    return listener


def _check_keys(settings: Settings, address: Address) -> list[str]:
    keys = open_keys(settings)
    keys.refresh()
    keys.dispose()
    if keys.configured:
        return []
    if not address.is_loopback:
        raise ConfigError(
            f"no key is configured, so the service is bound to loopback only and {address.host} is refused;"
            " create one: uptier keys create NAME --scope predict"
        )
    return ["no key is configured: everybody on this machine is answered, and nobody else"]


def _name(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}"
