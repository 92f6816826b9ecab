// Many series as one stream in total order, one timestamp at a time.
//
// A Merge borrows the series and owns only cursors: the series must outlive it and must not move. One thread owns a
// Merge; copies are independent (a copy is a checkpoint). `add` everything first; the first `next` fixes the order.
//
//   Merge merge;
//   for (const BarSeries& s : bars) { merge.add(s); }
//   while (merge.next_time() != time_max) {
//       const Slice& slice = merge.next();           // everything that is known at slice.time and was not before
//       for (const BarRef& b : slice.bars) { use(b.instrument, b->ts, b->value.close); }
//   }
//
// Order: by ts_init = ts + the series' feed delay; inside one timestamp corporate actions, quotes, trades, marks, bars
// (whoever decides on a bar has seen the quote of the same instant); inside a kind by order of `add`; inside a series
// by row. So all bars of one timestamp are one contiguous span, in the order of `add`.
//
// Cost: the cursors' times are the leaves of a tree of minima with eight children a node, so a step costs
// log8(series) nodes, and a timestamp that many series share touches each node once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "walras/core/check.hpp"
#include "walras/data/series.hpp"

namespace walras::data {

// One row of one series. Valid as long as the series.
template <class Payload>
struct Ref {
    const Timed<Payload>* row = nullptr;
    InstrumentId instrument{};
    std::uint32_t series = 0;  // the handle that `add` returned

    const Timed<Payload>* operator->() const { return row; }
    const Timed<Payload>& operator*() const { return *row; }
};
using BarRef = Ref<model::Bar>;
using QuoteRef = Ref<model::Quote>;
using TradeRef = Ref<model::Trade>;
using MarkRef = Ref<model::Mark>;
using ActionRef = Ref<model::CorporateAction>;

// All that becomes known at one time. The spans are valid until the Merge's next call.
struct Slice {
    TimeNs time{};
    std::span<const ActionRef> actions;
    std::span<const QuoteRef> quotes;
    std::span<const TradeRef> trades;
    std::span<const MarkRef> marks;
    std::span<const BarRef> bars;
};

class Merge {
public:
    // Returns the series' handle: 0, 1, 2 ... in the order of `add`, over all kinds. `delay` >= 0 is the feed's.
    std::uint32_t add(const BarSeries& series, DurationNs delay = {}) { return add_lane(Kind::bar, series, delay); }
    std::uint32_t add(const QuoteSeries& series, DurationNs delay = {}) { return add_lane(Kind::quote, series, delay); }
    std::uint32_t add(const TradeSeries& series, DurationNs delay = {}) { return add_lane(Kind::trade, series, delay); }
    std::uint32_t add(const MarkSeries& series, DurationNs delay = {}) { return add_lane(Kind::mark, series, delay); }
    std::uint32_t add(const ActionSeries& series, DurationNs delay = {}) {
        return add_lane(Kind::action, series, delay);
    }
    template <class Payload>
    std::uint32_t add(Series<Payload>&& series, DurationNs delay = {}) = delete;  // it would dangle

    // Time of the next slice; time_max at the end.
    [[nodiscard]] TimeNs next_time() {
        if (!frozen_) [[unlikely]] { freeze(); }
        return TimeNs{next_};
    }

    // Steps to the next timestamp. Must not be called at the end.
    const Slice& next() {
        if (!frozen_) [[unlikely]] { freeze(); }
        WALRAS_CHECK(next_ != end_of_time, "Merge::next was called after the last row");
        slice_.time = TimeNs{next_};
        if (single_bars_) {
            step_single_bar();
        } else {
            step_tree();
        }
        return slice_;
    }

    // The next row that this series of bars has not shown yet; nullptr at its end. For fills at the next open.
    [[nodiscard]] const TimedBar* peek_bar(std::uint32_t handle) {
        if (!frozen_) [[unlikely]] { freeze(); }
        const Lane& lane = lanes_[lane_of_[handle]];
        WALRAS_CHECK(lane.kind == Kind::bar, "peek_bar asks for a series of bars");
        if (lane.at == lane.end) { return nullptr; }
        return static_cast<const TimedBar*>(lane.at);
    }

    // Back to the first row.
    void rewind() {
        for (Lane& lane : lanes_) { lane.at = lane.begin; }
        frozen_ = false;
    }
    // Skips all rows before `from`.
    void seek(TimeNs from);

    [[nodiscard]] std::size_t series_count() const { return lanes_.size(); }
    [[nodiscard]] std::size_t row_count() const;  // of all series

private:
    // The order is that of the events inside one timestamp.
    enum class Kind : std::uint8_t { action, quote, trade, mark, bar };

