// The matching engine against a slow, obvious one: random commands, every event and the whole book compared.
// WALRAS_PROVE=1 runs ten million commands in place of one million.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "walras/book/matching_engine.hpp"
#include "walras/book/slow_auction.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;

namespace {

constexpr std::int64_t tick = 10'000'000;  // 0.01

// Random commands around a price that wanders, so that the window of the ladder moves under the book.
class Commands {
public:
    explicit Commands(const TickTable& table) : table_(table) {}

    NewOrder order(core::Random& dice, std::int64_t centre, TimeNs now, bool near_auction) {
        NewOrder n;
        model::OrderTerms& t = n.terms;
        n.id = OrderId{dice.below(50) == 0 && next_ > 1 ? 1 + dice.below(next_) : ++next_};
        n.owner = OwnerId{static_cast<std::uint32_t>(dice.below(6))};
        t.side = dice.below(2) == 0 ? model::OrderSide::buy : model::OrderSide::sell;
        t.quantity = Quantity{1 + static_cast<std::int64_t>(dice.below(20))};
        static constexpr model::OrderType types[] = {model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::limit,
                                                     model::OrderType::market,
                                                     model::OrderType::stop,
                                                     model::OrderType::stop_limit,
                                                     model::OrderType::trailing_stop,
                                                     model::OrderType::trailing_stop_limit,
                                                     model::OrderType::market_to_limit,
                                                     model::OrderType::market_if_touched,
                                                     model::OrderType::limit_if_touched};
        t.type = types[dice.below(std::size(types))];
        using Tif = model::TimeInForce;
        static constexpr Tif tifs[] = {Tif::gtc, Tif::gtc, Tif::gtc, Tif::gtc, Tif::gtc, Tif::gtc, Tif::gtc, Tif::gtc,
                                       Tif::ioc, Tif::ioc, Tif::ioc, Tif::fok, Tif::gtd, Tif::gtd, Tif::day, Tif::day};
        t.time_in_force = tifs[dice.below(std::size(tifs))];
        const std::int64_t away = static_cast<std::int64_t>(dice.below(dice.below(20) == 0 ? 400 : 12)) - 3;
        const std::int64_t passive = t.side == model::OrderSide::buy ? centre - away : centre + away;
        const bool is_if_touched = model::is_if_touched(t.type);
        if (t.type == model::OrderType::limit || t.type == model::OrderType::stop_limit ||
            t.type == model::OrderType::limit_if_touched) {
            t.price = price(passive);
        }
        if (is_if_touched) { t.trigger = price(t.side == model::OrderSide::buy ? centre - away : centre + away); }
        if (t.type == model::OrderType::stop || t.type == model::OrderType::stop_limit) {
            t.trigger = price(t.side == model::OrderSide::buy ? centre + away : centre - away);
        }
        if (model::is_trailing(t.type)) {
            const bool bps = dice.below(2) == 0;
            t.trailing_kind = bps ? model::TrailingOffset::bps : model::TrailingOffset::price;
            const auto size = static_cast<std::int64_t>(1 + dice.below(8));
            t.trailing_offset = bps ? size * 7'000'000'000 : size * tick;
            if (dice.below(4) == 0) {
                t.trigger = price(t.side == model::OrderSide::buy ? centre + size : centre - size);
            }
            if (t.type == model::OrderType::trailing_stop_limit) {
                t.limit_offset = (static_cast<std::int64_t>(dice.below(7)) - 2) * tick;
            }
        }
        if (t.time_in_force == model::TimeInForce::gtd) {
            t.expire_time = now + DurationNs{1 + static_cast<std::int64_t>(dice.below(300))};
        }
        // Most auction orders come while one is near.
        if (dice.below(near_auction ? 5 : 60) == 0 &&
            (t.type == model::OrderType::limit || t.type == model::OrderType::market ||
             t.type == model::OrderType::market_to_limit)) {
            t.time_in_force = dice.below(2) == 0 ? Tif::at_the_open : Tif::at_the_close;
            t.expire_time = time_max;
        }
        const bool is_immediate =
            t.time_in_force == model::TimeInForce::ioc || t.time_in_force == model::TimeInForce::fok;
        const bool is_for_auction = t.time_in_force > Tif::day;
        t.post_only = model::has_limit(t.type) && !is_immediate && !is_for_auction && dice.below(10) == 0;
        const bool rests = (model::has_limit(t.type) || t.type == model::OrderType::market_to_limit) && !is_immediate;
        if (rests && !is_for_auction && dice.below(6) == 0) {
            t.display_quantity = Quantity{1 + static_cast<std::int64_t>(dice.below(5))};
            t.display_quantity = std::min(t.display_quantity, t.quantity);
        }
        t.reduce_only = dice.below(12) == 0;
        return n;
    }
    model::Replace replace(core::Random& dice, std::int64_t centre) const {
        model::Replace r{some_order(dice), {}, {}, {}, {}};
        if (dice.below(2) == 0) { r.quantity = Quantity{1 + static_cast<std::int64_t>(dice.below(20))}; }
        if (dice.below(3) != 0) { r.price = price(centre + static_cast<std::int64_t>(dice.below(17)) - 8); }
        if (dice.below(6) == 0) { r.trigger = price(centre + static_cast<std::int64_t>(dice.below(17)) - 8); }
        if (dice.below(6) == 0) { r.display_quantity = Quantity{1 + static_cast<std::int64_t>(dice.below(8))}; }
        return r;
    }
    // Mostly one that still works.
    OrderId some_order(core::Random& dice) const {
        const std::uint64_t recent = std::min<std::uint64_t>(next_, 60);
        return OrderId{next_ - dice.below(recent + 1) + dice.below(2)};
    }
    [[nodiscard]] Price price(std::int64_t ticks) const {
        return table_.ceil(Price{std::max<std::int64_t>(1, ticks) * tick});
    }

private:
    TickTable table_;
    std::uint64_t next_ = 0;
};

// Every order's accepted quantity is what was filled, canceled or still works.
class Conservation {
public:
    void on(const MatchEvent& e) {
        using Step = model::OrderStep;
        switch (e.step) {
            case Step::accepted: working_[e.order.value] = e.quantity.lots; break;
            case Step::replaced: working_[e.order.value] = e.leaves.lots; break;
            case Step::filled:
                RC_ASSERT(e.quantity.lots > 0);
                take(e.order, e.quantity, e.leaves);
                take(e.maker, e.quantity, e.maker_leaves);
                break;
            case Step::canceled:
            case Step::expired: take(e.order, e.quantity, e.leaves); break;
            default: break;
        }
    }
    [[nodiscard]] std::int64_t total() const {
        std::int64_t sum = 0;
        for (const auto& [id, lots] : working_) { sum += lots; }  // a sum does not depend on the order
        return sum;
    }

private:
    void take(OrderId id, Quantity taken, Quantity leaves) {
        const auto it = working_.find(id.value);
        RC_ASSERT(it != working_.end());
        it->second -= taken.lots;
        RC_ASSERT(it->second == leaves.lots);
        if (it->second == 0) { working_.erase(it); }
    }
    std::unordered_map<std::uint64_t, std::int64_t> working_;
};

class Duel {
public:
    // Events and best prices are compared after every command, whole books after every `books_every`.
    Duel(const MatchingEngineConfig& config, std::uint64_t books_every)
        : fast_(config), slow_(config), commands_(config.tick_table), books_every_(books_every) {}

