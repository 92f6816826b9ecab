"""Models against scikit-learn, from committed files and live, and the features of a market from Python."""

import json
from typing import Any, cast

import numpy as np
import pytest

import walras as wl
from tests.python import model_cases as cases

TYPES = [
    "decision_tree",
    "random_forest",
    "gradient_boosted",
    "linear_softmax",
    "linear_svm",
    "gaussian_naive_bayes",
    "ensemble",
]


@pytest.mark.parametrize("name", TYPES)
def test_a_committed_model_answers_what_scikit_learn_answered(name):
    recorded = json.loads((cases.FOLDER / "expected.json").read_text())
    model = wl.features.Model.read(cases.FOLDER / f"{name}.json")
    assert model.type == name
    assert model.features == cases.FEATURES
    # Sums in another order, and our own exp and log: a few units of the last place.
    np.testing.assert_allclose(model.predict(recorded["rows"]), recorded["probabilities"][name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("seed", [3, 4])
def test_a_fitted_estimator_and_its_export_give_the_same_probabilities(name, seed):
    pytest.importorskip("sklearn")
    x, y = cases.data(600, seed)
    estimator = cases.estimators()[name].fit(x, y)
    rows = cases.data(2_000, seed + 100)[0]
    model = wl.features.Model.parse(wl.features.to_json(estimator, cases.FEATURES))
    np.testing.assert_allclose(model.predict(rows), cases.expected(estimator, rows), rtol=0, atol=1e-12)


def test_rows_on_a_threshold_go_where_scikit_learn_sends_them():
    pytest.importorskip("sklearn")
    x, y = cases.data(600, 5)
    tree = cases.estimators()["decision_tree"].fit(x, y)
    rows = []
    for node in range(tree.tree_.node_count):
        if tree.tree_.children_left[node] < 0:
            continue
        at = tree.tree_.threshold[node]
        near = np.float32(at)
        values = [at, float(near), float(np.nextafter(near, np.float32(np.inf))), np.nextafter(at, np.inf)]
        for value in [*values, float(np.nextafter(near, np.float32(-np.inf)))]:
            row = x[node % len(x)].copy()
            row[tree.tree_.feature[node]] = value
            rows.append(row)
    model = wl.features.Model.parse(wl.features.to_json(tree, cases.FEATURES))
    np.testing.assert_array_equal(model.predict(rows), tree.predict_proba(np.array(rows)))


def test_classes_that_are_words_or_lack_one_are_put_in_their_order():
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    x, y = cases.data(300, 6)
    words = np.array(["hold", "buy", "sell"])[y]  # -1 is the last
    tree = DecisionTreeClassifier(max_depth=3, random_state=1).fit(x, words)
    assert tree.classes_.tolist() == ["buy", "hold", "sell"]
    model = wl.features.Model.parse(wl.features.to_json(tree, cases.FEATURES))
    np.testing.assert_allclose(model.predict(x), tree.predict_proba(x)[:, ::-1], rtol=0, atol=1e-12)
    two = x[y != 0], y[y != 0]
    tree = DecisionTreeClassifier(max_depth=3, random_state=1).fit(*two)
    model = wl.features.Model.parse(wl.features.to_json(tree, cases.FEATURES))
    assert (model.predict(x)[:, 1] == 0).all()
    line = LogisticRegression().fit((two[0] - x.mean(0)) / x.std(0), two[1])
    with pytest.raises(wl.errors.ModelError, match="has learned 2 classes"):
        wl.features.to_json(line, cases.FEATURES)


def test_what_cannot_be_exported_says_so():
    pytest.importorskip("sklearn")
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    x, y = cases.data(50, 7)
    with pytest.raises(wl.errors.ModelError, match="KNeighborsClassifier cannot be exported; one of"):
        wl.features.to_json(KNeighborsClassifier().fit(x, y), cases.FEATURES)
    with pytest.raises(wl.errors.ModelError, match="call fit first"):
        wl.features.to_json(DecisionTreeClassifier(), cases.FEATURES)
    with pytest.raises(wl.errors.ModelError, match="fitted to 6 features, not 1"):
        wl.features.to_json(DecisionTreeClassifier().fit(x, y), ["mid"])
    with pytest.raises(wl.errors.ModelError, match="class 7 is none of"):
        wl.features.to_json(DecisionTreeClassifier().fit(x, np.full(50, 7)), cases.FEATURES)


def test_rounded_leaves_are_still_probabilities():
    pytest.importorskip("sklearn")
    x, y = cases.data(600, 8)
    forest = cases.estimators()["random_forest"].fit(x, y)
    small = wl.features.to_json(forest, cases.FEATURES, digits=3)
    assert len(small) < len(wl.features.to_json(forest, cases.FEATURES))
    model = wl.features.Model.parse(small)
    np.testing.assert_allclose(model.predict(x), forest.predict_proba(x), atol=2e-3)


def test_rows_that_a_model_cannot_read_are_refused():
    model = wl.features.Model.read(cases.FOLDER / "decision_tree.json")
    with pytest.raises(wl.errors.DataError, match="Rows of 2 features for a model of 6"):
        model.predict([[1, 2]])
    with pytest.raises(wl.errors.DataError, match="Row 1: macd = nan is not finite"):
        model.predict(np.array([[1, 2, 3, 4, 5, 6], [1, 2, np.nan, 4, 5, 6]]))
    with pytest.raises(wl.errors.DataError, match="one row as"):
        model.predict([1, 2, 3, 4, 5, 6])
    with pytest.raises(wl.errors.DataError, match="cannot be read; check the path"):
        wl.features.Model.read("/no/such/model.json")


def test_the_stream_and_the_batch_of_features_have_the_same_bits():
    random = np.random.default_rng(9)
    price = 100 * np.exp(np.cumsum(random.normal(size=300) * 0.01))
    columns = {"mid": price, "last": price, "bid": price * 0.999, "ask": price * 1.001, "bid_size": np.full(300, 5.0)}
    rows = wl.features.extract(columns, "full", missing=None)
    assert rows.shape == (300, 55)
    stream = wl.features.MarketFeatures()
    for i in range(300):
        stream.update(**{name: float(values[i]) for name, values in columns.items()})
        np.testing.assert_array_equal(stream.row("full", missing=None), rows[i])
        if i == 150:
            other = wl.features.MarketFeatures()
            other.load(stream.save())
            stream = other


def test_unknown_names_of_features_and_observations_are_refused():
    with pytest.raises(wl.errors.ConfigError, match=r'There is no feature "rsi_9".*rsi_8'):
        wl.features.extract({"mid": [1.0], "last": [1.0]}, ["rsi_9"])
    with pytest.raises(wl.errors.ConfigError, match="unknown column 'price'"):
        wl.features.extract({"mid": [1.0], "last": [1.0], "price": [1.0]})
    with pytest.raises(wl.errors.ConfigError, match="lack the column 'last'"):
        wl.features.extract({"mid": [1.0]})
    with pytest.raises(wl.errors.DataError, match="Observation 1: mid = -1"):
        wl.features.extract({"mid": [1.0, -1.0], "last": [1.0, 1.0]})
    with pytest.raises(wl.errors.ConfigError, match="canonical, minimal or full"):
        wl.features.names("all")
    with pytest.raises(wl.errors.ConfigError, match="missing"):
        wl.features.extract({"mid": [1.0], "last": [1.0]}, missing=cast("Any", "zero"))
