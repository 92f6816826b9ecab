#include "walras/book/market_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

using model::BookAction;
using model::BookDelta;
using model::BookState;

namespace {

[[noreturn, gnu::noinline]] void refuse_size(Quantity size) {
    throw DataError(
        fmt::format("a book delta has the size {}; sizes are 0 or more, those of orders up to 2^53 lots", size.lots));
}

constexpr std::size_t widest_window = std::size_t{1} << 17;  // 3 MB a side
constexpr Lots max_order_lots = Lots{1} << 53;               // a level adds up a thousand of them, whatever a feed says

[[noreturn, gnu::noinline]] void refuse_kind(bool has_order) {
    throw DataError(has_order ? "a delta names an order in a book by price; give each book one kind of feed"
                              : "a delta names no order in a book by order; give each book one kind of feed");
}

}  // namespace

MarketBookConfig book_config(const model::Instrument& instrument, std::size_t window_ticks) {
    MarketBookConfig config;
    config.tick_size = instrument.tick_size;
    config.window_ticks = window_ticks;
    return config;
}

MarketBook::MarketBook(const MarketBookConfig& config)
    : config_(config),
      scale_(config.tick_size),
      book_(config.window_ticks, config.expected_orders, widest_window),
      ids_(config.expected_orders) {}

void MarketBook::refuse_price(Price price) const {
    throw DataError(fmt::format("the price {} is not a multiple of the tick size {}; set the instrument's tick_size",
                                core::format_fixed(price.raw), core::format_fixed(config_.tick_size.raw)));
}

void MarketBook::refuse_far_price(Price price) {
    throw DataError(fmt::format("the price {} is too many ticks from zero for a book; set a larger tick_size",
                                core::format_fixed(price.raw)));
}

void MarketBook::become_by_order() {
    if (kind_ == Kind::by_price) { refuse_kind(true); }
    kind_ = Kind::by_order;
}

void MarketBook::require(Kind kind, const BookDelta& delta) {
    if (kind_ == kind) [[likely]] { return; }
    if (kind_ != Kind::unknown) { refuse_kind(delta.order != 0); }
    kind_ = kind;
}

BookChange MarketBook::apply(const BookDelta& delta, std::uint8_t flags) {
    if (delta.size.lots < 0) [[unlikely]] { refuse_size(delta.size); }
    BookChange change;
    switch (delta.action) {
        case BookAction::add:
        case BookAction::update:
            if (delta.order == 0) {
                require(Kind::by_price, delta);
                change.side = delta.side;
                change.tick = tick_of(delta.price);
                change.lots = set_level(delta.side, change.tick, delta.size.lots);
            } else {
                if (delta.size.lots > max_order_lots) [[unlikely]] { refuse_size(delta.size); }
                require(Kind::by_order, delta);
                change = delta.action == BookAction::add
                             ? add(delta.order, delta.side, tick_of(delta.price), delta.size.lots)
                             : update(delta);
            }
            break;
        case BookAction::remove:
            if (delta.order == 0) {
                require(Kind::by_price, delta);
                change.side = delta.side;
                change.tick = tick_of(delta.price);
                change.lots = set_level(delta.side, change.tick, 0);
            } else {
                require(Kind::by_order, delta);
                change = remove(delta.order);
            }
            break;
        case BookAction::reduce:
        case BookAction::fill:
            require(Kind::by_order, delta);
            change = take(delta, delta.action == BookAction::fill);
            break;
        case BookAction::fill_notice: change = notice(delta); break;
        case BookAction::clear:
            clear();
            if ((flags & model::flag_snapshot) == 0) { state_ = BookState::resyncing; }
            break;
        case BookAction::state:
            if (delta.order <= static_cast<std::uint64_t>(BookState::halted)) {
                tell_state(static_cast<BookState>(delta.order));
            }
            break;
    }
    constexpr unsigned end_of_snapshot = model::flag_snapshot | model::flag_last;
    if ((flags & end_of_snapshot) == end_of_snapshot) [[unlikely]] {
        if (delta.action != BookAction::state) {
            state_ = BookState::valid;
            is_broken_ = false;
        }
    }
    return change;
}

void MarketBook::fault(std::uint64_t& counter) {
    ++counter;
    is_broken_ = true;
    if (state_ == BookState::valid) { state_ = BookState::resyncing; }
}

// The end of a halt does not mend what a fault has broken.
void MarketBook::tell_state(BookState told) {
    const bool resumes = state_ == BookState::halted;
    state_ = resumes && is_broken_ && told == BookState::valid ? BookState::resyncing : told;
    if (!resumes && told == BookState::valid) { is_broken_ = false; }
}

BookChange MarketBook::add(std::uint64_t id, Side side, Ticks tick, Lots lots) {
    IdTable::Place at = ids_.place_for(id);
    if (!ids_.is_free(at)) [[unlikely]] {
        fault(faults_.duplicate_orders);
        forget(at);
        at = ids_.place_of(id);
    }
    if (lots == 0) [[unlikely]] { return {side, tick, 0, 0, 0, 0, 0, 0}; }
    return {side, tick, lots, 0, insert(at, id, side, tick, lots), 0, 0, 0};
}

