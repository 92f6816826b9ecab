// One instrument's market: price-time priority over integer ticks and lots, in continuous trading and in call auctions.
//
// Every call reports what it causes to the listener it is given, in order, before it returns. A valid order is
// `accepted` first, whatever happens to it next; `rejected` means that it never was in the market. Rules in words:
// docs/concepts/book.md. In examples: tests/scenarios/book.
//
//   pre_open, auction  submit (not ioc, fok), cancel, replace: collected, nothing trades; market orders wait too
//   continuous         everything; at-the-open orders are refused, at-the-close ones wait for the closing auction
//   halted, closed     cancel only
//
// GTD orders expire in every phase. Stops and if-touched orders fire in continuous trading only; those that an auction
// price reaches fire when it is over. An iceberg rests with `display_quantity` in the book; when that is gone the next
// part goes to the back of the queue at its price.
//
// One thread owns an engine. A copy is a checkpoint: it goes on exactly as the original would. No randomness, no clock:
// the same calls give the same events. After warm-up (`expected_orders`) plain orders in continuous trading allocate
// nothing but the listener's events. Invariant: best bid < best ask after every call that leaves the market continuous.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "walras/book/auction.hpp"
#include "walras/book/id_table.hpp"
#include "walras/book/match_event.hpp"
#include "walras/book/matching_config.hpp"
#include "walras/book/order_book.hpp"
#include "walras/book/slot_heap.hpp"
#include "walras/book/stop_book.hpp"
#include "walras/book/tick_scale.hpp"
#include "walras/core/archive.hpp"

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
    Quantity display_quantity{};  // of an iceberg, else 0
    Quantity displayed{};         // what the book shows of it now
    TimeNs expire_time = time_max;
    [[nodiscard]] Quantity leaves() const { return quantity - filled; }
};

// What would happen if the call ended now.
struct Indicative {
    std::optional<Price> price;  // nothing: nobody would trade
    Quantity volume{};
    Quantity surplus{};  // could trade at the price and finds nobody; buyers positive, sellers negative
    Quantity market_buys{};
    Quantity market_sells{};
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
    // DAY, at-the-open and at-the-close orders expire, in order of arrival.
    template <MatchListener L>
    void end_of_session(L& out);
    // What `owner` holds, positive is long, from outside (default 0). Fills keep it up to date from then on. The
    // owner's resting reduce-only orders shrink to it. Throws OrderError beyond +-2^61 lots.
    template <MatchListener L>
    void set_position(OwnerId owner, Quantity position, L& out);

    // The trading day (trading_phase.hpp). These throw OrderError where the phase does not lead there.
    void pre_open();
    // Orders for this auction that wait join the queues, in order of arrival.
    template <MatchListener L>
    void open_auction(AuctionKind kind, L& out);
    // filled, at one price; then what the auction leaves over of market and at-the-open or at-the-close orders, in
    // order of arrival: canceled, expired, or replaced (market-to-limit). The market is continuous then, or closed
    // after a closing auction.
    template <MatchListener L>
    void uncross(L& out);
    void halt();
    void resume();  // to the phase before the halt
    void close();
    [[nodiscard]] TradingPhase phase() const { return phase_; }
    // Of the auction that is on, or of the last one.
    [[nodiscard]] AuctionKind auction_kind() const { return auction_kind_; }
    [[nodiscard]] Indicative indicative() const;
    // The static reference, e.g. yesterday's close: static bands stand around it until an auction prints, and auctions
    // before the first trade lean on it. Throws OrderError off the tick or out of range.
    void set_reference_price(Price price);
    [[nodiscard]] std::optional<Price> reference_price() const;
    // What the price bands allow now.
    [[nodiscard]] std::optional<PriceRange> price_range() const;

    // Limit orders that the book shows; market orders that wait for an auction are in indicative().
    [[nodiscard]] TopOfBook top() const;
    // Hints for callers that know what comes next: each stage asks for what the one before has brought. Always inline,
    // for gcc drops calls of functions that do nothing but prefetch; callers' own functions around them must be too.
    [[gnu::always_inline]] void expect(OrderId order, OwnerId owner, model::OrderSide side, Ticks tick) const {
        if (is_direct(order.value)) {
            book_.prefetch_order(direct_slot(order.value));
        } else {
            ids_.prefetch(order.value);
        }
        if (config_.tracks_positions) { owners_.prefetch(owner.value); }
        book_.prefetch_level(side, to_rank(side, tick));
    }
    [[gnu::always_inline]] void expect_order_soon(model::OrderSide side, Ticks tick) const {
        book_.prefetch_tail(side, to_rank(side, tick));
    }
    [[gnu::always_inline]] void expect_cancel_soon(OrderId order) const {
        if (is_direct(order.value)) {
            book_.prefetch_links(direct_slot(order.value));
        } else {
            book_.prefetch_order(ids_.find(order.value));
        }
    }
    [[gnu::always_inline]] void expect_cancel_next(OrderId order) const {
        if (is_direct(order.value)) { return; }
        if (const Slot slot = ids_.find(order.value); slot != no_slot) { book_.prefetch_links(slot); }
    }

