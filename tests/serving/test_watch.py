from __future__ import annotations

import threading
import time

from serving.watch import Watch


def test_it_looks_at_once_and_again() -> None:
    again = threading.Event()
    looks: list[None] = []

    def look() -> None:
        looks.append(None)
        if len(looks) == 3:
            again.set()

    watch = Watch(look, 0.001, "looks")
    watch.start()
    assert again.wait(10)
    watch.stop()
    seen = len(looks)
    time.sleep(0.02)
    assert len(looks) == seen


def test_what_a_look_has_open_is_closed_when_the_watch_is_stopped() -> None:
    opened, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def look() -> None:
        opened.set()
        go_on.wait(10)
        closed.set()

    watch = Watch(look, 60, "looks")
    watch.start()
    assert opened.wait(10)
    threading.Timer(0.05, go_on.set).start()
    watch.stop()
    assert closed.is_set()


def test_stopping_what_never_began_does_nothing() -> None:
    Watch(lambda: None, 60, "looks").stop()
