"""Webhooks: programs that are told what became of uploads, by the rules of Standard Webhooks."""
