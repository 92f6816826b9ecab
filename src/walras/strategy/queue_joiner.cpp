#include <algorithm>

#include "walras/book/analytics.hpp"
#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"
#include "walras/strategy/resting_quote.hpp"

namespace walras::strategy {
namespace {

using model::OrderSide;

struct JoinerSettings {
    double size, enter, leave, stop, max_queue, evaporate, patience;
    int levels;
    bool trust_unverifiable;
};

// Joins the best queue of the side that the book leans to, and leaves when the queue stops protecting it.
class QueueJoiner final : public Strategy {
public:
    explicit QueueJoiner(const JoinerSettings& settings) : settings_(settings) {}

    void on_start(Context& context) override {
        markets_.assign(context.universe().size(), {});
        for (const auto& instrument : context.universe()) {
            markets_[instrument.id.value].size = instrument.quantity_from_units(settings_.size);
        }
    }

    void on_trade(Context& context, InstrumentId id, const model::Trade& trade) override {
        Market& market = markets_[id.value];
        if (market.entry.is_idle() || trade.price != context.order(market.entry.id())->terms.price) { return; }
        market.ahead = std::max(book::Lots{0}, market.ahead - trade.size.lots);
    }

    void on_book(Context& context, InstrumentId id, const book::MarketBook& book) override {
        Market& market = markets_[id.value];
        if (!may_act(book, settings_.trust_unverifiable)) {
            market.entry.withdraw(context);
            market.exit.withdraw(context);
            return;
        }
        for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
            double& usual = market.usual[static_cast<std::size_t>(side)];
            const auto lots = static_cast<double>(book.best_lots(side));
            usual = usual == 0 ? lots : usual + (lots - usual) * memory;
        }
        const double lean = book::imbalance(book, static_cast<std::size_t>(settings_.levels));
        const Quantity held = context.position(id);
        if (!market.entry.is_idle()) {
            watch_queue(context, market, book, lean);
        } else if (held.is_zero() && market.exit.is_idle()) {
            join(context, id, market, book, lean);
        }
        if (!held.is_zero()) { leave_position(context, id, market, book, lean, held); }
        if (held.is_zero()) { market.exit.withdraw(context); }
    }

    void on_order(Context& context, const model::Order& order, const model::OrderReport& report) override {
        Market& market = markets_[order.terms.instrument.value];
        if (!market.entry.update(context, order, report)) { market.exit.update(context, order, report); }
    }

private:
    static constexpr double memory = 0.001;  // of the usual queue, per packet

    struct Market {
        RestingQuote entry, exit;
        Quantity size{};
        book::Lots ahead = 0;        // estimate: lots that trade before our entry
        book::Lots most_behind = 0;  // the largest queue behind it so far
        double usual[2]{};           // queue at the best, by side: a mean that forgets
        bool takes_exit = false;
    };

    void join(Context& context, InstrumentId id, Market& market, const book::MarketBook& book, double lean) const {
        if (lean < settings_.enter && lean > -settings_.enter) { return; }
        const OrderSide side = lean > 0 ? OrderSide::buy : OrderSide::sell;
        const book::Lots queue = book.best_lots(side);
        if (static_cast<double>(queue) > settings_.max_queue * market.usual[static_cast<std::size_t>(side)]) { return; }
        market.entry.want(context, id, side, book.best_price(side), market.size, Price{1});
        market.ahead = queue;
        market.most_behind = 0;
    }

