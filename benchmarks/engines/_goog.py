"""The task "goog": golden G4, the published test of backtesting.py (backtesting/test/_test.py, test_compute_stats).

SMA 10/30 on GOOG, 2,148 daily bars: on a cross close the position and reverse with all equity at the next open; 10,000
in cash, no costs; what is open at the end is closed at the last bar's open. The outcome is the list of trades: entry
and exit time (ns UTC, the bar's open), signed size, entry and exit price; and last, the final equity.
"""

FAST, SLOW, CASH = 10, 30, 10_000
