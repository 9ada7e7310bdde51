"""The server's own commands, where the server is installed. Where it is not, each says which extra brings it.

They are loaded when one of them is called: the client's commands do not wait for the server's libraries.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from cyclopts import App

from rowmill.cli.connect import Misused

COMMANDS: Final = {
    "serve": ("services.command_line.commands:serve", "Run all services in one process, or only the named ones."),
    "migrate": ("services.command_line.commands:migrate", "Bring the PostgreSQL schema up to date; serving does this too."),
    "index": ("services.command_line.commands:index", "Create, rebuild or mend search indices from PostgreSQL."),
    "verify": ("services.command_line.commands:verify", "Prove that nothing is lost: file, PostgreSQL and index against each other."),
    "doctor": ("services.command_line.doctor:doctor", "Say what is wrong here, and what to do."),
    "first-key": ("services.command_line.commands:first_key", "Make a key with all rights, for whoever runs the server."),
    "backup": ("services.command_line.backup:backup", "Back up everything into a folder or an S3, while it runs."),
    "restore": ("services.command_line.backup:restore", "Bring a backup back into an empty home, and verify it."),
    "dead-letters": ("services.command_line.letters:dead_letters", "Events that could not be handled: list, show, replay."),
    "demo": ("services.command_line.demo:demo", "Start Rowmill, load a sample, search it, and keep serving."),
}
NEEDED: Final = ("litestar", "sqlalchemy", "polars")
INSTALL: Final = 'pip install "rowmill[embedded]" (or "rowmill[server]" beside a PostgreSQL of your own)'


def add_server(app: App) -> None:
    if all(find_spec(name) for name in NEEDED):
        for name, (place, help) in COMMANDS.items():
            app.command(place, name=name, help=help)
        return
    for name in COMMANDS:
        app.command(_missing(name), name=name, help=f"Not installed: {INSTALL} brings it.")


def _missing(name: str) -> Callable[..., None]:
    def missing(*arguments: str) -> None:
        raise Misused(f"`rowmill {name}` belongs to the server, which is not installed here: {INSTALL} brings it.")

    return missing