BookChange MarketBook::update(const BookDelta& delta) {
    const IdTable::Place at = ids_.place_of(delta.order);
    const Ticks tick = tick_of(delta.price);
    if (ids_.is_free(at)) [[unlikely]] {
        fault(faults_.unknown_orders);
        return add(delta.order, delta.side, tick, delta.size.lots);
    }
    const Slot slot = ids_.slot(at);
    OrderNode& order = book_.node(slot);
    if (order.rank == to_rank(delta.side, tick) && order.side == delta.side && delta.size.lots <= order.leaves) {
        const Lots change = delta.size.lots - order.leaves;
        const std::uint64_t arrival = order.sequence;
        if (delta.size.lots == 0) {
            forget(at);
        } else {
            book_.shrink(slot, delta.size.lots);
        }
        return {delta.side, tick, change, 0, arrival, 0, 0, 0};
    }
    BookChange change{delta.side, tick, delta.size.lots, 0, 0, order.tick(), -order.leaves, order.sequence};
    if (order.side != delta.side) { change.old_lots = 0; }  // as if one order went and another came
    book_.unlink(slot);
    order.side = delta.side;
    order.rank = to_rank(delta.side, tick);
    order.leaves = delta.size.lots;
    order.quantity = delta.size.lots;
    order.sequence = ++arrivals_;
    change.sequence = order.sequence;
    if (delta.size.lots == 0) {
        ids_.erase_at(at);
        book_.release(slot);
    } else {
        book_.enqueue(slot);
    }
    return change;
}

BookChange MarketBook::take(const BookDelta& delta, bool is_trade) {
    const IdTable::Place at = ids_.place_of(delta.order);
    if (ids_.is_free(at)) [[unlikely]] {
        fault(faults_.unknown_orders);
        return {};
    }
    const Slot slot = ids_.slot(at);
    const OrderNode& order = book_.node(slot);
    Lots lots = delta.size.lots;
    if (lots > order.leaves) [[unlikely]] {
        fault(faults_.overfills);
        lots = order.leaves;
    }
    const BookChange change{order.side, order.tick(), -lots, is_trade ? lots : 0, order.sequence, 0, 0, 0};
    if (lots == order.leaves) {
        forget(at);
    } else {
        book_.shrink(slot, order.leaves - lots);
    }
    return change;
}

BookChange MarketBook::remove(std::uint64_t id) {
    const IdTable::Place at = ids_.place_of(id);
    if (ids_.is_free(at)) [[unlikely]] {
        fault(faults_.unknown_orders);
        return {};
    }
    const OrderNode& order = book_.node(ids_.slot(at));
    const BookChange change{order.side, order.tick(), -order.leaves, 0, order.sequence, 0, 0, 0};
    forget(at);
    return change;
}

BookChange MarketBook::notice(const BookDelta& delta) {
    const OrderNode* resting = order(delta.order);
    if (resting == nullptr) { return {}; }
    return {resting->side, resting->tick(), 0, delta.size.lots, resting->sequence, 0, 0, 0};
}

void MarketBook::clear() {
    book_.clear();
    ids_.clear();
}

model::Quote MarketBook::quote() const {
    model::Quote out;
    if (has(Side::buy)) {
        out.bid = best_price(Side::buy);
        out.bid_size = Quantity{best_lots(Side::buy)};
    }
    if (has(Side::sell)) {
        out.ask = best_price(Side::sell);
        out.ask_size = Quantity{best_lots(Side::sell)};
    }
    return out;
}

std::optional<Lots> MarketBook::queue_ahead(std::uint64_t id) const {
    const Slot slot = id == 0 ? IdTable::none : ids_.find(id);
    if (slot == IdTable::none) { return std::nullopt; }
    return book_.ahead_of(slot);
}

void append_snapshot(const MarketBook& book, InstrumentId instrument, TimeNs ts, std::vector<model::Tick>& out) {
    model::Tick tick(model::EventKind::book_delta, instrument, ts, ts);
    tick.flags = model::flag_snapshot;
    tick.sequence = book.sequence();
    tick.delta.action = BookAction::clear;
    out.push_back(tick);
    if (book.is_by_order()) {
        std::vector<Slot> slots;
        slots.reserve(book.order_count());
        for (Slot slot = 0; slot < book.orders().slots(); ++slot) {
            if (book.orders().node(slot).id != 0) { slots.push_back(slot); }
        }
        std::ranges::sort(slots, {}, [&](Slot slot) { return book.orders().node(slot).sequence; });
        tick.delta.action = BookAction::add;
        for (const Slot slot : slots) {
            const OrderNode& order = book.orders().node(slot);
            tick.delta.side = order.side;
            tick.delta.price = book.scale().price(order.tick());
            tick.delta.size = Quantity{order.leaves};
            tick.delta.order = order.id;
            out.push_back(tick);
        }
    } else {
        tick.delta.action = BookAction::update;
        for (const auto side : {model::OrderSide::buy, model::OrderSide::sell}) {
            book.visit(side, [&](Ticks at, const OrderLevel& level) {
                tick.delta.side = side;
                tick.delta.price = book.scale().price(at);
                tick.delta.size = Quantity{level.lots};
                out.push_back(tick);
                return true;
            });
        }
    }
    out.back().flags |= model::flag_last;
    if (!book.is_valid()) {
        tick.flags = model::flag_last;
        tick.delta = {};
        tick.delta.action = BookAction::state;
        tick.delta.order = static_cast<std::uint64_t>(book.state());
        out.push_back(tick);
    }
}

}  // namespace walras::book
