#include <nanobind/stl/optional.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "bindings.hpp"
#include "py_numbers.hpp"
#include "walras/core/error.hpp"
#include "walras/data/bar_columns.hpp"

namespace walras::python {
namespace {

using BarDoubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using BarTimes = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using BarSides = nb::ndarray<const std::int8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using BarMask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// The builder with the unit of its sizes.
struct PyBarBuilder {
    data::BarBuilder builder;
    std::int64_t lot_size = core::fixed_scale;
};

// value is in 1e-9 x lots; a lot is lot_size x 1e-9 units.
double money_of(core::int128 value, std::int64_t lot_size) {
    return static_cast<double>(value) / 1e9 * (static_cast<double>(lot_size) / 1e9);
}

template <class T, class Value>
nb::object column_of(const std::vector<data::TradeBar>& bars, Value value) {
    std::vector<T> out(bars.size());
    for (std::size_t i = 0; i < bars.size(); ++i) { out[i] = value(bars[i]); }
    return nb::cast(to_numpy(std::move(out)));
}

nb::dict columns_of_bars(const std::vector<data::TradeBar>& bars, std::int64_t lot_size) {
    using data::TradeBar;
    const double unit = static_cast<double>(lot_size) / 1e9;
    const auto units = [unit, lot_size](std::int64_t lots) {
        return lot_size >= core::fixed_scale ? static_cast<double>(lots) * unit
                                             : static_cast<double>(lots) / (1e9 / static_cast<double>(lot_size));
    };
    nb::dict out;
    out["ts_open"] = column_of<std::int64_t>(bars, [](const TradeBar& b) { return b.open_time.ns; });
    out["ts_close"] = column_of<std::int64_t>(bars, [](const TradeBar& b) { return b.close_time.ns; });
    out["open"] = column_of<double>(bars, [](const TradeBar& b) { return b.open.to_double(); });
    out["high"] = column_of<double>(bars, [](const TradeBar& b) { return b.high.to_double(); });
    out["low"] = column_of<double>(bars, [](const TradeBar& b) { return b.low.to_double(); });
    out["close"] = column_of<double>(bars, [](const TradeBar& b) { return b.close.to_double(); });
    out["volume"] = column_of<double>(bars, [&](const TradeBar& b) { return units(b.lots); });
    out["buy_volume"] = column_of<double>(bars, [&](const TradeBar& b) { return units(b.buy_lots); });
    out["trades"] = column_of<std::int64_t>(bars, [](const TradeBar& b) { return b.trades; });
    out["value"] = column_of<double>(bars, [&](const TradeBar& b) { return money_of(b.value, lot_size); });
    out["vwap"] = column_of<double>(bars, [](const TradeBar& b) {
        return b.lots == 0 ? b.close.to_double() : static_cast<double>(b.value) / static_cast<double>(b.lots) / 1e9;
    });
    return out;
}

template <class Array>
auto bar_span(const Array& array) {
    return std::span{array.data(), array.shape(0)};
}

data::BarRule rule_of(std::string_view kind, std::int64_t step, std::int64_t origin, bool includes_close,
                      bool carries_empty, const std::optional<BarTimes>& session_open,
                      const std::optional<BarTimes>& session_close, nb::handle threshold, std::int64_t lot_size,
                      double expected_ticks, double span, std::int64_t min_ticks, std::int64_t max_ticks,
                      bool ignores_aggressor) {
    data::BarRule rule;
    const auto found = data::parse_bar_kind(kind);
    if (!found) {
        std::string known;
        for (int i = 0; i < data::bar_kind_count; ++i) {
            known += fmt::format("{}{}", i == 0 ? "" : ", ", to_string(static_cast<data::BarKind>(i)));
        }
        throw ConfigError(fmt::format("Bars of the kind \"{}\" are unknown; choose one of: {}.", kind, known));
    }
    rule.kind = *found;
    rule.step = DurationNs{step};
    rule.origin = TimeNs{origin};
    rule.includes_close = includes_close;
    rule.carries_empty = carries_empty;
    if (session_open && session_close) {
        if (session_open->shape(0) != session_close->shape(0)) {
            throw ConfigError("Opens and closes of sessions differ in number; give one close an open.");
        }
        for (std::size_t i = 0; i < session_open->shape(0); ++i) {
            rule.sessions.push_back({TimeNs{session_open->data()[i]}, TimeNs{session_close->data()[i]}});
        }
    }
    if (!threshold.is_none()) {
        const core::int128 raw = setting_from_python(threshold, "threshold");
        using enum data::BarKind;
        // Up to the next whole unit: the first sum that reaches the threshold is the same.
        const auto up = [](core::int128 value, core::int128 unit) { return -core::divide_floor(-value, unit); };
        if (rule.kind == tick) { rule.threshold = up(raw, core::fixed_scale); }
        if (rule.kind == volume) { rule.threshold = up(raw, lot_size); }
        if (rule.kind == dollar) { rule.threshold = up(raw * core::fixed_scale, lot_size); }
    }
    rule.expected_ticks = expected_ticks;
    rule.span = span;
    rule.min_ticks = min_ticks;
    rule.max_ticks = max_ticks;
    rule.ignores_aggressor = ignores_aggressor;
    return rule;
}

nb::dict add_columns(PyBarBuilder& self, const BarTimes& time, const BarDoubles& price, const BarDoubles& size,
                     const std::optional<BarSides>& aggressor, const std::optional<BarMask>& sets_price,
                     bool unfinished) {
    data::BarTradeColumns columns{bar_span(time), bar_span(price), bar_span(size), {}, {}};
    if (aggressor) { columns.aggressor = bar_span(*aggressor); }
    if (sets_price) {
        columns.sets_price = {reinterpret_cast<const std::uint8_t*>(sets_price->data()), sets_price->shape(0)};
    }
    std::vector<data::TradeBar> bars;
    {
        const nb::gil_scoped_release release;
        data::add_trades(self.builder, columns, self.lot_size, bars);
        if (unfinished) {
            if (const auto last = self.builder.unfinished()) { bars.push_back(*last); }
        }
    }
    return columns_of_bars(bars, self.lot_size);
}

}  // namespace

void bind_bars(nb::module_& m) {
    nb::class_<PyBarBuilder>(m, "BarBuilder", "See walras.data.BarBuilder.")
        .def(
            "__init__",
            [](PyBarBuilder* self, std::string_view kind, std::int64_t step, std::int64_t origin, bool includes_close,
               bool carries_empty, const std::optional<BarTimes>& session_open,
               const std::optional<BarTimes>& session_close, nb::handle threshold, std::int64_t lot_size,
               double expected_ticks, double span, std::int64_t min_ticks, std::int64_t max_ticks,
               bool ignores_aggressor) {
                if (lot_size < 1) {
                    throw ConfigError(fmt::format("The lot size is {}; give a positive one.", lot_size));
                }
                new (self) PyBarBuilder{
                    data::BarBuilder(rule_of(kind, step, origin, includes_close, carries_empty, session_open,
                                             session_close, threshold, lot_size, expected_ticks, span, min_ticks,
                                             max_ticks, ignores_aggressor)),
                    lot_size};
            },
            nb::arg("kind"), nb::kw_only(), nb::arg("step") = 0, nb::arg("origin") = 0,
            nb::arg("includes_close") = false, nb::arg("carries_empty") = false, nb::arg("session_open") = nb::none(),
            nb::arg("session_close") = nb::none(), nb::arg("threshold") = nb::none(),
            nb::arg("lot_size") = core::fixed_scale, nb::arg("expected_ticks") = 0.0, nb::arg("span") = 20.0,
            nb::arg("min_ticks") = 1, nb::arg("max_ticks") = INT64_MAX, nb::arg("ignores_aggressor") = false)
        .def(
            "__init__", [](PyBarBuilder* self, const PyBarBuilder& other) { new (self) PyBarBuilder(other); },
            nb::arg("other"))
        .def("add_columns", &add_columns, nb::arg("time"), nb::arg("price"), nb::arg("size"),
             nb::arg("aggressor") = nb::none(), nb::arg("sets_price") = nb::none(), nb::kw_only(),
             nb::arg("unfinished") = false, "Columns of the bars that these trades complete.")
        .def(
            "add_one",
            [](PyBarBuilder& self, std::int64_t time, nb::handle price, nb::handle size, int aggressor,
               bool sets_price) {
                data::BarTrade trade;
                trade.ts = TimeNs{time};
                trade.price = Price{fixed_from_python(price, "Price")};
                const std::int64_t raw = fixed_from_python(size, "Size");
                if (raw % self.lot_size != 0) {
                    throw DataError(fmt::format("The size {} is not a whole number of lots of {}; set lot_size.",
                                                core::format_fixed(raw), core::format_fixed(self.lot_size)));
                }
                trade.lots = raw / self.lot_size;
                trade.aggressor = aggressor;
                trade.sets_price = sets_price;
                std::vector<data::TradeBar> bars;
                self.builder.add(trade, bars);
                return bars.empty() ? nb::object(nb::none()) : nb::object(columns_of_bars(bars, self.lot_size));
            },
            nb::arg("time"), nb::arg("price"), nb::arg("size"), nb::arg("aggressor") = 0, nb::arg("sets_price") = true,
            nb::sig("def add_one(self, time: int, price: float, size: float, aggressor: int = 0, sets_price: bool = "
                    "True) -> dict | None"))
        .def(
            "advance_to",
            [](PyBarBuilder& self, std::int64_t now) {
                std::vector<data::TradeBar> bars;
                self.builder.advance_to(TimeNs{now}, bars);
                return columns_of_bars(bars, self.lot_size);
            },
            nb::arg("now"))
        .def("unfinished",
             [](const PyBarBuilder& self) {
                 std::vector<data::TradeBar> bars;
                 if (const auto bar = self.builder.unfinished()) { bars.push_back(*bar); }
                 return columns_of_bars(bars, self.lot_size);
             })
        .def_prop_ro("skipped", [](const PyBarBuilder& self) { return self.builder.skipped(); })
        .def_prop_ro("expected_ticks", [](const PyBarBuilder& self) { return self.builder.expected_ticks(); })
        .def_prop_ro("expected_flow", [](const PyBarBuilder& self) { return self.builder.expected_flow(); });
    m.def(
        "lot_of", [](const BarDoubles& sizes) { return data::lot_of(bar_span(sizes)); }, nb::arg("sizes"),
        "The largest power of ten of 1e-9 that all sizes are multiples of, at most 1.");
}

}  // namespace walras::python
