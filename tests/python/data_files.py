"""The recorded market data of ../shared/data, which a public clone does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared(name: str) -> Path:
    """A file below shared/data; skips the test with a message where it is absent."""
    named = os.environ.get("WALRAS_SHARED")
    places = [Path(named)] if named else [ROOT.parent / "shared", ROOT.parent.parent / "shared"]
    for place in places:
        if (place / "data" / name).exists():
            return place / "data" / name
    pytest.skip(f"../shared/data/{name} is absent; set WALRAS_SHARED to the folder that holds data/")
