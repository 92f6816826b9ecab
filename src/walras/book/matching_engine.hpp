// One instrument's market: price-time priority over integer ticks and lots.
//
// Every call reports what it causes to the listener it is given, in order, before it returns. A valid order is
// `accepted` first, whatever happens to it next; `rejected` means that it never was in the market. Rules in words:
// docs/concepts/book.md. In examples: tests/scenarios/book.
//
// One thread owns an engine. A copy is a checkpoint: it goes on exactly as the original would. No randomness, no clock:
// the same calls give the same events. After warm-up (`expected_orders`) nothing allocates but the listener and
// end_of_session. Invariant: best bid < best ask after every call.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "walras/book/id_table.hpp"
#include "walras/book/match_event.hpp"
#include "walras/book/matching_config.hpp"
#include "walras/book/order_book.hpp"
#include "walras/book/slot_heap.hpp"
#include "walras/book/stop_book.hpp"
#include "walras/book/tick_scale.hpp"

namespace walras::book {

struct DepthLevel {
    Price price;
    Quantity quantity;
    std::uint32_t orders = 0;
    bool operator==(const DepthLevel&) const = default;
};

struct TopOfBook {
    std::optional<DepthLevel> bid;
    std::optional<DepthLevel> ask;
};

// A working order as the engine sees it.
struct OrderView {
    OrderId id{};
    OwnerId owner{};
    model::OrderSide side = model::OrderSide::buy;
    model::OrderType type = model::OrderType::limit;
    model::TimeInForce time_in_force = model::TimeInForce::gtc;
    model::OrderStatus status = model::OrderStatus::accepted;
    bool post_only = false;
    bool reduce_only = false;
    Price price{};        // limit; 0 where the type has none
    Price trigger{};      // stops that wait: the current trigger; 0 while a trailing stop has seen no price
    Quantity quantity{};  // total
    Quantity filled{};
    TimeNs expire_time = time_max;
    [[nodiscard]] Quantity leaves() const { return quantity - filled; }
};

// Prices, and offsets from prices, in 1e-9; sums of three stay within 64 bits, and ticks within max_rank.
inline constexpr std::int64_t max_price = max_rank - 1;

class MatchingEngine {
public:
    explicit MatchingEngine(const MatchingEngineConfig& config = {});

    // accepted or rejected, then whatever follows from it.
    template <MatchListener L>
    void submit(const NewOrder& order, L& out);
    // canceled, or cancel_rejected(unknown_order).
    template <MatchListener L>
    void cancel(OrderId order, L& out);
    // replaced, then whatever follows from it, or replace_rejected: the order is then as before.
    template <MatchListener L>
    void replace(const model::Replace& replace, L& out);
    // Time is `t`: GTD orders whose expire_time is not after it expire, by expiry, then arrival. Time never goes back.
    template <MatchListener L>
    void advance_to(TimeNs t, L& out);
    // DAY orders expire, in order of arrival.
    template <MatchListener L>
    void end_of_session(L& out);
    // What `owner` holds, positive is long, from outside (default 0). Fills keep it up to date from then on. The
    // owner's resting reduce-only orders shrink to it. Throws OrderError beyond +-2^61 lots.
    template <MatchListener L>
    void set_position(OwnerId owner, Quantity position, L& out);

