#include "walras/codec/lobster/lobster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "walras/codec/lobster/lobster_text.hpp"
#include "walras/codec/resting_orders.hpp"
#include "walras/codec/whole_units.hpp"
#include "walras/core/error.hpp"

namespace walras::codec::lobster {

using model::AggressorSide;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

struct Message {
    std::int64_t since_midnight = 0;
    std::int64_t type = 0;
    std::uint64_t order = 0;
    std::uint32_t size = 0;
    Price price;
    OrderSide side = OrderSide::buy;  // of the resting order
};

// What rested before the first message, by price.
struct Seed {
    std::uint64_t order = 0;
    Level level;
};

class Decoder final : public TickDecoder {
public:
    Decoder(TickOptions options, std::optional<BookRow> after_first)
        : options_(std::move(options)), units_(options_.lot_size, options_.source), row_(std::move(after_first)) {
        if (options_.symbols.size() > 1) {
            throw ConfigError(fmt::format("{}: a LOBSTER file has one stock, {} symbols are named; name one",
                                          options_.source, options_.symbols.size()));
        }
        symbols_.push_back(options_.symbols.empty() ? std::string{} : options_.symbols[0]);
    }

    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) override {
        const char* const begin = reinterpret_cast<const char*>(bytes.data());
        const char* const end = begin + bytes.size();
        const char* at = begin;
        while (at != end && out.size() < chunk) {
            const auto left = static_cast<std::size_t>(end - at);
            const auto* line_end = static_cast<const char*>(std::memchr(at, '\n', left));
            if (line_end == nullptr) {
                if (!is_end) {
                    if (left > max_line + 1) {
                        ++line_;
                        refuse({at, max_line});
                    }
                    break;
                }
                line_end = end;
            }
            ++line_;
            std::string_view line(at, static_cast<std::size_t>(line_end - at));
            if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) { line.remove_prefix(3); }
            handle(parse(trim_line(line)), out);
            at = line_end == end ? end : line_end + 1;
        }
        return static_cast<std::size_t>(at - begin);
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }

