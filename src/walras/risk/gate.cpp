#include "walras/risk/gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::risk {

using model::Order;
using model::OrderSide;
using model::OrderType;
using model::Reason;
using portfolio::Portfolio;

namespace {

std::unexpected<Refusal> refuse(Reason reason, double value = 0, double limit = 0) {
    return std::unexpected(Refusal{reason, value, limit});
}

// Of linked orders on one side at most one trades in full: the largest counts for all of them.
bool is_linked(const Order& order) {
    return !order.list.is_none() &&
           (order.contingency == model::Contingency::oco || order.contingency == model::Contingency::ouo);
}

Quantity signed_by_side(const Order& order, Quantity lots) { return order.terms.side == OrderSide::buy ? lots : -lots; }

// What an order is valued at: its limit, else its trigger, else the last price.
Price valuation_price(const Order& order, const Portfolio& portfolio) {
    if (model::has_limit(order.terms.type) && !order.terms.price.is_zero()) { return order.terms.price; }
    if (!order.terms.trigger.is_zero()) { return order.terms.trigger; }
    return portfolio.last_price(order.terms.instrument);
}

}  // namespace

void RiskLimits::validate() const {
    if (max_order_quantity.lots < 0 || max_order_notional.raw < 0 || price_collar.raw < 0 || max_position.lots < 0 ||
        max_gross_exposure.raw < 0 || max_net_exposure.raw < 0 || max_orders_per_second < 0 ||
        max_reference_age.ns < 0 || max_daily_loss.raw < 0 || max_drawdown.raw < 0) {
        throw ConfigError("A risk limit is negative; give a positive value, or 0 to switch the limit off.");
    }
}

std::string describe(const Refusal& refusal) {
    if (refusal.limit == 0 && refusal.value == 0) { return std::string{model::describe(refusal.reason)}; }
    if (refusal.reason == Reason::leg_on_wrong_side) {
        return fmt::format("{} (given {}, entry {})", model::describe(refusal.reason), refusal.value, refusal.limit);
    }
    return fmt::format("{} (asked {}, limit {})", model::describe(refusal.reason), refusal.value, refusal.limit);
}

RiskGate::RiskGate(const model::Universe& universe, RiskLimits limits)
    : universe_(universe), limits_(limits), exposure_(universe.size()) {
    limits_.validate();
}

std::expected<model::Approved<Order>, Refusal> RiskGate::review(const Order& order, const Portfolio& portfolio,
                                                                TimeNs now) {
    if (const auto ok = check_terms(order, portfolio, now); !ok) { return std::unexpected(ok.error()); }
    if (order.terms.reduce_only && !closes(order, portfolio)) { return refuse(Reason::reduce_only_would_increase); }
    const bool reducing = order.terms.reduce_only || reduces(order, portfolio);
    if (const auto ok = check_trading_state(reducing); !ok) { return std::unexpected(ok.error()); }
    const Price price = valuation_price(order, portfolio);
    if (const auto ok = check_size(order, portfolio, price); !ok) { return std::unexpected(ok.error()); }
    if (!reducing) {
        if (const auto ok = check_position(order, portfolio); !ok) { return std::unexpected(ok.error()); }
        if (const auto ok = check_exposure(order, portfolio, price); !ok) { return std::unexpected(ok.error()); }
        if (limits_.check_buying_power) {
            const auto account = portfolio.account_of(order.terms.instrument);
            const bool is_cash = portfolio.config(account).kind == portfolio::AccountKind::cash;
            if (!can_judge(order, portfolio, !is_cash)) { return refuse(Reason::no_reference_price); }
            const auto ok = is_cash ? check_cash(order, portfolio, price) : check_margin(order, portfolio, price);
            if (!ok) { return std::unexpected(ok.error()); }
        }
    }
    if (const auto ok = check_rate(now); !ok) { return std::unexpected(ok.error()); }
    return model::Approved<Order>(order);
}

