#include "walras/features/models/model_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"

namespace walras::features {
namespace {

// A model of two features whose type and own keys are given.
std::string model(const std::string& type, const std::string& own) {
    return fmt::format(R"({{"walras_model": 1, "type": "{}", "features": ["mid", "rsi_8"],
        "classes": ["sell", "hold", "buy"], {}}})",
                       type, own);
}
// mid <= 100 ? (rsi <= 30 ? buy : hold) : sell
constexpr const char* small_tree =
    R"({"nodes": [[0, 100, 1, -3], [1, 30, -1, -2]], "leaves": [[0.1, 0.2, 0.7], [0, 1, 0], [0.9, 0.1, 0]]})";

Probabilities predict(const std::string& json, double mid, double rsi) {
    const std::array row{mid, rsi};
    return read_model(json, "test").model->predict(row.data());
}
std::string refusal(const std::string& json) {
    try {
        (void)read_model(json, "test");
    } catch (const DataError& error) { return error.what(); }
    return "";
}
bool refuses(const std::string& json, std::string_view part) {
    const std::string message = refusal(json);
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
    return message.find(part) != std::string::npos;
}
std::string tree_model(const std::string& tree) { return model("decision_tree", "\"tree\": " + tree); }

TEST_CASE("a tree goes left where the feature is at or below the threshold") {
    const std::string json = tree_model(small_tree);
    CHECK(predict(json, 100, 30) == Probabilities{.1, .2, .7});
    CHECK(predict(json, 100, 30.001) == Probabilities{0, 1, 0});
    CHECK(predict(json, 100.01, 30) == Probabilities{.9, .1, 0});
    CHECK(predict(tree_model(R"({"nodes": [], "leaves": [[0, 0, 1]]})"), 5, 5) == Probabilities{0, 0, 1});
}

TEST_CASE("features and thresholds are compared as single-precision numbers, as scikit-learn does") {
    // 0.1 is below its float, so no float that is rounded from 0.1 is at or below 0.1.
    const auto at = [](const std::string& threshold, double x) {
        return predict(
                   tree_model(R"({"nodes": [[0, )" + threshold + R"(, -1, -2]], "leaves": [[1, 0, 0], [0, 0, 1]]})"), x,
                   0)
            .sell;
    };
    CHECK(static_cast<double>(.1F) > .1);
    CHECK(at("0.1", .1) == 0);
    CHECK(at("0.1", .09999999) == 1);
    CHECK(at("0.10000000149011612", .1) == 1);
    CHECK(at("1e300", 1e30) == 1);
    CHECK(at("-1e300", -1e30) == 0);
}

TEST_CASE("a forest is the mean of its trees, however many there are and however deep each is") {
    std::string trees;
    for (int i = 0; i < 19; ++i) {
        const std::string leaf = i % 3 == 0 ? "[1, 0, 0]" : "[0, 0, 1]";
        trees += i % 2 == 0 ? R"({"nodes": [], "leaves": [)" + leaf + "]}" : std::string(small_tree);
        if (i < 18) { trees += ","; }
    }
    const Probabilities p = predict(model("random_forest", "\"trees\": [" + trees + "]"), 50, 10);
    // Nine small trees say .1 .2 .7; of the ten leaves the numbers 0, 6, 12, 18 sell.
    CHECK(p.sell == doctest::Approx((9 * .1 + 4) / 19).epsilon(1e-14));
    CHECK(p.hold == doctest::Approx(9 * .2 / 19).epsilon(1e-14));
    CHECK(p.buy == doctest::Approx((9 * .7 + 6) / 19).epsilon(1e-14));
}

TEST_CASE("boosted trees add to the scores of their class, and the softmax of the scores is answered") {
    const auto tree = [](double below, double above) {
        return fmt::format(R"({{"nodes": [[0, 100, -1, -2]], "leaves": [{}, {}]}})", below, above);
    };
    const std::string json = model(
        "gradient_boosted", fmt::format(R"("initial": [0.5, 0, -0.5], "rounds": [[{}, {}, {}], [{}, {}, {}]])",
                                        tree(1, 2), tree(0, 0), tree(-1, 3), tree(.25, 0), tree(0, 1), tree(0, 0)));
    const double sell = core::math::exp(1.75);
    const double hold = 1;
    const double buy = core::math::exp(-1.5);
    CHECK(predict(json, 100, 0).sell == doctest::Approx(sell / (sell + hold + buy)).epsilon(1e-14));
    CHECK(predict(json, 100, 0).buy == doctest::Approx(buy / (sell + hold + buy)).epsilon(1e-14));
    CHECK(predict(json, 101, 0).buy > .4);
}

