#include "walras/sim/sim_venue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::sim {

using model::Event;
using model::EventKind;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

namespace {

constexpr std::uint32_t no_symbol = UINT32_MAX;

}  // namespace

SimVenue::SimVenue(const model::Universe& universe, Market& market, SimVenueConfig config)
    : market_(market),
      config_(std::move(config)),
      line_(config_.latency, config_.seed),
      listings_(market.config().symbols.size()),
      owners_(market.population().size() + 1),
      last_tick_(config_.ticks > UINT64_MAX - market.tick() ? UINT64_MAX : market.tick() + config_.ticks),
      now_(market.now()),
      local_(market.now()) {
    for (std::size_t s = 0; s < listings_.size(); ++s) {
        const SymbolConfig& symbol = market.config().symbols[s];
        const auto id = universe.find(symbol.name);
        if (!id) { continue; }
        const model::Instrument& instrument = universe.at(*id);
        if (instrument.lot_size != core::fixed_scale || instrument.tick_size != symbol.tick_size) {
            throw ConfigError(
                fmt::format("Instrument {} must have lots of 1 and ticks of {}, as its simulated market; "
                            "it has lots of {} and ticks of {}.",
                            symbol.name, core::format_fixed(symbol.tick_size.raw),
                            core::format_fixed(instrument.lot_size), core::format_fixed(instrument.tick_size.raw)));
        }
        // By the tick too: a market may have had other venues before.
        const std::uint64_t first_order = outside_order + (market.tick() << 32);
        listings_[s].id = *id;
        listings_[s].candle_open = now_;
        listings_[s].desk = std::make_unique<SimDesk>(instrument, *id, first_order);
        market_.set_desk(static_cast<std::uint32_t>(s), listings_[s].desk.get());
    }
}

SimVenue::~SimVenue() { market_.withdraw_outside(); }

// ---- time

TimeNs SimVenue::next_step() const {
    return market_.tick() < last_tick_ ? market_.now() + market_.config().tick_length : time_max;
}

TimeNs SimVenue::next_time() {
    TimeNs next = std::min(next_step(), line_.next_report());
    if (!published_.empty()) { next = std::min(next, published_.front().ts_init); }
    // Behind the last step commands are answered one by one.
    return next_step() == time_max ? std::min(next, line_.next_command()) : next;
}

std::size_t SimVenue::poll(std::span<Event> out) {
    const TimeNs promised = next_time();
    if (promised == time_max) { return 0; }
    if (next_step() <= promised) { step(); }
    while (next_step() == time_max && line_.next_command() <= promised) {
        now_ = std::max(now_, line_.next_command());
        receive(line_.take_command());
        announce();
    }
    if (line_.next_report() <= promised) {
        out.front() = line_.take_report();
        return 1;
    }
    std::size_t n = 0;
    while (n < out.size() && !published_.empty() && published_.front().ts_init <= promised) {
        out[n] = published_.front();
        out[n].source = source();
        out[n].sequence = line_.next_sequence();
        published_.pop_front();
        if ((out[n++].flags & model::flag_last) != 0) { break; }
    }
    return n;
}

void SimVenue::step() {
    const TimeNs at = next_step();
    while (line_.next_command() <= at) {
        now_ = std::max(now_, line_.next_command());
        receive(line_.take_command());
    }
    market_.step();
    now_ = at;
    TimeNs local = at;
    if (config_.latency->delays_feed()) { local = local + config_.latency->feed({config_.seed, ++packets_, at}); }
    local_ = std::max(local_, local);
    for (std::uint32_t s = 0; s < listings_.size(); ++s) {
        if (listings_[s].id == no_instrument) { continue; }
        send_reports(s);
        show(s);
    }
    show_candles();
    announce();
}

void SimVenue::trade_at_end() {
    at_end_ = true;
    line_.stop_delays();
}

// ---- our orders

