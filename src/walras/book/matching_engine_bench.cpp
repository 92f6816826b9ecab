// Orders per second and latency of the matching engine on two command mixes. Every event is written to a MatchLog.
//
//   exchange_core  the mix that exchange-core publishes: 9 % GTC orders, 3 % IOC orders, 6 % cancels, 82 % moves; about
//                  1,000 orders rest in about 750 price slots, about 6 % of the commands trade.
//   cancel_heavy   44 % cancels, 9 % aggressive orders, 47 % passive orders; about 5,000 orders rest.
//
// Commands are made beforehand, against a book of their own; each run starts from a copy of that book when it was warm.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "walras/book/matching_engine.hpp"
#include "walras/core/random.hpp"

namespace walras::book {
namespace {

constexpr std::int64_t tick = 10'000'000;  // 0.01
constexpr std::int64_t centre = 10'000;    // ticks

struct Command {
    enum class Kind : std::uint8_t { place, cancel, move };
    Kind kind = Kind::place;
    model::OrderSide side = model::OrderSide::buy;
    model::TimeInForce time_in_force = model::TimeInForce::gtc;
    std::uint32_t owner = 0;
    std::uint64_t order = 0;
    std::int64_t price = 0;
    std::int64_t lots = 0;
};

void apply(MatchingEngine& engine, const Command& c, MatchLog& log) {
    switch (c.kind) {
        case Command::Kind::place: {
            NewOrder n;
            n.id = OrderId{c.order};
            n.owner = OwnerId{c.owner};
            n.terms.side = c.side;
            n.terms.type = model::OrderType::limit;
            n.terms.time_in_force = c.time_in_force;
            n.terms.quantity = Quantity{c.lots};
            n.terms.price = Price{c.price};
            engine.submit(n, log);
            break;
        }
        case Command::Kind::cancel: engine.cancel(OrderId{c.order}, log); break;
        case Command::Kind::move: engine.replace({OrderId{c.order}, {}, Price{c.price}, {}}, log); break;
    }
}

struct Flow {
    MatchingEngine start;
    std::vector<Command> commands;
    double resting = 0, levels = 0, trading = 0;  // averages: orders, price slots, share of commands that trade
};

struct Mix {
    unsigned place_gtc, place_ioc, cancel;  // per cent; the rest are moves
    std::size_t orders;                     // that rest, about
    double width_ticks;                     // mean distance of a passive price from the middle
    std::uint64_t aggressive_lots;          // at most, of an order that takes; passive ones have up to 100
};

class Maker {
public:
    Maker(const Mix& mix, std::size_t count)
        : mix_(mix), engine_(config(mix)), dice_({7, 0, 0, 0}), flow_{engine_, {}} {
        while (live_.size() < mix_.orders) { run(place(true, model::TimeInForce::gtc)); }
        // A warm book has seen its traffic: pools and tables have their final size.
        for (std::size_t i = 0; i < count / 4; ++i) { run(next()); }
        flow_.start = engine_;
        flow_.commands.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            flow_.commands.push_back(next());
            run(flow_.commands.back());
            flow_.trading += std::ranges::any_of(
                log_.events, [](const MatchEvent& e) { return e.step == model::OrderStep::filled; });
            if (i % 1000 == 0) {
                flow_.resting += static_cast<double>(live_.size());
                flow_.levels += static_cast<double>(engine_.book().level_count(model::OrderSide::buy) +
                                                    engine_.book().level_count(model::OrderSide::sell));
            }
        }
        const auto n = static_cast<double>(count);
        flow_.resting /= n / 1000;
        flow_.levels /= n / 1000;
        flow_.trading /= n;
    }
    Flow flow() && { return std::move(flow_); }

private:
    static MatchingEngineConfig config(const Mix& mix) {
        MatchingEngineConfig c;
        c.expected_orders = mix.orders * 3 / 2;
        return c;
    }
    Command next() {
        const std::uint64_t dice = dice_.below(100);
        if (dice < mix_.place_gtc) {
            // A third takes, more when the book is full, none when it is thin.
            const bool is_passive = live_.size() < mix_.orders || (mix_.place_ioc != 0 && dice_.below(3) != 0);
            return place(is_passive, model::TimeInForce::gtc);
        }
        if (dice < mix_.place_gtc + mix_.place_ioc) { return place(false, model::TimeInForce::ioc); }
        if (live_.empty()) { return place(true, model::TimeInForce::gtc); }
        const Live& order = live_[dice_.below(live_.size())];
        Command c;
        c.order = order.id;
        if (dice < mix_.place_gtc + mix_.place_ioc + mix_.cancel) {
            c.kind = Command::Kind::cancel;
        } else {
            c.kind = Command::Kind::move;
            c.price = passive_price(order.side);
        }
        return c;
    }
    Command place(bool is_passive, model::TimeInForce time_in_force) {
        Command c;
        c.side = dice_.below(2) == 0 ? model::OrderSide::buy : model::OrderSide::sell;
        c.time_in_force = time_in_force;
        c.owner = 1 + static_cast<std::uint32_t>(dice_.below(1000));
        c.order = ++last_;
        c.lots = 1 + static_cast<std::int64_t>(dice_.below(is_passive ? 100 : mix_.aggressive_lots));
        c.price =
            is_passive ? passive_price(c.side) : centre * tick + (c.side == model::OrderSide::buy ? 200 : -200) * tick;
        return c;
    }
    std::int64_t passive_price(model::OrderSide side) {
        const auto away = 1 + static_cast<std::int64_t>(dice_.exponential() * mix_.width_ticks);
        return (centre + (side == model::OrderSide::buy ? -away : away)) * tick;
    }
    static std::int64_t taking_price(model::OrderSide side) {
        return (centre + (side == model::OrderSide::buy ? 200 : -200)) * tick;
    }
    void run(const Command& c) {
        log_.events.clear();
        apply(engine_, c, log_);
        for (const MatchEvent& e : log_.events) {
            if (e.step == model::OrderStep::filled && e.maker_leaves.is_zero()) { drop(e.maker.value); }
            if (e.step == model::OrderStep::filled && e.leaves.is_zero()) { drop(e.order.value); }
            if (e.step == model::OrderStep::canceled) { drop(e.order.value); }
        }
        if (c.kind == Command::Kind::place && engine_.order(OrderId{c.order})) { add({c.order, c.side}); }
    }

