// The ledger's numbers. All are integers; each type carries its unit.
//
//   Price     int64, units of 1e-9 of the quote currency. `tick_size` is a rule about valid orders, not the unit.
//   Quantity  int64, lots of the instrument. One lot is `Instrument::lot_size` units. Positive is long or bought.
//   Money     128-bit, units of 1e-9 of its currency.
//   Rate      int64, units of 1e-9 (0.25 = 250'000'000): margin rates, fee rates, fractions of equity.
//
// Sums and differences are checked: an overflow throws LedgerError. Each rounding point has a name (model/money.hpp).
#pragma once

#include <compare>
#include <cstdint>

#include "walras/core/decimal.hpp"
#include "walras/core/int128.hpp"

namespace walras {

struct Price {
    std::int64_t raw = 0;

    // For literals and tests: nearest(x * 1e9). Data from outside goes through core::fixed_from_double.
    static constexpr Price of(double value) {
        return Price{static_cast<std::int64_t>(value * 1e9 + (value < 0 ? -0.5 : 0.5))};
    }
    [[nodiscard]] double to_double() const { return static_cast<double>(raw) / 1e9; }
    [[nodiscard]] constexpr bool is_zero() const { return raw == 0; }
    auto operator<=>(const Price&) const = default;
    friend constexpr Price operator+(Price a, Price b) { return Price{core::checked_add(a.raw, b.raw)}; }
    friend constexpr Price operator-(Price a, Price b) { return Price{core::checked_sub(a.raw, b.raw)}; }
    friend constexpr Price operator-(Price a) { return Price{core::checked_sub(std::int64_t{0}, a.raw)}; }
};

struct Quantity {
    std::int64_t lots = 0;

    [[nodiscard]] constexpr bool is_zero() const { return lots == 0; }
    auto operator<=>(const Quantity&) const = default;
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{core::checked_add(a.lots, b.lots)}; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{core::checked_sub(a.lots, b.lots)}; }
    friend constexpr Quantity operator-(Quantity a) { return Quantity{core::checked_sub(std::int64_t{0}, a.lots)}; }
    constexpr Quantity& operator+=(Quantity b) { return *this = *this + b; }
    constexpr Quantity& operator-=(Quantity b) { return *this = *this - b; }
};

constexpr Quantity abs(Quantity q) { return q.lots < 0 ? -q : q; }

struct Money {
    core::int128 raw = 0;

    static constexpr Money of(double value) {
        return Money{static_cast<core::int128>(value * 1e9 + (value < 0 ? -0.5 : 0.5))};
    }
    [[nodiscard]] double to_double() const { return core::fixed_to_double(raw); }
    [[nodiscard]] constexpr bool is_zero() const { return raw == 0; }
    constexpr auto operator<=>(const Money&) const = default;
    friend constexpr Money operator+(Money a, Money b) { return Money{core::checked_add(a.raw, b.raw)}; }
    friend constexpr Money operator-(Money a, Money b) { return Money{core::checked_sub(a.raw, b.raw)}; }
    friend constexpr Money operator-(Money a) { return Money{core::checked_sub(core::int128{0}, a.raw)}; }
    constexpr Money& operator+=(Money b) { return *this = *this + b; }
    constexpr Money& operator-=(Money b) { return *this = *this - b; }
};

constexpr Money abs(Money m) { return m.raw < 0 ? -m : m; }

struct Rate {
    std::int64_t raw = 0;

    static constexpr Rate of(double value) {
        return Rate{static_cast<std::int64_t>(value * 1e9 + (value < 0 ? -0.5 : 0.5))};
    }
    static constexpr Rate bps(double value) { return of(value / 1e4); }
    [[nodiscard]] double to_double() const { return static_cast<double>(raw) / 1e9; }
    [[nodiscard]] constexpr bool is_zero() const { return raw == 0; }
    auto operator<=>(const Rate&) const = default;
};

// Rounding point "rate": amount * rate to the nearest 1e-9, ties to even.
constexpr Money apply_rate(Money amount, Rate rate) {
    if (rate.raw == core::fixed_scale) { return amount; }
    return Money{core::divide_half_even(core::checked_mul(amount.raw, core::int128{rate.raw}), core::fixed_scale)};
}

}  // namespace walras
