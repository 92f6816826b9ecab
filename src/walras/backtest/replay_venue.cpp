#include "walras/backtest/replay_venue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {

using model::Event;
using model::EventKind;
using model::FillRule;
using model::LiquiditySide;
using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::TimeInForce;

namespace {

constexpr std::uint32_t no_slot = UINT32_MAX;

bool is_supported(const model::OrderTerms& terms) {
    return terms.type != OrderType::market_to_limit && !model::is_if_touched(terms.type);
}

// Volatility of one bar from its high and low: Parkinson 1980, sigma^2 = ln(h/l)^2 / (4 ln 2). ln(h/l) is taken to first
// order, 2 (h - l) / (h + l), which is exact to 0.01 % for ranges up to 3 %.
double parkinson(const model::Bar& bar) {
    const double sum = static_cast<double>(bar.high.raw) + static_cast<double>(bar.low.raw);
    if (!(sum > 0)) { return 0; }
    const double range = 2.0 * (static_cast<double>(bar.high.raw) - static_cast<double>(bar.low.raw)) / sum;
    constexpr double root_of_four_ln2 = 1.6651092223153954;
    return range / root_of_four_ln2;
}

std::int64_t trailing_distance(const model::OrderTerms& terms, Price from) {
    if (terms.trailing_kind == model::TrailingOffset::price) { return terms.trailing_offset; }
    // 1e-9 of a basis point of the price.
    const core::int128 product = static_cast<core::int128>(from.raw) * terms.trailing_offset;
    return core::checked_narrow(core::divide_half_even(product, core::int128{10'000} * core::fixed_scale));
}

}  // namespace

ReplayVenue::ReplayVenue(const model::Universe& universe, ReplayConfig config)
    : universe_(universe), config_(std::move(config)), markets_(universe.size()) {
    if (!std::ranges::is_sorted(config_.session_closes)) {
        throw ConfigError("session_closes must be sorted by time.");
    }
    if (config_.fill_at == FillAt::this_close && config_.latency->order(1).ns > 0) {
        throw ConfigError("fill_at = this_close needs an order latency of zero: an order that travels arrives after the "
                          "close; use next_open or next_close.");
    }
}

void ReplayVenue::add(const data::BarSeries& bars) {
    Market& market = markets_[bars.instrument().value];
    if (market.bars) {
        throw ConfigError(fmt::format("Instrument {} has two series of bars at one venue; give one of them another name.",
                                      universe_.at(bars.instrument()).name()));
    }
    market.bars = merge_.add(bars);
    market.closes_only = bars.closes_only();
}

void ReplayVenue::add(const data::QuoteSeries& quotes) {
    markets_[quotes.instrument().value].has_quotes = true;
    merge_.add(quotes);
}

void ReplayVenue::add(const data::MarkSeries& marks) { merge_.add(marks); }
void ReplayVenue::add(const data::ActionSeries& actions) { merge_.add(actions); }

// One line to the venue: a message never overtakes the one before it.
TimeNs ReplayVenue::arrival_of(std::uint64_t message, TimeNs now) {
    last_arrival_ = std::max(last_arrival_, now + config_.latency->order(message));
    return last_arrival_;
}

// ---- commands ------------------------------------------------------------------------------------------------------

void ReplayVenue::submit(const model::Approved<model::Order>& order, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.kind = Message::Kind::submit;
    message.order = *order;
    last_id_ = std::max(last_id_, order->id);
    inbox_.push(message);
}

void ReplayVenue::replace(const model::Approved<model::Replace>& replace, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.kind = Message::Kind::replace;
    message.change = *replace;
    inbox_.push(message);
}

void ReplayVenue::cancel(OrderId order, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.kind = Message::Kind::cancel;
    message.change.order = order;
    inbox_.push(message);
}

void ReplayVenue::request_price(InstrumentId instrument, OrderId order, TimeNs now) {
    last_id_ = std::max(last_id_, order);
    Market& market = markets_[instrument.value];
    if (stage_ == Stage::idle) { pass_open(market, now); }
    market.wanted_from = market.wanted_from.is_none() ? order : std::min(market.wanted_from, order);
    market.wanted_to = std::max(market.wanted_to, order);
    if (std::ranges::find(waiting_, instrument) == waiting_.end()) { waiting_.push_back(instrument); }
}

// ---- the clockwork -------------------------------------------------------------------------------------------------

FillAt ReplayVenue::fill_at(const Market& market) const {
    if (market.closes_only && config_.fill_at != FillAt::this_close) { return FillAt::next_close; }
    return config_.fill_at;
}

// Open of the earliest coming bar that somebody waits for; time_max if there is none.
TimeNs ReplayVenue::next_opening() {
    TimeNs earliest = time_max;
    for (const InstrumentId id : waiting_) {
        Market& market = markets_[id.value];
        if (!market.bars || market.opened || market.closes_only || market.has_quotes) { continue; }
        if (const data::TimedBar* bar = merge_.peek_bar(*market.bars)) {
            earliest = std::min(earliest, bar->value.open_time);
        }
    }
    return earliest;
}

// When the exchange acts next, our commands included.
TimeNs ReplayVenue::exchange_time() {
    if (stage_ != Stage::idle) { return now_; }
    TimeNs next = merge_.next_time();
    if (!inbox_.empty()) { next = std::min(next, inbox_.top().arrival); }
    if (!waiting_.empty()) {
        next = std::min(next, std::max(next_opening(), now_));
        next = std::min(next, next_expiry_);
        if (end_price_ || (after_close_ && has_work_at_close())) { next = std::min(next, now_); }
    }
    return next;
}

TimeNs ReplayVenue::next_time() {
    if (is_quiet()) { return merge_.next_time(); }
    const TimeNs exchange = exchange_time();
    return outbox_.empty() ? exchange : std::min(exchange, outbox_.top().ts_init);
}

std::size_t ReplayVenue::poll(std::span<Event> out) {
    if (is_quiet() && merge_.next_time() != time_max) { return show_next(out); }
    // Not beyond the time that `next_time` promised: an opening that trades nothing is no event, and a timer may come
    // before the next one.
    const TimeNs promised = next_time();
    for (;;) {
        const TimeNs exchange = exchange_time();
        if (!outbox_.empty() && outbox_.top().ts_init <= exchange) {
            out.front() = outbox_.top();
            outbox_.pop();
            return 1;
        }
        if (exchange == time_max || exchange > promised) { return 0; }
        if (const std::size_t n = advance(out); n > 0) { return n; }
    }
}

// The slice's bars become the current ones; nothing of their volume is used.
void ReplayVenue::begin_bars() {
    for (const data::BarRef& bar : slice_.bars) {
        Market& market = markets_[bar.instrument.value];
        market.current = bar.row;
        market.volume_left = Quantity{-1};
    }
}

// Nobody trades: the next slice is only shown.
std::size_t ReplayVenue::show_next(std::span<Event> out) {
    slice_ = merge_.next();
    now_ = slice_.time;
    shown_ = 0;
    quote_cursor_ = 0;
    for (const data::QuoteRef& quote : slice_.quotes) { set_quote(markets_[quote.instrument.value], quote->value); }
    begin_bars();
    begin_stage(Stage::bars);
    return show_slice(out);
}

// One small step of the exchange. Returns how many events it wrote itself; reports go to the outbox.
std::size_t ReplayVenue::advance(std::span<Event> out) {
    if (!inbox_.empty() && inbox_.top().arrival <= exchange_time()) {
        const Message message = inbox_.top();
        inbox_.pop();
        now_ = std::max(now_, message.arrival);
        receive(message);
        return 0;
    }
    switch (stage_) {
        case Stage::idle: begin_next(); return 0;
        case Stage::opening:
            if (!run_opening()) { begin_stage(slice_.bars.empty() ? Stage::idle : Stage::ranging); }
            return 0;
        case Stage::ranging:
            if (!run_ranging()) { begin_stage(Stage::closing); }
            return 0;
        case Stage::closing:
            if (!run_closing()) { begin_stage(Stage::quoting); }
            return 0;
        case Stage::quoting:
            if (!run_quoting()) { begin_stage(Stage::bars); }
            return 0;
        case Stage::bars: return show_slice(out);
        case Stage::closed:
            if (!(end_price_ ? run_end() : run_closed())) { begin_stage(Stage::idle); }
            return 0;
    }
    return 0;
}

void ReplayVenue::begin_stage(Stage stage) {
    stage_ = stage;
    stage_last_id_ = last_id_;
    price_rounds_ = 0;
}

// The coming bar's open is over for whoever comes later than it.
void ReplayVenue::pass_open(Market& market, TimeNs now) {
    if (!market.bars || market.opened || market.closes_only || market.has_quotes) { return; }
    const data::TimedBar* bar = merge_.peek_bar(*market.bars);
    if (bar == nullptr || bar->value.open_time >= now) { return; }
    market.opened = true;
    market.current = bar;
    market.volume_left = Quantity{-1};
    market.at = bar->value.open;
    market.leg = 0;
}

// this_close: somebody wants the close that was just shown.
bool ReplayVenue::has_work_at_close() const {
    return std::ranges::any_of(slice_.bars, [&](const data::BarRef& bar) {
        const Market& market = markets_[bar.instrument.value];
        const auto in_time = [&](OrderId id) { return close_last_id_.is_none() || id <= close_last_id_; };
        return !market.has_quotes &&
               ((!market.wanted_from.is_none() && in_time(market.wanted_from)) ||
                std::ranges::any_of(market.orders, [&](std::uint32_t slot) {
                    return is_market_like(orders_[slot]) && in_time(orders_[slot].id);
                }));
    });
}

// Chooses what happens next: data first, then openings, then expiries.
void ReplayVenue::begin_next() {
    if (!waiting_.empty() && (end_price_ || (after_close_ && has_work_at_close()))) {
        begin_stage(Stage::closed);
        if (close_last_id_.is_none()) { close_last_id_ = last_id_; }
        stage_last_id_ = close_last_id_;
        return;
    }
    after_close_ = false;
    const TimeNs slice = merge_.next_time();
    const TimeNs opening = waiting_.empty() ? time_max : std::max(next_opening(), now_);
    if (next_expiry_ < std::min(slice, opening)) {
        expire_until(next_expiry_);
        return;
    }
    playing_.clear();
    if (opening < slice) {
        now_ = opening;
        slice_ = {};
        for (std::uint32_t i = 0; i < markets_.size(); ++i) {
            Market& market = markets_[i];
            if (!market.bars || market.opened || market.closes_only || market.has_quotes) { continue; }
            const data::TimedBar* bar = merge_.peek_bar(*market.bars);
            if (bar == nullptr || bar->value.open_time > now_) { continue; }
            market.current = bar;
            market.volume_left = Quantity{-1};
            playing_.push_back(InstrumentId{i});
        }
        expire_until(TimeNs{now_.ns - 1});
        begin_stage(Stage::opening);
        return;
    }
    slice_ = merge_.next();
    now_ = slice_.time;
    shown_ = 0;
    quote_cursor_ = 0;
    if (waiting_.empty()) {
        for (const data::QuoteRef& quote : slice_.quotes) { set_quote(markets_[quote.instrument.value], quote->value); }
        begin_bars();
        begin_stage(Stage::bars);
        return;
    }
    expire_until(TimeNs{now_.ns - 1});
    bool unopened = false;
    for (const data::BarRef& bar : slice_.bars) {
        Market& market = markets_[bar.instrument.value];
        if (market.current != bar.row) {
            market.current = bar.row;
            market.volume_left = Quantity{-1};
            market.at = bar->value.open;
            market.leg = 0;
        }
        if (!market.opened && bar->value.open_time >= now_) { unopened = true; }
        else { market.opened = true; }
        playing_.push_back(bar.instrument);
    }
    // A bar that opens at its own close has its opening here.
    begin_stage(unopened ? Stage::opening : (playing_.empty() ? Stage::quoting : Stage::ranging));
}

// Shows the slice: corporate actions, quotes, trades, marks, bars. What does not fit is shown by the next call.
std::size_t ReplayVenue::show_slice(std::span<Event> out) {
    std::size_t n = 0;
    std::size_t index = 0;
    // Only a payload's own bytes are ever read, so that the rest of the slot may keep what it had.
    const auto show = [&](EventKind kind, const auto& rows, auto Event::*payload) {
        for (const auto& row : rows) {
            if (index++ < shown_) { continue; }
            if (n == out.size()) { return; }
            Event& event = out[n++];
            event.kind = kind;
            event.flags = 0;
            event.instrument = row.instrument;
            event.ts_event = row->ts;
            event.ts_init = now_;
            event.sequence = ++sequence_;
            event.*payload = row->value;
        }
    };
    const std::size_t total = slice_.actions.size() + slice_.quotes.size() + slice_.trades.size() + slice_.marks.size() +
                              slice_.bars.size();
    if (slice_.bars.size() != total) {
        show(EventKind::corporate_action, slice_.actions, &Event::action);
        show(EventKind::quote, slice_.quotes, &Event::quote);
        show(EventKind::trade, slice_.trades, &Event::trade);
        show(EventKind::mark, slice_.marks, &Event::mark);
    }
    show(EventKind::bar, slice_.bars, &Event::bar);
    shown_ += n;
    if (shown_ >= total) { end_slice(); }
    return n;
}

void ReplayVenue::end_slice() {
    for (const data::ActionRef& action : slice_.actions) { change_positions(action.instrument, action->value); }
    for (const data::BarRef& bar : slice_.bars) {
        Market& market = markets_[bar.instrument.value];
        market.last = bar.row;
        market.last_price = bar->value.close;
        market.opened = false;
    }
    expire_until(now_);
    after_close_ = config_.fill_at == FillAt::this_close && !slice_.bars.empty();
    close_last_id_ = OrderId{};
    begin_stage(Stage::idle);
}

// ---- stages: each returns true if it made something happen and wants to be called again ---------------------------------

bool ReplayVenue::run_opening() {
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.opened || market.closes_only || market.has_quotes) { continue; }
        const Price open = market.current->value.open;
        const bool trades = fill_at(market) == FillAt::next_open || fill_at(market) == FillAt::intrabar_path;
        if (fill_at_point(market, open, trades ? FillRule::next_open : FillRule::none, false)) { return true; }
    }
    if (announce_prices(model::MarkKind::open)) { return true; }
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.opened || market.closes_only || market.has_quotes) { continue; }
        market.opened = true;
        market.at = market.current->value.open;
        market.leg = 0;
        end_immediate(market, true);
        for (const std::uint32_t slot : market.orders) { orders_[slot].marketable = false; }  // what is left rests
    }
    return false;
}

