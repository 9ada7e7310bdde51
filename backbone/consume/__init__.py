"""The one consume loop (`docs/design/delivery.md`): takes what it can work on, commits after the effect, and gives each error its fate."""

from backbone.consume.loop import consume
from backbone.consume.subscription import Handler, OnDeadLetter, Subscription

__all__ = ["Handler", "OnDeadLetter", "Subscription", "consume"]
