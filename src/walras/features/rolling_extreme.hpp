// The lowest and the highest of the last `period` observations (RollingMin, RollingMax: see rolling_fold.hpp), and how
// many observations ago they were (RollingMinAge, RollingMaxAge: of equal ones the latest).
#pragma once

#include "walras/features/rolling_fold.hpp"
#include "walras/features/rolling_tree.hpp"

namespace walras::features {

using RollingMin = RollingFold<MinFold>;
using RollingMax = RollingFold<MaxFold>;

// An extreme and its age.
template <class Extreme>
struct AgeFold {
    static constexpr std::size_t columns = 2;
    static constexpr bool overlaps = true;
    using Value = std::array<double, columns>;
    static Value join(const Value& newer, const Value& older, const Joint& joint) {
        const double best = Extreme::combine(newer[0], older[0]);
        const double age = older[1] + joint.between;
        return {best, newer[0] == best ? newer[1] : age};
    }
};

template <class Extreme>
class RollingAge {
public:
    explicit RollingAge(int period) : tree_(period) {}

    std::size_t run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        std::size_t missing = 0;
        for (std::size_t i = 0; i < rows;) {
            const std::size_t count = std::min(rows - i, tree_.most_rows);
            const auto [values, ages] = tree_.room(count);
            std::copy_n(in + i, count, values);
            std::fill_n(ages, count, 0.0);
            double* const answers = out + i;
            missing += tree_.fold(count, [answers](std::ptrdiff_t row, const auto& best) { answers[row] = best[1]; });
            i += count;
        }
        fill_not_ready(out, missing);
        return missing;
    }
    void visit(auto& state) { tree_.visit(state); }

private:
    RollingTree<AgeFold<Extreme>> tree_;
};
using RollingMinAge = RollingAge<MinFold>;
using RollingMaxAge = RollingAge<MaxFold>;

}  // namespace walras::features
