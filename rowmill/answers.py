"""Reads answers: JSON with every digit, problems as exceptions. Pure."""

import json
from decimal import Decimal
from typing import Any

import httpx

from rowmill.calls import Call, T
from rowmill.problems import problem_of


def read_answer(call: Call[T], response: httpx.Response) -> T:
    """Of a response that was read whole. Raises `Problem`."""
    check_answer(response)
    return call.read(_content(response))


def check_answer(response: httpx.Response) -> None:
    """Raises `Problem`."""
    if not response.is_success:
        raise problem_of(response.status_code, _content(response) if "json" in response.headers.get("content-type", "") else None)


def _content(response: httpx.Response) -> Any:
    return json.loads(response.content, parse_float=Decimal)
