// What a matching engine is asked and what it answers. Both are plain records of fixed size: the event is also a row of
// the NumPy array that Python receives.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"
#include "walras/model/event.hpp"
#include "walras/model/order.hpp"

namespace walras::book {

// Who an order belongs to, as far as self-trade prevention and reduce-only are concerned. 0 = nobody.
using OwnerId = Id<struct OwnerTag, std::uint32_t>;

struct NewOrder {
    OrderId id{};  // unique among working orders; none = the engine gives the next free number
    OwnerId owner{};
    model::OrderTerms terms;  // `instrument` is not looked at
};

// One thing that happened to one order, or, for a fill, to two.
struct MatchEvent {
    OrderId order{};  // filled: the taker; in an auction the buyer
    OrderId maker{};  // filled: the resting order; in an auction the seller
    TradeId trade{};  // filled: 1, 2, 3 ...
    Price price{};  // filled: the maker's price, or the auction's; triggered: the trigger; else the order's limit, 0 if
                    // it has none
    Quantity quantity{};      // filled: this execution; canceled, expired: what was left; else the order's total
    Quantity leaves{};        // what of `order` can still trade
    Quantity maker_leaves{};  // filled: the same of `maker`
    TimeNs ts{};              // the engine's time
    OwnerId owner{};
    OwnerId maker_owner{};
    model::OrderStep step = model::OrderStep::accepted;
    model::Reason reason = model::Reason::none;
    model::OrderSide side = model::OrderSide::buy;  // of `order`
    bool is_auction = false;                        // filled: by uncrossing
    std::uint8_t padding[4]{};

    bool operator==(const MatchEvent&) const = default;
};
static_assert(sizeof(MatchEvent) == 80 && std::is_trivially_copyable_v<MatchEvent>);

// Receives events in the order in which they happen, from inside the call that causes them. It must not call the
// engine.
template <class T>
concept MatchListener = requires(T& listener, const MatchEvent& event) { listener.on_match(event); };

// A listener that stores events may hand out the place where the next one goes: it is then written there at once, which
// saves a copy through the stack (half of the time of a move).
template <class T>
concept MatchStore = MatchListener<T> && requires(T& listener) {
    { listener.next_match() } -> std::same_as<MatchEvent&>;
};

// Keeps them.
struct MatchLog {
    std::vector<MatchEvent> events;
    void on_match(const MatchEvent& event) { events.push_back(event); }
    MatchEvent& next_match() { return events.emplace_back(); }
};

// Passes them on; for listeners that are chosen at run time.
struct MatchSink {
    MatchSink() = default;
    MatchSink(const MatchSink&) = delete;
    MatchSink& operator=(const MatchSink&) = delete;
    virtual ~MatchSink() = default;
    virtual void on_match(const MatchEvent& event) = 0;
};

}  // namespace walras::book
