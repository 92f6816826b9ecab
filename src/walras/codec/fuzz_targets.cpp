#include "walras/codec/fuzz_targets.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "walras/codec/csv.hpp"
#include "walras/codec/gzip.hpp"
#include "walras/codec/journal.hpp"
#include "walras/codec/lean.hpp"
#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void read_all(std::string_view text, CsvKind kind, CsvOptions options) {
    std::size_t rows = 0;
    try {
        CsvReader reader(text, kind, std::move(options));
        model::Event event;
        while (reader.next(event)) { ++rows; }
    } catch (const DataError&) {  // NOLINT(bugprone-empty-catch)
        // Refused, with a place and a reason.
    }
    WALRAS_CHECK(rows <= text.size(), "a row needs at least one byte");
}

}  // namespace

void fuzz_csv(std::span<const std::byte> bytes) {
    if (bytes.empty()) { return; }
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    CsvOptions options;
    if ((choice & 4U) != 0) { options.step = seconds(60); }
    options.stamp_is_close = (choice & 8U) != 0;
    if ((choice & 16U) != 0) { options.names = {"time", "open", "high", "low", "close", "volume"}; }
    if ((choice & 32U) != 0) { options.side = QuoteSide::bid; }
    read_all(text_of(bytes.subspan(1)), static_cast<CsvKind>(choice % 3), std::move(options));
}

void fuzz_lean(std::span<const std::byte> bytes) {
    if (bytes.empty()) { return; }
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    const std::string_view text = text_of(bytes.subspan(1));
    const auto layout = static_cast<LeanLayout>(choice % 7);
    CsvOptions options;
    set_lean(options, layout, (choice & 128U) != 0, lean_date(text.substr(0, 40)));
    (void)lean_layout(text.substr(0, 40), choice % 12);
    read_all(text, lean_kind(layout), std::move(options));
}

void fuzz_journal(std::span<const std::byte> bytes) {
    JournalDecoder decoder(bytes);
    model::Event event;
    JournalSide side{};
    std::vector<std::byte> again;
    JournalEncoder encoder;
    const bool begun = decoder.fault() == JournalFault::none;
    if (begun) { encoder.begin(decoder.metadata(), again); }
    while (decoder.next(event, side)) { encoder.append(event, side, again); }
    WALRAS_CHECK(decoder.offset() <= bytes.size(), "the whole part lies inside the bytes");
    if (begun && again.size() == decoder.offset()) {
        // Padding behind the metadata is the only freedom that the checksum leaves.
        WALRAS_CHECK(
            std::equal(again.begin() + 32 + static_cast<std::ptrdiff_t>((decoder.metadata().size() + 7) / 8 * 8),
                       again.end(),
                       bytes.begin() + 32 + static_cast<std::ptrdiff_t>((decoder.metadata().size() + 7) / 8 * 8)) ||
                decoder.metadata().size() % 8 != 0,
            "what decodes encodes to the same bytes");
    }
}

void fuzz_gzip(std::span<const std::byte> bytes) {
    try {
        (void)gunzip(text_of(bytes), "fuzz", std::size_t{1} << 22);
    } catch (const DataError&) {  // NOLINT(bugprone-empty-catch)
        // Refused, with a reason.
    }
}

}  // namespace walras::codec