bool ReplayVenue::run_ranging() {
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.has_quotes || market.orders.empty()) { continue; }
        if (market.closes_only) {
            if (fill_at_point(market, market.current->value.close, FillRule::none, true)) { return true; }
            continue;
        }
        if (config_.fill_at == FillAt::intrabar_path ? fill_path(market) : fill_range(market)) { return true; }
    }
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.has_quotes || market.orders.empty()) { continue; }
        if (config_.fill_at != FillAt::intrabar_path || market.closes_only) {
            move_trailing_stops(market, market.current->value.high, market.current->value.low);
        }
    }
    return false;
}

bool ReplayVenue::run_closing() {
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.has_quotes || market.orders.empty()) { continue; }
        if (fill_market_orders(market, market.current->value.close, FillRule::next_close, true)) { return true; }
    }
    if (config_.fill_at != FillAt::this_close && announce_prices(model::MarkKind::close)) { return true; }
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.has_quotes || market.orders.empty()) { continue; }
        end_immediate(market, !market.closes_only);
        for (const std::uint32_t slot : market.orders) { orders_[slot].mid_bar = false; }
    }
    return false;
}

void ReplayVenue::set_quote(Market& market, const model::Quote& quote) {
    market.quote = quote;
    market.quoted = true;
}

bool ReplayVenue::run_quoting() {
    for (; quote_cursor_ < slice_.quotes.size(); ++quote_cursor_, quote_taken_ = false) {
        const data::QuoteRef& quote = slice_.quotes[quote_cursor_];
        Market& market = markets_[quote.instrument.value];
        if (!quote_taken_) {
            set_quote(market, quote->value);
            quote_taken_ = true;
        }
        if (fill_quote(market)) { return true; }
        for (const std::uint32_t slot : market.orders) { orders_[slot].marketable = false; }  // what is left rests
    }
    return false;
}

