// Folds of the last `period` observations into several columns at once: whatever two neighbouring windows say together.
//
// By doubling: the fold of 2 w observations is that of the newer w and that of the older w, so that windows of 1, 2, 4,
// ... observations are each two of the width before, and those whose widths add up to the period make the answer. No
// observation is ever taken out again: an answer depends on the observations of its window alone. Nothing drifts, what
// left is forgotten, and no row waits for the row before it: all loops run over columns.
//
// Fold: static constexpr std::size_t columns; static constexpr bool overlaps (windows that share observations may be
// joined); static std::array<double, columns> join(newer, older, const Joint&).
#pragma once

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "walras/core/wide.hpp"
#include "walras/features/node.hpp"

namespace walras::features {

// How two windows lie to each other.
struct Joint {
    double newer;    // width
    double older;    // width
    double between;  // from the end of the older one to that of the newer one
};

template <class Fold>
class RollingTree {
    static constexpr std::size_t C = Fold::columns;
    using Value = std::array<double, C>;

public:
    // The longest stretch that `room` and `fold` take.
    static constexpr std::size_t most_rows = 128;

    explicit RollingTree(int period) : period_(static_cast<std::size_t>(require_period("RollingTree", period, 2))) {
        // Widths whose windows, side by side or over each other, are the whole.
        std::size_t widest = std::bit_floor(period_);
        if (widest == period_) { widest /= 2; }
        const std::size_t rest = period_ - widest;
        const auto is_part = [&](std::size_t width) {
            return width == widest || (!Fold::overlaps && (width & rest) != 0);
        };
        std::size_t covered = 0;
        for (std::size_t width = 1;; width *= levels_.back().step) {
            if (!Fold::overlaps && (width & rest) != 0) {
                parts_.push_back({levels_.size(), covered});
                covered += width;
            }
            levels_.push_back({width, is_part(2 * width) || 2 * width == widest ? 2U : 4U, 0, 0});
            if (width == widest) { break; }
        }
        if (Fold::overlaps) { parts_.push_back({levels_.size() - 1, 0}); }
        parts_.push_back({levels_.size() - 1, rest});
        for (std::size_t k = 0; k + 1 < levels_.size(); ++k) {
            levels_[k].reach = (levels_[k].step - 1) * levels_[k].width;
        }
        for (const Part& part : parts_) {
            Level& level = levels_[part.level];
            level.reach = std::max(level.reach, part.ago);
        }
        lay_out(std::max<std::size_t>(64, period_ / 4));
    }

    // Where the next observations, folds of one, are to be written; then `fold` takes them. Answers how many of the
    // first rows are of windows that are not full.
    Writes<C> room(std::size_t rows) {
        if (end_ + rows > slack_) [[unlikely]] { rewind(rows); }
        return at(levels_[0]);
    }
    // `answer(row, fold)` for each row. No row of what it writes is read by another row.
    template <class Answer>
    std::size_t fold(std::size_t rows, Answer answer) {
        for (std::size_t k = 1; k < levels_.size(); ++k) {
            const std::size_t w = levels_[k - 1].width;
            const Reads<C> x = reads(at(levels_[k - 1]), 0);
            if (levels_[k - 1].step == 2) {
                join(x, reads(x, w), joint(w, w, w), at(levels_[k]), rows);
            } else {
                join_four(x, w, at(levels_[k]), rows);
            }
        }
        // All parts but the last become one.
        std::array<std::array<double, most_rows>, C> scratch;
        Writes<C> sum;
        for (std::size_t c = 0; c < C; ++c) { sum[c] = scratch[c].data(); }
        Reads<C> newer = reads(at(levels_[parts_[0].level]), 0);
        std::size_t width = levels_[parts_[0].level].width;
        for (std::size_t k = 1; k + 1 < parts_.size(); ++k) {
            const Level& level = levels_[parts_[k].level];
            join(newer, reads(at(level), parts_[k].ago), joint(width, level.width, parts_[k].ago), sum, rows);
            width += level.width;
            newer = reads(sum, 0);
        }
        const Level& level = levels_[parts_.back().level];
        const Joint last = joint(width, level.width, parts_.back().ago);
        const Reads<C> older = reads(at(level), parts_.back().ago);
        const auto count = static_cast<std::ptrdiff_t>(rows);
        WALRAS_COLUMNS_APART
        for (std::ptrdiff_t i = 0; i < count; ++i) { answer(i, Fold::join(value(newer, i), value(older, i), last)); }
        end_ += rows;
        const std::size_t missing = std::min(rows, period_ - 1 - std::min(seen_, period_ - 1));
        seen_ = std::min(seen_ + rows, period_);
        return missing;
    }

