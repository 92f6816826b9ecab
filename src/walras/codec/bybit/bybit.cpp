#include "walras/codec/bybit/bybit.hpp"

#include <fmt/format.h>

#include <map>

#include "walras/codec/book_sync.hpp"
#include "walras/codec/csv_text.hpp"
#include "walras/codec/json_text.hpp"
#include "walras/codec/line_decoder.hpp"
#include "walras/codec/receipt.hpp"

namespace walras::codec {
namespace {

using model::EventKind;
using model::Tick;

class Bybit final : public LineDecoder {
public:
    explicit Bybit(TickOptions options) : LineDecoder(std::move(options)), lots_(this->options().lot_size) {}

protected:
    void read(std::string_view line, std::vector<Tick>& out) override;

private:
    struct Book {
        std::string_view symbol;
        std::uint64_t update = 0;
        bool has_update = false, has_levels = false;
        std::string_view bad;  // a number that cannot be kept
    };

    void read_message(const Receipt& receipt, std::vector<Tick>& out);
    void read_book(JsonText& json, Book& book, std::vector<Tick>& out);
    void read_levels(JsonText& json, model::OrderSide side, Book& book, std::vector<Tick>& out);
    void read_trades(JsonText& json, const Tick& given, std::vector<Tick>& out);
    // A quoted number, as it stands there.
    static std::string_view text_of(JsonText& json) { return json.string(); }
    [[nodiscard]] Price price_of(std::string_view text) const;
    [[nodiscard]] Quantity lots_of(std::string_view text) const;

