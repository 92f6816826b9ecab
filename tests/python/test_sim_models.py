"""Features of simulated markets, agents that ask models, and how models are learned."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import walras as wl

ROOT = Path(__file__).parents[2]


def market_of(**settings):
    return wl.sim.Market({"preset": "light-rl", "features": True, **settings}, seed=7)


def record_of(ticks=700, seed=7):
    market = wl.sim.Market({"preset": "light-rl", "features": True, "news": {"drift": 0.01}}, seed=seed)
    return wl.sim.record_features(market, ticks)


def tree(below, above, name="fair_value_deviation", threshold=0.0):
    return json.dumps(
        {
            "walras_model": 1,
            "type": "decision_tree",
            "features": [name],
            "classes": ["sell", "hold", "buy"],
            "tree": {"nodes": [[0, threshold, -1, -2]], "leaves": [below, above]},
        }
    )


def test_features_are_those_of_the_stream_that_anybody_can_observe():
    market = market_of()
    stream = wl.features.MarketFeatures(market.config["candle_ticks"])
    flow = {"volume": 0.0, "net_flow": 0.0, "trades": 0.0}
    for _ in range(150):
        market.step()
        book = market.book("AAA")
        tape = market.trades("AAA")
        flow["volume"] = float(tape["quantity"].sum())
        flow["net_flow"] = float((tape["quantity"] * tape["side"]).sum())
        flow["trades"] = float(tape.height)
        sides: dict[str, float] = {}
        if book.bid:
            sides |= {"bid": book.bid[0], "bid_size": book.bid[1]}
        if book.ask:
            sides |= {"ask": book.ask[0], "ask_size": book.ask[1]}
        news = [event for event in market.news if event["symbol"] in (None, "AAA")]
        left = [event["tick"] + event["duration"] - market.tick for event in news]
        stream.update(
            mid=market.mids[0],
            last=market.prices[0],
            fair=market.fair_values[0],
            sentiment=market.sentiments[0],
            magnitude=max((event["magnitude"] for event in news), default=0.0),
            news_left=max(left, default=0),
            **flow,
            **sides,
        )
        np.testing.assert_array_equal(market.features("full", missing=None)[0], stream.row("full", missing=None))


def test_features_that_are_not_extracted_are_refused_with_the_setting():
    market = wl.sim.Market.preset("light-rl", seed=7)
    market.step(5)
    with pytest.raises(wl.errors.ConfigError, match="features = true"):
        market.features()


def test_to_extract_features_changes_nothing_of_the_market():
    plain = wl.sim.Market.preset("light-rl", seed=7)
    with_features = market_of()
    plain.step(50)
    with_features.step(50)
    assert plain.signature == with_features.signature


def test_a_record_is_what_was_seen_and_comes_back_from_its_file(tmp_path):
    record = wl.sim.record_features(market_of(), 120)
    other = market_of()
    other.step(120)
    np.testing.assert_array_equal(record.features[-1], other.features("full"))
    record.write(tmp_path / "m.parquet")
    again = wl.sim.FeatureRecord.read(tmp_path / "m.parquet")
    np.testing.assert_array_equal(again.features, record.features)
    np.testing.assert_array_equal(again.mids, record.mids)
    assert (again.names, again.symbols, again.ticks.tolist()) == (record.names, ["AAA"], list(range(1, 121)))
    record.to_frame().head(50).write_parquet(tmp_path / "no.parquet")
    with pytest.raises(wl.errors.DataError, match="lacks missing"):
        wl.sim.FeatureRecord.read(tmp_path / "no.parquet")


def test_labels_are_of_the_mean_return_over_the_horizons():
    mids = np.array([100.0] * 8 + [110.0] * 8)
    found = wl.sim.labels(mids, horizons=(2, 4))
    # From the fifth tick on the fourth ahead is 10 % higher: a mean of 5 %.
    assert found.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]
    with pytest.raises(wl.errors.DataError, match="too few for labels 64 ticks ahead"):
        wl.sim.labels(mids)


def test_training_twice_gives_the_same_files_and_an_honest_test():
    pytest.importorskip("sklearn")
    record = record_of()
    kinds = ("decision_tree", "gradient_boosted", "gaussian_naive_bayes")
    first, second = (wl.sim.train_models(record, kinds, warm_up=50) for _ in range(2))
    for kind in kinds:
        assert first[kind].json == second[kind].json
        model = wl.features.Model.parse(first[kind].json)
        assert (model.type, model.features) == (kind, wl.features.names("canonical"))
        assert 0 <= first[kind].accuracy <= 1
        assert first[kind].tested == int(np.ceil((700 - 64 - 50) * 0.3))
        assert first[kind].trained == 700 - 64 - 50 - first[kind].tested - 64  # purged


def test_training_from_too_little_is_refused():
    pytest.importorskip("sklearn")
    record = record_of(120)
    with pytest.raises(wl.errors.DataError, match="too few to learn and to test from"):
        wl.sim.train_models(record, warm_up=50)
    with pytest.raises(wl.errors.ConfigError, match="there is no training of 'tree'"):
        wl.sim.train_models(record, ["tree"])
    with pytest.raises(wl.errors.DataError, match="has only 1"):
        wl.sim.train_models(record_of(500), threshold=10.0)


def test_agents_that_ask_a_model_trade_on_its_answers_after_their_warm_up():
    cheap_is_bought = tree([0, 0.1, 0.9], [0.9, 0.1, 0])
    config = wl.sim.preset("light-rl")
    parameters = {"model": cheap_is_bought, "warm_up": 100}
    config["groups"].append({"kind": "decision_tree", "count": 20, "parameters": parameters})
    market = wl.sim.Market(config, seed=7)
    rows = market.groups.row(by_predicate=wl_group("decision_tree"), named=True)
    own = slice(rows["begin"], rows["end"])
    market.step(100)
    assert not market.positions("AAA")[own].any()
    market.step(200)
    assert market.positions("AAA")[own].any()
    branch = market.branch()
    market.step(50)
    branch.step(50)
    assert branch.signature == market.signature


def wl_group(name):
    import polars as pl

    return pl.col("group") == name


def test_a_model_that_is_missing_or_broken_is_refused_with_its_group(tmp_path):
    config = wl.sim.preset("light-rl")
    parameters = {"model": "no.json"}
    config["groups"].append({"kind": "decision_tree", "name": "mine", "count": 1, "parameters": parameters})
    with pytest.raises(wl.errors.DataError, match=r"mine: model no\.json: cannot be read; check the path"):
        wl.sim.Market(config)
    parameters["model"] = "randomforest"
    with pytest.raises(wl.errors.ConfigError, match=r'"randomforest" is no model \(did you mean "random_forest"'):
        wl.sim.Market(config)
    (tmp_path / "m.json").write_text(tree([0, 0, 1], [1, 0, 0], name="fair_value"))
    parameters["model"] = str(tmp_path / "m.json")
    with pytest.raises(wl.errors.DataError, match='reads "fair_value", which is no feature of a market'):
        wl.sim.Market(config)


def test_the_default_market_has_the_ancestors_agents_that_ask_models():
    kinds = {group["kind"]: group["count"] for group in wl.sim.preset("default")["groups"]}
    assert {kind: kinds[kind] for kind in ("decision_tree", "random_forest", "gradient_boosted", "model_ensemble")} == {
        "decision_tree": 300,
        "random_forest": 100,
        "gradient_boosted": 200,
        "model_ensemble": 100,
    }
    assert kinds["linear_softmax"] == kinds["linear_svm"] == kinds["gaussian_naive_bayes"] == 0
    for file in sorted((ROOT / "src/walras/sim/models").glob("*.json")):
        assert wl.features.Model.read(file).features == wl.features.names("canonical")


def test_the_command_line_records_and_learns(tmp_path):
    pytest.importorskip("sklearn")

    def walras(*words):
        command = [sys.executable, "-m", "walras", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    settings = ("--preset", "light-rl", "--set", "news.drift=0.01", "--ticks", "700", "--seed", "3")
    done = walras("sim", *settings, "--features", "m.parquet", "--quiet")
    assert done.returncode == 0, done.stderr
    done = walras(
        "ml", "train", "m.parquet", "--out", "models", "--kind", "decision_tree", "--threshold", "0.001", "--json"
    )
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["decision_tree"]
    assert row["tested"] > 0
    assert wl.features.Model.read(tmp_path / row["file"]).type == "decision_tree"
    done = walras("ml", "train", "nothing.parquet")
    assert done.returncode == 3
    assert "is no Parquet file that can be read" in done.stderr
