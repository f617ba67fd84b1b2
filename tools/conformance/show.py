"""Shows values, errors and futures in words that this module has as well, see show.ts."""

import asyncio

# What has another name there.
NAMES = {"RuntimeError": "Error"}


def state_of(future):
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    exception = future.exception()
    if exception is None:
        return f"result {show(future.result())}"
    # A gather(). When itself was cancelled, it is cancelled() here.
    if isinstance(exception, asyncio.CancelledError):
        return "cancelled"
    return f"exception {describe(exception)}"


def show(value):
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, BaseException):
        return describe(value)
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def describe(error):
    if isinstance(error, BaseExceptionGroup):
        return f"group of {', '.join(sorted({describe(each) for each in error.exceptions}))}"
    name = NAMES.get(type(error).__name__, type(error).__name__)
    has_message = isinstance(error, (ValueError, asyncio.CancelledError)) and str(error)
    return f"{name}: {error}" if has_message else name
