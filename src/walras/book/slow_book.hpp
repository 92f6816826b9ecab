// The slow, obvious matching engine that the fast one is tested against: sorted maps of lists, copies, and a
// fill-or-kill that is tried out on a copy of the whole market. For tests only.
//
// It takes what the fast engine has validated: prices on the tick, positive quantities, supported types. Phases and
// auctions are in slow_auction.hpp.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "walras/book/match_event.hpp"
#include "walras/book/matching_config.hpp"

namespace walras::book {

class SlowBook {
public:
    using Terms = model::OrderTerms;
    using Reason = model::Reason;
    using Side = model::OrderSide;
    using Step = model::OrderStep;
    using Tif = model::TimeInForce;
    using Type = model::OrderType;

    struct Entry {
        OrderId id;
        OwnerId owner;
        Terms t;  // quantity is the current total
        std::int64_t filled = 0;
        std::uint64_t arrival = 0;
        std::uint64_t stop_arrival = 0;
        std::uint64_t queued = 0;        // when it last joined a queue
        std::optional<Price> trigger{};  // of a waiting stop
        std::int64_t hidden = 0;         // of an iceberg in a queue
        bool is_priced = false;          // a market-to-limit order that has its limit
        [[nodiscard]] std::int64_t leaves() const { return t.quantity.lots - filled; }
        [[nodiscard]] std::int64_t shown() const { return leaves() - hidden; }
        [[nodiscard]] bool is_market() const {
            return t.type == Type::market || t.type == Type::stop || t.type == Type::trailing_stop ||
                   t.type == Type::market_if_touched || (t.type == Type::market_to_limit && !is_priced);
        }
        [[nodiscard]] bool is_immediate() const { return t.time_in_force == Tif::ioc || t.time_in_force == Tif::fok; }
        [[nodiscard]] bool waits_for_a_price() const { return model::is_stop(t.type) || model::is_if_touched(t.type); }
        [[nodiscard]] bool fires_on_rise() const { return (t.side == Side::buy) != model::is_if_touched(t.type); }
    };
    using Queue = std::list<Entry>;

    explicit SlowBook(const MatchingEngineConfig& config) : config_(config), phase_(config.phase) {}
    SlowBook(const SlowBook& other)
        : bids(other.bids),
          asks(other.asks),
          market_buys(other.market_buys),
          market_sells(other.market_sells),
          config_(other.config_),
          stops_(other.stops_),
          parked_(other.parked_),
          fired_(other.fired_),
          reduce_only_(other.reduce_only_),
          positions_(other.positions_),
          last_(other.last_),
          reference_(other.reference_),
          phase_(other.phase_),
          halted_from_(other.halted_from_),
          kind_(other.kind_),
          now_(other.now_),
          clock_(other.clock_),
          trades_(other.trades_) {
        for (auto* side : {&bids, &asks}) {
            for (auto& [price, queue] : *side) { locate(queue); }
        }
        for (Queue* queue : {&market_buys, &market_sells, &stops_, &parked_}) { locate(*queue); }
    }
    SlowBook& operator=(const SlowBook&) = delete;
    ~SlowBook() = default;

    std::vector<MatchEvent> events;
    std::map<Price, Queue> bids, asks;
    Queue market_buys, market_sells;  // of a call

    void submit(const NewOrder& n) {
        Entry e{n.id, n.owner, n.terms};
        e.arrival = e.stop_arrival = ++clock_;
        if (e.t.display_quantity == e.t.quantity) { e.t.display_quantity = {}; }
        if (find(n.id) != nullptr) { return reject(e, Reason::duplicate_order_id); }
        if (const Reason r = judge(e); r != Reason::none) { return reject(e, r); }
        const bool waits = e.waits_for_a_price() || is_parked(e);
        if (!waits && e.t.post_only && !is_call(phase_) && crosses(e)) {
            return reject(e, Reason::post_only_would_take);
        }
        if (!waits && e.t.reduce_only && reducible(e) == 0) { return reject(e, Reason::reduce_only_would_increase); }
        say(e, Step::accepted, Reason::none, e.t.quantity.lots, e.leaves());
        if (is_parked(e)) {
            put(parked_, e);
        } else if (e.waits_for_a_price()) {
            if (!model::is_trailing(e.t.type) || !e.t.trigger.is_zero()) { e.trigger = e.t.trigger; }
            if (!e.trigger && last_) { e.trigger = behind(e, *last_); }
            wait(e);
        } else {
            execute(e);
        }
        run_fired();
    }

