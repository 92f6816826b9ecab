#include "walras/codec/line_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "walras/codec/decimal_text.hpp"
#include "walras/core/error.hpp"

namespace walras::codec {
namespace {

constexpr std::ptrdiff_t ahead = 3072;  // bytes, about ten lines
constexpr std::size_t longest_line = std::size_t{1} << 26;

std::string_view without_return(const char* from, const char* to) {
    if (to > from && to[-1] == '\r') { --to; }
    return {from, static_cast<std::size_t>(to - from)};
}

}  // namespace

LineDecoder::LineDecoder(TickOptions options, bool looks_ahead)
    : options_(std::move(options)), looks_ahead_(looks_ahead) {
    if (options_.lot_size <= 0) {
        throw ConfigError(fmt::format("lot_size is {}e-9; give a positive size, 1e-9 or more", options_.lot_size));
    }
}

std::size_t LineDecoder::decode(std::span<const std::byte> bytes, bool is_end, std::vector<model::Tick>& out) {
    if (bytes.empty()) { return 0; }
    const char* const begin = reinterpret_cast<const char*>(bytes.data());
    const char* const end = begin + bytes.size();
    const char* p = begin;
    const auto end_of_line = [end](const char* from) {
        return static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
    };
    while (p < end && out.size() < chunk) {
        // A look ahead, over the borders of pages where processors stop to look by themselves.
        for (std::ptrdiff_t at = ahead; at < ahead + 256 && at < end - p; at += 64) { __builtin_prefetch(p + at); }
        const char* stop = end_of_line(p);
        if (stop == nullptr && !is_end) {
            if (bytes.size() > longest_line) {
                ++line_;
                fail("the line is longer than 64 MiB", "name the format, for this is no text of it");
            }
            break;
        }
        const char* next = stop == nullptr ? end : stop + 1;
        if (stop == nullptr) { stop = end; }
        if (looks_ahead_) {
            const char* after = next < end ? end_of_line(next) : nullptr;
            if (after == nullptr && !is_end) { break; }
            following_ = without_return(next, after == nullptr ? end : after);
        }
        ++line_;
        std::string_view text = without_return(p, stop);
        if (line_ == 1 && text.starts_with("\xef\xbb\xbf")) { text.remove_prefix(3); }
        if (static_cast<std::size_t>(end - stop) < text_padding) {
            padded_.assign(text);
            padded_.append(text_padding, '\0');
            text = std::string_view(padded_).substr(0, text.size());
        }
        read(text, out);
        p = next;
    }
    return static_cast<std::size_t>(p - begin);
}

void LineDecoder::fail(const std::string& fact, const std::string& remedy) const {
    throw DataError(fmt::format("{}, line {}: {}; {}", options_.source, line_, fact, remedy));
}

InstrumentId LineDecoder::instrument_of(std::string_view symbol) {
    if (symbol == latest_.first && !symbol.empty()) { return latest_.second; }
    const auto at = std::lower_bound(known_.begin(), known_.end(), symbol,
                                     [](const auto& one, std::string_view name) { return one.first < name; });
    if (at != known_.end() && at->first == symbol) {
        latest_ = *at;
        return latest_.second;
    }
    if (symbol.empty()) { fail("the symbol is empty", "remove the line or name the instrument"); }
    // A file of that many symbols is damaged, and memory is bounded.
    if (known_.size() >= 1'000'000) { fail("there are more than a million symbols", "check the column of symbols"); }
    const auto& wanted = options_.symbols;
    InstrumentId id = nobody;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), symbol) != wanted.end()) {
        id = InstrumentId{static_cast<std::uint32_t>(symbols_.size())};
        symbols_.emplace_back(symbol);
    }
    latest_ = {std::string(symbol), id};
    known_.insert(at, latest_);
    return id;
}

void LineDecoder::keep_order(TimeNs ts_init) {
    if (ts_init < last_) {
        fail(fmt::format("it reached us {} ns before the line above", last_.ns - ts_init.ns),
             "sort the file by the time of receipt");
    }
    last_ = ts_init;
}

}  // namespace walras::codec
