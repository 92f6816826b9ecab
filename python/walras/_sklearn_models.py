"""Estimators of scikit-learn as the JSON that models are read from (docs/concepts/market-models.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from walras.errors import ModelError

CLASSES = ("sell", "hold", "buy")
_LABELS = {-1: 0, 0: 1, 1: 2, "sell": 0, "hold": 1, "buy": 2}

# What a number is rounded to, or nothing.
Digits = int | None


def to_json(
    estimator: Any,
    features: Sequence[str],
    *,
    missing: str = "neutral",
    about: str = "",
    digits: Digits = None,
) -> str:
    """A fitted classifier of scikit-learn as a model's JSON; the classes are -1, 0, 1 or sell, hold, buy.

    Trees, forests, gradient boosting, logistic regression, linear SVM (softmax of its margins), Gaussian naive Bayes,
    pipelines of a StandardScaler and a linear model, and soft VotingClassifiers of those. `digits` rounds what is in
    leaves, for smaller files; without it the probabilities are those of the estimator. Raises ModelError.

    >>> import walras as wl
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tree = DecisionTreeClassifier().fit([[20.0], [50.0], [80.0]], ["buy", "hold", "sell"])
    >>> model = wl.features.Model.parse(wl.features.to_json(tree, ["rsi_8"]))
    >>> model.predict([[25.0]]).tolist()
    [[0.0, 0.0, 1.0]]
    """
    given = getattr(estimator, "n_features_in_", None)
    if given is not None and given != len(features):
        name = type(estimator).__name__
        raise ModelError(f"{name} was fitted to {given} features, not {len(features)}; name them all")
    document: dict[str, Any] = {
        "walras_model": 1,
        **_body(estimator, _columns(estimator), digits),
        "classes": list(CLASSES),
        "features": list(features),
        "missing": missing,
    }
    if about:
        document["about"] = about
    first = ("walras_model", "type", "about", "features", "missing", "classes")
    order = [*(k for k in first if k in document), *(k for k in document if k not in first)]
    return json.dumps({key: document[key] for key in order}, separators=(",", ":"), allow_nan=False) + "\n"


def _columns(estimator: Any) -> list[int]:
    """Place of each of the estimator's classes among sell, hold, buy."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ModelError(f"{type(estimator).__name__} is no fitted classifier; call fit first")
    labels = [label.item() if hasattr(label, "item") else label for label in classes]
    unknown = [label for label in labels if label not in _LABELS]
    if unknown:
        raise ModelError(f"the class {unknown[0]!r} is none of -1, 0, 1 or sell, hold, buy; relabel what is learned")
    return [_LABELS[label] for label in labels]


