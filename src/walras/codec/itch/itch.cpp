#include "walras/codec/itch/itch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "walras/codec/resting_orders.hpp"
#include "walras/codec/whole_units.hpp"
#include "walras/codec/wire.hpp"
#include "walras/core/error.hpp"

namespace walras::codec::itch {

using model::AggressorSide;
using model::BookAction;
using model::BookDelta;
using model::EventKind;
using model::OrderSide;
using model::Tick;
using model::Trade;

namespace {

constexpr std::array<std::uint8_t, 256> make_sizes() {
    std::array<std::uint8_t, 256> out{};
    constexpr std::array<std::pair<char, int>, 23> sizes{{
        {'S', 12}, {'R', 39}, {'H', 25}, {'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12}, {'K', 28},
        {'J', 35}, {'h', 21}, {'A', 36}, {'F', 40}, {'E', 31}, {'C', 36}, {'X', 23}, {'D', 19},
        {'U', 35}, {'P', 44}, {'Q', 40}, {'B', 19}, {'I', 50}, {'N', 20}, {'O', 48},
    }};
    for (const auto& [type, size] : sizes) { out[static_cast<unsigned char>(type)] = static_cast<std::uint8_t>(size); }
    return out;
}
constexpr std::array<std::uint8_t, 256> message_sizes = make_sizes();

constexpr std::int64_t price_unit = 100'000;  // prices have four decimals

constexpr AggressorSide taker_of(OrderSide resting) {
    return resting == OrderSide::buy ? AggressorSide::seller : AggressorSide::buyer;
}

class Decoder final : public TickDecoder {
public:
    explicit Decoder(TickOptions options)
        : options_(std::move(options)),
          units_(options_.lot_size, options_.source),
          instruments_(std::size_t{1} << 16, not_seen),
          said_(std::size_t{1} << 16, model::BookState::unverifiable),
          is_halted_(std::size_t{1} << 16) {}

    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) override {
        if (bytes.empty()) { return 0; }
        // The first byte of a length is 0, for no message is as long as 256 bytes; of a bare message it is its type.
        if (!is_framed_) { is_framed_ = bytes[0] == std::byte{0}; }
        out.reserve(std::max(out.capacity(), chunk + 2));
        return *is_framed_ ? walk<true>(bytes, is_end, out) : walk<false>(bytes, is_end, out);
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }

private:
    static constexpr std::uint32_t not_seen = UINT32_MAX;
    static constexpr std::uint32_t not_wanted = UINT32_MAX - 1;
    static constexpr std::size_t prefetch_bytes = 256;  // about eight messages

    template <bool framed>
    std::size_t walk(std::span<const std::byte> bytes, bool is_end, std::vector<Tick>& out) {
        constexpr std::size_t prefix = framed ? 2 : 0;
        const std::byte* at = bytes.data();
        const std::byte* const end = at + bytes.size();
        const std::byte* ahead = at;
        while (out.size() < chunk && at != end) {
            const auto left = static_cast<std::size_t>(end - at);
            std::size_t size = 0;
            if constexpr (framed) {
                size = left >= 2 ? load_big16(at) : 0;
                if (left >= 2 && size == 0) {  // NASDAQ's files end with a message without content
                    at += 2;
                    continue;
                }
            }
            if (left < prefix + 1) {
                if (is_end) { refuse_cut(left); }
                break;
            }
            const std::size_t expected = message_sizes[std::to_integer<unsigned char>(at[prefix])];
            if constexpr (!framed) { size = expected; }
            if (size != expected || expected == 0) [[unlikely]] { refuse_type(at[prefix], size, expected); }
            if (left < prefix + size) {
                if (is_end) { refuse_cut(left); }
                break;
            }
            // A look at messages to come: their orders are on the way into the cache when their turn comes.
            while (ahead - at < static_cast<std::ptrdiff_t>(prefetch_bytes)) {
                const auto room = static_cast<std::size_t>(end - ahead);
                if (room < prefix + 19) { break; }
                const std::size_t step =
                    framed ? load_big16(ahead) : message_sizes[std::to_integer<unsigned char>(*ahead)];
                if (step < 19 && step != 12) { break; }
                if (step >= 19) { orders_.prefetch(load_big64(ahead + prefix + 11)); }
                if (room < prefix + step) { break; }
                ahead += prefix + step;
            }
            ++message_;
            handle(at + prefix, out);
            at += prefix + size;
            if (ahead < at) { ahead = at; }
        }
        return static_cast<std::size_t>(at - bytes.data());
    }

    void handle(const std::byte* m, std::vector<Tick>& out) {
        switch (std::to_integer<char>(m[0])) {
            case 'A':
            case 'F': return add(m, out);
            case 'E': return execute(m, out, std::nullopt, true);
            case 'C': return execute(m, out, load_big32(m + 32), std::to_integer<char>(m[31]) != 'N');
            case 'X': return reduce(m, out);
            case 'D': return remove(m, out);
            case 'U': return replace(m, out);
            case 'P': return trade(m, out);
            case 'Q': return cross(m, out);
            case 'R': return name(m, out);
            case 'H': return trading_action(m, out);
            case 'S': has_begun_ = has_begun_ || std::to_integer<char>(m[11]) == 'O'; return;
            default: return;
        }
    }

    void add(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m, m + 24);
        if (instrument == not_wanted) { return; }
        const std::uint64_t id = load_big64(m + 11);
        const OrderSide side = side_of(m[19]);
        const std::uint32_t size = size_of(m + 20);
        const std::uint32_t price = load_big32(m + 32);
        if (id == 0) { refuse("an order with the number 0"); }
        orders_.put(RestingOrder::of(id, price, size, side));
        delta(m, out, instrument, BookAction::add, id, side, price, size, model::flag_last);
    }

