// The stages of a bar. Each returns true if it made something happen and wants to be called again.
#include "walras/backtest/replay_venue.hpp"

#include <algorithm>

#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using model::Event;
using model::EventKind;
using model::FillRule;

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
    for (; quote_cursor_ < slice_->quotes.size(); ++quote_cursor_, quote_taken_ = false) {
        const data::QuoteRef& quote = slice_->quotes[quote_cursor_];
        Market& market = markets_[quote.instrument.value];
        if (!quote_taken_) {
            set_quote(market, quote->value);
            quote_taken_ = true;
        }
        if (fill_quote(market)) { return true; }
        for (const std::uint32_t slot : market.orders) { orders_[slot].marketable = false; }  // what is left rests
    }
    return announce_quotes();
}

bool ReplayVenue::run_closed() {
    playing_.clear();
    for (const data::BarRef& bar : slice_->bars) { playing_.push_back(bar.instrument); }
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
    const auto in_time = [&](OrderId id) { return id <= stage_last_id_; };
    const auto wants = [&](const Market& market) {
        if (market.has_quotes || std::ranges::none_of(market.wanted, in_time)) { return false; }
        const FillAt when = fill_at(market);
        if (stage_ == Stage::opening) {
            return !market.closes_only && !market.opened &&
                   (when == FillAt::next_open || when == FillAt::intrabar_path);
        }
        return stage_ == Stage::closed ? when == FillAt::this_close : when == FillAt::next_close;
    };
    // Twice: intents that reduce are priced first, those that they make room for after them.
    if (price_rounds_ >= 2) { return false; }
    std::size_t left = 0;
    for (const InstrumentId id : playing_) {
        const Market& market = markets_[id.value];
        if (wants(market)) { left += static_cast<std::size_t>(std::ranges::count_if(market.wanted, in_time)); }
    }
    if (left == 0) { return false; }
    const auto price_of = [&](const Market& market) {
        return kind == model::MarkKind::open ? market.current->value.open : market.current->value.close;
    };
    for (const InstrumentId id : playing_) {
        const Market& market = markets_[id.value];
        if (market.has_quotes || (stage_ == Stage::opening && market.closes_only) || price_rounds_ > 0) { continue; }
        push_mark(id, kind, price_of(market), OrderId{}, false);
    }
    priced_.clear();
    for (const InstrumentId id : playing_) {
        Market& market = markets_[id.value];
        if (!wants(market)) { continue; }
        for (const OrderId intent : market.wanted) {
            if (in_time(intent)) { push_mark(id, kind, price_of(market), intent, --left == 0); }
        }
        std::erase_if(market.wanted, in_time);
    }
    ++price_rounds_;
    return true;
}

// The same where quotes come: the standing quote prices at once.
bool ReplayVenue::announce_quotes() {
    quote_wanted_ = false;
    std::vector<InstrumentId> quoted;
    for (const InstrumentId id : waiting_) {
        const Market& market = markets_[id.value];
        const bool two_sided = market.quoted && !market.quote.bid.is_zero() && !market.quote.ask.is_zero();
        if (!market.wanted.empty() && two_sided && !quote_is_coming(id)) { quoted.push_back(id); }
    }
    priced_.clear();
    for (const InstrumentId id : quoted) {
        Market& market = markets_[id.value];
        for (const OrderId intent : market.wanted) {
            const bool is_last = id == quoted.back() && intent == market.wanted.back();
            push_mark(id, model::MarkKind::ask, market.quote.ask, intent, false);
            push_mark(id, model::MarkKind::bid, market.quote.bid, intent, is_last);
        }
        market.wanted.clear();
    }
    return !quoted.empty();
}

// With an intent the mark is executable. Intents are sized when all of them have a price (flag_last): what one frees
// another may need.
void ReplayVenue::push_mark(InstrumentId instrument, model::MarkKind kind, Price price, OrderId intent, bool is_last) {
    Event event{EventKind::mark, instrument, now_, now_};
    event.source = source();
    event.sequence = ++sequence_;
    event.mark.kind = kind;
    event.mark.price = price;
    if (!intent.is_none()) {
        event.mark.order = intent;
        event.flags = static_cast<std::uint8_t>(model::flag_executable | (is_last ? model::flag_last : 0));
        if (std::ranges::find(priced_, intent) == priced_.end()) { priced_.push_back(intent); }
    }
    outbox_.push(event);
}

}  // namespace walras::backtest