std::expected<model::Approved<model::Replace>, Refusal> RiskGate::review(const model::Replace& replace,
                                                                         const Order& order, const Portfolio& portfolio,
                                                                         TimeNs now) {
    Order changed = order;
    if (!replace.quantity.is_zero()) { changed.terms.quantity = replace.quantity; }
    if (!replace.price.is_zero()) { changed.terms.price = replace.price; }
    if (!replace.trigger.is_zero()) { changed.terms.trigger = replace.trigger; }
    if (changed.leaves().lots <= 0) {
        return refuse(Reason::replace_below_filled, static_cast<double>(changed.terms.quantity.lots),
                      static_cast<double>(order.filled.lots));
    }
    // The order as it stands is set aside, so that only the change counts.
    const Quantity open = order.signed_leaves();
    track(order, open, Quantity{0});
    const auto verdict = review(changed, portfolio, now);
    track(order, Quantity{0}, open);
    if (!verdict) { return std::unexpected(verdict.error()); }
    return model::Approved<model::Replace>(replace);
}

void RiskGate::track(const Order& order, Quantity before, Quantity after) {
    if (order.terms.reduce_only) { return; }
    Exposure& exposure = exposure_[order.terms.instrument.value];
    const Quantity change = is_linked(order) ? track_linked(order, abs(after)) : abs(after) - abs(before);
    (order.terms.side == OrderSide::buy ? exposure.open_buys : exposure.open_sells) += change;
    if (std::ranges::find(traded_, order.terms.instrument) == traded_.end()) {
        traded_.push_back(order.terms.instrument);
    }
}

Quantity RiskGate::largest(const Siblings& siblings) {
    Quantity most{};
    for (const auto& [order, leaves] : siblings) { most = std::max(most, leaves); }
    return most;
}

// Returns by how much the largest of the siblings has changed.
Quantity RiskGate::track_linked(const Order& order, Quantity leaves) {
    const auto key = std::tuple{order.list, order.terms.instrument, order.terms.side};
    Siblings& siblings = linked_[key];
    const Quantity before = largest(siblings);
    std::erase_if(siblings, [&](const auto& member) { return member.first == order.id; });
    if (!leaves.is_zero()) { siblings.emplace_back(order.id, leaves); }
    const Quantity after = largest(siblings);
    if (siblings.empty()) { linked_.erase(key); }
    return after - before;
}

Quantity RiskGate::added(const Order& order) const {
    if (!is_linked(order)) { return order.leaves(); }
    const auto found = linked_.find({order.list, order.terms.instrument, order.terms.side});
    const Quantity counted = found == linked_.end() ? Quantity{} : largest(found->second);
    return std::max(order.leaves(), counted) - counted;
}

void RiskGate::watch(Money equity, TimeNs now) {
    const std::int64_t day = utc_day(now);
    if (day != day_) {
        day_start_ = day_ == INT64_MIN ? equity : last_;  // what the day before left
        day_ = day;
        if (halt_ == Reason::daily_loss_halt) { halt_ = Reason::none; }
    }
    last_ = equity;
    peak_ = std::max(peak_, equity);
    if (halt_ == Reason::none && !limits_.max_daily_loss.is_zero() && day_start_ - equity > limits_.max_daily_loss) {
        halt_ = Reason::daily_loss_halt;
    }
    if (!limits_.max_drawdown.is_zero() && peak_ - equity > apply_rate(peak_, limits_.max_drawdown)) {
        halt_ = Reason::drawdown_halt;
    }
}

RiskGate::Verdict RiskGate::check_trading_state(bool reduces) const {
    if (state_ == TradingState::halted) { return refuse(Reason::trading_halted); }
    if (reduces) { return {}; }
    if (state_ == TradingState::reducing) { return refuse(Reason::reducing_only); }
    if (halt_ != Reason::none) { return refuse(halt_); }
    return {};
}

