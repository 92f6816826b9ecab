"""Makes the functions and classes of `walras.indicators` from the catalogue of the core."""

from __future__ import annotations

import inspect
import os
from collections import namedtuple
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypedDict, cast

from walras import _core
from walras._arrays import take
from walras.errors import ConfigError, DataError


class ParameterRow(TypedDict):
    name: str
    default: bool | int | float | str
    minimum: float
    maximum: float
    unit: str
    help: str
    choices: list[str]


class Spec(TypedDict):
    """One row of `catalog()`."""

    name: str
    class_name: str
    title: str
    group: str
    inputs: list[str]
    outputs: list[str]
    parameters: list[ParameterRow]
    formula: str
    talib: str


@cache
def _specs() -> dict[str, Spec]:
    return {spec["name"]: spec for spec in cast("list[Spec]", _core.indicator_catalog())}


@cache
def _classes() -> dict[str, str]:
    return {spec["class_name"]: name for name, spec in _specs().items()}


def catalog() -> list[Spec]:
    """Every indicator: name, title, group, inputs, outputs, parameters and formula.

    >>> import walras as wl
    >>> [row["title"] for row in wl.indicators.catalog() if row["name"] == "sma"]
    ['Simple moving average']
    """
    return list(_specs().values())


def names() -> list[str]:
    return [*_specs(), *_classes()]


def member(name: str) -> Any:
    """The function or class of this name; AttributeError if there is none."""
    if name in _specs():
        return _function(_specs()[name])
    if name in _classes():
        return _class(_specs()[_classes()[name]])
    raise AttributeError(f"module 'walras.indicators' has no attribute {name!r}")


@cache
def result_type(name: str) -> type[tuple[float, ...]]:
    """The namedtuple that an indicator with several outputs answers with."""
    spec = _specs()[name]
    made = namedtuple(f"{spec['class_name']}Result", spec["outputs"])  # type: ignore[misc]  # noqa: PYI024
    made.__module__ = "walras.indicators"
    return cast("type[tuple[float, ...]]", made)


class Indicator(_core.Indicator):
    """An indicator that takes one observation at a time.

    `update(x)`, `update(high, low, close)` or `update(bar)` takes an observation and answers the new value; `value` is
    the last one, NaN until `is_ready`. `source=` lets it read another indicator. `copy.copy` and `pickle` keep the
    state: the copy goes on as if nothing had happened.
    """

    _spec: Spec
    _arguments: dict[str, Any]
    _source: Indicator | None
    _output: str | None

    def __init__(self, *args: Any, source: Indicator | tuple[Indicator, str] | None = None, **kwargs: Any) -> None:
        spec = self._spec
        bound = _bind(spec, args, kwargs)
        super().__init__(spec["name"], bound)
        self._arguments = bound
        self._source, self._output = source if isinstance(source, tuple) else (source, None)
        if self._source is not None:
            self._read(self._source, _output_index(self._source._spec, self._output))

    def __getattr__(self, name: str) -> Any:
        arguments = self.__dict__.get("_arguments", {})
        if name in arguments:
            return arguments[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self._arguments.items())
        return f"{type(self).__name__}({arguments})"

    def __reduce__(self) -> tuple[Any, ...]:
        source = None if self._source is None else (self._source, self._output)
        return _rebuild, (self._spec["name"], self._arguments, source, self._save())


def _rebuild(name: str, arguments: dict[str, Any], source: Any, state: bytes) -> Indicator:
    made = _class(_specs()[name])(**arguments, source=source)
    made._load(state)
    return made


def _output_index(spec: Spec, output: str | None) -> int:
    if output is None:
        if len(spec["outputs"]) == 1:
            return 0
        raise ConfigError(
            f"{spec['class_name']} has several outputs ({', '.join(spec['outputs'])}); "
            f'say which: source=(indicator, "{spec["outputs"][0]}")'
        )
    if output not in spec["outputs"]:
        raise ConfigError(f'{spec["class_name"]} has no output "{output}"; it has: {", ".join(spec["outputs"])}')
    return spec["outputs"].index(output)


@cache
def _signature(name: str) -> inspect.Signature:
    return inspect.Signature(list(_parameters(_specs()[name])))


def _parameters(spec: Spec) -> Iterator[inspect.Parameter]:
    for row in spec["parameters"]:
        yield inspect.Parameter(
            row["name"],
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=row["default"],
            annotation=type(row["default"]).__name__,
        )