    void cancel(OrderId id) {
        Entry* e = find(id);
        if (e == nullptr) {
            Entry unknown{id, {}, {}};
            return say(unknown, Step::cancel_rejected, Reason::unknown_order, 0, 0);
        }
        take_out(*e, Step::canceled, Reason::user_request);
    }

    void replace(const model::Replace& r) {
        Entry* found = find(r.order);
        if (found == nullptr) {
            Entry unknown{r.order, {}, {}};
            return say(unknown, Step::replace_rejected, Reason::unknown_order, 0, 0);
        }
        Entry e = *found;
        if (phase_ == TradingPhase::closed) { return refuse(*found, Reason::market_closed); }
        if (phase_ == TradingPhase::halted) { return refuse(*found, Reason::trading_halted); }
        const bool is_waiting = is_in(stops_, e.id);
        const bool is_parked_now = is_in(parked_, e.id);
        if (!r.price.is_zero() && !is_waiting && !is_parked_now && !e.is_market() && is_beyond_band(e, r.price)) {
            return refuse(*found, Reason::price_band);
        }
        if (!r.quantity.is_zero()) {
            if (r.quantity.lots <= e.filled) { return refuse(*found, Reason::replace_below_filled); }
            e.t.quantity = r.quantity;
        }
        if (!r.price.is_zero()) {
            const bool has_none = is_waiting && e.t.type != Type::stop_limit && e.t.type != Type::limit_if_touched;
            if (has_none || (!is_waiting && e.is_market())) { return refuse(*found, Reason::invalid_price); }
            e.t.price = r.price;
        }
        if (!r.trigger.is_zero()) {
            if (!is_waiting) { return refuse(*found, Reason::invalid_trigger); }
            e.trigger = r.trigger;
        }
        if (!r.display_quantity.is_zero()) {
            if (e.t.display_quantity.is_zero() || r.display_quantity > e.t.quantity) {
                return refuse(*found, Reason::invalid_display);
            }
            e.t.display_quantity = r.display_quantity;
        }
        if (is_waiting) {
            if (e.trigger != found->trigger || e.t.quantity > found->t.quantity) { e.stop_arrival = ++clock_; }
            say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            erase(e.id);
            wait(e);
        } else if (is_parked_now) {
            say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            if (e.t.price == found->t.price && e.t.quantity <= found->t.quantity) {
                *found = e;
            } else {
                erase(e.id);
                put(parked_, e);
            }
        } else {
            if (e.t.post_only && !is_call(phase_) && crosses(e)) {
                return refuse(*found, Reason::post_only_would_take);
            }
            if (e.t.price == found->t.price && e.t.quantity <= found->t.quantity) {
                // Hidden quantity goes first.
                e.hidden = std::max<std::int64_t>(0, e.hidden - (found->t.quantity - e.t.quantity).lots);
                *found = e;
                say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            } else {
                erase(e.id);
                e.hidden = 0;
                say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
                if (e.t.reduce_only) { clip(e); }
                go(e);
            }
        }
        run_fired();
    }

    void advance_to(TimeNs t) {
        now_ = std::max(now_, t);
        for (;;) {
            Entry* next = nullptr;
            for_each([&](Entry& e) {
                if (e.t.time_in_force != Tif::gtd || e.t.expire_time > now_) { return; }
                if (next == nullptr ||
                    std::pair{e.t.expire_time, e.arrival} < std::pair{next->t.expire_time, next->arrival}) {
                    next = &e;
                }
            });
            if (next == nullptr) { return; }
            take_out(*next, Step::expired, Reason::time_in_force);
        }
    }

