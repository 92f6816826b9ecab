// A journal as a stream of ticks, a piece at a time.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "walras/codec/journal.hpp"
#include "walras/core/error.hpp"
#include "walras/data/byte_source.hpp"
#include "walras/data/tick_order.hpp"
#include "walras/data/tick_stream.hpp"

namespace walras::data {

using model::EventKind;
using model::Tick;

namespace {

constexpr std::size_t piece = std::size_t{1} << 18;
constexpr std::uint32_t most_instruments = 1U << 20;

[[noreturn]] void fail(const std::string& source, codec::JournalFault fault, std::uint64_t at, std::uint64_t records) {
    throw DataError(
        fmt::format("{}: {}, at byte {}, after {} whole records; the whole part is in read_journal, or fetch "
                    "the file again",
                    source, describe(fault), at, records));
}

// The decoder behind the header, which may be as long as its metadata.
codec::JournalDecoder read_header(ByteSource& bytes, const std::string& source) {
    for (std::size_t wanted = 4096;; wanted *= 4) {
        const auto view = bytes.view(wanted);
        codec::JournalDecoder decoder(view);
        const bool may_grow = decoder.fault() == codec::JournalFault::truncated && !bytes.is_end() &&
                              wanted <= 4 * codec::max_journal_metadata;
        if (may_grow) { continue; }
        if (decoder.fault() != codec::JournalFault::none) { fail(source, decoder.fault(), 0, 0); }
        return decoder;
    }
}

class JournalTicks final : public TickStream {
public:
    JournalTicks(std::string source, std::unique_ptr<ByteSource> bytes, std::vector<std::string> symbols)
        : source_(std::move(source)), bytes_(std::move(bytes)), symbols_(std::move(symbols)) {
        begin();
    }

    std::span<const Tick> next() override {
        ticks_.clear();
        while (ticks_.empty()) {
            const auto all = bytes_->view(piece);
            if (all.empty()) { break; }
            const auto view = all.first(std::min(all.size(), piece));
            const bool is_last = bytes_->is_end() && view.size() == all.size();
            codec::JournalDecoder decoder(view, crc_);
            model::Event event;
            codec::JournalSide side{};
            while (decoder.next(event, side)) {
                if (side == codec::JournalSide::inbound) { keep(event); }
            }
            // The last record of a view may go on behind it.
            const bool goes_on = decoder.fault() == codec::JournalFault::truncated && !is_last;
            records_ += decoder.records();
            if (decoder.fault() != codec::JournalFault::none && !goes_on) {
                fail(source_, decoder.fault(), bytes_->position() + decoder.offset(), records_);
            }
            crc_ = decoder.crc();
            bytes_->consume(decoder.offset());
        }
        order_.check(ticks_, source_);
        return ticks_;
    }
    void rewind() override {
        bytes_->rewind();
        order_.reset();
        records_ = 0;
        begin();
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }
    [[nodiscard]] double progress() const override {
        return bytes_->size() == 0 ? 1.0
                                   : static_cast<double>(bytes_->position()) / static_cast<double>(bytes_->size());
    }

private:
    void begin() {
        const codec::JournalDecoder header = read_header(*bytes_, source_);
        crc_ = header.crc();
        bytes_->consume(header.offset());
    }
    void keep(const model::Event& event) {
        if (event.kind != EventKind::quote && event.kind != EventKind::trade && event.kind != EventKind::book_delta) {
            return;
        }
        Tick& tick = ticks_.emplace_back();
        std::memcpy(static_cast<void*>(&tick), &event, sizeof tick);
        if (tick.instrument.value > most_instruments) {
            throw DataError(fmt::format("{}: a tick has the instrument {}; the file is damaged, fetch it again",
                                        source_, tick.instrument.value));
        }
        while (symbols_.size() <= tick.instrument.value) {
            symbols_.push_back(fmt::format("INSTRUMENT-{}", symbols_.size()));
        }
    }

    std::string source_;
    std::unique_ptr<ByteSource> bytes_;
    std::vector<std::string> symbols_;
    std::vector<Tick> ticks_;
    TickOrder order_;
    std::uint64_t records_ = 0;
    std::uint32_t crc_ = 0;
};

}  // namespace

TickStreamPtr open_journal_ticks(const std::filesystem::path& path, std::vector<std::string> symbols) {
    return std::make_unique<JournalTicks>(path.string(), open_bytes(path), std::move(symbols));
}

std::string journal_metadata(const std::filesystem::path& path) {
    const auto bytes = open_bytes(path);
    return std::string(read_header(*bytes, path.string()).metadata());
}

}  // namespace walras::data
