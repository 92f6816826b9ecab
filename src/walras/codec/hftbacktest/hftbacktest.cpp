#include "walras/codec/hftbacktest/hftbacktest.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <optional>

#include "walras/codec/lots.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

using model::BookAction;
using model::EventKind;
using model::Tick;

// Rows of the other clock stand between two of one message at most this often.
constexpr std::size_t look_ahead = 64;

class HftDecoder final : public TickDecoder {
public:
    explicit HftDecoder(TickOptions options) : options_(std::move(options)) {
        if (options_.symbols.size() > 1) {
            throw ConfigError(fmt::format("{}: a file of hftbacktest has one instrument, {} are named; name one",
                                          options_.source, options_.symbols.size()));
        }
        symbols_.push_back(options_.symbols.empty() ? std::string{} : options_.symbols.front());
    }

    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) override;
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }

private:
    [[noreturn]] void fail(const std::string& fact, const std::string& remedy) const {
        throw DataError(fmt::format("{}, row {}: {}; {}", options_.source, row_, fact, remedy));
    }
    [[nodiscard]] std::optional<std::size_t> header_size(std::span<const std::byte> bytes, bool is_end) const;
    void read(const HftRecord& row, const HftRecord* next, std::vector<Tick>& out);
    void read_level(const Tick& given, const HftRecord& row, const HftRecord* next, std::vector<Tick>& out);
    void read_bbo(const Tick& given, const HftRecord& row, const HftRecord* next, std::vector<Tick>& out);
    [[nodiscard]] Price price(const HftRecord& row) const;
    [[nodiscard]] Quantity lots(const HftRecord& row) const;
    [[nodiscard]] model::OrderSide side(const HftRecord& row) const;

    TickOptions options_;
    std::vector<std::string> symbols_;
    std::uint64_t row_ = 0;
    TimeNs last_ = time_min;
    bool begun_ = false;
    bool has_levels_ = false;  // of the snapshot that is being read
    model::Quote quote_;
};

std::uint64_t kind_of(const HftRecord& row) { return row.ev & hft::kind_mask; }
bool same_times(const HftRecord& a, const HftRecord& b) { return a.exch_ts == b.exch_ts && a.local_ts == b.local_ts; }
bool of_snapshot(const HftRecord& row) {
    return kind_of(row) == hft::depth_clear || kind_of(row) == hft::depth_snapshot;
}

HftRecord record_at(std::span<const std::byte> bytes) {
    HftRecord row;
    std::memcpy(&row, bytes.data(), sizeof row);
    return row;
}

std::optional<std::size_t> HftDecoder::header_size(std::span<const std::byte> bytes, bool is_end) const {
    constexpr std::string_view magic = "\x93NUMPY";
    if (bytes.size() < 12) { return is_end ? std::optional<std::size_t>(0) : std::nullopt; }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(magic)) { return 0; }
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
    const bool is_first_version = text[6] == 1;
    const std::size_t begin = is_first_version ? 10 : 12;
    std::size_t length = byte(8) | byte(9) << 8;
    if (!is_first_version) { length |= byte(10) << 16 | byte(11) << 24; }
    if (length > 65'536) { fail("the NumPy header is longer than 64 KiB", "write the array with hftbacktest's dtype"); }
    if (bytes.size() < begin + length) {
        if (is_end) { fail("the file ends in NumPy's header", "fetch the file again"); }
        return {};
    }
    const std::string_view header = text.substr(begin, length);
    constexpr std::string_view dtype =
        "[('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), ('order_id', '<u8'), "
        "('ival', '<i8'), ('fval', '<f8')]";
    if (header.find(dtype) == std::string_view::npos ||
        header.find("'fortran_order': False") == std::string_view::npos) {
        fail(fmt::format("the NumPy array is no one of hftbacktest's events: {}", header.substr(0, 200)),
             "give an array of ev, exch_ts, local_ts, px, qty, order_id, ival, fval");
    }
    return begin + length;
}

std::size_t HftDecoder::decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) {
    std::size_t at = 0;
    if (!begun_) {
        const auto header = header_size(bytes, is_end);
        if (!header) { return 0; }
        begun_ = true;
        at = *header;
    }
    while (out.size() < chunk) {
        const std::size_t left = (bytes.size() - at) / sizeof(HftRecord);
        if (left == 0) {
            if (is_end && at < bytes.size()) {
                fail(fmt::format("the file ends {} bytes into a record of 64", bytes.size() - at),
                     "fetch the file again");
            }
            break;
        }
        if (left <= look_ahead && !is_end) { break; }
        const HftRecord row = record_at(bytes.subspan(at));
        if ((row.ev & hft::local_event) != 0) {
            HftRecord next;
            bool has_next = false;
            for (std::size_t i = 1; i <= look_ahead && i < left && !has_next; ++i) {
                next = record_at(bytes.subspan(at + i * sizeof row));
                has_next = (next.ev & hft::local_event) != 0;
            }
            read(row, has_next ? &next : nullptr, out);
        }
        at += sizeof row;
        ++row_;
    }
    return at;
}

Price HftDecoder::price(const HftRecord& row) const {
    const auto raw = core::fixed_from_double(row.px);
    if (!raw || *raw < 0) { fail(fmt::format("px is {}", row.px), "prices lie between 0 and 9e9"); }
    return Price{*raw};
}

