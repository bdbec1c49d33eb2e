"""A worker: one process that answers from a socket, its own or one that it shares with others.

``python -m serving.worker CONFIG DESCRIPTOR`` is how `serving.workers` starts one.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from features.errors import UptierError
from models.settings import Settings, load_settings
from serving.exit_codes import UNABLE
from serving.logs import set_up_logs

if TYPE_CHECKING:
    from fastapi import FastAPI

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 65
"""How long an idle connection stays open: a little longer than proxies keep theirs, in seconds."""


def run_worker(settings: Settings, listener: socket.socket) -> None:
    """Answer in this process until it is told to stop; what was accepted is answered then."""
    for each in (signal.SIGTERM, signal.SIGINT):
        # Before uvicorn listens to it, and when it raises it again after all is done: stopped, not killed.
        signal.signal(each, lambda *_: sys.exit(0))
    set_up_logs(access=settings.serving.access_log)
    app = _prepare(settings)
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.serving.timeout_s) + 1,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _prepare(settings: Settings) -> FastAPI:
    """Return the service with all loaded that its first requests need."""
    gc.disable()  # what is loaded stays: looking for garbage in it takes an eighth of the start
    from serving.app import create_app  # noqa: PLC0415 - the process that starts workers does without it

    app = create_app(settings)
    app.state.console.prepare()
    gc.freeze()  # else every full collection walks through all that the libraries loaded, in mid-request
    gc.enable()
    return app


def main() -> None:
    """Run as one of several workers."""
    config, descriptor = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        settings = load_settings(Path(config))
        run_worker(settings, socket.socket(fileno=int(descriptor)))
    except UptierError as error:
        logger.error("%s", error)
        sys.exit(UNABLE)


def _end_with_parent() -> None:
    """Stop, in order, when the process that started this one is gone: it never writes to the pipe."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
