"""Words of the command line as values: `--data` as bars, STRATEGY as an object, `--set` as parameters."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from walras._words import did_you_mean
from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    from walras.data import Bars


# What readers of bars open; whatever ends otherwise holds ticks, or nothing that is known.
_TABLES = {".csv", ".gz", ".txt", ".tsv", ".parquet", ".pq", ".arrow", ".feather", ".h5", ".hdf5", ".zip"}


def load_data(
    specs: Sequence[str],
    start: str | None,
    end: str | None,
    threads: int,
    *,
    format: str | None = None,
    lot_size: str | None = None,
    reading: Mapping[str, Any],
) -> Any:
    """`--data` as bars of all instruments cut to [start, end), or as the tick files that it names, which stay on the
    disk and whole: a run has to know the books before its start."""
    paths = [_split_spec(spec) for spec in specs]
    formats = [format or _tick_format(path) for path, _ in paths]
    if not any(formats):
        return load_bars(specs, start, end, threads, **reading)
    if not all(formats):
        odd = specs[formats.index("")]
        raise ConfigError(f"--data {odd} has no ticks and another file has; run bars and ticks from Python together")
    how = {"tz": reading.get("tz"), "lot_size": lot_size}
    return [_ticks_of(path, name, found, how) for (path, name), found in zip(paths, formats, strict=True)]


def _tick_format(path: Path) -> str:
    """The format of ticks; "" for what may be bars. Raises DataError where it can be neither."""
    from walras.data import guess_tick_format, stream_ticks

    found = guess_tick_format(path) if path.is_file() else ""
    if not found and path.is_file() and path.suffix.lower() not in _TABLES:
        stream_ticks(path)  # raises what is wrong
    return found


def _ticks_of(path: Path, name: str | None, format: str, how: dict[str, Any]) -> Any:
    """FILE:NAME chooses NAME where a file says of what its ticks are, and names them where it does not."""
    from walras.data import stream_ticks
    from walras.data._tick_open import NAMELESS

    if name is None or format in NAMELESS:
        return stream_ticks(path, format=format, instrument=name, **how)
    return stream_ticks(path, format=format, symbols=name, **how)


def window_of(files: Sequence[Any], start: str | None, end: str | None) -> dict[str, int]:
    """`--from` and `--to` of a run on ticks, in the zone of the first file; the end itself is not part of it."""
    from walras.data._bars import instant

    out = {}
    if start is not None:
        out["start"] = instant(start, files[0].tz)
    if end is not None:
        out["end"] = instant(end, files[0].tz) - 1
    return out


def _split_spec(spec: str) -> tuple[Path, str | None]:
    """`FILE[:INSTRUMENT]`; a file may have a colon in its name."""
    path = Path(spec)
    if not path.exists() and ":" in spec:
        head, _, instrument = spec.rpartition(":")
        return Path(head), instrument
    return path, None


def load_bars(specs: Sequence[str], start: str | None, end: str | None, threads: int, **options: Any) -> Bars:
    """`FILE[:INSTRUMENT]` and `demo[:KO,PEP]` as bars of all instruments, cut to [start, end)."""
    from walras.data import combine

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        bars = combine(list(pool.map(lambda spec: _load(spec, options), specs)))
    return bars.between(start, end) if start or end else bars


def _load(spec: str, options: dict[str, Any]) -> Bars:
    from walras.data import read_bars

    name, _, instruments = spec.partition(":")
    if name == "demo" and not Path(spec).exists():
        return _demo([word for word in instruments.split(",") if word])
    path, instrument = _split_spec(spec)
    if not path.exists():
        raise DataError(
            f"{path}: there is no such file; give FILE[:INSTRUMENT], or demo[:KO,PEP] for the bundled prices"
        )
    try:
        return read_bars(path, instrument=instrument, **options)
    except DataError as error:
        if ", line " not in str(error):
            raise
        raise DataError(
            f"{error} (`walras data inspect {path}` lists all that is wrong, `data clean` repairs)"
        ) from None


def _demo(symbols: Sequence[str]) -> Bars:
    from walras.data import bars_from_frame, load_demo_prices

    prices = load_demo_prices()
    for symbol in symbols:
        if symbol not in prices.columns:
            raise DataError(f"the bundled prices have no {symbol!r}; {did_you_mean(symbol, prices.columns[1:])}")
    return bars_from_frame(prices.select("date", *symbols) if symbols else prices)


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """`["fast=10", "name=x"]` as `{"fast": 10, "name": "x"}`: whole numbers, numbers, true and false, else text."""
    out: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {word!r} is not KEY=VALUE; write for example --set fast=10")
        out[key.strip().replace("-", "_")] = _value(text.strip())
    return out


def _value(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def make_strategy(name: str, parameters: dict[str, Any]) -> Any:
    """A library strategy by name, or `my_file.py:MyStrategy`."""
    file, _, cls = name.rpartition(":")
    if file.endswith(".py") or name.endswith(".py"):
        return _from_file(Path(file or name), cls if file else "", parameters)
    from walras import strategies

    known = [d.name for d in strategies.list_strategies()]
    if name not in known:
        raise ConfigError(
            f"there is no strategy {name!r}; {did_you_mean(name, known)}; your own: my_file.py:MyStrategy"
        )
    return strategies.make(name, **parameters)


def _from_file(path: Path, name: str, parameters: dict[str, Any]) -> Any:
    module = _import_file(path)
    from walras import Strategy

    found = {
        n: c
        for n, c in vars(module).items()
        if inspect.isclass(c) and issubclass(c, Strategy) and c.__module__ == module.__name__
    }
    if not found:
        raise ConfigError(f"{path} defines no strategy; derive a class from walras.Strategy")
    if not name and len(found) > 1:
        raise ConfigError(
            f"{path} defines {len(found)} strategies; name one: {', '.join(f'{path}:{n}' for n in found)}"
        )
    name = name or next(iter(found))
    if name not in found:
        raise ConfigError(f"{path} has no strategy {name!r}; {did_you_mean(name, found)}")
    return found[name](**parameters)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(
            f"{path}: there is no such file; give my_file.py:MyStrategy, or a name from `walras strategies`"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file; give my_file.py:MyStrategy")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))  # its neighbours can be imported
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
