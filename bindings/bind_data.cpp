#include <nanobind/stl/string.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "bindings.hpp"
#include "walras/core/error.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/data/series.hpp"

namespace walras::python {
namespace {

using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Times = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Sides = nb::ndarray<const std::int8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Records = nb::ndarray<const std::uint8_t, nb::shape<-1, sizeof(model::Event)>, nb::c_contig, nb::device::cpu>;
using JournalSides = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class Array>
auto span_of(const Array& array) {
    return std::span{array.data(), array.shape(0)};
}

// One field of a NumPy structured dtype: (name, format, offset).
nb::tuple field(const char* name, const char* format, std::size_t offset) {
    return nb::make_tuple(name, format, offset);
}

#define WALRAS_FIELD(kind, member, format) field(#member, format, payload + offsetof(model::kind, member))

// The layout of a 128-byte event, by kind: the C++ types are the record.
nb::dict event_layout() {
    nb::dict out;
    nb::list header;
    header.append(field("kind", "u1", 0));
    header.append(field("flags", "u1", 1));
    header.append(field("source", "<u2", 2));
    header.append(field("instrument", "<u4", 4));
    header.append(field("ts_event", "<i8", 8));
    header.append(field("ts_init", "<i8", 16));
    header.append(field("sequence", "<u8", 24));
    out["header"] = header;
    constexpr std::size_t payload = model::event_header_size;
    const auto add = [&out](const char* name, auto... fields) {
        nb::list list;
        (list.append(fields), ...);
        out[name] = list;
    };
    add("bar", WALRAS_FIELD(Bar, open_time, "<i8"), WALRAS_FIELD(Bar, open, "<i8"), WALRAS_FIELD(Bar, high, "<i8"),
        WALRAS_FIELD(Bar, low, "<i8"), WALRAS_FIELD(Bar, close, "<i8"), WALRAS_FIELD(Bar, volume, "<f8"));
    add("quote", WALRAS_FIELD(Quote, bid, "<i8"), WALRAS_FIELD(Quote, ask, "<i8"), WALRAS_FIELD(Quote, bid_size, "<i8"),
        WALRAS_FIELD(Quote, ask_size, "<i8"));
    add("trade", WALRAS_FIELD(Trade, price, "<i8"), WALRAS_FIELD(Trade, size, "<i8"), WALRAS_FIELD(Trade, trade, "<u8"),
        WALRAS_FIELD(Trade, aggressor, "u1"));
    add("book_delta", WALRAS_FIELD(BookDelta, price, "<i8"), WALRAS_FIELD(BookDelta, size, "<i8"),
        WALRAS_FIELD(BookDelta, order, "<u8"), WALRAS_FIELD(BookDelta, action, "u1"),
        WALRAS_FIELD(BookDelta, side, "u1"));
    add("mark", WALRAS_FIELD(Mark, price, "<i8"), WALRAS_FIELD(Mark, order, "<u8"), WALRAS_FIELD(Mark, kind, "u1"));
    // Money is 128 bits: low and high words.
    add("order", WALRAS_FIELD(OrderReport, order, "<u8"), WALRAS_FIELD(OrderReport, trade, "<u8"),
        WALRAS_FIELD(OrderReport, venue_order, "<u8"), WALRAS_FIELD(OrderReport, quantity, "<i8"),
        WALRAS_FIELD(OrderReport, price, "<i8"), WALRAS_FIELD(OrderReport, trigger, "<i8"),
        WALRAS_FIELD(OrderReport, reference, "<i8"),
        field("fee_low", "<u8", payload + offsetof(model::OrderReport, fee)),
        field("fee_high", "<i8", payload + offsetof(model::OrderReport, fee) + 8),
        WALRAS_FIELD(OrderReport, fee_currency, "<u2"), WALRAS_FIELD(OrderReport, strategy, "<u2"),
        WALRAS_FIELD(OrderReport, step, "u1"), WALRAS_FIELD(OrderReport, liquidity, "u1"),
        WALRAS_FIELD(OrderReport, rule, "u1"), WALRAS_FIELD(OrderReport, reason, "u1"),
        WALRAS_FIELD(OrderReport, revision, "<u4"), WALRAS_FIELD(OrderReport, position, "<u4"));
    add("timer", WALRAS_FIELD(Timer, timer, "<u8"), WALRAS_FIELD(Timer, strategy, "<u2"));
    add("corporate_action", WALRAS_FIELD(CorporateAction, amount, "<i8"),
        WALRAS_FIELD(CorporateAction, numerator, "<i8"), WALRAS_FIELD(CorporateAction, denominator, "<i8"),
        WALRAS_FIELD(CorporateAction, successor, "<u4"), WALRAS_FIELD(CorporateAction, currency, "<u2"),
        WALRAS_FIELD(CorporateAction, kind, "u1"));
    add("cash_flow", field("amount_low", "<u8", payload + offsetof(model::CashFlow, amount)),
        field("amount_high", "<i8", payload + offsetof(model::CashFlow, amount) + 8),
        WALRAS_FIELD(CashFlow, currency, "<u2"), WALRAS_FIELD(CashFlow, strategy, "<u2"),
        WALRAS_FIELD(CashFlow, account, "<u2"), WALRAS_FIELD(CashFlow, kind, "u1"));
    add("command", WALRAS_FIELD(Command, order, "<u8"), WALRAS_FIELD(Command, quantity, "<i8"),
        WALRAS_FIELD(Command, price, "<i8"), WALRAS_FIELD(Command, trigger, "<i8"),
        WALRAS_FIELD(Command, expire_time, "<i8"), WALRAS_FIELD(Command, trailing_offset, "<i8"),
        WALRAS_FIELD(Command, strategy, "<u2"), WALRAS_FIELD(Command, revision, "<u4"),
        WALRAS_FIELD(Command, kind, "u1"), WALRAS_FIELD(Command, side, "u1"), WALRAS_FIELD(Command, type, "u1"),
        WALRAS_FIELD(Command, time_in_force, "u1"), WALRAS_FIELD(Command, flags, "u1"));
    add("start");
    add("stop");
    return out;
}

#undef WALRAS_FIELD

// (metadata, records as uint8 of shape (n, 128), sides as uint8, fault).
nb::tuple read_journal(const std::string& path) {
    auto contents = std::make_unique<data::JournalContents>();
    {
        const nb::gil_scoped_release release;
        *contents = data::read_journal(path);
    }
    data::JournalContents* owned = contents.release();
    nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<data::JournalContents*>(p); });
    const std::size_t count = owned->events.size();
    auto* bytes = reinterpret_cast<std::uint8_t*>(owned->events.data());
    auto* sides = reinterpret_cast<std::uint8_t*>(owned->sides.data());
    nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>> records(bytes, {count, sizeof(model::Event)}, owner);
    nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<1>> side_array(sides, {count}, owner);
    return nb::make_tuple(owned->metadata, records, side_array, owned->fault);
}

