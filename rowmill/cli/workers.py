"""`rowmill workers`: the processes that are there, what each has in hand, and what waits."""

from cyclopts import App

from rowmill.cli.connect import Json, Url, open_client
from rowmill.cli.terminal import out, print_json, row, table
from rowmill.shapes import Queue, Worker


def add_workers(app: App) -> None:
    app.command(workers)


def workers(*, json: Json = False, url: Url = "") -> None:
    """Show all processes: what each has in hand, how fast it gets through; and what waits for them."""
    with open_client(url) as client:
        all_of_them = client.workers()
    if json:
        return print_json([all_of_them])
    processes = table("process", "services", "state", "in hand", "per minute", "handled", "busy with")
    for worker in all_of_them.workers:
        processes.add_row(*row(*_of_worker(worker)))
    out().print(processes)
    queues = table("group", "waiting", "oldest", "consumers")
    for queue in all_of_them.queues:
        queues.add_row(*row(*_of_queue(queue)))
    out().print(queues)
    if all_of_them.dead_letters:
        out().print(f"{all_of_them.dead_letters} dead letters wait: rowmill dead-letters list")
    return None


def _of_worker(worker: Worker) -> tuple[str, ...]:
    state = "lost" if worker.is_lost else f"waits for {', '.join(worker.waiting_for)}" if worker.waiting_for else "there"
    busy = "; ".join(f"{hand.event} {hand.subject} ({hand.seconds:.0f} s)" for hand in worker.in_hand[:3])
    held = f"{len(worker.in_hand)} of {worker.hands}"
    return worker.id, ", ".join(worker.services), state, held, f"{worker.per_minute:,.0f}", f"{worker.handled:,}", busy


def _of_queue(queue: Queue) -> tuple[str, ...]:
    waiting = "?" if queue.events is None else f"{queue.events:,}"
    oldest = f"{queue.oldest_s:,.0f} s" if queue.events else ""
    return queue.group, waiting, oldest, str(queue.consumers)