bool ReplayVenue::run_closed() {
    playing_.clear();
    for (const data::BarRef& bar : slice_.bars) { playing_.push_back(bar.instrument); }
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (market.has_quotes) { continue; }
        if (fill_market_orders(market, market.current->value.close, FillRule::this_close, true)) { return true; }
    }
    if (announce_prices(model::MarkKind::close)) { return true; }
    after_close_ = false;
    return false;
}

// The run is over: what still wants to trade does so at the last price.
bool ReplayVenue::run_end() {
    stage_last_id_ = last_id_;
    for (const InstrumentId id : waiting_) {
        Market& market = markets_[id.value];
        if (market.has_quotes || market.last == nullptr) { continue; }
        market.current = market.last;
        const Price price = *end_price_ == EndPrice::last_open ? market.last->value.open : market.last->value.close;
        if (fill_market_orders(market, price, FillRule::end_of_data, true)) { return true; }
    }
    waiting_.clear();
    return false;
}

// Intents that wait get the price at which this stage trades. All instruments of the stage are marked first, so that
// equity is that of the same moment. Returns true if marks were sent.
bool ReplayVenue::announce_prices(model::MarkKind kind) {
    const auto wants = [&](const Market& market) {
        if (market.wanted_from.is_none() || market.has_quotes || market.wanted_from > stage_last_id_) { return false; }
        const FillAt when = fill_at(market);
        if (stage_ == Stage::opening) {
            return !market.closes_only && !market.opened && (when == FillAt::next_open || when == FillAt::intrabar_path);
        }
        return stage_ == Stage::closed ? when == FillAt::this_close : when == FillAt::next_close;
    };
    // Twice: intents that reduce are priced first, those that they make room for after them.
    if (price_rounds_ >= 2) { return false; }
    if (std::ranges::none_of(playing_, [&](InstrumentId id) { return wants(markets_[id.value]); })) { return false; }
    auto left = std::ranges::count_if(playing_, [&](InstrumentId id) { return wants(markets_[id.value]); });
    for (const bool executable : {false, true}) {
        for (const InstrumentId id : playing_) {
            Market& market = markets_[id.value];
            if (market.has_quotes || (stage_ == Stage::opening && market.closes_only)) { continue; }
            if (executable ? !wants(market) : price_rounds_ > 0) { continue; }
            Event event{EventKind::mark, id, now_, now_};
            event.sequence = ++sequence_;
            event.mark.kind = kind;
            event.mark.price = kind == model::MarkKind::open ? market.current->value.open : market.current->value.close;
            if (executable) {
                event.flags = model::flag_executable;
                // Intents are sized when all of them have a price: what one frees another may need.
                if (--left == 0) { event.flags |= model::flag_last; }
                event.mark.up_to = stage_last_id_;
                const bool more = market.wanted_to > stage_last_id_;
                market.wanted_from = more ? market.wanted_to : OrderId{};
                if (!more) { market.wanted_to = OrderId{}; }
            }
            outbox_.push(event);
        }
    }
    ++price_rounds_;
    return true;
}

