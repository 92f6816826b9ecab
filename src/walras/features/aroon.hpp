// Aroon (Chande 1995): how long ago the highest and the lowest of the last period + 1 bars were, 100 for the present
// one, 0 for `period` bars ago; of equal bars the latest counts (TA-Lib).
#pragma once

#include "walras/features/rolling_extreme.hpp"

namespace walras::features {

// down, up
class Aroon {
public:
    explicit Aroon(int period)
        : low_(require_period("Aroon", period) + 1), high_(period + 1), scale_(100.0 / period), period_(period) {}
    std::size_t run(Reads<2> in, Writes<2> out, std::size_t rows) {
        const auto [high, low] = in;
        high_.run(high, out[1], rows);
        const std::size_t missing = low_.run(low, out[0], rows);
        for (double* column : out) {
            for (std::size_t i = missing; i < rows; ++i) { column[i] = scale_ * (period_ - column[i]); }
        }
        return missing;
    }
    void visit(auto& state) {
        low_.visit(state);
        high_.visit(state);
    }

private:
    RollingMinAge low_;
    RollingMaxAge high_;
    double scale_;
    double period_;
};

// up - down
class AroonOscillator {
public:
    explicit AroonOscillator(int period) : aroon_(period) {}
    std::size_t run(Reads<2> in, Writes<1> out, std::size_t rows) {
        Column down;
        const std::size_t missing = aroon_.run(in, {down.data(), out[0]}, rows);
        for (std::size_t i = missing; i < rows; ++i) { out[0][i] -= down[i]; }
        return missing;
    }
    void visit(auto& state) { aroon_.visit(state); }

private:
    Aroon aroon_;
};

}  // namespace walras::features