def _body(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    name = type(estimator).__name__
    make = _BODIES.get(name)
    if make is None:
        raise ModelError(f"{name} cannot be exported; one of: {', '.join(_BODIES)}")
    if len(columns) != len(CLASSES) and name not in ("DecisionTreeClassifier", "RandomForestClassifier"):
        raise ModelError(f"{name} has learned {len(columns)} classes; give it all of sell, hold and buy")
    return make(estimator, columns, digits)


def _shape(tree: Any, leaf: Callable[[int], Any]) -> dict[str, Any]:
    """Nodes and leaves of a tree; leaf(i) is what the leaf at sklearn's node i holds."""
    left, right = tree.children_left, tree.children_right
    inner = [i for i in range(tree.node_count) if left[i] >= 0]
    place = {node: n for n, node in enumerate(inner)}
    leaves: list[Any] = []
    for i in range(tree.node_count):
        if left[i] < 0:
            leaves.append(leaf(i))
            place[i] = -len(leaves)
    nodes = [[int(tree.feature[i]), float(tree.threshold[i]), place[int(left[i])], place[int(right[i])]] for i in inner]
    return {"nodes": nodes, "leaves": leaves}


def _classes_tree(tree: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    def leaf(i: int) -> list[float]:
        out = [0.0] * len(CLASSES)
        values = tree.value[i, 0]
        whole = values.sum()
        # Fractions since scikit-learn 1.3, counts before.
        for column, value in zip(columns, values if abs(whole - 1) < 1e-9 else values / whole, strict=True):
            out[column] = float(value)
        if digits is not None:
            out = [round(p, digits) for p in out]
            largest = out.index(max(out))
            out[largest] = round(1 - sum(p for k, p in enumerate(out) if k != largest), digits)
        return out

    return _shape(tree, leaf)


def _tree(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    return {"type": "decision_tree", "tree": _classes_tree(estimator.tree_, columns, digits)}


def _forest(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    trees = [_classes_tree(one.tree_, columns, digits) for one in estimator.estimators_]
    return {"type": "random_forest", "trees": trees}


def _boosted(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    import numpy as np

    def round_(x: float) -> float:
        return x if digits is None else round(x, digits)

    order = np.argsort(columns)
    stages = estimator.estimators_
    # What the scores begin with: those of any row, less what the trees add there.
    row = np.zeros((1, estimator.n_features_in_))
    added = [
        sum(estimator.learning_rate * one.tree_.predict(row.astype(np.float32))[0, 0] for one in stages[:, c])
        for c in range(len(CLASSES))
    ]
    initial = estimator.decision_function(row)[0] - np.array(added)

    def tree(one: Any) -> dict[str, Any]:
        value = one.tree_.value
        return _shape(one.tree_, lambda i: round_(float(estimator.learning_rate * value[i, 0, 0])))

    rounds = [[tree(stage[c]) for c in order] for stage in stages]
    return {"type": "gradient_boosted", "initial": [round_(float(initial[c])) for c in order], "rounds": rounds}


def _linear(estimator: Any, columns: list[int], _digits: Digits) -> dict[str, Any]:
    import numpy as np

    order = np.argsort(columns)
    kind = "linear_svm" if type(estimator).__name__ == "LinearSVC" else "linear_softmax"
    return {"type": kind, "weights": estimator.coef_[order].tolist(), "intercept": estimator.intercept_[order].tolist()}


def _bayes(estimator: Any, columns: list[int], _digits: Digits) -> dict[str, Any]:
    import numpy as np

    order = np.argsort(columns)
    return {
        "type": "gaussian_naive_bayes",
        "prior": estimator.class_prior_[order].tolist(),
        "mean": estimator.theta_[order].tolist(),
        "variance": estimator.var_[order].tolist(),
    }


def _pipeline(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    steps = [step for _, step in estimator.steps]
    kinds = [type(step).__name__ for step in steps]
    if len(steps) != 2 or kinds[0] != "StandardScaler" or kinds[1] not in ("LogisticRegression", "LinearSVC"):
        raise ModelError(
            f"a pipeline of {' and '.join(kinds)} cannot be exported; give a StandardScaler and a linear model"
        )
    scaler = steps[0]
    many = scaler.n_features_in_
    return {
        **_linear(steps[1], columns, digits),
        "center": scaler.mean_.tolist() if scaler.mean_ is not None else [0.0] * many,
        "scale": scaler.scale_.tolist() if scaler.scale_ is not None else [1.0] * many,
    }


def _voting(estimator: Any, columns: list[int], digits: Digits) -> dict[str, Any]:
    if estimator.voting != "soft":
        raise ModelError('a VotingClassifier with voting="hard" has no probabilities; fit it with voting="soft"')
    weights = estimator.weights if estimator.weights is not None else [1.0] * len(estimator.estimators_)
    # Its members have learned the numbers of the classes, in the order of its own.
    members = [
        {"weight": float(weight), "model": _body(one, columns, digits)}
        for weight, one in zip(weights, estimator.estimators_, strict=True)
    ]
    return {"type": "ensemble", "members": members}


_BODIES: dict[str, Callable[[Any, list[int], Digits], dict[str, Any]]] = {
    "DecisionTreeClassifier": _tree,
    "RandomForestClassifier": _forest,
    "GradientBoostingClassifier": _boosted,
    "LogisticRegression": _linear,
    "LinearSVC": _linear,
    "GaussianNB": _bayes,
    "Pipeline": _pipeline,
    "VotingClassifier": _voting,
}
