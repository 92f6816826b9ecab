// The recurrence y[t] = beta y[t-1] + alpha x[t], taken eight observations at a time: with y0 the last value of the
// octet before,
//     y[j] = beta^j y0 + alpha c[j],   c[j] = beta c[j-1] + x[j],   c[0] = 0.
// One product and one sum an octet wait for the octet before, instead of one of each an observation; one observation at
// a time gives the same bits.
#pragma once

#include "walras/core/wide.hpp"
#include "walras/features/node.hpp"
#include "walras/features/wide_kernels.hpp"

namespace walras::features {

class Recurrence {
public:
    Recurrence(double beta, double alpha) : beta_(beta), alpha_(alpha) {
        double power = 1;
        for (double& p : powers_) { p = power *= beta; }
    }

    void start(double y) {
        base_ = y;
        tail_ = 0;
        at_ = 0;
    }
    double update(double x) {
        tail_ = beta_ * tail_ + x;
        const double y = powers_[at_] * base_ + alpha_ * tail_;
        if (++at_ == octet) { start(y); }
        return y;
    }
    void run(const double* __restrict in, double* __restrict out, std::size_t rows) {
        std::size_t i = 0;
        for (; i < rows && at_ != 0; ++i) { out[i] = update(in[i]); }
        // Copies: nothing that is written can change them.
        const std::array<double, octet> powers = powers_;
        const double alpha = alpha_;
        const double beta = beta_;
        double base = base_;
        if (core::has_wide()) {
            const std::size_t groups = (rows - i) / (4 * octet);
            base = wide::recur_octets(in + i, out + i, groups, beta, alpha, powers.data(), base);
            i += groups * 4 * octet;
        }
        for (; i + octet <= rows; i += octet) {
            std::array<double, octet> c;
            double tail = 0;
            for (std::size_t j = 0; j < octet; ++j) { c[j] = tail = beta * tail + in[i + j]; }
            for (std::size_t j = 0; j < octet; ++j) { out[i + j] = powers[j] * base + alpha * c[j]; }
            base = powers[octet - 1] * base + alpha * tail;
        }
        base_ = base;
        for (; i < rows; ++i) { out[i] = update(in[i]); }
    }
    void visit(auto& state) {
        state(base_);
        state(tail_);
        state.below(at_, octet);
    }

private:
    static constexpr std::size_t octet = 8;
    double beta_;
    double alpha_;
    std::array<double, octet> powers_{};
    double base_ = 0;
    double tail_ = 0;
    std::size_t at_ = 0;
};

}  // namespace walras::features
