"""The command line `rowmill`: the client's commands, and the server's where that is installed.

Ends with 0 when all went well, 1 when what was asked for failed or was refused, 2 when the command was misused, 3 when Rowmill does not
answer, and 130 after Ctrl-C.
"""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import httpx
from cyclopts import App, Parameter

from rowmill.cli.acts import add_acts
from rowmill.cli.audit import add_audit
from rowmill.cli.connect import KEY, Misused
from rowmill.cli.enrichments import add_enrichments
from rowmill.cli.keys import keys
from rowmill.cli.look import add_looking
from rowmill.cli.rows import rows
from rowmill.cli.send import add_sending
from rowmill.cli.server import add_server
from rowmill.cli.sources import add_sources
from rowmill.cli.terminal import errors, line, text
from rowmill.cli.webhooks import add_webhooks
from rowmill.cli.workers import add_workers
from rowmill.problems import Problem

app = App(
    name="rowmill", help="CSV files of any size and any mess, in searchable tables within seconds.", version=lambda: version("rowmill")
)
add_sending(app)
add_looking(app)
add_acts(app)
add_server(app)
add_audit(app)
app.command(keys)
app.command(rows)
add_workers(app)
add_sources(app)
add_enrichments(app)
add_webhooks(app)
app.register_install_completion_command()


@app.meta.default
def with_key(
    *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    key: Annotated[
        str, Parameter(help="The key that the server asks for; else ROWMILL_KEY says it, which no other user of the machine sees.")
    ] = "",
) -> None:
    if key:
        os.environ[KEY] = key
    app(words)


def run() -> None:
    """The entry point: an error that a person can act on is one sentence, not a traceback."""
    try:
        app.meta()
    except (Problem, TimeoutError) as error:
        _end(str(error), 1)
    except Misused as error:
        _end(str(error), 2)
    except httpx.HTTPError as error:
        _end(f"Rowmill does not answer ({error}). Is it running, and is the address right (--url, ROWMILL_URL)?", 3)
    except BrokenPipeError:  # `rowmill … | head`: whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)


def _end(sentence: str, code: int) -> None:
    errors().print(text((line(sentence), "red")))
    sys.exit(code)
