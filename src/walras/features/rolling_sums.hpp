// Sums over the last `period` observations of several terms at once: powers, products.
//
// Terms are taken of d = x - K, where K is the mean of the block before (blocks of `period` observations from the first
// one on), and folded as in rolling_fold.hpp: the suffix sums of the block before plus the prefix sums of the current
// block. So nothing is ever subtracted, nothing drifts, and a window of prices near 1e9 keeps its variance.
//
// Terms: static constexpr std::size_t inputs, count; static void of(const double* d, double* out).
#pragma once

#include <algorithm>

#include "walras/core/wide.hpp"
#include "walras/features/node.hpp"
#include "walras/features/wide_sums.hpp"

namespace walras::features {

// What a window looks like to the formula that reads it.
template <class Terms>
struct WindowSums {
    double n;
    double share;  // 1 / n
    std::array<double, Terms::inputs> newest;
    std::array<double, Terms::inputs> shift;  // K
    std::array<double, Terms::count> sums;    // of the terms of x - K
};

// Formula: static constexpr std::size_t outputs; void operator()(const WindowSums<Terms>&, double* out) const.
template <class Terms, class Formula>
class RollingSums {
    static constexpr std::size_t I = Terms::inputs;
    static constexpr std::size_t C = Terms::count;
    static constexpr std::size_t O = Formula::outputs;

public:
    explicit RollingSums(int period, Formula formula = {})
        : formula_(std::move(formula)), n_(static_cast<std::size_t>(require_period("Rolling", period))) {
        for (auto& column : block_) { column.resize(n_); }
        for (auto& column : suffix_) { column.resize(n_); }
    }

    std::size_t run(Reads<I> in, Writes<O> out, std::size_t rows) {
        const std::size_t missing = full_ ? 0 : std::min(rows, n_ - 1 - at_);
        for (std::size_t i = 0; i < rows;) {
            const bool by_lanes = core::has_wide() && at_ == 0 && full_ && n_ > 1 && rows - i >= 4 * n_;
            const std::size_t count = by_lanes ? (rows - i) / (4 * n_) * (4 * n_) : std::min(rows - i, n_ - at_);
            Reads<I> reads;
            for (std::size_t k = 0; k < I; ++k) { reads[k] = in[k] + i; }
            Writes<O> writes;
            for (std::size_t k = 0; k < O; ++k) { writes[k] = out[k] + i; }
            if (by_lanes) {
                run_blocks(reads, writes, count);
            } else {
                run_part(reads, writes, count);
            }
            i += count;
        }
        for (std::size_t k = 0; k < O; ++k) { fill_not_ready(out[k], missing); }
        return missing;
    }

    // Stretches of whole groups of blocks need no parts of blocks.
    [[nodiscard]] std::size_t rows_at_once() const {
        constexpr std::size_t most = I > 1 ? stretch_rows / 2 : stretch_rows;
        return 4 * n_ <= most ? most - most % (4 * n_) : most;
    }
    void visit(auto& state) {
        finish_suffixes();
        for (auto& column : block_) { state(column); }
        for (auto& column : suffix_) { state(column); }
        state.below(at_, n_);
        for (double& k : shift_) { state(k); }
        for (double& sum : prefix_) { state(sum); }
        state(full_);
    }

private:
    // Groups of four whole blocks.
    void run_blocks(const Reads<I>& in, const Writes<O>& out, std::size_t count) {
        finish_suffixes();
        reserve_prefixes(count);
        wide::SumBlocks<I, C> job{in, pointers(prefixes_), {}, &shift_, pointers(suffix_), nullptr, n_};
        lanes_.resize(job.scratch_of(n_) + I * count);
        job.scratch = lanes_.data();
        for (std::size_t k = 0; k < I; ++k) { job.shifts[k] = lanes_.data() + job.scratch_of(n_) + k * count; }
        wide::sum_blocks(job, count / (4 * n_));

        const WindowSums<Terms> first = window_at(in, 0);
        const std::array<double*, C> sums = job.sums;
        const std::array<double*, I> shifts = job.shifts;
        const Formula formula = formula_;
        WALRAS_COLUMNS_APART
        for (std::size_t i = 0; i < count; ++i) {
            WindowSums<Terms> window = first;
            for (std::size_t k = 0; k < I; ++k) { window.newest[k] = in[k][i]; }
            for (std::size_t k = 0; k < I; ++k) { window.shift[k] = shifts[k][i]; }
            for (std::size_t c = 0; c < C; ++c) { window.sums[c] = sums[c][i]; }
            std::array<double, O> values;
            formula(window, values.data());
            for (std::size_t k = 0; k < O; ++k) { out[k][i] = values[k]; }
        }
        for (std::size_t k = 0; k < I; ++k) { std::copy_n(in[k] + (count - n_), n_, block_[k].begin()); }
    }

