"""The task "signals": arrays of booleans, shape (time, asset), traded at the close that they look at.

INPUT holds `close` (float64), `entries` and `exits` (bool), all of one shape. An entry buys 10 shares where there is no
position, an exit sells them; 10 basis points of each fill; each column has its own cash, more than it ever needs. The
outcome is the list of fills: column, row, signed size, price, fee.
"""

SIZE, FEE_BPS, CASH = 10, 10, 1_000_000
