// One symbol: its matching engine, what agents sent to it in this tick, and what they are told afterwards.
//
// One thread at a time works on a symbol. Everything here depends on what was sent and on the keys, not on threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "walras/book/matching_engine.hpp"
#include "walras/core/archive.hpp"
#include "walras/core/big_memory.hpp"
#include "walras/core/hash.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/pool.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {

// What an agent's books must take in.
struct Settlement {
    enum class Kind : std::uint8_t {
        filled,
        ended,     // `lots` of the order were left and will not trade
        located,   // `lots` were borrowed for the order
        accepted,  // told by the clock of events only
    };
    OrderId order{};
    Agent agent = 0;
    Kind kind = Kind::filled;
    bool is_maker = false;
    OrderSide side = OrderSide::buy;
    Lots lots = 0;
    Ticks price = 0;
};

// A trade as the tape shows it.
struct TapeTrade {
    std::uint64_t tick = 0;
    Ticks price = 0;
    Lots lots = 0;
    OrderId taker{}, maker{};                        // in an auction buyer and seller
    std::uint32_t taker_owner = 0, maker_owner = 0;  // agent + 1; 0: the pool; above the agents: outside
    OrderSide aggressor = OrderSide::buy;
    std::uint8_t padding[7]{};
};

// What somebody outside wants of the engine.
struct OutsideCommand {
    enum class Kind : std::uint8_t { submit, replace, cancel } kind = Kind::submit;
    std::uint32_t key = 0;
    book::NewOrder order{};
    model::Replace change{};
};

class SymbolMarket {
public:
    SymbolMarket(const MarketConfig& config, std::uint32_t symbol, const Population& population);

    // ---- one tick
    // Agents' orders and cancels, in the order of the pieces; sorts them by key.
    void begin(std::uint64_t tick, TimeNs now);
    void gather(std::span<const Sent> sent) { inbox_.insert(inbox_.end(), sent.begin(), sent.end()); }
    // The background crowd's orders of the tick.
    void add_pool(const MarketView& view);
    void add_outside(const OutsideCommand& command) { outside_.push_back(command); }
    // Everything meets. `shards` receives what agents are told, by agent / shard_agents.
    void trade();
    // Clock of events: one order or cancel at once, and the commands from outside; what agents are told is in the one
    // shard.
    void send_at(const Sent& sent, TimeNs now);
    void trade_outside();
    // View of the tick that ends.
    void show(SymbolView& view) const;
    // The candle so far; true where this tick completes it.
    bool close_candle(std::uint32_t candle_ticks, Candle& out);

    void give_back(Lots located) { locates_ += located; }  // to the pool of shares that can be borrowed

    [[nodiscard]] std::vector<core::BigVector<Settlement>>& shards() { return shards_; }
    [[nodiscard]] std::span<const TapeTrade> tape() const { return tape_; }  // of the last tick
    [[nodiscard]] std::span<const book::MatchEvent> outside_events() const { return outside_log_; }
    [[nodiscard]] const book::MatchingEngine& engine() const { return engine_; }
    [[nodiscard]] book::MatchingEngine& engine() { return engine_; }
    [[nodiscard]] std::uint64_t hash() const { return hash_.value(); }
    [[nodiscard]] std::uint64_t no_borrow() const { return no_borrow_; }  // orders of the last tick refused for it
    [[nodiscard]] std::uint64_t orders() const { return orders_; }        // received in the last tick, cancels too
    [[nodiscard]] const Pool& pool() const { return pool_; }
    [[nodiscard]] Lots locates() const { return locates_; }

    void on_match(const book::MatchEvent& event);  // MatchListener

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

    static constexpr std::uint32_t shard_agents = 4096;

private:
    struct Place {
        std::uint32_t key;
        std::uint32_t index;  // into inbox_, behind it into outside_
    };
    template <class Self>
    static void visit(Self& self, auto& archive);
    void sort();
    void look_ahead(std::size_t i) const;
    void send(const Sent& sent);
    void send(const OutsideCommand& command);
    void tell(OrderId order, book::OwnerId owner, OrderSide side, Settlement::Kind kind, Lots lots, Ticks price,
              bool is_maker);
    [[nodiscard]] Ticks ticks_of(Price price) const {
        Ticks ticks = 0;
        const bool is_whole = scale_.to_ticks(price, ticks);
        return is_whole ? ticks : 0;
    }

    book::MatchingEngine engine_;
    Price tick_;
    book::TickScale scale_;
    Mechanism mechanism_;
    core::BigVector<Sent> inbox_;
    std::vector<OutsideCommand> outside_;
    core::BigVector<Place> places_, scratch_;
    std::vector<std::uint32_t> starts_;  // scratch of sort
    std::uint32_t shard_agents_;
    bool tells_accepted_;
    std::vector<core::BigVector<Settlement>> shards_;
    book::NewOrder order_;  // of an agent, as it is handed to the engine
    std::vector<TapeTrade> tape_;
    std::vector<book::MatchEvent> outside_log_;
    std::vector<OrderId> until_uncrossed_;
    core::RunningHash hash_;
    std::uint64_t tick_number_ = 0;
    Lots locates_ = 0;
    Pool pool_;
    std::uint64_t no_borrow_ = 0;
    std::uint64_t orders_ = 0;
    // Of the tick and of the candle.
    Ticks last_ = 0;
    Lots volume_ = 0, net_flow_ = 0, total_volume_ = 0;
    double notional_ = 0, total_notional_ = 0;
    std::uint32_t trades_ = 0;
    std::uint64_t total_trades_ = 0;
    Candle candle_{};
    bool candle_is_open_ = false;
};

}  // namespace walras::sim