    // A cursor. Rows differ in size, but each begins with its time.
    struct Lane {
        const void* begin = nullptr;
        const void* at = nullptr;
        const void* end = nullptr;
        std::int64_t delay = 0;
        InstrumentId instrument{};
        std::uint32_t handle = 0;
        Kind kind = Kind::bar;
    };

    static constexpr std::int64_t end_of_time = INT64_MAX;
    static constexpr std::size_t fanout = 8;

    template <class Payload>
    std::uint32_t add_lane(Kind kind, const Series<Payload>& series, DurationNs delay) {
        WALRAS_CHECK(!frozen_, "add every series before the first step of a Merge");
        WALRAS_CHECK(delay.ns >= 0 && delay < max_delay, "a feed's delay must be at least 0 and below one year");
        const auto handle = static_cast<std::uint32_t>(lanes_.size());
        lanes_.push_back(
            Lane{series.begin(), series.begin(), series.end(), delay.ns, series.instrument(), handle, kind});
        return handle;
    }

    template <class Payload>
    static std::int64_t time_of(const Lane& lane) {
        if (lane.at == lane.end) { return end_of_time; }
        return static_cast<const Timed<Payload>*>(lane.at)->ts.ns + lane.delay;
    }
    static std::int64_t time_of(const Lane& lane) {
        switch (lane.kind) {
            case Kind::action: return time_of<model::CorporateAction>(lane);
            case Kind::quote: return time_of<model::Quote>(lane);
            case Kind::trade: return time_of<model::Trade>(lane);
            case Kind::mark: return time_of<model::Mark>(lane);
            case Kind::bar: return time_of<model::Bar>(lane);
        }
        return end_of_time;
    }

    void freeze();

    void step_single_bar() {
        Lane& lane = lanes_.front();
        const auto* row = static_cast<const TimedBar*>(lane.at);
        bars_.front().row = row;
        slice_.bars = bars_;
        lane.at = ++row;
        next_ = row == lane.end ? end_of_time : row->ts.ns + lane.delay;
    }

    // Takes all rows of this lane at the current time; returns the time of its next one.
    template <class Payload>
    std::int64_t drain(Lane& lane, std::vector<Ref<Payload>>& out) {
        const auto* row = static_cast<const Timed<Payload>*>(lane.at);
        do {
            out.push_back({row, lane.instrument, lane.handle});
            ++row;
        } while (row != lane.end && row->ts.ns + lane.delay == next_);
        lane.at = row;
        return row == lane.end ? end_of_time : row->ts.ns + lane.delay;
    }
    std::int64_t drain(Lane& lane) {
        switch (lane.kind) {
            case Kind::action: return drain(lane, actions_);
            case Kind::quote: return drain(lane, quotes_);
            case Kind::trade: return drain(lane, trades_);
            case Kind::mark: return drain(lane, marks_);
            case Kind::bar: return drain(lane, bars_);
        }
        return end_of_time;
    }

    // Drains what stands at the current time below `node` of `level`, left to right; returns the node's new minimum.
    std::int64_t visit(std::size_t level, std::size_t node) {
        std::int64_t* child = levels_[level].data() + node * fanout;
        std::array<std::int64_t, fanout> times;
        for (std::size_t i = 0; i < fanout; ++i) {
            if (child[i] == next_) {
                const std::size_t index = node * fanout + i;
                child[i] = level == 0 ? drain(lanes_[index]) : visit(level - 1, index);
            }
            times[i] = child[i];
        }
        const std::int64_t a = std::min(std::min(times[0], times[1]), std::min(times[2], times[3]));
        const std::int64_t b = std::min(std::min(times[4], times[5]), std::min(times[6], times[7]));
        return std::min(a, b);
    }

    void step_tree() {
        if (!actions_.empty()) { actions_.clear(); }
        if (!quotes_.empty()) { quotes_.clear(); }
        if (!trades_.empty()) { trades_.clear(); }
        if (!marks_.empty()) { marks_.clear(); }
        if (!bars_.empty()) { bars_.clear(); }
        next_ = visit(levels_.size() - 1, 0);
        slice_.actions = actions_;
        slice_.quotes = quotes_;
        slice_.trades = trades_;
        slice_.marks = marks_;
        slice_.bars = bars_;
    }

    std::vector<Lane> lanes_;             // in order of kind, then of `add`, once frozen
    std::vector<std::uint32_t> lane_of_;  // handle -> index into lanes_
    std::vector<std::vector<std::int64_t>>
        levels_;  // levels_[0]: next time of each lane, padded; above: minima of eight
    std::vector<ActionRef> actions_;
    std::vector<QuoteRef> quotes_;
    std::vector<TradeRef> trades_;
    std::vector<MarkRef> marks_;
    std::vector<BarRef> bars_;
    Slice slice_;
    std::int64_t next_ = end_of_time;
    bool frozen_ = false;
    bool single_bars_ = false;
};

}  // namespace walras::data
