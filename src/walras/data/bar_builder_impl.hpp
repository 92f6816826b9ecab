// The one trade step of BarBuilder, per kind of bar: included by bar_builder.hpp alone.
#pragma once

#include <algorithm>

#include "walras/data/bar_builder.hpp"

namespace walras::data {

template <class Body>
void BarBuilder::dispatch(Body body) {
    switch (rule_.kind) {
        case BarKind::time: return body.template operator()<BarKind::time>();
        case BarKind::tick: return body.template operator()<BarKind::tick>();
        case BarKind::volume: return body.template operator()<BarKind::volume>();
        case BarKind::dollar: return body.template operator()<BarKind::dollar>();
        case BarKind::tick_imbalance: return body.template operator()<BarKind::tick_imbalance>();
        case BarKind::volume_imbalance: return body.template operator()<BarKind::volume_imbalance>();
        case BarKind::dollar_imbalance: return body.template operator()<BarKind::dollar_imbalance>();
        case BarKind::tick_run: return body.template operator()<BarKind::tick_run>();
        case BarKind::volume_run: return body.template operator()<BarKind::volume_run>();
        case BarKind::dollar_run: return body.template operator()<BarKind::dollar_run>();
    }
}

template <BarKind Kind>
bool BarBuilder::is_complete() const {
    if constexpr (Kind == BarKind::tick) { return bar_.trades >= rule_.threshold; }
    if constexpr (Kind == BarKind::volume) { return bar_.lots >= rule_.threshold; }
    if constexpr (Kind == BarKind::dollar) { return bar_.value >= rule_.threshold; }
    if constexpr (Kind >= BarKind::tick_imbalance) {
        if (!is_warm_) { return static_cast<double>(bar_.trades) >= rule_.expected_ticks; }
        if (bar_.trades < rule_.min_ticks) { return false; }
        if (bar_.trades >= rule_.max_ticks) { return true; }
        const double theta =
            Kind >= BarKind::tick_run ? std::max(flow_.buy, flow_.sell) : std::abs(flow_.buy - flow_.sell);
        return theta >= flow_threshold_;
    }
    return false;
}

template <BarKind Kind>
void BarBuilder::step(const BarTrade& trade, std::vector<TradeBar>& out) {
    if (trade.ts.ns < last_ts_ || trade.lots < 0) [[unlikely]] { refuse(trade); }
    last_ts_ = trade.ts.ns;
    if constexpr (Kind == BarKind::time) {
        const std::int64_t t = trade.ts.ns - static_cast<std::int64_t>(rule_.includes_close);
        if (t >= interval_.end && !enter(t, out)) [[unlikely]] { return; }
    } else if (!rule_.sessions.empty() && !open_session(trade.ts.ns)) {
        return;
    }

    const int change = static_cast<int>(trade.price > last_price_) - static_cast<int>(trade.price < last_price_);
    const int by_price = change != 0 && has_last_ ? change : side_;
    side_ = trade.aggressor != 0 && !rule_.ignores_aggressor ? trade.aggressor : by_price;
    last_price_ = trade.price;
    has_last_ = true;
    if (!trade.sets_price && !has_price_) [[unlikely]] {
        ++skipped_;
        return;
    }

    if (bar_.trades == 0) { bar_.open_time = trade.ts; }
    bar_.close_time = trade.ts;
    if (trade.sets_price) {
        if (!bar_has_price_) {
            bar_.open = bar_.high = bar_.low = trade.price;
            bar_has_price_ = has_price_ = true;
        }
        bar_.high = std::max(bar_.high, trade.price);
        bar_.low = std::min(bar_.low, trade.price);
        bar_.close = trade.price;
    }
    ++bar_.trades;
    bar_.lots = core::checked_add(bar_.lots, trade.lots);
    bar_.buy_lots += side_ > 0 ? trade.lots : 0;
    const core::int128 value = static_cast<core::int128>(trade.price.raw) * trade.lots;
    bar_.value += value;
    if constexpr (Kind >= BarKind::tick_imbalance) {
        constexpr int unit = (static_cast<int>(Kind) - static_cast<int>(BarKind::tick_imbalance)) % 3;
        const double v = unit == 0   ? 1.0
                         : unit == 1 ? static_cast<double>(trade.lots)
                                     : std::abs(static_cast<double>(value));
        flow_.buy += side_ > 0 ? v : 0.0;
        flow_.sell += side_ < 0 ? v : 0.0;
        flow_.buy_ticks += static_cast<std::int64_t>(side_ > 0);
    }
    if constexpr (Kind != BarKind::time) {
        if (is_complete<Kind>()) { close_bar(out); }
    }
}

}  // namespace walras::data
