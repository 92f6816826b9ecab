#include "walras/features/indicator.hpp"

#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

namespace walras::features {
namespace {

class Chain final : public Indicator {
public:
    Chain(std::unique_ptr<Indicator> inner, std::size_t output, std::unique_ptr<Indicator> outer)
        : inner_(std::move(inner)), output_(output), outer_(std::move(outer)), between_(inner_->outputs()) {}

    void update(const double* in, double* out) override {
        inner_->update(in, between_.data());
        outer_->update(&between_[output_], out);
    }

    void run(const double* const* in, double* const* out, std::size_t rows) override {
        constexpr std::size_t stretch = 4096;
        std::vector<double> buffer(inner_->outputs() * std::min(rows, stretch));
        std::vector<const double*> from(in, in + inner_->inputs());
        std::vector<double*> to(out, out + outer_->outputs());
        std::vector<double*> middle(inner_->outputs());
        for (std::size_t k = 0; k < middle.size(); ++k) { middle[k] = buffer.data() + k * std::min(rows, stretch); }
        for (std::size_t begin = 0; begin < rows; begin += stretch) {
            const std::size_t count = std::min(stretch, rows - begin);
            inner_->run(from.data(), middle.data(), count);
            const double* read = middle[output_];
            outer_->run(&read, to.data(), count);
            for (auto& column : from) { column += count; }
            for (auto& column : to) { column += count; }
        }
    }

    [[nodiscard]] std::size_t inputs() const override { return inner_->inputs(); }
    [[nodiscard]] std::size_t outputs() const override { return outer_->outputs(); }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        return std::make_unique<Chain>(inner_->clone(), output_, outer_->clone());
    }
    void reset() override {
        inner_->reset();
        outer_->reset();
    }
    [[nodiscard]] std::vector<std::byte> save() override {
        StateWriter writer;
        const std::vector<std::byte> inner = inner_->save();
        const std::vector<std::byte> outer = outer_->save();
        writer(static_cast<std::uint64_t>(inner.size()));
        writer.bytes.insert(writer.bytes.end(), inner.begin(), inner.end());
        writer.bytes.insert(writer.bytes.end(), outer.begin(), outer.end());
        return std::move(writer.bytes);
    }
    void load(std::span<const std::byte> bytes) override {
        std::size_t size = 0;
        constexpr std::size_t head = sizeof(std::uint64_t);
        StateReader reader{bytes};
        reader.below(size, bytes.size() < head ? 0 : bytes.size() - head + 1);
        const std::unique_ptr<Indicator> inner = inner_->clone();
        inner->load(bytes.subspan(head, size));
        outer_->load(bytes.subspan(head + size));
        inner_ = inner->clone();
    }

private:
    std::unique_ptr<Indicator> inner_;
    std::size_t output_;
    std::unique_ptr<Indicator> outer_;
    std::vector<double> between_;
};

// Eight neighbouring columns of a C-ordered matrix share their cache lines: they are taken together, a stretch of rows
// at a time, through a buffer of contiguous columns.
constexpr std::size_t group_size = 8;
constexpr std::size_t group_rows = 256;

void run_group(const Indicator& prototype, std::span<const ConstMatrix> in, std::span<const Matrix> out,
               std::size_t rows, std::size_t first, std::size_t count) {
    std::vector<std::unique_ptr<Indicator>> nodes;
    nodes.reserve(count);
    for (std::size_t c = 0; c < count; ++c) { nodes.push_back(prototype.clone()); }
    const std::size_t columns = in.size() + out.size();
    std::vector<double> buffer(columns * group_size * group_rows);
    const auto column = [&](std::size_t k, std::size_t c) { return buffer.data() + (k * group_size + c) * group_rows; };
    std::vector<const double*> from(in.size());
    std::vector<double*> to(out.size());
    for (std::size_t begin = 0; begin < rows; begin += group_rows) {
        const std::size_t n = std::min(group_rows, rows - begin);
        for (std::size_t k = 0; k < in.size(); ++k) {
            const ConstMatrix& m = in[k];
            for (std::size_t r = 0; r < n; ++r) {
                const double* row = m.data + static_cast<std::ptrdiff_t>(begin + r) * m.row_stride +
                                    static_cast<std::ptrdiff_t>(first) * m.column_stride;
                for (std::size_t c = 0; c < count; ++c) {
                    column(k, c)[r] = row[static_cast<std::ptrdiff_t>(c) * m.column_stride];
                }
            }
        }
        for (std::size_t c = 0; c < count; ++c) {
            for (std::size_t k = 0; k < in.size(); ++k) { from[k] = column(k, c); }
            for (std::size_t k = 0; k < out.size(); ++k) { to[k] = column(in.size() + k, c); }
            nodes[c]->run(from.data(), to.data(), n);
        }
        for (std::size_t k = 0; k < out.size(); ++k) {
            const Matrix& m = out[k];
            for (std::size_t r = 0; r < n; ++r) {
                double* row = m.data + static_cast<std::ptrdiff_t>(begin + r) * m.row_stride +
                              static_cast<std::ptrdiff_t>(first) * m.column_stride;
                for (std::size_t c = 0; c < count; ++c) {
                    row[static_cast<std::ptrdiff_t>(c) * m.column_stride] = column(in.size() + k, c)[r];
                }
            }
        }
    }
}

bool is_contiguous(std::span<const ConstMatrix> in, std::span<const Matrix> out) {
    return std::ranges::all_of(in, [](const ConstMatrix& m) { return m.row_stride == 1; }) &&
           std::ranges::all_of(out, [](const Matrix& m) { return m.row_stride == 1; });
}

void run_contiguous(const Indicator& prototype, std::span<const ConstMatrix> in, std::span<const Matrix> out,
                    std::size_t rows, std::size_t column) {
    std::vector<const double*> from;
    std::vector<double*> to;
    const auto offset = static_cast<std::ptrdiff_t>(column);
    for (const ConstMatrix& m : in) { from.push_back(m.data + offset * m.column_stride); }
    for (const Matrix& m : out) { to.push_back(m.data + offset * m.column_stride); }
    prototype.clone()->run(from.data(), to.data(), rows);
}

}  // namespace

