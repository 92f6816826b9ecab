"""Classifiers of scikit-learn on data drawn from a seed; run as a script to write tests/data/models anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "data" / "models"
FEATURES = ["mid", "rsi_8", "macd", "news_sentiment", "spread_bps", "price_to_fair"]


def data(rows: int, seed: int) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, len(FEATURES))) * [20, 15, 1, 0.3, 4, 0.1] + [100, 50, 0, 0, 10, 1]
    score = (x[:, 5] - 1) * 10 + 0.05 * (x[:, 1] - 50) * x[:, 3] + random.normal(size=rows) * 0.5
    return x, np.where(score > 0.6, -1, np.where(score < -0.6, 1, 0))


def estimators() -> dict[str, Any]:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=5, random_state=1)
    forest = RandomForestClassifier(11, max_depth=5, random_state=2)
    return {
        "decision_tree": tree,
        "random_forest": forest,
        "gradient_boosted": GradientBoostingClassifier(n_estimators=9, max_depth=3, random_state=3),
        "linear_softmax": make_pipeline(StandardScaler(), LogisticRegression()),
        "linear_svm": make_pipeline(StandardScaler(), LinearSVC(random_state=4)),
        "gaussian_naive_bayes": GaussianNB(),
        "ensemble": VotingClassifier(
            [("tree", tree), ("forest", forest), ("bayes", GaussianNB())], voting="soft", weights=[1, 2, 0.5]
        ),
    }


def expected(estimator: Any, x: Any) -> Any:
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(x)
    margins = estimator.decision_function(x)
    odds = np.exp(margins - margins.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def main() -> None:
    import walras as wl

    FOLDER.mkdir(exist_ok=True)
    x, y = data(400, 1)
    rows = data(20, 2)[0]
    answers = {}
    for name, estimator in estimators().items():
        estimator.fit(x, y)
        text = wl.features.to_json(estimator, FEATURES, about="tests/python/model_cases.py")
        (FOLDER / f"{name}.json").write_text(text)
        answers[name] = expected(estimator, rows).tolist()
    (FOLDER / "expected.json").write_text(json.dumps({"rows": rows.tolist(), "probabilities": answers}) + "\n")


if __name__ == "__main__":
    main()
