#include <nanobind/stl/string.h>

#include <cstddef>

#include "bindings.hpp"
#include "walras/data/series.hpp"

namespace walras::python {
namespace {

using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Times = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class Array>
auto span_of(const Array& array) {
    return std::span{array.data(), array.shape(0)};
}

// A field of every row, seen as a NumPy column that keeps its series alive.
template <class T>
nb::object view(const nb::handle series, std::size_t offset) {
    const auto rows = nb::inst_ptr<data::BarSeries>(series)->rows();
    constexpr std::int64_t stride = sizeof(data::TimedBar) / sizeof(T);
    const auto* first = reinterpret_cast<const char*>(rows.data()) + offset;
    return nb::cast(nb::ndarray<nb::numpy, const T, nb::ndim<1>>(first, {rows.size()}, series, {stride}));
}

nb::dict columns_of(const nb::handle series) {
    using data::TimedBar;
    nb::dict out;
    out["open_time"] = view<std::int64_t>(series, offsetof(TimedBar, value.open_time));
    out["close_time"] = view<std::int64_t>(series, offsetof(TimedBar, ts));
    out["open"] = view<std::int64_t>(series, offsetof(TimedBar, value.open));
    out["high"] = view<std::int64_t>(series, offsetof(TimedBar, value.high));
    out["low"] = view<std::int64_t>(series, offsetof(TimedBar, value.low));
    out["close"] = view<std::int64_t>(series, offsetof(TimedBar, value.close));
    out["volume"] = view<double>(series, offsetof(TimedBar, value.volume));
    return out;
}

}  // namespace

void bind_series(nb::module_& m) {
    nb::class_<data::BarSeries>(m, "BarSeries", "One instrument's bars in fixed point, checked.")
        .def(
            "__init__",
            [](data::BarSeries* self, std::uint32_t instrument, const Times& open_time, const Times& close_time,
               const Doubles& open, const Doubles& high, const Doubles& low, const Doubles& close,
               const Doubles& volume, bool closes_only, bool price_may_be_negative, const std::string& source) {
                const data::BarColumns columns{span_of(open_time), span_of(close_time), span_of(open),  span_of(high),
                                               span_of(low),       span_of(close),      span_of(volume)};
                data::SeriesOptions options;
                options.source = source;
                options.closes_only = closes_only;
                options.price_may_be_negative = price_may_be_negative;
                const nb::gil_scoped_release release;
                new (self) data::BarSeries(data::make_bars(InstrumentId{instrument}, columns, options));
            },
            nb::arg("instrument"), nb::kw_only(), nb::arg("open_time"), nb::arg("close_time"), nb::arg("open"),
            nb::arg("high"), nb::arg("low"), nb::arg("close"), nb::arg("volume"), nb::arg("closes_only") = false,
            nb::arg("price_may_be_negative") = false, nb::arg("source") = "series")
        .def("__len__", &data::BarSeries::size)
        .def("columns", &columns_of, "Views of the rows by name: times in ns UTC, prices in 1e-9, volumes in units.")
        .def("with_instrument",
             [](const data::BarSeries& s, std::uint32_t id) { return s.with_instrument(InstrumentId{id}); });
    nb::class_<data::QuoteSeries>(m, "QuoteSeries", "One instrument's quotes in fixed point, checked.")
        .def(
            "__init__",
            [](data::QuoteSeries* self, std::uint32_t instrument, const Times& time, const Doubles& bid,
               const Doubles& ask, const Doubles& bid_size, const Doubles& ask_size, std::int64_t lot_size,
               bool may_be_crossed, const std::string& source) {
                const data::QuoteColumns columns{span_of(time), span_of(bid), span_of(ask), span_of(bid_size),
                                                 span_of(ask_size)};
                data::SeriesOptions options;
                options.source = source;
                options.lot_size = lot_size;
                options.may_be_crossed = may_be_crossed;
                const nb::gil_scoped_release release;
                new (self) data::QuoteSeries(data::make_quotes(InstrumentId{instrument}, columns, options));
            },
            nb::arg("instrument"), nb::kw_only(), nb::arg("time"), nb::arg("bid"), nb::arg("ask"), nb::arg("bid_size"),
            nb::arg("ask_size"), nb::arg("lot_size"), nb::arg("may_be_crossed") = false, nb::arg("source") = "series")
        .def("__len__", &data::QuoteSeries::size);
    nb::class_<data::MarkSeries>(m, "MarkSeries", "Settlement prices of one instrument.")
        .def(
            "__init__",
            [](data::MarkSeries* self, std::uint32_t instrument, const Times& time, const Doubles& price) {
                std::vector<data::TimedMark> rows;
                for (std::size_t i = 0; i < time.shape(0); ++i) {
                    data::TimedMark row;
                    row.ts = TimeNs{time.data()[i]};
                    row.value.price = Price{core::fixed_from_double(price.data()[i]).value_or(0)};
                    row.value.kind = model::MarkKind::settlement;
                    rows.push_back(row);
                }
                new (self) data::MarkSeries(InstrumentId{instrument}, std::move(rows));
            },
            nb::arg("instrument"), nb::kw_only(), nb::arg("time"), nb::arg("price"))
        .def("__len__", &data::MarkSeries::size);
    nb::class_<data::ActionSeries>(m, "ActionSeries", "Corporate actions of one instrument.")
        .def(
            "__init__",
            [](data::ActionSeries* self, std::uint32_t instrument, const nb::list& actions) {
                std::vector<data::TimedAction> rows;
                for (const nb::handle item : actions) {
                    // (ts, kind, amount raw, numerator, denominator, successor, currency)
                    const auto action = nb::cast<nb::tuple>(item);
                    data::TimedAction row;
                    row.ts = TimeNs{nb::cast<std::int64_t>(action[0])};
                    row.value.kind = static_cast<model::CorporateActionKind>(nb::cast<int>(action[1]));
                    row.value.amount = Price{nb::cast<std::int64_t>(action[2])};
                    row.value.numerator = nb::cast<std::int64_t>(action[3]);
                    row.value.denominator = nb::cast<std::int64_t>(action[4]);
                    row.value.successor = InstrumentId{nb::cast<std::uint32_t>(action[5])};
                    row.value.currency = CurrencyId{nb::cast<std::uint16_t>(action[6])};
                    rows.push_back(row);
                }
                new (self) data::ActionSeries(InstrumentId{instrument}, std::move(rows));
            },
            nb::arg("instrument"), nb::arg("actions"))
        .def("__len__", &data::ActionSeries::size);
}

}  // namespace walras::python
