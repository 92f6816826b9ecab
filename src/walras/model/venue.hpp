// The port to a world: a replay of recorded data, the simulated market, a real broker.
//
// Single-threaded from the session's side: the session that owns a venue calls everything from one thread. A venue of a
// real market may have threads of its own behind `poll`. Nothing here calls back: what happens is an event, later.
#pragma once

#include <span>

#include "walras/model/approved.hpp"
#include "walras/model/event.hpp"

namespace walras::model {

class Venue {
public:
    Venue() = default;
    Venue(const Venue&) = delete;
    Venue& operator=(const Venue&) = delete;
    virtual ~Venue() = default;

    // Which source it is in its session; it stamps its events with it.
    void set_source(SourceId source) { source_ = source; }
    [[nodiscard]] SourceId source() const { return source_; }

    // `now` is the session's time: the venue must not act on a command before it, plus its own latency.
    virtual void submit(const Approved<Order>& order, TimeNs now) = 0;
    virtual void replace(const Approved<Replace>& replace, TimeNs now) = 0;
    virtual void cancel(OrderId order, TimeNs now) = 0;

    // The intent `order` waits for a price of its instrument. The request travels as an order would; where that order
    // would then trade, announce the price as marks with flag_executable that name the intent: one for both sides, or
    // an ask and then a bid, and flag_last on the last mark of all intents of the moment. The order that answers does
    // not travel again: it meets the announced price. An intent that was made while a price was already being traded
    // gets the one after it.
    virtual void request_price(InstrumentId instrument, OrderId order, TimeNs now) = 0;

    // When this venue's world begins: strategies start then, and what they send while they start is there in time for
    // the first event. A replay: the open of its first bar.
    [[nodiscard]] virtual TimeNs start_time() { return next_time(); }

    // Nothing happens before this time if no command arrives; time_max when nothing is left.
    [[nodiscard]] virtual TimeNs next_time() = 0;

    // Writes the next events in order and returns how many. A venue returns as soon as a command by the session could
    // change what comes next: after every order report, every executable mark and every slice of bars. Never returns an
    // event later than `next_time` said; returns 0 where nothing came of that time. The last event of all data of one
    // timestamp carries flag_last: the session then lets strategies decide before it asks for more of that time.
    virtual std::size_t poll(std::span<Event> out) = 0;

private:
    SourceId source_{};
};

}  // namespace walras::model
