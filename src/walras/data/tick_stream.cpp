#include "walras/data/tick_stream.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/data/byte_source.hpp"
#include "walras/data/tick_formats.hpp"
#include "walras/data/tick_order.hpp"

namespace walras::data {

using model::Tick;

namespace {

constexpr std::size_t chunk = codec::TickDecoder::chunk;

class MemoryTicks final : public TickStream {
public:
    MemoryTicks(std::span<const Tick> ticks, std::vector<std::string> symbols, std::string source)
        : ticks_(ticks), symbols_(std::move(symbols)), source_(std::move(source)) {}

    std::span<const Tick> next() override {
        const auto out = ticks_.subspan(at_, std::min(chunk, ticks_.size() - at_));
        order_.check(out, source_);
        for (const Tick& tick : out) {
            if (tick.instrument.value >= symbols_.size()) {
                throw DataError(fmt::format("{}: a tick has the instrument {}, there are {} symbols; name all of them",
                                            source_, tick.instrument.value, symbols_.size()));
            }
        }
        at_ += out.size();
        return out;
    }
    void rewind() override {
        at_ = 0;
        order_.reset();
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }
    [[nodiscard]] double progress() const override {
        return ticks_.empty() ? 1.0 : static_cast<double>(at_) / static_cast<double>(ticks_.size());
    }

private:
    std::span<const Tick> ticks_;
    std::vector<std::string> symbols_;
    std::string source_;
    TickOrder order_;
    std::size_t at_ = 0;
};

class FileTicks final : public TickStream {
public:
    FileTicks(std::filesystem::path path, const TickFormat& format, std::unique_ptr<ByteSource> bytes,
              codec::TickOptions options)
        : path_(std::move(path)), format_(format), bytes_(std::move(bytes)), options_(std::move(options)) {
        decoder_ = format_.open(path_, options_);
    }

    std::span<const Tick> next() override {
        ticks_.clear();
        std::size_t wanted = least_view;
        while (ticks_.empty() && !is_done_) {
            const auto view = bytes_->view(wanted);
            const bool is_end = bytes_->is_end();
            const std::size_t used = decoder_->decode(view, is_end, ticks_);
            bytes_->consume(used);
            is_done_ = is_end && used == view.size();
            if (used > 0 || !ticks_.empty()) {
                wanted = least_view;
            } else if (is_done_) {
                break;
            } else if (is_end || wanted > longest_message) {
                throw DataError(
                    fmt::format("{}: a message that does not end, {} of {} bytes into the file; it is "
                                "damaged or of another format than {}",
                                options_.source, bytes_->position(), bytes_->size(), format_.name));
            } else {
                wanted *= 4;
            }
        }
        order_.check(ticks_, options_.source);
        return ticks_;
    }
    void rewind() override {
        bytes_->rewind();
        decoder_ = format_.open(path_, options_);
        order_.reset();
        is_done_ = false;
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return decoder_->symbols(); }
    [[nodiscard]] double progress() const override {
        if (is_done_ || bytes_->size() == 0) { return 1.0; }
        return static_cast<double>(bytes_->position()) / static_cast<double>(bytes_->size());
    }

private:
    static constexpr std::size_t least_view = std::size_t{64} << 10;
    static constexpr std::size_t longest_message = std::size_t{1} << 28;

    std::filesystem::path path_;
    const TickFormat& format_;
    std::unique_ptr<ByteSource> bytes_;
    codec::TickOptions options_;
    codec::TickDecoderPtr decoder_;
    std::vector<Tick> ticks_;
    TickOrder order_;
    bool is_done_ = false;
};

const TickFormat& find_format(const std::filesystem::path& path, std::string_view name, ByteSource& bytes) {
    const auto all = all_tick_formats();
    if (!name.empty()) {
        const auto at = std::ranges::find(all, name, &TickFormat::name);
        if (at == all.end()) {
            throw ConfigError(
                fmt::format("there is no format of ticks {}; known are {}", name, fmt::join(tick_formats(), ", ")));
        }
        return *at;
    }
    const auto view = bytes.view(4096);
    const std::string_view head(reinterpret_cast<const char*>(view.data()), std::min<std::size_t>(view.size(), 4096));
    std::string file_name = path.filename().string();
    std::ranges::transform(file_name, file_name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto at = std::ranges::find_if(all, [&](const TickFormat& f) { return f.is_it(file_name, head); });
    if (at == all.end()) {
        throw DataError(
            fmt::format("{}: neither the name nor the first bytes say what format of ticks this is; name it: "
                        "{}",
                        path.string(), fmt::join(tick_formats(), ", ")));
    }
    return *at;
}

}  // namespace

TickStreamPtr memory_ticks(std::span<const Tick> ticks, std::vector<std::string> symbols, std::string source) {
    return std::make_unique<MemoryTicks>(ticks, std::move(symbols), std::move(source));
}

TickStreamPtr open_ticks(const std::filesystem::path& path, std::string_view format, codec::TickOptions options) {
    auto bytes = open_bytes(path);
    options.source = path.string();
    const TickFormat& known = find_format(path, format, *bytes);
    return std::make_unique<FileTicks>(path, known, std::move(bytes), std::move(options));
}

}  // namespace walras::data
