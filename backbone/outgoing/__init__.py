"""Requests to servers that users name: one guarded client, so that nobody makes Rowmill reach what only Rowmill can reach."""
