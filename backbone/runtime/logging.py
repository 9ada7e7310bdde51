"""Logs: JSON lines for machines, colours on a terminal. One call at start-up sets it all.

Tracebacks come without local variables: those are people's rows.
"""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def start_logging(level: str) -> None:
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if pretty else [structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))]),
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries speak through the standard library: only their warnings are for us, and aiokafka's are about what we handle ourselves.
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for chatty in ("aiokafka", "elastic_transport", "granian"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