    void step(core::Random& dice) {
        log_.events.clear();
        slow_.events.clear();
        std::uint64_t kind = dice.below(1000);
        const bool is_continuous = fast_.phase() == TradingPhase::continuous;
        if (!is_continuous && dice.below(20) == 0) { kind = 1000; }
        if (dice.below(8) == 0) { centre_ += static_cast<std::int64_t>(dice.below(7)) - 3; }
        centre_ = std::max<std::int64_t>(centre_, 30);
        if (kind < 500) {
            const NewOrder n = commands_.order(dice, centre_, now_, !is_continuous);
            fast_.submit(n, log_);
            slow_.submit(n);
        } else if (kind < 680) {
            const OrderId id = commands_.some_order(dice);
            fast_.cancel(id, log_);
            slow_.cancel(id);
        } else if (kind < 893) {
            const model::Replace r = commands_.replace(dice, centre_);
            fast_.replace(r, log_);
            slow_.replace(r);
        } else if (kind < 895) {
            const Price reference = commands_.price(centre_);
            fast_.set_reference_price(reference);
            slow_.set_reference_price(reference);
        } else if (kind < 900 || kind == 1000) {
            change_phase(dice);
        } else if (kind < 970) {
            now_ = now_ + DurationNs{static_cast<std::int64_t>(dice.below(20))};
            fast_.advance_to(now_, log_);
            slow_.advance_to(now_);
        } else if (kind < 975) {
            fast_.end_of_session(log_);
            slow_.end_of_session();
        } else {
            const OwnerId owner{1 + static_cast<std::uint32_t>(dice.below(5))};
            const Quantity position{static_cast<std::int64_t>(dice.below(61)) - 30};
            fast_.set_position(owner, position, log_);
            slow_.set_position(owner, position);
        }
        for (const MatchEvent& e : log_.events) { conservation_.on(e); }
        compare();
    }
    [[nodiscard]] std::uint64_t trades() const { return trades_; }
    [[nodiscard]] std::uint64_t auction_trades() const { return auction_trades_; }

private:
    // One of the steps that the phase allows.
    void change_phase(core::Random& dice) {
        const std::uint64_t way = dice.below(10);
        switch (fast_.phase()) {
            case TradingPhase::closed:
                fast_.pre_open();
                slow_.pre_open();
                break;
            case TradingPhase::pre_open: way == 0 ? halt() : open_auction(AuctionKind::opening); break;
            case TradingPhase::auction:
                if (way < 2) {
                    way == 0 ? halt() : close();
                } else {
                    fast_.uncross(log_);
                    slow_.uncross();
                }
                break;
            case TradingPhase::halted:
                if (way < 5) {
                    fast_.resume();
                    slow_.resume();
                } else {
                    open_auction(static_cast<AuctionKind>(dice.below(3)));
                }
                break;
            case TradingPhase::continuous:
                if (way < 2) {
                    way == 0 ? close() : halt();
                } else {
                    open_auction(static_cast<AuctionKind>(dice.below(3)));
                }
                break;
        }
    }
    void halt() {
        fast_.halt();
        slow_.halt();
    }
    void close() {
        fast_.close();
        slow_.close();
    }
    void open_auction(AuctionKind kind) {
        fast_.open_auction(kind, log_);
        slow_.open_auction(kind);
    }
    void compare() {
        if (log_.events != slow_.events) {
            std::string text;
            for (const auto* events : {&log_.events, &slow_.events}) {
                text += events == &log_.events ? "\nfast:" : "\nslow:";
                for (const MatchEvent& e : *events) {
                    text += fmt::format("\n  {} {} x {} {} @ {} left {} {} {}", model::to_string(e.step), e.order.value,
                                        e.maker.value, e.quantity.lots, e.price.raw, e.leaves.lots, e.maker_leaves.lots,
                                        model::to_string(e.reason));
                }
            }
            RC_FAIL(text);
        }
        trades_ +=
            static_cast<std::uint64_t>(std::ranges::count(log_.events, model::OrderStep::filled, &MatchEvent::step));
        auction_trades_ += static_cast<std::uint64_t>(std::ranges::count(log_.events, true, &MatchEvent::is_auction));
        RC_ASSERT(fast_.phase() == slow_.phase());
        const TopOfBook top = fast_.top();
        // One value: RapidCheck takes an expression apart, and its || knows no short cut.
        const bool uncrossed =
            fast_.phase() != TradingPhase::continuous || !top.bid || !top.ask || top.bid->price < top.ask->price;
        RC_ASSERT(uncrossed);
        RC_ASSERT(top.bid.has_value() == !slow_.bids.empty());
        RC_ASSERT(top.ask.has_value() == !slow_.asks.empty());
        if (++steps_ % books_every_ == 0) { compare_books(); }
    }
    void compare_books() {
        std::int64_t resting = 0;
        for (const auto side : {model::OrderSide::buy, model::OrderSide::sell}) {
            std::vector<DepthLevel> want;
            for (const auto& [price, queue] : side == model::OrderSide::buy ? slow_.bids : slow_.asks) {
                DepthLevel level{price, {}, 0};
                for (const SlowBook::Entry& e : queue) {
                    // First in, first out: those before it in the slow queue are those ahead of it here.
                    RC_ASSERT(fast_.queue_ahead(e.id) == level.quantity);
                    level.quantity.lots += e.shown();
                    ++level.orders;
                }
                resting += level.quantity.lots;
                want.push_back(level);
            }
            if (side == model::OrderSide::buy) { std::ranges::reverse(want); }
            RC_ASSERT(fast_.depth(side, 10'000) == want);
        }
        RC_ASSERT(fast_.order_count() == slow_.order_count());
        std::int64_t working = 0;
        for (const OrderId id : fast_.orders()) { working += fast_.order(id)->leaves().lots; }
        RC_ASSERT(conservation_.total() == working);
        RC_ASSERT(resting <= working);
        const Indicative indicative = fast_.indicative();
        RC_ASSERT(indicative.market_buys.lots == slow_.market_lots(model::OrderSide::buy));
        RC_ASSERT(indicative.market_sells.lots == slow_.market_lots(model::OrderSide::sell));
        for (std::uint32_t o = 1; o <= 5; ++o) {
            RC_ASSERT(fast_.position(OwnerId{o}).lots == slow_.position(OwnerId{o}));
        }
    }

    MatchingEngine fast_;
    SlowBook slow_;
    MatchLog log_;
    Commands commands_;
    Conservation conservation_;
    std::int64_t centre_ = 1000;
    TimeNs now_{0};
    std::uint64_t books_every_;
    std::uint64_t steps_ = 0;
    std::uint64_t trades_ = 0;
    std::uint64_t auction_trades_ = 0;
};

BandWidth ticks(std::int64_t n) { return {model::TrailingOffset::price, n * tick}; }
BandWidth percent(std::int64_t n) { return {model::TrailingOffset::bps, n * 100'000'000'000}; }

// Every rule meets every other one somewhere.
std::vector<MatchingEngineConfig> markets() {
    std::vector<MatchingEngineConfig> all(6);
    for (MatchingEngineConfig& config : all) {
        config.window_ticks = 64;  // small, so that it moves and overflows
        config.expected_orders = 8;
    }
    const TickTable table(
        {{Price{}, Price{tick}}, {Price{800 * tick}, Price{2 * tick}}, {Price{1000 * tick}, Price{5 * tick}}});
    all[1].self_trade = SelfTradePolicy::cancel_oldest;
    all[1].bands = {.static_width = ticks(25), .dynamic_width = percent(1), .action = BandAction::reject};
    all[2].self_trade = SelfTradePolicy::cancel_both;
    all[2].bands = {.static_width = percent(4), .dynamic_width = ticks(6), .action = BandAction::auction};
    all[3].self_trade = SelfTradePolicy::none;
    all[3].auction_rule = AuctionRule::weighted_reference;
    all[3].tick_table = table;
    all[4].bands = {.static_width = {}, .dynamic_width = percent(1), .action = BandAction::auction};
    all[4].tick_table = table;
    all[4].phase = TradingPhase::pre_open;
    all[5].self_trade = SelfTradePolicy::cancel_oldest;
    all[5].auction_rule = AuctionRule::weighted_reference;
    all[5].bands = {.static_width = ticks(40), .dynamic_width = {}, .action = BandAction::reject};
    // Ids below 500 tell their place, those above do not.
    for (const std::size_t i : {1U, 2U, 3U}) {
        all[i].direct_slots = 500;
        all[i].direct_bits = 32;
    }
    return all;
}

}  // namespace

TEST_CASE("a million random commands give the events and the book of a slow, obvious engine") {
    const char* prove = std::getenv("WALRAS_PROVE");
    const auto all = markets();
    const std::uint64_t steps = (prove != nullptr && *prove == '1' ? 10'000'000 : 1'000'000) / all.size();
    for (std::uint32_t market = 0; market < all.size(); ++market) {
        Duel duel(all[market], 256);
        std::uint64_t step = 0;
        const std::uint64_t seed = 20240102;
        try {
            for (; step < steps; ++step) {
                core::Random dice({seed, market, 0, step});
                duel.step(dice);
            }
        } catch (const std::exception& e) {
            FAIL("seed ", seed, ", market ", market, ", step ", step, ": ", e.what());
        } catch (const rc::detail::CaseResult& r) {
            FAIL("seed ", seed, ", market ", market, ", step ", step, ": ", r.description);
        }
        CHECK(duel.trades() > steps / 40);
        CHECK(duel.auction_trades() > steps / 200);
    }
}

TEST_CASE("short random stories agree with the slow engine, and shrink when they do not") {
    const bool holds = rc::check("events and books agree", [](const std::vector<std::uint64_t>& story) {
        for (const MatchingEngineConfig& config : markets()) {
            Duel duel(config, 1);
            for (const std::uint64_t seed : story) {
                core::Random dice({seed, 0, 0, 0});
                duel.step(dice);
            }
        }
    });
    CHECK(holds);
}