    void execute(const std::byte* m, std::vector<Tick>& out, std::optional<std::uint32_t> price, bool is_printed) {
        const std::uint32_t instrument = instrument_of(m);
        if (instrument >= not_wanted) { return; }
        const std::uint64_t id = load_big64(m + 11);
        const std::uint32_t size = size_of(m + 19);
        const RestingOrder order = orders_.take(id, size);
        const std::uint32_t paid = price.value_or(order.price);
        // Of an order from before the file began, ITCH says no price: the book will count it as unknown.
        if (is_printed && (order.id != 0 || price)) {
            Tick& tick = begin(m, out, EventKind::trade, instrument, 0);
            tick.trade.price = Price{paid * price_unit};
            tick.trade.size = units_.to_lots(size, message_);
            tick.trade.trade = TradeId{load_big64(m + 23)};
            tick.trade.aggressor = order.id != 0 ? taker_of(order.side()) : AggressorSide::none;
        }
        delta(m, out, instrument, BookAction::fill, id, order.side(), paid, size, model::flag_last);
    }

    void reduce(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m);
        if (instrument >= not_wanted) { return; }
        const std::uint64_t id = load_big64(m + 11);
        const std::uint32_t size = size_of(m + 19);
        const RestingOrder order = orders_.take(id, size);
        delta(m, out, instrument, BookAction::reduce, id, order.side(), order.price, size, model::flag_last);
    }