Quantity HftDecoder::lots(const HftRecord& row) const {
    const auto found = row.qty >= 0 ? whole_lots(row.qty, options_.lot_size) : std::nullopt;
    if (!found) {
        fail(fmt::format("qty is {}, no whole number of lots of {}e-9, 0 or more", row.qty, options_.lot_size),
             "give the instrument's lot_size");
    }
    return *found;
}

model::OrderSide HftDecoder::side(const HftRecord& row) const {
    const bool is_buy = (row.ev & hft::buy) != 0;
    if (is_buy == ((row.ev & hft::sell) != 0)) {
        fail(fmt::format("ev {:#x} has not one side", row.ev), "set BUY_EVENT or SELL_EVENT");
    }
    return is_buy ? model::OrderSide::buy : model::OrderSide::sell;
}

void HftDecoder::read_bbo(const Tick& given, const HftRecord& row, const HftRecord* next, std::vector<Tick>& out) {
    Tick tick = given;
    const bool is_buy = side(row) == model::OrderSide::buy;
    (is_buy ? quote_.bid : quote_.ask) = price(row);
    (is_buy ? quote_.bid_size : quote_.ask_size) = lots(row);
    const bool goes_on = is_buy && next != nullptr && kind_of(*next) == hft::depth_bbo && same_times(row, *next) &&
                         (next->ev & hft::sell) != 0;
    if (goes_on) { return; }
    tick.kind = EventKind::quote;
    tick.quote = quote_;
    out.push_back(tick);
}

void HftDecoder::read_level(const Tick& given, const HftRecord& row, const HftRecord* next, std::vector<Tick>& out) {
    Tick tick = given;
    const bool is_snapshot = of_snapshot(row);
    const bool goes_on = next != nullptr && same_times(row, *next) && row.ival == next->ival &&
                         (is_snapshot ? of_snapshot(*next) : kind_of(*next) == hft::depth);
    const auto clear = [&](std::uint8_t flags) {
        Tick one = tick;
        one.delta.action = BookAction::clear;
        one.flags = flags;
        out.push_back(one);
    };
    if (kind_of(row) == hft::depth_clear) {
        // The snapshot's own clear comes with its first level.
        if (!goes_on && !has_levels_) {
            clear(0);
            // Nothing here ever says that a book is whole, or that something is missing.
            tick.delta.action = BookAction::state;
            tick.delta.order = static_cast<std::uint64_t>(model::BookState::unverifiable);
            tick.flags = model::flag_last;
            out.push_back(tick);
        }
    } else {
        if (is_snapshot && !has_levels_) { clear(model::flag_snapshot); }
        has_levels_ = is_snapshot;
        tick.delta.action = BookAction::update;
        tick.delta.side = side(row);
        tick.delta.price = price(row);
        tick.delta.size = lots(row);
        tick.flags = is_snapshot ? model::flag_snapshot : std::uint8_t{0};
        if (!goes_on) { tick.flags |= model::flag_last; }
        out.push_back(tick);
    }
    if (!goes_on) { has_levels_ = false; }
}

void HftDecoder::read(const HftRecord& row, const HftRecord* next, std::vector<Tick>& out) {
    Tick tick(EventKind::book_delta, InstrumentId{0}, TimeNs{row.exch_ts}, TimeNs{row.local_ts});
    tick.sequence = static_cast<std::uint64_t>(row.ival);
    if (tick.ts_init < last_) {
        fail(fmt::format("local_ts {} lies before {} of a row above", row.local_ts, last_.ns),
             "sort the rows, as hftbacktest's correct_event_order does");
    }
    last_ = tick.ts_init;
    const auto order = [&](BookAction action, bool has_price) {
        if (row.order_id == 0) { fail("an order has the id 0", "give order ids from 1 on"); }
        tick.delta.action = action;
        tick.delta.order = row.order_id;
        tick.flags = model::flag_last;
        if ((row.ev & (hft::buy | hft::sell)) != 0) { tick.delta.side = side(row); }
        if (has_price) { tick.delta.price = price(row); }
        tick.delta.size = has_price ? lots(row) : Quantity{};
        out.push_back(tick);
    };
    switch (kind_of(row)) {
        case hft::depth:
        case hft::depth_clear:
        case hft::depth_snapshot: return read_level(tick, row, next, out);
        case hft::depth_bbo: return read_bbo(tick, row, next, out);
        case hft::trade:
            tick.kind = EventKind::trade;
            tick.trade.price = price(row);
            tick.trade.size = lots(row);
            tick.trade.trade = TradeId{row.order_id};
            if ((row.ev & hft::buy) != 0) { tick.trade.aggressor = model::AggressorSide::buyer; }
            if ((row.ev & hft::sell) != 0) { tick.trade.aggressor = model::AggressorSide::seller; }
            out.push_back(tick);
            return;
        case hft::add_order: return order(BookAction::add, true);
        case hft::cancel_order: return order(BookAction::remove, false);
        case hft::modify_order: return order(BookAction::update, true);
        case hft::fill: return order(BookAction::fill_notice, true);
        default:
            fail(fmt::format("there is no event of kind {} (ev {:#x})", kind_of(row), row.ev),
                 "kinds are 1 to 5 and 10 to 13");
    }
}

}  // namespace

TickDecoderPtr hftbacktest_decoder(TickOptions options) { return std::make_unique<HftDecoder>(std::move(options)); }

}  // namespace walras::codec
