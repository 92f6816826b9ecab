#include "walras/codec/crypto_fuzz_targets.hpp"

#include <cstring>
#include <string>

#include "walras/codec/binance/binance.hpp"
#include "walras/codec/bybit/bybit.hpp"
#include "walras/codec/hftbacktest/hftbacktest.hpp"
#include "walras/codec/lean_ticks.hpp"
#include "walras/codec/tardis/tardis.hpp"
#include "walras/codec/tick_pieces.hpp"
#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

using model::Tick;
using Make = TickDecoderPtr (*)(TickOptions);

struct Found {
    std::vector<Tick> ticks;
    std::string error;
};

Found read(Make make, std::span<const std::byte> bytes, std::size_t piece) {
    TickOptions options;
    options.lot_size = 1000;
    options.zone = {{time_min, {3'600'000'000'000}}, {TimeNs{1'380'000'000'000'000'000}, {}}};
    Found found;
    try {
        const auto decoder = make(options);
        found.ticks = decode_all(*decoder, bytes, piece);
        for (const Tick& tick : found.ticks) {
            WALRAS_CHECK(tick.instrument.value < decoder->symbols().size(), "a tick's symbol is known");
        }
    } catch (const DataError& error) { found.error = error.what(); }
    return found;
}

Found check(Make make, std::span<const std::byte> bytes) {
    if (bytes.empty()) { return {}; }
    const std::size_t piece = 1 + std::to_integer<std::size_t>(bytes[0]);
    // A copy of its own size: what reads behind the end is seen.
    const std::vector<std::byte> file(bytes.begin() + 1, bytes.end());
    Found whole = read(make, file, 0);
    const Found pieces = read(make, file, piece);
    WALRAS_CHECK(whole.error == pieces.error, "a division into pieces changes no error");
    WALRAS_CHECK(whole.ticks.size() == pieces.ticks.size() &&
                     (whole.ticks.empty() ||
                      std::memcmp(whole.ticks.data(), pieces.ticks.data(), whole.ticks.size() * sizeof(Tick)) == 0),
                 "a division into pieces changes no tick");
    TimeNs last = time_min;
    for (const Tick& tick : whole.ticks) {
        WALRAS_CHECK(tick.ts_init >= last, "time does not go back");
        last = tick.ts_init;
    }
    return whole;
}

}  // namespace

void fuzz_binance(std::span<const std::byte> bytes) { (void)check(binance_decoder, bytes); }
void fuzz_bybit(std::span<const std::byte> bytes) { (void)check(bybit_decoder, bytes); }
void fuzz_tardis(std::span<const std::byte> bytes) { (void)check(tardis_decoder, bytes); }
void fuzz_lean_ticks(std::span<const std::byte> bytes) { (void)check(lean_decoder, bytes); }

void fuzz_hftbacktest(std::span<const std::byte> bytes) {
    const Found found = check(hftbacktest_decoder, bytes);
    HftEncoder encoder(1000, "fuzz");
    std::vector<HftRecord> rows;
    encoder.encode(found.ticks, rows);
    WALRAS_CHECK(in_both_orders(rows).size() <= 2 * rows.size(), "a row becomes two at most");
    WALRAS_CHECK(read(hftbacktest_decoder, std::as_bytes(std::span(rows)), 0).error.empty(), "what is written is read");
}

}  // namespace walras::codec
