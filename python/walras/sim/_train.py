"""Training of the models that agents of the simulated market read, from recorded markets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from walras.errors import ConfigError, DataError
from walras.features import CLASSES, names, to_json
from walras.sim._record import FeatureRecord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HORIZONS = (8, 16, 32, 48, 64)
"""Ticks ahead whose returns are averaged (simulation.md §2.5)."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model and how it did on ticks that it has not seen.

    Attributes:
        json: what `wl.features.Model` reads.
        accuracy: fraction of right answers on the rows behind the split.
        majority: the same of always answering the class that is most frequent in training.
        balanced_accuracy: mean over the classes of the fraction that was found; 1/3 by luck.
        trained, tested: rows.
    """

    kind: str
    json: str
    accuracy: float
    majority: float
    balanced_accuracy: float
    trained: int
    tested: int


def labels(mids: Any, *, threshold: float = 0.01, horizons: Sequence[int] = HORIZONS) -> NDArray[np.int64]:
    """1 where the mean return over the horizons is above `threshold`, -1 where below -`threshold`, else 0.

    `mids`: shape (ticks,) or (ticks, symbols). The last `max(horizons)` ticks have no label: the result is so much
    shorter.

    >>> import walras as wl
    >>> wl.sim.labels([100, 100, 103, 103, 100, 97], horizons=(1, 2)).tolist()
    [1, 1, -1, -1]
    """
    import numpy as np

    prices = np.asarray(mids, dtype=np.float64)
    ahead = max(horizons, default=0)
    if not horizons or min(horizons) < 1 or threshold < 0:
        raise ConfigError("horizons must be ticks of at least 1, and threshold must not be negative")
    if prices.shape[0] <= ahead:
        raise DataError(f"{prices.shape[0]} ticks are too few for labels {ahead} ticks ahead; record a longer market")
    rows = prices.shape[0] - ahead
    mean = sum(prices[h : h + rows] / prices[:rows] - 1 for h in horizons) / len(horizons)
    return np.where(mean > threshold, 1, np.where(mean < -threshold, -1, 0)).astype(np.int64)


def train_models(
    records: FeatureRecord | Sequence[FeatureRecord],
    kinds: Sequence[str] = ("decision_tree", "random_forest", "gradient_boosted", "ensemble"),
    *,
    features: str | Sequence[str] = "canonical",
    threshold: float = 0.01,
    horizons: Sequence[int] = HORIZONS,
    test: float = 0.3,
    warm_up: int = 200,
    seed: int = 1,
    digits: int | None = 4,
) -> dict[str, TrainedModel]:
    """Learn models of the agents from recorded markets, with scikit-learn (extra `ml`).

    Of each record the first `warm_up` rows are left out and the last fraction `test` of the ticks is kept for the
    test; rows before the split whose labels look beyond it are purged. Equal records, settings and versions of
    scikit-learn give equal JSON. `kinds`: types of models; `digits` rounds leaves.
    """
    import numpy as np

    if find_spec("sklearn") is None:
        raise ConfigError("training needs the package scikit-learn; install it with: pip install 'walras[ml]'")
    if not 0 < test < 1:
        raise ConfigError(f"test = {test} must lie between 0 and 1")
    unknown = [kind for kind in kinds if kind not in _MAKERS]
    if unknown:
        raise ConfigError(f"there is no training of {unknown[0]!r}; one of: {', '.join(_MAKERS)}")
    given = [records] if isinstance(records, FeatureRecord) else list(records)
    if not given:
        raise ConfigError("there is nothing to learn from; give a record")
    wanted = names(features)
    parts = [_split(one, wanted, threshold, horizons, test, warm_up) for one in given]
    x, y, later_x, later_y = (np.concatenate([part[i] for part in parts]) for i in range(4))
    classes = set(y.tolist())
    if len(classes) < len(CLASSES):
        raise DataError(
            f"of sell, hold and buy the record has only {len(classes)}; record more ticks or lower threshold"
        )
    values, counts = np.unique(y, return_counts=True)
    majority = float(np.mean(later_y == values[np.argmax(counts)]))
    out: dict[str, TrainedModel] = {}
    for kind in kinds:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = _MAKERS[kind](seed).fit(x, y)
            answer = estimator.predict(later_x)
        found = [float(np.mean(answer[later_y == c] == c)) for c in values if (later_y == c).any()]
        accuracy = float(np.mean(answer == later_y))
        out[kind] = TrainedModel(
            kind=kind,
            json=to_json(estimator, wanted, missing=given[0].missing, about=_about(kind, len(y), seed), digits=digits),
            accuracy=accuracy,
            majority=majority,
            balanced_accuracy=float(np.mean(found)),
            trained=len(y),
            tested=len(later_y),
        )
    return out


def _split(
    record: FeatureRecord, wanted: list[str], threshold: float, horizons: Sequence[int], test: float, warm_up: int
) -> tuple[Any, Any, Any, Any]:
    """Rows and labels before and behind the split, purged."""
    import numpy as np

    lacking = [name for name in wanted if name not in record.names]
    if lacking:
        raise DataError(f"the record has no feature {lacking[0]!r}; record the full set")
    if (np.diff(record.ticks) != 1).any():
        raise DataError("the record leaves ticks out; record every one")
    columns = [record.names.index(name) for name in wanted]
    y = labels(record.mids, threshold=threshold, horizons=horizons)
    x = record.features[: len(y)][..., columns]
    split = warm_up + int((len(y) - warm_up) * (1 - test))
    purged = split - max(horizons)
    if purged <= warm_up or split >= len(y):
        raise DataError(f"{len(record.ticks)} ticks are too few to learn and to test from; record a longer market")

    def flat(part: slice) -> tuple[Any, Any]:
        return x[part].reshape(-1, len(columns)), y[part].ravel()

    return *flat(slice(warm_up, purged)), *flat(slice(split, len(y)))


def _about(kind: str, rows: int, seed: int) -> str:
    return f"{kind}, learned by walras ml train from {rows} rows, seed {seed}"


# Small on purpose: the presets carry them.


def _tree(seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=7, min_samples_leaf=60, random_state=seed)


def _forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(16, max_depth=7, min_samples_leaf=60, max_features=0.5, random_state=seed)


def _boosted(seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=25, learning_rate=0.2, max_depth=3, subsample=0.5, min_samples_leaf=60, random_state=seed
    )


def _linear(_seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


def _svm(seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    return make_pipeline(StandardScaler(), LinearSVC(dual=False, random_state=seed))


def _bayes(_seed: int) -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(var_smoothing=1e-6)


def _ensemble(seed: int) -> Any:
    """Of two boosted ones, a forest and two trees, as the ancestor shipped it."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
    from sklearn.tree import DecisionTreeClassifier

    def boosted(rounds: int, rate: float, own: int) -> Any:
        return GradientBoostingClassifier(
            n_estimators=rounds, learning_rate=rate, max_depth=3, subsample=0.5, min_samples_leaf=60, random_state=own
        )

    forest = RandomForestClassifier(8, max_depth=6, min_samples_leaf=60, max_features=0.5, random_state=seed + 3)
    members = [
        ("fast", boosted(10, 0.4, seed + 1)),
        ("slow", boosted(20, 0.2, seed + 2)),
        ("forest", forest),
        ("shallow", DecisionTreeClassifier(max_depth=5, min_samples_leaf=60, random_state=seed + 4)),
        ("deep", DecisionTreeClassifier(max_depth=7, min_samples_leaf=60, random_state=seed + 5)),
    ]
    return VotingClassifier(members, voting="soft", weights=[2, 2, 1, 0.5, 0.5])


_MAKERS: dict[str, Callable[[int], Any]] = {
    "decision_tree": _tree,
    "random_forest": _forest,
    "gradient_boosted": _boosted,
    "ensemble": _ensemble,
    "linear_softmax": _linear,
    "linear_svm": _svm,
    "gaussian_naive_bayes": _bayes,
}
