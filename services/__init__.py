"""The four services, their command line, and what runs them."""

from backbone.runtime.malloc import limit_malloc_arenas

limit_malloc_arenas()  # before the first of them loads polars
