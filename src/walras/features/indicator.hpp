// The one face of all indicators: rows of doubles in, rows of doubles out, one at a time or many. `as_indicator` puts
// it on a node (node.hpp). An indicator belongs to one thread.
//
// Border rules, the same for one row and for many: a row with a NaN among its inputs answers NaN and leaves the state
// alone (no observation: a day without trading, or the warm-up of the indicator that is read); an infinite input throws
// DataError.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "walras/features/node.hpp"
#include "walras/features/state.hpp"

namespace walras::features {

class Indicator {
public:
    Indicator() = default;
    virtual ~Indicator() = default;

    // One row: in[inputs()] -> out[outputs()].
    virtual void update(const double* in, double* out) = 0;
    // Many rows of contiguous columns: in[inputs()][rows] -> out[outputs()][rows]. Goes on from the present state.
    virtual void run(const double* const* in, double* const* out, std::size_t rows) = 0;

    [[nodiscard]] virtual std::size_t inputs() const = 0;
    [[nodiscard]] virtual std::size_t outputs() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Indicator> clone() const = 0;
    virtual void reset() = 0;
    [[nodiscard]] virtual std::vector<std::byte> save() = 0;
    virtual void load(std::span<const std::byte> bytes) = 0;  // DataError if not from the same parameters

protected:
    Indicator(const Indicator&) = default;
    Indicator& operator=(const Indicator&) = default;
};

[[noreturn]] void throw_infinite(double value);

namespace detail {

// The types of a node's `update`.
template <class F>
struct Signature;
template <class Node, class Out, class... In>
struct Signature<Out (Node::*)(In...)> {
    static constexpr std::size_t inputs = sizeof...(In);
};

template <class Out>
struct Width {
    static constexpr std::size_t value = 1;
};
template <std::size_t K>
struct Width<std::array<double, K>> {
    static constexpr std::size_t value = K;
};

inline bool is_finite(double x) { return std::abs(x) <= std::numeric_limits<double>::max(); }

// A row that is not all finite: true if it is to be answered NaN.
template <class... In>
void require_not_infinite(In... in) {
    ((std::isinf(in) ? throw_infinite(in) : void()), ...);
}

template <class Node>
class IndicatorOf final : public Indicator {
    static constexpr std::size_t in_count = Signature<decltype(&Node::update)>::inputs;
    template <std::size_t... I>
    static auto call(Node& node, const double* const* in, std::size_t row, std::index_sequence<I...>) {
        return node.update(in[I][row]...);
    }
    using Indices = std::make_index_sequence<in_count>;
    using Out = decltype(call(std::declval<Node&>(), nullptr, 0, Indices{}));
    static constexpr std::size_t out_count = Width<Out>::value;

public:
    explicit IndicatorOf(Node node) : fresh_(node), node_(std::move(node)) {}

    void update(const double* in, double* out) override {
        std::array<const double*, in_count> columns;
        for (std::size_t k = 0; k < in_count; ++k) { columns[k] = in + k; }
        std::array<double*, out_count> results;
        for (std::size_t k = 0; k < out_count; ++k) { results[k] = out + k; }
        step(node_, columns.data(), results.data(), 0, Indices{});
    }

    void run(const double* const* in, double* const* out, std::size_t rows) override {
        std::array<const double*, in_count> columns;
        std::copy_n(in, in_count, columns.begin());
        std::array<double*, out_count> results;
        std::copy_n(out, out_count, results.begin());
        // A local node is known not to overlap with the columns: its members stay in registers.
        Node node = std::move(node_);
        try {
            run_local(node, columns, results, rows);
        } catch (...) {
            node_ = std::move(node);
            throw;
        }
        node_ = std::move(node);
    }

    [[nodiscard]] std::size_t inputs() const override { return in_count; }
    [[nodiscard]] std::size_t outputs() const override { return out_count; }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override { return std::make_unique<IndicatorOf>(*this); }
    void reset() override { node_ = fresh_; }
    [[nodiscard]] std::vector<std::byte> save() override {
        StateWriter writer;
        node_.visit(writer);
        return std::move(writer.bytes);
    }
    void load(std::span<const std::byte> bytes) override {
        Node node = fresh_;
        StateReader reader{bytes};
        node.visit(reader);
        reader.end();
        node_ = std::move(node);
    }

private:
    template <std::size_t... I>
    static void step(Node& node, const double* const* in, double* const* out, std::size_t row,
                     std::index_sequence<I...> indices) {
        if (!(is_finite(in[I][row]) && ...)) [[unlikely]] {
            require_not_infinite(in[I][row]...);
            for (std::size_t k = 0; k < out_count; ++k) { out[k][row] = not_ready; }
            return;
        }
        if constexpr (std::is_same_v<Out, double>) {
            out[0][row] = call(node, in, row, indices);
        } else {
            const auto values = call(node, in, row, indices);
            for (std::size_t k = 0; k < out_count; ++k) { out[k][row] = values[k]; }
        }
    }

    static void run_local(Node& node, const std::array<const double*, in_count>& in,
                          const std::array<double*, out_count>& out, std::size_t rows) {
        if constexpr (requires { node.run(in[0], out[0], rows); }) {
            // Nodes with a batch form of their own get stretches without NaN.
            constexpr std::size_t stretch = 8192;
            for (std::size_t begin = 0; begin < rows;) {
                const std::size_t end = std::min(rows, begin + stretch);
                bool clean = true;
                for (std::size_t i = begin; i < end; ++i) { clean &= is_finite(in[0][i]); }
                if (clean) {
                    node.run(in[0] + begin, out[0] + begin, end - begin);
                } else {
                    for (std::size_t i = begin; i < end; ++i) { step(node, in.data(), out.data(), i, Indices{}); }
                }
                begin = end;
            }
        } else {
            for (std::size_t i = 0; i < rows; ++i) { step(node, in.data(), out.data(), i, Indices{}); }
        }
    }

    Node fresh_;
    Node node_;
};

}  // namespace detail

template <class Node>
std::unique_ptr<Indicator> as_indicator(Node node) {
    return std::make_unique<detail::IndicatorOf<Node>>(std::move(node));
}

// `outer` reads output `output` of `inner`; the chain takes what `inner` takes and answers what `outer` answers.
std::unique_ptr<Indicator> chain(std::unique_ptr<Indicator> inner, std::size_t output,
                                 std::unique_ptr<Indicator> outer);

// A matrix of series: column `c` of row `r` stands at data[r * row_stride + c * column_stride].
struct Matrix {
    double* data = nullptr;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t column_stride = 0;
};
struct ConstMatrix {
    const double* data = nullptr;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t column_stride = 0;
};

// A fresh copy of `prototype` over each column. The threads share the columns; results do not depend on their number.
void run_columns(const Indicator& prototype, std::span<const ConstMatrix> in, std::span<const Matrix> out,
                 std::size_t rows, std::size_t columns, int threads);

}  // namespace walras::features
