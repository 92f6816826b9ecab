#include "walras/sim/market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "walras/core/error.hpp"
#include "walras/core/hash.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/average_cost.hpp"

namespace walras::sim {
namespace {

constexpr Agent piece_agents = 2048;
constexpr std::size_t kept_candles = 200;
constexpr std::uint32_t outside_stream = 0x6f757400;

MarketConfig checked(const MarketConfig& config) {
    config.validate();
    return config;
}

}  // namespace

Market::Market(const MarketConfig& config, int threads)
    : config_(checked(config)),
      population_(config_),
      rules_{config_.seed, config_.market_collar, config_.taker_fee, {}},
      signals_(config_.symbols.size()),
      models_(config_.symbols.size(), config_.candle_ticks),
      view_(signals_, &models_),
      news_(config_),
      wake_index_({}, {}),
      pool_(threads) {
    const std::size_t symbols = config_.symbols.size();
    view_.symbols.resize(symbols);
    view_.candles.resize(symbols);
    view_.now = config_.start;
    symbols_.reserve(symbols);
    for (std::uint32_t s = 0; s < symbols; ++s) {
        const SymbolConfig& spec = config_.symbols[s];
        rules_.tick_size.push_back(spec.tick_size);
        view_.symbols[s].tick_size = spec.tick_size.to_double();
        view_.symbols[s].tick_raw = spec.tick_size.raw;
        view_.sectors.push_back(spec.sector);
        view_.candles[s].reserve(2 * kept_candles);
        symbols_.push_back(std::make_unique<SymbolMarket>(config_, s, population_));
        symbols_[s]->show(view_.symbols[s]);
    }
    news_.show(view_);
    wake_index_ = WakeIndex(view_.symbols, view_.sectors);
    for (Group& group : population_.groups) {
        group.kind->start({config_, group, population_, signals_, models_, view_, wake_index_});
    }
    signals_.open();
    if (config_.features) { models_.extract_all(); }
    make_pieces();
    if (config_.clock == Clock::events) { events_ = std::make_unique<EventLoop>(*this); }
}

void Market::make_pieces() {
    for (std::uint32_t g = 0; g < population_.groups.size(); ++g) {
        const Group& group = population_.groups[g];
        const Agent many = group.kind->is_parallel() ? piece_agents : std::max<Agent>(1, group.size());
        for (Agent from = group.begin; from < group.end; from += std::min(many, group.end - from)) {
            (group.kind->is_parallel() ? parallel_pieces_ : serial_pieces_).push_back(pieces_.size());
            pieces_.push_back({.group = g,
                               .begin = from,
                               .end = from + std::min(many, group.end - from),
                               .entrance = Entrance(population_, rules_)});
        }
    }
    for (Agent from = 0; from < population_.size(); from += SymbolMarket::shard_agents) {
        shards_.push_back({.begin = from,
                           .end = std::min(population_.size(), from + SymbolMarket::shard_agents),
                           .returned = std::vector<Lots>(symbols_.size())});
    }
}

std::uint32_t Market::outside_key(std::uint32_t participant) const {
    return static_cast<std::uint32_t>(core::Random({config_.seed, outside_stream, participant, view_.tick + 1}).bits());
}

void Market::step() {
    if (!is_between_ticks_) {
        throw ConfigError(
            fmt::format("This market stands in the middle of tick {}, where an attached function or a kind of agents "
                        "failed; go on from a checkpoint of before.",
                        view_.tick));
    }
    is_between_ticks_ = false;
    ++view_.tick;
    counts_ = {};
    if (events_) {
        step_by_events();
    } else {
        step_by_ticks();
    }
    end_step();
}

void Market::step_by_ticks() {
    view_.now = config_.start + DurationNs{config_.tick_length.ns * static_cast<std::int64_t>(view_.tick)};
    news_.step(view_);
    wake_index_.collect(view_, woken_);
    for (const std::size_t i : serial_pieces_) { decide(pieces_[i]); }
    pool_.run(parallel_pieces_.size(), [this](std::size_t i) { decide(pieces_[parallel_pieces_[i]]); });
    for (Piece& piece : pieces_) {
        counts_.awake += piece.awake.size();
        for (std::size_t r = 0; r < refusal_count; ++r) { counts_.refusals[r] += piece.entrance.refusals()[r]; }
        for (const ConditionChange& change : piece.entrance.conditions()) { wake_index_.apply(change); }
        for (MarketHook* hook : hooks_) { hook->on_orders(piece.by_symbol); }
    }
    pool_.run(symbols_.size(), [this](std::size_t s) { trade(static_cast<std::uint32_t>(s)); });
    pool_.run(shards_.size(), [this](std::size_t i) { settle(shards_[i], i); });
    for (const auto& symbol : symbols_) {
        for (auto& told : symbol->shards()) { told.clear(); }
    }
}

// The tick lies between two times; what happens in it is the loop's.
void Market::step_by_events() {
    const TimeNs end = config_.start + DurationNs{config_.tick_length.ns * static_cast<std::int64_t>(view_.tick)};
    news_.step(view_);
    wake_index_.collect(view_, woken_);
    for (std::uint32_t s = 0; s < symbols_.size(); ++s) {
        symbols_[s]->begin(view_.tick, view_.now);
        symbols_[s]->add_pool(view_);
        symbols_[s]->trade_outside();
        events_->deliver(s);
    }
    events_->wake_now(woken_, view_.now);
    events_->run(end);
    view_.now = end;
    news_.show(view_);  // what agents were told on the way was older
    for (std::uint32_t s = 0; s < symbols_.size(); ++s) { close_tick(s); }
}

void Market::end_step() {
    for (Shard& shard : shards_) {
        fees_ += shard.fees;
        shard.fees = {};
        for (std::size_t s = 0; s < symbols_.size(); ++s) {
            symbols_[s]->give_back(shard.returned[s]);
            shard.returned[s] = 0;
        }
    }
    for (const auto& symbol : symbols_) {
        fees_ += symbol->take_pool_fees();
        counts_.orders += symbol->orders();
        counts_.trades += symbol->tape().size();
        counts_.refusals[static_cast<std::size_t>(Refusal::no_borrow)] += symbol->no_borrow();
    }
    if (utc_day(view_.now) != utc_day(view_.now - config_.tick_length)) { charge_borrowing(); }
    totals_.awake += counts_.awake;
    totals_.orders += counts_.orders;
    totals_.trades += counts_.trades;
    for (std::size_t r = 0; r < refusal_count; ++r) { totals_.refusals[r] += counts_.refusals[r]; }
    is_between_ticks_ = true;
    for (MarketHook* hook : hooks_) {
        for (std::uint32_t s = 0; s < symbols_.size(); ++s) { hook->on_trades(s, symbols_[s]->tape()); }
        hook->on_tick(view_, counts_);
    }
}

// ---- decide

void Market::decide(Piece& piece) {
    const Group& group = population_.groups[piece.group];
    piece.entrance.clear();
    piece.awake.clear();
    if (group.order_life > 0) { piece.entrance.expire(group, piece.begin, piece.end, view_); }
    if (group.spec->tier == 2) {
        const auto first = std::lower_bound(woken_.begin(), woken_.end(), piece.begin);
        piece.awake.assign(first, std::lower_bound(first, woken_.end(), piece.end));
    } else if (view_.tick % group.wake.every == 0 && group.wake.chance > 0) {
        piece.awake.resize(piece.end - piece.begin);
        std::iota(piece.awake.begin(), piece.awake.end(), piece.begin);
    }
    if (!piece.awake.empty()) {
        piece.entrance.open(group, view_, piece.awake);
        if (group.spec->tier == 1 && group.wake.chance < 1) {
            piece.entrance.keep_by_chance(piece.awake, group.wake.chance);
        }
        if (!piece.awake.empty()) { group.kind->decide(view_, piece.awake, piece.entrance); }
    }
    sort_by_symbol(piece);
}

void Market::sort_by_symbol(Piece& piece) const {
    const core::BigVector<Sent>& sent = piece.entrance.sent();
    piece.starts.assign(symbols_.size() + 1, 0);
    for (const Sent& s : sent) { ++piece.starts[s.symbol + 1]; }
    std::partial_sum(piece.starts.begin(), piece.starts.end(), piece.starts.begin());
    piece.by_symbol.resize(sent.size());
    for (const Sent& s : sent) { piece.by_symbol[piece.starts[s.symbol]++] = s; }
    // Each start has moved to the next one's place.
    std::shift_right(piece.starts.begin(), piece.starts.end(), 1);
    piece.starts.front() = 0;
}

// ---- trade

void Market::trade(std::uint32_t s) {
    SymbolMarket& market = *symbols_[s];
    market.begin(view_.tick, view_.now);
    market.add_pool(view_);
    for (const Piece& piece : pieces_) {
        market.gather(std::span(piece.by_symbol).subspan(piece.starts[s], piece.starts[s + 1] - piece.starts[s]));
    }
    market.trade();
    close_tick(s);
}

void Market::close_tick(std::uint32_t s) {
    SymbolMarket& market = *symbols_[s];
    market.show(view_.symbols[s]);
    models_.update(s, view_.symbols[s], view_.sectors[s], view_.news, view_.tick);
    Candle candle;
    if (!market.close_candle(config_.candle_ticks, candle)) { return; }
    std::vector<Candle>& kept = view_.candles[s];
    if (kept.size() == 2 * kept_candles) { kept.erase(kept.begin(), kept.begin() + kept_candles); }
    kept.push_back(candle);
    signals_.update(s, candle);
}

// ---- settle

void Market::settle(Shard& shard, std::size_t index) {
    constexpr std::size_t ahead = 24;
    const Group* near = &population_.groups.front();
    const auto group_of = [&](Agent agent) -> const Group& {
        if (agent < near->begin || agent >= near->end) { near = &population_.group_of(agent); }
        return *near;
    };
    const auto expect = [&](const Settlement& next) __attribute__((always_inline)) {
        const Group& group = group_of(next.agent);
        const char* holding =
            reinterpret_cast<const char*>(&population_.holdings[Population::holding_index(group, next.agent)]);
        __builtin_prefetch(&population_.tickets[population_.ticket_of(group, next.agent, next.order)], 1);
        __builtin_prefetch(&population_.purses[next.agent].cash, 1);
        __builtin_prefetch(holding, 1);
        __builtin_prefetch(holding + sizeof(Holding) - 1, 1);
    };
    for (std::uint32_t s = 0; s < symbols_.size(); ++s) {
        const core::BigVector<Settlement>& told = symbols_[s]->shards()[index];
        const std::size_t size = told.size();
        for (std::size_t i = 0; i < std::min(ahead, size); ++i) { expect(told[i]); }
        for (std::size_t i = 0; i < size; ++i) {
            if (i + ahead < size) { expect(told[i + ahead]); }
            apply(shard, group_of(told[i].agent), told[i], s);
        }
    }
}

void Market::apply(Shard& shard, const Group& group, const Settlement& told, std::uint32_t s) {
    Holding& holding = population_.holdings[Population::holding_index(group, told.agent) +
                                            (group.reach == Reach::one ? 0 : group.holding_of(told.agent, s))];
    if (told.kind == Settlement::Kind::located) {
        holding.located += told.lots;
        return;
    }
    if (told.kind == Settlement::Kind::accepted) { return; }
    Ticket& ticket = population_.tickets[population_.ticket_of(group, told.agent, told.order)];
    const bool is_current = ticket.id == told.order;
    const Ticks limit = is_current ? ticket.limit : ticket.old_limit;
    (is_current ? ticket.leaves : ticket.old_leaves) -= told.lots;
    if (told.side == OrderSide::buy) {
        population_.purses[told.agent].reserved -= rules_.reserve_of(s, limit, told.lots);
    } else {
        holding.selling -= told.lots;
    }
    if (told.kind == Settlement::Kind::filled) {
        const Price price{told.price * rules_.tick_size[s].raw};
        const Quantity signed_lots{told.side == OrderSide::buy ? told.lots : -told.lots};
        const Money paid = model::notional(price, signed_lots, core::fixed_scale);
        const Money fee = apply_rate(abs(paid), told.is_maker ? config_.maker_fee : config_.taker_fee);
        population_.purses[told.agent].cash -= paid + fee;
        shard.fees += fee;
        Quantity position{holding.position};
        portfolio::trade_at_average_cost(position, holding.cost, signed_lots, price, paid, core::fixed_scale);
        holding.position = position.lots;
    }
    if (const Lots need = holding.short_need(); holding.located > need) {
        shard.returned[s] += holding.located - need;
        holding.located = need;
    }
}

// A day's fee on what is short, at the last prices.
void Market::charge_borrowing() {
    if (config_.borrow_rate.is_zero()) { return; }
    for (const Group& group : population_.groups) {
        if (group.max_short == 0) { continue; }
        for (Agent a = group.begin; a < group.end; ++a) {
            const std::span<const Holding> own = std::as_const(population_).holdings_of(group, a);
            for (std::uint32_t h = 0; h < group.width; ++h) {
                if (own[h].position >= 0) { continue; }
                const std::uint32_t s = group.symbol_of(a, h);
                const Money value = model::notional(Price{view_.symbols[s].last * rules_.tick_size[s].raw},
                                                    Quantity{-own[h].position}, core::fixed_scale);
                const Money fee = model::daily_interest(value, config_.borrow_rate, 365);
                population_.purses[a].cash -= fee;
                fees_ += fee;
            }
        }
    }
}

// ---- what it is

std::uint64_t Market::signature() const {
    core::RunningHash hash;
    hash.add(view_.tick);
    for (const auto& symbol : symbols_) { hash.add(symbol->hash()); }
    for (const Purse& purse : population_.purses) { hash.add(static_cast<std::uint64_t>(purse.cash.raw)); }
    return hash.value();
}

Money Market::equity(Agent agent) const {
    const Group& group = population_.group_of(agent);
    Money sum = population_.purses[agent].cash;
    const std::span<const Holding> own = population_.holdings_of(group, agent);
    for (std::uint32_t h = 0; h < group.width; ++h) {
        if (own[h].position == 0) { continue; }
        const std::uint32_t s = group.symbol_of(agent, h);
        sum += model::notional(Price{view_.symbols[s].last * rules_.tick_size[s].raw}, Quantity{own[h].position},
                               core::fixed_scale);
    }
    return sum;
}

Money Market::starting_equity(Agent agent) const {
    const Group& group = population_.group_of(agent);
    Money sum = group.cash;
    for (std::uint32_t h = 0; group.shares != 0 && h < group.width; ++h) {
        sum += model::notional(config_.symbols[group.symbol_of(agent, h)].initial_price, Quantity{group.shares},
                               core::fixed_scale);
    }
    return sum;
}

void Market::save(core::ArchiveWriter& out) const {
    out.value(view_.tick);
    out.value(view_.now);
    out.array(view_.symbols);
    for (const std::vector<Candle>& kept : view_.candles) { out.array(kept); }
    out.array(view_.news);
    population_.save(out);
    signals_.save(out);
    models_.save(out);
    news_.save(out);
    wake_index_.save(out);
    for (const auto& symbol : symbols_) { symbol->save(out); }
    out.value(counts_);
    out.value(totals_);
    out.value(fees_);
    if (events_) { events_->save(out); }
}

void Market::load(core::ArchiveReader& in) {
    in.value(view_.tick);
    in.value(view_.now);
    in.array(view_.symbols);
    if (view_.symbols.size() != symbols_.size()) {
        throw DataError("This checkpoint is of a market with other symbols; restore its own configuration.");
    }
    for (std::vector<Candle>& kept : view_.candles) { in.array(kept); }
    in.array(view_.news);
    population_.load(in);
    signals_.load(in);
    models_.load(in);
    news_.load(in);
    wake_index_.load(in);
    for (const auto& symbol : symbols_) { symbol->load(in); }
    in.value(counts_);
    in.value(totals_);
    in.value(fees_);
    if (events_) { events_->load(in); }
    if (in.left() > 0) { throw DataError("This checkpoint is longer than its market; it is damaged."); }
}

}  // namespace walras::sim