    void end_of_session() {
        std::vector<Entry> day;
        for_each([&](Entry& e) {
            if (e.t.time_in_force >= Tif::day) { day.push_back(e); }
        });
        std::ranges::sort(day, {}, &Entry::arrival);
        for (Entry& e : day) { take_out(e, Step::expired, Reason::time_in_force); }
    }

    void set_position(OwnerId owner, Quantity q) {
        positions_[owner] = q.lots;
        trim(owner);
    }

    // slow_auction.hpp
    void pre_open() { phase_ = TradingPhase::pre_open; }
    void halt() { halted_from_ = std::exchange(phase_, TradingPhase::halted); }
    void resume() { phase_ = halted_from_; }
    void close() { phase_ = TradingPhase::closed; }
    void open_auction(AuctionKind kind);
    void uncross();
    void set_reference_price(Price price) { reference_ = price; }
    [[nodiscard]] TradingPhase phase() const { return phase_; }

    [[nodiscard]] std::int64_t position(OwnerId owner) { return owner.is_none() ? 0 : positions_[owner]; }
    [[nodiscard]] std::size_t order_count() const { return place_.size(); }
    [[nodiscard]] std::int64_t market_lots(Side side) const {
        std::int64_t lots = 0;
        for (const Entry& e : side == Side::buy ? market_buys : market_sells) { lots += e.leaves(); }
        return lots;
    }

private:
    std::map<Price, Queue>& own(const Entry& e) { return e.t.side == Side::buy ? bids : asks; }
    // The best price of the other side.
    [[nodiscard]] std::optional<Price> opposite_best(const Entry& e) const {
        if (e.t.side == Side::buy) { return asks.empty() ? std::nullopt : std::optional{asks.begin()->first}; }
        return bids.empty() ? std::nullopt : std::optional{bids.rbegin()->first};
    }
    [[nodiscard]] bool crosses(const Entry& e) const {
        const auto best = opposite_best(e);
        return best && (e.is_market() || (e.t.side == Side::buy ? e.t.price >= *best : e.t.price <= *best));
    }
    std::int64_t reducible(const Entry& e) {
        return std::max<std::int64_t>(0, e.t.side == Side::buy ? -position(e.owner) : position(e.owner));
    }

    template <class F>
    void for_each(F&& f) {
        for (auto* side : {&bids, &asks}) {
            for (auto& [price, queue] : *side) {
                for (Entry& e : queue) { f(e); }
            }
        }
        for (Queue* queue : {&market_buys, &market_sells, &stops_, &parked_}) {
            for (Entry& e : *queue) { f(e); }
        }
    }
    Entry* find(OrderId id) {
        const auto at = place_.find(id);
        if (at == place_.end()) { return nullptr; }
        return &*std::ranges::find(*at->second, id, &Entry::id);
    }
    bool is_in(const Queue& queue, OrderId id) { return place_.contains(id) && place_.at(id) == &queue; }
    void locate(Queue& queue) {
        for (const Entry& e : queue) { place_[e.id] = &queue; }
    }
    void put(Queue& queue, const Entry& e) {
        queue.push_back(e);
        place_[e.id] = &queue;
    }
    void erase(OrderId id) {
        Queue* queue = place_.at(id);
        const Entry e = *find(id);
        queue->remove_if([&](const Entry& x) { return x.id == id; });
        if (e.t.reduce_only) { reduce_only_.erase({e.owner, e.queued}); }
        const bool is_level = !e.is_market() && queue != &stops_ && queue != &parked_;
        if (is_level && queue->empty()) { own(e).erase(e.t.price); }
        place_.erase(id);
    }
    void take_out(const Entry& e, Step step, Reason reason) {
        say(e, step, reason, e.leaves(), 0);
        erase(OrderId{e.id});
    }

