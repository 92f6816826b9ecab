// The one face of all indicators: rows of doubles in, rows of doubles out, one at a time or many. `as_indicator` puts
// it on a node (node.hpp). An indicator belongs to one thread.
//
// Border rules, the same for one row and for many: a row with a NaN among its inputs answers NaN and leaves the state
// alone (no observation: a day without trading, or the warm-up of the indicator that is read); an infinite input throws
// DataError.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "walras/core/wide.hpp"
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

namespace detail {

// How many columns go in and come out, by the type of a node's `update` or `run`.
template <class F>
struct Shape;
template <class Node, class... In>
struct Shape<double (Node::*)(In...)> {
    static constexpr std::size_t inputs = sizeof...(In);
    static constexpr std::size_t outputs = 1;
};
template <class Node, std::size_t O, class... In>
struct Shape<std::array<double, O> (Node::*)(In...)> {
    static constexpr std::size_t inputs = sizeof...(In);
    static constexpr std::size_t outputs = O;
};
template <class Node, class Count>
struct Shape<Count (Node::*)(const double*, double*, std::size_t)> {
    static constexpr std::size_t inputs = 1;
    static constexpr std::size_t outputs = 1;
};
template <class Node, class Count, std::size_t I, std::size_t O>
struct Shape<Count (Node::*)(Reads<I>, Writes<O>, std::size_t)> {
    static constexpr std::size_t inputs = I;
    static constexpr std::size_t outputs = O;
};
template <class Node>
inline constexpr bool has_update = requires { &Node::update; };
template <class Node>
inline constexpr bool has_run = requires { &Node::run; };
template <class Node>
constexpr auto entrance() {
    if constexpr (has_update<Node>) {
        return &Node::update;
    } else {
        return &Node::run;
    }
}

// A finite double has an exponent below 0x7ff; one step up carries the others into the sign.
inline constexpr std::uint64_t exponent_bits = 0x7ff0'0000'0000'0000;
inline constexpr std::uint64_t exponent_step = 0x0010'0000'0000'0000;
inline std::uint64_t finite_mark(double x) { return (std::bit_cast<std::uint64_t>(x) & exponent_bits) + exponent_step; }
inline bool is_finite(std::uint64_t marks) { return marks >> 63U == 0; }
// A row that is no observation: NaN for all outputs. DataError if one of the inputs is infinite.
void answer_gap(const double* in, std::size_t inputs, double* out, std::size_t outputs);

// The border rules over many rows: nodes see stretches without gaps.
class NodeIndicator : public Indicator {
public:
    static constexpr std::size_t max_columns = 8;

    void run(const double* const* in, double* const* out, std::size_t rows) final;

protected:
    // At most `stretch_rows` finite rows.
    virtual void run_stretch(const double* const* in, double* const* out, std::size_t rows) = 0;

    // How long the stretches are best; no value depends on it.
    [[nodiscard]] virtual std::size_t rows_at_once() const = 0;

private:
    void run_with_gaps(const double* const* in, double* const* out, std::size_t rows);
};

template <class Node>
class IndicatorOf final : public NodeIndicator {
    using NodeShape = Shape<decltype(entrance<Node>())>;
    static constexpr std::size_t in_count = NodeShape::inputs;
    static constexpr std::size_t out_count = NodeShape::outputs;
    static_assert(in_count <= max_columns && out_count <= max_columns);

public:
    explicit IndicatorOf(Node node) : fresh_(node), node_(std::move(node)) {}

    void update(const double* in, double* out) override {
        std::uint64_t marks = 0;
        for (std::size_t k = 0; k < in_count; ++k) { marks |= finite_mark(in[k]); }
        if (!is_finite(marks)) [[unlikely]] {
            answer_gap(in, in_count, out, out_count);
            return;
        }
        const auto [reads, writes] = columns_of_one(in, out);
        if constexpr (has_update<Node>) {
            step(node_, reads, writes, 0, std::make_index_sequence<in_count>{});
        } else {
            run_plain(node_, reads, writes, 1);
        }
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
    using In = Reads<in_count>;
    using Out = Writes<out_count>;

    static std::pair<In, Out> columns_of_one(const double* in, double* out) {
        std::pair<In, Out> columns;
        for (std::size_t k = 0; k < in_count; ++k) { columns.first[k] = in + k; }
        for (std::size_t k = 0; k < out_count; ++k) { columns.second[k] = out + k; }
        return columns;
    }

    template <std::size_t... I>
    static void step(Node& node, const In& in, const Out& out, std::size_t row, std::index_sequence<I...>) {
        const auto values = node.update(in[I][row]...);
        if constexpr (std::is_same_v<decltype(values), const double>) {
            out[0][row] = values;
        } else {
            for (std::size_t k = 0; k < out_count; ++k) { out[k][row] = values[k]; }
        }
    }

    // Of the two versions of a node's loops, this is the one for every machine.
    [[gnu::noinline]] static void run_plain(Node& node, const In& in, const Out& out, std::size_t rows) {
        run_node(node, in, out, rows);
    }
    static void run_node(Node& node, const In& in, const Out& out, std::size_t rows) {
        if constexpr (!has_run<Node>) {
            for (std::size_t i = 0; i < rows; ++i) { step(node, in, out, i, std::make_index_sequence<in_count>{}); }
        } else if constexpr (requires { node.run(in, out, rows); }) {
            node.run(in, out, rows);
        } else {
            node.run(in[0], out[0], rows);
        }
    }
    WALRAS_WIDE static void run_wide(Node& node, const In& in, const Out& out, std::size_t rows) {
        run_node(node, in, out, rows);
    }

    void run_stretch(const double* const* in, double* const* out, std::size_t rows) override {
        // A local node is known not to overlap with the columns: its members stay in registers.
        Lent lent{node_, std::move(node_)};
        In reads;
        std::copy_n(in, in_count, reads.begin());
        Out writes;
        std::copy_n(out, out_count, writes.begin());
        if constexpr (has_run<Node>) {
            if (core::has_wide()) {
                run_wide(lent.node, reads, writes, rows);
                return;
            }
        }
        run_plain(lent.node, reads, writes, rows);
    }
    [[nodiscard]] std::size_t rows_at_once() const override {
        if constexpr (requires { node_.rows_at_once(); }) {
            return node_.rows_at_once();
        } else {
            return in_count > 1 ? stretch_rows / 2 : stretch_rows;
        }
    }
    struct Lent {
        Node& home;
        Node node;
        ~Lent() { home = std::move(node); }
    };

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
