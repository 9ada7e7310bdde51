"""Enrichments: columns of a dataset from a remote API, by a list that is fetched once or a look-up for each value."""
