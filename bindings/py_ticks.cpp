#include "py_ticks.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "walras/core/check.hpp"
#include "walras/data/tick_order.hpp"

namespace walras::python {
namespace {

using model::Tick;
using PieceRecords = nb::ndarray<const std::uint8_t, nb::shape<-1, sizeof(Tick)>, nb::c_contig, nb::device::cpu>;

class PythonTicks final : public data::TickStream {
public:
    PythonTicks(nb::object begin, std::string source) : begin_(std::move(begin)), source_(std::move(source)) {}
    ~PythonTicks() override {
        const nb::gil_scoped_acquire gil;
        begin_.reset();
        pieces_.reset();
        records_ = {};
    }

    std::span<const Tick> next() override {
        const std::span<const Tick> ticks = next_piece();
        order_.check(ticks, source_);
        return ticks;
    }
    void rewind() override {
        const nb::gil_scoped_acquire gil;
        pieces_.reset();
        records_ = {};
        order_.reset();
        symbols_.clear();
        progress_ = 0;
    }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }
    [[nodiscard]] double progress() const override { return progress_; }

private:
    std::span<const Tick> next_piece() {
        const nb::gil_scoped_acquire gil;
        if (!pieces_.is_valid()) { pieces_ = nb::iter(begin_()); }
        for (;;) {
            const nb::object piece = nb::steal(PyIter_Next(pieces_.ptr()));
            if (!piece.is_valid()) {
                if (PyErr_Occurred() != nullptr) { nb::raise_python_error(); }
                progress_ = 1;
                return {};
            }
            const auto parts = nb::cast<nb::tuple>(piece);
            records_ = nb::cast<PieceRecords>(parts[0]);
            symbols_ = nb::cast<std::vector<std::string>>(parts[1]);
            progress_ = nb::cast<double>(parts[2]);
            WALRAS_CHECK(reinterpret_cast<std::uintptr_t>(records_.data()) % alignof(Tick) == 0,
                         "records of ticks are aligned");
            if (records_.shape(0) > 0) { return {reinterpret_cast<const Tick*>(records_.data()), records_.shape(0)}; }
        }
    }

    nb::object begin_;
    nb::object pieces_;
    PieceRecords records_;
    std::string source_;
    std::vector<std::string> symbols_;
    data::TickOrder order_;
    double progress_ = 0;
};

}  // namespace

data::TickStreamPtr python_ticks(nb::object begin, std::string source) {
    return std::make_unique<PythonTicks>(std::move(begin), std::move(source));
}

}  // namespace walras::python