    void watch_queue(Context& context, Market& market, const book::MarketBook& book, double lean) const {
        const model::Order& order = *context.order(market.entry.id());
        const OrderSide side = order.terms.side;
        const book::Ticks tick = order.terms.price.raw / book.config().tick_size.raw;
        const book::Lots level = book.lots_at(side, tick);
        market.ahead = std::min(market.ahead, level);  // what canceled was behind us as long as it can have been
        const book::Lots behind = level - market.ahead;
        market.most_behind = std::max(market.most_behind, behind);
        const double favour = side == OrderSide::buy ? lean : -lean;
        const bool is_outbid = side == OrderSide::buy ? book.best_tick(side) > tick : book.best_tick(side) < tick;
        const bool is_late = context.now() - market.entry.placed_at() >= seconds_of(settings_.patience);
        const bool is_last = is_late && behind <= 0;
        const bool is_alone =
            market.most_behind >= market.size.lots &&
            static_cast<double>(behind) < settings_.evaporate * static_cast<double>(market.most_behind);
        if (is_outbid || is_last || is_alone || favour < settings_.leave) { market.entry.withdraw(context); }
    }

    // Out by the queue of the other side; across the spread when the book turns.
    void leave_position(Context& context, InstrumentId id, Market& market, const book::MarketBook& book, double lean,
                        Quantity held) const {
        const OrderSide side = held.lots > 0 ? OrderSide::sell : OrderSide::buy;
        const double favour = held.lots > 0 ? lean : -lean;
        market.takes_exit = market.takes_exit || favour <= -settings_.stop;
        if (market.takes_exit) {
            market.entry.withdraw(context);
            market.exit.withdraw(context);
            if (market.exit.is_idle() && market.entry.is_idle()) {
                market.exit.take(context, id, side, abs(held));
                market.takes_exit = false;
            }
            return;
        }
        market.exit.want(context, id, side, book.best_price(side), abs(held), context.universe().at(id).tick_size);
    }

    static DurationNs seconds_of(double s) { return {static_cast<std::int64_t>(s * 1e9)}; }

    JoinerSettings settings_;
    std::vector<Market> markets_;
};

}  // namespace

Description describe_queue_joiner() {
    return {
        "queue_joiner",
        "Queue joiner",
        "Joins the best bid when the imbalance (bid size - ask size) / (bid size + ask size) is at least `enter`, the "
        "best ask when it is at most -enter, and only where the queue is at most `max_queue` times the usual one. The "
        "place in the queue is estimated: trades at the price move it forward, cancellations come from behind while "
        "they can. It leaves when it is outbid, when the lean falls below `leave`, when nobody has come behind it for "
        "`patience`, or when less than `evaporate` of the queue behind is left: the shield is gone (Moallemi, Yuan "
        "2016). A position leaves by the best queue of the other side, or by a market order when the book leans "
        "against it by `stop`. Needs books; does nothing while they are not valid.",
        {{"size", 1.0, 1e-9, 1e9, "units", "Size of an order; the largest position."},
         {"enter", 0.5, 0.0, 1.0, "", "Imbalance that is favourable enough to join."},
         {"leave", 0.0, -1.0, 1.0, "", "Imbalance, seen from the order's side, below which it leaves."},
         {"stop", 0.8, 0.0, 1.0, "", "Imbalance against a position that takes it out at the market."},
         {"max_queue", 1.5, 0.01, 1e6, "usual queues", "Longest queue worth joining."},
         {"evaporate", 0.3, 0.0, 1.0, "fraction", "Of the largest queue behind it, what must be left."},
         {"patience", 5.0, 0.0, 1e6, "s", "How long it may be last in its queue."},
         {"levels", std::int64_t{1}, 1, 100, "levels", "Levels of each side whose sizes make the imbalance."},
         {"trust_unverifiable", false, 0, 1, "", "Act on books whose feed cannot prove that nothing is missing."}},
        [](const Parameters& p) {
            if (p.number("leave") > p.number("enter")) {
                throw ConfigError("queue_joiner: leave is above enter; an order would leave as it joins.");
            }
            return std::make_unique<QueueJoiner>(JoinerSettings{
                p.number("size"), p.number("enter"), p.number("leave"), p.number("stop"), p.number("max_queue"),
                p.number("evaporate"), p.number("patience"), p.integer("levels"), p.flag("trust_unverifiable")});
        }};
}

}  // namespace walras::strategy