    // Rows that lie in one block.
    void run_part(const Reads<I>& in, const Writes<O>& out, std::size_t count) {
        if (at_ == 0 && !full_) {
            for (std::size_t k = 0; k < I; ++k) { shift_[k] = in[k][0]; }
        }
        const bool fused = suffixes_wait_ && count == n_;
        if (!fused) { finish_suffixes(); }
        if (fused) {
            add_both(in);
        } else {
            add_prefixes(in, count);
        }
        const bool closes = at_ + count == n_;
        const bool has_suffixes = full_;
        const std::size_t place = at_;
        const WindowSums<Terms> first = window_at(in, 0);
        for (std::size_t k = 0; k < I; ++k) {
            std::copy_n(in[k], count, block_[k].begin() + static_cast<std::ptrdiff_t>(place));
        }
        at_ += count;
        // The last row comes before the others: what was stored one by one is not read by fours at once.
        if (closes) { close_block(in, out, count - 1); }
        if (has_suffixes) { write_rows(in, out, closes ? count - 1 : count, place, first); }
    }

    WindowSums<Terms> window_at(const Reads<I>& in, std::size_t row) const {
        WindowSums<Terms> window;
        window.n = static_cast<double>(n_);
        window.share = 1 / window.n;
        for (std::size_t k = 0; k < I; ++k) { window.newest[k] = in[k][row]; }
        window.shift = shift_;
        return window;
    }

    // The rows of a block up to, and without, its last. The columns do not overlap.
    void write_rows(const Reads<I>& in, const Writes<O>& out, std::size_t rows, std::size_t place,
                    const WindowSums<Terms>& first) const {
        std::array<const double*, C> suffix;
        std::array<const double*, C> prefix;
        for (std::size_t c = 0; c < C; ++c) {
            suffix[c] = suffix_[c].data() + place + 1;
            prefix[c] = prefixes_[c].data();
        }
        const Formula formula = formula_;
        WALRAS_COLUMNS_APART
        for (std::size_t i = 0; i < rows; ++i) {
            WindowSums<Terms> window = first;
            for (std::size_t k = 0; k < I; ++k) { window.newest[k] = in[k][i]; }
            for (std::size_t c = 0; c < C; ++c) { window.sums[c] = suffix[c][i] + prefix[c][i]; }
            std::array<double, O> values;
            formula(window, values.data());
            for (std::size_t k = 0; k < O; ++k) { out[k][i] = values[k]; }
        }
    }

    // Columns less their K.
    struct Shifted {
        Reads<I> x;
        std::array<double, I> shift;
        [[nodiscard]] std::array<double, C> terms(std::size_t row) const {
            std::array<double, I> d;
            for (std::size_t k = 0; k < I; ++k) { d[k] = x[k][row] - shift[k]; }
            std::array<double, C> out;
            Terms::of(d.data(), out.data());
            return out;
        }
    };
    static std::array<double*, C> pointers(std::array<std::vector<double>, C>& columns) {
        std::array<double*, C> out;
        for (std::size_t c = 0; c < C; ++c) { out[c] = columns[c].data(); }
        return out;
    }
    static Reads<I> reads(const std::array<std::vector<double>, I>& columns) {
        Reads<I> out;
        for (std::size_t k = 0; k < I; ++k) { out[k] = columns[k].data(); }
        return out;
    }

    void reserve_prefixes(std::size_t count) {
        for (auto& column : prefixes_) {
            if (column.size() < count) { column.resize(count); }
        }
    }

