#include "walras/codec/tardis/tardis.hpp"

#include <fmt/format.h>

#include <map>

#include "walras/codec/book_rows.hpp"
#include "walras/codec/book_sync.hpp"
#include "walras/codec/csv_ticks.hpp"
#include "walras/codec/receipt.hpp"

namespace walras::codec {
namespace {

using model::EventKind;
using model::Tick;

enum class Layout : std::uint8_t { unknown, levels, books, trades, quotes, binance };

constexpr std::size_t npos = Delimited::npos;

struct Places {
    std::size_t symbol = npos, time = npos, local = npos;
    std::size_t side = npos, price = npos, amount = npos, is_snapshot = npos;
    std::size_t id = npos;
    std::size_t bid = npos, bid_size = npos, ask = npos, ask_size = npos;
    std::size_t first = npos, last = npos, before = npos, type = npos;
};

Layout find_layout(const Delimited& header, Places& at) {
    at.symbol = header.find({"symbol"});
    at.time = header.find({"timestamp"});
    at.local = header.find({"local_timestamp"});
    at.side = header.find({"side"});
    at.price = header.find({"price"});
    at.amount = header.find({"amount", "qty"});
    at.is_snapshot = header.find({"is_snapshot"});
    at.id = header.find({"id"});
    at.bid = header.find({"bid_price"});
    at.bid_size = header.find({"bid_amount"});
    at.ask = header.find({"ask_price"});
    at.ask_size = header.find({"ask_amount"});
    at.first = header.find({"first_update_id"});
    at.last = header.find({"last_update_id"});
    at.before = header.find({"pu"});
    at.type = header.find({"update_type"});
    const bool level = at.side != npos && at.price != npos && at.amount != npos;
    if (at.symbol == npos || at.time == npos) { return Layout::unknown; }
    if (level && at.first != npos && at.last != npos && at.type != npos) { return Layout::binance; }
    if (at.local == npos) { return Layout::unknown; }
    if (level && at.is_snapshot != npos) { return Layout::levels; }
    if (level) { return Layout::trades; }
    if (at.bid != npos && at.bid_size != npos && at.ask != npos && at.ask_size != npos) { return Layout::quotes; }
    return header.find({"asks[0].price"}) != npos && header.find({"bids[0].price"}) != npos ? Layout::books
                                                                                            : Layout::unknown;
}

class Tardis final : public CsvTicks {
public:
    explicit Tardis(TickOptions options) : CsvTicks(std::move(options), true) {}

protected:
    void read(std::string_view line, std::vector<Tick>& out) override;

private:
    void read_header(std::string_view line);
    void read_level(const Tick& given, std::vector<Tick>& out);
    void read_books(const Tick& tick, std::vector<Tick>& out);
    void read_binance(const Tick& given, std::vector<Tick>& out);
    [[nodiscard]] model::OrderSide side() const;
    [[nodiscard]] bool is_snapshot() const;
    // Whether the next row is of the same message: equal in these columns.
    [[nodiscard]] bool goes_on(std::initializer_list<std::size_t> columns);