    void remove(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m);
        if (instrument >= not_wanted) { return; }
        const std::uint64_t id = load_big64(m + 11);
        const RestingOrder order = orders_.take(id, UINT32_MAX);
        delta(m, out, instrument, BookAction::remove, id, order.side(), order.price, order.size(), model::flag_last);
    }

    void replace(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m);
        if (instrument >= not_wanted) { return; }
        const std::uint64_t old_id = load_big64(m + 11);
        const std::uint64_t id = load_big64(m + 19);
        const std::uint32_t size = size_of(m + 27);
        const std::uint32_t price = load_big32(m + 31);
        if (id == 0) { refuse("an order with the number 0"); }
        const RestingOrder old = orders_.take(old_id, UINT32_MAX);
        const std::uint8_t last = old.id == 0 ? model::flag_last : std::uint8_t{0};
        delta(m, out, instrument, BookAction::remove, old_id, old.side(), old.price, old.size(), last);
        if (old.id == 0) { return; }  // nobody knows the side
        orders_.put(RestingOrder::of(id, price, size, old.side()));
        delta(m, out, instrument, BookAction::add, id, old.side(), price, size, model::flag_last);
    }

    void trade(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m, m + 24);
        if (instrument == not_wanted) { return; }
        print(m, out, instrument, load_big32(m + 32), size_of(m + 20), load_big64(m + 36));
    }

    void cross(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m, m + 19);
        const std::uint64_t size = load_big64(m + 11);
        if (instrument == not_wanted || size == 0) { return; }
        if (size > RestingOrder::max_size) { refuse(fmt::format("a cross of {} shares", size)); }
        print(m, out, instrument, load_big32(m + 27), static_cast<std::uint32_t>(size), load_big64(m + 31));
    }

    void name(const std::byte* m, std::vector<Tick>& out) {
        std::uint32_t& known = instruments_[load_big16(m + 1)];
        const bool is_first = known == not_seen;
        const std::uint32_t instrument = instrument_of(m, m + 11);
        if (!is_first || !has_begun_ || instrument == not_wanted) { return; }
        delta(m, out, instrument, BookAction::clear, 0, OrderSide::buy, 0, 0, model::flag_snapshot | model::flag_last);
        said_[load_big16(m + 1)] = model::BookState::valid;
    }

    // Halted, paused or quotation only; then trading, which goes on with what was known of the book.
    void trading_action(const std::byte* m, std::vector<Tick>& out) {
        const std::uint32_t instrument = instrument_of(m, m + 11);
        if (instrument == not_wanted) { return; }
        const char letter = std::to_integer<char>(m[19]);
        if (std::string_view("HPQT").find(letter) == std::string_view::npos) {
            refuse(fmt::format("a trading state 0x{:02x}, none of H, P, Q and T", static_cast<unsigned char>(letter)));
        }
        const std::size_t locate = load_big16(m + 1);
        const bool is_halted = letter != 'T';
        if (is_halted == is_halted_[locate]) { return; }
        is_halted_[locate] = is_halted;
        const auto state = is_halted ? model::BookState::halted : said_[locate];
        delta(m, out, instrument, BookAction::state, static_cast<std::uint64_t>(state), OrderSide::buy, 0, 0,
              model::flag_last);
    }

    void print(const std::byte* m, std::vector<Tick>& out, std::uint32_t instrument, std::uint32_t price,
               std::uint32_t size, std::uint64_t match) {
        Tick& tick = begin(m, out, EventKind::trade, instrument, model::flag_last);
        tick.trade.price = Price{price * price_unit};
        tick.trade.size = units_.to_lots(size, message_);
        tick.trade.trade = TradeId{match};
    }

    void delta(const std::byte* m, std::vector<Tick>& out, std::uint32_t instrument, BookAction action,
               std::uint64_t id, OrderSide side, std::uint32_t price, std::uint32_t size, int flags) {
        Tick& tick = begin(m, out, EventKind::book_delta, instrument, flags);
        tick.delta.price = Price{price * price_unit};
        tick.delta.size = units_.to_lots(size, message_);
        tick.delta.order = id;
        tick.delta.action = action;
        tick.delta.side = side;
    }

    Tick& begin(const std::byte* m, std::vector<Tick>& out, EventKind kind, std::uint32_t instrument, int flags) {
        // Six bytes behind the tracking number, two of which come along.
        const std::uint64_t since_midnight = load_big64(m + 3) & 0xffff'ffff'ffffULL;
        const TimeNs at{options_.date + static_cast<std::int64_t>(since_midnight)};
        Tick& tick = out.emplace_back(kind, InstrumentId{instrument}, at, at + options_.feed_delay);
        tick.flags = static_cast<std::uint8_t>(flags);
        tick.sequence = message_;
        return tick;
    }

    [[nodiscard]] std::uint32_t instrument_of(const std::byte* m) const { return instruments_[load_big16(m + 1)]; }
    std::uint32_t instrument_of(const std::byte* m, const std::byte* stock) {
        std::uint32_t& known = instruments_[load_big16(m + 1)];
        if (known == not_seen) [[unlikely]] {
            std::string_view text(reinterpret_cast<const char*>(stock), 8);
            text = text.substr(0, text.find_last_not_of(' ') + 1);
            if (text.empty()) { refuse("a stock without a name"); }
            const auto& wanted = options_.symbols;
            if (wanted.empty() || std::ranges::find(wanted, text) != wanted.end()) {
                known = static_cast<std::uint32_t>(symbols_.size());
                symbols_.emplace_back(text);
            } else {
                known = not_wanted;
            }
        }
        return known;
    }
    [[nodiscard]] OrderSide side_of(std::byte letter) const {
        if (letter == std::byte{'B'}) { return OrderSide::buy; }
        if (letter != std::byte{'S'}) { refuse("an order that neither buys (B) nor sells (S)"); }
        return OrderSide::sell;
    }
    [[nodiscard]] std::uint32_t size_of(const std::byte* from) const {
        const std::uint32_t size = load_big32(from);
        if (size - 1 >= RestingOrder::max_size) [[unlikely]] { refuse(fmt::format("a size of {} shares", size)); }
        return size;
    }

    [[noreturn]] void refuse(std::string_view fact) const {
        throw DataError(
            fmt::format("{}, message {}: {}; the file is damaged, fetch it again", options_.source, message_, fact));
    }
    [[noreturn]] void refuse_cut(std::size_t left) const {
        throw DataError(fmt::format("{}, message {}: the file ends {} bytes into it; fetch it again", options_.source,
                                    message_ + 1, left));
    }
    [[noreturn]] void refuse_type(std::byte type, std::size_t size, std::size_t expected) const {
        const auto letter = std::to_integer<unsigned>(type);
        if (expected == 0) {
            throw DataError(
                fmt::format("{}, message {}: ITCH 5.0 has no type 0x{:02x}; the file is damaged or of "
                            "another format",
                            options_.source, message_ + 1, letter));
        }
        throw DataError(
            fmt::format("{}, message {}: type {} has {} bytes, the length says {}; the file is damaged or "
                        "of another version than ITCH 5.0",
                        options_.source, message_ + 1, static_cast<char>(letter), expected, size));
    }

    TickOptions options_;
    WholeUnits units_;
    RestingOrders orders_;
    std::vector<std::uint32_t> instruments_;  // by stock locate
    std::vector<model::BookState> said_;      // ... what holds while trading goes on
    std::vector<bool> is_halted_;
    std::vector<std::string> symbols_;
    std::uint64_t message_ = 0;
    std::optional<bool> is_framed_;
    bool has_begun_ = false;
};

}  // namespace

std::size_t message_size(char type) { return message_sizes[static_cast<unsigned char>(type)]; }

TickDecoderPtr make_decoder(TickOptions options) { return std::make_unique<Decoder>(std::move(options)); }

}  // namespace walras::codec::itch
