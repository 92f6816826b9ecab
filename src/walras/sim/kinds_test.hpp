// A stage for one group of agents: a market's view set by hand, and what the agents send at it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/market_test.hpp"
#include "walras/sim/population.hpp"
#include "walras/sim/signals.hpp"
#include "walras/sim/wake_index.hpp"

namespace walras::sim {

inline GroupConfig group_of(const std::string& kind, std::map<std::string, core::Value> parameters = {},
                            std::uint32_t count = 1) {
    GroupConfig group;
    group.kind = kind;
    group.count = count;
    group.parameters = std::move(parameters);
    return group;
}

class Stage {
public:
    explicit Stage(const GroupConfig& group, std::size_t symbols = 1) : Stage(small_market({group}, symbols)) {}
    explicit Stage(const MarketConfig& given)
        : config(given),
          population(config),
          signals(config.symbols.size()),
          models(config.symbols.size(), config.candle_ticks),
          view(signals, &models),
          index({}, {}),
          rules{config.seed, config.market_collar, config.taker_fee, {}},
          entrance(population, rules) {
        view.symbols.resize(config.symbols.size());
        view.candles.resize(config.symbols.size());
        for (std::uint32_t s = 0; s < config.symbols.size(); ++s) {
            rules.tick_size.push_back(config.symbols[s].tick_size);
            view.sectors.push_back(config.symbols[s].sector);
            view.symbols[s].fair = view.symbols[s].fair_ahead = 100;
            price(100, s);
        }
        index = WakeIndex(view.symbols, view.sectors);
        Group& group = population.groups[0];
        group.kind->start({config, group, population, signals, models, view, index});
        signals.open();
    }

    // The last price, with a bid and an ask one tick away.
    void price(double p, std::uint32_t s = 0) {
        SymbolView& symbol = view.symbols[s];
        symbol.last = symbol.nearest(p);
        symbol.last_price = symbol.mid = p;
        symbol.bid = symbol.last - 1;
        symbol.ask = symbol.last + 1;
    }
    // A candle that closes at `close`, which is the price then.
    void candle(double close, std::uint32_t s = 0) {
        price(close, s);
        const Candle one{close, close, close, close, 1, close, view.tick};
        view.candles[s].push_back(one);
        signals.update(s, one);
    }
    void break_news(NewsKind kind, double magnitude, double sentiment, std::uint32_t s = 0) {
        view.news.push_back({.kind = kind,
                             .symbol = s,
                             .sector = view.sectors[s],
                             .magnitude = magnitude,
                             .sentiment = sentiment,
                             .tick = view.tick + 1,
                             .duration = 10});
    }

    // One tick in which everybody of tier 1 decides, and of tier 2 who is woken. What was sent without cancels.
    std::vector<Sent> tick() {
        ++view.tick;
        Group& group = population.groups[0];
        awake.clear();
        if (group.spec->tier == 2) {
            index.collect(view, awake);
        } else {
            for (Agent a = group.begin; a < group.end; ++a) { awake.push_back(a); }
        }
        entrance.clear();
        if (!awake.empty()) {
            entrance.open(group, view, awake);
            group.kind->decide(view, awake, entrance);
        }
        for (const ConditionChange& change : entrance.conditions()) { index.apply(change); }
        std::vector<Sent> out;
        for (const Sent& sent : entrance.sent()) {
            if (!sent.is_cancel) { out.push_back(sent); }
        }
        return out;
    }
    [[nodiscard]] std::size_t cancels() const {
        std::size_t n = 0;
        for (const Sent& sent : const_cast<Stage*>(this)->entrance.sent()) { n += sent.is_cancel ? 1 : 0; }
        return n;
    }

    // All of it trades at `p`.
    void fill(const Sent& sent, double p) {
        const Group& group = population.groups[0];
        Holding& own = holding(group.holding_of(sent.agent, sent.symbol), sent.agent);
        if (sent.side == OrderSide::buy) {
            own.position += sent.lots;
            own.cost += Money::of(p * static_cast<double>(sent.lots));
        } else {
            own.cost = own.position == 0 ? Money{} : Money{own.cost.raw / own.position * (own.position - sent.lots)};
            own.position -= sent.lots;
        }
        end(sent);
    }
    // It is over without a trade.
    void end(const Sent& sent) {
        const Group& group = population.groups[0];
        if (sent.side == OrderSide::sell) {
            holding(group.holding_of(sent.agent, sent.symbol), sent.agent).selling -= sent.lots;
        }
        Ticket& ticket = population.tickets[population.ticket_of(population.group_of(sent.agent), sent.agent, sent.id)];
        if (ticket.id == sent.id) { ticket.leaves = 0; }
    }
    Holding& holding(std::uint32_t h = 0, Agent agent = 0) {
        return population.holdings[Population::holding_index(population.groups[0], agent) + h];
    }

    MarketConfig config;
    Population population;
    SignalBoard signals;
    ModelBoard models;
    MarketView view;
    WakeIndex index;
    EntranceRules rules;
    Entrance entrance;
    std::vector<Agent> awake;
};

}  // namespace walras::sim
