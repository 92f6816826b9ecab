"""The task "cross": hold 100 units while the mean of the last 10 closes is above that of the last 30, else nothing.

Market orders, no costs, plenty of cash. The outcome is the list of fills: time (ns UTC), side, price, quantity. The
prices are multiples of 0.25, so every engine's sums are exact and no tie of two means is decided by rounding: the fills
must be equal, not similar.
"""

FAST, SLOW, QUANTITY, CASH = 10, 30, 100, 10_000_000