def _bind(spec: Spec, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    rows = spec["parameters"]
    if len(args) > len(rows):
        names_ = ", ".join(row["name"] for row in rows) or "none"
        raise ConfigError(f"{spec['name']} takes {len(rows)} parameters ({names_}); got {len(args)}")
    given = {row["name"]: value for row, value in zip(rows, args, strict=False)}
    for key, value in kwargs.items():
        if key in given:
            raise ConfigError(f"{spec['name']}: parameter {key} is given twice")
        given[key] = value
    for row in rows:
        value = given.setdefault(row["name"], row["default"])
        if hasattr(value, "item") and not isinstance(value, (bool, int, float, str)):
            given[row["name"]] = value = value.item()  # a NumPy scalar
        if not isinstance(value, (bool, int, float, str)):
            raise ConfigError(f"{spec['name']}: parameter {row['name']} cannot be {value!r}")
    return given


@cache
def _class_of(name: str) -> type[Indicator]:
    spec = _specs()[name]
    made = type(spec["class_name"], (Indicator,), {"_spec": spec, "__doc__": _document(spec, streaming=True)})
    source = inspect.Parameter("source", inspect.Parameter.KEYWORD_ONLY, default=None)
    signature = inspect.Signature([*_parameters(spec), source])
    made.__signature__ = signature  # type: ignore[attr-defined]
    made.__module__ = "walras.indicators"
    return made


def _class(spec: Spec) -> type[Indicator]:
    return _class_of(spec["name"])


def _function(spec: Spec) -> Callable[..., Any]:
    inputs = spec["inputs"]

    def indicator(*args: Any, threads: int | None = None, **kwargs: Any) -> Any:
        given = dict(zip(inputs, args, strict=False))
        for name in inputs[len(given) :]:
            if name not in kwargs:
                raise ConfigError(f"{spec['name']} takes {', '.join(inputs)}; {name} is missing")
            given[name] = kwargs.pop(name)
        bound = _bind(spec, args[len(inputs) :], kwargs)
        return _run(spec, given, bound, threads)

    indicator.__name__ = indicator.__qualname__ = spec["name"]
    indicator.__module__ = "walras.indicators"
    indicator.__doc__ = _document(spec, streaming=False)
    arrays = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in inputs]
    threads_ = inspect.Parameter("threads", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="int | None")
    indicator.__signature__ = inspect.Signature([*arrays, *_parameters(spec), threads_])  # type: ignore[attr-defined]
    return indicator


def _run(spec: Spec, given: dict[str, Any], bound: dict[str, Any], threads: int | None) -> Any:
    arrays, restore = [], None
    for name, values in given.items():
        array, back = take(values, f"{spec['name']}: {name}")
        restore = restore or back
        arrays.append(array)
    if threads is not None and threads < 1:
        raise ConfigError(f"{spec['name']}: threads = {threads} must be at least 1")
    workers = threads or (1 if arrays[0].shape[1] == 1 else os.cpu_count() or 1)
    for array in arrays[1:]:
        if array.shape != arrays[0].shape:
            shapes = ", ".join(f"{name} {a.shape}" for name, a in zip(given, arrays, strict=True))
            raise DataError(f"{spec['name']}: the arrays differ in shape ({shapes}); give all the same")
    assert restore is not None
    results = [restore(result) for result in _core.run_indicator(spec["name"], bound, arrays, workers)]
    return results[0] if len(results) == 1 else result_type(spec["name"])._make(results)  # type: ignore[attr-defined]


def _document(spec: Spec, *, streaming: bool) -> str:
    lines = [f"{spec['title']}.", "", spec["formula"], ""]
    for row in spec["parameters"]:
        unit = f" ({row['unit']})" if row["unit"] else ""
        choices = f" One of: {', '.join(row['choices'])}." if row["choices"] else ""
        lines.append(f"`{row['name']}`{unit}: {row['help']}{choices} Default {row['default']!r}.")
    if streaming:
        lines.append(f"`update({', '.join(spec['inputs'])})` or `update(bar)` takes one observation.")
    else:
        lines.append(f"{', '.join(f'`{name}`' for name in spec['inputs'])}: shape (time,) or (time, asset).")
    if len(spec["outputs"]) > 1:
        lines.append(f"Answers a namedtuple: {', '.join(spec['outputs'])}.")
    if spec["talib"]:
        lines.append(f"Equal to TA-Lib's {spec['talib']}.")
    return "\n".join(lines)


def stub() -> str:
    """The text of `__init__.pyi`: what type checkers and editors see."""
    out = [
        "# Written by tools/stubs from the catalogue in src/walras/features.",
        "from typing import Any, NamedTuple, TypeAlias",
        "",
        "from walras._core import Bar",
        "from walras.indicators._make import Indicator as Indicator",
        "from walras.indicators._make import catalog as catalog",
        "",
        "_Source: TypeAlias = Indicator | tuple[Indicator, str] | None",
    ]
    for spec in _specs().values():
        parameters = [
            f"{row['name']}: {type(row['default']).__name__} = {row['default']!r}" for row in spec["parameters"]
        ]
        single = len(spec["outputs"]) == 1
        result = "float" if single else f"{spec['class_name']}Result"
        if not single:
            out += ["", f"class {result}(NamedTuple):", *(f"    {name}: Any" for name in spec["outputs"])]
        arrays = [f"{name}: Any" for name in spec["inputs"]]
        answer = "Any" if single else result
        signature = ", ".join([*arrays, *parameters, "*", "threads: int | None = None"])
        out += ["", f"def {spec['name']}({signature}) -> {answer}: ...", ""]
        init = ", ".join(["self", *parameters, "*", "source: _Source = None"])
        first, *others = spec["inputs"]
        update = ", ".join(["self", f"{first}: float | Bar", *(f"{name}: float = ..." for name in others), "/"])
        out += [
            f"class {spec['class_name']}(Indicator):",
            f"    def __init__({init}) -> None: ...",
            f"    def update({update}) -> {result}: ...",
            "    @property",
            f"    def value(self) -> {result}: ...",
        ]
        out += [f"    {row['name']}: {type(row['default']).__name__}" for row in spec["parameters"]]
    return "\n".join(out) + "\n"
