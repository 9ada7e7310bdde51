"""What reading makes of some records: their fields, and those that fit no table."""

from msgspec import Struct

from backbone.csvread.cells import Fields
from backbone.csvread.quotes import NONE, Positions


class Misfit(Struct, frozen=True, kw_only=True):
    """A record that cannot become a row, whatever its table is like."""

    unit: int
    reason: str
    detail: str


class Segment(Struct, frozen=True, kw_only=True):
    """Some of the records. `units` says for each row of the fields which unit it is; misfits are left out of them."""

    fields: Fields
    units: Positions
    misfits: tuple[Misfit, ...] = ()
    unclean: Positions = NONE  # units that polars does not read with the header's width
    short: Positions = NONE  # units whose last fields are missing and were filled with nulls; only when asked for
    long: Positions = NONE  # units with empty fields beyond the header's, which were dropped
    similar: Positions = NONE  # units of any segment that resemble the header, and are rows