TEST_CASE("linear scores are of centred and scaled features") {
    const std::string json = model("linear_softmax", R"("weights": [[1, 0], [0, 0], [0, 2]], "intercept": [0, 1, 0],
        "center": [100, 50], "scale": [2, 10])");
    const Probabilities p = predict(json, 104, 60);  // scores 2, 1, 2
    const double e = core::math::exp(-1);
    CHECK(p.sell == doctest::Approx(1 / (2 + e)).epsilon(1e-14));
    CHECK(p.hold == doctest::Approx(e / (2 + e)).epsilon(1e-14));
    CHECK(predict(model("linear_svm", R"("weights": [[1, 0], [0, 0], [0, 2]], "intercept": [0, 1, 0])"), 1, .5).sell ==
          doctest::Approx(1.0 / 3).epsilon(1e-14));
}

TEST_CASE("naive Bayes weighs priors with bells") {
    const std::string json = model("gaussian_naive_bayes", R"("prior": [0.2, 0.3, 0.5],
        "mean": [[1, 0], [2, 0], [3, 0]], "variance": [[1, 1], [4, 1], [1, 1]])");
    const auto bell = [](double away, double variance) {
        return core::math::exp(-away * away / (2 * variance)) / std::sqrt(variance);
    };
    const std::array<double, 3> odds{.2 * bell(1, 1), .3 * bell(0, 4), .5 * bell(1, 1)};
    const double sum = odds[0] + odds[1] + odds[2];
    const Probabilities p = predict(json, 2, 7);
    CHECK(p.sell == doctest::Approx(odds[0] / sum).epsilon(1e-13));
    CHECK(p.hold == doctest::Approx(odds[1] / sum).epsilon(1e-13));
    CHECK(p.buy == doctest::Approx(odds[2] / sum).epsilon(1e-13));
}

TEST_CASE("an ensemble is the weighted mean of its members") {
    const std::string json = model("ensemble", fmt::format(R"("members": [
        {{"weight": 3, "model": {{"type": "decision_tree", "tree": {}}}}},
        {{"weight": 1, "model": {{"type": "decision_tree", "tree": {{"nodes": [], "leaves": [[0, 0, 1]]}}}}}}])",
                                                           small_tree));
    const Probabilities p = predict(json, 200, 0);
    CHECK(p.sell == doctest::Approx(.675).epsilon(1e-14));
    CHECK(p.buy == doctest::Approx(.25).epsilon(1e-14));
}

TEST_CASE("the names of the features say which column is which, in any order") {
    ModelFile file = read_model(
        R"({"walras_model": 1, "type": "decision_tree", "features": ["rsi_8", "mid"], "missing": "minus_one",
            "classes": ["sell", "hold", "buy"], "about": "two columns", "tree": {"nodes": [], "leaves": [[0, 1, 0]]}})",
        "test");
    CHECK(file.features == std::vector<std::string>{"rsi_8", "mid"});
    CHECK(file.missing == Missing::minus_one);
    CHECK(file.about == "two columns");
    CHECK(market_places(file, "test") == std::vector<std::uint8_t>{29, 0});
    file.features[0] = "rsi_80";
    CHECK_THROWS_WITH_AS((void)market_places(file, "m.json"),
                         "m.json reads \"rsi_80\", which is no feature of a market (did you mean \"rsi_8\"?); "
                         "`wl.features.market_features()` lists them.",
                         DataError);
}