// ---- messages ------------------------------------------------------------------------------------------------------

void ReplayVenue::receive(const Message& message) {
    switch (message.kind) {
        case Message::Kind::submit: accept(message.order); break;
        case Message::Kind::replace: apply_replace(message.change); break;
        case Message::Kind::cancel: apply_cancel(message.change.order); break;
    }
}

void ReplayVenue::accept(const model::Order& order) {
    const InstrumentId id = order.terms.instrument;
    Market& market = markets_[id.value];
    if (!is_supported(order.terms)) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::unsupported_type);
        return;
    }
    if (order.terms.expire_time < now_) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::invalid_expiry);
        return;
    }
    if (stage_ == Stage::idle) { pass_open(market, now_); }
    VenueOrder resting;
    resting.id = order.id;
    resting.strategy = order.strategy;
    resting.position = order.position;
    resting.terms = order.terms;
    resting.revision = order.revision;
    resting.expire = order.terms.expire_time;
    const bool in_range = stage_ == Stage::ranging || stage_ == Stage::closing;
    resting.mid_bar = stage_ == Stage::idle ? market.opened && market.current != nullptr && market.current->value.open_time < now_
                                            : in_range && config_.fill_at != FillAt::intrabar_path;
    if (order.terms.time_in_force == TimeInForce::day) {
        constexpr std::int64_t day = 86'400'000'000'000;
        const auto close = std::ranges::upper_bound(config_.session_closes, now_);
        resting.expire = close != config_.session_closes.end() ? *close : TimeNs{(utc_day(now_ + DurationNs{1}) + 1) * day - 1};
    }
    resting.marketable = is_marketable(resting, market);
    if (resting.marketable && order.terms.post_only) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::post_only_would_take);
        return;
    }
    if (model::is_trailing(order.terms.type) && order.terms.trigger.is_zero()) {
        const bool in_candle = stage_ == Stage::opening || stage_ == Stage::ranging;
        const Price from = market.quoted ? (resting.is_buy() ? market.quote.ask : market.quote.bid)
                           : in_candle && market.current != nullptr ? market.at
                           : stage_ == Stage::closing && market.current != nullptr ? market.current->value.close
                                                                                  : market.last_price;
        move_trailing(resting, from);
    }
    orders_.push_back(resting);
    const auto slot = static_cast<std::uint32_t>(orders_.size() - 1);
    if (slot_of_.size() <= order.id.value) { slot_of_.resize(2 * order.id.value + 16, no_slot); }
    slot_of_[order.id.value] = slot;
    market.orders.push_back(slot);
    next_expiry_ = std::min(next_expiry_, resting.expire);
    if (std::ranges::find(waiting_, id) == waiting_.end()) { waiting_.push_back(id); }
    report(orders_[slot], OrderStep::accepted);
    try_standing_quote(slot, market);
}

