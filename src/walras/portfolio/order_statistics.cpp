// Quantiles of long series without sorting them: numeric.hpp's tail and tails.
#include <algorithm>
#include <cmath>

#include "walras/portfolio/numeric.hpp"

namespace walras::portfolio::stats {
namespace {

// The values of two neighbouring ranks of the sorted series, from 0; `above` is `at` where there is no higher one.
struct Neighbours {
    double at = no_value;
    double above = no_value;
};

Neighbours select(std::vector<double>& values, std::size_t rank) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::ranges::nth_element(values, middle);
    const double at = *middle;
    return {at, middle + 1 == values.end() ? at : *std::min_element(middle + 1, values.end())};
}

// An interval that most likely holds a rank and its neighbour.
struct Bracket {
    std::size_t rank = 0;
    double low = 0, high = 0;
    std::size_t below = 0;  // values that lie below it
    std::size_t count = 0;  // kept of the block at hand
    std::vector<double> inside{};
};

Bracket bracket(std::vector<double>& sample, std::size_t rank, std::size_t n) {
    const auto size = static_cast<double>(sample.size());
    const double share = static_cast<double>(rank) / static_cast<double>(n);
    // Five standard errors of the sample's rank on each side.
    const double margin = 5 * std::sqrt(size * share * (1 - share)) + 2;
    const double center = share * size;
    Bracket result{
        .rank = rank, .low = -std::numeric_limits<double>::infinity(), .high = std::numeric_limits<double>::infinity()};
    if (center - margin >= 0) { result.low = sample[static_cast<std::size_t>(center - margin)]; }
    if (center + margin < size) { result.high = sample[static_cast<std::size_t>(center + margin)]; }
    return result;
}

// A sorted sample brackets each rank; one pass counts what lies below the brackets and keeps what is inside.
template <std::size_t Ranks>
std::array<Neighbours, Ranks> at_ranks(std::span<const double> values, const std::array<std::size_t, Ranks>& wanted) {
    const std::size_t n = values.size();
    std::array<Neighbours, Ranks> found;
    if (n >= 512) {
        std::vector<double> sample(std::clamp<std::size_t>(n / 16, 64, 4096));
        const std::size_t stride = n / sample.size();
        for (std::size_t i = 0; i < sample.size(); ++i) { sample[i] = values[i * stride]; }
        std::ranges::sort(sample);
        std::array<Bracket, Ranks> brackets;
        for (std::size_t b = 0; b < Ranks; ++b) { brackets[b] = bracket(sample, wanted[b], n); }
        constexpr std::size_t block = 1024;
        std::array<std::array<double, block>, Ranks> kept;
        for (std::size_t start = 0; start < n; start += block) {
            const auto part = values.subspan(start, std::min(block, n - start));
            for (std::size_t b = 0; b < Ranks; ++b) {
                const double low = brackets[b].low;
                const double high = brackets[b].high;
                std::size_t below = 0;
                for (const double value : part) { below += static_cast<std::size_t>(value < low); }
                std::size_t count = 0;
                for (const double value : part) {
                    kept[b][count] = value;  // always written, kept only if inside: no branch to mispredict
                    count += static_cast<std::size_t>(value >= low) & static_cast<std::size_t>(value <= high);
                }
                brackets[b].below += below;
                brackets[b].inside.insert(brackets[b].inside.end(), kept[b].begin(),
                                          kept[b].begin() + static_cast<std::ptrdiff_t>(count));
            }
        }
        bool all = true;
        for (std::size_t b = 0; b < Ranks; ++b) {
            Bracket& x = brackets[b];
            if (x.below <= x.rank && x.rank + 1 < x.below + x.inside.size()) {
                found[b] = select(x.inside, x.rank - x.below);
            } else {
                all = false;
            }
        }
        if (all) { return found; }
    }
    std::vector<double> copy(values.begin(), values.end());
    for (std::size_t b = 0; b < Ranks; ++b) { found[b] = select(copy, wanted[b]); }
    return found;
}

// The mean of the rank + 1 smallest values, of which `at` is the largest. Added in the order of the rows: what a
// selection leaves behind is in an order of the library's choice.
double mean_of_smallest(std::span<const double> values, std::size_t rank, double at) {
    std::size_t below = 0;
    double sum_below = 0;
    for_each_block(values.size(), [&](std::size_t start, std::size_t count) {
        const auto part = values.subspan(start, count);
        for (const double value : part) { below += static_cast<std::size_t>(value < at); }
        sum_below += sum(count, [&](std::size_t i) { return part[i] < at ? part[i] : 0.0; });
    });
    const auto count = static_cast<double>(rank + 1);
    return (sum_below + (count - static_cast<double>(below)) * at) / count;
}

struct Place {
    std::size_t rank = 0;
    double fraction = 0;
};

Place place_of(std::size_t n, double cutoff) {
    const double place = static_cast<double>(n - 1) * cutoff;
    const auto rank = static_cast<std::size_t>(place);
    return {rank, place - static_cast<double>(rank)};
}

Tail tail_at(std::span<const double> values, Place place, Neighbours found) {
    return {found.at + (found.above - found.at) * place.fraction, mean_of_smallest(values, place.rank, found.at)};
}

}  // namespace

Tail tail(std::span<const double> values, double cutoff, double sign) {
    if (values.empty()) { return {}; }
    std::vector<double> turned;
    if (sign != 1) {
        turned.assign(values.begin(), values.end());
        for (double& value : turned) { value *= sign; }
        values = turned;
    }
    const Place place = place_of(values.size(), cutoff);
    return tail_at(values, place, at_ranks<1>(values, {place.rank})[0]);
}

Tails tails(std::span<const double> values, double cutoff) {
    if (values.empty()) { return {}; }
    const std::size_t n = values.size();
    const Place place = place_of(n, cutoff);
    // The upper quantile lies as far from the top as the lower one from the bottom.
    const std::size_t top = n - 1 - place.rank;
    const auto found = at_ranks<2>(values, {place.rank, top == 0 ? 0 : top - 1});
    const double at_top = top == 0 ? found[1].at : found[1].above;
    return {tail_at(values, place, found[0]), at_top - (at_top - found[1].at) * place.fraction};
}

}  // namespace walras::portfolio::stats
