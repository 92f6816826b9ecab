// One instrument's book as a feed tells it, by order (L3) or by price (L2), with what is known about its truth.
//
// The first delta decides the kind: deltas with an order id make a book by order, those without one by price. Levels
// are flat and indexed by tick; after warm-up (`expected_orders`, and levels inside the window) nothing allocates.
// A feed may cross its own book for a moment: `is_crossed` says so.
//
// A book begins `unverifiable`: a snapshot (or `clear` with flag_snapshot and flag_last: an empty market) makes it
// valid. A delta that contradicts it (an unknown order, one that exists, more taken than there was) is counted in
// `faults` and makes it resyncing until the next snapshot; one that was unverifiable stays so.
//
// One thread. A copy is a checkpoint. By price `update` may come for prices that are not there (0 removes nothing).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "walras/book/id_table.hpp"
#include "walras/book/order_book.hpp"
#include "walras/book/tick_scale.hpp"
#include "walras/model/event.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/tick.hpp"

namespace walras::book {

struct MarketBookConfig {
    Price tick_size{10'000'000};         // prices are multiples of it (0.01), else apply throws DataError
    std::size_t window_ticks = 4096;     // price levels within about half of it behind the best price cost O(1); it
                                         // doubles, up to 131,072, while dozens of levels lie further away
    std::size_t expected_orders = 1024;  // at once, by order; more are possible, at the cost of an allocation
};

// The grid of an instrument and defaults for the rest.
MarketBookConfig book_config(const model::Instrument& instrument, std::size_t window_ticks = 4096);

// What one delta did.
struct BookChange {
    model::OrderSide side = model::OrderSide::buy;
    Ticks tick = 0;              // of the level that it touched
    Lots lots = 0;               // change of that level
    Lots traded = 0;             // fill and fill_notice: lots that traded, at `tick` ...
    std::uint64_t sequence = 0;  // ... against an order that arrived as this one; by order only
    Ticks old_tick = 0;          // update by order: the level that it left, by `old_lots`
    Lots old_lots = 0;
    std::uint64_t old_sequence = 0;
};

struct BookFaults {
    std::uint64_t unknown_orders = 0;    // changed, taken or removed without having been there
    std::uint64_t duplicate_orders = 0;  // added twice
    std::uint64_t overfills = 0;         // more taken than there was
    [[nodiscard]] std::uint64_t total() const { return unknown_orders + duplicate_orders + overfills; }
};

class MarketBook {
public:
    using Ladder = OrderBook::Ladder;
    using Side = model::OrderSide;

    explicit MarketBook(const MarketBookConfig& config = {});

    // Throws DataError: a price off the grid, a negative size, a delta of the other kind.
    BookChange apply(const model::BookDelta& delta, std::uint8_t flags);
    // The same, and remembers when and with which number; other kinds of ticks than deltas are not looked at.
    BookChange apply(const model::Tick& tick) {
        ts_event_ = tick.ts_event;
        if (tick.sequence != 0) { sequence_ = tick.sequence; }
        if (tick.kind != model::EventKind::book_delta) { return {}; }
        // Most ticks of most feeds, without a call: the new size of a level.
        const model::BookDelta& delta = tick.delta;
        Ticks at = 0;
        const bool is_update = delta.action == model::BookAction::update && delta.order == 0;
        if (is_update && kind_ == Kind::by_price && (tick.flags & model::flag_snapshot) == 0 && delta.size.lots >= 0 &&
            scale_.to_ticks(delta.price, at) && at <= max_rank && at >= -max_rank) [[likely]] {
            const Lots change = set_level(delta.side, at, delta.size.lots);
            return {delta.side, at, change, 0, 0, 0, 0, 0};
        }
        return apply(delta, tick.flags);
    }

    // ---- by price, for callers that have ticks and lots already
    // The level's size; 0 removes it. Returns the change.
    Lots set_level(Side side, Ticks tick, Lots lots) {
        Ladder& levels = book_.ladder(side);
        const Rank rank = to_rank(side, tick);
        if (lots > 0) [[likely]] {
            OrderLevel& level = levels.open(rank);
            const Lots change = lots - level.lots;
            level.lots = lots;
            return change;
        }
        const OrderLevel* level = levels.find(rank);
        if (level == nullptr) { return 0; }
        const Lots change = -level->lots;
        levels.close(rank);
        return change;
    }