namespace detail {
namespace {

[[noreturn]] void throw_infinite(double value) {
    throw DataError(fmt::format(
        "An indicator was given the infinite value {}; clean the data, or give NaN where there is no observation.",
        value));
}

// x - x is +0 for what is finite and NaN for what is not: no bits, or some.
std::uint64_t bits_of_infinite(const double* values, std::size_t rows) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < rows; ++i) { bits |= std::bit_cast<std::uint64_t>(values[i] - values[i]); }
    return bits;
}
WALRAS_WIDE std::uint64_t bits_of_infinite_wide(const double* values, std::size_t rows) {
    return bits_of_infinite(values, rows);
}

bool all_finite(const double* values, std::size_t rows) {
    return (core::has_wide() ? bits_of_infinite_wide(values, rows) : bits_of_infinite(values, rows)) == 0;
}

}  // namespace

void answer_gap(const double* in, std::size_t inputs, double* out, std::size_t outputs) {
    for (std::size_t k = 0; k < inputs; ++k) {
        if (std::isinf(in[k])) { throw_infinite(in[k]); }
    }
    std::fill_n(out, outputs, not_ready);
}

void NodeIndicator::run(const double* const* in, double* const* out, std::size_t rows) {
    std::array<const double*, max_columns> from;
    std::array<double*, max_columns> to;
    const std::size_t ins = inputs();
    std::copy_n(in, ins, from.begin());
    std::copy_n(out, outputs(), to.begin());
    const std::size_t stretch = rows_at_once();
    for (std::size_t begin = 0; begin < rows; begin += stretch) {
        const std::size_t count = std::min(stretch, rows - begin);
        if (std::all_of(from.begin(), from.begin() + ins, [&](const double* x) { return all_finite(x, count); })) {
            run_stretch(from.data(), to.data(), count);
        } else {
            run_with_gaps(from.data(), to.data(), count);
        }
        for (std::size_t k = 0; k < ins; ++k) { from[k] += count; }
        for (std::size_t k = 0; k < outputs(); ++k) { to[k] += count; }
    }
}

