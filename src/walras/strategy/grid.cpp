#include <algorithm>
#include <cstdlib>

#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"
#include "walras/strategy/resting_quote.hpp"

namespace walras::strategy {
namespace {

using model::OrderSide;

struct GridSettings {
    int levels, spacing;
    double size, max_position, recentre;
    bool trust_unverifiable;
};

// Orders on evenly spaced lines: buys below the gap, sells above it. A line that fills becomes the gap, so that the one
// beside it takes the profit.
class Grid final : public Strategy {
public:
    explicit Grid(const GridSettings& settings) : settings_(settings) {}

    void on_start(Context& context) override {
        markets_.assign(context.universe().size(), {});
        for (const auto& instrument : context.universe()) {
            Market& market = markets_[instrument.id.value];
            market.lines.resize(2 * static_cast<std::size_t>(settings_.levels) + 1);
            market.size = instrument.quantity_from_units(settings_.size);
            market.most = instrument.floor_units(settings_.max_position);
        }
    }

    void on_book(Context& context, InstrumentId id, const book::MarketBook& book) override {
        Market& market = markets_[id.value];
        const bool acts = may_act(book, settings_.trust_unverifiable);
        const book::Ticks middle = acts ? (book.best_tick(OrderSide::buy) + book.best_tick(OrderSide::sell)) / 2 : 0;
        const double reach = settings_.recentre * settings_.spacing;
        market.moves = market.moves || !acts || !market.is_placed ||
                       static_cast<double>(std::abs(middle - market.centre)) >= reach;
        if (market.moves) {  // everything goes before anything comes
            for (RestingQuote& line : market.lines) { line.withdraw(context); }
            if (!acts || !std::ranges::all_of(market.lines, &RestingQuote::is_idle)) { return; }
            market.centre = middle;
            market.gap = static_cast<std::size_t>(settings_.levels);
            market.is_placed = true;
            market.moves = false;
        }
        fill_lines(context, id, market, book);
    }

    void on_order(Context& context, const model::Order& order, const model::OrderReport& report) override {
        Market& market = markets_[order.terms.instrument.value];
        for (std::size_t i = 0; i < market.lines.size(); ++i) {
            if (!market.lines[i].update(context, order, report)) { continue; }
            if (order.status == model::OrderStatus::filled) { market.gap = i; }
            return;
        }
    }

private:
    struct Market {
        std::vector<RestingQuote> lines;  // lowest price first
        std::size_t gap = 0;
        book::Ticks centre = 0;
        Quantity size{}, most{};
        bool is_placed = false;
        bool moves = false;
    };

    void fill_lines(Context& context, InstrumentId id, Market& market, const book::MarketBook& book) const {
        Quantity buys;
        Quantity sells;
        for (const RestingQuote& line : market.lines) {
            if (line.is_idle()) { continue; }
            (context.order(line.id())->terms.side == OrderSide::buy ? buys : sells) += line.leaves(context);
        }
        const Quantity held = context.position(id);
        // The nearest first: where the bound leaves room for a few, they are the ones.
        for (std::size_t distance = 1; distance < market.lines.size(); ++distance) {
            if (distance <= market.gap && held + buys + market.size <= market.most) {
                buys += place(context, id, market, market.gap - distance, OrderSide::buy, book);
            }
            if (market.gap + distance < market.lines.size() && market.size + sells - held <= market.most) {
                sells += place(context, id, market, market.gap + distance, OrderSide::sell, book);
            }
        }
    }

    // Lots that are new at work.
    Quantity place(Context& context, InstrumentId id, Market& market, std::size_t index, OrderSide side,
                   const book::MarketBook& book) const {
        RestingQuote& line = market.lines[index];
        if (!line.is_idle()) { return {}; }
        const book::Ticks tick =
            market.centre + (static_cast<book::Ticks>(index) - settings_.levels) * book::Ticks{settings_.spacing};
        const bool would_take =
            side == OrderSide::buy ? tick >= book.best_tick(OrderSide::sell) : tick <= book.best_tick(OrderSide::buy);
        if (would_take) { return {}; }
        line.want(context, id, side, book.scale().price(tick), market.size, Price{1});
        return line.is_idle() ? Quantity{} : market.size;
    }

    GridSettings settings_;
    std::vector<Market> markets_;
};

}  // namespace

Description describe_grid() {
    return {
        "grid",
        "Grid trading",
        "Rests `levels` buys below and as many sells above a centre, `spacing` ticks apart. A line that fills stays "
        "empty and the one beside it becomes an order of the other side, so each swing of one spacing earns it less "
        "fees; a trend fills one side and loses. When the mid is `recentre` spacings from the centre, all orders "
        "are cancelled and the grid starts there; the position is kept. Needs books; does nothing while they are "
        "not valid.",
        {{"levels", std::int64_t{5}, 1, 100, "levels", "Orders on each side."},
         {"spacing", std::int64_t{10}, 1, 1'000'000, "ticks", "Distance between lines."},
         {"size", 1.0, 1e-9, 1e9, "units", "Size of each order."},
         {"max_position", 10.0, 1e-9, 1e9, "units", "Largest position, long or short; never exceeded."},
         {"recentre", 8.0, 1.0, 10'000.0, "spacings", "How far the mid may leave the centre."},
         {"trust_unverifiable", false, 0, 1, "", "Act on books whose feed cannot prove that nothing is missing."}},
        [](const Parameters& p) {
            if (p.number("max_position") < p.number("size")) {
                throw ConfigError("grid: max_position is below size; no order would fit.");
            }
            return std::make_unique<Grid>(GridSettings{p.integer("levels"), p.integer("spacing"), p.number("size"),
                                                       p.number("max_position"), p.number("recentre"),
                                                       p.flag("trust_unverifiable")});
        }};
}

}  // namespace walras::strategy
