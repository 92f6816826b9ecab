#include "walras/sim/symbol_market.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "walras/book/matching_engine_impl.hpp"

namespace walras::sim {
namespace {

book::MatchingEngineConfig engine_config(const MarketConfig& config, std::uint32_t s, const Population& population) {
    const SymbolConfig& symbol = config.symbols[s];
    book::MatchingEngineConfig out;
    out.tick_size = symbol.tick_size;
    out.auction_rule = config.auction_rule;
    out.tracks_positions = false;
    out.direct_slots = population.direct_places[s];
    out.direct_bits = population.ids.bits;
    out.expected_orders = 1024;
    // Private ideas of value spread over tens of percent: prices within about 80 % of the initial one cost O(1).
    const auto initial = static_cast<std::size_t>(symbol.initial_price.raw / symbol.tick_size.raw);
    out.window_ticks = std::clamp<std::size_t>(std::bit_ceil(2 * initial), 4096, 65'536);
    return out;
}

}  // namespace

SymbolMarket::SymbolMarket(const MarketConfig& config, std::uint32_t symbol, const Population& population)
    : engine_(engine_config(config, symbol, population)),
      tick_(config.symbols[symbol].tick_size),
      scale_(tick_),
      mechanism_(config.mechanism),
      shard_agents_(config.clock == Clock::ticks ? shard_agents : UINT32_MAX),
      tells_accepted_(config.clock == Clock::events),
      shards_(population.size() / shard_agents_ + 1),
      pool_(config, symbol) {
    order_.terms.type = model::OrderType::limit;
    const SymbolConfig& spec = config.symbols[symbol];
    last_ = spec.initial_price.raw / tick_.raw;
    engine_.set_reference_price(Price{last_ * tick_.raw});
    locates_ = static_cast<Lots>(apply_rate(Money{spec.shares_outstanding.lots}, config.borrow_pool).raw);
}

void SymbolMarket::begin(std::uint64_t tick, TimeNs now) {
    tick_number_ = tick;
    inbox_.clear();
    tape_.clear();
    outside_log_.clear();
    no_borrow_ = 0;
    orders_ = 0;
    volume_ = 0;
    net_flow_ = 0;
    notional_ = 0;
    trades_ = 0;
    engine_.advance_to(now, *this);
}

void SymbolMarket::add_pool(const MarketView& view) {
    for (const PoolOrder& order : pool_.act(view)) {
        OutsideCommand command{.key = order.key};
        if (order.is_cancel) {
            command.kind = OutsideCommand::Kind::cancel;
            command.change.order = order.id;
        } else {
            command.order.id = order.id;
            command.order.terms.side = order.side;
            command.order.terms.type = model::OrderType::limit;
            command.order.terms.quantity = Quantity{order.lots};
            command.order.terms.price = Price{order.limit * tick_.raw};
        }
        add_outside(command);
    }
}

// By key; of one agent its cancels first, then what it sent first.
void SymbolMarket::sort() {
    const std::size_t n = inbox_.size() + outside_.size();
    places_.resize(n);
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        places_[i] = {(inbox_[i].key & ~1U) | (inbox_[i].is_cancel ? 0U : 1U), static_cast<std::uint32_t>(i)};
    }
    for (std::size_t i = 0; i < outside_.size(); ++i) {
        places_[inbox_.size() + i] = {outside_[i].key, static_cast<std::uint32_t>(inbox_.size() + i)};
    }
    if (n < 256) {
        std::sort(places_.begin(), places_.end(),
                  [](const Place& a, const Place& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; });
        return;
    }
    // Keys are drawn uniformly: by their first digit, with about as many digits as places, they are almost in order,
    // and each is a place or two away from its own. Equal keys stay in order.
    const int bits = std::min(static_cast<int>(std::bit_width(n)), 16);
    starts_.assign((std::size_t{1} << bits) + 1, 0);
    const auto digit = [bits](const Place& p) { return p.key >> (32 - bits); };
    for (const Place& p : places_) { ++starts_[digit(p) + 1]; }
    std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
    scratch_.resize(n);
    for (const Place& p : places_) { scratch_[starts_[digit(p)]++] = p; }
    places_.swap(scratch_);
    for (std::size_t i = 1; i < n; ++i) {
        const Place p = places_[i];
        std::size_t to = i;
        for (; to > 0 && places_[to - 1].key > p.key; --to) { places_[to] = places_[to - 1]; }
        places_[to] = p;
    }
}

// What the next messages need is on its way while this one is worked on. Inline: see MatchingEngine::expect.
[[gnu::always_inline]] inline void SymbolMarket::look_ahead(std::size_t i) const {
    constexpr std::size_t far = 48, middle = 36, near = 24, next = 12;
    const std::size_t agents = inbox_.size();
    const auto at = [&](std::size_t k) -> const Sent* {
        return k < places_.size() && places_[k].index < agents ? &inbox_[places_[k].index] : nullptr;
    };
    if (const Sent* sent = at(i + far)) { __builtin_prefetch(sent); }
    if (const Sent* sent = at(i + middle)) {
        engine_.expect(sent->id, book::OwnerId{sent->agent + 1}, sent->side, sent->limit);
    }
    if (const Sent* sent = at(i + near)) {
        if (sent->is_cancel) {
            engine_.expect_cancel_soon(sent->id);
        } else {
            engine_.expect_order_soon(sent->side, sent->limit);
        }
    }
    if (const Sent* sent = at(i + next); sent != nullptr && sent->is_cancel) { engine_.expect_cancel_next(sent->id); }
}

void SymbolMarket::trade() {
    sort();
    orders_ += places_.size();
    if (mechanism_ == Mechanism::auction) { engine_.open_auction(book::AuctionKind::volatility, *this); }
    const std::size_t agents = inbox_.size();
    for (std::size_t i = 0; i < places_.size(); ++i) {
        look_ahead(i);
        const std::uint32_t index = places_[i].index;
        if (index < agents) {
            send(inbox_[index]);
        } else {
            send(outside_[index - agents]);
        }
    }
    outside_.clear();
    if (mechanism_ == Mechanism::auction) {
        engine_.uncross(*this);
        for (const OrderId id : until_uncrossed_) { engine_.cancel(id, *this); }
        until_uncrossed_.clear();
    }
}

void SymbolMarket::send(const Sent& sent) {
    if (sent.is_cancel) {
        engine_.cancel(sent.id, *this);
        return;
    }
    const book::OwnerId owner{sent.agent + 1};
    if (sent.locate > 0) {
        if (sent.locate > locates_) {
            ++no_borrow_;
            tell(sent.id, owner, sent.side, Settlement::Kind::ended, sent.lots, 0, false);
            return;
        }
        locates_ -= sent.locate;
        tell(sent.id, owner, sent.side, Settlement::Kind::located, sent.locate, 0, false);
    }
    // Made once: an order of an agent is one of the same sort again and again.
    book::NewOrder& order = order_;
    order.id = sent.id;
    order.owner = owner;
    order.terms.side = sent.side;
    order.terms.time_in_force = model::TimeInForce::gtc;
    // A call collects: what should be immediate waits for the auction and is canceled behind it. By the ancestor's rule
    // all orders are.
    if (mechanism_ == Mechanism::auction) {
        if (sent.is_immediate || engine_.config().auction_rule == book::AuctionRule::weighted_reference) {
            until_uncrossed_.push_back(sent.id);
        }
    } else if (sent.is_immediate) {
        order.terms.time_in_force = model::TimeInForce::ioc;
    }
    order.terms.quantity = Quantity{sent.lots};
    order.terms.price = Price{sent.limit * tick_.raw};
    engine_.submit(order, *this);
}

void SymbolMarket::send_at(const Sent& sent, TimeNs now) {
    engine_.advance_to(now, *this);
    ++orders_;
    send(sent);
}

void SymbolMarket::trade_outside() {
    inbox_.clear();
    sort();
    for (const Place& place : places_) { send(outside_[place.index]); }
    outside_.clear();
}

void SymbolMarket::send(const OutsideCommand& command) {
    switch (command.kind) {
        case OutsideCommand::Kind::submit: engine_.submit(command.order, *this); return;
        case OutsideCommand::Kind::replace: engine_.replace(command.change, *this); return;
        case OutsideCommand::Kind::cancel: engine_.cancel(command.change.order, *this); return;
    }
}

void SymbolMarket::tell(OrderId order, book::OwnerId owner, OrderSide side, Settlement::Kind kind, Lots lots,
                        Ticks price, bool is_maker) {
    if (order.value >= pool_order) {
        if (order.value >= outside_order) { return; }
        if (kind == Settlement::Kind::filled) {
            pool_.fill(order, lots, price);
        } else if (kind == Settlement::Kind::ended) {
            pool_.end(order, lots);
        }
        return;
    }
    const Agent agent = owner.value - 1;
    // In place: a copy through the stack waits for its parts to be written.
    Settlement& told = shards_[agent / shard_agents_].emplace_back();
    told.order = order;
    told.agent = agent;
    told.kind = kind;
    told.is_maker = is_maker;
    told.side = side;
    told.lots = lots;
    told.price = price;
}

void SymbolMarket::on_match(const book::MatchEvent& e) {
    using Step = model::OrderStep;
    const std::array<std::uint64_t, 4> words{
        e.order.value, e.maker.value,
        static_cast<std::uint64_t>(e.price.raw) ^ (static_cast<std::uint64_t>(e.step) << 56),
        static_cast<std::uint64_t>(e.quantity.lots)};
    hash_.add_words(words.data(), sizeof words);
    if (e.order.value >= outside_order || e.maker.value >= outside_order) { outside_log_.push_back(e); }
    switch (e.step) {
        case Step::filled: {
            const Ticks price = ticks_of(e.price);
            const Lots lots = e.quantity.lots;
            const OrderSide other = e.side == OrderSide::buy ? OrderSide::sell : OrderSide::buy;
            tell(e.order, e.owner, e.side, Settlement::Kind::filled, lots, price, false);
            tell(e.maker, e.maker_owner, other, Settlement::Kind::filled, lots, price, true);
            TapeTrade& print = tape_.emplace_back();
            print.tick = tick_number_;
            print.price = price;
            print.lots = lots;
            print.taker = e.order;
            print.maker = e.maker;
            print.taker_owner = e.owner.value;
            print.maker_owner = e.maker_owner.value;
            print.aggressor = e.side;
            const double money = e.price.to_double() * static_cast<double>(lots);
            last_ = price;
            volume_ += lots;
            total_volume_ += lots;
            if (!e.is_auction) { net_flow_ += e.side == OrderSide::buy ? lots : -lots; }
            notional_ += money;
            total_notional_ += money;
            ++trades_;
            ++total_trades_;
            const double paid = e.price.to_double();
            if (!candle_is_open_) {
                candle_ = {paid, paid, paid, paid, 0, 0, 0};
                candle_is_open_ = true;
            }
            candle_.high = std::max(candle_.high, paid);
            candle_.low = std::min(candle_.low, paid);
            candle_.close = paid;
            candle_.volume += static_cast<double>(lots);
            candle_.notional += money;
            return;
        }
        case Step::accepted:
            if (tells_accepted_) {
                tell(e.order, e.owner, e.side, Settlement::Kind::accepted, e.quantity.lots, 0, false);
            }
            return;
        case Step::canceled:
        case Step::expired:
        case Step::rejected: tell(e.order, e.owner, e.side, Settlement::Kind::ended, e.quantity.lots, 0, false); return;
        default: return;
    }
}

void SymbolMarket::show(SymbolView& view) const {
    const auto side = [&](OrderSide s, Ticks& price, Lots& lots) {
        const auto& ladder = engine_.book().ladder(s);
        price = ladder.empty() ? no_price : book::to_tick(s, ladder.best());
        lots = ladder.empty() ? 0 : ladder.best_level().lots;
    };
    side(OrderSide::buy, view.bid, view.bid_lots);
    side(OrderSide::sell, view.ask, view.ask_lots);
    view.last = last_;
    view.last_price = view.price(last_);
    view.mid = view.has_both() ? .5 * (view.price(view.bid) + view.price(view.ask)) : view.last_price;
    view.volume = volume_;
    view.net_flow = net_flow_;
    view.trades = trades_;
    view.notional = notional_;
    view.total_volume = total_volume_;
    view.total_notional = total_notional_;
    view.total_trades = total_trades_;
}

bool SymbolMarket::close_candle(std::uint32_t candle_ticks, Candle& out) {
    if (tick_number_ % candle_ticks != 0) { return false; }
    if (!candle_is_open_) {
        const double price = static_cast<double>(last_) * (static_cast<double>(tick_.raw) / 1e9);
        candle_ = {price, price, price, price, 0, 0, 0};
    }
    candle_.tick = tick_number_;
    out = candle_;
    candle_is_open_ = false;
    return true;
}

template <class Self>
void SymbolMarket::visit(Self& self, auto& archive) {
    archive.value(self.hash_);
    archive.value(self.tick_number_);
    archive.value(self.locates_);
    archive.value(self.last_);
    archive.value(self.total_volume_);
    archive.value(self.total_notional_);
    archive.value(self.total_trades_);
    archive.value(self.candle_);
    archive.value(self.candle_is_open_);
    // Of the last tick.
    archive.value(self.volume_);
    archive.value(self.net_flow_);
    archive.value(self.notional_);
    archive.value(self.trades_);
    archive.array(self.tape_);
    archive.array(self.outside_);
}

void SymbolMarket::save(core::ArchiveWriter& out) const {
    engine_.save(out);
    pool_.save(out);
    visit(*this, out);
}
void SymbolMarket::load(core::ArchiveReader& in) {
    engine_.load(in);
    pool_.load(in);
    visit(*this, in);
}

}  // namespace walras::sim
