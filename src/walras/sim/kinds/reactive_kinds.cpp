// The kinds that are made of reactive rules: the ancestor's mixture, and one kind for each rule alone.
#include "walras/core/error.hpp"
#include "walras/sim/kinds/kinds.hpp"
#include "walras/sim/kinds/reactive.hpp"

#include <fmt/format.h>

namespace walras::sim {
namespace {

struct RuleSpec {
    Rule rule;
    const char* name;
    double least, most;  // by default
    double limit;
    const char* unit;
    const char* help;
};
constexpr std::array<RuleSpec, rule_count> rule_specs{{
    {Rule::buy, "buy", .2, .6, 100, "of the initial price", "Buys when the price falls to it"},
    {Rule::dip, "dip", .05, .15, .99, "fraction", "Buys when the price is so far below its recent high"},
    {Rule::breakout, "breakout", 0, .02, 100, "fraction", "Buys when the price is so far above its recent high"},
    {Rule::enter_at, "enter_at", 1, 200, 1e15, "ticks", "Buys at this tick"},
    {Rule::stop, "stop", .25, .5, .99, "fraction", "Sells all when the price is so far below the average cost"},
    {Rule::take, "take", .25, .5, 100, "fraction", "Sells all when the price is so far above the average cost"},
    {Rule::sell, "sell", .75, 1, 100, "of the initial price", "Sells all when the price rises to it"},
    {Rule::trail, "trail", .05, .15, .99, "fraction", "Sells all when the price is so far below its highest since"},
    {Rule::hold, "hold", 50, 200, 1e15, "ticks", "Sells all so long after it bought"},
    {Rule::premium, "premium", .1, .3, 100, "fraction", "Sells all when the price is so far above the fair value"},
    {Rule::magnitude, "magnitude", .3, .7, 1, "", "Hears news of this magnitude at least"},
    {Rule::multiplier, "multiplier", 1, 3, 1e6, "orders", "Trades so many orders on news"},
    {Rule::order, "order", .1, .2, 1, "of max_long", "Size of an order"},
}};

ReactiveRules rules_of(const core::Parameters& p) {
    ReactiveRules rules;
    for (const RuleSpec& spec : rule_specs) {
        const std::string least = fmt::format("{}_least", spec.name);
        if (!p.values().contains(least)) { continue; }
        const RuleRange range{true, p.number(least), p.number(fmt::format("{}_most", spec.name))};
        if (range.least > range.most) {
            throw ConfigError(fmt::format("{} = {} lies above {}_most = {}; exchange them.", least, range.least,
                                          spec.name, range.most));
        }
        rules.of(spec.rule) = range;
    }
    if (p.values().contains("take_chance")) { rules.take_chance = p.number("take_chance"); }
    if (p.values().contains("news_chance")) { rules.news_chance = p.number("news_chance"); }
    if (p.values().contains("window")) { rules.window = static_cast<std::size_t>(p.integer("window")); }
    if (p.values().contains("refresh")) { rules.refresh = static_cast<std::uint32_t>(p.integer("refresh")); }
    return rules;
}

// A kind with these rules, and the size of an order where it enters.
KindSpec kind_of(const char* name, const char* title, const char* rule, std::initializer_list<Rule> rules,
                 std::int64_t shares) {
    KindSpec spec{.name = name,
                  .title = title,
                  .tier = 2,
                  .rule = rule,
                  .defaults = {.kind = name,
                               .cash = Money::of(100'000),
                               .shares = shares,
                               .max_long = 400,
                               .max_short = 0,
                               .wake = Wake{},
                               .order_life = 0},
                  .make = [](const core::Parameters& p) { return std::make_unique<Reactive>(rules_of(p)); }};
    bool has_window = false;
    bool moves = false;
    for (const Rule r : rules) {
        const RuleSpec& one = rule_specs[static_cast<std::size_t>(r)];
        spec.parameters.push_back({fmt::format("{}_least", one.name), one.least, 0, one.limit, one.unit,
                                   fmt::format("{}, at least.", one.help)});
        spec.parameters.push_back({fmt::format("{}_most", one.name), one.most, 0, one.limit, one.unit,
                                   fmt::format("{}, at most.", one.help)});
        has_window = has_window || r == Rule::dip || r == Rule::breakout;
        moves = moves || has_window || r == Rule::premium;
    }
    // The view keeps 200 candles.
    if (has_window) {
        spec.parameters.push_back({"window", std::int64_t{16}, 1, 200, "candles", "Of the recent high."});
    }
    if (moves) {
        spec.parameters.push_back(
            {"refresh", std::int64_t{20}, 1, 1e6, "ticks", "Between two looks at what has moved."});
    }
    return spec;
}

}  // namespace

KindSpec reactive_kind() {
    KindSpec spec =
        kind_of("reactive", "Reactive trader",
                "Buys when the price falls to `buy`; sells all at `stop` below its average cost, and with "
                "`take_chance` at `take` above it, else at the price `sell`; with `news_chance` it also trades "
                "`multiplier` orders on news of `magnitude`. Each number is drawn once an agent.",
                {Rule::buy, Rule::stop, Rule::take, Rule::sell, Rule::magnitude, Rule::multiplier, Rule::order}, 0);
    spec.parameters.push_back({"take_chance", .5, 0, 1, "probability", "Of taking profits; others sell at a price."});
    spec.parameters.push_back({"news_chance", .3, 0, 1, "probability", "Of hearing news."});
    return spec;
}
KindSpec threshold_buyer_kind() {
    return kind_of("threshold_buyer", "Threshold buyer", "Buys one order each time the price falls to `buy`.",
                   {Rule::buy, Rule::order}, 0);
}
KindSpec threshold_seller_kind() {
    return kind_of("threshold_seller", "Threshold seller", "Sells all it has when the price rises to `sell`.",
                   {Rule::sell}, 100);
}
KindSpec stop_loss_kind() {
    return kind_of("stop_loss", "Stop loss", "Sells all it has when the price is `stop` below its average cost.",
                   {Rule::stop}, 100);
}
KindSpec take_profit_kind() {
    return kind_of("take_profit", "Take profit", "Sells all it has when the price is `take` above its average cost.",
                   {Rule::take}, 100);
}
KindSpec trailing_stop_kind() {
    return kind_of("trailing_stop", "Trailing stop",
                   "Sells all it has when the price is `trail` below its highest since; the stop follows in steps of a "
                   "tenth of `trail`.",
                   {Rule::trail}, 100);
}
KindSpec news_reactor_kind() {
    return kind_of(
        "news_reactor", "News reactor",
        "On news of `magnitude` buys `multiplier` orders if they are good, sells as many of its shares if bad.",
        {Rule::magnitude, Rule::multiplier, Rule::order}, 100);
}
KindSpec dip_buyer_kind() {
    return kind_of(
        "dip_buyer", "Dip buyer",
        "Buys one order each time the price falls `dip` below the high of `window` candles; sells all at `stop` "
        "below or `take` above its average cost.",
        {Rule::dip, Rule::stop, Rule::take, Rule::order}, 0);
}
KindSpec breakout_kind() {
    return kind_of(
        "breakout", "Breakout trader",
        "Buys one order each time the price rises `breakout` above the high of `window` candles; sells all when "
        "it is `trail` below its highest since.",
        {Rule::breakout, Rule::trail, Rule::order}, 0);
}
KindSpec timed_kind() {
    return kind_of("timed", "Timed trader", "Buys one order at tick `enter_at`, sells all `hold` ticks later.",
                   {Rule::enter_at, Rule::hold, Rule::order}, 0);
}
KindSpec fundamental_exit_kind() {
    return kind_of("fundamental_exit", "Fundamental exit",
                   "Sells all it has when the price is `premium` above the fair value.", {Rule::premium}, 100);
}

}  // namespace walras::sim