    void execute(Entry e) {
        if (e.t.reduce_only && e.t.time_in_force != Tif::fok) { clip(e); }
        go(e);
    }
    void go(Entry e) {
        if (is_call(phase_)) {
            // Only what a stop became can be immediate here.
            if (e.t.time_in_force == Tif::ioc) { return drop(e, Reason::ioc_remainder); }
            if (e.t.time_in_force == Tif::fok) { return drop(e, Reason::fok_not_fillable); }
            return queue_up(e);
        }
        const bool was_unpriced = e.t.type == Type::market_to_limit && !e.is_priced;
        if (was_unpriced) {
            const auto best = opposite_best(e);
            if (!best) { return drop(e, Reason::no_liquidity); }
            e.t.price = *best;
            e.is_priced = true;
        }
        const std::optional<PriceRange> range = band();
        if (e.t.time_in_force == Tif::fok) {
            SlowBook rehearsal(*this);
            Entry copy = e;
            rehearsal.match(copy, range);
            if (copy.leaves() > 0 || (e.t.reduce_only && e.leaves() > reducible(e))) {
                return drop(e, Reason::fok_not_fillable);
            }
        }
        const bool is_blocked = match(e, range);
        if (e.leaves() == 0) { return; }
        if (is_blocked) { return drop(e, Reason::self_trade); }
        if (range && crosses(e)) {
            const bool starts_auction = config_.bands.action == BandAction::auction;
            if (starts_auction) {
                phase_ = TradingPhase::auction;
                kind_ = AuctionKind::volatility;
            }
            if (e.t.time_in_force == Tif::ioc) { return drop(e, Reason::ioc_remainder); }
            if (!starts_auction) { return drop(e, Reason::price_band); }
            if (was_unpriced) {
                e.t.price = {};
                e.is_priced = false;
            }
            return queue_up(e);
        }
        if (e.t.time_in_force == Tif::ioc) { return drop(e, Reason::ioc_remainder); }
        if (e.is_market()) { return drop(e, Reason::no_liquidity); }
        if (was_unpriced) { say(e, Step::replaced, Reason::market_to_limit, e.t.quantity.lots, e.leaves()); }
        queue_up(e);
    }
    void drop(const Entry& e, Reason reason) { say(e, Step::canceled, reason, e.leaves(), 0); }
    void queue_up(Entry e) {
        e.queued = ++clock_;
        if (!e.t.display_quantity.is_zero()) {
            e.hidden = std::max<std::int64_t>(0, e.leaves() - e.t.display_quantity.lots);
        }
        put(e.is_market() ? (e.t.side == Side::buy ? market_buys : market_sells) : own(e)[e.t.price], e);
        if (e.t.reduce_only) { reduce_only_[{e.owner, e.queued}] = e.id; }
    }
    bool match(Entry& taker, const std::optional<PriceRange>& range) {
        while (taker.leaves() > 0 && crosses(taker)) {
            auto& side = taker.t.side == Side::buy ? asks : bids;
            const auto level = taker.t.side == Side::buy ? side.begin() : std::prev(side.end());
            // When prices beyond the band are only refused, better ones than the band has are taken.
            const bool guards_both = config_.bands.action == BandAction::auction;
            if (range && level->first > range->high && (taker.t.side == Side::buy || guards_both)) { return false; }
            if (range && level->first < range->low && (taker.t.side == Side::sell || guards_both)) { return false; }
            Entry& maker = level->second.front();
            if (!taker.owner.is_none() && maker.owner == taker.owner && config_.self_trade != SelfTradePolicy::none) {
                if (config_.self_trade == SelfTradePolicy::cancel_newest) { return true; }
                take_out(Entry{maker}, Step::canceled, Reason::self_trade);
                if (config_.self_trade == SelfTradePolicy::cancel_both) { return true; }
                continue;
            }
            trade(taker, maker, level->first);
        }
        return false;
    }
    // A resting order traded: gone, smaller, or, as an iceberg, at the back with its next part.
    void settle(Entry& maker) {
        if (maker.leaves() == 0) { return erase(OrderId{maker.id}); }
        if (maker.shown() > 0) { return; }
        maker.hidden = std::max<std::int64_t>(0, maker.hidden - maker.t.display_quantity.lots);
        Queue& queue = *place_.at(maker.id);
        const auto at = std::ranges::find(queue, maker.id, &Entry::id);
        queue.splice(queue.end(), queue, at);
    }
    void trade(Entry& taker, Entry& maker, Price price) {
        const std::int64_t lots = std::min(taker.leaves(), maker.shown());
        const OwnerId maker_owner = maker.owner;
        taker.filled += lots;
        maker.filled += lots;
        MatchEvent e;
        e.order = taker.id;
        e.maker = maker.id;
        e.trade = TradeId{++trades_};
        e.price = price;
        e.quantity = Quantity{lots};
        e.leaves = Quantity{taker.leaves()};
        e.maker_leaves = Quantity{maker.leaves()};
        e.ts = now_;
        e.owner = taker.owner;
        e.maker_owner = maker_owner;
        e.step = Step::filled;
        e.side = taker.t.side;
        events.push_back(e);
        settle(maker);
        const std::int64_t bought = taker.t.side == Side::buy ? lots : -lots;
        if (!taker.owner.is_none()) { positions_[taker.owner] += bought; }
        if (!maker_owner.is_none()) { positions_[maker_owner] -= bought; }
        trim(maker_owner);
        trim(taker.owner);
        if (last_ != price) { print(price); }
    }

