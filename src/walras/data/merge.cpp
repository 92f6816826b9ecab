#include "walras/data/merge.hpp"

#include <tuple>

namespace walras::data {

void Merge::freeze() {
    std::sort(lanes_.begin(), lanes_.end(),
              [](const Lane& a, const Lane& b) { return std::tuple{a.kind, a.handle} < std::tuple{b.kind, b.handle}; });
    lane_of_.resize(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) { lane_of_[lanes_[i].handle] = static_cast<std::uint32_t>(i); }

    levels_.clear();
    std::vector<std::int64_t> level(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) { level[i] = time_of(lanes_[i]); }
    do {
        level.resize((level.size() + fanout - 1) / fanout * fanout, end_of_time);
        if (level.empty()) { level.resize(fanout, end_of_time); }
        std::vector<std::int64_t> above(level.size() / fanout);
        for (std::size_t node = 0; node < above.size(); ++node) {
            const auto* child = level.data() + node * fanout;
            above[node] = *std::min_element(child, child + fanout);
        }
        levels_.push_back(std::move(level));
        level = std::move(above);
    } while (level.size() > 1);
    next_ = level.front();

    const auto count = [this](Kind kind) {
        return static_cast<std::size_t>(
            std::count_if(lanes_.begin(), lanes_.end(), [kind](const Lane& lane) { return lane.kind == kind; }));
    };
    actions_.clear();
    quotes_.clear();
    trades_.clear();
    marks_.clear();
    bars_.clear();
    actions_.reserve(count(Kind::action));
    quotes_.reserve(count(Kind::quote));
    trades_.reserve(count(Kind::trade));
    marks_.reserve(count(Kind::mark));
    bars_.reserve(count(Kind::bar));
    slice_ = {};
    single_bars_ = lanes_.size() == 1 && lanes_.front().kind == Kind::bar;
    if (single_bars_) { bars_.push_back({nullptr, lanes_.front().instrument, lanes_.front().handle}); }
    frozen_ = true;
}

void Merge::seek(TimeNs from) {
    const auto before = [from](const auto& row, std::int64_t delay) { return row.ts.ns + delay < from.ns; };
    const auto skip = [&before]<class Payload>(Lane& lane, const Timed<Payload>* at) {
        const auto* end = static_cast<const Timed<Payload>*>(lane.end);
        lane.at = std::partition_point(at, end, [&](const auto& row) { return before(row, lane.delay); });
    };
    for (Lane& lane : lanes_) {
        switch (lane.kind) {
            case Kind::action: skip(lane, static_cast<const TimedAction*>(lane.at)); break;
            case Kind::quote: skip(lane, static_cast<const TimedQuote*>(lane.at)); break;
            case Kind::trade: skip(lane, static_cast<const TimedTrade*>(lane.at)); break;
            case Kind::mark: skip(lane, static_cast<const TimedMark*>(lane.at)); break;
            case Kind::bar: skip(lane, static_cast<const TimedBar*>(lane.at)); break;
        }
    }
    freeze();
}

std::size_t Merge::row_count() const {
    std::size_t rows = 0;
    for (const Lane& lane : lanes_) {
        const auto bytes =
            static_cast<std::size_t>(static_cast<const char*>(lane.end) - static_cast<const char*>(lane.begin));
        switch (lane.kind) {
            case Kind::action: rows += bytes / sizeof(TimedAction); break;
            case Kind::quote: rows += bytes / sizeof(TimedQuote); break;
            case Kind::trade: rows += bytes / sizeof(TimedTrade); break;
            case Kind::mark: rows += bytes / sizeof(TimedMark); break;
            case Kind::bar: rows += bytes / sizeof(TimedBar); break;
        }
    }
    return rows;
}

}  // namespace walras::data