TEST_CASE("a file that is not a model is refused with place and remedy") {
    const std::string good = tree_model(small_tree);
    CHECK(refusal(good).empty());
    refuses("", "test is not JSON that can be read");
    refuses(good.substr(0, good.size() / 2), "test is not JSON that can be read");
    refuses(good + "x", "test is not JSON that can be read");
    refuses("[1]", "test is not a JSON object");
    refuses(std::string(100'000, '['), "test is not JSON that can be read");
    refuses("{}", "lacks the key \"type\"");
    refuses(model("decision_trees", "\"tree\": 1"), "test type = \"decision_trees\" is no type of model (did you mean");
    refuses(model("decision_tree", "\"trees\": []"), "has an unknown key \"trees\" (did you mean \"tree\"?)");
    refuses(model("decision_tree", fmt::format("\"tree\": {0}, \"tree\": {0}", small_tree)), "\"tree\" twice");
    refuses(R"({"type": "decision_tree", "features": ["a"], "classes": ["sell", "hold", "buy"], "tree": 1})",
            "lacks the key \"walras_model\"");
    const auto changed = [&](std::string_view from, std::string_view to) {
        std::string out = good;
        out.replace(out.find(from), from.size(), to);
        return out;
    };
    refuses(changed(R"("walras_model": 1)", R"("walras_model": 2)"), "test walras_model = 2 must be 1 to 1");
    refuses(changed(R"(["mid", "rsi_8"])", R"(["mid", "mid"])"), "test features[1] names \"mid\" a second time");
    refuses(changed(R"(["mid", "rsi_8"])", "[]"), "test features has 0 entries");
    refuses(changed(R"(["mid", "rsi_8"])", R"(["mid"])"), "test tree.nodes[1][0] = 1 must be 0 to 0");
    refuses(changed(R"(["sell", "hold", "buy"])", R"(["buy", "hold", "sell"])"), "in this order");
    refuses(changed(R"("classes")", R"("missing": "zero", "classes")"), "test missing = \"zero\" must be");
}

TEST_CASE("a tree that is none is refused") {
    refuses(tree_model("{}"), "test tree lacks the key \"leaves\"");
    refuses(tree_model("3"), "test tree is a number; it must be an object");
    refuses(tree_model(R"({"nodes": [[0, 1, -1, -2]], "leaves": [[0, 0, 1]]})"), "one leaf more than nodes");
    refuses(tree_model(R"({"nodes": [[0, 1, 0, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"),
            "test tree.nodes[0] has the child 0, which does not stand behind it");
    refuses(tree_model(R"({"nodes": [[0, 1, 1, -1], [0, 1, 0, -1]], "leaves": [[0, 0, 1], [0, 0, 1], [0, 0, 1]]})"),
            "no cycles");
    refuses(tree_model(R"({"nodes": [[0, 1, 5, -1]], "leaves": [[0, 0, 1], [0, 0, 1]]})"),
            "test tree.nodes[0][2] = 5 must be -2 to 0");
    refuses(tree_model(R"({"nodes": [[0, 1, -1, -3]], "leaves": [[0, 0, 1], [0, 0, 1]]})"), "= -3 must be -2 to 0");
    refuses(tree_model(R"({"nodes": [[2, 1, -1, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"),
            "[0][0] = 2 must be 0 to 1");
    refuses(tree_model(R"({"nodes": [[0.5, 1, -1, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"), "whole number");
    refuses(tree_model(R"({"nodes": [[0, null, -1, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"),
            "test tree.nodes[0][1] is null; it must be a finite number");
    refuses(tree_model(R"({"nodes": [[0, 1e999, -1, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"), "not JSON");
    refuses(tree_model(R"({"nodes": [[0, NaN, -1, -2]], "leaves": [[0, 0, 1], [0, 0, 1]]})"), "not JSON");
    refuses(tree_model(R"({"nodes": [[0, 1, -1]], "leaves": [[0, 0, 1], [0, 0, 1]]})"),
            "has 3 entries; it must have 4");
    refuses(tree_model(R"({"nodes": [], "leaves": [[0.5, 0.5, 0.5]]})"),
            "test tree.leaves[0] = [0.5, 0.5, 0.5] are no");
    refuses(tree_model(R"({"nodes": [], "leaves": [[-1, 1, 1]]})"), "divide counts by their sum");
    refuses(tree_model(R"({"nodes": [], "leaves": [[1, 0]]})"), "has 2 entries; it must have 3");
}

TEST_CASE("numbers of the other models are checked too") {
    refuses(model("gradient_boosted", R"("initial": [0, 0], "rounds": [])"), "test initial has 2 entries");
    refuses(model("gradient_boosted", R"("initial": [0, 0, 0], "rounds": [[]])"), "test rounds[0] has 0 entries");
    refuses(model("linear_softmax", R"("weights": [[1], [1], [1]], "intercept": [0, 0, 0])"), "test weights[0] has 1");
    refuses(model("linear_softmax", R"("weights": [[1, 1], [1, 1], [1, 1]], "intercept": [0, 0, 0], "scale": [1, 0])"),
            "test scale has 0 as entry 1; all must be above 0");
    refuses(model("gaussian_naive_bayes", R"("prior": [0, 0.5, 0.5], "mean": [[1, 1], [1, 1], [1, 1]],
        "variance": [[1, 1], [1, 1], [1, 1]])"),
            "test prior has 0 as entry 0");
    refuses(model("ensemble", R"("members": [])"), "test members has 0 entries");
    refuses(model("ensemble", R"("members": [{"weight": -1, "model": {"type": "decision_tree"}}])"), "above 0");
    refuses(model("ensemble", R"("members": [{"weight": 1, "model": {"type": "ensemble", "members": []}}])"),
            "test members[0].model is an ensemble inside an ensemble");
    CHECK_THROWS_AS((void)read_model_file("/no/such/model.json"), DataError);
    CHECK_THROWS_AS((void)read_model_file("/tmp"), DataError);
}

TEST_CASE("random bytes in a model never do more than refuse it") {
    const std::string good = model("random_forest", fmt::format("\"trees\": [{0}, {0}]", small_tree));
    core::Random random({11, 2, 0, 0});
    int read = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text = good;
        constexpr std::string_view bytes = "0123456789-.,[]{}\"ea\\ ";
        text[random.below(text.size())] = bytes[random.below(bytes.size())];
        try {
            const ModelFile file = read_model(text, "test");
            std::array<double, most_model_features> row{};
            const Probabilities p = file.model->predict(row.data());
            CHECK(p.sell + p.hold + p.buy == doctest::Approx(1).epsilon(1e-5));
            ++read;
        } catch (const DataError&) { continue; }
    }
    CHECK(read > 30);
    CHECK(read < 2900);
}

}  // namespace
}  // namespace walras::features