// A limit that would trade at once against what stands now.
bool ReplayVenue::is_marketable(const VenueOrder& order, const Market& market) const {
    if (order.terms.type != OrderType::limit) { return false; }
    const Price against = market.quoted ? (order.is_buy() ? market.quote.ask : market.quote.bid) : market.last_price;
    if (against.is_zero()) { return false; }
    return order.is_buy() ? order.terms.price >= against : order.terms.price <= against;
}

// Where quotes come, an order meets the standing one as it arrives.
void ReplayVenue::try_standing_quote(std::uint32_t slot, Market& market) {
    if (!market.quoted || stage_ == Stage::quoting) { return; }
    const OrderId id = orders_[slot].id;
    while (slot_of_[id.value] != no_slot && try_quote(orders_[slot], slot, market)) {}
    orders_[slot].marketable = false;  // what is left rests
}

void ReplayVenue::apply_replace(const model::Replace& change) {
    const std::uint32_t slot = change.order.value < slot_of_.size() ? slot_of_[change.order.value] : no_slot;
    if (slot == no_slot) {
        reject(change.order, InstrumentId{0}, StrategyId{}, OrderStep::replace_rejected, Reason::order_is_final);
        return;
    }
    VenueOrder& order = orders_[slot];
    if (!change.quantity.is_zero() && change.quantity <= order.filled) {
        report(order, OrderStep::replace_rejected, Reason::replace_below_filled);
        return;
    }
    if (!change.quantity.is_zero()) { order.terms.quantity = change.quantity; }
    if (!change.price.is_zero()) { order.terms.price = change.price; }
    if (!change.trigger.is_zero()) { order.terms.trigger = change.trigger; }
    ++order.revision;
    Market& market = markets_[order.terms.instrument.value];
    order.marketable = is_marketable(order, market);
    report(order, OrderStep::replaced);
    try_standing_quote(slot, market);
}

void ReplayVenue::apply_cancel(OrderId id) {
    const std::uint32_t slot = id.value < slot_of_.size() ? slot_of_[id.value] : no_slot;
    if (slot == no_slot) {
        reject(id, InstrumentId{0}, StrategyId{}, OrderStep::cancel_rejected, Reason::order_is_final);
        return;
    }
    report(orders_[slot], OrderStep::canceled, Reason::user_request);
    remove(slot, markets_[orders_[slot].terms.instrument.value]);
}

void ReplayVenue::remove(std::uint32_t slot, Market& market) {
    slot_of_[orders_[slot].id.value] = no_slot;
    std::erase(market.orders, slot);
    if (market.orders.empty() && market.wanted_from.is_none()) {
        std::erase(waiting_, orders_[slot].terms.instrument);
    }
}

// Orders whose time in force ended at or before `t`.
void ReplayVenue::expire_until(TimeNs t) {
    if (t < next_expiry_) { return; }
    now_ = std::max(now_, next_expiry_);
    next_expiry_ = time_max;
    for (const InstrumentId id : std::vector<InstrumentId>(waiting_)) {
        Market& market = markets_[id.value];
        for (const std::uint32_t slot : std::vector<std::uint32_t>(market.orders)) {
            VenueOrder& order = orders_[slot];
            if (order.expire <= t) {
                report(order, OrderStep::expired, Reason::time_in_force);
                remove(slot, market);
            } else {
                next_expiry_ = std::min(next_expiry_, order.expire);
            }
        }
    }
}

// ---- fills against bars --------------------------------------------------------------------------------------------

bool ReplayVenue::is_market_like(const VenueOrder& order) const {
    const OrderType type = order.terms.type;
    return type == OrderType::market ||
           (order.triggered && (type == OrderType::stop || type == OrderType::trailing_stop));
}

namespace {

bool reaches_trigger(bool is_buy, Price price, Price trigger) { return is_buy ? price >= trigger : price <= trigger; }
bool within_limit(bool is_buy, Price price, Price limit) { return is_buy ? price <= limit : price >= limit; }

}  // namespace

// At one price: gapped stops first (worst case), then market orders, then limits. One fill a call.
// `market_rule` none: market orders do not trade here. `only_point`: the bar has no other price (closes only).
bool ReplayVenue::fill_at_point(Market& market, Price price, FillRule market_rule, bool only_point) {
    const auto stop_rule = only_point ? FillRule::next_close : FillRule::stop_gap;
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (!model::is_stop(order.terms.type) || order.triggered) { continue; }
        if (!reaches_trigger(order.is_buy(), price, order.terms.trigger)) { continue; }
        trigger(order, price);
        if (is_market_like(order)) { static_cast<void>(execute(slot, market, {price, order.leaves(), stop_rule})); }
        return true;
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const TimeInForce tif = order.terms.time_in_force;
        if (!is_market_like(order) || !eligible(order) || tif == TimeInForce::at_the_close) { continue; }
        // An order for the open trades there, whatever other market orders wait for.
        const FillRule rule = tif == TimeInForce::at_the_open && !only_point ? FillRule::next_open : market_rule;
        if (rule != FillRule::none && execute(slot, market, {price, order.leaves(), rule})) { return true; }
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool is_limit = order.terms.type == OrderType::limit || (order.triggered && model::has_limit(order.terms.type));
        if (!is_limit || !within_limit(order.is_buy(), price, order.terms.price) ||
            order.terms.time_in_force == TimeInForce::at_the_close) {
            continue;
        }
        const auto side = order.marketable ? LiquiditySide::taker : LiquiditySide::maker;
        const auto rule = only_point ? FillRule::next_close : (price == order.terms.price ? FillRule::limit_level : FillRule::limit_gap);
        if (execute(slot, market, {price, order.leaves(), rule, side, false})) { return true; }
    }
    return false;
}

