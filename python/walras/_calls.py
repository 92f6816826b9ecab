"""What is wrong with the arguments of a call into the C++ core, in one sentence."""

from __future__ import annotations

import ast
import re
from typing import Any

from walras._words import did_you_mean

_KINDS: dict[str, tuple[type, ...]] = {"str": (str,), "bool": (bool,), "int": (int,), "float": (int, float)}
_WORDS = {"str": "a text", "bool": "True or False", "int": "a whole number", "float": "a number", "None": "None"}
_OURS = "walras._core."  # classes of the core


def explain(function: Any, args: list[Any], keywords: dict[str, Any]) -> str | None:
    """The sentence; None where the signature does not tell. `args` begin with the instance.

    >>> from walras.book import MatchingEngine
    >>> MatchingEngine().cancel("1")
    Traceback (most recent call last):
    TypeError: cancel(): order = '1' is of type str; give a whole number.
    """
    signatures = function.__nb_signature__
    if len(signatures) != 1:
        return None
    try:
        name, positional, named, required = _read(signatures[0][0])
    except (SyntaxError, AttributeError):
        return None
    accepted = positional | named
    if len(args) - 1 > len(positional):
        takes = ", ".join(positional) or "nothing"
        more = f"; the others have names, as in {next(iter(named))}=..." if named else ""
        return f"{name}(): {len(args) - 1} values without a name were given, it takes {takes} in this order{more}."
    given = dict(zip(positional, args[1:], strict=False))
    for key, value in keywords.items():
        if key not in accepted:
            return f"{name}() has no argument {key!r}; {did_you_mean(key, accepted)}"
        if key in given:
            return f"{name}(): {key} was given twice; give it once."
        given[key] = value
    missing = [key for key in accepted if key in required and key not in given]
    if missing:
        return f"{name}(): {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
    for key, value in given.items():
        if not _fits(value, accepted[key]):
            return f"{name}(): {key} = {value!r} is of type {type(value).__name__}; give {_wanted(accepted[key])}."
    for key, value in given.items():
        if "int" in accepted[key] and isinstance(value, int) and not 0 <= value < 2**63:
            return f"{name}(): {key} = {value} is out of range; give {_wanted(accepted[key])} that is not negative."
    return None


def _read(signature: str) -> tuple[str, dict[str, list[str]], dict[str, list[str]], set[str]]:
    """Name, arguments by position (without self) and by name with their kinds, and those without a default."""
    tree = ast.parse(re.sub(r"\\\d+", "None", signature) + ": ...").body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise SyntaxError(signature)
    spec = tree.args
    positional = [*spec.posonlyargs, *spec.args][1:]
    required = {a.arg for a in positional[: len(positional) - len(spec.defaults)]}
    required |= {a.arg for a, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None}
    return tree.name, _kinds(positional), _kinds(spec.kwonlyargs), required


def _kinds(arguments: list[ast.arg]) -> dict[str, list[str]]:
    return {a.arg: ast.unparse(a.annotation).split(" | ") if a.annotation else ["object"] for a in arguments}


def _fits(value: Any, kinds: list[str]) -> bool:
    if type(value).__module__ + "." + type(value).__qualname__ in kinds:
        return True
    kinds = [kind for kind in kinds if not kind.startswith(_OURS)]
    if not set(kinds) <= {*_KINDS, "None"}:
        return True  # not for us to judge
    if value is None:
        return "None" in kinds
    if hasattr(value, "item") and not isinstance(value, str):  # NumPy scalars
        value = value.item()
    return any(
        isinstance(value, _KINDS[kind]) and not (isinstance(value, bool) and kind != "bool")
        for kind in kinds
        if kind != "None"
    )


def _wanted(kinds: list[str]) -> str:
    return " or ".join(_WORDS.get(kind) or f"its {kind.removeprefix(_OURS)}" for kind in kinds)