void SimVenue::receive(const model::ExchangeLine::Message& message) {
    using Kind = model::ExchangeLine::Message::Kind;
    if (message.kind == Kind::submit) {
        accept(message);
        return;
    }
    if (message.kind == Kind::price) {
        for (Listing& listing : listings_) {
            if (listing.id == message.order.terms.instrument) { listing.wanted.push_back(message.order.id); }
        }
        return;
    }
    const OrderId id = message.change.order;
    const std::uint32_t symbol = id.value < symbol_of_order_.size() ? symbol_of_order_[id.value] : no_symbol;
    const SimDesk* desk = symbol == no_symbol ? nullptr : listings_[symbol].desk.get();
    const auto strategy = desk == nullptr ? std::nullopt : desk->strategy_of(id);
    if (!strategy || next_step() == time_max) {
        model::Order unknown;
        unknown.id = id;
        refuse(unknown, message.kind == Kind::cancel ? OrderStep::cancel_rejected : OrderStep::replace_rejected,
               Reason::order_is_final);
        return;
    }
    OutsideCommand command = SimDesk::change(message);
    command.key = market_.outside_key(strategy->value);
    market_.submit(symbol, command);
}

void SimVenue::accept(const model::ExchangeLine::Message& message) {
    const model::Order& order = message.order;
    const auto listed = std::ranges::find(listings_, order.terms.instrument, &Listing::id);
    const TimeInForce tif = order.terms.time_in_force;
    if (listed == listings_.end() || tif == TimeInForce::at_the_open || tif == TimeInForce::at_the_close) {
        refuse(order, OrderStep::rejected, Reason::unsupported_type);
        return;
    }
    const auto symbol = static_cast<std::uint32_t>(listed - listings_.begin());
    if (at_end_) {
        fill_at_end(order, symbol);
        return;
    }
    if (next_step() == time_max) {
        refuse(order, OrderStep::rejected, Reason::market_closed);
        return;
    }
    if (symbol_of_order_.size() <= order.id.value) { symbol_of_order_.resize(2 * order.id.value + 16, no_symbol); }
    symbol_of_order_[order.id.value] = symbol;
    OutsideCommand command = listed->desk->submit(message, owners_.of(order.strategy, order.position),
                                                  model::day_end(config_.session_closes, now_));
    command.key = market_.outside_key(order.strategy.value);
    market_.submit(symbol, command);
}

// The market has stopped: whole, at the best price of the last book.
void SimVenue::fill_at_end(const model::Order& order, std::uint32_t symbol) {
    const SymbolView& view = market_.view().symbols[symbol];
    const Ticks best = order.terms.side == OrderSide::buy ? view.ask : view.bid;
    listings_[symbol].desk->fill_at_end(
        order,
        best == no_price ? std::nullopt : std::optional{Price{best * market_.config().symbols[symbol].tick_size.raw}});
    send_reports(symbol);
}

void SimVenue::send_reports(std::uint32_t symbol) {
    listings_[symbol].desk->report_to(line_, *config_.fees, source(), now_,
                                      [this](OrderId id) { symbol_of_order_[id.value] = no_symbol; });
}

// Intents that wait get both best prices; without both they wait on.
void SimVenue::announce() {
    for (std::uint32_t s = 0; s < listings_.size(); ++s) {
        Listing& listing = listings_[s];
        const SymbolView& view = market_.view().symbols[s];
        if (listing.wanted.empty() || !view.has_both()) { continue; }
        const std::int64_t tick = market_.config().symbols[s].tick_size.raw;
        line_.announce(listing.id, Price{view.ask * tick}, Price{view.bid * tick}, listing.wanted, source(), now_);
        listing.wanted.clear();
    }
}

void SimVenue::refuse(const model::Order& order, OrderStep step, Reason reason) {
    Event event = model::order_event({order.id, order.strategy, order.revision, order.terms}, step, reason, now_);
    line_.report(event, source(), now_);
}

