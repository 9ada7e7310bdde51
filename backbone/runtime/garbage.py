"""What a process is made of stays as long as it does: Python's collector need not look through it again and again."""

import gc


def leave_out_what_is_here() -> None:
    """Called once all is built. Some 200,000 objects are there by then (modules, routes, types), and each full collection, which stops every
    thread, finds them all in use: of a hundred pages at once `/health/live` waited 270 to 290 ms for one, and 75 to 103 ms without (`make attacks`,
    a slow hour of 2 cores)."""
    gc.collect()
    gc.freeze()