private:
    static constexpr std::size_t max_line = 256;

    [[nodiscard]] Message parse(std::string_view line) const {
        if (line.size() > max_line) { refuse(line.substr(0, max_line)); }
        Cells cells(line);
        Message m;
        m.since_midnight = cells.seconds();
        m.type = cells.integer();
        const std::int64_t order = cells.integer();
        const std::int64_t size = cells.integer();
        const std::int64_t price = cells.integer();
        const std::int64_t direction = cells.integer();
        const bool is_whole = cells.is_good() && cells.is_at_end() && m.type >= 1 && m.type <= 7 && order >= 0;
        if (!is_whole) { refuse(line); }
        if (m.type == 7) { return m; }
        const bool is_possible = price > -max_price && price < max_price && size > 0 &&
                                 size <= RestingOrder::max_size && (direction == 1 || direction == -1 || m.type == 6) &&
                                 (order > 0 || m.type >= 5);
        if (!is_possible) { refuse(line); }
        m.order = static_cast<std::uint64_t>(order);
        m.size = static_cast<std::uint32_t>(size);
        m.price = Price{price * price_unit};
        m.side = direction == 1 ? OrderSide::buy : OrderSide::sell;
        return m;
    }

    void handle(const Message& m, std::vector<Tick>& out) {
        if (row_) { seed(m, out); }
        switch (m.type) {
            case 1:
                if (is_seeded_) { known_.put(RestingOrder::of(m.order, 0, m.size, m.side)); }
                delta(m, out, BookAction::add, m.order, m.size);
                return;
            case 2: return take(m, out, BookAction::reduce);
            case 3: return take(m, out, BookAction::remove);
            case 4:
                trade(m, out, 0, m.side == OrderSide::buy ? AggressorSide::seller : AggressorSide::buyer);
                return take(m, out, BookAction::fill);
            case 5:
                trade(m, out, model::flag_last,
                      m.side == OrderSide::buy ? AggressorSide::seller : AggressorSide::buyer);
                return;
            case 6: trade(m, out, model::flag_last, AggressorSide::none); return;
            default: return;
        }
    }

    // What a message takes from an order; from the seeded one at its price where nobody added the order that it names.
    void take(const Message& m, std::vector<Tick>& out, BookAction action) {
        if (!is_seeded_ || known_.take(m.order, action == BookAction::remove ? UINT32_MAX : m.size).id != 0) {
            return delta(m, out, action, m.order, m.size);
        }
        std::vector<Seed>& seeds = seeds_[static_cast<std::size_t>(m.side)];
        const auto at = std::ranges::find(seeds, m.price, [](const Seed& s) { return s.level.price; });
        if (at == seeds.end()) {
            const bool was_seen = m.side == OrderSide::buy ? m.price >= horizon(m.side) : m.price <= horizon(m.side);
            if (was_seen) { delta(m, out, action, m.order, m.size); }  // unknown, and the book says so
            close_packet(out);
            return;
        }
        // Several orders make up a seeded level: one that goes takes its own size along, not the level.
        const auto left = static_cast<std::uint32_t>(std::min<std::int64_t>(at->level.size, RestingOrder::max_size));
        const std::uint32_t size = std::min(m.size, left);
        delta(m, out, action == BookAction::remove ? BookAction::reduce : action, at->order, size);
        at->level.size -= size;
        if (at->level.size == 0) { seeds.erase(at); }
    }

    // The snapshot from before message `m`, the first one, from the row after it.
    void seed(const Message& m, std::vector<Tick>& out) {
        BookRow row = std::move(*row_);
        row_.reset();
        std::vector<Level>& touched = m.side == OrderSide::buy ? row.bids : row.asks;
        const auto at = std::ranges::find(touched, m.price, &Level::price);
        if (m.type == 1 && at != touched.end()) {
            at->size -= m.size;
        } else if (m.type >= 2 && m.type <= 4) {
            if (at != touched.end()) {
                at->size += m.size;
            } else {
                touched.push_back({m.price, m.size});
            }
        }
        is_seeded_ = true;
        delta(m, out, BookAction::clear, 0, 0, model::flag_snapshot);
        std::uint64_t order = first_seeded_order;
        for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
            std::vector<Level>& levels = side == OrderSide::buy ? row.bids : row.asks;
            std::ranges::sort(levels, [&](const Level& a, const Level& b) {
                return side == OrderSide::buy ? a.price > b.price : a.price < b.price;
            });
            if (!levels.empty()) { horizons_[static_cast<std::size_t>(side)] = levels.back().price; }
            for (const Level& level : levels) {
                if (level.size <= 0) { continue; }
                seeds_[static_cast<std::size_t>(side)].push_back({order, level});
                Message add = m;
                add.price = level.price;
                add.side = side;
                if (level.size > RestingOrder::max_size) { refuse("a level of more than 2,147,483,647 shares"); }
                delta(add, out, BookAction::add, order--, static_cast<std::uint32_t>(level.size), model::flag_snapshot);
            }
        }
        out.back().flags |= model::flag_last;
    }

    [[nodiscard]] Price horizon(OrderSide side) const { return horizons_[static_cast<std::size_t>(side)]; }

    void trade(const Message& m, std::vector<Tick>& out, std::uint8_t flags, AggressorSide aggressor) {
        Tick& tick = begin(m, out, EventKind::trade, flags);
        tick.trade.price = m.price;
        tick.trade.size = units_.to_lots(m.size, line_);
        tick.trade.aggressor = aggressor;
    }
    void delta(const Message& m, std::vector<Tick>& out, BookAction action, std::uint64_t order, std::uint32_t size,
               std::uint8_t flags = model::flag_last) {
        Tick& tick = begin(m, out, EventKind::book_delta, flags);
        if (action != BookAction::clear) { tick.delta.price = m.price; }
        tick.delta.size = units_.to_lots(size, line_);
        tick.delta.order = order;
        tick.delta.action = action;
        tick.delta.side = m.side;
    }
    // A trade whose fill is left out ends the packet itself.
    void close_packet(std::vector<Tick>& out) const {
        if (!out.empty() && out.back().sequence == line_) { out.back().flags |= model::flag_last; }
    }
    Tick& begin(const Message& m, std::vector<Tick>& out, EventKind kind, std::uint8_t flags) const {
        const TimeNs at{options_.date + m.since_midnight};
        Tick& tick = out.emplace_back(kind, InstrumentId{0}, at, at + options_.feed_delay);
        tick.flags = flags;
        tick.sequence = line_;
        return tick;
    }

    [[noreturn]] void refuse(std::string_view line) const {
        throw DataError(
            fmt::format("{}, line {}: not a message of LOBSTER, which has time, type 1 to 7, order, size, "
                        "price and direction: {}; repair or remove the line",
                        options_.source, line_, line));
    }

    TickOptions options_;
    WholeUnits units_;
    std::optional<BookRow> row_;
    RestingOrders known_;  // with a seed: orders that messages added
    std::vector<Seed> seeds_[2];
    Price horizons_[2]{Price{INT64_MAX}, Price{INT64_MIN}};  // the last seeded price of a side
    std::vector<std::string> symbols_;
    std::uint64_t line_ = 0;
    bool is_seeded_ = false;
};

}  // namespace

TickDecoderPtr make_decoder(TickOptions options, std::optional<BookRow> after_first) {
    return std::make_unique<Decoder>(std::move(options), std::move(after_first));
}

}  // namespace walras::codec::lobster