RiskGate::Verdict RiskGate::check_terms(const Order& order, const Portfolio& portfolio, TimeNs now) const {
    const auto& terms = order.terms;
    if (!universe_.contains(terms.instrument)) { return refuse(Reason::unknown_instrument); }
    const auto& instrument = universe_.at(terms.instrument);
    if (terms.quantity < instrument.min_quantity || terms.quantity > instrument.max_quantity) {
        return refuse(Reason::invalid_quantity, static_cast<double>(terms.quantity.lots),
                      static_cast<double>(terms.quantity < instrument.min_quantity ? instrument.min_quantity.lots
                                                                                   : instrument.max_quantity.lots));
    }
    const bool wants_limit = model::has_limit(terms.type) && terms.type != OrderType::trailing_stop_limit;
    const bool wants_trigger =
        (model::is_stop(terms.type) && !model::is_trailing(terms.type)) || model::is_if_touched(terms.type);
    const auto bad = [&](Price p) { return p.is_zero() || (p.raw < 0 && !instrument.price_may_be_negative); };
    if (wants_limit ? bad(terms.price) : (!terms.price.is_zero() && !model::has_limit(terms.type))) {
        return refuse(Reason::invalid_price, terms.price.to_double());
    }
    if (wants_trigger && bad(terms.trigger)) { return refuse(Reason::invalid_trigger, terms.trigger.to_double()); }
    if (model::is_trailing(terms.type) && terms.trailing_offset <= 0) {
        return refuse(Reason::invalid_trigger, static_cast<double>(terms.trailing_offset) / 1e9);
    }
    if (wants_limit && !instrument.on_tick(terms.price)) {
        return refuse(Reason::off_tick, terms.price.to_double(), instrument.tick_size.to_double());
    }
    if (wants_trigger && !instrument.on_tick(terms.trigger)) {
        return refuse(Reason::off_tick, terms.trigger.to_double(), instrument.tick_size.to_double());
    }
    if ((terms.time_in_force == model::TimeInForce::gtd) != (terms.expire_time != time_max)) {
        return refuse(Reason::invalid_expiry);
    }
    if (terms.time_in_force == model::TimeInForce::gtd && terms.expire_time <= now) {
        return refuse(Reason::invalid_expiry);
    }
    if (instrument.expiry <= now) { return refuse(Reason::instrument_expired); }
    if (!portfolio.has_price(terms.instrument)) { return refuse(Reason::no_reference_price); }
    if (limits_.max_reference_age.ns > 0) {
        const DurationNs age = now - portfolio.last_price_time(terms.instrument);
        if (age > limits_.max_reference_age) {
            return refuse(Reason::stale_reference_price, static_cast<double>(age.ns) / 1e9,
                          static_cast<double>(limits_.max_reference_age.ns) / 1e9);
        }
    }
    if (!limits_.price_collar.is_zero()) {
        const Money reference{portfolio.last_price(terms.instrument).raw};
        const Money room = apply_rate(abs(reference), limits_.price_collar);
        for (const Price p : {terms.price, terms.trigger}) {
            if (!p.is_zero() && abs(Money{p.raw} - reference) > room) {
                return refuse(Reason::price_collar, p.to_double(), limits_.price_collar.to_double());
            }
        }
    }
    return {};
}

// Whether the order, and where asked the whole account, has a value in the account's currency.
bool RiskGate::can_judge(const Order& order, const Portfolio& portfolio, bool whole_account) const {
    const auto account = portfolio.account_of(order.terms.instrument);
    const auto currency = universe_.at(order.terms.instrument).currency;
    return portfolio.can_convert(currency, portfolio.config(account).base_currency) &&
           (!whole_account || portfolio.can_value(account));
}

RiskGate::Verdict RiskGate::check_size(const Order& order, const Portfolio& portfolio, Price price) const {
    if (!limits_.max_order_quantity.is_zero() && order.leaves() > limits_.max_order_quantity) {
        return refuse(Reason::max_order_quantity, static_cast<double>(order.leaves().lots),
                      static_cast<double>(limits_.max_order_quantity.lots));
    }
    if (!limits_.max_order_notional.is_zero()) {
        if (!can_judge(order, portfolio, false)) { return refuse(Reason::no_reference_price); }
        const auto& instrument = universe_.at(order.terms.instrument);
        const auto base = portfolio.config(portfolio.account_of(order.terms.instrument)).base_currency;
        const Money value =
            portfolio.convert(abs(model::notional(price, order.leaves(), instrument)), instrument.currency, base);
        if (value > limits_.max_order_notional) {
            return refuse(Reason::max_order_notional, value.to_double(), limits_.max_order_notional.to_double());
        }
    }
    return {};
}

bool RiskGate::closes(const Order& order, const Portfolio& portfolio) {
    const auto id = order.terms.instrument;
    const bool hedges = portfolio.config(portfolio.account_of(id)).mode == portfolio::PositionMode::hedging;
    Quantity held = portfolio.quantity(id, order.strategy);
    if (hedges) {
        const auto* position = portfolio.position(id, order.strategy, order.position);
        held = position == nullptr ? Quantity{} : position->quantity;
    }
    return order.terms.side == OrderSide::sell ? order.leaves() <= held : order.leaves() <= -held;
}