    struct Level {
        std::size_t price, size;
        model::OrderSide side;
    };
    Layout layout_ = Layout::unknown;
    Places at_;
    std::vector<Level> levels_;  // of a book_snapshot file
    BookRows rows_;
    Delimited next_;
    std::map<std::uint32_t, BookSync> sync_;
};

void Tardis::read_header(std::string_view line) {
    row_.split(line);
    for (std::size_t i = 0; i < row_.size(); ++i) { names_.emplace_back(row_[i]); }
    layout_ = find_layout(row_, at_);
    if (layout_ == Layout::unknown) {
        fail(fmt::format("the header {} is none of incremental_book_L2, book_snapshot, trades and quotes", show(line)),
             "keep the header that Tardis writes");
    }
    if (layout_ != Layout::books) { return; }
    for (std::size_t i = 0;; ++i) {
        const std::size_t before = levels_.size();
        for (const bool is_bid : {true, false}) {
            const char* word = is_bid ? "bids" : "asks";
            const std::size_t price = row_.find({fmt::format("{}[{}].price", word, i)});
            const std::size_t size = row_.find({fmt::format("{}[{}].amount", word, i)});
            if (price == npos || size == npos) { continue; }
            levels_.push_back({price, size, is_bid ? model::OrderSide::buy : model::OrderSide::sell});
        }
        if (levels_.size() == before) { return; }
    }
}

model::OrderSide Tardis::side() const {
    const std::string_view word = cell(at_.side);
    if (word == "bid" || word == "b" || word == "buy") { return model::OrderSide::buy; }
    if (word == "ask" || word == "a" || word == "sell") { return model::OrderSide::sell; }
    refuse(at_.side, "which is neither bid nor ask");
}

bool Tardis::is_snapshot() const {
    const std::string_view word = cell(at_.is_snapshot);
    if (word == "true" || word == "True") { return true; }
    if (word == "false" || word == "False") { return false; }
    refuse(at_.is_snapshot, "which is neither true nor false");
}

bool Tardis::goes_on(std::initializer_list<std::size_t> columns) {
    if (following().empty()) { return false; }
    next_.split(following());
    for (const std::size_t column : columns) {
        if (column != npos && next_[column] != row_[column]) { return false; }
    }
    return true;
}

void Tardis::read(std::string_view line, std::vector<Tick>& out) {
    if (trim(line).empty()) { return; }
    if (layout_ == Layout::unknown) { return read_header(line); }
    split(line);
    const InstrumentId instrument = instrument_of(cell(at_.symbol));
    if (instrument == nobody) { return; }
    Tick tick(EventKind::book_delta, instrument, epoch_ns(integer_at(at_.time)), {});
    tick.ts_init = at_.local != npos ? epoch_ns(integer_at(at_.local)) : tick.ts_event + options().feed_delay;
    keep_order(tick.ts_init);
    switch (layout_) {
        case Layout::levels: return read_level(tick, out);
        case Layout::books: return read_books(tick, out);
        case Layout::binance: return read_binance(tick, out);
        case Layout::trades: {
            tick.kind = EventKind::trade;
            tick.trade.price = price_at(at_.price);
            tick.trade.size = lots_at(at_.amount);
            const std::string_view word = cell(at_.side);
            tick.trade.aggressor = word == "buy"    ? model::AggressorSide::buyer
                                   : word == "sell" ? model::AggressorSide::seller
                                                    : model::AggressorSide::none;
            if (word != "buy" && word != "sell" && word != "unknown") {
                refuse(at_.side, "which is none of buy, sell and unknown");
            }
            // Some venues have names for their trades: those stay 0.
            if (at_.id != npos) { tick.trade.trade = TradeId{integer_of(cell(at_.id)).value_or(0)}; }
            tick.sequence = tick.trade.trade.value;
            out.push_back(tick);
            return;
        }
        case Layout::quotes: {
            tick.kind = EventKind::quote;
            // A side without a price is empty.
            const auto price = [&](std::size_t c) { return cell(c).empty() ? Price{} : price_at(c, true); };
            const auto lots = [&](std::size_t c) { return cell(c).empty() ? Quantity{} : lots_at(c); };
            tick.quote = {price(at_.bid), price(at_.ask), lots(at_.bid_size), lots(at_.ask_size)};
            out.push_back(tick);
            return;
        }
        case Layout::unknown: return;
    }
}

void Tardis::read_level(const Tick& given, std::vector<Tick>& out) {
    Tick tick = given;
    tick.delta.action = model::BookAction::update;
    tick.delta.side = side();
    tick.delta.price = price_at(at_.price);
    tick.delta.size = lots_at(at_.amount);
    const bool is_whole_book = is_snapshot();
    rows_.add(tick);
    if (!goes_on({at_.symbol, at_.time, at_.local, at_.is_snapshot})) { rows_.close(is_whole_book, out); }
}

void Tardis::read_books(const Tick& tick, std::vector<Tick>& out) {
    for (const Level& level : levels_) {
        if (cell(level.price).empty()) { continue; }  // fewer levels than columns
        Tick one = tick;
        one.delta.action = model::BookAction::update;
        one.delta.side = level.side;
        one.delta.price = price_at(level.price);
        one.delta.size = lots_at(level.size);
        rows_.add(one);
    }
    if (!rows_.is_empty()) { return rows_.close(true, out); }
    Tick empty = tick;
    empty.delta.action = model::BookAction::clear;
    empty.flags = model::flag_snapshot | model::flag_last;
    out.push_back(empty);
}

void Tardis::read_binance(const Tick& given, std::vector<Tick>& out) {
    Tick tick = given;
    const bool is_whole_book = cell(at_.type) == "snap";
    if (!is_whole_book && cell(at_.type) != "set") { refuse(at_.type, "which is neither set nor snap"); }
    tick.delta.action = model::BookAction::update;
    tick.delta.side = side();
    tick.delta.price = price_at(at_.price);
    tick.delta.size = lots_at(at_.amount);
    const std::uint64_t first = integer_at(at_.first);
    tick.sequence = integer_at(at_.last);
    rows_.add(tick);
    if (goes_on({at_.symbol, at_.time, at_.first, at_.last, at_.type})) { return; }
    const std::size_t begin = out.size();
    rows_.close(is_whole_book, out);
    BookSync& sync = sync_[tick.instrument.value];
    if (is_whole_book) { return sync.on_snapshot(tick.sequence, begin, out); }
    const bool has_before = at_.before != npos && !cell(at_.before).empty() && cell(at_.before) != "-1";
    if (first == 0 || first > tick.sequence) { refuse(at_.first, "which is no update before the last"); }
    sync.on_diff({has_before ? integer_at(at_.before) : first - 1, tick.sequence, !has_before}, tick, begin, out);
}

}  // namespace

TickDecoderPtr tardis_decoder(TickOptions options) { return std::make_unique<Tardis>(std::move(options)); }

bool is_tardis_header(std::string_view line) {
    if (line.starts_with("\xef\xbb\xbf")) { line.remove_prefix(3); }
    Delimited header;
    header.split(line);
    Places places;
    return find_layout(header, places) != Layout::unknown;
}

}  // namespace walras::codec