    void add_prefixes(const Reads<I>& in, std::size_t count) {
        reserve_prefixes(count);
        std::array<double, C> sums = prefix_;
        const auto prefix = pointers(prefixes_);
        const Shifted x{in, shift_};
        for (std::size_t i = 0; i < count; ++i) {
            const auto t = x.terms(i);
            for (std::size_t c = 0; c < C; ++c) { prefix[c][i] = sums[c] += t[c]; }
        }
        prefix_ = sums;
    }

    // The suffixes of the block before and the prefixes of this one: chains that do not wait for each other.
    void add_both(const Reads<I>& in) {
        reserve_prefixes(n_);
        const std::size_t n = n_;
        const auto prefix = pointers(prefixes_);
        const auto suffix = pointers(suffix_);
        const Shifted now{in, shift_};
        const Shifted before{reads(block_), shift_};
        std::array<double, C> forward{};
        std::array<double, C> backward{};
        for (std::size_t i = 0; i < n; ++i) {
            const auto t = now.terms(i);
            for (std::size_t c = 0; c < C; ++c) { prefix[c][i] = forward[c] += t[c]; }
            const std::size_t j = n - 1 - i;
            const auto s = before.terms(j);
            for (std::size_t c = 0; c < C; ++c) { suffix[c][j] = backward[c] += s[c]; }
        }
        prefix_ = forward;
        suffixes_wait_ = false;
    }

    void finish_suffixes() {
        if (!suffixes_wait_) { return; }
        const auto suffix = pointers(suffix_);
        const Shifted before{reads(block_), shift_};
        std::array<double, C> backward{};
        for (std::size_t j = n_; j-- > 0;) {
            const auto t = before.terms(j);
            for (std::size_t c = 0; c < C; ++c) { suffix[c][j] = backward[c] += t[c]; }
        }
        suffixes_wait_ = false;
    }

    // The window is the block: its own mean becomes K, and its sums are taken afresh.
    void close_block(const Reads<I>& in, const Writes<O>& out, std::size_t row) {
        constexpr std::size_t lanes = 4;
        const std::size_t n = n_;
        for (std::size_t k = 0; k < I; ++k) {
            const double* x = block_[k].data();
            std::array<double, lanes> sums{};
            std::size_t i = 0;
            for (; i + lanes <= n; i += lanes) {
                for (std::size_t l = 0; l < lanes; ++l) { sums[l] += x[i + l] - x[0]; }
            }
            for (; i < n; ++i) { sums[0] += x[i] - x[0]; }
            shift_[k] = x[0] + ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<double>(n);
        }
        const Shifted x{reads(block_), shift_};
        std::array<std::array<double, C>, lanes> sums{};
        std::size_t i = 0;
        for (; i + lanes <= n; i += lanes) {
            for (std::size_t l = 0; l < lanes; ++l) {
                const auto t = x.terms(i + l);
                for (std::size_t c = 0; c < C; ++c) { sums[l][c] += t[c]; }
            }
        }
        for (; i < n; ++i) {
            const auto t = x.terms(i);
            for (std::size_t c = 0; c < C; ++c) { sums[0][c] += t[c]; }
        }
        WindowSums<Terms> window = window_at(in, row);
        for (std::size_t c = 0; c < C; ++c) { window.sums[c] = (sums[0][c] + sums[1][c]) + (sums[2][c] + sums[3][c]); }
        std::array<double, O> values;
        formula_(window, values.data());
        for (std::size_t k = 0; k < O; ++k) { out[k][row] = values[k]; }
        prefix_ = {};
        at_ = 0;
        full_ = true;
        suffixes_wait_ = true;
    }

    Formula formula_;
    std::size_t n_;
    std::array<std::vector<double>, I> block_;   // [0, at) this block, the rest of it still the block before
    std::array<std::vector<double>, C> suffix_;  // of the block before
    std::size_t at_ = 0;
    std::array<double, I> shift_{};
    std::array<double, C> prefix_{};
    bool full_ = false;
    bool suffixes_wait_ = false;                     // to be summed when they are needed
    std::array<std::vector<double>, C> prefixes_{};  // scratch of `run`
    std::vector<double> lanes_{};                    // and of its lanes
};

}  // namespace walras::features