    [[nodiscard]] TopOfBook top() const;
    // The best `levels` of a side, best first.
    [[nodiscard]] std::vector<DepthLevel> depth(model::OrderSide side, std::size_t levels) const;
    [[nodiscard]] std::optional<OrderView> order(OrderId id) const;
    // Lots that trade before a resting order does, at its price; nothing for unknown orders and waiting stops.
    [[nodiscard]] std::optional<Quantity> queue_ahead(OrderId id) const;
    // Working orders in order of arrival.
    [[nodiscard]] std::vector<OrderId> orders() const;
    [[nodiscard]] Quantity position(OwnerId owner) const;
    [[nodiscard]] std::optional<Price> last_price() const;
    [[nodiscard]] TimeNs now() const { return now_; }
    [[nodiscard]] std::size_t order_count() const { return ids_.size(); }
    [[nodiscard]] std::size_t stop_count() const { return stops_.size(); }
    [[nodiscard]] const MatchingEngineConfig& config() const { return config_; }
    // The levels and queues themselves, for readers that index by tick.
    [[nodiscard]] const OrderBook& book() const { return book_; }

private:
    using Reason = model::Reason;
    using Side = model::OrderSide;
    using Step = model::OrderStep;
    struct Account {
        OwnerId owner{};
        Lots position = 0;
        Slot reduce_head = no_slot;  // resting reduce-only orders, in order of arrival at their price
        Slot reduce_tail = no_slot;
    };

    // What a replace makes of an order.
    struct Change {
        Rank rank;
        Lots quantity;
        Ticks trigger;  // of a waiting stop
    };

    // Judging a request (matching_engine.cpp).
    [[nodiscard]] Reason validate(const model::OrderTerms& terms, OrderNode& order, StopTerms& stop) const;
    [[nodiscard]] Reason validate_stop(const model::OrderTerms& terms, OrderNode& order, StopTerms& stop) const;
    [[nodiscard]] Reason validate_replace(const model::Replace& replace, Slot slot, Change& change) const;
    [[nodiscard]] Reason to_tick_checked(Price price, Reason invalid, Ticks& tick) const;
    [[nodiscard]] bool is_fillable(const OrderNode& taker) const;
    [[nodiscard]] bool is_fillable_order_by_order(const OrderNode& taker) const;
    [[nodiscard]] Lots reducible(const OrderNode& order) const;
    [[nodiscard]] bool would_take(model::OrderSide side, Rank rank) const;
    [[nodiscard]] bool is_in_range(Ticks tick) const;
    static void check_position(Quantity position);
    std::uint32_t account_of(OwnerId owner);

    // An order's life (matching_engine_impl.hpp).
    template <class L>
    void enter(OrderNode& order, L& out);
    template <class L>
    bool match(OrderNode& taker, L& out);
    template <class L>
    void trade(OrderNode& taker, Slot maker, L& out);
    template <class L>
    void settle(OrderNode& taker, bool is_blocked, Slot slot, L& out);
    template <class L>
    void replace_resting(Slot slot, const Change& change, L& out);
    template <class L>
    void replace_stop(Slot slot, const Change& change, L& out);
    template <class L>
    void fire_stops(L& out);
    template <class L>
    void fire(Slot slot, L& out);
    template <class L>
    void trim(std::uint32_t account, L& out);
    template <class L>
    void clip(OrderNode& order, Lots most, L& out);
    template <class L>
    void remove(Slot slot, Step step, Reason reason, L& out);
    template <class L>
    void emit(const OrderNode& order, Step step, Reason reason, Lots quantity, Lots leaves, L& out) const;
    void rest(Slot slot);
    void unrest(Slot slot);
    void link_reduce_only(Slot slot);
    void unlink_reduce_only(Slot slot);
    void forget(Slot slot);  // gives slot and id back

    MatchingEngineConfig config_;
    TickScale scale_;
    OrderBook book_;
    IdTable ids_;                    // order id -> slot
    IdTable owners_;                 // owner -> index into accounts_
    std::vector<Account> accounts_;  // [0] is nobody
    StopBook stops_;
    SlotHeap expiries_;
    std::vector<Slot> fired_;  // stops whose trigger printed during this call, in their order
    std::size_t fired_done_ = 0;
    std::size_t reduce_only_resting_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t last_order_ = 0;  // the highest id seen below 2^63
    std::uint64_t last_trade_ = 0;
    Ticks last_tick_ = no_rank;  // of the last trade
    TimeNs now_ = time_min;
};

}  // namespace walras::book