// Some rows are no observations: the others move together, and what they give moves back.
void NodeIndicator::run_with_gaps(const double* const* in, double* const* out, std::size_t rows) {
    const std::size_t ins = inputs();
    const std::size_t outs = outputs();
    std::array<Column, max_columns> packed_in;
    std::array<Column, max_columns> packed_out;
    std::array<std::uint16_t, features::stretch_rows> row_of;
    std::size_t packed = 0;
    const auto flush = [&] {
        std::array<const double*, max_columns> from;
        std::array<double*, max_columns> to;
        for (std::size_t k = 0; k < max_columns; ++k) {
            from[k] = packed_in[k].data();
            to[k] = packed_out[k].data();
        }
        run_stretch(from.data(), to.data(), packed);
        for (std::size_t k = 0; k < outs; ++k) {
            for (std::size_t j = 0; j < packed; ++j) { out[k][row_of[j]] = packed_out[k][j]; }
        }
    };
    for (std::size_t i = 0; i < rows; ++i) {
        std::uint64_t marks = 0;
        for (std::size_t k = 0; k < ins; ++k) {
            packed_in[k][packed] = in[k][i];
            marks |= finite_mark(in[k][i]);
        }
        row_of[packed] = static_cast<std::uint16_t>(i);
        if (is_finite(marks)) {
            ++packed;
            continue;
        }
        for (std::size_t k = 0; k < ins; ++k) {
            if (std::isinf(in[k][i])) {
                flush();
                throw_infinite(in[k][i]);
            }
        }
        for (std::size_t k = 0; k < outs; ++k) { out[k][i] = not_ready; }
    }
    flush();
}

}  // namespace detail

std::unique_ptr<Indicator> chain(std::unique_ptr<Indicator> inner, std::size_t output,
                                 std::unique_ptr<Indicator> outer) {
    if (outer->inputs() != 1) {
        throw ConfigError(
            fmt::format("An indicator of {} inputs cannot read another one; only an indicator of one series can.",
                        outer->inputs()));
    }
    if (output >= inner->outputs()) {
        throw ConfigError(fmt::format("The indicator that is read has {} outputs; output {} does not exist.",
                                      inner->outputs(), output));
    }
    return std::make_unique<Chain>(std::move(inner), output, std::move(outer));
}

void run_columns(const Indicator& prototype, std::span<const ConstMatrix> in, std::span<const Matrix> out,
                 std::size_t rows, std::size_t columns, int threads) {
    const bool contiguous = is_contiguous(in, out);
    const std::size_t step = contiguous ? 1 : group_size;
    const std::size_t tasks = (columns + step - 1) / step;
    std::atomic<std::size_t> next{0};
    std::mutex guard;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t task = next++; task < tasks; task = next++) {
                if (contiguous) {
                    run_contiguous(prototype, in, out, rows, task);
                } else {
                    run_group(prototype, in, out, rows, task * step, std::min(step, columns - task * step));
                }
            }
        } catch (...) {
            const std::scoped_lock lock{guard};
            failure = std::current_exception();
            next = tasks;
        }
    };
    const std::size_t workers = std::min(tasks, static_cast<std::size_t>(std::max(threads, 1)));
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < workers; ++i) { others.emplace_back(work); }
        work();
    }
    if (failure) { std::rethrow_exception(failure); }
}

}  // namespace walras::features
