// The script of orders of tests/data/hftbacktest with the strategy in C++, as hftbacktest plays it with its own
// compiled by numba. Its fills are compared with those of hftbacktest: quantity, exchange time and price of each order.
#include <benchmark/benchmark.h>

#include <map>
#include <string_view>

#include "walras/backtest/capture_bench.hpp"
#include "walras/codec/json_text.hpp"

using namespace walras;

namespace {

struct Action {
    TimeNs at{};
    std::string_view what;  // buy, sell, ioc or cancel
    std::uint64_t order = 0;
    Price price{};
    std::int64_t lots = 0;
};
struct Outcome {
    std::int64_t lots = 0;
    std::uint64_t last = 0;  // exchange time of the last fill; 0: not known
    Price price{};
    bool operator==(const Outcome&) const = default;
};
using Outcomes = std::map<std::uint64_t, Outcome>;

struct Script {
    std::string text;
    std::vector<Action> actions;
    Outcomes outcomes;
};

std::int64_t decimal(codec::JsonText& json) {
    json.next();
    const char* p = json.at();
    const auto found = codec::read_any_decimal(p, json.end(), 9);
    if (!found) { throw codec::JsonFault{"there is no number"}; }
    json.move_to(p);
    return found->value;
}

Script script_of(std::string_view name) {
    Script out;
    out.text = backtest::unpacked("tests/data/hftbacktest/btc-True-True-False.json.gz");
    if (out.text.empty()) { return out; }
    const std::size_t size = out.text.size();
    out.text.append(codec::text_padding, '\0');
    codec::JsonText json(std::string_view(out.text).substr(0, size));
    json.members([&](std::string_view key) {
        if (key == "script") {
            return json.elements([&] {
                Action a;
                json.expect('[', "an action is no array");
                a.at = TimeNs{static_cast<std::int64_t>(json.integer())};
                json.expect(',', "an action has no kind");
                a.what = json.string();
                json.expect(',', "an action has no order");
                a.order = json.integer();
                json.expect(',', "an action has no price");
                a.price = Price{decimal(json)};
                json.expect(',', "an action has no quantity");
                a.lots = decimal(json) / 1'000'000;
                json.expect(']', "an action has no end");
                out.actions.push_back(a);
            });
        }
        json.members([&](std::string_view case_name) {
            if (case_name != name) { return json.skip(); }
            json.elements([&] {
                json.expect('[', "an outcome is no array");
                Outcome& o = out.outcomes[json.integer()];
                json.expect(',', "an outcome has no quantity");
                o.lots = decimal(json) / 1'000'000;
                json.expect(',', "an outcome has no time");
                o.last = json.integer();
                json.expect(',', "an outcome has no price");
                o.price = Price{decimal(json)};
                json.expect(']', "an outcome has no end");
            });
        });
    });
    return out;
}

class Scripted final : public strategy::Strategy {
public:
    Scripted(const std::vector<Action>& actions, InstrumentId id) : actions_(actions), id_(id) {}
    void on_start(strategy::Context& c) override { c.wake_at(actions_.front().at); }
    void on_timer(strategy::Context& c, TimerId) override {
        for (; next_ < actions_.size() && actions_[next_].at <= c.now(); ++next_) {
            const Action& a = actions_[next_];
            if (a.what == "cancel") {
                c.cancel(ids_.at(a.order));
                continue;
            }
            model::Request request;
            request.terms.instrument = id_;
            request.terms.side = a.what == "sell" ? model::OrderSide::sell : model::OrderSide::buy;
            request.terms.type = model::OrderType::limit;
            request.terms.time_in_force = a.what == "ioc" ? model::TimeInForce::ioc : model::TimeInForce::gtc;
            request.terms.price = a.price;
            request.terms.quantity = Quantity{a.lots};
            request.size.lots = a.lots;
            ids_[a.order] = c.place(request);
        }
        if (next_ < actions_.size()) { c.wake_at(actions_[next_].at); }
    }
    // By the numbers of the script.
    [[nodiscard]] Outcomes outcomes(const backtest::Result& result) const {
        std::map<std::uint64_t, std::uint64_t> numbers;
        for (const auto& [number, id] : ids_) { numbers[id.value] = number; }
        Outcomes out;
        for (const backtest::FillRecord& fill : result.fills) {
            Outcome& o = out[numbers.at(fill.order.value)];
            o = {o.lots + fill.quantity.lots, static_cast<std::uint64_t>(fill.ts.ns), fill.price};
        }
        return out;
    }

private:
    const std::vector<Action>& actions_;
    InstrumentId id_;
    std::map<std::uint64_t, OrderId> ids_;
    std::size_t next_ = 0;
};

bool same(const Outcomes& ours, const Outcomes& theirs) {
    return std::ranges::equal(ours, theirs, [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.lots == b.second.lots && (b.second.last == 0 || a.second == b.second);
    });
}

void replay_script(benchmark::State& state) {
    static const std::vector<model::Tick> ticks = backtest::bench_capture();
    static const Script script = script_of("btc-power_2-partial");
    if (ticks.empty() || script.actions.empty()) {
        state.SkipWithError("../shared/data or tests/data is not here; run from the project's folder");
        return;
    }
    backtest::BenchMarket market;
    market.config.books.remember_consumed = false;
    for (auto _ : state) {
        Scripted strategy(script.actions, market.id);
        const backtest::Result result = market.run(ticks, strategy);
        state.PauseTiming();
        if (!same(strategy.outcomes(result), script.outcomes)) { state.SkipWithError("the fills differ"); }
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(ticks.size()));
    state.counters["orders_filled"] = static_cast<double>(script.outcomes.size());
}

}  // namespace

BENCHMARK(replay_script)->Unit(benchmark::kMillisecond);