// Between open and close, worst case first: what can be stopped is stopped, then limits are reached.
bool ReplayVenue::fill_range(Market& market) {
    const model::Bar& bar = market.current->value;
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (!model::is_stop(order.terms.type) || order.triggered) { continue; }
        if (!reaches_trigger(order.is_buy(), order.is_buy() ? bar.high : bar.low, order.terms.trigger)) { continue; }
        const Price level = order.terms.trigger;
        market.at = level;
        trigger(order, level);
        if (is_market_like(order)) {
            static_cast<void>(execute(slot, market, {level, order.leaves(), FillRule::stop_level}));
        } else if (within_limit(order.is_buy(), level, order.terms.price)) {
            static_cast<void>(execute(slot, market, {level, order.leaves(), FillRule::stop_level, LiquiditySide::taker, false}));
        } else {
            // Past its limit: it rests there. Whether the price came back inside this bar only the close can prove.
            order.mid_bar = !within_limit(order.is_buy(), bar.close, order.terms.price);
        }
        return true;
    }
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool is_limit = order.terms.type == OrderType::limit || (order.triggered && model::has_limit(order.terms.type));
        if (!is_limit || order.terms.time_in_force == TimeInForce::at_the_open ||
            order.terms.time_in_force == TimeInForce::at_the_close) {
            continue;
        }
        const Price limit = order.terms.price;
        // An order that arrived inside the bar counts only if the close itself is past its price.
        const Price best = order.mid_bar ? bar.close : (order.is_buy() ? bar.low : bar.high);
        const bool reached = within_limit(order.is_buy(), best, limit) &&
                             (config_.limit_fill == LimitFill::touch || best != limit);
        if (!reached) { continue; }
        market.at = limit;
        if (execute(slot, market, {limit, order.leaves(), FillRule::limit_level, LiquiditySide::maker, false})) { return true; }
    }
    return false;
}

// Along the assumed path: open, the nearer extreme, the other one, close. Orders fill in the order in which the path meets
// them; trailing stops move with it.
bool ReplayVenue::fill_path(Market& market) {
    const model::Bar& bar = market.current->value;
    const bool high_first = bar.high.raw - bar.open.raw <= bar.open.raw - bar.low.raw;
    const std::array<Price, 3> points{high_first ? bar.high : bar.low, high_first ? bar.low : bar.high, bar.close};
    while (market.leg < 3) {
        const Price to = points[static_cast<std::size_t>(market.leg)];
        const bool up = to > market.at;
        std::uint32_t first = no_slot;
        Price level{};
        for (const std::uint32_t slot : market.orders) {
            VenueOrder& order = orders_[slot];
            const bool waiting_stop = model::is_stop(order.terms.type) && !order.triggered;
            const bool limit = !order.mid_bar && (order.terms.type == OrderType::limit || (order.triggered && model::has_limit(order.terms.type)));
            Price at{};
            if (waiting_stop && order.is_buy() == up) {
                at = order.terms.trigger;
            } else if (limit && order.is_buy() != up && order.terms.time_in_force != TimeInForce::at_the_open &&
                       order.terms.time_in_force != TimeInForce::at_the_close) {
                at = order.terms.price;
            } else {
                continue;
            }
            // Between where we are and where the leg ends; a price already passed trades at once.
            if (up ? at > to : at < to) { continue; }
            at = up ? std::max(at, market.at) : std::min(at, market.at);
            if (limit && config_.limit_fill == LimitFill::cross && at == to) { continue; }
            if (first == no_slot || (up ? at < level : at > level)) {
                first = slot;
                level = at;
            }
        }
        if (first != no_slot) {
            VenueOrder& order = orders_[first];
            const bool was_stop = model::is_stop(order.terms.type) && !order.triggered;
            // Trailing stops of the other side have moved with the path up to here.
            move_trailing_stops(market, std::max(market.at, level), std::min(market.at, level));
            market.at = level;
            if (was_stop) {
                trigger(order, level);
                const bool limited = !is_market_like(order);
                if (!limited || within_limit(order.is_buy(), level, order.terms.price)) {
                    static_cast<void>(execute(first, market, {level, order.leaves(), FillRule::stop_level, LiquiditySide::taker, !limited}));
                }
                return true;
            }
            if (execute(first, market, {level, order.leaves(), FillRule::limit_level, LiquiditySide::maker, false})) { return true; }
            return false;  // the bar's volume is used up
        }
        move_trailing_stops(market, std::max(market.at, to), std::min(market.at, to));
        market.at = to;
        ++market.leg;
        if (fill_market_orders(market, to, FillRule::path_market, false)) { return true; }
    }
    return false;
}

// Market orders at one price. `at_close`: also those that want the close.
bool ReplayVenue::fill_market_orders(Market& market, Price price, FillRule rule, bool at_close) {
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        const bool wants_close = order.terms.time_in_force == TimeInForce::at_the_close;
        const bool limit_on_close = wants_close && order.terms.type == OrderType::limit && at_close &&
                                    within_limit(order.is_buy(), price, order.terms.price);
        if (!is_market_like(order) && !limit_on_close) { continue; }
        if (rule == FillRule::next_close && !wants_close && fill_at(market) != FillAt::next_close &&
            fill_at(market) != FillAt::this_close) {
            continue;
        }
        if (order.terms.time_in_force == TimeInForce::at_the_open) { continue; }
        if (wants_close && !at_close) { continue; }
        // On the path an order meets the next point; elsewhere it must have been there when the stage began.
        if (rule != FillRule::path_market && !eligible(order)) { continue; }
        if (execute(slot, market, {price, order.leaves(), rule, LiquiditySide::taker, !limit_on_close})) { return true; }
    }
    return false;
}

