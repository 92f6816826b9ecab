// The messages of ITCH 5.0 as they stand in the bytes, for whoever listens: the decoder of ticks (itch.hpp) and books
// that are kept from the bytes alone (engine/itch_books.hpp).
//
// A Reader finds whole messages, knows the stocks of the day and calls its listener in the order of the file:
//
//   on_add(message, id, side, size, price)             A F; prices in 1e-4
//   on_execute(message, id, size, price, is_printed)   E C; a price of its own, where the message has one
//   on_reduce(message, id, size)                       X
//   on_remove(message, id)                             D
//   on_replace(message, old, id, size, price)          U
//   on_print(message, size, price, match)              P Q: it touches no order
//   on_name(message)                                   R, the first of its stock after start of messages: a new book
//   on_trading(message, state)                         H: halted, paused or quotation only; then what holds of the book
//                                                      while it trades. Only where that changes
//
// only for stocks that are wanted. While it `wants_looks()`, a listener is shown messages about orders before they are
// handed on: `look<pass>(message, instrument)`, in `looks` passes that are some messages apart, so
// that memory is on its way when their turn comes. The reader returns where there is no `room()`
// for another message.
//
// One thread. Sizes are above 0, ids of new orders are not 0. Broken input is a DataError.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "walras/codec/tick_decoder.hpp"
#include "walras/codec/wire.hpp"
#include "walras/model/enums.hpp"
#include "walras/model/event.hpp"

