// The names of every setting, once: files, Python and checkpoints read and write configurations through `visit`.
#pragma once

#include <type_traits>

#include "walras/sim/config.hpp"

namespace walras::sim {

// f(name, field) for each, in the order of the struct.
void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, Fundamentals>
{
    f("eps", config.eps);
    f("growth", config.growth);
    f("payout", config.payout);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, SymbolConfig>
{
    f("name", config.name);
    f("sector", config.sector);
    f("initial_price", config.initial_price);
    f("tick_size", config.tick_size);
    f("shares_outstanding", config.shares_outstanding);
    f("fundamentals", config.fundamentals);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, Wake>
{
    f("every", config.every);
    f("chance", config.chance);
    f("regular", config.regular);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, Delay>
{
    f("least", config.least);
    f("most", config.most);
    f("jitter", config.jitter);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, GroupConfig>
{
    f("kind", config.kind);
    f("name", config.name);
    f("count", config.count);
    f("parameters", config.parameters);
    f("cash", config.cash);
    f("shares", config.shares);
    f("max_long", config.max_long);
    f("max_short", config.max_short);
    f("wake", config.wake);
    f("delay", config.delay);
    f("order_life", config.order_life);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, NewsRate>
{
    f("chance", config.chance);
    f("interval", config.interval);
    f("duration", config.duration);
    f("least", config.least);
    f("most", config.most);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, NewsConfig>
{
    f("enabled", config.enabled);
    f("earnings", config.earnings);
    f("guidance", config.guidance);
    f("rate", config.rate);
    f("sector", config.sector);
    f("risk_free", config.risk_free);
    f("equity_premium", config.equity_premium);
    f("drift", config.drift);
    f("reversion", config.reversion);
    f("volatility", config.volatility);
    f("shock_chance", config.shock_chance);
    f("shock_mean", config.shock_mean);
    f("shock_deviation", config.shock_deviation);
    f("least_multiple", config.least_multiple);
    f("most_multiple", config.most_multiple);
    f("preview", config.preview);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, PoolConfig>
{
    f("size", config.size);
    f("regime", config.regime);
    f("activity", config.activity);
    f("jitter", config.jitter);
    f("contrarian", config.contrarian);
    f("size_mean", config.size_mean);
    f("size_deviation", config.size_deviation);
    f("most", config.most);
    f("offset_rate", config.offset_rate);
    f("offset_most", config.offset_most);
    f("most_sentiment", config.most_sentiment);
    f("decay", config.decay);
    f("news_weight", config.news_weight);
    f("order_life", config.order_life);
    f("cash", config.cash);
    f("shares", config.shares);
    f("sanity_limit", config.sanity_limit);
}

void visit(auto& config, auto&& f)
    requires std::is_same_v<std::remove_cvref_t<decltype(config)>, MarketConfig>
{
    f("symbols", config.symbols);
    f("groups", config.groups);
    f("seed", config.seed);
    f("clock", config.clock);
    f("mechanism", config.mechanism);
    f("auction_rule", config.auction_rule);
    f("start", config.start);
    f("tick_length", config.tick_length);
    f("compute_delay", config.compute_delay);
    f("candle_ticks", config.candle_ticks);
    f("maker_fee", config.maker_fee);
    f("taker_fee", config.taker_fee);
    f("borrow_pool", config.borrow_pool);
    f("borrow_rate", config.borrow_rate);
    f("market_collar", config.market_collar);
    f("features", config.features);
    f("news", config.news);
    f("pool", config.pool);
}

}  // namespace walras::sim
