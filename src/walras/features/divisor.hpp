// Division by a whole number below 2^24, rounded like `/` and without its cost in loops over columns: the quotient by
// the reciprocal is put right by its remainder, which is found exactly because the quotient is split in two parts whose
// products with the divisor fit in 53 bits. A quotient that is not exact lies further from any rounding boundary than
// the rounding of the correction reaches.
#pragma once

#include <bit>
#include <cstdint>

namespace walras::features {

class Divisor {
public:
    constexpr explicit Divisor(int divisor) : divisor_(divisor), reciprocal_(1.0 / divisor) {}

    [[nodiscard]] double divide(double x) const {
        constexpr std::uint64_t upper_bits = ~((std::uint64_t{1} << 24U) - 1);
        const double quotient = x * reciprocal_;
        const auto upper = std::bit_cast<double>(std::bit_cast<std::uint64_t>(quotient) & upper_bits);
        const double remainder = (x - upper * divisor_) - (quotient - upper) * divisor_;
        return quotient + remainder * reciprocal_;
    }

private:
    double divisor_;
    double reciprocal_;
};

}  // namespace walras::features
