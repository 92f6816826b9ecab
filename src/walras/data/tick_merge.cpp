#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "walras/data/tick_stream.hpp"

namespace walras::data {

using model::Tick;

namespace {

// A heap of the streams by (time of the next tick, place): the first one gives ticks until the second one is due.
class MergedTicks final : public TickStream {
public:
    explicit MergedTicks(std::vector<TickStreamPtr> streams) {
        for (auto& stream : streams) { inputs_.push_back({std::move(stream), {}, 0, {}}); }
        begin();
    }

    std::span<const Tick> next() override {
        out_.clear();
        while (out_.size() < chunk && !heap_.empty()) {
            std::ranges::pop_heap(heap_, is_later_);
            const std::size_t place = heap_.back();
            Input& input = inputs_[place];
            // The heap without its last element: the front is the one that is due next.
            const bool is_alone = heap_.size() == 1;
            const std::size_t rival = is_alone ? place : heap_.front();
            const TimeNs until = is_alone ? time_max : inputs_[rival].front().ts_init;
            const bool wins_ties = is_alone || place < rival;
            bool is_open = true;
            do {
                Tick& tick = out_.emplace_back(input.front());
                tick.instrument = InstrumentId{input.symbol_of[tick.instrument.value]};
                is_open = advance(input);
            } while (is_open && out_.size() < chunk &&
                     (input.front().ts_init < until || (wins_ties && input.front().ts_init == until)));
            if (is_open) {
                std::ranges::push_heap(heap_, is_later_);
            } else {
                heap_.pop_back();
            }
        }
        return out_;
    }
    void rewind() override {
        for (Input& input : inputs_) {
            input.stream->rewind();
            input.symbol_of.clear();
        }
        begin();
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }
    [[nodiscard]] double progress() const override {
        double sum = 0;
        for (const Input& input : inputs_) { sum += input.stream->progress(); }
        return inputs_.empty() ? 1.0 : sum / static_cast<double>(inputs_.size());
    }

private:
    static constexpr std::size_t chunk = codec::TickDecoder::chunk;

    struct Input {
        TickStreamPtr stream;
        std::span<const Tick> ticks;
        std::size_t at = 0;
        std::vector<std::uint32_t> symbol_of;  // the stream's symbol -> ours
        [[nodiscard]] const Tick& front() const { return ticks[at]; }
    };

    void begin() {
        symbols_.clear();
        indices_.clear();
        heap_.clear();
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (refill(inputs_[i])) { heap_.push_back(i); }
        }
        std::ranges::make_heap(heap_, is_later_);
    }
    bool advance(Input& input) { return ++input.at < input.ticks.size() || refill(input); }
    bool refill(Input& input) {
        input.ticks = input.stream->next();
        input.at = 0;
        const auto& names = input.stream->symbols();
        while (input.symbol_of.size() < names.size()) {
            const std::string& name = names[input.symbol_of.size()];
            const auto [at, is_new] = indices_.try_emplace(name, static_cast<std::uint32_t>(symbols_.size()));
            if (is_new) { symbols_.push_back(name); }
            input.symbol_of.push_back(at->second);
        }
        return !input.ticks.empty();
    }

    std::vector<Input> inputs_;
    std::vector<std::size_t> heap_;
    std::vector<std::string> symbols_;
    std::unordered_map<std::string, std::uint32_t> indices_;  // looked up, never walked through
    std::vector<Tick> out_;
    struct IsLater {
        const std::vector<Input>& inputs;
        bool operator()(std::size_t a, std::size_t b) const {
            return std::tuple(inputs[a].front().ts_init, a) > std::tuple(inputs[b].front().ts_init, b);
        }
    };
    IsLater is_later_{inputs_};
};

}  // namespace

TickStreamPtr merge_ticks(std::vector<TickStreamPtr> streams) {
    return std::make_unique<MergedTicks>(std::move(streams));
}

}  // namespace walras::data