    // Forgets all observations.
    void clear() { seen_ = 0; }

    void visit(auto& state) {
        rewind(0);
        for (const Level& level : levels_) {
            for (std::size_t c = 0; c < C; ++c) {
                state(std::span<double>(at(level)[c] - static_cast<std::ptrdiff_t>(level.reach), level.reach));
            }
        }
        state.below(seen_, period_ + 1);
    }

private:
    // The folds of windows of one width, row by row.
    struct Level {
        std::size_t width;
        std::size_t step;   // so many of these make one of the next level
        std::size_t reach;  // so many rows back it is read
        std::size_t begin;  // where its columns begin
    };
    struct Part {
        std::size_t level;
        std::size_t ago;  // where its window ends
    };

    static Joint joint(std::size_t newer, std::size_t older, std::size_t between) {
        return {static_cast<double>(newer), static_cast<double>(older), static_cast<double>(between)};
    }
    static Value value(const Reads<C>& x, std::ptrdiff_t row) {
        Value out;
        for (std::size_t c = 0; c < C; ++c) { out[c] = x[c][row]; }
        return out;
    }
    // The columns as they were `ago` rows before.
    template <class Pointers>
    static Reads<C> reads(const Pointers& columns, std::size_t ago) {
        Reads<C> out;
        for (std::size_t c = 0; c < C; ++c) { out[c] = columns[c] - static_cast<std::ptrdiff_t>(ago); }
        return out;
    }
    // What is written is not read by the same loop, but for the row itself.
    static void join(const Reads<C> newer, const Reads<C> older, const Joint joint, const Writes<C> out,
                     std::size_t rows) {
        const auto count = static_cast<std::ptrdiff_t>(rows);
        WALRAS_COLUMNS_APART
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            const Value sum = Fold::join(value(newer, i), value(older, i), joint);
            for (std::size_t c = 0; c < C; ++c) { out[c][i] = sum[c]; }
        }
    }
    static void join_four(const Reads<C> x, std::size_t width, const Writes<C> out, std::size_t rows) {
        const Joint one = joint(width, width, width);
        const Joint two = joint(2 * width, 2 * width, 2 * width);
        const auto w = static_cast<std::ptrdiff_t>(width);
        const auto count = static_cast<std::ptrdiff_t>(rows);
        WALRAS_COLUMNS_APART
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            const Value sum = Fold::join(Fold::join(value(x, i), value(x, i - w), one),
                                         Fold::join(value(x, i - 2 * w), value(x, i - 3 * w), one), two);
            for (std::size_t c = 0; c < C; ++c) { out[c][i] = sum[c]; }
        }
    }

    // The columns of a level from the next row on.
    Writes<C> at(const Level& level) {
        Writes<C> out;
        for (std::size_t c = 0; c < C; ++c) {
            out[c] = values_.data() + level.begin + c * (level.reach + slack_) + level.reach + end_;
        }
        return out;
    }
    void lay_out(std::size_t slack) {
        slack_ = slack;
        std::size_t begin = 0;
        for (Level& level : levels_) {
            level.begin = begin;
            begin += C * (level.reach + slack);
        }
        values_.assign(begin, 0.0);
    }
    // The rows that are still read move to the front; there is room for `rows` after them.
    [[gnu::noinline]] void rewind(std::size_t rows) {
        if (rows > slack_) {
            RollingTree wider = *this;
            wider.lay_out(std::max({rows, most_rows, period_ / 4}));
            wider.end_ = 0;
            for (std::size_t k = 0; k < levels_.size(); ++k) {
                keep_last(at(levels_[k]), wider.at(wider.levels_[k]), levels_[k].reach);
            }
            *this = std::move(wider);
            return;
        }
        const std::size_t end = std::exchange(end_, std::size_t{0});
        for (const Level& level : levels_) {
            const Writes<C> front = at(level);
            Writes<C> newest = front;
            for (double*& column : newest) { column += end; }
            keep_last(newest, front, level.reach);
        }
    }
    static void keep_last(const Writes<C>& from, const Writes<C>& to, std::size_t rows) {
        const auto count = static_cast<std::ptrdiff_t>(rows);
        for (std::size_t c = 0; c < C; ++c) { std::copy(from[c] - count, from[c], to[c] - count); }
    }

    std::size_t period_;
    std::vector<Level> levels_;
    std::vector<Part> parts_;
    std::vector<double> values_;
    std::size_t slack_ = 0;  // rows after those that are kept
    std::size_t end_ = 0;    // how many of them are in use
    std::size_t seen_ = 0;
};

}  // namespace walras::features
