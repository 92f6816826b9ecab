// A posting to the ledger happens whole or not at all: every new value is computed first, with checked arithmetic, and
// only then are all of them written.
#pragma once

#include <array>
#include <cstddef>

#include "walras/core/check.hpp"
#include "walras/core/fixed.hpp"

namespace walras::portfolio {

class Posting {
public:
    // Throws LedgerError on overflow. The same target may be named more than once.
    void add(Money& target, Money change) {
        for (std::size_t i = 0; i < count_; ++i) {
            if (targets_[i] == &target) {
                values_[i] += change;
                return;
            }
        }
        WALRAS_CHECK(count_ < targets_.size(), "a posting touches at most eight amounts");
        targets_[count_] = &target;
        values_[count_] = target + change;
        ++count_;
    }

    void commit() const noexcept {
        for (std::size_t i = 0; i < count_; ++i) { *targets_[i] = values_[i]; }
    }

private:
    std::array<Money*, 8> targets_{};
    std::array<Money, 8> values_{};
    std::size_t count_ = 0;
};

}  // namespace walras::portfolio