    LotText lots_;
    std::map<std::uint32_t, BookSync> sync_;
};

void Bybit::read(std::string_view line, std::vector<Tick>& out) {
    const auto receipt = split_receipt(line);
    if (!receipt) {
        fail(fmt::format("{} is no recorded message", show(line)), "lines are JSON objects, or a time and one");
    }
    if (!receipt->is_message) { return; }
    const std::size_t begin = out.size();
    try {
        read_message(*receipt, out);
    } catch (const JsonFault& fault) {
        out.resize(begin);
        fail(fmt::format("the message is broken: {}", fault.what), "repair or remove the line");
    }
}

Price Bybit::price_of(std::string_view text) const {
    const auto found = decimal_of(text, 9);
    if (!found || found->value <= 0) {
        fail(fmt::format("the price is {}, which is no positive number", show(text)), "repair or remove the line");
    }
    return Price{found->value};
}

Quantity Bybit::lots_of(std::string_view text) const {
    const char* p = text.data();
    std::int64_t lots = 0;
    if (text.empty() || !lots_.read(p, text.data() + text.size(), lots) || p != text.data() + text.size()) {
        fail(fmt::format("the size {} is no whole number of lots, 0 or more", show(text)),
             "give the instrument's lot_size");
    }
    return Quantity{lots};
}

void Bybit::read_levels(JsonText& json, model::OrderSide side, Book& book, std::vector<Tick>& out) {
    book.has_levels = true;
    json.elements([&] {
        json.expect('[', "a level is no array");
        json.expect('"', "the price of a level is no string");
        Tick& tick = out.emplace_back();
        tick.delta.side = side;
        tick.delta.action = model::BookAction::update;
        const char* p = json.at();
        if (!read_price(p, json.end(), tick.delta.price.raw) || tick.delta.price.raw <= 0) {
            throw JsonFault{"the price of a level is no positive number"};
        }
        json.move_to(p);
        json.expect('"', "the price of a level is no number");
        json.expect(',', "a level has no size");
        json.expect('"', "the size of a level is no string");
        p = json.at();
        if (!lots_.read(p, json.end(), tick.delta.size.lots)) [[unlikely]] {
            const char* from = p;
            while (p < json.end() && *p != '"') { ++p; }
            if (book.bad.empty()) { book.bad = {from, static_cast<std::size_t>(p - from)}; }
        }
        json.move_to(p);
        json.expect('"', "the size of a level is no number");
        json.expect(']', "a level has no end");
    });
}

void Bybit::read_book(JsonText& json, Book& book, std::vector<Tick>& out) {
    json.members([&](std::string_view key) {
        if (key == "s" && json.peek() == '"') {
            book.symbol = json.string();
        } else if (key == "u") {
            book.update = json.integer();
            book.has_update = true;
        } else if (key == "b" || key == "a") {
            read_levels(json, key == "b" ? model::OrderSide::buy : model::OrderSide::sell, book, out);
        } else {
            json.skip();
        }
    });
}

void Bybit::read_trades(JsonText& json, const Tick& given, std::vector<Tick>& out) {
    Tick head = given;
    head.kind = EventKind::trade;
    json.elements([&] {
        Tick tick = head;
        std::string_view symbol, price, size, side, id;
        json.members([&](std::string_view key) {
            if (key == "T") {
                tick.ts_event = epoch_ns(json.integer());
            } else if (json.peek() != '"') {
                json.skip();
            } else {
                const std::string_view value = text_of(json);
                if (key == "s") { symbol = value; }
                if (key == "p") { price = value; }
                if (key == "v") { size = value; }
                if (key == "S") { side = value; }
                if (key == "i") { id = value; }
            }
        });
        if (symbol.empty()) { throw JsonFault{"a trade has no symbol \"s\""}; }
        tick.instrument = instrument_of(symbol);
        if (tick.instrument == nobody) { return; }
        tick.trade.price = price_of(price);
        tick.trade.size = lots_of(size);
        if (side != "Buy" && side != "Sell") { throw JsonFault{"the side \"S\" of a trade is neither Buy nor Sell"}; }
        tick.trade.aggressor = side == "Buy" ? model::AggressorSide::buyer : model::AggressorSide::seller;
        std::uint64_t number = 0;
        int digits = 0;
        for (const char c : id) {
            const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit >= 0 && digits++ < 16) { number = number << 4 | static_cast<std::uint64_t>(digit); }
        }
        tick.trade.trade = TradeId{number};
        out.push_back(tick);
    });
}

void Bybit::read_message(const Receipt& receipt, std::vector<Tick>& out) {
    const std::size_t begin = out.size();
    std::string_view topic, type;
    std::uint64_t sent = 0, matched = 0;
    Book book;
    JsonText json(receipt.json);
    const char* trades = nullptr;  // read last, when the times are known
    if (json.next() == '[') { return; }
    json.members([&](std::string_view key) {
        if ((key == "topic" || key == "type") && json.peek() == '"') {
            (key == "topic" ? topic : type) = json.string();
        } else if (key == "ts" || key == "cts") {
            (key == "ts" ? sent : matched) = json.integer();
        } else if (key == "data" && json.peek() == '{' && (topic.empty() || topic.starts_with("orderbook."))) {
            read_book(json, book, out);
        } else {
            if (key == "data" && json.peek() == '[') { trades = json.at(); }
            json.skip();
        }
    });
    if (!json.is_end()) { throw JsonFault{"something stands behind the object"}; }
    const bool is_book = topic.starts_with("orderbook.");
    const bool is_trades = topic.starts_with("publicTrade.") && trades != nullptr;
    if (!is_book && !is_trades) { return out.resize(begin); }
    if (sent == 0 && !receipt.local) { fail("the message has no time \"ts\"", "repair or remove the line"); }
    Tick head(EventKind::book_delta, {}, {}, {});
    const TimeNs stamp = sent != 0 ? epoch_ns(sent) : *receipt.local;
    head.ts_init = receipt.local ? *receipt.local : stamp + options().feed_delay;
    head.ts_event = matched != 0 ? epoch_ns(matched) : stamp;
    keep_order(head.ts_init);
    if (is_trades) {
        out.resize(begin);
        JsonText list(std::string_view(trades, static_cast<std::size_t>(json.end() - trades)));
        return read_trades(list, head, out);
    }
    if (book.symbol.empty() || !book.has_update) {
        fail("the book has no \"s\" or no \"u\"", "repair or remove the line");
    }
    head.instrument = instrument_of(book.symbol);
    if (head.instrument == nobody) { return out.resize(begin); }
    if (!book.bad.empty()) { (void)lots_of(book.bad); }
    if (type != "snapshot" && type != "delta") {
        fail(fmt::format("the type is {}, neither snapshot nor delta", show(type)), "repair or remove the line");
    }
    head.sequence = book.update;
    const bool is_snapshot = type == "snapshot";
    const std::uint8_t flags = is_snapshot ? model::flag_snapshot : std::uint8_t{0};
    for (std::size_t i = begin; i < out.size(); ++i) {
        const model::BookDelta delta = out[i].delta;
        out[i] = head;
        out[i].delta = delta;
        out[i].flags = flags;
    }
    BookSync& sync = sync_[head.instrument.value];
    if (!is_snapshot) {
        if (out.size() > begin) { out.back().flags = model::flag_last; }
        if (book.update == 0) { fail("\"u\" is 0", "repair or remove the line"); }
        return sync.on_diff({book.update - 1, book.update, true}, head, begin, out);
    }
    head.flags = model::flag_snapshot;
    head.delta = model::BookDelta{};
    head.delta.action = model::BookAction::clear;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(begin), head);
    out.back().flags = model::flag_snapshot | model::flag_last;
    sync.on_restart(book.update);
}

}  // namespace

TickDecoderPtr bybit_decoder(TickOptions options) { return std::make_unique<Bybit>(std::move(options)); }

}  // namespace walras::codec
