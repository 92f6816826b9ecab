"""Configurations of markets: presets, files, and what of them is changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from walras import _core
from walras._words import did_you_mean
from walras.errors import ConfigError, DataError


def presets() -> dict[str, str]:
    """Markets that are ready to run: name and summary.

    >>> import walras as wl
    >>> "default" in wl.sim.presets()
    True
    """
    return _core.sim_presets()


def preset(name: str) -> dict[str, Any]:
    """The configuration of a preset, as a dictionary to change and to give to `Market`.

    >>> import walras as wl
    >>> config = wl.sim.preset("default")
    >>> config["seed"] = 3
    >>> len(config["symbols"])
    10
    """
    return _core.sim_preset(name)


def agent_kinds() -> list[dict[str, Any]]:
    """Every kind of agent: name, tier, rule, parameters with ranges and units, defaults of a group.

    >>> import walras as wl
    >>> [kind["name"] for kind in wl.sim.agent_kinds() if kind["name"] == "noise"]
    ['noise']
    """
    return _core.sim_kinds()


def read_config(path: str | Path) -> dict[str, Any]:
    """A configuration from a TOML file; `preset = "NAME"` in it gives what the file leaves out.

    `[[symbols]]` and `[[groups]]` replace those of the preset; a group named as one of the preset's, given as
    `[group.NAME]`, changes that one. Raises DataError where the file cannot be read, ConfigError for unknown keys.
    """
    import tomllib

    file = Path(path)
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: is not TOML ({error}); repair the file") from None
    try:
        config = merge(document)
        _core.check_sim_config(config)
        return config
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def merge(document: Mapping[str, Any]) -> dict[str, Any]:
    """The preset that `document` names (or none), with the document's settings over it."""
    if not isinstance(document, Mapping):
        raise ConfigError(f"{document!r} is no market; give a dictionary as wl.sim.preset does, or the path of a file")
    given = copy.deepcopy(dict(document))
    name = given.pop("preset", None)
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"preset = {name!r} must be a name; one of: {', '.join(presets())}")
    config = preset(name) if name else {}
    changes = given.pop("group", {})
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key] = _over(config[key], value)
        else:
            config[key] = value
    if not isinstance(changes, dict):
        raise ConfigError('group must be tables such as [group.noise]; a list of groups is called "groups"')
    groups = by_name(config)
    for group, change in changes.items():
        if not isinstance(change, dict):
            raise ConfigError(f"group.{group} = {change!r} must be a table of settings, such as [group.{group}]")
        if group not in groups:
            raise ConfigError(f"group.{group}: this market has no such group; {did_you_mean(group, list(groups))}")
        groups[group].update(_over(groups[group], change))
    return config


def by_name(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The groups of a configuration by their names. Raises ConfigError where they are no list of tables."""
    groups = config.get("groups", [])
    if not isinstance(groups, list | tuple):
        raise ConfigError(f"groups = {groups!r} must be a list of tables; [group.NAME] changes one of the preset's")
    for i, group in enumerate(groups):
        if not isinstance(group, dict):
            raise ConfigError(f'groups[{i}] = {group!r} must be a table such as {{"kind": "noise", "count": 100}}')
    return {group.get("name") or group.get("kind"): group for group in groups}


def _over(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _over(out[key], value) if both else value
    return out
