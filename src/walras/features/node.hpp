// What every indicator is made of, and what it promises.
//
// A *node* is a small copyable class with `void visit(auto& state)` (each mutable member, once, in a fixed order) and
// one or both of these:
//     double update(double x)                                       one observation in, its value out,
//     std::array<double, K> update(double high, double low, ...)    NaN until there is enough;
//     std::size_t run(const double* in, double* out, rows)          at most `stretch_rows` observations at once;
//     std::size_t run(Reads<I> in, Writes<O> out, rows)             says how many of the first are not ready (NaN).
// However the observations are cut into calls, the values have the same bits. A node with `update` alone is looped
// over; a node with `run` alone takes one observation as a stretch of one. A copy, or what `visit` wrote and read back,
// goes on as if nothing had happened. `std::size_t rows_at_once() const`, if there is one, says what length of stretch
// a node likes best; a node of several inputs has half of `stretch_rows` otherwise: its columns shall fit together. A
// node never sees NaN or infinity: the border (indicator.hpp) answers NaN to a row with NaN in it and leaves the state
// alone, as on a day without trading. Once it is ready, a node does not answer NaN; where a formula divides by nothing
// its header says which value stands.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/wide.hpp"

namespace walras::features {

inline constexpr double not_ready = std::numeric_limits<double>::quiet_NaN();

template <std::size_t K>
constexpr std::array<double, K> none_ready() {
    std::array<double, K> out{};
    out.fill(not_ready);
    return out;
}

// The longest stretch that `run` of a node is given: its scratch columns stay in the first-level cache.
inline constexpr std::size_t stretch_rows = 1024;

// A scratch column, not initialised: what reads it reads only what was written. The empty instruction keeps the
// compiler from guessing otherwise.
class Column {
public:
    Column() { __asm__("" : "=m"(values_)); }  // NOLINT(hicpp-no-assembler)
    double* data() { return values_.data(); }
    [[nodiscard]] const double* data() const { return values_.data(); }
    double& operator[](std::size_t row) { return values_[row]; }
    const double& operator[](std::size_t row) const { return values_[row]; }

private:
    std::array<double, stretch_rows> values_;
};

template <std::size_t I>
using Reads = std::array<const double*, I>;
template <std::size_t O>
using Writes = std::array<double*, O>;

// What the next stretch reads and writes of columns from outside is put on its way: eight rows, as the memory has them.
// Loops that compute would else take turns with the memory.
inline constexpr std::size_t fetched_rows = 8;
template <std::size_t I>
inline void fetch_next(const Reads<I>& in, const double* out, std::size_t row) {
    constexpr std::size_t ahead = I > 1 ? stretch_rows / 2 : stretch_rows;
    for (const double* column : in) { __builtin_prefetch(column + row + ahead, 0); }
    __builtin_prefetch(out + row + ahead, 1);
}
// `row(i)` for each row, which needs no other row.
template <std::size_t I, class Row>
inline void each_row(const Reads<I>& in, const double* out, std::size_t rows, Row row) {
    constexpr std::size_t piece = 4 * fetched_rows;
    for (std::size_t begin = 0; begin < rows; begin += piece) {
        const std::size_t end = std::min(rows, begin + piece);
        for (std::size_t i = begin; i < end; i += fetched_rows) { fetch_next(in, out, i); }
        WALRAS_COLUMNS_APART
        for (std::size_t i = begin; i < end; ++i) { row(i); }
    }
}

inline void fill_not_ready(double* out, std::size_t rows) { std::fill_n(out, rows, not_ready); }

inline int require_period(const char* name, int period, int least = 1) {
    if (period < least) { throw ConfigError(fmt::format("{}: period {} must be at least {}.", name, period, least)); }
    return period;
}

// The last `size` observations. `push` returns the one that leaves: NaN while the ring fills.
class Ring {
public:
    explicit Ring(int size) : values_(static_cast<std::size_t>(require_period("Ring", size))) {}

    double push(double value) {
        const double leaving = count_ < values_.size() ? not_ready : values_[next_];
        values_[next_] = value;
        next_ = next_ + 1 == values_.size() ? 0 : next_ + 1;
        if (count_ < values_.size()) { ++count_; }
        return leaving;
    }
    [[nodiscard]] bool is_full() const { return count_ == values_.size(); }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t capacity() const { return values_.size(); }
    // age 0 is the newest; age < count().
    [[nodiscard]] double ago(std::size_t age) const {
        return values_[next_ > age ? next_ - 1 - age : next_ + values_.size() - 1 - age];
    }
    [[nodiscard]] double oldest() const { return values_[is_full() ? next_ : 0]; }
    // How many of the observations are smaller.
    [[nodiscard]] std::size_t count_below(double value) const {
        return static_cast<std::size_t>(std::count_if(values_.begin(),
                                                      values_.begin() + static_cast<std::ptrdiff_t>(count_),
                                                      [value](double x) { return x < value; }));
    }
    void visit(auto& state) {
        state(values_);
        state.below(next_, values_.size());
        state.below(count_, values_.size() + 1);
    }

private:
    std::vector<double> values_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

}  // namespace walras::features
