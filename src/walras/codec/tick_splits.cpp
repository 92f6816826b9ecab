#include "walras/codec/tick_splits.hpp"

#include <algorithm>
#include <cstring>

#include "walras/codec/dbn/dbn.hpp"
#include "walras/codec/fuzz_targets.hpp"
#include "walras/codec/itch/itch.hpp"
#include "walras/codec/lobster/lobster.hpp"
#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {

Decoded decode_in_steps(TickDecoder& decoder, std::span<const std::byte> bytes, std::size_t step) {
    Decoded out;
    std::vector<model::Tick> some;
    // A copy of what is at hand, so that a sanitizer sees whoever reads behind it.
    std::vector<std::byte> window;
    std::size_t at = 0;
    std::size_t seen = step == 0 ? bytes.size() : std::min(step, bytes.size());
    try {
        for (;;) {
            window.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                          bytes.begin() + static_cast<std::ptrdiff_t>(seen));
            const bool is_end = seen == bytes.size();
            some.clear();
            const std::size_t used = decoder.decode(window, is_end, some);
            WALRAS_CHECK(used <= window.size(), "no more is used than was given");
            out.ticks.insert(out.ticks.end(), some.begin(), some.end());
            at += used;
            if (is_end && (at == bytes.size() || (used == 0 && some.empty()))) { break; }
            if (some.size() < TickDecoder::chunk) {
                seen = std::min(seen + std::max<std::size_t>(step, 1), bytes.size());
            }
        }
        WALRAS_CHECK(at == bytes.size(), "at the end everything is used, or refused");
    } catch (const DataError& error) {
        out.ticks.insert(out.ticks.end(), some.begin(), some.end());
        out.fault = error.what();
    }
    out.symbols = decoder.symbols();
    return out;
}

void check_splits(const std::function<TickDecoderPtr()>& make, std::span<const std::byte> bytes, std::size_t step) {
    const Decoded whole = decode_in_steps(*make(), bytes, 0);
    const Decoded split = decode_in_steps(*make(), bytes, 1 + step % 255);
    WALRAS_CHECK(whole.fault.empty() == split.fault.empty(), "a cut decides whether input is refused");
    WALRAS_CHECK(whole.symbols == split.symbols, "a cut changes the symbols");
    WALRAS_CHECK(whole.ticks.size() == split.ticks.size(), "a cut changes the number of ticks");
    for (std::size_t i = 0; i < whole.ticks.size(); ++i) {
        // Ticks are zeroed: their bytes are what is compared. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
        const int difference = std::memcmp(&whole.ticks[i], &split.ticks[i], sizeof(model::Tick));
        WALRAS_CHECK(difference == 0, "a cut changes a tick");
        WALRAS_CHECK(whole.ticks[i].instrument.value < whole.symbols.size(), "a tick's instrument is a symbol");
    }
}

namespace {

TickOptions options_of(unsigned choice) {
    TickOptions options;
    if ((choice & 1U) != 0) { options.lot_size = 100 * core::fixed_scale; }
    if ((choice & 2U) != 0) { options.symbols = {"ABC"}; }
    return options;
}

}  // namespace

void fuzz_dbn(std::span<const std::byte> bytes) {
    if (bytes.empty()) { return; }
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    check_splits([&] { return dbn::make_decoder(options_of(choice)); }, bytes.subspan(1), choice);
}

void fuzz_itch(std::span<const std::byte> bytes) {
    if (bytes.empty()) { return; }
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    check_splits([&] { return itch::make_decoder(options_of(choice)); }, bytes.subspan(1), choice);
}

void fuzz_lobster(std::span<const std::byte> bytes) {
    if (bytes.empty()) { return; }
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1);
    std::optional<lobster::BookRow> row;
    if ((choice & 4U) != 0) {
        try {
            lobster::BookReader reader(text, "fuzz");
            for (lobster::BookRow next; reader.next(next);) { row = std::move(next); }
        } catch (const DataError&) {  // NOLINT(bugprone-empty-catch)
            // Refused, with a line.
        }
        if (!row) { row = lobster::BookRow{{{Price{20}, 7}}, {{Price{10}, 7}}}; }
    }
    check_splits([&] { return lobster::make_decoder(options_of(choice), row); }, bytes.subspan(1), choice);
}

}  // namespace walras::codec
