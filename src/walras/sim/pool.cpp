#include "walras/sim/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "walras/core/check.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"

namespace walras::sim {
namespace {

constexpr std::uint32_t pool_stream = 0x706f6f6c;

// By regime, from calm to crisis: orders of one of the crowd in a tick, and who acts against the mood.
constexpr std::array<double, 4> activities{.1, .3, .6, .9};
constexpr std::array<double, 4> contrarians{.3, .25, .2, .15};

}  // namespace

Pool::Pool(const MarketConfig& config, std::uint32_t symbol)
    : config_(config.pool),
      seed_(config.seed),
      symbol_(symbol),
      tick_size_(config.symbols[symbol].tick_size),
      maker_fee_(config.maker_fee),
      taker_fee_(config.taker_fee),
      people_(static_cast<double>(config.pool.size) / static_cast<double>(config.symbols.size())),
      activity_(config.pool.activity.value_or(activities[static_cast<std::size_t>(config.pool.regime)])),
      contrarian_(config.pool.contrarian.value_or(contrarians[static_cast<std::size_t>(config.pool.regime)])) {
    // A lognormal with mean m and deviation d: s^2 = ln(1 + (d / m)^2), mu = ln m - s^2 / 2.
    const double ratio = config_.size_deviation / config_.size_mean;
    const double variance = core::math::log(1 + ratio * ratio);
    log_deviation_ = std::sqrt(variance);
    log_mean_ = core::math::log(config_.size_mean) - variance / 2;
    const auto people = static_cast<Lots>(people_);
    start_cash_ = cash_ = Money{config_.cash.raw * people};
    start_shares_ = shares_ = config_.shares * people;
}

std::span<const PoolOrder> Pool::act(const MarketView& view) {
    orders_.clear();
    if (config_.size == 0) { return orders_; }
    hear(view);
    // All live equally long, so what is due stands together.
    for (; due_ < first_ + working_.size() && working_[due_ - first_].expires <= view.tick; ++due_) {
        if (working_[due_ - first_].leaves > 0) { orders_.push_back({.id = {pool_order + due_}, .is_cancel = true}); }
    }
    while (!working_.empty() && working_.front().leaves == 0) {
        working_.pop_front();
        ++first_;
    }
    due_ = std::max(due_, first_);
    const SymbolView& symbol = view.symbols[symbol_];
    core::Random random({seed_, pool_stream, symbol_, view.tick});
    const double mean = people_ * activity_ * (1 + config_.jitter * (2 * random.uniform() - 1));
    const auto count = static_cast<std::uint64_t>(std::floor(mean + random.uniform()));
    const double buys = .5 + .5 * sentiment_ * (1 - 2 * contrarian_);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto side = random.uniform() < buys ? model::OrderSide::buy : model::OrderSide::sell;
        const double offset = std::min(random.exponential() / config_.offset_rate, config_.offset_most);
        const double size = core::math::exp(log_mean_ + log_deviation_ * random.normal());
        const auto lots = std::clamp<Lots>(static_cast<Lots>(std::floor(size + .5)), 1, config_.most);
        const auto key = static_cast<std::uint32_t>(random.bits());
        const Ticks limit = side == model::OrderSide::buy ? symbol.at_most(symbol.mid * (1 - offset))
                                                          : symbol.at_least(symbol.mid * (1 + offset));
        send(side, limit, lots, key, view.tick);
    }
    return orders_;
}

void Pool::hear(const MarketView& view) {
    sentiment_ *= config_.decay;
    for (const NewsEvent& event : view.news) {
        if (event.tick != view.tick || !event.concerns(symbol_, view.sectors[symbol_])) { continue; }
        const double share = event.kind == NewsKind::sector ? .5 : 1;
        sentiment_ += config_.news_weight * share * event.sentiment;
    }
    sentiment_ = std::clamp(sentiment_, -config_.most_sentiment, config_.most_sentiment);
}

void Pool::send(model::OrderSide side, Ticks limit, Lots lots, std::uint32_t key, std::uint64_t tick) {
    const bool is_buy = side == model::OrderSide::buy;
    if (is_buy) {
        const Money needed = reserve_of(limit, lots);
        if (needed > cash_ - reserved_) { return; }
        reserved_ += needed;
    } else {
        lots = std::min(lots, shares_ - selling_);
        if (lots <= 0) { return; }
        selling_ += lots;
    }
    const std::uint64_t number = first_ + working_.size();
    working_.push_back({limit, lots, tick + config_.order_life, is_buy ? 1U : 0U});
    orders_.push_back({.id = {pool_order + number}, .key = key, .side = side, .limit = limit, .lots = lots});
}

Pool::Working* Pool::find(OrderId order) {
    const std::uint64_t number = order.value - pool_order;
    return number >= first_ && number - first_ < working_.size() ? &working_[number - first_] : nullptr;
}

void Pool::release(Working& order, Lots lots) {
    order.leaves -= lots;
    if (order.is_buy != 0) {
        reserved_ -= reserve_of(order.limit, lots);
    } else {
        selling_ -= lots;
    }
}

void Pool::fill(OrderId id, Lots lots, Ticks price, bool is_maker) {
    Working* order = find(id);
    WALRAS_CHECK(order != nullptr && order->leaves >= lots, "the pool has an order that traded");
    release(*order, lots);
    const Money paid = money_of(price, lots);
    const Money fee = apply_rate(paid, is_maker ? maker_fee_ : taker_fee_);
    if (order->is_buy != 0) {
        cash_ -= paid;
        shares_ += lots;
    } else {
        cash_ += paid;
        shares_ -= lots;
    }
    cash_ -= fee;
    fees_ += fee;
}

void Pool::end(OrderId id, Lots lots) {
    Working* order = find(id);
    WALRAS_CHECK(order != nullptr && order->leaves >= lots, "the pool has an order that ended");
    release(*order, lots);
}

double Pool::profit(Ticks price) const {
    const double before = (start_cash_ + money_of(price, start_shares_)).to_double();
    const double now = (cash_ + money_of(price, shares_)).to_double();
    return before > 0 ? now / before - 1 : 0;
}

bool Pool::is_sane(Ticks price) const { return std::abs(profit(price)) <= config_.sanity_limit; }

void Pool::save(core::ArchiveWriter& out) const {
    out.value(cash_);
    out.value(reserved_);
    out.value(shares_);
    out.value(selling_);
    out.value(sentiment_);
    out.value(first_);
    out.value(due_);
    out.array(std::vector<Working>(working_.begin(), working_.end()));
}

void Pool::load(core::ArchiveReader& in) {
    in.value(cash_);
    in.value(reserved_);
    in.value(shares_);
    in.value(selling_);
    in.value(sentiment_);
    in.value(first_);
    in.value(due_);
    std::vector<Working> working;
    in.array(working);
    working_.assign(working.begin(), working.end());
}

}  // namespace walras::sim