    // ---- by order, for callers that have ticks and lots already; what contradicts the book is a fault as in `apply`
    // An order arrives, last at its price. `lots` is 0 to 2^53.
    void add_order(std::uint64_t id, Side side, Ticks tick, Lots lots) {
        require_orders();
        IdTable::Place at = ids_.place_for(id);
        if (!ids_.is_free(at)) [[unlikely]] {
            fault(faults_.duplicate_orders);
            forget(at);
            at = ids_.place_of(id);
        }
        if (lots > 0) [[likely]] { insert(at, id, side, tick, lots); }
    }
    // `lots` of it are gone.
    void take_order(std::uint64_t id, Lots lots) {
        require_orders();
        const IdTable::Place at = ids_.place_of(id);
        if (ids_.is_free(at)) [[unlikely]] { return fault(faults_.unknown_orders); }
        const Slot slot = ids_.slot(at);
        const Lots left = book_.node(slot).leaves - lots;
        if (left > 0) { return book_.shrink(slot, left); }
        if (left < 0) [[unlikely]] { fault(faults_.overfills); }
        forget(at);
    }
    void remove_order(std::uint64_t id) {
        require_orders();
        const IdTable::Place at = ids_.place_of(id);
        if (ids_.is_free(at)) [[unlikely]] { return fault(faults_.unknown_orders); }
        forget(at);
    }
    // Another order comes in its place, last at its price, on the same side; nothing comes where it is unknown.
    void replace_order(std::uint64_t old, std::uint64_t id, Ticks tick, Lots lots) {
        require_orders();
        const IdTable::Place at = ids_.place_of(old);
        if (ids_.is_free(at)) [[unlikely]] { return fault(faults_.unknown_orders); }
        const Side side = book_.node(ids_.slot(at)).side;
        forget(at);
        add_order(id, side, tick, lots);
    }
    // When the book was told of last, and with which number.
    void stamp(TimeNs ts_event, std::uint64_t sequence) {
        ts_event_ = ts_event;
        sequence_ = sequence;
    }
    // The tick of a price. Throws DataError: off the grid, or too far from zero.
    [[nodiscard]] Ticks tick_of(Price price) const {
        Ticks tick = 0;
        if (!scale_.to_ticks(price, tick)) [[unlikely]] { refuse_price(price); }
        if (tick > max_rank || tick < -max_rank) [[unlikely]] { refuse_far_price(price); }
        return tick;
    }

    // What a message to come will need is on its way into the cache, in three looks that are some messages apart: the
    // order's place in the table; the order; its level and neighbours. Of an order that will arrive: its level, then
    // the last order there and the memory of its own. They guess, and are never wrong to make.
    [[gnu::always_inline]] void look_for(std::uint64_t id) const { ids_.prefetch(id); }
    [[gnu::always_inline]] void look_at(std::uint64_t id) const { book_.prefetch_order(ids_.guess(id)); }
    [[gnu::always_inline]] void look_around(std::uint64_t id) const { book_.prefetch_links(ids_.guess(id)); }
    [[gnu::always_inline]] void look_at_level(Side side, Price price) const {
        Ticks tick = 0;
        (void)scale_.to_ticks(price, tick);
        book_.prefetch_level(side, to_rank(side, tick));
    }
    [[gnu::always_inline]] void look_at_tail(Side side, Price price) const {
        Ticks tick = 0;
        (void)scale_.to_ticks(price, tick);
        book_.prefetch_tail(side, to_rank(side, tick));
    }

    // ---- what it is
    [[nodiscard]] model::BookState state() const { return state_; }
    [[nodiscard]] bool is_valid() const { return state_ == model::BookState::valid; }
    [[nodiscard]] bool is_by_order() const { return kind_ == Kind::by_order; }
    [[nodiscard]] const BookFaults& faults() const { return faults_; }
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }  // the feed's last
    [[nodiscard]] TimeNs ts_event() const { return ts_event_; }
    [[nodiscard]] const MarketBookConfig& config() const { return config_; }
    [[nodiscard]] const TickScale& scale() const { return scale_; }

