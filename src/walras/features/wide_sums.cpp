#include "walras/features/wide_sums.hpp"

#include "walras/features/wide_lanes.hpp"

namespace walras::features::wide {

#ifdef WALRAS_HAS_WIDE

namespace {

template <std::size_t I, std::size_t C>
struct SumGroup {
    // What is kept of a row of four blocks, lanes after lanes: the observations, the prefixes, and the suffixes of the
    // four blocks before, of which the last lane counts.
    static constexpr std::size_t prefix_at = I * lane_count;
    static constexpr std::size_t suffix_at = prefix_at + C * lane_count;
    static constexpr std::size_t kept = suffix_at + C * lane_count;

    WALRAS_LANES static void terms(const Lanes (&d)[I], Lanes (&out)[C]) {
        if constexpr (I == 2) {
            out[0] = d[0];
            out[1] = d[1];
            out[2] = d[0] * d[0];
            out[3] = d[1] * d[1];
            out[4] = d[0] * d[1];
        } else {
            out[0] = d[0];
            for (std::size_t c = 1; c < C; ++c) { out[c] = out[c - 1] * d[0]; }
        }
    }
    WALRAS_LANES static void terms_about(const double* keep, const Lanes (&shift)[I], Lanes (&out)[C]) {
        Lanes d[I];
        for (std::size_t k = 0; k < I; ++k) {
            load(d[k], keep + k * lane_count);
            d[k] = d[k] - shift[k];
        }
        terms(d, out);
    }
    // `first` comes in at lane 0, what was there moves one on.
    WALRAS_LANES static void shift_in(Lanes& out, double first, const Lanes& rest) {
        Lanes in;
        fill(in, first);
        out = __builtin_shufflevector(in, rest, 0, 4, 5, 6);
    }

    // The columns as rows of lanes; the means of the four blocks, summed in four parts.
    WALRAS_LANES static void enter(const double* x, std::size_t n, double* scratch, Lanes& mean) {
        const std::size_t whole = n - n % lane_count;
        Lanes rows[lane_count];
        Lanes sums[lane_count] = {};
        Lanes first;
        load_row(first, x, n);
        for (std::size_t i = 0; i < whole; i += lane_count) {
            load_rows(rows, x + i, n);
            for (std::size_t j = 0; j < lane_count; ++j) {
                store(rows[j], scratch + kept * (i + j));
                sums[j] = sums[j] + (rows[j] - first);
            }
        }
        for (std::size_t i = whole; i < n; ++i) {
            load_row(rows[0], x + i, n);
            store(rows[0], scratch + kept * i);
            sums[0] = sums[0] + (rows[0] - first);
        }
        Lanes count;
        fill(count, static_cast<double>(n));
        mean = first + ((sums[0] + sums[1]) + (sums[2] + sums[3])) / count;
    }

    // The prefixes about K; answers the sums of the blocks about their own means, in four parts.
    WALRAS_LANES static void add_prefixes(std::size_t n, double* scratch, const Lanes (&shift)[I],
                                          const Lanes (&mean)[I], Lanes (&blocks)[C]) {
        const std::size_t whole = n - n % lane_count;
        Lanes t[C];
        Lanes prefix[C] = {};
        Lanes parts[lane_count][C] = {};
        const auto add = [&](std::size_t i, std::size_t part) __attribute__((target("avx2"), always_inline)) {
            double* const keep = scratch + kept * i;
            terms_about(keep, shift, t);
            for (std::size_t c = 0; c < C; ++c) {
                prefix[c] = prefix[c] + t[c];
                store(prefix[c], keep + prefix_at + c * lane_count);
            }
            terms_about(keep, mean, t);
            for (std::size_t c = 0; c < C; ++c) { parts[part][c] = parts[part][c] + t[c]; }
        };
        for (std::size_t i = 0; i < whole; i += lane_count) {
            for (std::size_t j = 0; j < lane_count; ++j) { add(i + j, j); }
        }
        for (std::size_t i = whole; i < n; ++i) { add(i, 0); }
        for (std::size_t c = 0; c < C; ++c) { blocks[c] = (parts[0][c] + parts[1][c]) + (parts[2][c] + parts[3][c]); }
    }

