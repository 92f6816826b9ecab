#include "walras/codec/binance/binance.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "walras/codec/binance/message.hpp"
#include "walras/codec/book_sync.hpp"
#include "walras/codec/csv_text.hpp"
#include "walras/codec/json_text.hpp"
#include "walras/codec/line_decoder.hpp"
#include "walras/codec/receipt.hpp"

namespace walras::codec {
namespace {

using model::EventKind;
using model::Tick;

using Message = BinanceMessage;

class Binance final : public LineDecoder {
public:
    explicit Binance(TickOptions options) : LineDecoder(std::move(options)), lots_(this->options().lot_size) {}

protected:
    void read(std::string_view line, std::vector<Tick>& out) override;

private:
    struct Market {
        BookSync sync;
        char trades = 0;  // 't' trade, 'a' aggTrade: which kind came first
    };

    void read_message(const Receipt& receipt, std::vector<Tick>& out);
    void read_object(JsonText& json, Message& m, std::vector<Tick>& out);
    void read_key(std::string_view key, JsonText& json, Message& m, std::vector<Tick>& out);
    void read_levels(JsonText& json, Message& m, model::OrderSide side, std::vector<Tick>& out);
    void read_price(JsonText& json, Message& m, Message::Field field, std::int64_t& raw);
    void read_size(JsonText& json, Message& m, Message::Field field, std::int64_t& lots);
    void require(const Message& m, std::uint32_t fields, const char* kind) const;
    std::optional<InstrumentId> find(std::string_view symbol);
    Market& market(InstrumentId id);
    [[nodiscard]] std::string_view symbol_of_snapshot(const Receipt& receipt) const;
    static void set_levels(const Tick& head, std::size_t begin, std::vector<Tick>& out);
    void on_diff(const Message& m, const Tick& given, std::size_t begin, std::vector<Tick>& out);
    void on_snapshot(const Message& m, const Tick& given, std::size_t begin, std::vector<Tick>& out);
    void on_trade(const Message& m, const Tick& given, std::vector<Tick>& out);