    // ---- what it holds
    [[nodiscard]] bool has(Side side) const { return !book_.ladder(side).empty(); }
    [[nodiscard]] bool has_both() const { return has(Side::buy) && has(Side::sell); }
    [[nodiscard]] bool is_crossed() const {
        return has_both() && book_.ladder(Side::buy).best() + book_.ladder(Side::sell).best() >= 0;
    }
    // Of a side that has levels.
    [[nodiscard]] Ticks best_tick(Side side) const { return to_tick(side, book_.ladder(side).best()); }
    [[nodiscard]] Lots best_lots(Side side) const { return book_.ladder(side).best_level().lots; }
    // 0 where there is none.
    [[nodiscard]] Price best_price(Side side) const { return has(side) ? scale_.price(best_tick(side)) : Price{}; }
    [[nodiscard]] model::Quote quote() const;
    [[nodiscard]] Lots lots_at(Side side, Ticks tick) const {
        const OrderLevel* level = book_.ladder(side).find(to_rank(side, tick));
        return level == nullptr ? 0 : level->lots;
    }
    // Best first; returns how many levels there were room and levels for.
    std::size_t depth(Side side, std::span<TickDepth> out) const { return book_.depth(side, out); }
    [[nodiscard]] std::size_t level_count(Side side) const { return book_.level_count(side); }
    // Calls `visit(tick, level)` best level first, until it returns false.
    template <class Visit>
    void visit(Side side, Visit visit) const {
        const Ladder& levels = book_.ladder(side);
        for (Rank rank = levels.best(); rank != no_rank; rank = levels.behind(rank)) {
            if (!visit(to_tick(side, rank), levels.at(rank))) { return; }
        }
    }

    // ---- by order
    [[nodiscard]] std::size_t order_count() const { return ids_.size(); }
    [[nodiscard]] const OrderNode* order(std::uint64_t id) const {
        const Slot slot = id == 0 ? IdTable::none : ids_.find(id);
        return slot == IdTable::none ? nullptr : &book_.node(slot);
    }
    // Lots that trade before this order, at its price; nothing for an unknown one.
    [[nodiscard]] std::optional<Lots> queue_ahead(std::uint64_t id) const;
    // The arrival number that the next order gets: whoever comes now stands behind all smaller ones at his price.
    [[nodiscard]] std::uint64_t next_arrival() const { return arrivals_ + 1; }
    [[nodiscard]] const OrderBook& orders() const { return book_; }

private:
    enum class Kind : std::uint8_t { unknown, by_price, by_order };

    void require(Kind kind, const model::BookDelta& delta);
    void require_orders() {
        if (kind_ != Kind::by_order) [[unlikely]] { become_by_order(); }
    }
    void become_by_order();
    [[noreturn]] void refuse_price(Price price) const;
    [[noreturn]] static void refuse_far_price(Price price);
    void fault(std::uint64_t& counter);
    // Of a free place.
    std::uint64_t insert(IdTable::Place at, std::uint64_t id, Side side, Ticks tick, Lots lots) {
        const Slot slot = book_.allocate();
        OrderNode& order = book_.node(slot);
        order.id = id;
        order.rank = to_rank(side, tick);
        order.leaves = lots;
        order.quantity = lots;
        order.sequence = ++arrivals_;
        order.side = side;
        ids_.insert_at(at, id, slot);
        book_.enqueue(slot);
        return arrivals_;
    }
    void tell_state(model::BookState told);
    BookChange add(std::uint64_t id, Side side, Ticks tick, Lots lots);
    BookChange update(const model::BookDelta& delta);
    BookChange take(const model::BookDelta& delta, bool is_trade);
    BookChange remove(std::uint64_t id);
    BookChange notice(const model::BookDelta& delta);
    void clear();
    void forget(IdTable::Place at) {
        const Slot slot = ids_.slot(at);
        ids_.erase_at(at);
        book_.unlink(slot);
        book_.release(slot);
    }

    MarketBookConfig config_;
    TickScale scale_;
    OrderBook book_;
    IdTable ids_;
    BookFaults faults_;
    std::uint64_t arrivals_ = 0;
    std::uint64_t sequence_ = 0;
    TimeNs ts_event_ = time_min;
    model::BookState state_ = model::BookState::unverifiable;
    bool is_broken_ = false;  // a fault since the last snapshot
    Kind kind_ = Kind::unknown;
};

// The book as a feed would send it: a clear and its levels or orders, first come first, all with flag_snapshot, then
// its state unless it is valid. Appended to `out`.
void append_snapshot(const MarketBook& book, InstrumentId instrument, TimeNs ts, std::vector<model::Tick>& out);

}  // namespace walras::book
