// Agents that ask models: each alone, on answers set by hand, and in whole markets.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>

#include "walras/core/error.hpp"
#include "walras/sim/kinds_test.hpp"
#include "walras/sim/preset_models.hpp"

namespace walras::sim {
namespace {

using Leaf = std::array<double, 3>;

std::string leaf_text(const Leaf& p) { return fmt::format("[{}, {}, {}]", p[0], p[1], p[2]); }

// P = `below` where the price is at most 100 times the fair value, else `above`.
std::string tree_of(const Leaf& below, const Leaf& above) {
    return fmt::format(R"({{"nodes": [[0, 1, -1, -2]], "leaves": [{}, {}]}})", leaf_text(below), leaf_text(above));
}
std::string model_of(const std::string& type, const std::string& own) {
    return fmt::format(
        R"({{"walras_model": 1, "type": "{}", "features": ["price_to_fair"], "classes": ["sell", "hold", "buy"], {}}})",
        type, own);
}
std::string tree_model(const Leaf& below, const Leaf& above) {
    return model_of("decision_tree", "\"tree\": " + tree_of(below, above));
}

std::map<std::string, core::Value> reads(const std::string& model, std::int64_t warm_up = 0) {
    return {{"model", model}, {"warm_up", warm_up}, {"jitter", 0.0}};
}

// One tick whose end the model sees, and the decision on it.
std::vector<Sent> after(Stage& stage, double price) {
    stage.price(price);
    stage.models.update(0, stage.view.symbols[0], Sector::tech, {}, stage.view.tick);
    return stage.tick();
}

constexpr Leaf rises{.1, .2, .7}, falls{.8, .1, .1}, rests{.2, .6, .2};

TEST_CASE("a decision tree's agent buys below mid when it expects a rise, and keeps that order while it works") {
    Stage stage(group_of("decision_tree", reads(tree_model(rises, falls))));
    const auto bought = after(stage, 98);  // below the fair value of 100
    REQUIRE(bought.size() == 1);
    CHECK(bought[0].side == OrderSide::buy);
    CHECK(bought[0].lots == 30);
    CHECK(bought[0].limit == 9790);  // 98 * .999 = 97.902, downwards
    CHECK(!bought[0].is_immediate);
    CHECK(after(stage, 97).empty());
    stage.fill(bought[0], 97.9);
    CHECK(stage.holding().position == 30);
    const auto sold = after(stage, 102);
    REQUIRE(sold.size() == 1);
    CHECK(sold[0].side == OrderSide::sell);
    CHECK(sold[0].limit == 10211);  // 102 * 1.001 = 102.102, upwards
}

TEST_CASE("an answer below the thresholds, or less likely than rest, is no reason to trade") {
    CHECK(after(*std::make_unique<Stage>(group_of("decision_tree", reads(tree_model(rests, rests)))), 98).empty());
    // .65 is not above .65.
    CHECK(after(*std::make_unique<Stage>(group_of("decision_tree", reads(tree_model({.1, .25, .65}, rests)))), 98)
              .empty());
    auto parameters = reads(tree_model({.4, .6, 0}, rests));
    parameters["sell_above"] = .3;
    CHECK(after(*std::make_unique<Stage>(group_of("decision_tree", parameters)), 98).empty());
    parameters = reads(tree_model({.5, .5, 0}, rests));
    parameters["sell_above"] = .3;
    CHECK(after(*std::make_unique<Stage>(group_of("decision_tree", parameters)), 98).size() == 1);
}

TEST_CASE("nothing is done in the warm-up, and the model is not asked") {
    Stage stage(group_of("decision_tree", reads(tree_model(rises, falls), 3)));
    for (int i = 0; i < 3; ++i) {
        CHECK(after(stage, 98).empty());
        CHECK(stage.models.of(0, 0) == features::Probabilities{});
    }
    CHECK(after(stage, 98).size() == 1);
}

TEST_CASE("the jitter is an agent's own, anew in each tick") {
    // P = .65 + half the jitter: about half of the agents act.
    auto parameters = reads(tree_model({.05, .2, .75}, rests));
    parameters["buy_above"] = .7;
    parameters["jitter"] = .1;
    Stage stage(group_of("decision_tree", parameters, 1000));
    const auto first = after(stage, 98);
    CHECK(first.size() > 400);
    CHECK(first.size() < 600);
    for (const Sent& sent : first) { stage.end(sent); }
    const auto second = after(stage, 98);
    std::size_t both = 0;
    for (const Sent& sent : second) {
        for (const Sent& before : first) { both += before.agent == sent.agent ? 1 : 0; }
    }
    CHECK(both > 150);
    CHECK(both < 350);
}

TEST_CASE("every kind that asks a model reads its own type of model, and trades on it") {
    const std::string tree = tree_of(rises, falls);
    const std::string flat = R"({"nodes": [], "leaves": [0]})";
    const std::string rise = R"({"nodes": [], "leaves": [3]})";
    const std::map<std::string, std::string> models{
        {"decision_tree", model_of("decision_tree", "\"tree\": " + tree)},
        {"random_forest", model_of("random_forest", fmt::format("\"trees\": [{0}, {0}]", tree))},
        {"gradient_boosted", model_of("gradient_boosted", fmt::format(R"("initial": [0, 0, 0],
            "rounds": [[{0}, {0}, {1}]])",
                                                                      flat, rise))},
        {"linear_softmax", model_of("linear_softmax", R"("weights": [[5], [0], [-5]], "intercept": [0, 0, 12])")},
        {"linear_svm", model_of("linear_svm", R"("weights": [[5], [0], [-5]], "intercept": [0, 0, 12])")},
        {"gaussian_naive_bayes", model_of("gaussian_naive_bayes", R"("prior": [0.3, 0.3, 0.4],
            "mean": [[1.1], [1], [0.98]], "variance": [[0.001], [0.1], [0.0001]])")},
        {"model_ensemble", model_of("ensemble", fmt::format(R"("members": [
            {{"weight": 2, "model": {{"type": "decision_tree", "tree": {}}}}}])",
                                                            tree))},
    };
    for (const auto& [kind, model] : models) {
        CAPTURE(kind);
        Stage stage(group_of(kind, reads(model)));
        const auto sent = after(stage, 98);
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].side == OrderSide::buy);
        CHECK(sent[0].limit == 9790);
        if (kind == "decision_tree") { continue; }
        CHECK_THROWS_AS(Stage(group_of(kind, reads(models.at("decision_tree")))), ConfigError);
    }
}