    struct Live {
        std::uint64_t id;
        model::OrderSide side;
    };
    void add(Live order) {
        if (where_.size() <= order.id) { where_.resize(order.id * 2 + 1024, SIZE_MAX); }
        where_[order.id] = live_.size();
        live_.push_back(order);
    }
    void drop(std::uint64_t id) {
        if (id >= where_.size() || where_[id] == SIZE_MAX) { return; }
        live_[where_[id]] = live_.back();
        where_[live_.back().id] = where_[id];
        where_[id] = SIZE_MAX;
        live_.pop_back();
    }

    Mix mix_;
    MatchingEngine engine_;
    MatchLog log_;
    core::Random dice_;
    std::vector<Live> live_;
    std::vector<std::size_t> where_;  // by order id
    std::uint64_t last_ = 0;
    Flow flow_;
};

const Flow& exchange_core() {
    static const Flow flow = Maker({9, 3, 6, 1000, 480, 10}, 3'000'000).flow();
    return flow;
}
const Flow& cancel_heavy() {
    static const Flow flow = Maker({47, 9, 44, 5000, 200, 12}, 3'000'000).flow();
    return flow;
}

void describe(benchmark::State& state, const Flow& flow) {
    state.counters["resting"] = flow.resting;
    state.counters["levels"] = flow.levels;
    state.counters["trading_percent"] = flow.trading * 100;
}

void throughput(benchmark::State& state, const Flow& flow) {
    MatchLog log;
    log.events.reserve(4096);
    while (state.KeepRunning()) {
        state.PauseTiming();
        MatchingEngine engine = flow.start;
        state.ResumeTiming();
        for (const Command& c : flow.commands) {
            log.events.clear();
            apply(engine, c, log);
            benchmark::DoNotOptimize(log.events.data());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow.commands.size()));
    describe(state, flow);
}

// Nanoseconds of each command by the time stamp counter; reading it costs some 10 ns, which are part of each figure.
void latency(benchmark::State& state, const Flow& flow) {
    MatchLog log;
    log.events.reserve(4096);
    std::vector<std::uint32_t> cycles;
    cycles.reserve(flow.commands.size());
    double ns_per_cycle = 0;
    while (state.KeepRunning()) {
        MatchingEngine engine = flow.start;
        cycles.clear();
        const auto begin = std::chrono::steady_clock::now();
        const std::uint64_t first = __rdtsc();
        for (const Command& c : flow.commands) {
            log.events.clear();
            unsigned unused = 0;
            _mm_lfence();
            const std::uint64_t before = __rdtsc();
            apply(engine, c, log);
            benchmark::DoNotOptimize(log.events.data());
            cycles.push_back(static_cast<std::uint32_t>(__rdtscp(&unused) - before));
        }
        const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
        ns_per_cycle = ns / static_cast<double>(__rdtsc() - first);
    }
    std::ranges::sort(cycles);
    const auto at = [&](double q) {
        return ns_per_cycle * cycles[static_cast<std::size_t>(q * static_cast<double>(cycles.size() - 1))];
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p99_ns"] = at(0.99);
    state.counters["p99.9_ns"] = at(0.999);
    state.counters["p99.99_ns"] = at(0.9999);
    describe(state, flow);
}

void matching_exchange_core(benchmark::State& state) { throughput(state, exchange_core()); }
void matching_exchange_core_latency(benchmark::State& state) { latency(state, exchange_core()); }
void matching_cancel_heavy(benchmark::State& state) { throughput(state, cancel_heavy()); }
void matching_cancel_heavy_latency(benchmark::State& state) { latency(state, cancel_heavy()); }

BENCHMARK(matching_exchange_core)->Unit(benchmark::kMillisecond);
BENCHMARK(matching_exchange_core_latency)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(matching_cancel_heavy)->Unit(benchmark::kMillisecond);
BENCHMARK(matching_cancel_heavy_latency)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace walras::book
