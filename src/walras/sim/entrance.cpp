#include "walras/sim/entrance.hpp"

#include <algorithm>

namespace walras::sim {

std::string_view to_string(Refusal r) {
    switch (r) {
        case Refusal::insufficient_cash: return "insufficient_cash";
        case Refusal::insufficient_shares: return "insufficient_shares";
        case Refusal::short_limit: return "short_limit";
        case Refusal::long_limit: return "long_limit";
        case Refusal::no_borrow: return "no_borrow";
        case Refusal::bad_price: return "bad_price";
        case Refusal::ticket_used: return "ticket_used";
    }
    return "?";
}

// ---- Entrance

void Entrance::clear() {
    sent_.clear();
    conditions_.clear();
    refusals_ = {};
}

void Entrance::open(const Group& group, const MarketView& view, std::span<const Agent> awake) {
    open_at(group, {view.tick, view.tick, view.tick}, awake);
}

void Entrance::open_at(const Group& group, const Stamp& stamp, std::span<const Agent> awake) {
    group_ = &group;
    tick_ = stamp.tick;
    draw_ = stamp.draw;
    stamp_ = stamp.number;
    awake_ = awake;
    indices_.resize(awake.size());
    words_.resize(awake.size());
    for (std::size_t i = 0; i < awake.size(); ++i) { indices_[i] = awake[i] - group.begin; }
    core::first_words({rules_->seed, group.stream, 0, draw_}, indices_, words_);
}

void Entrance::keep_by_chance(std::vector<Agent>& awake, double chance) {
    const auto below = static_cast<std::uint64_t>(chance * 0x1p32);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < awake.size(); ++i) {
        awake[kept] = awake[i];
        words_[kept] = words_[i];
        kept += static_cast<std::size_t>(words_[i][2] < below);
    }
    awake.resize(kept);
    words_.resize(kept);
    awake_ = awake;
}

void Entrance::send_cancel(Agent agent, Ticket& ticket, std::uint32_t key) {
    sent_.push_back({.id = ticket.id,
                     .agent = agent,
                     .key = key,
                     .symbol = ticket.symbol,
                     .side = ticket.side,
                     .is_cancel = true,
                     .limit = ticket.limit});
}

std::uint32_t Entrance::key_of(Agent agent) const {
    core::RandomWords words{};
    const std::uint32_t index = agent - group_->begin;
    core::first_words({rules_->seed, group_->stream, 0, draw_}, {&index, 1}, {&words, 1});
    return words[3];
}

void Entrance::expire(const Group& group, Agent from, Agent to, const MarketView& view) {
    group_ = &group;
    tick_ = view.tick;
    draw_ = view.tick;
    const std::size_t first = Population::ticket_index(group, from);
    const std::size_t last = Population::ticket_index(group, to);
    for (std::size_t i = first; i < last; ++i) {
        Ticket& ticket = population_->tickets[i];
        if (ticket.expires == 0 || ticket.expires > tick_ || !ticket.is_working()) { continue; }
        ticket.expires = 0;
        const auto agent = static_cast<Agent>(from + (i - first) / group.tickets);
        send_cancel(agent, ticket, key_of(agent));
    }
}

// ---- Trader

Trader::Trader(Entrance& entrance, const Group& group, Agent agent, const core::RandomWords& words)
    : entrance_(entrance),
      group_(&group),
      agent_(agent),
      holdings_(
          std::span(entrance.population_->holdings).subspan(Population::holding_index(group, agent), group.width)),
      tickets_(std::span(entrance.population_->tickets).subspan(Population::ticket_index(group, agent), group.tickets)),
      words_(&words),
      random_(core::RandomKey{}) {}

Money Trader::cash() const { return entrance_.population_->purses[agent_].cash; }
Money Trader::free_cash() const { return entrance_.population_->purses[agent_].free(); }

// Word 2 decides whether an agent wakes by chance and word 3 is its key.
double Trader::uniform() {
    if (used_ < 2) { return (*words_)[used_++] * 0x1p-32; }
    return random().uniform();
}

core::Random& Trader::random() {
    if (!has_random_) {
        random_ = core::Random::after_first_block(
            {entrance_.rules_->seed, group_->stream, agent_ - group_->begin, entrance_.draw_});
        has_random_ = true;
    }
    return random_;
}

