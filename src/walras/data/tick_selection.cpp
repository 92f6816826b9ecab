// A part of a stream: a stretch of time, some symbols, another name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/data/tick_stream.hpp"

namespace walras::data {

using model::Tick;

namespace {

class SelectedTicks final : public TickStream {
public:
    SelectedTicks(TickStreamPtr stream, TickSelection selection)
        : stream_(std::move(stream)), selection_(std::move(selection)) {}

    std::span<const Tick> next() override {
        while (!is_over_) {
            std::span<const Tick> ticks = stream_->next();
            if (ticks.empty()) { break; }
            learn_symbols();
            is_over_ = ticks.back().ts_init >= selection_.until;
            const auto begin = std::ranges::lower_bound(ticks, selection_.from, {}, &Tick::ts_init);
            const auto end = std::ranges::lower_bound(ticks, selection_.until, {}, &Tick::ts_init);
            if (begin >= end) { continue; }
            ticks = {begin, end};
            if (selection_.symbols.empty()) { return ticks; }
            out_.clear();
            for (const Tick& tick : ticks) {
                const std::uint32_t place = place_of_[tick.instrument.value];
                if (place == left_out) { continue; }
                out_.push_back(tick);
                out_.back().instrument = InstrumentId{place};
            }
            if (!out_.empty()) { return out_; }
        }
        is_over_ = true;
        return {};
    }
    void rewind() override {
        stream_->rewind();
        symbols_.clear();
        place_of_.clear();
        is_over_ = false;
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }
    [[nodiscard]] double progress() const override { return is_over_ ? 1.0 : stream_->progress(); }

private:
    static constexpr std::uint32_t left_out = UINT32_MAX;

    [[nodiscard]] bool is_wanted(const std::string& symbol) const {
        const auto& wanted = selection_.symbols;
        const auto is_named = [&](const std::string& name) { return std::ranges::find(wanted, name) != wanted.end(); };
        return wanted.empty() || is_named(symbol) || is_named(symbol.substr(0, symbol.find('@')));
    }
    void learn_symbols() {
        const auto& all = stream_->symbols();
        while (place_of_.size() < all.size()) {
            const std::string& symbol = all[place_of_.size()];
            const bool is_in = is_wanted(symbol);
            place_of_.push_back(is_in ? static_cast<std::uint32_t>(symbols_.size()) : left_out);
            if (is_in) { symbols_.push_back(selection_.name.empty() ? symbol : selection_.name); }
        }
        if (!selection_.name.empty() && symbols_.size() > 1) {
            throw DataError(
                fmt::format("the ticks are of {} instruments ({}); one name, {}, cannot be all of them: choose "
                            "symbols instead",
                            symbols_.size(), fmt::join(all, ", "), selection_.name));
        }
    }

    TickStreamPtr stream_;
    TickSelection selection_;
    std::vector<std::string> symbols_;
    std::vector<std::uint32_t> place_of_;  // the stream's symbol -> ours
    std::vector<Tick> out_;
    bool is_over_ = false;
};

}  // namespace

TickStreamPtr select_ticks(TickStreamPtr stream, TickSelection selection) {
    return std::make_unique<SelectedTicks>(std::move(stream), std::move(selection));
}

}  // namespace walras::data
