"""Reads answers: JSON with every digit, problems as exceptions. Pure."""

import json
from typing import Any

import httpx
import msgspec

from rowmill.calls import Call, T
from rowmill.problems import Problem, problem_of


def read_answer(call: Call[T], response: httpx.Response) -> T:
    """Of a response that was read whole. Raises `Problem`."""
    check_answer(response)
    try:
        return call.read(response.content)
    except msgspec.DecodeError as error:
        detail = f"{call.method} {call.path} was answered with something that is not Rowmill's ({error}). Is the address right?"
        raise Problem(response.status_code, "not-rowmill", detail, {}) from None


def check_answer(response: httpx.Response) -> None:
    """Raises `Problem`."""
    if not response.is_success:
        raise problem_of(response.status_code, _content(response))


def _content(response: httpx.Response) -> Any:
    """None where it is not JSON, whatever it says it is: a proxy may have answered."""
    try:
        return json.loads(response.content)
    except ValueError:
        return None