bool Trader::buy(Ticks limit, Lots lots, std::uint32_t h, std::uint32_t t) {
    return send(OrderSide::buy, limit, lots, h, t, false);
}
bool Trader::sell(Ticks limit, Lots lots, std::uint32_t h, std::uint32_t t) {
    return send(OrderSide::sell, limit, lots, h, t, false);
}
bool Trader::take(OrderSide side, Ticks limit, Lots lots, std::uint32_t h, std::uint32_t t) {
    return send(side, limit, lots, h, t, true);
}
bool Trader::buy_now(const SymbolView& view, Lots lots, std::uint32_t h, std::uint32_t t) {
    const double from = view.ask != no_price ? view.price(view.ask) : view.last_price;
    return send(OrderSide::buy, view.at_most(from * (1 + entrance_.rules_->market_collar)), lots, h, t, true);
}
bool Trader::sell_now(const SymbolView& view, Lots lots, std::uint32_t h, std::uint32_t t) {
    const double from = view.bid != no_price ? view.price(view.bid) : view.last_price;
    return send(OrderSide::sell, view.at_least(from * (1 - entrance_.rules_->market_collar)), lots, h, t, true);
}

void Trader::cancel(std::uint32_t t) {
    Ticket& ticket = tickets_[t];
    if (ticket.is_working()) { entrance_.send_cancel(agent_, ticket, (*words_)[3]); }
}

void Trader::watch(const Condition& condition) { entrance_.conditions_.push_back({agent_, true, condition}); }
void Trader::unwatch(const Condition& condition) { entrance_.conditions_.push_back({agent_, false, condition}); }

// Of `lots`, as many as the limits allow if everything that works on this side fills; what is to be replaced may trade
// before it is canceled, so it counts.
Lots Trader::allowed(OrderSide side, Lots lots, const Holding& holding) const {
    if (side == OrderSide::sell) { return std::min(lots, holding.position - holding.selling + group_->max_short); }
    Lots buying = 0;
    for (const Ticket& other : tickets_) {
        if (other.is_working() && other.side == OrderSide::buy &&
            (group_->reach == Reach::one ||
             group_->holding_of(agent_, other.symbol) == static_cast<std::uint32_t>(&holding - holdings_.data()))) {
            buying += other.leaves;
        }
    }
    return std::min(lots, group_->max_long - holding.position - buying);
}

bool Trader::send(OrderSide side, Ticks limit, Lots lots, std::uint32_t h, std::uint32_t t, bool is_immediate) {
    Ticket& ticket = tickets_[t];
    const std::uint32_t symbol = group_->symbol_of(agent_, h);
    const bool replaces = ticket.is_working();
    if (replaces && !is_immediate && ticket.side == side && ticket.limit == limit && ticket.leaves == lots &&
        ticket.symbol == symbol) {
        if (group_->order_life > 0) {
            ticket.expires = static_cast<std::uint32_t>(entrance_.tick_ + group_->order_life);
        }
        return true;
    }
    const Population& population = *entrance_.population_;
    const OrderId id = population.ids.make(entrance_.stamp_, population.place_of(*group_, agent_, t));
    // One order a ticket and decision, and none before the end of the one but last is known.
    if (limit < 1 || ticket.id == id || (replaces && ticket.old_leaves > 0)) {
        entrance_.refuse(limit < 1 ? Refusal::bad_price : Refusal::ticket_used);
        return false;
    }
    Holding& holding = holdings_[h];
    lots = allowed(side, lots, holding);
    if (lots <= 0) {
        entrance_.refuse(side == OrderSide::buy  ? Refusal::long_limit
                         : group_->max_short > 0 ? Refusal::short_limit
                                                 : Refusal::insufficient_shares);
        return false;
    }
    Lots locate = 0;
    if (side == OrderSide::buy) {
        const Money needed = entrance_.rules_->reserve_of(symbol, limit, lots);
        if (needed > free_cash()) {
            entrance_.refuse(Refusal::insufficient_cash);
            return false;
        }
        entrance_.population_->purses[agent_].reserved += needed;
    } else {
        const Lots before = holding.short_need();
        holding.selling += lots;
        locate = holding.short_need() - before;
    }
    if (replaces) {
        entrance_.send_cancel(agent_, ticket, (*words_)[3]);
        ticket.old_id = ticket.id;
        ticket.old_limit = ticket.limit;
        ticket.old_leaves = ticket.leaves;
    }
    ticket.id = id;
    ticket.limit = limit;
    ticket.leaves = lots;
    ticket.side = side;
    ticket.symbol = symbol;
    const bool lives_on = is_immediate || group_->order_life == 0;
    ticket.expires = lives_on ? 0 : static_cast<std::uint32_t>(entrance_.tick_ + group_->order_life);
    entrance_.sent_.push_back({.id = ticket.id,
                               .agent = agent_,
                               .key = (*words_)[3],
                               .symbol = symbol,
                               .side = side,
                               .is_immediate = is_immediate,
                               .limit = limit,
                               .lots = lots,
                               .locate = locate});
    return true;
}

}  // namespace walras::sim
