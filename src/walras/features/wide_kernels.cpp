#include "walras/features/wide_kernels.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "walras/core/wide.hpp"

#include "walras/features/wide_lanes.hpp"

namespace walras::features::wide {

#ifdef WALRAS_HAS_WIDE

namespace {

// What the next stretch reads and writes is on its way while these rows are computed: `rows` of them, in pieces of
// eight.
constexpr std::size_t ahead = 1024;
constexpr std::size_t fetched_rows = 8;
template <int ToWrite>
WALRAS_LANES void fetch(const double* column, std::size_t rows) {
    for (std::size_t i = 0; i < rows; i += fetched_rows) { __builtin_prefetch(column + ahead + i, ToWrite); }
}

template <FoldKind Kind>
constexpr bool is_sum = Kind == FoldKind::add || Kind == FoldKind::mean;
template <FoldKind Kind>
WALRAS_LANES void take(Lanes& fold, const Lanes& x) {
    if constexpr (is_sum<Kind>) {
        fold = fold + x;
    } else if constexpr (Kind == FoldKind::min) {
        fold = x < fold ? x : fold;
    } else {
        fold = x > fold ? x : fold;
    }
}
template <FoldKind Kind>
constexpr double identity = is_sum<Kind>            ? 0
                            : Kind == FoldKind::min ? std::numeric_limits<double>::infinity()
                                                    : -std::numeric_limits<double>::infinity();

// As in divisor.hpp.
struct LaneDivisor {
    Lanes divisor;
    Lanes reciprocal;
    Lanes upper_bits;
};
template <FoldKind Kind>
WALRAS_LANES void finish(Lanes& value, const LaneDivisor& by) {
    if constexpr (Kind == FoldKind::mean) {
        const Lanes quotient = value * by.reciprocal;
        const Lanes upper = _mm256_and_pd(quotient, by.upper_bits);
        const Lanes remainder = (value - upper * by.divisor) - (quotient - upper) * by.divisor;
        value = quotient + remainder * by.reciprocal;
    }
}

// What is kept of a row of four blocks, so many doubles after that of the row before: the observations, the prefixes,
// and the suffixes of the four blocks before, of which the last lane counts.
constexpr std::size_t kept = 3 * lane_count;
constexpr std::size_t prefix_at = lane_count;
constexpr std::size_t suffix_at = 2 * lane_count;
constexpr std::size_t last_suffix_at = kept - 1;

template <FoldKind Kind>
WALRAS_LANES void enter(Lanes& prefix, const Lanes& row, double* keep) {
    take<Kind>(prefix, row);
    store(row, keep);
    store(prefix, keep + prefix_at);
}
// A row's window begins with the row after it in the block before.
template <FoldKind Kind>
WALRAS_LANES void answer(Lanes& suffix, Lanes& row, double* keep, double* next) {
    load(row, next);
    take<Kind>(suffix, row);
    Lanes before;
    fill(before, next[last_suffix_at]);
    before = __builtin_shufflevector(before, suffix, 0, 4, 5, 6);
    store(suffix, next + suffix_at);
    load(row, keep + prefix_at);
    take<Kind>(before, row);
    row = before;
}

template <FoldKind Kind>
[[gnu::target("avx2"), gnu::noinline]] void fold_group(const double* __restrict x, double* __restrict y, std::size_t n,
                                                       double* __restrict scratch, const LaneDivisor& by) {
    const std::size_t whole = (n - 1) - (n - 1) % lane_count;
    Lanes rows[lane_count];
    Lanes prefix;
    fill(prefix, identity<Kind>);
    for (std::size_t i = 0; i < whole; i += lane_count) {
        fetch<0>(x + lane_count * i, lane_count * lane_count);
        load_rows(rows, x + i, n);
        for (std::size_t j = 0; j < lane_count; ++j) { enter<Kind>(prefix, rows[j], scratch + kept * (i + j)); }
    }
    for (std::size_t i = whole; i < n; ++i) {
        load_row(rows[0], x + i, n);
        enter<Kind>(prefix, rows[0], scratch + kept * i);
    }

    finish<Kind>(prefix, by);
    store_row(prefix, y + n - 1, n);
    Lanes suffix;
    fill(suffix, identity<Kind>);
    for (std::size_t i = n - 1; i-- > whole;) {
        answer<Kind>(suffix, rows[0], scratch + kept * i, scratch + kept * (i + 1));
        finish<Kind>(rows[0], by);
        store_row(rows[0], y + i, n);
    }
    for (std::size_t i = whole; i > 0; i -= lane_count) {
        fetch<1>(y + lane_count * (i - lane_count), lane_count * lane_count);
        for (std::size_t j = lane_count; j-- > 0;) {
            double* const keep = scratch + kept * (i - lane_count + j);
            answer<Kind>(suffix, rows[j], keep, keep + kept);
            finish<Kind>(rows[j], by);
        }
        store_rows(rows, y + i - lane_count, n);
    }
    load(rows[0], scratch);
    take<Kind>(suffix, rows[0]);
    store(suffix, scratch + suffix_at);
}

void put_suffixes(const double* suffixes, std::size_t n, double* scratch) {
    for (std::size_t i = 0; i < n; ++i) { scratch[kept * i + last_suffix_at] = suffixes[i]; }
}
void get_suffixes(double* suffixes, std::size_t n, const double* scratch) {
    for (std::size_t i = 0; i < n; ++i) { suffixes[i] = scratch[kept * i + last_suffix_at]; }
}

template <FoldKind Kind>
[[gnu::target("avx2")]] void fold_groups(const double* x, double* y, std::size_t n, std::size_t groups,
                                         double* suffixes, double* scratch) {
    put_suffixes(suffixes, n, scratch);
    LaneDivisor by;
    fill(by.divisor, static_cast<double>(n));
    fill(by.reciprocal, 1.0 / static_cast<double>(n));
    fill(by.upper_bits, std::bit_cast<double>(~((std::uint64_t{1} << 24U) - 1)));
    for (std::size_t k = 0; k < groups; ++k) {
        fold_group<Kind>(x + k * lane_count * n, y + k * lane_count * n, n, scratch, by);
    }
    get_suffixes(suffixes, n, scratch);
}

[[gnu::target("avx2"), gnu::noinline]] void weigh_group(const double* __restrict x, double* __restrict y, std::size_t n,
                                                        double scale, double* __restrict scratch) {
    const std::size_t whole = (n - 1) - (n - 1) % lane_count;
    Lanes rows[lane_count];
    Lanes scales;
    fill(scales, scale);
    Lanes sum = {};
    Lanes weighted = {};
    const auto enter_row = [&](const Lanes& row, std::size_t i) __attribute__((target("avx2"), always_inline)) {
        Lanes weight;
        Lanes rest;
        fill(weight, static_cast<double>(i + 1));
        fill(rest, static_cast<double>(n - i - 1));
        sum = sum + row;
        weighted = weighted + weight * row;
        store(row, scratch + kept * i);
        store(weighted + rest * sum, scratch + kept * i + prefix_at);
    };
    for (std::size_t i = 0; i < whole; i += lane_count) {
        fetch<0>(x + lane_count * i, lane_count * lane_count);
        load_rows(rows, x + i, n);
        for (std::size_t j = 0; j < lane_count; ++j) { enter_row(rows[j], i + j); }
    }
    for (std::size_t i = whole; i < n; ++i) {
        load_row(rows[0], x + i, n);
        enter_row(rows[0], i);
    }

    load(rows[0], scratch + kept * (n - 1) + prefix_at);
    store_row(rows[0] * scales, y + n - 1, n);
    sum = weighted = Lanes{};
    const auto answer_row = [&](Lanes& row, std::size_t i) __attribute__((target("avx2"), always_inline)) {
        double* const next = scratch + kept * (i + 1);
        load(row, next);
        sum = sum + row;
        weighted = weighted + sum;
        Lanes before;
        fill(before, next[lane_count + suffix_at - 1]);
        before = __builtin_shufflevector(before, weighted, 0, 4, 5, 6);
        store(weighted, next + suffix_at);
        load(row, next - kept + prefix_at);
        row = (before + row) * scales;
    };
    for (std::size_t i = n - 1; i-- > whole;) {
        answer_row(rows[0], i);
        store_row(rows[0], y + i, n);
    }
    for (std::size_t i = whole; i > 0; i -= lane_count) {
        fetch<1>(y + lane_count * (i - lane_count), lane_count * lane_count);
        for (std::size_t j = lane_count; j-- > 0;) { answer_row(rows[j], i - lane_count + j); }
        store_rows(rows, y + i - lane_count, n);
    }
    load(rows[0], scratch);
    sum = sum + rows[0];
    store(weighted + sum, scratch + suffix_at);
}

}  // namespace

void weigh_blocks(const double* x, double* y, std::size_t period, std::size_t groups, double scale, double* suffixes,
                  double* scratch) {
    put_suffixes(suffixes, period, scratch);
    for (std::size_t k = 0; k < groups; ++k) {
        weigh_group(x + k * lane_count * period, y + k * lane_count * period, period, scale, scratch);
    }
    get_suffixes(suffixes, period, scratch);
}

void fold_blocks(FoldKind kind, const double* x, double* y, std::size_t period, std::size_t groups, double* suffixes,
                 double* scratch) {
    switch (kind) {
        case FoldKind::add: return fold_groups<FoldKind::add>(x, y, period, groups, suffixes, scratch);
        case FoldKind::mean: return fold_groups<FoldKind::mean>(x, y, period, groups, suffixes, scratch);
        case FoldKind::min: return fold_groups<FoldKind::min>(x, y, period, groups, suffixes, scratch);
        case FoldKind::max: return fold_groups<FoldKind::max>(x, y, period, groups, suffixes, scratch);
    }
}

[[gnu::target("avx2")]] double recur_octets(const double* __restrict x, double* __restrict y, std::size_t groups,
                                            double beta, double alpha, const double* powers, double base) {
    constexpr std::size_t octet = 8;
    Lanes betas;
    Lanes alphas;
    Lanes first;
    Lanes second;
    fill(betas, beta);
    fill(alphas, alpha);
    load(first, powers);
    load(second, powers + lane_count);
    const double whole = powers[octet - 1];
    for (std::size_t k = 0; k < groups; ++k) {
        const double* __restrict from = x + k * lane_count * octet;
        double* __restrict to = y + k * lane_count * octet;
        Lanes low[lane_count];
        Lanes high[lane_count];
        fetch<0>(from, lane_count * octet);
        fetch<1>(to, lane_count * octet);
        load_rows(low, from, octet);
        load_rows(high, from + lane_count, octet);
        for (std::size_t j = 1; j < lane_count; ++j) { low[j] = betas * low[j - 1] + low[j]; }
        high[0] = betas * low[lane_count - 1] + high[0];
        for (std::size_t j = 1; j < lane_count; ++j) { high[j] = betas * high[j - 1] + high[j]; }
        const Lanes tails = alphas * high[lane_count - 1];
        transpose(low);
        transpose(high);
        for (std::size_t l = 0; l < lane_count; ++l) {
            Lanes bases;
            fill(bases, base);
            store(first * bases + alphas * low[l], to + l * octet);
            store(second * bases + alphas * high[l], to + l * octet + lane_count);
            base = whole * base + tails[l];
        }
    }
    return base;
}

#else

void fold_blocks(FoldKind, const double*, double*, std::size_t, std::size_t, double*, double*) {}
void weigh_blocks(const double*, double*, std::size_t, std::size_t, double, double*, double*) {}
double recur_octets(const double*, double*, std::size_t, double, double, const double*, double base) { return base; }

#endif

}  // namespace walras::features::wide