    LotText lots_;
    std::vector<Market> markets_;  // by instrument
    std::string only_symbol_;      // the first; empty where nothing came yet
    bool is_one_symbol_ = true;
};

void Binance::read(std::string_view line, std::vector<Tick>& out) {
    const auto receipt = split_receipt(line);
    if (!receipt) {
        fail(fmt::format("{} is no recorded message", show(line)),
             "lines are the time of receipt and a JSON object: 1723161255030314667 {...}");
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

void Binance::read_object(JsonText& json, Message& m, std::vector<Tick>& out) {
    json.members([&](std::string_view key) { read_key(key, json, m, out); });
}

void Binance::read_key(std::string_view key, JsonText& json, Message& m, std::vector<Tick>& out) {
    const auto number = [&](Message::Field field, std::uint64_t& value) {
        value = json.integer();
        m.has |= field;
    };
    const char shape = json.peek();
    if (key.size() == 1) {
        switch (key[0]) {
            case 'e':
                if (shape == '"') { return void(m.event = json.string()); }
                break;
            case 's':
                if (shape == '"') { return void(m.symbol = json.string()); }
                break;
            case 'E': return number(Message::event_time, m.e_time);
            case 'T': return number(Message::engine_time, m.t_time);
            case 'U': return number(Message::first, m.u_first);
            case 'u': return number(Message::last, m.u_last);
            case 't': return number(Message::trade_id, m.id);
            case 'b':
                if (shape == '"') { return read_price(json, m, Message::bid, m.bid_raw); }
                if (shape == '[') {
                    m.has |= Message::bids;
                    return read_levels(json, m, model::OrderSide::buy, out);
                }
                break;
            case 'a':
                if (shape == '"') { return read_price(json, m, Message::ask, m.ask_raw); }
                if (shape == '[') {
                    m.has |= Message::asks;
                    return read_levels(json, m, model::OrderSide::sell, out);
                }
                if ((m.has & Message::trade_id) == 0) { return number(Message::trade_id, m.id); }
                break;
            case 'B':
                if (shape == '"') { return read_size(json, m, Message::bid_size, m.bid_lots); }
                break;
            case 'A':
                if (shape == '"') { return read_size(json, m, Message::ask_size, m.ask_lots); }
                break;
            case 'p':
                if (shape == '"') { return read_price(json, m, Message::price, m.raw); }
                break;
            case 'q':
                if (shape == '"') { return read_size(json, m, Message::size, m.lots); }
                break;
            case 'm':
                m.maker = json.boolean();
                m.has |= Message::is_maker;
                return;
            default: break;
        }
    } else if (key == "data" && shape == '{') {
        return read_object(json, m, out);
    } else if (key == "pu") {
        return number(Message::before, m.u_before);
    } else if (key == "lastUpdateId") {
        return number(Message::snapshot, m.u_last);
    } else if (key == "symbol" && shape == '"') {
        return void(m.symbol = json.string());
    } else if (key == "bids" && shape == '[') {
        m.has |= Message::bids;
        return read_levels(json, m, model::OrderSide::buy, out);
    } else if (key == "asks" && shape == '[') {
        m.has |= Message::asks;
        return read_levels(json, m, model::OrderSide::sell, out);
    }
    json.skip();
}

// [["61653.30","0.072"],...]: most of a capture's bytes.
void Binance::read_levels(JsonText& json, Message& m, model::OrderSide side, std::vector<Tick>& out) {
    json.elements([&] {
        json.expect('[', "a level is no array");
        const bool quoted = json.accept('"');
        json.next();
        Tick& tick = out.emplace_back();
        tick.delta.side = side;
        tick.delta.action = model::BookAction::update;
        const char* p = json.at();
        if (!codec::read_price(p, json.end(), tick.delta.price.raw) || tick.delta.price.raw <= 0) {
            throw JsonFault{"the price of a level is no positive number"};
        }
        json.move_to(p);
        if (quoted) { json.expect('"', "the price of a level is no number"); }
        json.expect(',', "a level has no size");
        if (quoted) { json.expect('"', "the size of a level is no string"); }
        json.next();
        p = json.at();
        if (!lots_.read(p, json.end(), tick.delta.size.lots)) [[unlikely]] {
            const char* from = p;
            while (p < json.end() && *p != '"' && *p != ']') { ++p; }
            if (m.bad_size.empty()) { m.bad_size = {from, static_cast<std::size_t>(p - from)}; }
        }
        json.move_to(p);
        if (quoted) { json.expect('"', "the size of a level is no number"); }
        while (json.accept(',')) { json.skip(); }  // old messages have a third, empty element
        json.expect(']', "a level has no end");
    });
}

void Binance::read_price(JsonText& json, Message& m, Message::Field field, std::int64_t& raw) {
    const char* p = json.at() + 1;
    if (codec::read_price(p, json.end(), raw) && raw >= 0 && *p == '"') {
        json.move_to(p + 1);
    } else {
        m.broken |= field;
        (void)json.string();
    }
    m.has |= field;
}

void Binance::read_size(JsonText& json, Message& m, Message::Field field, std::int64_t& lots) {
    const char* p = json.at() + 1;
    if (lots_.read(p, json.end(), lots) && *p == '"') {
        json.move_to(p + 1);
    } else {
        m.broken |= field;
        (void)json.string();
    }
    m.has |= field;
}

void Binance::require(const Message& m, std::uint32_t fields, const char* kind) const {
    if ((m.has & fields) == fields && (m.broken & fields) == 0) [[likely]] { return; }
    static constexpr std::string_view names[] = {"E", "T", "U", "u", "pu", "t", "m", "b",
                                                 "a", "B", "A", "p", "q",  "b", "a", "lastUpdateId"};
    for (std::uint32_t i = 0; i < 16; ++i) {
        const std::uint32_t bit = 1U << i;
        if ((fields & bit) == 0) { continue; }
        if ((m.has & bit) == 0) { fail(fmt::format("{} has no {:?}", kind, names[i]), "repair or remove the line"); }
        if ((m.broken & bit) != 0) {
            fail(fmt::format("{:?} of {} is no number that can be kept, 0 or more", names[i], kind),
                 "sizes are whole lots: give the instrument's lot_size; or remove the line");
        }
    }
}

std::optional<InstrumentId> Binance::find(std::string_view symbol) {
    if (symbol.find_first_of("\\\n") != std::string_view::npos) { throw JsonFault{"the symbol has escapes"}; }
    if (only_symbol_.empty()) {
        only_symbol_ = symbol;
    } else if (is_one_symbol_ && symbol != only_symbol_) {
        is_one_symbol_ = false;
    }
    const InstrumentId id = instrument_of(symbol);
    return id == nobody ? std::nullopt : std::optional(id);
}

Binance::Market& Binance::market(InstrumentId id) {
    while (markets_.size() <= id.value) { markets_.emplace_back(); }
    return markets_[id.value];
}

void Binance::read_message(const Receipt& receipt, std::vector<Tick>& out) {
    const std::size_t begin = out.size();
    Message m;
    JsonText json(receipt.json);
    if (read_compact(receipt.json, lots_, m, out)) {
        json.move_to(json.end());
    } else if (m = Message{}, out.resize(begin); json.next() == '[') {  // bare arrays are nobody's
        json.skip();
    } else {
        read_object(json, m, out);
    }
    if (!json.is_end()) [[unlikely]] { throw JsonFault{"something stands behind the object"}; }
    const bool is_snapshot = (m.has & Message::snapshot) != 0 && m.event.empty();
    const bool is_diff = m.event == "depthUpdate";
    const bool is_quote = m.event == "bookTicker" ||
                          (m.event.empty() && (m.has & Message::bid_size) != 0 && (m.has & Message::ask_size) != 0);
    const bool is_trade = m.event == "trade" || m.event == "aggTrade";
    if (!is_snapshot && !is_diff && !is_quote && !is_trade) { return out.resize(begin); }

    if (is_snapshot && m.symbol.empty()) { m.symbol = symbol_of_snapshot(receipt); }
    if (m.symbol.empty()) { fail("the message has no symbol \"s\"", "repair or remove the line"); }
    const auto instrument = find(m.symbol);
    if (!instrument) { return out.resize(begin); }

    Tick head(EventKind::book_delta, *instrument, {}, {});
    const std::uint64_t stamp = (m.has & Message::engine_time) != 0 ? m.t_time : m.e_time;
    if (stamp == 0 && !receipt.local) { fail("the message has no time", "record the time of receipt before it"); }
    head.ts_event = stamp != 0 ? epoch_ns(stamp) : *receipt.local;
    head.ts_init = receipt.local ? *receipt.local : head.ts_event + options().feed_delay;
    keep_order(head.ts_init);
    if (is_snapshot || is_diff) {
        if (!m.bad_size.empty()) {
            fail(fmt::format("the size {} of a level is no whole number of lots, 0 or more", show(m.bad_size)),
                 "give the instrument's lot_size");
        }
        return is_snapshot ? on_snapshot(m, head, begin, out) : on_diff(m, head, begin, out);
    }
    out.resize(begin);
    if (is_trade) { return on_trade(m, head, out); }
    require(m, Message::bid | Message::ask | Message::bid_size | Message::ask_size | Message::last, "bookTicker");
    head.kind = EventKind::quote;
    head.sequence = m.u_last;
    head.quote = {Price{m.bid_raw}, Price{m.ask_raw}, Quantity{m.bid_lots}, Quantity{m.ask_lots}};
    out.push_back(head);
}

std::string_view Binance::symbol_of_snapshot(const Receipt& receipt) const {
    const auto named = receipt.url.find("symbol=");
    if (named != std::string_view::npos) {
        const std::string_view rest = receipt.url.substr(named + 7);
        return rest.substr(0, rest.find('&'));
    }
    if (options().symbols.size() == 1) { return options().symbols.front(); }
    if (only_symbol_.empty() || !is_one_symbol_) {
        fail(fmt::format("a snapshot names no symbol, and {}",
                         only_symbol_.empty() ? "nothing stands before it" : "the file has several"),
             "name it: symbols=[...]");
    }
    return only_symbol_;
}

// The header of all levels of one message at once.
void Binance::set_levels(const Tick& head, std::size_t begin, std::vector<Tick>& out) {
    static_assert(offsetof(Tick, bytes) == 32);
    for (std::size_t i = begin; i < out.size(); ++i) { std::memcpy(static_cast<void*>(&out[i]), &head, 32); }
}

void Binance::on_diff(const Message& m, const Tick& given, std::size_t begin, std::vector<Tick>& out) {
    Tick head = given;
    require(m, Message::first | Message::last | Message::bids | Message::asks, "depthUpdate");
    if (m.u_first > m.u_last || m.u_first == 0) {
        fail(fmt::format("depthUpdate counts from U = {} to u = {}", m.u_first, m.u_last), "repair or remove the line");
    }
    head.sequence = m.u_last;
    set_levels(head, begin, out);
    // No level may have changed: its number counts all the same.
    if (out.size() > begin) { out.back().flags = model::flag_last; }
    const bool is_dense = (m.has & Message::before) == 0;
    market(head.instrument).sync.on_diff({is_dense ? m.u_first - 1 : m.u_before, m.u_last, is_dense}, head, begin, out);
}

void Binance::on_snapshot(const Message& m, const Tick& given, std::size_t begin, std::vector<Tick>& out) {
    Tick head = given;
    require(m, Message::bids | Message::asks, "a snapshot");
    head.sequence = m.u_last;
    head.flags = model::flag_snapshot;
    set_levels(head, begin, out);
    head.delta = model::BookDelta{};
    head.delta.action = model::BookAction::clear;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(begin), head);
    out.back().flags = model::flag_snapshot | model::flag_last;
    market(head.instrument).sync.on_snapshot(m.u_last, begin, out);
}

void Binance::on_trade(const Message& m, const Tick& given, std::vector<Tick>& out) {
    Tick tick = given;
    const bool is_aggregated = m.event == "aggTrade";
    require(m, Message::price | Message::size | Message::is_maker | Message::trade_id,
            is_aggregated ? "aggTrade" : "trade");
    Market& market = this->market(tick.instrument);
    const char kind = is_aggregated ? 'a' : 't';
    if (market.trades == 0) { market.trades = kind; }
    // Futures tell liquidations by an insurance fund as trades of nothing.
    if (market.trades != kind || m.lots == 0 || m.raw == 0) { return; }
    tick.kind = EventKind::trade;
    tick.sequence = m.id;
    tick.trade.price = Price{m.raw};
    tick.trade.size = Quantity{m.lots};
    tick.trade.trade = TradeId{m.id};
    tick.trade.aggressor = m.maker ? model::AggressorSide::seller : model::AggressorSide::buyer;
    out.push_back(tick);
}

}  // namespace

TickDecoderPtr binance_decoder(TickOptions options) { return std::make_unique<Binance>(std::move(options)); }

}  // namespace walras::codec
