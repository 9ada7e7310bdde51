"""The four services, their command line, and what runs them."""

from backbone.runtime.malloc import keep_little

keep_little()  # before the first of them loads polars
