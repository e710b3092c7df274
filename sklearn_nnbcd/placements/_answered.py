# SPDX-License-Identifier: BSD-3-Clause
"""Blocking calls of a Dask client that end when the client closes; by themselves they would wait for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

#: seconds between two looks at whether the client is still there
_PATIENCE = 0.5


def answered(client: Any, call: Callable, *args: Any, **kwargs: Any) -> Any:
    """``call(*args, **kwargs)`` with the client as Dask's current one.

    The call runs in a thread of its own: closing a client stops the event loop that would have woken
    the thread that waits on it.

    Raises
    ------
    CancelledError
        When the client closes before the call has ended.
    """
    answer: Future = Future()

    def run() -> None:
        try:
            with client.as_current():
                answer.set_result(call(*args, **kwargs))
        except BaseException as error:  # belongs to the thread that waits
            answer.set_exception(error)

    threading.Thread(target=run, name="sklearn_nnbcd-dask-call", daemon=True).start()
    open_before = True
    while True:
        try:
            return answer.result(_PATIENCE)
        except TimeoutError:
            if answer.done():
                return answer.result()  # it may be the call's own
            if not open_before:
                raise CancelledError("The client closed before it answered.") from None
            open_before = client.status == "running"  # a last look, for an answer that came before it closed