    // The whole engine as bytes. `load` needs one of the same configuration (DataError where the bytes end early).
    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

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
    [[nodiscard]] std::size_t order_count() const { return ids_.size() + direct_count_; }
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
        Lots display;   // of an iceberg
    };
    // Beside the node of an iceberg. `hidden` is 0 unless it rests in a queue: elsewhere `leaves` is the whole.
    struct Iceberg {
        Lots display = 0;
        Lots hidden = 0;
    };

    // Judging a request (matching_validate.cpp).
    [[nodiscard]] Reason validate(const model::OrderTerms& terms, OrderNode& order, StopTerms& stop) const;
    [[nodiscard]] Reason validate_rare(const model::OrderTerms& terms, OrderNode& order) const;
    [[nodiscard]] Reason validate_stop(const model::OrderTerms& terms, OrderNode& order, StopTerms& stop) const;
    [[nodiscard]] bool is_rare(const model::Replace& replace, const OrderNode& order) const;
    [[nodiscard]] Reason validate_replace(const model::Replace& replace, Slot slot, bool is_rare, Change& change) const;
    [[nodiscard]] Reason to_tick_checked(Price price, Reason invalid, Ticks& tick) const;
    [[nodiscard]] bool is_fillable(const OrderNode& taker) const;
    [[nodiscard]] bool is_fillable_order_by_order(const OrderNode& taker) const;
    [[nodiscard]] Lots reducible(const OrderNode& order) const;
    [[nodiscard]] bool would_take(model::OrderSide side, Rank rank) const;
    [[nodiscard]] bool is_in_range(Ticks tick) const;
    static void check_position(Quantity position);
    [[nodiscard]] Reason judge(OrderNode& order) const;
    [[nodiscard]] Reason judge_replace(const model::Replace& replace, const OrderNode& order) const;
    [[nodiscard]] bool is_beyond_band(const OrderNode& order) const;
    template <class Self>
    static void visit(Self& self, auto& archive);
    std::uint32_t account_of(OwnerId owner);
    // Without positions an account's number is its owner's.
    [[nodiscard]] OwnerId owner_of(std::uint32_t account) const {
        return config_.tracks_positions ? accounts_[account].owner : OwnerId{account};
    }
    void move_position(std::uint32_t account, Lots lots) {
        if (account != 0 && config_.tracks_positions) { accounts_[account].position += lots; }
    }
    [[noreturn]] static void refuse_positions();

    // The trading day (matching_auction.cpp).
    void enter_phase(TradingPhase phase);
    [[noreturn]] void refuse(const char* call, const char* needed, const char* remedy) const;
    [[nodiscard]] std::optional<Rank> band_rank(Side side) const;
    [[nodiscard]] std::vector<AuctionLevel> auction_levels(Side side) const;
    [[nodiscard]] Lots market_lots(Side side) const;
    [[nodiscard]] AuctionOutcome outcome() const;
    [[nodiscard]] WeightedOutcome weighted_outcome() const;
    [[nodiscard]] std::optional<Ticks> reference_tick() const;
    [[nodiscard]] std::vector<std::pair<Slot, Lots>> shares(Side side, Ticks reference, Lots volume) const;
    [[nodiscard]] std::vector<Slot> left_over() const;
    [[nodiscard]] Rank best_limit(Side side) const;
    [[nodiscard]] Ticks on_table(Side side, Ticks tick) const;  // the next allowed one, away from the market

    // An order's life (matching_engine_impl.hpp).
    template <class L>
    [[gnu::noinline, gnu::cold]] void admit(OrderNode& order, Lots display, TimeNs expire_time, L& out);
    template <class L>
    void enter(OrderNode& order, Slot slot, L& out);
    template <class L>
    [[gnu::noinline, gnu::cold]] void enter_specially(OrderNode& order, Slot slot, L& out);
    template <class L>
    void drop(const OrderNode& order, Slot slot, Reason reason, L& out);
    void collect(const OrderNode& order, Slot slot);
    template <class L>
    bool match(OrderNode& taker, L& out);
    template <class L>
    void trade(OrderNode& taker, Slot maker, L& out);
    template <class L>
    void settle(OrderNode& taker, bool is_blocked, Slot slot, L& out);
    template <class L>
    void replace_resting(Slot slot, const Change& change, L& out);
    template <class L>
    [[gnu::noinline, gnu::cold]] void replace_rarely(Slot slot, const Change& change, L& out);
    template <class L>
    [[gnu::noinline]] void replace_stop(Slot slot, const Change& change, L& out);
    template <class L>
    [[gnu::noinline, gnu::cold]] void replace_parked(Slot slot, const Change& change, L& out);
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
    // Uncrossing (matching_auction_impl.hpp).
    template <class L>
    void join_auction(Slot slot, L& out);
    template <class L>
    void trade_all_at(Ticks tick, L& out);
    template <class L>
    std::optional<Ticks> trade_by_reference(L& out);
    template <class L>
    void trade_at(Slot buy, Slot sell, Lots lots, Ticks tick, L& out);
    template <class L>
    void end_auction_for(Slot slot, std::optional<Ticks> printed, L& out);

    void rest(Slot slot);
    void unrest(Slot slot);
    void rest_rare(Slot slot);  // reduce-only orders and icebergs
    void unrest_rare(Slot slot);
    [[nodiscard]] Lots shrink_hidden(Slot slot, Lots leaves);  // what is shown then
    void unpark(Slot slot);
    void take_from(Slot slot, Lots lots);    // a resting order traded
    void refresh(Slot slot);                 // an iceberg shows its next part
    void shrink_to(Slot slot, Lots leaves);  // a resting order keeps its place
    void set_display(Slot slot, Lots display);
    [[nodiscard]] Lots whole(Slot slot) const;  // what can still trade, hidden quantity too
    void link_reduce_only(Slot slot);
    void unlink_reduce_only(Slot slot);
    // Orders by id: in the table, or at the place that the id tells.
    [[nodiscard]] bool is_direct(std::uint64_t id) const { return (id & direct_mask_) < config_.direct_slots; }
    [[nodiscard]] Slot direct_slot(std::uint64_t id) const { return static_cast<Slot>(id & direct_mask_); }
    [[nodiscard]] Slot find(std::uint64_t id) const {
        if (!is_direct(id)) { return ids_.find(id); }
        const Slot slot = direct_slot(id);
        return book_.node(slot).id == id ? slot : no_slot;
    }
    [[nodiscard]] bool is_taken(std::uint64_t id) const {
        return is_direct(id) ? book_.node(direct_slot(id)).id != 0 : ids_.find(id) != IdTable::none;
    }
    Slot keep(const OrderNode& order);
    void forget(Slot slot);  // gives slot and id back

    MatchingEngineConfig config_;
    TickScale scale_;
    OrderBook book_;
    IdTable ids_;     // order id -> slot
    IdTable owners_;  // owner -> index into accounts_
    std::uint64_t direct_mask_ = 0;
    std::size_t direct_count_ = 0;   // working orders outside the table
    std::vector<Account> accounts_;  // [0] is nobody
    StopBook stops_;
    SlotHeap expiries_;
    std::vector<Iceberg> icebergs_;  // by slot; valid where OrderNode::iceberg
    std::vector<Slot> parked_;       // at-the-open and at-the-close orders that wait, in order of arrival
    std::vector<Slot> fired_;        // stops whose trigger printed during this call, in their order
    std::size_t fired_done_ = 0;
    std::size_t reduce_only_resting_ = 0;
    std::size_t icebergs_resting_ = 0;
    bool has_tick_table_ = false;
    bool is_special_ = false;  // not continuous, or price bands are set: the hot path's only question
    TradingPhase phase_ = TradingPhase::continuous;
    TradingPhase halted_from_ = TradingPhase::continuous;
    AuctionKind auction_kind_ = AuctionKind::opening;
    Ticks reference_tick_ = no_rank;  // static
    std::uint64_t sequence_ = 0;
    std::uint64_t last_order_ = 0;  // the highest id seen below 2^63
    std::uint64_t last_trade_ = 0;
    Ticks last_tick_ = no_rank;  // of the last trade
    TimeNs now_ = time_min;
};

}  // namespace walras::book