void ReplayVenue::trigger(VenueOrder& order, Price price) {
    order.triggered = true;
    if (order.terms.type == OrderType::trailing_stop_limit) {
        const Price offset{order.terms.limit_offset};
        order.terms.price = order.is_buy() ? order.terms.trigger + offset : order.terms.trigger - offset;
    }
    if (is_market_like(order)) { return; }
    order.marketable = within_limit(order.is_buy(), price, order.terms.price);  // it takes what triggered it
    report(order, OrderStep::triggered);
}

// A trailing trigger follows the best price and never steps back.
void ReplayVenue::move_trailing(VenueOrder& order, Price favourable) const {
    if (favourable.is_zero()) { return; }
    const bool better = order.best.is_zero() || (order.is_buy() ? favourable < order.best : favourable > order.best);
    if (!better) { return; }
    order.best = favourable;
    const Price distance{trailing_distance(order.terms, favourable)};
    order.terms.trigger = order.is_buy() ? favourable + distance : favourable - distance;
}

void ReplayVenue::move_trailing_stops(Market& market, Price high, Price low) {
    for (const std::uint32_t slot : market.orders) {
        VenueOrder& order = orders_[slot];
        if (model::is_trailing(order.terms.type) && !order.triggered && !order.mid_bar) {
            move_trailing(order, order.is_buy() ? low : high);
        }
    }
}

// Immediate orders have had their chance; orders for the open or the close only are over after it.
void ReplayVenue::end_immediate(Market& market, bool after_open) {
    for (const std::uint32_t slot : std::vector<std::uint32_t>(market.orders)) {
        VenueOrder& order = orders_[slot];
        const TimeInForce tif = order.terms.time_in_force;
        const bool immediate = tif == TimeInForce::ioc || tif == TimeInForce::fok;
        const bool over = (immediate && eligible(order) && (after_open || market.closes_only)) ||
                          (tif == TimeInForce::at_the_open && stage_ == Stage::opening && eligible(order)) ||
                          (tif == TimeInForce::at_the_close && stage_ == Stage::closing && eligible(order));
        // Market orders that wait for a close are not over at the open.
        const bool later = stage_ == Stage::opening && immediate && order.terms.type == OrderType::market &&
                           (fill_at(market) == FillAt::next_close || fill_at(market) == FillAt::this_close);
        const bool waiting_stop = model::is_stop(order.terms.type) && !order.triggered;
        if (!over || later || waiting_stop) { continue; }
        const Reason reason = tif == TimeInForce::fok   ? Reason::fok_not_fillable
                              : tif == TimeInForce::ioc ? Reason::ioc_remainder
                                                        : Reason::time_in_force;
        report(order, immediate ? OrderStep::canceled : OrderStep::expired, reason);
        remove(slot, market);
    }
}

// ---- fills against quotes ------------------------------------------------------------------------------------------

bool ReplayVenue::fill_quote(Market& market) {
    for (const std::uint32_t slot : market.orders) {
        if (try_quote(orders_[slot], slot, market)) { return true; }
    }
    return false;
}

// Returns true if something happened to the order.
bool ReplayVenue::try_quote(VenueOrder& order, std::uint32_t slot, Market& market) {
    const bool buy = order.is_buy();
    const Price price = buy ? market.quote.ask : market.quote.bid;
    if (price.is_zero()) { return false; }
    if (model::is_stop(order.terms.type) && !order.triggered) {
        if (!reaches_trigger(buy, price, order.terms.trigger)) {
            if (model::is_trailing(order.terms.type)) { move_trailing(order, price); }
            return false;
        }
        trigger(order, price);
        if (!is_market_like(order)) { return true; }
    }
    const TimeInForce tif = order.terms.time_in_force;
    const bool immediate = tif == TimeInForce::ioc || tif == TimeInForce::fok;
    const auto give_up = [&] {
        report(order, OrderStep::canceled, tif == TimeInForce::fok ? Reason::fok_not_fillable : Reason::ioc_remainder);
        remove(slot, market);
        return true;
    };
    const bool limited = !is_market_like(order);
    if (limited && !within_limit(buy, price, order.terms.price)) { return immediate ? give_up() : false; }
    Quantity& size = buy ? market.quote.ask_size : market.quote.bid_size;
    const bool sized = config_.quote_size_limits && size.lots != 0;  // 0: the source has no sizes; -1: all of it is taken
    if (sized && size.lots < 0) { return immediate ? give_up() : false; }
    if (sized && tif == TimeInForce::fok && size < order.leaves()) { return give_up(); }
    const Quantity quantity = sized ? std::min(size, order.leaves()) : order.leaves();
    const bool resting = limited && !order.marketable;
    const Quantity filled = order.filled;
    const bool done = execute(slot, market,
                              {resting ? order.terms.price : price, quantity, FillRule::quote,
                               resting ? LiquiditySide::maker : LiquiditySide::taker, !limited});
    const Quantity taken = order.filled - filled;
    if (sized) { size = size == taken ? Quantity{-1} : size - taken; }
    return done;
}

// ---- executions and reports ----------------------------------------------------------------------------------------

