// The slow, obvious matching engine that the fast one is tested against: sorted maps of lists, copies, and a
// fill-or-kill that is tried out on a copy of the whole market. For tests only.
//
// It takes what the fast engine has validated: prices on the tick, positive quantities, supported types.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <optional>
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
        [[nodiscard]] std::int64_t leaves() const { return t.quantity.lots - filled; }
        [[nodiscard]] bool is_market() const {
            return t.type == Type::market || t.type == Type::stop || t.type == Type::trailing_stop;
        }
    };
    using Queue = std::list<Entry>;

    explicit SlowBook(const MatchingEngineConfig& config) : config_(config) {}
    SlowBook(const SlowBook& other)
        : bids(other.bids),
          asks(other.asks),
          config_(other.config_),
          stops_(other.stops_),
          fired_(other.fired_),
          reduce_only_(other.reduce_only_),
          positions_(other.positions_),
          last_(other.last_),
          now_(other.now_),
          clock_(other.clock_),
          trades_(other.trades_) {
        for (auto* side : {&bids, &asks}) {
            for (auto& [price, queue] : *side) {
                for (const Entry& e : queue) { place_[e.id] = &queue; }
            }
        }
        for (const Entry& e : stops_) { place_[e.id] = nullptr; }
    }
    SlowBook& operator=(const SlowBook&) = delete;
    ~SlowBook() = default;

    std::vector<MatchEvent> events;
    std::map<Price, Queue> bids, asks;

    void submit(const NewOrder& n) {
        Entry e{n.id, n.owner, n.terms};
        e.arrival = e.stop_arrival = ++clock_;
        const bool is_stop = model::is_stop(e.t.type);
        if (find(n.id) != nullptr) { return reject(e, Reason::duplicate_order_id); }
        if (!is_stop && e.t.post_only && crosses(e)) { return reject(e, Reason::post_only_would_take); }
        if (!is_stop && e.t.reduce_only && reducible(e) == 0) { return reject(e, Reason::reduce_only_would_increase); }
        say(e, Step::accepted, Reason::none, e.t.quantity.lots, e.leaves());
        if (!is_stop) {
            execute(e);
        } else {
            if (!model::is_trailing(e.t.type) || !e.t.trigger.is_zero()) { e.trigger = e.t.trigger; }
            if (!e.trigger && last_) { e.trigger = behind(e, *last_); }
            wait(e);
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
        const bool is_waiting = in_stops(e.id);
        if (!r.quantity.is_zero()) {
            if (r.quantity.lots <= e.filled) { return refuse(*found, Reason::replace_below_filled); }
            e.t.quantity = r.quantity;
        }
        if (!r.price.is_zero()) {
            if (is_waiting && e.t.type != Type::stop_limit) { return refuse(*found, Reason::invalid_price); }
            e.t.price = r.price;
        }
        if (!r.trigger.is_zero()) {
            if (!is_waiting) { return refuse(*found, Reason::invalid_trigger); }
            e.trigger = r.trigger;
        }
        if (is_waiting) {
            if (e.trigger != found->trigger || e.t.quantity > found->t.quantity) { e.stop_arrival = ++clock_; }
            say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            erase(e.id);
            wait(e);
        } else {
            if (e.t.post_only && crosses(e)) { return refuse(*found, Reason::post_only_would_take); }
            if (e.t.price == found->t.price && e.t.quantity <= found->t.quantity) {
                found->t.quantity = e.t.quantity;
                say(e, Step::replaced, Reason::none, e.t.quantity.lots, e.leaves());
            } else {
                erase(e.id);
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
            if (e.t.time_in_force == Tif::day) { day.push_back(e); }
        });
        std::ranges::sort(day, {}, &Entry::arrival);
        for (Entry& e : day) { take_out(e, Step::expired, Reason::time_in_force); }
    }

    void set_position(OwnerId owner, Quantity q) {
        positions_[owner] = q.lots;
        trim(owner);
    }

    [[nodiscard]] std::int64_t position(OwnerId owner) { return owner.is_none() ? 0 : positions_[owner]; }
    [[nodiscard]] std::size_t order_count() const { return place_.size(); }

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
        for (Entry& e : stops_) { f(e); }
    }
    Entry* find(OrderId id) {
        const auto at = place_.find(id);
        if (at == place_.end()) { return nullptr; }
        return &*std::ranges::find(at->second ? *at->second : stops_, id, &Entry::id);
    }
    bool in_stops(OrderId id) { return place_.contains(id) && place_.at(id) == nullptr; }
    void erase(OrderId id) {
        Queue* queue = place_.at(id);
        if (queue == nullptr) {
            stops_.remove_if([&](const Entry& e) { return e.id == id; });
        } else {
            const Entry e = *find(id);
            queue->remove_if([&](const Entry& x) { return x.id == id; });
            if (e.t.reduce_only) { reduce_only_.erase({e.owner, e.queued}); }
            if (queue->empty()) { own(e).erase(e.t.price); }
        }
        place_.erase(id);
    }
    void take_out(const Entry& e, Step step, Reason reason) {
        say(e, step, reason, e.leaves(), 0);
        erase(OrderId{e.id});
    }

    void execute(Entry e) {
        const bool is_fok = e.t.time_in_force == Tif::fok;
        if (e.t.reduce_only && !is_fok) { clip(e); }
        if (is_fok) {
            SlowBook rehearsal(*this);
            Entry copy = e;
            rehearsal.match(copy);
            if (copy.leaves() > 0 || (e.t.reduce_only && e.leaves() > reducible(e))) {
                return say(e, Step::canceled, Reason::fok_not_fillable, e.leaves(), 0);
            }
        }
        go(e);
    }
    void go(Entry e) {
        const bool is_blocked = match(e);
        if (e.leaves() == 0) { return; }
        if (is_blocked) { return say(e, Step::canceled, Reason::self_trade, e.leaves(), 0); }
        if (e.t.time_in_force == Tif::ioc) { return say(e, Step::canceled, Reason::ioc_remainder, e.leaves(), 0); }
        if (e.is_market()) { return say(e, Step::canceled, Reason::no_liquidity, e.leaves(), 0); }
        e.queued = ++clock_;
        Queue& queue = own(e)[e.t.price];
        queue.push_back(e);
        place_[e.id] = &queue;
        if (e.t.reduce_only) { reduce_only_[{e.owner, e.queued}] = e.id; }
    }
    bool match(Entry& taker) {
        while (taker.leaves() > 0 && crosses(taker)) {
            auto& side = taker.t.side == Side::buy ? asks : bids;
            const auto level = taker.t.side == Side::buy ? side.begin() : std::prev(side.end());
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
    void trade(Entry& taker, Entry& maker, Price price) {
        const std::int64_t lots = std::min(taker.leaves(), maker.leaves());
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
        if (maker.leaves() == 0) { erase(OrderId{maker.id}); }
        const std::int64_t bought = taker.t.side == Side::buy ? lots : -lots;
        if (!taker.owner.is_none()) { positions_[taker.owner] += bought; }
        if (!maker_owner.is_none()) { positions_[maker_owner] -= bought; }
        trim(maker_owner);
        trim(taker.owner);
        if (last_ != price) { print(price); }
    }

    void clip(Entry& e) {
        if (const std::int64_t most = reducible(e); e.leaves() > most) {
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
        return e.trigger && (e.t.side == Side::buy ? last >= *e.trigger : last <= *e.trigger);
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
        if (last_ && fires(e, *last_)) {
            fired_.push_back(e);
        } else {
            stops_.push_back(e);
            place_[e.id] = nullptr;
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
            if (a.t.side != b.t.side) { return a.t.side == Side::buy; }
            if (a.trigger != b.trigger) {
                return a.t.side == Side::buy ? a.trigger < b.trigger : a.trigger > b.trigger;
            }
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
                e.t.price = limit;
            }
            if (e.t.post_only && crosses(e)) {
                say(e, Step::canceled, Reason::post_only_would_take, e.leaves(), 0);
            } else if (e.t.reduce_only && reducible(e) == 0) {
                say(e, Step::canceled, Reason::reduce_only_would_increase, e.leaves(), 0);
            } else {
                execute(e);
            }
        }
    }

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
    std::list<Entry> stops_;  // in order of arrival
    std::list<Entry> fired_;
    std::map<OrderId, Queue*> place_;  // of each working order; null for a waiting stop
    std::map<std::pair<OwnerId, std::uint64_t>, OrderId> reduce_only_;  // resting ones by owner, then queueing
    std::map<OwnerId, std::int64_t> positions_;
    std::optional<Price> last_;
    TimeNs now_ = time_min;
    std::uint64_t clock_ = 0;
    std::uint64_t trades_ = 0;
};

}  // namespace walras::book