    // The suffix sums grow by the row `next`; with the prefixes of the row before it they are its window.
    WALRAS_LANES static void answer(double* keep, const Lanes (&mean)[I], Lanes (&suffix)[C], Lanes (&out)[C]) {
        double* const next = keep + kept;
        Lanes t[C];
        terms_about(next, mean, t);
        for (std::size_t c = 0; c < C; ++c) {
            suffix[c] = suffix[c] + t[c];
            double* const at = next + suffix_at + c * lane_count;
            Lanes before;
            shift_in(before, at[lane_count - 1], suffix[c]);
            store(suffix[c], at);
            Lanes prefix;
            load(prefix, keep + prefix_at + c * lane_count);
            out[c] = before + prefix;
        }
    }

    [[gnu::target("avx2"), gnu::noinline]] static void run(const SumBlocks<I, C>& job, std::size_t begin) {
        const std::size_t n = job.period;
        double* const scratch = job.scratch;
        Lanes mean[I];
        Lanes shift[I];
        for (std::size_t k = 0; k < I; ++k) {
            enter(job.x[k] + begin, n, scratch + k * lane_count, mean[k]);
            shift_in(shift[k], (*job.shift)[k], mean[k]);
            double* to = job.shifts[k] + begin;
            for (std::size_t l = 0; l < lane_count; ++l, to += n) {
                for (std::size_t i = 0; i + 1 < n; ++i) { to[i] = shift[k][l]; }
                to[n - 1] = mean[k][l];
            }
            (*job.shift)[k] = mean[k][lane_count - 1];
        }
        Lanes blocks[C];
        add_prefixes(n, scratch, shift, mean, blocks);
        for (std::size_t c = 0; c < C; ++c) { store_row(blocks[c], job.sums[c] + begin + n - 1, n); }

        const std::size_t whole = (n - 1) - (n - 1) % lane_count;
        Lanes suffix[C] = {};
        Lanes row[C];
        for (std::size_t i = n - 1; i-- > whole;) {
            answer(scratch + kept * i, mean, suffix, row);
            for (std::size_t c = 0; c < C; ++c) { store_row(row[c], job.sums[c] + begin + i, n); }
        }
        for (std::size_t i = whole; i > 0; i -= lane_count) {
            Lanes rows[C][lane_count];
            for (std::size_t j = lane_count; j-- > 0;) {
                answer(scratch + kept * (i - lane_count + j), mean, suffix, row);
                for (std::size_t c = 0; c < C; ++c) { rows[c][j] = row[c]; }
            }
            for (std::size_t c = 0; c < C; ++c) { store_rows(rows[c], job.sums[c] + begin + i - lane_count, n); }
        }
        terms_about(scratch, mean, row);
        for (std::size_t c = 0; c < C; ++c) { store(suffix[c] + row[c], scratch + suffix_at + c * lane_count); }
    }
};

}  // namespace

template <std::size_t I, std::size_t C>
void sum_blocks(const SumBlocks<I, C>& job, std::size_t groups) {
    using Group = SumGroup<I, C>;
    const auto last_suffix = [&](std::size_t i, std::size_t c) -> double& {
        return job.scratch[Group::kept * i + Group::suffix_at + (c + 1) * lane_count - 1];
    };
    for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t i = 0; i < job.period; ++i) { last_suffix(i, c) = job.suffixes[c][i]; }
    }
    for (std::size_t k = 0; k < groups; ++k) { Group::run(job, k * lane_count * job.period); }
    for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t i = 0; i < job.period; ++i) { job.suffixes[c][i] = last_suffix(i, c); }
    }
}

#else

template <std::size_t I, std::size_t C>
void sum_blocks(const SumBlocks<I, C>&, std::size_t) {}

#endif

template void sum_blocks(const SumBlocks<1, 1>&, std::size_t);
template void sum_blocks(const SumBlocks<1, 2>&, std::size_t);
template void sum_blocks(const SumBlocks<1, 3>&, std::size_t);
template void sum_blocks(const SumBlocks<1, 4>&, std::size_t);
template void sum_blocks(const SumBlocks<2, 5>&, std::size_t);

}  // namespace walras::features::wide
