#include "walras/data/tick_formats.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "walras/codec/binance/binance.hpp"
#include "walras/codec/bybit/bybit.hpp"
#include "walras/codec/dbn/dbn.hpp"
#include "walras/codec/hftbacktest/hftbacktest.hpp"
#include "walras/codec/itch/itch.hpp"
#include "walras/codec/lean_ticks.hpp"
#include "walras/codec/lobster/lobster.hpp"
#include "walras/codec/tardis/tardis.hpp"
#include "walras/data/byte_source.hpp"
#include "walras/data/tick_stream.hpp"

namespace walras::data {
namespace {

using std::filesystem::path;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string_view first_line(std::string_view head) {
    std::string_view line = head.substr(0, head.find('\n'));
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    return line;
}

// LOBSTER's files come in pairs, ..._message_10.csv and ..._orderbook_10.csv. The first row of the second one says what
// rested before the messages began.
codec::TickDecoderPtr open_lobster(const path& file, codec::TickOptions options) {
    std::string name = file.filename().string();
    const std::size_t at = name.find("message");
    std::optional<codec::lobster::BookRow> row;
    if (at != std::string::npos) {
        const path book = file.parent_path() / name.replace(at, 7, "orderbook");
        if (std::filesystem::exists(book)) {
            const auto bytes = open_bytes(book);
            constexpr std::size_t longest_row = 64 << 10;
            const auto head = bytes->view(longest_row);
            const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
            const std::string source = book.string();
            codec::lobster::BookReader reader(text.substr(0, text.find('\n')), source);
            if (codec::lobster::BookRow first; reader.next(first)) { row = std::move(first); }
        }
    }
    return codec::lobster::make_decoder(std::move(options), std::move(row));
}

template <codec::TickDecoderPtr (*make)(codec::TickOptions)>
codec::TickDecoderPtr open_plain(const path& /*file*/, codec::TickOptions options) {
    return make(std::move(options));
}

// One line a format. Names that say it come before bytes that only may.
constexpr TickFormat formats[] = {
    {"dbn", open_plain<codec::dbn::make_decoder>,
     [](std::string_view, std::string_view head) { return head.starts_with("DBN"); }},
    {"itch", open_plain<codec::itch::make_decoder>,
     [](std::string_view name, std::string_view) { return has(name, "itch"); }},
    {"lobster", open_lobster,
     [](std::string_view name, std::string_view) { return has(name, "_message_") && has(name, ".csv"); }},
    {"hftbacktest", open_plain<codec::hftbacktest_decoder>,
     [](std::string_view, std::string_view head) {
         return head.starts_with("\x93NUMPY") && has(head, "('ev', '<u8'), ('exch_ts'");
     }},
    {"binance", open_plain<codec::binance_decoder>,
     [](std::string_view, std::string_view head) {
         const bool is_json = has(head, "{\"") && (has(head, "\"depthUpdate\"") || has(head, "\"lastUpdateId\"") ||
                                                  has(head, "@depth") || has(head, "@trade") || has(head, "@aggTrade"));
         return is_json || has(head, "@bookTicker") || has(head, "\"bookTicker\"");
     }},
    {"bybit", open_plain<codec::bybit_decoder>,
     [](std::string_view, std::string_view head) {
         return has(head, "\"topic\":\"orderbook.") || has(head, "\"topic\":\"publicTrade.");
     }},
    {"tardis", open_plain<codec::tardis_decoder>,
     [](std::string_view, std::string_view head) { return codec::is_tardis_header(first_line(head)); }},
    {"lean", open_plain<codec::lean_decoder>,
     [](std::string_view name, std::string_view head) {
         return codec::is_lean_tick_header(first_line(head)) || (has(name, "_tick_") && has(name, ".csv"));
     }},
};

}  // namespace

std::span<const TickFormat> all_tick_formats() { return formats; }

std::span<const std::string_view> tick_formats() {
    static constexpr auto names = [] {
        std::array<std::string_view, std::size(formats)> out{};
        std::ranges::transform(formats, out.begin(), &TickFormat::name);
        return out;
    }();
    return names;
}

}  // namespace walras::data