Quantity ReplayVenue::within_volume(const VenueOrder& order, Market& market) const {
    if (config_.volume_share.is_zero() || market.has_quotes || end_price_) { return order.leaves(); }
    if (market.volume_left.lots < 0) {
        const double volume = market.current->value.volume;
        const auto& instrument = universe_.at(order.terms.instrument);
        market.volume_left = volume > 0 ? instrument.floor_units(volume * config_.volume_share.to_double()) : Quantity{0};
    }
    return std::min(order.leaves(), market.volume_left);
}

Quantity& ReplayVenue::held(const VenueOrder& order, Market& market) {
    for (Held& one : market.held) {
        if (one.strategy == order.strategy && one.position == order.position) { return one.quantity; }
    }
    return market.held.emplace_back(order.strategy, order.position, Quantity{}).quantity;
}

// Fills as much as the bar's volume allows. Returns false if that is nothing. A reduce-only order never trades beyond the
// position that it closes; without one it ends.
bool ReplayVenue::execute(std::uint32_t slot, Market& market, Fill fill) {
    VenueOrder& order = orders_[slot];
    if (order.terms.reduce_only) {
        const Quantity position = held(order, market);
        const Quantity room = order.is_buy() ? -position : position;
        if (room.lots <= 0) {
            report(order, OrderStep::canceled, Reason::reduce_only_would_increase);
            remove(slot, market);
            return true;
        }
        fill.quantity = std::min(fill.quantity, room);
    }
    const Quantity allowed = within_volume(order, market);
    if (order.terms.time_in_force == TimeInForce::fok && allowed < order.leaves()) { return false; }
    const Quantity quantity = std::min(fill.quantity, allowed);
    if (quantity.lots <= 0) { return false; }
    if (!config_.volume_share.is_zero() && market.volume_left.lots >= 0) { market.volume_left -= quantity; }

    const auto& instrument = universe_.at(order.terms.instrument);
    Price price = fill.reference;
    if (fill.slips) {
        SlippageFacts facts{instrument, fill.reference, quantity, 0, 0};
        if (market.current != nullptr) {
            facts.volume = market.current->value.volume;
            facts.volatility = parkinson(market.current->value);
        }
        const Rate cost = Rate::of(config_.slippage->cost(facts));
        const Price worse{core::checked_narrow(apply_rate(Money{std::abs(fill.reference.raw)}, cost).raw)};
        price = order.is_buy() ? price + worse : price - worse;
    }
    const Money notional = abs(model::notional(price, quantity, instrument));
    const FeeFacts facts{instrument, price, quantity, notional, fill.liquidity, order.filled.is_zero(), traded_};
    order.filled += quantity;
    held(order, market) += order.is_buy() ? quantity : -quantity;
    traded_ += notional;

    Event event{EventKind::order, order.terms.instrument, now_, now_};
    event.report.order = order.id;
    event.report.strategy = order.strategy;
    event.report.position = order.position;
    event.report.revision = order.revision;
    event.report.step = OrderStep::filled;
    event.report.trade = TradeId{++trades_};
    event.report.quantity = quantity;
    event.report.price = price;
    event.report.reference = fill.reference;
    event.report.side = order.terms.side;
    event.report.fee = config_.fees->fee(facts);
    event.report.fee_currency = instrument.currency;
    event.report.liquidity = fill.liquidity;
    event.report.rule = fill.rule;
    push_report(event);
    if (order.leaves().is_zero()) {
        remove(slot, market);
    } else if (order.terms.reduce_only && held(order, market).is_zero()) {
        report(order, OrderStep::canceled, Reason::reduce_only_would_increase);
        remove(slot, market);
    }
    return true;
}

// The ledger's rules for splits, renames and delistings, for what reduce-only orders may still close.
void ReplayVenue::change_positions(InstrumentId instrument, const model::CorporateAction& action) {
    Market& market = markets_[instrument.value];
    switch (action.kind) {
        case model::CorporateActionKind::split:
            for (Held& one : market.held) {
                const core::int128 lots = static_cast<core::int128>(one.quantity.lots) * action.numerator;
                one.quantity = Quantity{core::checked_narrow(lots / action.denominator)};
            }
            break;
        case model::CorporateActionKind::rename: {
            auto& target = markets_[action.successor.value].held;
            target.insert(target.end(), market.held.begin(), market.held.end());
            market.held.clear();
            break;
        }
        case model::CorporateActionKind::delisting: market.held.clear(); break;
        case model::CorporateActionKind::dividend: break;
    }
}

void ReplayVenue::report(const VenueOrder& order, OrderStep step, Reason reason) {
    Event event{EventKind::order, order.terms.instrument, now_, now_};
    event.report.order = order.id;
    event.report.strategy = order.strategy;
    event.report.step = step;
    event.report.reason = reason;
    event.report.revision = order.revision;
    if (step == OrderStep::accepted) { event.report.venue_order = VenueOrderId{order.id.value}; }
    if (step == OrderStep::replaced) {
        event.report.quantity = order.terms.quantity;
        event.report.price = order.terms.price;
    }
    if (step == OrderStep::replaced || step == OrderStep::triggered ||
        (step == OrderStep::accepted && model::is_trailing(order.terms.type))) {
        event.report.trigger = order.terms.trigger;
    }
    push_report(event);
}

void ReplayVenue::reject(OrderId id, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason) {
    Event event{EventKind::order, instrument, now_, now_};
    event.report.order = id;
    event.report.strategy = strategy;
    event.report.step = step;
    event.report.reason = reason;
    push_report(event);
}

void ReplayVenue::push_report(Event& event) {
    event.sequence = ++sequence_;
    last_report_ = std::max(last_report_, now_ + config_.latency->response(event.sequence));
    event.ts_init = last_report_;
    outbox_.push(event);
}

}  // namespace walras::backtest
