"""Rowmill against plain Python: datasets, histories and requests are drawn, and every route must answer what the oracle does, order included."""