TEST_CASE("a model that is not there, or not of a market, is refused with the group's kind") {
    const auto message = [](const std::string& model) {
        try {
            Stage stage(group_of("decision_tree", reads(model)));
        } catch (const WalrasError& error) { return std::string(error.what()); }
        return std::string{};
    };
    CHECK(message("decision_tre").starts_with("decision_tree: model = \"decision_tre\" is no model (did you mean"));
    CHECK(message("/no/such/file.json") == "decision_tree: model /no/such/file.json: cannot be read; check the path.");
    CHECK(message("{\"type\": 1}").starts_with("decision_tree: model type is a number"));
    std::string other = tree_model(rises, falls);
    other.replace(other.find("price_to_fair"), 13, "price_to_fear");
    CHECK(message(other).find("\"price_to_fear\", which is no feature of a market") != std::string::npos);
}

TEST_CASE("the presets' models are inside the program, small, and of the type of their kind") {
    for (const KindSpec* kind : agent_kinds()) {
        for (const core::Parameter& parameter : kind->parameters) {
            if (parameter.name != "model") { continue; }
            CAPTURE(kind->name);
            CHECK_NOTHROW(Stage(group_of(kind->name)));
            CHECK(load_market_model("test", kind->name)->places.size() == 28);
        }
    }
    std::size_t bytes = 0;
    for (const PresetModel& model : preset_models()) { bytes += model.json.size(); }
    CHECK(preset_models().size() == 7);
    CHECK(bytes < 400'000);
}

// ---- whole markets

MarketConfig learned_market() {
    MarketConfig config = small_market(mixed_groups(), 3);
    const std::string tree = tree_model(rises, falls);
    config.groups.push_back(group_of("decision_tree", reads(tree, 20), 50));
    config.groups.back().name = "first";
    config.groups.push_back(group_of("decision_tree", reads(tree, 10), 40));
    config.groups.back().name = "second";
    config.groups.push_back(group_of("model_ensemble", {{"warm_up", std::int64_t{15}}}, 40));
    return config;
}

TEST_CASE("groups of one model share its answers, and symbols that nobody asks about are left alone") {
    MarketConfig config = small_market(mixed_groups(), 4);
    config.groups.push_back(group_of("decision_tree", reads(tree_model(rises, falls)), 2));
    Market market(config);
    for (int i = 0; i < 5; ++i) { market.step(); }
    CHECK(market.models().extracts(1));
    CHECK(!market.models().extracts(2));
    CHECK(market.models().row(0)[0] == market.view().symbols[0].mid);
    CHECK(std::isnan(market.models().row(3)[0]));
    config.features = true;
    Market all(config);
    for (int i = 0; i < 5; ++i) { all.step(); }
    CHECK(all.models().extracts(3));
    CHECK(all.models().row(3)[0] == all.view().symbols[3].mid);
    CHECK(all.signature() == market.signature());
}

TEST_CASE("with models too, neither threads nor a checkpoint change anything, by both clocks") {
    for (const Clock clock : {Clock::ticks, Clock::events}) {
        MarketConfig config = learned_market();
        config.clock = clock;
        Market one(config, 1);
        Market two(config, 2);
        for (int i = 0; i < 40; ++i) {
            one.step();
            two.step();
        }
        CHECK(one.signature() == two.signature());
        std::uint64_t working = 0;
        for (std::size_t g = 3; g < 6; ++g) {
            const Group& group = one.population().groups[g];
            for (Agent a = group.begin; a < group.end; ++a) {
                working += one.population().holdings_of(group, a)[0].position != 0 ? 1U : 0U;
            }
        }
        CHECK(working > 10);
        core::ArchiveWriter out;
        one.save(out);
        Market restored(config, 2);
        core::ArchiveReader in(out.data());
        restored.load(in);
        for (int i = 0; i < 30; ++i) {
            one.step();
            restored.step();
            REQUIRE(one.signature() == restored.signature());
        }
    }
}

TEST_CASE("a checkpoint is not restored into a market whose model has changed") {
    MarketConfig config = learned_market();
    Market market(config);
    market.step();
    core::ArchiveWriter out;
    market.save(out);
    for (std::size_t g = 3; g < 5; ++g) { config.groups[g].parameters["model"] = tree_model(rises, rests); }
    Market other(config);
    core::ArchiveReader in(out.data());
    CHECK_THROWS_AS(other.load(in), DataError);
}

TEST_CASE("agents that ask models leave the luck of the others alone") {
    MarketConfig config = small_market(mixed_groups(), 2);
    Market alone(config);
    config.groups.push_back(group_of("decision_tree", reads(tree_model(rests, rests)), 100));
    Market together(config);
    for (int i = 0; i < 30; ++i) {
        alone.step();
        together.step();
    }
    // What trades, not the hash: orders' ids tell their places, which are others in a larger population.
    for (std::size_t s = 0; s < 2; ++s) {
        const SymbolView& a = alone.view().symbols[s];
        const SymbolView& b = together.view().symbols[s];
        CHECK(a.total_trades > 100);
        CHECK(a.last == b.last);
        CHECK(a.bid == b.bid);
        CHECK(a.ask == b.ask);
        CHECK(a.total_volume == b.total_volume);
        CHECK(a.total_trades == b.total_trades);
        CHECK(a.total_notional == b.total_notional);
    }
}

}  // namespace
}  // namespace walras::sim
