// One row through each type of model, and one observation through the extractor.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <array>
#include <string>

#include "walras/core/random.hpp"
#include "walras/features/models/model_file.hpp"

namespace walras::features {
namespace {

constexpr std::size_t inputs = 28;

// A whole tree of a depth: node i has the children 2 i + 1 and 2 i + 2.
std::string tree_text(core::Random& random, unsigned depth, bool is_scored) {
    const std::size_t inner = (std::size_t{1} << depth) - 1;
    std::string nodes;
    std::string leaves;
    const auto child = [inner](std::size_t i) {
        return i < inner ? static_cast<std::int64_t>(i) : -1 - static_cast<std::int64_t>(i - inner);
    };
    for (std::size_t i = 0; i < inner; ++i) {
        nodes += fmt::format("{}[{},{},{},{}]", i == 0 ? "" : ",", random.below(inputs), random.normal(),
                             child(2 * i + 1), child(2 * i + 2));
    }
    for (std::size_t i = 0; i <= inner; ++i) {
        leaves += fmt::format("{}{}", i == 0 ? "" : ",", is_scored ? "0.5" : "[0.25,0.5,0.25]");
    }
    return fmt::format(R"({{"nodes":[{}],"leaves":[{}]}})", nodes, leaves);
}

std::string repeated(std::size_t count, const auto& one) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) { out += fmt::format("{}{}", i == 0 ? "" : ",", one()); }
    return out;
}

ModelFile model_of(const std::string& type, const std::string& own) {
    std::size_t place = 0;
    const std::string names = repeated(inputs, [&] { return fmt::format("\"x{}\"", place++); });
    return read_model(
        fmt::format(R"({{"walras_model":1,"type":"{}","features":[{}],"classes":["sell","hold","buy"],{}}})", type,
                    names, own),
        "bench");
}

void predict_rows(benchmark::State& state, const ModelFile& file) {
    constexpr std::size_t many = 256;
    core::Random random({1, 1, 0, 0});
    std::vector<std::array<double, inputs>> rows(many);
    for (auto& row : rows) {
        for (double& x : row) { x = random.normal(); }
    }
    std::size_t i = 0;
    for (auto _ : state) { benchmark::DoNotOptimize(file.model->predict(rows[i++ % many].data())); }
}

void forest(benchmark::State& state) {
    core::Random random({2, 1, 0, 0});
    const auto depth = static_cast<unsigned>(state.range(1));
    const auto trees =
        repeated(static_cast<std::size_t>(state.range(0)), [&] { return tree_text(random, depth, false); });
    predict_rows(state, model_of("random_forest", fmt::format(R"("trees":[{}])", trees)));
}
BENCHMARK(forest)->Args({1, 12})->Args({100, 6})->Args({100, 12});

void boosted(benchmark::State& state) {
    core::Random random({3, 1, 0, 0});
    const auto rounds = repeated(static_cast<std::size_t>(state.range(0)), [&] {
        return fmt::format("[{}]", repeated(class_count, [&] { return tree_text(random, 3, true); }));
    });
    predict_rows(state, model_of("gradient_boosted", fmt::format(R"("initial":[0,0,0],"rounds":[{}])", rounds)));
}
BENCHMARK(boosted)->Arg(25)->Arg(100);

std::string rows_of(double value) {
    const std::string row = fmt::format("[{}]", repeated(inputs, [&] { return fmt::format("{}", value); }));
    return fmt::format("[{0},{0},{0}]", row);
}
void linear(benchmark::State& state) {
    predict_rows(state, model_of("linear_softmax", fmt::format(R"("weights":{},"intercept":[0,0,0])", rows_of(.1))));
}
BENCHMARK(linear);
void bayes(benchmark::State& state) {
    predict_rows(state, model_of("gaussian_naive_bayes", fmt::format(R"("prior":[0.3,0.3,0.4],"mean":{},"variance":{})",
                                                                     rows_of(.1), rows_of(1))));
}
BENCHMARK(bayes);

void extract(benchmark::State& state) {
    core::Random random({4, 1, 0, 0});
    std::vector<MarketObservation> observations;
    observations.reserve(1024);
    for (int i = 0; i < 1024; ++i) {
        const double price = 100 + random.uniform();
        observations.push_back({.mid = price, .last = price, .bid = price, .ask = price, .volume = 10, .fair = 100});
    }
    MarketFeatures features;
    std::size_t i = 0;
    for (auto _ : state) {
        features.update(observations[i++ % observations.size()]);
        benchmark::DoNotOptimize(features.raw());
    }
}
BENCHMARK(extract);

}  // namespace
}  // namespace walras::features
