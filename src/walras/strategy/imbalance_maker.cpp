#include <algorithm>
#include <cmath>

#include "walras/book/analytics.hpp"
#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"
#include "walras/strategy/resting_quote.hpp"

namespace walras::strategy {
namespace {

using model::OrderSide;

struct MakerSettings {
    double size, max_position, half_spread, imbalance_shift, skew;
    int levels;
    double requote, lifetime;
    bool micro, trust_unverifiable;
};

constexpr double noise = 1e-6;  // ticks: rounding of doubles is no reason for another tick

// Quotes both sides of a fair price that leans with the book's imbalance and against the inventory.
class ImbalanceMaker final : public Strategy {
public:
    explicit ImbalanceMaker(const MakerSettings& settings) : settings_(settings) {}

    void on_start(Context& context) override {
        sides_.assign(context.universe().size(), {});
        for (const auto& instrument : context.universe()) {
            Market& market = sides_[instrument.id.value];
            market.size = instrument.quantity_from_units(settings_.size);
            market.most = instrument.floor_units(settings_.max_position);
            market.move =
                Price{static_cast<std::int64_t>(settings_.requote * static_cast<double>(instrument.tick_size.raw))};
        }
    }

    void on_book(Context& context, InstrumentId id, const book::MarketBook& book) override {
        Market& market = sides_[id.value];
        if (!may_act(book, settings_.trust_unverifiable)) {
            market.bid.withdraw(context);
            market.ask.withdraw(context);
            return;
        }
        const auto tick = context.universe().at(id).tick_size.to_double();
        const double fair = (settings_.micro ? book::micro_price(book) : book::mid_price(book)) / tick;
        const double held = static_cast<double>(context.position(id).lots) / static_cast<double>(market.most.lots);
        const double centre =
            fair + settings_.imbalance_shift * book::imbalance(book, static_cast<std::size_t>(settings_.levels)) -
            settings_.skew * held;
        // A maker never takes: at most next to the other side.
        const auto bid = std::min(static_cast<book::Ticks>(std::floor(centre - settings_.half_spread + noise)),
                                  book.best_tick(OrderSide::sell) - 1);
        const auto ask = std::max(static_cast<book::Ticks>(std::ceil(centre + settings_.half_spread - noise)),
                                  book.best_tick(OrderSide::buy) + 1);
        quote(context, id, market, OrderSide::buy, book.scale().price(bid));
        quote(context, id, market, OrderSide::sell, book.scale().price(ask));
    }

    void on_order(Context& context, const model::Order& order, const model::OrderReport& report) override {
        Market& market = sides_[order.terms.instrument.value];
        if (!market.bid.update(context, order, report)) { market.ask.update(context, order, report); }
    }

private:
    struct Market {
        RestingQuote bid, ask;
        Quantity size{}, most{};
        Price move{};
    };

    void quote(Context& context, InstrumentId id, Market& market, OrderSide side, Price price) const {
        RestingQuote& mine = side == OrderSide::buy ? market.bid : market.ask;
        const DurationNs lifetime{static_cast<std::int64_t>(settings_.lifetime * 1e9)};
        if (!mine.is_idle() && context.now() - mine.placed_at() >= lifetime) {
            mine.withdraw(context);
            return;
        }
        const Quantity held = context.position(id);
        const Quantity room = side == OrderSide::buy ? market.most - held : market.most + held;
        mine.want(context, id, side, price, std::min(market.size, room), market.move);
    }

    MakerSettings settings_;
    std::vector<Market> sides_;
};

}  // namespace

Description describe_imbalance_maker() {
    return {
        "imbalance_maker",
        "Imbalance market maker",
        "Rests one order on each side of a book around fair + imbalance_shift * imbalance - skew * position / "
        "max_position, in ticks. Fair is the micro price (bid * ask size + ask * bid size) / (bid size + ask size), or "
        "the mid; imbalance is (bid size - ask size) / (bid size + ask size) over `levels`, which leads the next move "
        "(Cartea, Donnelly, Jaimungal 2018; Stoikov 2018); the skew sheds inventory as in Avellaneda, Stoikov (2008). "
        "Needs books; does nothing while they are not valid.",
        {{"size", 1.0, 1e-9, 1e9, "units", "Size of each quote."},
         {"max_position", 10.0, 1e-9, 1e9, "units", "Largest position, long or short; never exceeded."},
         {"half_spread", 1.0, 0.0, 10'000.0, "ticks", "Distance of the quotes from the centre."},
         {"imbalance_shift", 1.0, -1'000.0, 1'000.0, "ticks", "Shift of the centre at an imbalance of 1."},
         {"skew", 2.0, 0.0, 10'000.0, "ticks", "Shift of the centre against a full position."},
         {"levels", std::int64_t{1}, 1, 100, "levels", "Levels of each side whose sizes make the imbalance."},
         {"requote", 1.0, 1.0, 10'000.0, "ticks",
          "A quote moves when it is off by this much; larger means fewer messages."},
         {"lifetime", 60.0, 0.001, 1e6, "s", "An order that rests for longer is renewed."},
         {"fair", std::string{"micro"}, 0, 0, "", "What the quotes are centred on.", {"micro", "mid"}},
         {"trust_unverifiable", false, 0, 1, "", "Quote on books whose feed cannot prove that nothing is missing."}},
        [](const Parameters& p) {
            if (p.number("max_position") < p.number("size")) {
                throw ConfigError("imbalance_maker: max_position is below size; no quote would fit.");
            }
            return std::make_unique<ImbalanceMaker>(
                MakerSettings{p.number("size"), p.number("max_position"), p.number("half_spread"),
                              p.number("imbalance_shift"), p.number("skew"), p.integer("levels"), p.number("requote"),
                              p.number("lifetime"), p.text("fair") == "micro", p.flag("trust_unverifiable")});
        }};
}

}  // namespace walras::strategy
