"""The server's commands: serve, migrate, index, verify, dead-letters, demo. `rowmill.cli` plugs them in where the server is installed."""
