// Resting orders by price, then time: two ladders of levels, each level a queue of orders linked through a pool.
//
// One session owns a book; readers take `top()` copies. Orders are named by pool slots, which stay valid until
// released. Invariants: a level exists exactly while it has orders; its `lots` and `orders` are the sums over its
// queue; the queue is in order of arrival. The book itself may be crossed (a feed's may); the matching engine keeps
// best bid < best ask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "walras/book/price_ladder.hpp"
#include "walras/core/check.hpp"
#include "walras/model/enums.hpp"

namespace walras::book {

using Ticks = std::int64_t;  // price in ticks
using Lots = std::int64_t;
using Slot = std::uint32_t;
inline constexpr Slot no_slot = UINT32_MAX;

constexpr Rank to_rank(model::OrderSide side, Ticks tick) { return side == model::OrderSide::buy ? tick : -tick; }
constexpr Ticks to_tick(model::OrderSide side, Rank rank) { return side == model::OrderSide::buy ? rank : -rank; }

// One order in one cache line.
struct OrderNode {
    static constexpr std::uint8_t post_only = 1, reduce_only = 2, dormant = 4, triggered = 8, is_timed = 16;
    // Of the matching engine: a display quantity; waits for its auction; has no limit yet.
    static constexpr std::uint8_t iceberg = 32, parked = 64, unpriced = 128;

    std::uint64_t id = 0;
    Rank rank = 0;               // of the limit price
    Lots leaves = 0;             // quantity - filled
    Lots quantity = 0;           // total
    std::uint64_t sequence = 0;  // order of arrival
    Slot next = no_slot;         // behind it at its level; free slots are linked here too
    Slot previous = no_slot;
    std::uint32_t account = 0;
    Slot reduce_next = no_slot;  // the owner's resting reduce-only orders
    Slot reduce_previous = no_slot;
    model::OrderSide side = model::OrderSide::buy;
    model::OrderType type = model::OrderType::limit;
    model::TimeInForce time_in_force = model::TimeInForce::gtc;
    std::uint8_t flags = 0;

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    [[nodiscard]] Ticks tick() const { return to_tick(side, rank); }
    [[nodiscard]] Lots filled() const { return quantity - leaves; }
};
static_assert(sizeof(OrderNode) == 64);

struct OrderLevel {
    Lots lots = 0;
    Slot head = no_slot;
    Slot tail = no_slot;
    std::uint32_t orders = 0;
};

struct TickDepth {
    Ticks tick = 0;
    Lots lots = 0;
    std::uint32_t orders = 0;
};

class OrderBook {
public:
    using Ladder = PriceLadder<OrderLevel>;

    OrderBook(std::size_t window_ticks, std::size_t expected_orders) : bids_(window_ticks), asks_(window_ticks) {
        nodes_.reserve(expected_orders);
    }

    [[nodiscard]] Ladder& ladder(model::OrderSide side) { return side == model::OrderSide::buy ? bids_ : asks_; }
    [[nodiscard]] const Ladder& ladder(model::OrderSide side) const {
        return side == model::OrderSide::buy ? bids_ : asks_;
    }
    [[nodiscard]] OrderNode& node(Slot slot) { return nodes_[slot]; }
    [[nodiscard]] const OrderNode& node(Slot slot) const { return nodes_[slot]; }
    void prefetch(Slot slot) const { __builtin_prefetch(&nodes_[slot]); }
    [[nodiscard]] std::size_t slots() const { return nodes_.size(); }  // free ones have id 0

    Slot allocate(const OrderNode& order) {
        if (free_ == no_slot) [[unlikely]] {
            nodes_.push_back(order);
            return static_cast<Slot>(nodes_.size() - 1);
        }
        const Slot slot = free_;
        free_ = nodes_[slot].next;
        nodes_[slot] = order;
        return slot;
    }
    void release(Slot slot) {
        nodes_[slot].id = 0;
        nodes_[slot].next = free_;
        free_ = slot;
    }

    void clear() {
        bids_.clear();
        asks_.clear();
        nodes_.clear();
        free_ = no_slot;
    }

    // Last at its price.
    void enqueue(Slot slot) {
        OrderNode& order = nodes_[slot];
        OrderLevel& level = ladder(order.side).open(order.rank);
        order.previous = level.tail;
        order.next = no_slot;
        (level.tail == no_slot ? level.head : nodes_[level.tail].next) = slot;
        level.tail = slot;
        ++level.orders;
        WALRAS_CHECK(!__builtin_add_overflow(level.lots, order.leaves, &level.lots),
                     "a level holds more than 2^63 lots");
    }
    void unlink(Slot slot) {
        const OrderNode& order = nodes_[slot];
        Ladder& side = ladder(order.side);
        OrderLevel& level = side.at(order.rank);
        if (--level.orders == 0) {
            side.close(order.rank);
            return;
        }
        level.lots -= order.leaves;
        (order.previous == no_slot ? level.head : nodes_[order.previous].next) = order.next;
        (order.next == no_slot ? level.tail : nodes_[order.next].previous) = order.previous;
    }
    // Keeps the place in the queue.
    void shrink(Slot slot, Lots leaves) {
        OrderNode& order = nodes_[slot];
        ladder(order.side).at(order.rank).lots -= order.leaves - leaves;
        order.leaves = leaves;
    }

    // Fills `out` best first and returns how many levels there were room and levels for.
    std::size_t depth(model::OrderSide side, std::span<TickDepth> out) const;
    [[nodiscard]] std::size_t level_count(model::OrderSide side) const;
    // Lots that trade before the order at `slot` does, at its own price.
    [[nodiscard]] Lots ahead_of(Slot slot) const;

private:
    Ladder bids_;
    Ladder asks_;
    std::vector<OrderNode> nodes_;
    Slot free_ = no_slot;
};

}  // namespace walras::book
