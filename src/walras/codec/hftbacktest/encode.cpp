#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "walras/codec/hftbacktest/hftbacktest.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {

using model::BookAction;
using model::EventKind;
using model::Tick;

HftEncoder::HftEncoder(std::int64_t lot_size, std::string source)
    : lot_(static_cast<double>(lot_size)), source_(std::move(source)) {}

void HftEncoder::encode(std::span<const Tick> ticks, std::vector<HftRecord>& out) {
    for (const Tick& tick : ticks) {
        if (instrument_ == no_instrument) { instrument_ = tick.instrument; }
        if (tick.instrument != instrument_) {
            throw DataError(fmt::format("{}: there are ticks of more than one instrument, and a file of hftbacktest has "
                                        "one; choose it: ticks.only(symbol)",
                                        source_));
        }
        HftRecord row;
        row.ev = hft::exch_event | hft::local_event;
        row.exch_ts = tick.ts_event.ns;
        row.local_ts = tick.ts_init.ns;
        row.ival = static_cast<std::int64_t>(tick.sequence);
        const auto size = [this](Quantity lots) { return static_cast<double>(lots.lots) * lot_ / 1e9; };
        switch (tick.kind) {
            case EventKind::quote:
                row.ev |= hft::depth_bbo;
                out.push_back(row);
                out.back().ev |= hft::buy;
                out.back().px = tick.quote.bid.to_double();
                out.back().qty = size(tick.quote.bid_size);
                out.push_back(row);
                out.back().ev |= hft::sell;
                out.back().px = tick.quote.ask.to_double();
                out.back().qty = size(tick.quote.ask_size);
                break;
            case EventKind::trade:
                row.ev |= hft::trade;
                if (tick.trade.aggressor == model::AggressorSide::buyer) { row.ev |= hft::buy; }
                if (tick.trade.aggressor == model::AggressorSide::seller) { row.ev |= hft::sell; }
                row.px = tick.trade.price.to_double();
                row.qty = size(tick.trade.size);
                row.order_id = tick.trade.trade.value;
                out.push_back(row);
                break;
            case EventKind::book_delta:
                row.px = tick.delta.price.to_double();
                row.qty = size(tick.delta.size);
                encode_delta(tick, row, out);
                break;
            default: break;
        }
    }
}

void HftEncoder::clear(const HftRecord& row, std::vector<HftRecord>& out) {
    HftRecord one = row;
    one.qty = 0;
    one.ev |= hft::depth_clear | hft::buy;
    one.px = lowest_bid_;
    out.push_back(one);
    if (highest_ask_ > 0) {
        one = row;
        one.qty = 0;
        one.ev |= hft::depth_clear | hft::sell;
        one.px = highest_ask_;
        out.push_back(one);
    }
    lowest_bid_ = highest_ask_ = 0;
    live_.clear();
}

void HftEncoder::encode_delta(const Tick& tick, HftRecord row, std::vector<HftRecord>& out) {
    if (tick.delta.action == BookAction::state) { return; }
    if (tick.delta.action == BookAction::clear) { return clear(row, out); }
    const bool is_buy = tick.delta.side == model::OrderSide::buy;
    row.ev |= is_buy ? hft::buy : hft::sell;
    if (tick.delta.price.raw != 0) {
        double& farthest = is_buy ? lowest_bid_ : highest_ask_;
        farthest = farthest == 0 ? row.px : is_buy ? std::min(farthest, row.px) : std::max(farthest, row.px);
    }
    if (tick.delta.order != 0) { return encode_order(tick, row, out); }
    if (tick.delta.action == BookAction::fill_notice) { return; }
    if (tick.delta.action == BookAction::remove) { row.qty = 0; }
    row.ev |= tick.has(model::flag_snapshot) ? hft::depth_snapshot : hft::depth;
    out.push_back(row);
}

void HftEncoder::encode_order(const Tick& tick, HftRecord row, std::vector<HftRecord>& out) {
    const std::uint64_t base = row.ev;
    row.order_id = tick.delta.order;
    const auto push = [&](std::uint64_t kind, std::int64_t lots) {
        row.ev = base | kind;
        row.qty = static_cast<double>(lots) * lot_ / 1e9;
        out.push_back(row);
    };
    std::int64_t& left = live_[tick.delta.order];
    const std::int64_t lots = tick.delta.size.lots;
    switch (tick.delta.action) {
        case BookAction::add:
            left = lots;
            return push(hft::add_order, lots);
        case BookAction::update:
            left = lots;
            return push(hft::modify_order, lots);
        case BookAction::remove:
            live_.erase(tick.delta.order);
            row.px = 0;
            return push(hft::cancel_order, 0);
        case BookAction::reduce:
        case BookAction::fill:
            if (tick.delta.action == BookAction::fill) { push(hft::fill, lots); }
            left -= lots;
            if (left > 0) { return push(hft::modify_order, left); }
            live_.erase(tick.delta.order);
            return push(hft::cancel_order, 0);
        case BookAction::fill_notice: return push(hft::fill, lots);
        case BookAction::clear:
        case BookAction::state: return;
    }
}

std::vector<HftRecord> in_both_orders(std::span<const HftRecord> rows) {
    std::vector<std::uint32_t> by_exchange(rows.size());
    std::iota(by_exchange.begin(), by_exchange.end(), 0U);
    std::ranges::stable_sort(by_exchange, {}, [&](std::uint32_t i) { return rows[i].exch_ts; });
    std::vector<HftRecord> out;
    out.reserve(rows.size());
    const auto push = [&](std::size_t i, std::uint64_t without) {
        out.push_back(rows[i]);
        out.back().ev &= ~without;
    };
    // Two readers of the same rows, each in its own order: a row that is next for both is one.
    std::vector<bool> is_done(rows.size());
    std::size_t exchange = 0;
    for (std::size_t local = 0; local < rows.size(); ++local) {
        while (!is_done[local] && exchange < rows.size() && by_exchange[exchange] != local &&
               rows[by_exchange[exchange]].exch_ts <= rows[local].exch_ts) {
            is_done[by_exchange[exchange]] = true;
            push(by_exchange[exchange++], hft::local_event);
        }
        if (!is_done[local] && exchange < rows.size() && by_exchange[exchange] == local) {
            is_done[local] = true;
            push(local, 0);
            ++exchange;
        } else {
            push(local, hft::exch_event);
        }
    }
    for (; exchange < rows.size(); ++exchange) { push(by_exchange[exchange], hft::local_event); }
    return out;
}

}  // namespace walras::codec
