"""Writes the files of this folder with pandas and PyTables, which the tests do not need:

python -m venv venv && venv/bin/pip install tables pandas && venv/bin/python make.py
"""

import pandas as pd

times = pd.date_range("2024-01-02 09:30", periods=4, freq="1min")
columns = {"open": [1.0, 2, 3, 4], "high": [2.0, 3, 4, 5], "low": [0.5, 1, 2, 3], "close": [1.5, 2.5, 3.5, 4.5]}
bars = pd.DataFrame({**columns, "volume": [10, 20, 30, 40]}, index=times)
named = bars.rename_axis("timestamp")
for name, frame, options in (
    ("table", bars, {"format": "table"}),
    ("table_columns", bars, {"format": "table", "data_columns": True}),
    ("table_packed", named, {"format": "table"}),
    ("table_text", bars.assign(symbol="KO"), {"format": "table"}),
    ("table_zone", bars.tz_localize("America/New_York"), {"format": "table"}),
    ("table_date", bars.reset_index(names="date"), {"format": "table"}),
    ("fixed", bars, {"format": "fixed"}),
    ("fixed_zone", bars.tz_localize("America/New_York"), {"format": "fixed"}),
    ("fixed_date", bars.reset_index(names="date"), {"format": "fixed"}),
    ("fixed_ns", bars.set_index(times.as_unit("ns")), {"format": "fixed"}),
):
    if options["format"] == "table":
        options["index"] = False  # PyTables' search index is a megabyte
    if name not in {"table", "fixed"}:
        options |= {"complevel": 5, "complib": "zlib"}
    frame.to_hdf(f"pandas_{name}.h5", key="bars", mode="w", **options)