// ---- market data

Event& SimVenue::emit(std::uint32_t symbol, EventKind kind) {
    return published_.emplace_back(kind, listings_[symbol].id, now_, local_);
}

// The tape, then what changed in the book, as one packet.
void SimVenue::show(std::uint32_t symbol) {
    Listing& listing = listings_[symbol];
    const std::size_t before = published_.size();
    const std::int64_t tick = market_.config().symbols[symbol].tick_size.raw;
    for (const TapeTrade& print : market_.symbol(symbol).tape()) {
        model::Trade& trade = emit(symbol, EventKind::trade).trade;
        trade.price = Price{print.price * tick};
        trade.size = Quantity{print.lots};
        trade.trade = TradeId{++prints_};
        trade.aggressor =
            print.aggressor == OrderSide::buy ? model::AggressorSide::buyer : model::AggressorSide::seller;
    }
    const bool is_first = !listing.is_begun;
    const std::size_t book_begins = published_.size();
    if (is_first) {
        listing.is_begun = true;
        Event& clear = emit(symbol, EventKind::book_delta);
        clear.delta.action = model::BookAction::clear;
    }
    show_side(symbol, OrderSide::buy);
    show_side(symbol, OrderSide::sell);
    // The first book is a snapshot: from then on it is known to be valid.
    for (std::size_t i = book_begins; is_first && i < published_.size(); ++i) {
        published_[i].flags |= model::flag_snapshot;
    }
    if (published_.size() > before) { published_.back().flags |= model::flag_last; }
}

void SimVenue::show_side(std::uint32_t symbol, OrderSide side) {
    std::vector<book::TickDepth>& shown = listings_[symbol].shown[static_cast<std::size_t>(side)];
    scratch_.resize(config_.levels);
    scratch_.resize(market_.symbol(symbol).engine().book().depth(side, scratch_));
    // Both are best first: a merge. A side that sells is best where it is lowest.
    const auto better = [side](Ticks a, Ticks b) { return side == OrderSide::buy ? a > b : a < b; };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < shown.size() || j < scratch_.size()) {
        if (j == scratch_.size() || (i < shown.size() && better(shown[i].tick, scratch_[j].tick))) {
            delta(symbol, side, shown[i++].tick, 0);
        } else if (i == shown.size() || better(scratch_[j].tick, shown[i].tick)) {
            delta(symbol, side, scratch_[j].tick, scratch_[j].lots);
            ++j;
        } else {
            if (shown[i].lots != scratch_[j].lots) { delta(symbol, side, scratch_[j].tick, scratch_[j].lots); }
            ++i;
            ++j;
        }
    }
    shown = scratch_;
}

void SimVenue::delta(std::uint32_t symbol, OrderSide side, Ticks tick, Lots lots) {
    model::BookDelta& d = emit(symbol, EventKind::book_delta).delta;
    d.action = model::BookAction::update;
    d.side = side;
    d.price = Price{tick * market_.config().symbols[symbol].tick_size.raw};
    d.size = Quantity{lots};
}

void SimVenue::show_candles() {
    if (market_.tick() % market_.config().candle_ticks != 0) { return; }
    const std::size_t before = published_.size();
    for (std::uint32_t s = 0; s < listings_.size(); ++s) {
        Listing& listing = listings_[s];
        if (listing.id == no_instrument) { continue; }
        const Candle& candle = market_.view().candles[s].back();
        model::Bar& bar = emit(s, EventKind::bar).bar;
        bar.open_time = std::exchange(listing.candle_open, now_);
        const auto price = [](double x) { return Price::of(x); };
        bar.open = price(candle.open);
        bar.high = price(candle.high);
        bar.low = price(candle.low);
        bar.close = price(candle.close);
        bar.volume = candle.volume;
    }
    if (published_.size() > before) { published_.back().flags |= model::flag_last; }
}

}  // namespace walras::sim
