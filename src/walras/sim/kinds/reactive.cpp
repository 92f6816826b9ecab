#include "walras/sim/kinds/reactive.hpp"

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"

namespace walras::sim {

void Reactive::Levels::add_below(Ticks level, Ticks last) {
    if (level > 0 && level < last) { below = std::max(below, level); }
}
void Reactive::Levels::add_above(Ticks level, Ticks last) {
    if (level > last) { above = above == 0 ? level : std::min(above, level); }
}

Ticks Reactive::Look::entry() const {
    if (has(Rule::buy)) { return symbol.at_most(initial * of(Rule::buy)); }
    if (highest == 0) { return 0; }
    const double top = symbol.price(highest);
    if (has(Rule::dip)) { return symbol.at_most(top * (1 - of(Rule::dip))); }
    if (has(Rule::breakout)) { return std::max(highest + 1, symbol.at_least(top * (1 + of(Rule::breakout)))); }
    return 0;
}

void Reactive::start(const StartContext& context) {
    const Group& group = context.group;
    longest_ = group.max_long;
    initial_.clear();
    for (const SymbolConfig& symbol : context.config.symbols) { initial_.push_back(symbol.initial_price.to_double()); }
    traits_.assign(group.size(), {});
    states_.assign(group.size(), {});
    const bool moves = rules_.of(Rule::dip).is_on || rules_.of(Rule::breakout).is_on || rules_.of(Rule::premium).is_on;
    for (std::uint32_t i = 0; i < group.size(); ++i) {
        core::Random random = life_draws(context, i);
        Trait& trait = traits_[i];
        // All are drawn, so that a rule more leaves the others as they are.
        for (std::size_t r = 0; r < rule_count; ++r) {
            const RuleRange& range = rules_.ranges[r];
            trait.of[r] = draw_between(random, range.least, range.most);
            if (range.is_on) { trait.has = static_cast<std::uint16_t>(trait.has | (1U << r)); }
        }
        const auto drop = [&trait](Rule rule) {
            trait.has = static_cast<std::uint16_t>(trait.has & ~(1U << static_cast<unsigned>(rule)));
        };
        const bool takes = random.uniform() < rules_.take_chance;
        if (rules_.of(Rule::take).is_on && rules_.of(Rule::sell).is_on) { drop(takes ? Rule::sell : Rule::take); }
        if (random.uniform() >= rules_.news_chance) { drop(Rule::magnitude); }

        const Agent agent = group.begin + i;
        const std::uint32_t s = group.symbol_of(agent, 0);
        const Look look = look_at(context.view, i, s, context.population.holdings_of(group, agent)[0]);
        State& state = states_[i];
        see(look, state);
        const Levels levels = next_levels(look, state);
        state.below = levels.below;
        state.above = levels.above;
        const auto wait = [&](const Condition& condition) { context.wake_index.apply({agent, true, condition}); };
        if (state.below > 0) { wait({.on = WakeOn::price_at_or_below, .symbol = s, .price = state.below}); }
        if (state.above > 0) { wait({.on = WakeOn::price_at_or_above, .symbol = s, .price = state.above}); }
        if (look.has(Rule::magnitude)) {
            wait({.on = WakeOn::news, .symbol = s, .magnitude = look.of(Rule::magnitude)});
        }
        if (look.has(Rule::enter_at)) {
            wait({.on = WakeOn::at_tick, .when = static_cast<std::uint64_t>(look.of(Rule::enter_at))});
        }
        if (leaves(look, state) || enters(look, state)) { wait({.on = WakeOn::at_tick, .when = 1}); }
        if (state.leave_tick > 0) { wait({.on = WakeOn::at_tick, .when = state.leave_tick}); }
        if (moves) { wait({.on = WakeOn::every_ticks, .when = 1 + i % rules_.refresh, .interval = rules_.refresh}); }
    }
}

void Reactive::load(core::ArchiveReader& in) {
    const std::size_t size = states_.size();
    in.array(states_);
    if (states_.size() != size) {
        throw DataError("This checkpoint is of another population; restore its own config.");
    }
}

Reactive::Look Reactive::look_at(const MarketView& view, std::uint32_t index, std::uint32_t s,
                                 const Holding& own) const {
    Look look{.symbol = view.symbols[s],
              .trait = traits_[index],
              .position = own.position,
              .tick = view.tick,
              .initial = initial_[s]};
    if (own.position > 0) { look.cost = own.cost.to_double() / static_cast<double>(own.position); }
    const std::vector<Candle>& candles = view.candles[s];
    if ((look.has(Rule::dip) || look.has(Rule::breakout)) && candles.size() >= rules_.window) {
        double top = 0;
        for (std::size_t i = candles.size() - rules_.window; i < candles.size(); ++i) {
            top = std::max(top, candles[i].high);
        }
        look.highest = look.symbol.nearest(top);
    }
    return look;
}

// What follows from the holding and the price alone.
void Reactive::see(const Look& look, State& state) {
    const Ticks last = look.symbol.last;
    state.high = look.position > 0 ? std::max(state.high, last) : 0;
    if (look.position <= 0) {
        state.leave_tick = 0;
    } else if (look.has(Rule::hold) && state.leave_tick == 0) {
        // It bought in the tick before it sees what it has.
        state.leave_tick = std::max<std::uint64_t>(look.tick, 1) - 1 + static_cast<std::uint64_t>(look.of(Rule::hold));
    }
    const Ticks entry = look.entry();
    if (entry > 0 && (look.enters_above() ? last < entry : last > entry)) { state.is_armed = 1; }
}

bool Reactive::leaves(const Look& look, const State& state) const {
    if (look.position <= 0) { return false; }
    const double price = look.symbol.last_price;
    const auto rises = [&](Rule rule, double from, double base) {
        return look.has(rule) && look.symbol.last >= look.symbol.at_least(from * (base + look.of(rule)));
    };
    const auto falls = [&](Rule rule, double from) {
        return look.has(rule) && look.symbol.last <= look.symbol.at_most(from * (1 - look.of(rule)));
    };
    return price > 0 &&
           (falls(Rule::stop, look.cost) || falls(Rule::trail, look.symbol.price(state.high)) ||
            rises(Rule::take, look.cost, 1) || rises(Rule::sell, look.initial, 0) ||
            rises(Rule::premium, look.symbol.fair, 1) || (state.leave_tick > 0 && look.tick >= state.leave_tick));
}

Reactive::Levels Reactive::next_levels(const Look& look, const State& state) {
    const SymbolView& symbol = look.symbol;
    const Ticks last = symbol.last;
    Levels levels;
    if (look.position > 0) {
        if (look.has(Rule::stop)) { levels.add_below(symbol.at_most(look.cost * (1 - look.of(Rule::stop))), last); }
        if (look.has(Rule::take)) { levels.add_above(symbol.at_least(look.cost * (1 + look.of(Rule::take))), last); }
        if (look.has(Rule::sell)) { levels.add_above(symbol.at_least(look.initial * look.of(Rule::sell)), last); }
        if (look.has(Rule::premium)) {
            levels.add_above(symbol.at_least(symbol.fair * (1 + look.of(Rule::premium))), last);
        }
        if (look.has(Rule::trail)) {
            const double high = symbol.price(state.high);
            levels.add_below(symbol.at_most(high * (1 - look.of(Rule::trail))), last);
            levels.add_above(std::max(state.high + 1, symbol.at_least(high * (1 + look.of(Rule::trail) / 10))), last);
        }
    }
    if (const Ticks entry = look.entry(); entry > 0) {
        const bool is_armed = state.is_armed != 0;
        if (look.enters_above()) {
            is_armed ? levels.add_above(entry, last) : levels.add_below(entry - 1, last);
        } else {
            is_armed ? levels.add_below(entry, last) : levels.add_above(entry + 1, last);
        }
    }
    return levels;
}

Lots Reactive::order_of(const Look& look) const {
    return std::max<Lots>(1, static_cast<Lots>(std::floor(static_cast<double>(longest_) * look.of(Rule::order) + .5)));
}

bool Reactive::hear_news(const MarketView& view, const Look& look, Trader& trader) const {
    if (!look.has(Rule::magnitude)) { return false; }
    const std::uint32_t s = trader.symbol();
    for (const NewsEvent& event : view.news) {
        if (event.tick != view.tick || event.magnitude < look.of(Rule::magnitude) || event.sentiment == 0 ||
            !event.concerns(s, view.sectors[s])) {
            continue;
        }
        const auto lots =
            static_cast<Lots>(std::floor(static_cast<double>(order_of(look)) * look.of(Rule::multiplier) + .5));
        if (event.sentiment > 0) { return trader.buy_now(look.symbol, lots); }
        return look.position > 0 && trader.sell_now(look.symbol, std::min(lots, look.position));
    }
    return false;
}

bool Reactive::enters(const Look& look, const State& state) {
    if (state.is_armed == 0) { return false; }
    const Ticks entry = look.entry();
    const Ticks last = look.symbol.last;
    return (entry > 0 && (look.enters_above() ? last >= entry : last <= entry)) ||
           (look.has(Rule::enter_at) && static_cast<double>(look.tick) >= std::floor(look.of(Rule::enter_at)));
}

bool Reactive::enter(const Look& look, State& state, Trader& trader) const {
    if (!enters(look, state)) { return false; }
    state.is_armed = 0;
    return trader.buy_now(look.symbol, order_of(look));
}

void Reactive::decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) {
    for (std::size_t i = 0; i < awake.size(); ++i) {
        Trader trader = entrance.trader(i);
        const std::uint32_t s = trader.symbol();
        State& state = states_[trader.index()];
        const Look look = look_at(view, trader.index(), s, trader.holding());
        const std::uint64_t had_to_leave = state.leave_tick;
        see(look, state);
        bool is_sent = false;
        if (leaves(look, state)) {
            trader.sell_now(look.symbol, look.position);
            is_sent = true;
        } else {
            is_sent = hear_news(view, look, trader) || enter(look, state, trader);
        }
        // What came of it shows in the next tick; then levels follow from the new cost.
        if (is_sent) { trader.watch({.on = WakeOn::at_tick, .when = view.tick + 1}); }
        if (state.leave_tick > had_to_leave) { trader.watch({.on = WakeOn::at_tick, .when = state.leave_tick}); }
        const Levels next = next_levels(look, state);
        const auto move = [&](Ticks& level, Ticks to, WakeOn on) {
            if (level == to) { return; }
            if (level > 0) { trader.unwatch({.on = on, .symbol = s, .price = level}); }
            if (to > 0) { trader.watch({.on = on, .symbol = s, .price = to}); }
            level = to;
        };
        move(state.below, next.below, WakeOn::price_at_or_below);
        move(state.above, next.above, WakeOn::price_at_or_above);
    }
}

}  // namespace walras::sim