bool RiskGate::reduces(const Order& order, const Portfolio& portfolio) const {
    const auto id = order.terms.instrument;
    const Quantity held = portfolio.net_quantity(id);
    const Exposure& open = exposure_[id.value];
    if (order.terms.side == OrderSide::sell) { return held.lots > 0 && added(order) + open.open_sells <= held; }
    return held.lots < 0 && added(order) + open.open_buys <= -held;
}

Quantity RiskGate::worst_quantity(InstrumentId instrument, const Portfolio& portfolio, Quantity extra) const {
    const Exposure& open = exposure_[instrument.value];
    const Quantity held = portfolio.net_quantity(instrument);
    const Quantity most = held + open.open_buys + (extra.lots > 0 ? extra : Quantity{0});
    const Quantity least = held - open.open_sells + (extra.lots < 0 ? extra : Quantity{0});
    return std::max(abs(most), abs(least));
}

// The same for what an order leads to: one that turns a position around closes it first, so that what is held now, and
// perhaps has outgrown the account, is not what the order asks for.
Quantity RiskGate::worst_with(const Order& order, const Portfolio& portfolio) const {
    const auto id = order.terms.instrument;
    const Quantity held = portfolio.net_quantity(id);
    const Quantity extra = signed_by_side(order, added(order));
    const Exposure& open = exposure_[id.value];
    if (held.lots < 0 && extra.lots > 0 && open.open_sells.is_zero()) { return abs(held + open.open_buys + extra); }
    if (held.lots > 0 && extra.lots < 0 && open.open_buys.is_zero()) { return abs(held - open.open_sells + extra); }
    return worst_quantity(id, portfolio, extra);
}

RiskGate::Verdict RiskGate::check_position(const Order& order, const Portfolio& portfolio) const {
    if (limits_.max_position.is_zero()) { return {}; }
    const Quantity worst = worst_quantity(order.terms.instrument, portfolio, signed_by_side(order, added(order)));
    if (worst > limits_.max_position) {
        return refuse(Reason::max_position, static_cast<double>(worst.lots),
                      static_cast<double>(limits_.max_position.lots));
    }
    return {};
}

RiskGate::Verdict RiskGate::check_exposure(const Order& order, const Portfolio& portfolio, Price price) const {
    if (limits_.max_gross_exposure.is_zero() && limits_.max_net_exposure.is_zero()) { return {}; }
    if (!can_judge(order, portfolio, true)) { return refuse(Reason::no_reference_price); }
    const auto id = order.terms.instrument;
    const auto account = portfolio.account_of(id);
    const auto base = portfolio.config(account).base_currency;
    Money gross{};
    Money longest{};   // net exposure if every open buy fills
    Money shortest{};  // net exposure if every open sell fills
    for (const auto& instrument : universe_) {
        const bool this_one = instrument.id == id;
        if (!portfolio.has_price(instrument.id) && !this_one) { continue; }
        const Price at = this_one ? price : portfolio.last_price(instrument.id);
        const Quantity extra = this_one ? signed_by_side(order, added(order)) : Quantity{0};
        const Exposure& open = exposure_[instrument.id.value];
        const Quantity held = portfolio.net_quantity(instrument.id);
        const auto value = [&](Quantity q) {
            return q.is_zero() ? Money{}
                               : portfolio.convert(model::notional(at, q, instrument), instrument.currency, base);
        };
        gross += abs(value(worst_quantity(instrument.id, portfolio, extra)));
        longest += value(held + open.open_buys + (extra.lots > 0 ? extra : Quantity{0}));
        shortest += value(held - open.open_sells + (extra.lots < 0 ? extra : Quantity{0}));
    }
    if (!limits_.max_gross_exposure.is_zero() && gross > limits_.max_gross_exposure) {
        return refuse(Reason::max_gross_exposure, gross.to_double(), limits_.max_gross_exposure.to_double());
    }
    const Money net = std::max(abs(longest), abs(shortest));
    if (!limits_.max_net_exposure.is_zero() && net > limits_.max_net_exposure) {
        return refuse(Reason::max_net_exposure, net.to_double(), limits_.max_net_exposure.to_double());
    }
    return {};
}