namespace walras::codec::itch {

inline constexpr std::array<std::uint8_t, 256> message_sizes = [] {
    std::array<std::uint8_t, 256> out{};
    constexpr std::array<std::pair<char, int>, 23> sizes{{
        {'S', 12}, {'R', 39}, {'H', 25}, {'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12}, {'K', 28},
        {'J', 35}, {'h', 21}, {'A', 36}, {'F', 40}, {'E', 31}, {'C', 36}, {'X', 23}, {'D', 19},
        {'U', 35}, {'P', 44}, {'Q', 40}, {'B', 19}, {'I', 50}, {'N', 20}, {'O', 48},
    }};
    for (const auto& [type, size] : sizes) { out[static_cast<unsigned char>(type)] = static_cast<std::uint8_t>(size); }
    return out;
}();

inline constexpr std::int64_t price_unit = 100'000;  // prices have four decimals
inline constexpr std::uint32_t max_size = 0x7fffffff;

struct Message {
    const std::byte* at = nullptr;
    std::uint32_t instrument = 0;  // the index in symbols()
    std::uint64_t number = 0;      // from 1

    [[nodiscard]] char type() const { return std::to_integer<char>(*at); }
    // Six bytes behind the tracking number, two of which come along.
    [[nodiscard]] std::int64_t since_midnight() const {
        return static_cast<std::int64_t>(load_big64(at + 3) & 0xffff'ffff'ffffULL);
    }
    [[nodiscard]] std::uint64_t match() const { return load_big64(at + 23); }  // of E and C
};

// Where messages begin and end, and which stocks there are.
class Stocks {
public:
    [[nodiscard]] const std::vector<std::string>& symbols() const { return symbols_; }
    [[nodiscard]] const TickOptions& options() const { return options_; }
    [[nodiscard]] std::uint64_t messages() const { return message_; }  // so many were handed on

protected:
    static constexpr std::uint32_t not_seen = UINT32_MAX;
    static constexpr std::uint32_t not_wanted = UINT32_MAX - 1;

    explicit Stocks(TickOptions options) : options_(std::move(options)), instruments_(std::size_t{1} << 16, not_seen) {}

    [[nodiscard]] std::uint32_t instrument_of(const std::byte* m) const { return instruments_[load_big16(m + 1)]; }
    std::uint32_t instrument_of(const std::byte* m, const std::byte* stock) {
        const std::uint32_t known = instrument_of(m);
        return known != not_seen ? known : name(m, stock);
    }
    [[nodiscard]] model::OrderSide side_of(std::byte letter) const {
        if (letter != std::byte{'B'} && letter != std::byte{'S'}) [[unlikely]] {
            refuse("an order that neither buys (B) nor sells (S)");
        }
        return letter == std::byte{'B'} ? model::OrderSide::buy : model::OrderSide::sell;
    }
    [[nodiscard]] std::uint32_t size_of(const std::byte* from) const {
        const std::uint32_t size = load_big32(from);
        if (size - 1 >= max_size) [[unlikely]] { refuse_size(size); }
        return size;
    }

    [[noreturn]] void refuse(std::string_view fact) const;
    [[noreturn]] void refuse_size(std::uint64_t size) const;
    [[noreturn]] void refuse_cut(std::size_t left) const;
    [[noreturn]] void refuse_type(std::byte type, std::size_t size) const;
    [[noreturn]] void refuse_trading_state(std::byte state) const;

    void count_message() { ++message_; }

private:
    std::uint32_t name(const std::byte* m, const std::byte* stock);

    TickOptions options_;
    std::vector<std::uint32_t> instruments_;  // by stock locate
    std::vector<std::string> symbols_;
    std::uint64_t message_ = 0;  // so many were handed on
};

template <class Listener>
class Reader : public Stocks {
public:
    explicit Reader(TickOptions options) : Stocks(std::move(options)) {}

    // As TickDecoder::decode.
    std::size_t read(std::span<const std::byte> bytes, bool is_end, Listener& on) {
        if (bytes.empty()) { return 0; }
        // The first byte of a length is 0, for no message is as long as 256 bytes; of a bare message it is its type.
        if (!is_framed_) { is_framed_ = bytes[0] == std::byte{0}; }
        return *is_framed_ ? walk<true>(bytes, is_end, on) : walk<false>(bytes, is_end, on);
    }

private:
    static constexpr std::size_t gap = 4;  // messages between two looks, and between the last look and the turn
    static constexpr std::size_t lead = gap * Listener::looks;
    static constexpr std::size_t ring_size = std::bit_ceil(lead + 1);

    struct Coming {
        const std::byte* at = nullptr;
        std::uint32_t instrument = not_wanted;
    };

    template <bool IsFramed>
    std::size_t walk(std::span<const std::byte> bytes, bool is_end, Listener& on) {
        const std::byte* at = bytes.data();
        const std::byte* done = at;
        const std::byte* const end = at + bytes.size();
        std::array<Coming, ring_size> ring;
        std::size_t seen = 0;
        std::size_t handled = 0;
        for (bool is_more = true; on.room();) {
            if (is_more) {
                const std::byte* const m = next<IsFramed>(at, end, is_end, seen == handled);
                is_more = m != nullptr;
                if (is_more) {
                    look(ring, seen, handled, m, on);
                    ++seen;
                    if (seen - handled <= lead) { continue; }
                }
            }
            if (seen == handled) {
                // What was broken or cut off behind others is now the first.
                if (next<IsFramed>(at, end, is_end, true) == nullptr) { done = at; }
                break;
            }
            const std::byte* const m = ring[handled++ % ring_size].at;
            count_message();
            handle(m, on);
            done = m + message_sizes[std::to_integer<unsigned char>(*m)];
        }
        return static_cast<std::size_t>(done - bytes.data());
    }

    // The next whole message, and `at` behind it; null where there is none. What is broken or cut off throws only as
    // the first: all before it are handed on.
    template <bool IsFramed>
    const std::byte* next(const std::byte*& at, const std::byte* end, bool is_end, bool is_first) const {
        constexpr std::size_t prefix = IsFramed ? 2 : 0;
        if constexpr (IsFramed) {  // NASDAQ's files end with a message without content
            while (end - at >= 2 && load_big16(at) == 0) [[unlikely]] { at += 2; }
        }
        const auto left = static_cast<std::size_t>(end - at);
        if (left < prefix + 1) [[unlikely]] {
            if (left != 0 && is_end && is_first) { refuse_cut(left); }
            return nullptr;
        }
        const std::size_t expected = message_sizes[std::to_integer<unsigned char>(at[prefix])];
        const std::size_t size = IsFramed ? load_big16(at) : expected;
        if (size != expected || expected == 0) [[unlikely]] {
            if (is_first) { refuse_type(at[prefix], size); }
            return nullptr;
        }
        if (left < prefix + size) [[unlikely]] {
            if (is_end && is_first) { refuse_cut(left); }
            return nullptr;
        }
        const std::byte* const m = at + prefix;
        at = m + size;
        if (end - at > 1024) { __builtin_prefetch(at + 1024); }
        return m;
    }

    // Always inline, for gcc drops calls of functions that do nothing but prefetch.
    [[gnu::always_inline]] void look(std::array<Coming, ring_size>& ring, std::size_t seen, std::size_t handled,
                                     const std::byte* m, Listener& on) const {
        Coming& latest = ring[seen % ring_size];
        latest = {m, not_wanted};
        if (!on.wants_looks()) { return; }
        // All that are about an order have its number at the same place; what else is as long does no harm.
        if (message_sizes[std::to_integer<unsigned char>(*m)] >= 19) { latest.instrument = instrument_of(m); }
        const auto pass = [&]<int Pass>(std::integral_constant<int, Pass>) __attribute__((always_inline)) {
            if (seen - handled < Pass * gap) { return; }
            Coming& one = ring[(seen - Pass * gap) % ring_size];
            if (one.instrument < not_wanted) { on.template look<Pass>(one.at, one.instrument); }
        };
        [&]<int... Pass>(std::integer_sequence<int, Pass...>) __attribute__((always_inline)) {
            (pass(std::integral_constant<int, Pass>{}), ...);
        }(std::make_integer_sequence<int, Listener::looks>{});
    }

    [[nodiscard]] Message message(const std::byte* m, std::uint32_t instrument) const {
        return {m, instrument, messages()};
    }

    void handle(const std::byte* m, Listener& on) {
        switch (std::to_integer<char>(m[0])) {
            case 'A':
            case 'F': {
                const std::uint32_t instrument = instrument_of(m, m + 24);
                if (instrument == not_wanted) { return; }
                const std::uint64_t id = load_big64(m + 11);
                const model::OrderSide side = side_of(m[19]);
                const std::uint32_t size = size_of(m + 20);
                if (id == 0) [[unlikely]] { refuse("an order with the number 0"); }
                return on.on_add(message(m, instrument), id, side, size, load_big32(m + 32));
            }
            case 'E': return execute(m, {}, true, on);
            case 'C': return execute(m, load_big32(m + 32), std::to_integer<char>(m[31]) != 'N', on);
            case 'X': {
                const std::uint32_t instrument = instrument_of(m);
                if (instrument >= not_wanted) { return; }
                return on.on_reduce(message(m, instrument), load_big64(m + 11), size_of(m + 19));
            }
            case 'D': {
                const std::uint32_t instrument = instrument_of(m);
                if (instrument >= not_wanted) { return; }
                return on.on_remove(message(m, instrument), load_big64(m + 11));
            }
            case 'U': {
                const std::uint32_t instrument = instrument_of(m);
                if (instrument >= not_wanted) { return; }
                const std::uint64_t id = load_big64(m + 19);
                const std::uint32_t size = size_of(m + 27);
                if (id == 0) [[unlikely]] { refuse("an order with the number 0"); }
                return on.on_replace(message(m, instrument), load_big64(m + 11), id, size, load_big32(m + 31));
            }
            case 'P': {
                const std::uint32_t instrument = instrument_of(m, m + 24);
                if (instrument == not_wanted) { return; }
                return on.on_print(message(m, instrument), size_of(m + 20), load_big32(m + 32), load_big64(m + 36));
            }
            case 'Q': {
                const std::uint32_t instrument = instrument_of(m, m + 19);
                const std::uint64_t size = load_big64(m + 11);
                if (instrument == not_wanted || size == 0) { return; }
                if (size > max_size) { refuse(cross_of(size)); }
                return on.on_print(message(m, instrument), static_cast<std::uint32_t>(size), load_big32(m + 27),
                                   load_big64(m + 31));
            }
            case 'R': {
                const bool is_first = instrument_of(m) == not_seen;
                const std::uint32_t instrument = instrument_of(m, m + 11);
                if (!is_first || !has_begun_ || instrument == not_wanted) { return; }
                trading_of(instrument).while_trading = model::BookState::valid;
                return on.on_name(message(m, instrument));
            }
            case 'H': return trade_or_halt(m, on);
            case 'S': has_begun_ = has_begun_ || std::to_integer<char>(m[11]) == 'O'; return;
            default: return;
        }
    }
    void trade_or_halt(const std::byte* m, Listener& on) {
        const std::uint32_t instrument = instrument_of(m, m + 11);
        if (instrument == not_wanted) { return; }
        const char letter = std::to_integer<char>(m[19]);
        if (std::string_view("HPQT").find(letter) == std::string_view::npos) { refuse_trading_state(m[19]); }
        Trading& trading = trading_of(instrument);
        const bool is_halted = letter != 'T';
        if (std::exchange(trading.is_halted, is_halted) == is_halted) { return; }
        on.on_trading(message(m, instrument), is_halted ? model::BookState::halted : trading.while_trading);
    }
    struct Trading {
        model::BookState while_trading = model::BookState::unverifiable;
        bool is_halted = false;
    };
    Trading& trading_of(std::uint32_t instrument) {
        if (instrument >= trading_.size()) { trading_.resize(std::size_t{instrument} + 1); }
        return trading_[instrument];
    }
    void execute(const std::byte* m, std::optional<std::uint32_t> price, bool is_printed, Listener& on) {
        const std::uint32_t instrument = instrument_of(m);
        if (instrument >= not_wanted) { return; }
        on.on_execute(message(m, instrument), load_big64(m + 11), size_of(m + 19), price, is_printed);
    }
    static std::string cross_of(std::uint64_t size) { return "a cross of " + std::to_string(size) + " shares"; }

    std::optional<bool> is_framed_;
    bool has_begun_ = false;
    std::vector<Trading> trading_;  // by instrument
};

}  // namespace walras::codec::itch