    void clip(Entry& e) {
        if (const std::int64_t most = reducible(e); e.leaves() > most) {
            e.hidden = std::max<std::int64_t>(0, e.hidden - (e.leaves() - most));
            e.t.quantity.lots = e.filled + most;
            say(e, Step::replaced, Reason::reduce_only_would_increase, e.t.quantity.lots, most);
        }
    }
    void trim(OwnerId owner) {
        if (owner.is_none()) { return; }
        std::vector<OrderId> resting;
        for (auto it = reduce_only_.lower_bound({owner, 0}); it != reduce_only_.end() && it->first.first == owner;
             ++it) {
            resting.push_back(it->second);
        }
        for (const OrderId id : resting) {
            Entry& e = *find(id);
            if (reducible(e) == 0) {
                take_out(Entry{e}, Step::canceled, Reason::reduce_only_would_increase);
            } else {
                clip(e);
            }
        }
    }

    [[nodiscard]] static bool fires(const Entry& e, Price last) {
        return e.trigger && (e.fires_on_rise() ? last >= *e.trigger : last <= *e.trigger);
    }
    [[nodiscard]] Price behind(const Entry& e, Price last) const {
        std::int64_t distance = e.t.trailing_offset;
        if (e.t.trailing_kind == model::TrailingOffset::bps) {
            const core::int128 exact = static_cast<core::int128>(std::abs(last.raw)) * e.t.trailing_offset;
            const core::int128 tick = static_cast<core::int128>(config_.tick_size.raw) * 10'000'000'000'000;
            distance =
                std::max<std::int64_t>(1, static_cast<std::int64_t>((exact + tick - 1) / tick)) * config_.tick_size.raw;
        }
        return Price{e.t.side == Side::buy ? last.raw + distance : last.raw - distance};
    }
    void wait(const Entry& e) {
        if (phase_ == TradingPhase::continuous && last_ && fires(e, *last_)) {
            fired_.push_back(e);
        } else {
            put(stops_, e);
        }
    }
    void print(Price price) {
        last_ = price;
        std::vector<Entry> now;
        for (Entry& e : stops_) {
            if (fires(e, price)) {
                now.push_back(e);
            } else if (model::is_trailing(e.t.type)) {
                const Price moved = behind(e, price);
                const bool is_better = !e.trigger || (e.t.side == Side::buy ? moved < *e.trigger : moved > *e.trigger);
                if (is_better) { e.trigger = moved; }
            }
        }
        std::ranges::sort(now, [](const Entry& a, const Entry& b) {
            if (a.fires_on_rise() != b.fires_on_rise()) { return a.fires_on_rise(); }
            if (a.trigger != b.trigger) { return a.fires_on_rise() ? a.trigger < b.trigger : a.trigger > b.trigger; }
            return a.stop_arrival < b.stop_arrival;
        });
        for (const Entry& e : now) {
            fired_.push_back(e);
            erase(e.id);
        }
    }
    void run_fired() {
        while (!fired_.empty()) {
            Entry e = fired_.front();
            fired_.pop_front();
            say(e, Step::triggered, Reason::none, e.t.quantity.lots, e.leaves());
            events.back().price = *e.trigger;
            if (e.t.type == Type::trailing_stop_limit) {
                const Price limit{e.trigger->raw + (e.t.side == Side::buy ? e.t.limit_offset : -e.t.limit_offset)};
                if (limit.raw <= 0) {
                    say(e, Step::canceled, Reason::invalid_price, e.leaves(), 0);
                    continue;
                }
                e.t.price = e.t.side == Side::buy ? config_.tick_table.floor(limit) : config_.tick_table.ceil(limit);
            }
            if (e.t.post_only && !is_call(phase_) && crosses(e)) {
                say(e, Step::canceled, Reason::post_only_would_take, e.leaves(), 0);
            } else if (!e.is_market() && is_beyond_band(e, e.t.price)) {
                say(e, Step::canceled, Reason::price_band, e.leaves(), 0);
            } else if (e.t.reduce_only && reducible(e) == 0) {
                say(e, Step::canceled, Reason::reduce_only_would_increase, e.leaves(), 0);
            } else {
                execute(e);
            }
        }
    }