Money RiskGate::open_buy_value(const Portfolio& portfolio, AccountId account) const {
    const auto base = portfolio.config(account).base_currency;
    Money total{};
    for (const InstrumentId id : traded_) {
        const Quantity buys = exposure_[id.value].open_buys;
        if (buys.is_zero() || portfolio.account_of(id) != account) { continue; }
        const auto& instrument = universe_.at(id);
        total +=
            portfolio.convert(model::notional(portfolio.last_price(id), buys, instrument), instrument.currency, base);
    }
    return total;
}

RiskGate::Verdict RiskGate::check_cash(const Order& order, const Portfolio& portfolio, Price price) const {
    const auto& instrument = universe_.at(order.terms.instrument);
    const auto account = portfolio.account_of(instrument.id);
    const Exposure& open = exposure_[instrument.id.value];
    if (order.terms.side == OrderSide::sell) {
        const Quantity wanted = open.open_sells + added(order);
        if (instrument.base && instrument.settlement == model::Settlement::full) {
            const Money held = portfolio.cash(*instrument.base, account);
            const Money needed{core::checked_mul(core::int128{wanted.lots}, core::int128{instrument.lot_size})};
            if (needed > held) { return refuse(Reason::shorting_not_allowed, needed.to_double(), held.to_double()); }
            return {};
        }
        const Quantity held = portfolio.net_quantity(instrument.id);
        if (wanted > held) {
            return refuse(Reason::shorting_not_allowed, instrument.units(wanted), instrument.units(held));
        }
        return {};
    }
    const auto base = portfolio.config(account).base_currency;
    // What its siblings have reserved already is its own as well.
    const Quantity reserved = order.leaves() - added(order);
    const Money value = model::notional(price, order.leaves(), instrument) -
                        model::notional(portfolio.last_price(instrument.id), reserved, instrument);
    const Money cost = portfolio.convert(value, instrument.currency, base);
    const Money available = portfolio.free_margin(account) - open_buy_value(portfolio, account);
    if (cost > available) { return refuse(Reason::buying_power, cost.to_double(), available.to_double()); }
    return {};
}

RiskGate::Verdict RiskGate::check_margin(const Order& order, const Portfolio& portfolio, Price price) const {
    const auto id = order.terms.instrument;
    const auto account = portfolio.account_of(id);
    const auto base = portfolio.config(account).base_currency;
    // Margin of positions alone is the portfolio's; open orders add what they could make worse, instrument by
    // instrument.
    Money required = portfolio.initial_margin(account);
    const auto margin = [&](InstrumentId of, Price at, Quantity lots) {
        const auto& instrument = universe_.at(of);
        const Money value = portfolio.convert(abs(model::notional(at, lots, instrument)), instrument.currency, base);
        return apply_rate(value, portfolio.initial_margin_rate(of, account));
    };
    bool seen = false;
    for (const InstrumentId other : traded_) {
        if (portfolio.account_of(other) != account) { continue; }
        const bool this_one = other == id;
        seen = seen || this_one;
        const Quantity worst = this_one ? worst_with(order, portfolio) : worst_quantity(other, portfolio, Quantity{0});
        const Quantity held = abs(portfolio.net_quantity(other));
        if (worst == held || !portfolio.has_price(other)) { continue; }
        const Price at = this_one ? price : portfolio.last_price(other);
        required += margin(other, at, worst) - margin(other, portfolio.last_price(other), held);
    }
    if (!seen) {
        const Quantity worst = worst_with(order, portfolio);
        const Quantity held = abs(portfolio.net_quantity(id));
        required += margin(id, price, worst) - margin(id, portfolio.last_price(id), held);
    }
    const Money equity = portfolio.equity(account);
    if (required > equity) { return refuse(Reason::buying_power, required.to_double(), equity.to_double()); }
    return {};
}

RiskGate::Verdict RiskGate::check_rate(TimeNs now) {
    if (limits_.max_orders_per_second == 0) { return {}; }
    while (!recent_.empty() && now - recent_.front() >= seconds(1)) { recent_.pop_front(); }
    if (recent_.size() >= static_cast<std::size_t>(limits_.max_orders_per_second)) {
        return refuse(Reason::order_rate, static_cast<double>(recent_.size() + 1), limits_.max_orders_per_second);
    }
    recent_.push_back(now);
    return {};
}

}  // namespace walras::risk