void write_journal(const std::string& path, const Records& records, const JournalSides& sides,
                   const std::string& metadata) {
    if (records.shape(0) != sides.shape(0)) {
        throw DataError("records and sides differ in length; give one side a record");
    }
    const nb::gil_scoped_release release;
    data::JournalWriter writer(path, metadata);
    for (std::size_t i = 0; i < records.shape(0); ++i) {
        model::Event event;
        std::memcpy(static_cast<void*>(&event), records.data() + i * sizeof event, sizeof event);
        if (event.kind == model::EventKind::none || event.kind > model::last_event_kind || sides.data()[i] > 1) {
            throw DataError("record " + std::to_string(i) + " has no known kind or side; set `kind` from 1 to " +
                            std::to_string(static_cast<int>(model::last_event_kind)) + " and `side` to 0 or 1");
        }
        writer.append(event, static_cast<codec::JournalSide>(sides.data()[i]));
    }
    writer.close();
}

}  // namespace

void bind_data(nb::module_& m) {
    nb::class_<data::TradeSeries>(m, "TradeSeries", "One instrument's trades in fixed point, checked.")
        .def(
            "__init__",
            [](data::TradeSeries* self, std::uint32_t instrument, const Times& time, const Doubles& price,
               const Doubles& size, const Sides& aggressor, const Times& trade_id, std::int64_t lot_size,
               const std::string& source) {
                const data::TradeColumns columns{span_of(time), span_of(price), span_of(size), span_of(trade_id),
                                                 span_of(aggressor)};
                data::SeriesOptions options;
                options.source = source;
                options.lot_size = lot_size;
                const nb::gil_scoped_release release;
                new (self) data::TradeSeries(data::make_trades(InstrumentId{instrument}, columns, options));
            },
            nb::arg("instrument"), nb::kw_only(), nb::arg("time"), nb::arg("price"), nb::arg("size"),
            nb::arg("aggressor"), nb::arg("trade_id"), nb::arg("lot_size"), nb::arg("source") = "series")
        .def("__len__", &data::TradeSeries::size);
    m.def("event_layout", &event_layout, "Fields of an event's 128 bytes by kind: {kind: [(name, format, offset)]}.");
    m.def("read_journal", &read_journal, nb::arg("path"),
          "A journal's (metadata, records as uint8 of shape (n, 128), sides, fault). Raises DataError if it is none.");
    m.def("write_journal", &write_journal, nb::arg("path"), nb::arg("records"), nb::arg("sides"),
          nb::arg("metadata") = "", "Writes records as uint8 of shape (n, 128). Raises DataError.");
}

}  // namespace walras::python