    // slow_auction.hpp
    [[nodiscard]] Reason judge(const Entry& e) const;
    [[nodiscard]] bool is_parked(const Entry& e) const;
    [[nodiscard]] std::optional<PriceRange> band() const;
    [[nodiscard]] bool is_beyond_band(const Entry& e, Price limit) const;
    [[nodiscard]] std::vector<Entry> side_of_auction(Side side) const;
    [[nodiscard]] std::optional<Price> auction_price() const;
    void trade_all_at(Price price);
    std::optional<Price> trade_by_reference();
    void trade_in_auction(Entry& buy, Entry& sell, std::int64_t lots, Price price);

    void reject(const Entry& e, Reason reason) { say(e, Step::rejected, reason, e.t.quantity.lots, 0); }
    void refuse(const Entry& e, Reason reason) {
        say(e, Step::replace_rejected, reason, e.t.quantity.lots, e.leaves());
    }
    void say(const Entry& e, Step step, Reason reason, std::int64_t quantity, std::int64_t leaves) {
        MatchEvent m;
        m.order = e.id;
        m.price = e.t.price;
        m.quantity = Quantity{quantity};
        m.leaves = Quantity{leaves};
        m.ts = now_;
        m.owner = e.owner;
        m.step = step;
        m.reason = reason;
        m.side = e.t.side;
        events.push_back(m);
    }

    MatchingEngineConfig config_;
    Queue stops_;   // in order of arrival
    Queue parked_;  // for an auction, in order of arrival
    Queue fired_;
    std::map<OrderId, Queue*> place_;                                   // of each working order
    std::map<std::pair<OwnerId, std::uint64_t>, OrderId> reduce_only_;  // resting ones by owner, then queueing
    std::map<OwnerId, std::int64_t> positions_;
    std::optional<Price> last_;
    std::optional<Price> reference_;  // static
    TradingPhase phase_;
    TradingPhase halted_from_ = TradingPhase::continuous;
    AuctionKind kind_ = AuctionKind::opening;
    TimeNs now_ = time_min;
    std::uint64_t clock_ = 0;
    std::uint64_t trades_ = 0;
};

}  // namespace walras::book
