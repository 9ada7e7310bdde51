"""A Rowmill of the checkout this is run in, held until standard input ends: `python beside_held.py embedded|distributed`, for `bench.beside`.

It is run by the other checkout's Python too, so it uses only what both of them have. One line of JSON tells the address and process of each pod.
"""

import json
import sys
from contextlib import ExitStack

from bench.homes import bench_database
from tests.flows.pods import Rowmill, distributed, embedded
from tests.stack import find_stack

PODS = {"upload": ["upload"], "parser-1": ["parser"], "parser-2": ["parser"], "indexer": ["indexer"], "query": ["query"]}


def main() -> None:
    with ExitStack() as held:
        if sys.argv[1] == "embedded":
            rowmill: Rowmill = held.enter_context(embedded())
        else:
            stack = held.enter_context(find_stack())
            if stack is None:
                sys.exit("The distributed home needs the real servers: set STACK_*.")
            rowmill = held.enter_context(distributed(stack, held.enter_context(bench_database(stack)), PODS))
        pods = {name: {"url": pod.url, "process": pod.process.pid} for name, pod in rowmill.pods.items()}
        print(json.dumps(pods), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
