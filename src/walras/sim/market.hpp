// The simulated market: agents that trade with each other, tick by tick.
//
// A tick: news breaks and fair values drift; agents that are awake decide on the same view (in parallel, piece by
// piece); each symbol's market takes what was sent to it in the order drawn for the tick (in parallel, symbol by
// symbol); agents' books take in what happened (in parallel, shard by shard); the view moves on. Pieces, symbols and
// shards are fixed by the configuration, so that the number of threads changes nothing but the speed.
//
// One thread owns a market. Invariants after each tick: cash of agents, pool and outside + fees paid = cash at the
// start; positions over all of them = shares at the start; no agent's free cash is negative.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/worker_pool.hpp"
#include "walras/sim/config.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/event_loop.hpp"
#include "walras/sim/model_board.hpp"
#include "walras/sim/news.hpp"
#include "walras/sim/population.hpp"
#include "walras/sim/signals.hpp"
#include "walras/sim/symbol_market.hpp"
#include "walras/sim/view.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {

// Of one tick.
struct TickCounts {
    std::uint64_t awake = 0;   // agents that decided
    std::uint64_t orders = 0;  // orders and cancels received
    std::uint64_t trades = 0;
    std::array<std::uint64_t, refusal_count> refusals{};
};

// Told from the thread that owns the market, between the phases of a tick. May throw: the market must then be given up.
class MarketHook {
public:
    MarketHook() = default;
    MarketHook(const MarketHook&) = delete;
    MarketHook& operator=(const MarketHook&) = delete;
    virtual ~MarketHook() = default;
    virtual void on_orders(std::span<const Sent>) {}  // of one piece, as handed in
    virtual void on_trades(std::uint32_t /*symbol*/, std::span<const TapeTrade>) {}
    virtual void on_tick(const MarketView&, const TickCounts&) {}
};

class Market {
public:
    // Throws ConfigError. `threads` 0: all cores; results do not depend on it.
    explicit Market(const MarketConfig& config, int threads = 1);
    Market(const Market&) = delete;
    Market& operator=(const Market&) = delete;

    void step();  // Error where a hook or a kind has thrown in the middle of an earlier one
    void add_hook(MarketHook* hook) { hooks_.push_back(hook); }
    void remove_hook(const MarketHook* hook) { std::erase(hooks_, hook); }

    // Orders from outside arrive in the next tick, at the place among the agents' orders that `command.key` gives
    // (outside_key): equal keys in one tick arrive in the order in which they were handed in.
    void submit(std::uint32_t symbol, const OutsideCommand& command) { symbols_[symbol]->add_outside(command); }
    // One desk stands behind everything from outside; nobody: what happens to it is not told.
    void set_desk(std::uint32_t symbol, OutsideDesk* desk) { symbols_[symbol]->set_desk(desk); }
    void withdraw_outside() {
        for (const auto& symbol : symbols_) { symbol->withdraw_outside(); }
    }
    // News from outside break in the next tick.
    void inject(const NewsEvent& event) { news_.inject(event); }
    [[nodiscard]] std::uint32_t outside_key(std::uint32_t participant) const;

    [[nodiscard]] std::uint64_t tick() const { return view_.tick; }
    [[nodiscard]] TimeNs now() const { return view_.now; }
    [[nodiscard]] const MarketConfig& config() const { return config_; }
    [[nodiscard]] const MarketView& view() const { return view_; }
    [[nodiscard]] const Population& population() const { return population_; }
    [[nodiscard]] const ModelBoard& models() const { return models_; }
    [[nodiscard]] const SymbolMarket& symbol(std::uint32_t s) const { return *symbols_[s]; }
    [[nodiscard]] const TickCounts& counts() const { return counts_; }  // of the last tick
    [[nodiscard]] const TickCounts& totals() const { return totals_; }
    [[nodiscard]] Money fees() const { return fees_; }  // paid by agents and the crowd, borrow fees too
    [[nodiscard]] const EventLoop* events() const { return events_.get(); }  // of the clock of events, else nothing
    [[nodiscard]] int threads() const { return pool_.threads(); }
    // Over every event of every symbol, in order, and all money.
    [[nodiscard]] std::uint64_t signature() const;
    // What an agent would have if its shares were sold at the last prices.
    [[nodiscard]] Money equity(Agent agent) const;
    [[nodiscard]] Money starting_equity(Agent agent) const;  // at the initial prices

    // The whole market. `load` needs a market of the same configuration; DataError otherwise.
    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    friend class EventLoop;
    struct Piece {
        std::uint32_t group = 0;
        Agent begin = 0, end = 0;
        Entrance entrance;
        std::vector<Agent> awake{};
        std::vector<std::uint32_t> starts{};  // of each symbol's part of `by_symbol`, and the end
        core::BigVector<Sent> by_symbol{};
    };
    struct Shard {
        Agent begin = 0, end = 0;
        std::vector<Lots> returned;  // located shares, by symbol
        Money fees{};
    };
    void make_pieces();
    void step_by_ticks();
    void step_by_events();
    void end_step();
    void close_tick(std::uint32_t symbol);
    void decide(Piece& piece);
    void sort_by_symbol(Piece& piece) const;
    void trade(std::uint32_t symbol);
    void settle(Shard& shard, std::size_t index);
    void apply(Shard& shard, const Group& group, const Settlement& told, std::uint32_t symbol);
    void charge_borrowing();

    MarketConfig config_;
    Population population_;
    EntranceRules rules_;
    SignalBoard signals_;
    ModelBoard models_;
    MarketView view_;
    NewsDesk news_;
    std::vector<std::unique_ptr<SymbolMarket>> symbols_;
    std::vector<Piece> pieces_;
    std::vector<std::size_t> serial_pieces_;  // of kinds that are not parallel
    std::vector<std::size_t> parallel_pieces_;
    std::vector<Shard> shards_;
    WakeIndex wake_index_;
    std::vector<Agent> woken_;
    TickCounts counts_, totals_;
    bool is_between_ticks_ = true;
    Money fees_{};
    std::vector<MarketHook*> hooks_;
    core::WorkerPool pool_;
    std::unique_ptr<EventLoop> events_;
};

}  // namespace walras::sim
